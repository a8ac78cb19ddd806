"""A bank's refusal as evidence for a guaranteed loan: from a letter, from the bank itself, from a referral (3.2-3)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.banks.queries import by_codes
from services.finance.loans.facts import find_firm, require_not_erased, require_person
from services.finance.loans.models import BankRefusal, Loan
from services.finance.loans.schemas import BankRefusalIn, BorrowingIn, RefusalIn
from services.finance.loans.states import BANK, DOCUMENT, GUARANTEED, PENDING, REFERRAL
from services.finance.referrals.models import Referral
from services.finance.referrals.states import REFUSED
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import DomainError, forbidden, not_found
from shared.ids import uuid7
from shared.livemode import of_mode


async def record(session: AsyncSession, sent: BankRefusalIn, principal: Principal) -> BankRefusal:
    """The bank's own word, or the finance bureau's by a document of the bank.

    Raises 403 for a bank that names another one, 422 `effective-date-in-future`, 409 `reference-not-yet-known`,
    `loan-bank-unknown`, `loan-refusal-document-missing`.
    """
    own = principal.bank if principal.has(r.BANK) else None
    if own is None and principal.has(r.BANK):
        raise forbidden()
    if own is not None and sent.bank not in (None, own):
        raise forbidden()
    bank = own or sent.bank
    if bank is None or (own is None and sent.document_no is None):
        raise DomainError("loan-refusal-document-missing", 409, clauses=["3.2-3"])
    if sent.enterprise_code is not None:
        borrower = (await find_firm(session, sent.enterprise_code)).code
    else:
        borrower = sent.person_ref or ""
        await require_person(session, borrower)
        await require_not_erased(session, [borrower])
    await require_bank(session, bank)
    require_past(sent.refused_on, principal)
    refusal = BankRefusal(
        id=uuid7(),
        livemode=principal.livemode,
        borrower=borrower,
        bank=bank,
        refused_on=sent.refused_on,
        reason_code=sent.reason_code,
        source=BANK if own else DOCUMENT,
        document_no=sent.document_no,
        recorded_by=principal.account_id,
    )
    session.add(refusal)
    await session.flush()
    return refusal


async def evidence_for(
    session: AsyncSession, loan: Loan, sent: BorrowingIn, principal: Principal, day: date | None = None
) -> BankRefusal | None:
    """What the application names, else the borrower's latest refusal on record of that day (today) or before; nothing
    for a product that asks for none. Nothing is stored yet.

    Raises 404 for a referral or refusal of somebody else, 409 `loan-referral-not-refused`, `loan-bank-unknown`.
    """
    if loan.product != GUARANTEED:
        return None
    if sent.refusal is not None:
        require_past(sent.refusal.refused_on, principal)
        await require_bank(session, sent.refusal.bank)
        return _from_letter(loan, sent.refusal, principal)
    if sent.referral_id is not None:
        return await _from_referral(session, loan, sent.referral_id, principal)
    query = select(BankRefusal).where(of_mode(BankRefusal, principal), BankRefusal.borrower == loan.borrower)
    if sent.refusal_id is not None:
        named = (await session.scalars(query.where(BankRefusal.id == sent.refusal_id))).one_or_none()
        if named is None:
            raise not_found("bank-refusal")
        return named
    latest = (
        query.where(BankRefusal.refused_on <= (day or principal.today))
        .order_by(BankRefusal.refused_on.desc(), BankRefusal.id.desc())
        .limit(1)
    )
    return (await session.scalars(latest)).one_or_none()


async def require_unused(session: AsyncSession, refusal: BankRefusal, loan: Loan) -> None:
    """A referral's refusal backs one application at a time; it is held until the transaction ends. Raises 409
    `loan-referral-in-use`."""
    if refusal.source != REFERRAL:
        return
    held = select(BankRefusal.id).where(BankRefusal.id == refusal.id).with_for_update(key_share=True)
    await session.execute(held)
    pending = select(Loan.no).where(Loan.refusal_id == refusal.id, Loan.status.in_(PENDING), Loan.id != loan.id)
    if (no := await session.scalar(pending.order_by(Loan.no).limit(1))) is not None:
        raise DomainError("loan-referral-in-use", 409, params={"no": no}, clauses=["3.2-3"])


async def require_bank(session: AsyncSession, code: str) -> None:
    """Raises 409 `loan-bank-unknown` for a bank that is not in the register."""
    if code not in await by_codes(session, [code]):
        raise DomainError("loan-bank-unknown", 409, params={"bank": code}, clauses=["3.2-1"])


def require_past(day: date, principal: Principal) -> None:
    """Raises 422 `effective-date-in-future`."""
    if day > principal.today:
        params = {"sent": day.isoformat(), "today": principal.today.isoformat()}
        raise DomainError("effective-date-in-future", 422, params=params)


def _from_letter(loan: Loan, sent: RefusalIn, principal: Principal) -> BankRefusal:
    return BankRefusal(
        id=uuid7(),
        livemode=loan.livemode,
        borrower=loan.borrower,
        source=DOCUMENT,
        recorded_by=principal.account_id,
        **sent.model_dump(),
    )


async def _from_referral(session: AsyncSession, loan: Loan, referral_id: UUID, principal: Principal) -> BankRefusal:
    """The bank's answer to a referral of the same enterprise; used before, it is the same evidence."""
    query = select(Referral).where(
        Referral.id == referral_id, of_mode(Referral, principal), Referral.enterprise_code == loan.enterprise_code
    )
    referral = (await session.scalars(query)).one_or_none()
    if referral is None:
        raise not_found("referral")
    if referral.status != REFUSED or referral.refused_on is None:
        raise DomainError("loan-referral-not-refused", 409, params={"no": referral.no}, clauses=["3.2-3"])
    known = await session.scalars(select(BankRefusal).where(BankRefusal.referral_id == referral_id))
    if (before := known.one_or_none()) is not None:
        return before
    return BankRefusal(
        id=uuid7(),
        livemode=loan.livemode,
        borrower=loan.borrower,
        bank=referral.bank,
        refused_on=referral.refused_on,
        reason_code=referral.refusal_reason,
        source=REFERRAL,
        referral_id=referral_id,
        recorded_by=principal.account_id,
    )
