"""Products and their dated terms: proposed by the bank or the finance bureau, approved by another person (3.3-1)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.bank_products.models import BankProduct, BankProductTerms
from services.finance.bank_products.queries import lock_own
from services.finance.bank_products.rules import decide_terms_day
from services.finance.bank_products.schemas import ProductIn, ProposalIn, TermsIn, WithdrawalIn
from services.finance.bank_products.states import LISTED, PROPOSED, REFUSED, TERMS, WITHDRAWAL, WITHDRAWN
from services.finance.banks.queries import by_codes
from services.finance.banks.rules import decide_another_person
from services.finance.banks.schemas import ChangeRefusalIn
from services.finance.banks.states import APPROVED, RECORDED
from services.finance.banks.usecases import Step
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError, forbidden, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts.finance.banking import (
    BankProductApproved,
    BankProductProposed,
    BankProductRefused,
    BankProductState,
    ProductTermsState,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import uuid7
from shared.policy.decision import combine
from shared.refusals import require_passed

RULES: Final = ("bank_products.terms",)


def own_bank(principal: Principal) -> str | None:
    """The bank whose products alone the caller may change; None for the finance bureau. Raises 403 for a bank's account
    without one, and for a test credential: there is one catalogue, and it is live."""
    if not principal.has(r.BANK):
        return None
    if not principal.bank or not principal.livemode:
        raise forbidden()
    return principal.bank


async def propose_product(session: AsyncSession, sent: ProductIn, *, principal: Principal) -> BankProduct:
    """Propose a product with its first terms.

    Raises 404 for a bank that is not in the register, 409 `bank-product-exists`, 422 `bank-required` where the bureau
    names none, 403 for another bank's product.
    """
    bank = own_bank(principal)
    if bank is not None and sent.bank not in (None, bank):
        raise forbidden()
    bank = bank or sent.bank
    if bank is None:
        raise DomainError("bank-required", 422)
    if bank not in await by_codes(session, [bank]):
        raise not_found("bank")
    day = effective_date(principal, sent.recorded_on)
    product = BankProduct(
        id=uuid7(),
        version=0,
        code=sent.code,
        bank=bank,
        name_zh=sent.name_zh,
        name_en=sent.name_en,
        status=PROPOSED,
        revision=0,
    )
    session.add(product)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_bank_product_code":
            raise
        raise DomainError("bank-product-exists", 409, params={"code": sent.code}, clauses=["3.3-1"]) from error
    await _propose(session, product, sent, principal, day)
    return product


async def propose_terms(session: AsyncSession, sent: ProposalIn | WithdrawalIn, *, step: Step) -> BankProduct:
    """Propose other terms from a day on, or the withdrawal of the product. Raises 404, 409 `change-pending`."""
    product = await _lock(session, step)
    if await _pending(session, product.id) is not None:
        raise DomainError("change-pending", 409, clauses=["3.3-1"])
    if isinstance(sent, WithdrawalIn) and product.status != LISTED:
        raise invalid_transition(product.status, [LISTED])
    if product.status == REFUSED:
        product.status, product.reason_code = PROPOSED, None
    await _propose(session, product, sent, step.principal, step.day(sent.recorded_on))
    return product


async def approve_change(session: AsyncSession, decided_on: date | None, *, step: Step) -> BankProduct:
    """What waits counts from its day on; the terms before end the day before it.

    Raises 403 `four-eyes-required` to whoever proposed it, 409 `bank-product-terms-too-early`.
    """
    product, change, day = await _decide(session, step, decided_on)
    current = await _last_terms(session, product.id)
    last_from = current.valid_from if current else None
    edition = step.edition(day)
    fits = decide_terms_day(edition, valid_from=change.valid_from, decided_on=day, last_from=last_from)
    require_passed(fits)
    last_day = change.valid_from - timedelta(days=1)
    if current is not None and (current.valid_until is None or current.valid_until > last_day):
        current.valid_until = last_day
        await session.flush()
    change.status, change.decided_by, change.decided_on = APPROVED, step.principal.account_id, day
    withdrawn = change.kind == WITHDRAWAL
    product.status = WITHDRAWN if withdrawn else LISTED
    product.withdrawn_on = change.valid_from if withdrawn else None
    product.reason_code = None
    await _tell(session, BankProductApproved, product, change, EventContext.of(step.principal, day), fits.rules)
    return product


async def refuse_change(session: AsyncSession, sent: ChangeRefusalIn, *, step: Step) -> BankProduct:
    """What waits is not approved; earlier terms stay. Raises as `approve_change`."""
    product, change, day = await _decide(session, step, sent.decided_on)
    change.status, change.decided_by, change.decided_on = "refused", step.principal.account_id, day
    change.reason_code = product.reason_code = sent.reason_code
    if product.status == PROPOSED:
        product.status = REFUSED
    await _tell(session, BankProductRefused, product, change, EventContext.of(step.principal, day), RULES)
    return product


async def _decide(
    session: AsyncSession, step: Step, decided_on: date | None
) -> tuple[BankProduct, BankProductTerms, date]:
    product = await lock_own(session, step.id, None)
    honour_match(step.if_match, product.version)
    change = await _pending(session, product.id)
    if change is None:
        raise invalid_transition(product.status, [RECORDED])
    day = step.day(decided_on, not_before=change.recorded_on)
    handled_by = {"recorded": change.recorded_by}
    four_eyes = decide_another_person(step.edition(day), actor=step.principal.account_id, handled_by=handled_by)
    require_passed(combine(four_eyes), 403)
    return product, change, day


async def _lock(session: AsyncSession, step: Step) -> BankProduct:
    product = await lock_own(session, step.id, own_bank(step.principal))
    honour_match(step.if_match, product.version)
    return product


async def _propose(
    session: AsyncSession, product: BankProduct, sent: ProposalIn | WithdrawalIn, principal: Principal, day: date
) -> None:
    product.revision += 1
    terms = sent.terms.model_dump() if isinstance(sent, ProposalIn) else {}
    change = BankProductTerms(
        product_id=product.id,
        revision=product.revision,
        kind=TERMS if terms else WITHDRAWAL,
        status=RECORDED,
        valid_from=sent.valid_from,
        document_no=sent.document_no,
        recorded_by=principal.account_id,
        recorded_on=day,
        **terms,
    )
    session.add(change)
    await session.flush()
    await _tell(session, BankProductProposed, product, change, EventContext.of(principal, day), RULES)


async def _pending(session: AsyncSession, product_id: UUID) -> BankProductTerms | None:
    query = select(BankProductTerms).where(
        BankProductTerms.product_id == product_id, BankProductTerms.status == RECORDED
    )
    return (await session.scalars(query)).one_or_none()


async def _last_terms(session: AsyncSession, product_id: UUID) -> BankProductTerms | None:
    """The approved terms that begin last; the product is locked."""
    query = (
        select(BankProductTerms)
        .where(
            BankProductTerms.product_id == product_id,
            BankProductTerms.kind == TERMS,
            BankProductTerms.status == APPROVED,
        )
        .order_by(BankProductTerms.valid_from.desc())
        .limit(1)
    )
    return (await session.scalars(query)).one_or_none()


async def _tell(
    session: AsyncSession,
    event_type: EventType[BankProductState],
    product: BankProduct,
    change: BankProductTerms,
    context: EventContext,
    rules: tuple[str, ...],
) -> None:
    terms = None
    if change.kind == TERMS:
        terms = ProductTermsState.model_validate({name: getattr(change, name) for name in TermsIn.model_fields})
    own = ("id", "code", "bank", "name_zh", "name_en", "status", "withdrawn_on", "revision")
    data = BankProductState(
        **{name: getattr(product, name) for name in own},
        kind=change.kind,
        valid_from=change.valid_from,
        document_no=change.document_no,
        terms=terms,
        reason_code=change.reason_code,
    )
    await outbox.append(session, event_type, product, data, context=context, rules=rules)
