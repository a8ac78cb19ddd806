"""Documents behind a use: given where they must be, and never claimed for more than they are worth (4.3-2).

Every claim on a document takes the document's row, whose checks the database makes; the counter's statement does the
same in one go. Rows are locked after the redemption, contracts before invoices.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy import ARRAY, Numeric, Row, Text, bindparam, column, exists, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.projections import known_claim
from services.vouchers.redemptions.documents import Claim
from services.vouchers.redemptions.models import (
    CONTRACT,
    INVOICE,
    WITHIN_AMOUNT,
    WITHIN_CLAIMS,
    Redemption,
    document_claim,
)
from services.vouchers.redemptions.rules import decide_document, decide_invoice, decide_not_void
from services.vouchers.settlements.models import InvalidInvoice
from shared.db import constraint_of
from shared.document_claims import Claimed, claimed_elsewhere, decide_claims
from shared.money import ZERO
from shared.policy.decision import Decision
from shared.policy.edition import Edition, Editions, PolicyNotInForce
from shared.refusals import refusal, require_passed

_CHECKS: Final = frozenset({WITHIN_AMOUNT, WITHIN_CLAIMS})


def edition_for_documents(editions: Editions, day: date) -> Edition:
    """The edition whose rules on documents hold that day, or the closest one. Raises PolicyNotInForce without any."""
    edition = editions.closest_to(day)
    if edition is None:
        raise PolicyNotInForce(day, None)
    return edition


def require_invoice(edition: Edition, *, given: bool) -> None:
    """Raises 409 `invoice-missing` where the edition wants one."""
    require_passed(decide_invoice(edition, given=given))


@contextmanager
def documents_within_amounts(editions: Editions, day: date) -> Iterator[None]:
    """Turn a document's own checks into the refusal that two uses at once deserve (4.3-2). Any other error passes."""
    try:
        yield
    except IntegrityError as error:
        if constraint_of(error) not in _CHECKS:
            raise
        edition = edition_for_documents(editions, day)
        result = edition.result("documents.counted_once", False, {}, message="document-claimed-meanwhile")
        raise refusal(edition.decision(result)) from error


async def claim_documents(session: AsyncSession, edition: Edition, claims: Sequence[Claim]) -> dict[str, Decimal]:
    """Add the claims to their documents, if they fit; the document's amount by its kind.

    Raises 409 `document-already-claimed`, `document-claims-exceeded`, `document-void` with the decision; then nothing
    was added.
    """
    amounts = {}
    await _require_none_void(session, edition, claims)
    for claim in sorted(claims, key=lambda one: (one.kind, one.key)):
        row = await _lock(session, edition, claim)
        amount = amount_after(row, claim)
        elsewhere = await _elsewhere(session, claim.kind, claim.key)
        require_passed(decide_claim(edition, claim, row.priced, row.claimed, amount, elsewhere))
        of_document = (document_claim.c.kind == claim.kind) & (document_claim.c.key == claim.key)
        values = {
            "amount": amount,
            "stated": (row.priced > 0 and row.stated) or claim.stated is not None,
            "priced": row.priced + claim.price,
            "claimed": row.claimed + claim.subsidy,
            "granted": elsewhere.total,
            "granted_amount": elsewhere.document_amount,
            "percent": _percent(edition, claim.kind),
        }
        await session.execute(update(document_claim).where(of_document).values(values))
        amounts[claim.kind] = amount
    return amounts


def amount_after(row: Row[*tuple[object, ...]] | None, claim: Claim) -> Decimal:
    """The document's amount with this claim: the smallest stated; where nobody states one, the first price. A document
    that nothing is claimed on any more counts as new."""
    if row is None or row.priced == 0:
        return claim.price if claim.stated is None else claim.stated
    if claim.stated is None:
        return Decimal(row.amount)
    return min(row.amount, claim.stated) if row.stated else claim.stated


def decide_claim(
    edition: Edition, claim: Claim, priced: Decimal, claimed: Decimal, amount: Decimal, elsewhere: Claimed
) -> Decision:
    """The first of the two rules that a claim on a document breaks, or the last: prices within the amount, and claims
    of vouchers and grants together."""
    bought = decide_document(edition, claim.kind, price=claim.price, priced=priced, amount=amount)
    if not bought.passed or claim.kind != INVOICE:
        return bought
    return decide_claims(
        edition,
        amount=claim.subsidy,
        stated=amount,
        elsewhere=Claimed(elsewhere.total + claimed, elsewhere.document_amount),
    )


async def _require_none_void(session: AsyncSession, edition: Edition, claims: Sequence[Claim]) -> None:
    """4.3-2: nothing is claimed on an invoice that its seller has cancelled or red-lettered."""
    for claim in claims:
        if claim.kind == INVOICE:
            require_passed(decide_not_void(edition, void=await is_void(session, claim.key)))


async def is_void(session: AsyncSession, invoice_key: str) -> bool:
    """Whether the invoice is on record as cancelled or red-lettered."""
    recorded = exists().where(InvalidInvoice.invoice_key == invoice_key, InvalidInvoice.withdrawn_on.is_(None))
    return bool(await session.scalar(select(recorded)))


async def _lock(session: AsyncSession, edition: Edition, claim: Claim) -> Row[*tuple[object, ...]]:
    new = {
        "kind": claim.kind,
        "key": claim.key,
        "amount": claim.price if claim.stated is None else claim.stated,
        "stated": claim.stated is not None,
        "priced": ZERO,
        "claimed": ZERO,
        "percent": _percent(edition, claim.kind),
    }
    await session.execute(insert(document_claim).values(new).on_conflict_do_nothing())
    columns = document_claim.c
    locking = select(document_claim).where(columns.kind == claim.kind, columns.key == claim.key)
    return (await session.execute(locking.with_for_update())).one()


def _percent(edition: Edition, kind: str) -> Decimal:
    """How much of the document's amount may be claimed: the edition says so of invoices."""
    return edition.documents.claims_percent_of_amount.value if kind == INVOICE else Decimal(100)


async def _elsewhere(session: AsyncSession, kind: str, key: str) -> Claimed:
    return await claimed_elsewhere(session, known_claim, key) if kind == INVOICE else Claimed(ZERO, None)


async def explain_claims(session: AsyncSession, edition: Edition, claims: Sequence[Claim]) -> None:
    """Raise what `claim_documents` would say, on what is committed now; locks and changes nothing."""
    columns = document_claim.c
    await _require_none_void(session, edition, claims)
    for claim in sorted(claims, key=lambda one: (one.kind, one.key)):
        query = select(document_claim).where(columns.kind == claim.kind, columns.key == claim.key)
        row = (await session.execute(query)).one_or_none()
        priced, claimed = (ZERO, ZERO) if row is None else (row.priced, row.claimed)
        elsewhere = await _elsewhere(session, claim.kind, claim.key)
        require_passed(decide_claim(edition, claim, priced, claimed, amount_after(row, claim), elsewhere))


async def require_document_stands(session: AsyncSession, edition: Edition, redemption: Redemption) -> None:
    """What all uses and grants claim on the redemption's invoice by now is still within its amount: asked again before
    the subsidy is owed, and before it is paid (`shared.document_claims`). Raises 409 `document-claims-exceeded`,
    `document-void`."""
    if redemption.invoice_key is None:
        return
    require_passed(decide_not_void(edition, void=await is_void(session, redemption.invoice_key)))
    columns = document_claim.c
    query = select(document_claim).where(columns.kind == INVOICE, columns.key == redemption.invoice_key)
    row = (await session.execute(query)).one()
    elsewhere = await claimed_elsewhere(session, known_claim, redemption.invoice_key)
    own = redemption.subsidy - redemption.reversed_amount
    others = Claimed(elsewhere.total + row.claimed - own, elsewhere.document_amount)
    require_passed(decide_claims(edition, amount=own, stated=row.amount, elsewhere=others))


async def free_documents(session: AsyncSession, ended: Sequence[Redemption]) -> None:
    """Take back all that the redemptions claim on their documents."""
    await lower_claims(session, ended, {one: (one.price, one.subsidy - one.reversed_amount) for one in ended})


async def give_up_invoice(session: AsyncSession, redemption: Redemption) -> None:
    """Take back what it claims on an invoice that turned out void: another one takes its place. The caller holds the
    redemption locked."""
    columns = document_claim.c
    await session.execute(
        update(document_claim)
        .where(columns.kind == INVOICE, columns.key == redemption.invoice_key)
        .values(
            priced=columns.priced - redemption.price,
            claimed=columns.claimed - (redemption.subsidy - redemption.reversed_amount),
        )
    )
    redemption.invoice_key = redemption.invoice_amount = None


async def lower_claims(
    session: AsyncSession, redemptions: Sequence[Redemption], by: Mapping[Redemption, tuple[Decimal, Decimal]]
) -> None:
    """Lower the sums on the redemptions' documents by price and subsidy; set-based, whatever their number."""
    lowered: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for one in redemptions:
        for kind, key in ((CONTRACT, one.contract_key), (INVOICE, one.invoice_key)):
            if key is not None:
                sums = lowered[kind, key]
                sums[0] += by[one][0]
                sums[1] += by[one][1]
    if not lowered:
        return
    money = ARRAY(Numeric(18, 2))
    arrays = (
        bindparam("kinds", [kind for kind, _ in lowered], type_=ARRAY(Text)),
        bindparam("keys", [key for _, key in lowered], type_=ARRAY(Text)),
        bindparam("prices", [price for price, _ in lowered.values()], type_=money),
        bindparam("subsidies", [subsidy for _, subsidy in lowered.values()], type_=money),
    )
    derived = column("kind", Text), column("key", Text), column("price", Numeric(18, 2)), column("subsidy", Numeric)
    given = func.unnest(*arrays).table_valued(*derived, name="given").render_derived()
    columns = document_claim.c
    named = tuple_(columns.kind, columns.key).in_(select(given.c.kind, given.c.key))
    locking = select(columns.key).where(named).order_by(columns.kind, columns.key)
    await session.execute(locking.with_for_update())
    await session.execute(
        update(document_claim)
        .where(columns.kind == given.c.kind, columns.key == given.c.key)
        .values(priced=columns.priced - given.c.price, claimed=columns.claimed - given.c.subsidy)
    )
