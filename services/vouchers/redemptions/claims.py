"""Documents behind a redemption: given where they must be, claimed once, and never for more than they are worth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.projections import known_claim
from services.vouchers.redemptions.documents import CONTRACT_CONSTRAINT, INVOICE_CONSTRAINT
from services.vouchers.redemptions.rules import decide_invoice
from shared.db import constraint_of
from shared.document_claims import claimed_elsewhere, decide_claims
from shared.policy.edition import Edition, Editions, PolicyNotInForce
from shared.refusals import refusal, require_passed

_DOCUMENTS = {INVOICE_CONSTRAINT: "invoice", CONTRACT_CONSTRAINT: "contract"}


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
def documents_count_once(editions: Editions, day: date) -> Iterator[None]:
    """Turn the unique index's refusal into 409 `document-already-claimed` (4.3-2). Any other error passes."""
    try:
        yield
    except IntegrityError as error:
        document = _DOCUMENTS.get(constraint_of(error) or "")
        if document is None:
            raise
        edition = edition_for_documents(editions, day)
        inputs = {"document": document}
        result = edition.result("documents.counted_once", False, inputs, message="document-already-claimed")
        raise refusal(edition.decision(result)) from error


async def require_within_document(
    session: AsyncSession, edition: Edition, *, key: str | None, stated: Decimal | None, subsidy: Decimal
) -> None:
    """Together with what grants claim on the invoice the subsidy is within its amount; the counter's statement tests
    the same. Raises 409 `document-claims-exceeded`.

    Tested at the claim, and again before the subsidy is owed: by then claims that crossed it are known here
    (`shared.document_claims`).
    """
    if key is not None:
        elsewhere = await claimed_elsewhere(session, known_claim, key)
        require_passed(decide_claims(edition, amount=subsidy, stated=stated, elsewhere=elsewhere))
