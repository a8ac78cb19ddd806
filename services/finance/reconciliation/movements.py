"""What finance knows of a bank's day: referrals, and the loans of 3.2-3 to 3.2-5, by the bank's business day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.finance.guarantees.models import Guarantee, GuaranteeClaim, GuaranteeRecovery
from services.finance.loans.models import Loan
from services.finance.reconciliation import states
from services.finance.reconciliation.rules import Movement
from services.finance.referrals import states as referral_states
from services.finance.referrals.models import Referral, ReferralStep
from services.finance.servicing.models import LoanDrawdown, LoanPayment
from services.finance.servicing.states import PAYMENT, RECOVERY, REVERSAL
from shared.money import ZERO

_STEPS: Final[Mapping[str, str]] = {
    referral_states.DISBURSE: states.DISBURSEMENT,
    referral_states.REPAY: states.REPAYMENT,
}
_REVERSED: Final[Mapping[str, str]] = {
    referral_states.DISBURSE: states.DISBURSEMENT_REVERSAL,
    referral_states.REPAY: states.REPAYMENT_REVERSAL,
}

_BANKS_OWN: Final = (PAYMENT, REVERSAL)


def _banks_own() -> ColumnElement[bool]:
    """Payments that the bank itself reports: neither the guarantor's recoveries nor their reversals."""
    recovery = aliased(LoanPayment)
    of_recovery = select(recovery.id).where(recovery.id == LoanPayment.reverses_id, recovery.kind == RECOVERY)
    return and_(LoanPayment.kind.in_(_BANKS_OWN), ~of_recovery.exists())


async def movements_of(session: AsyncSession, bank: str, day: date, *, livemode: bool) -> list[Movement]:
    """Every movement of principal of that bank and day, by reference."""
    found = await _of_referrals(session, bank, day, livemode)
    found += await _of_loans(session, bank, day, livemode)
    return sorted(found, key=lambda movement: (movement.reference, movement.case_no, movement.kind))


async def outstanding_of(session: AsyncSession, bank: str, day: date, *, livemode: bool) -> Decimal:
    """Principal paid out and not repaid at the end of the day, over everything the bank has with us."""
    total = ZERO
    for amount in (
        await _referrals_outstanding(session, bank, day, livemode),
        await _loans_outstanding(session, bank, day, livemode),
    ):
        total += amount
    return total


async def _of_referrals(session: AsyncSession, bank: str, day: date, livemode: bool) -> list[Movement]:
    taken_back = aliased(ReferralStep)
    query = (
        select(ReferralStep.kind, taken_back.kind, ReferralStep.reference, Referral.no, ReferralStep.amount)
        .join(Referral, Referral.id == ReferralStep.referral_id)
        .outerjoin(taken_back, taken_back.id == ReferralStep.reverses_id)
        .where(
            ReferralStep.bank == bank,
            ReferralStep.livemode.is_(livemode),
            ReferralStep.value_on == day,
            ReferralStep.kind.in_(referral_states.MONEY_STEPS),
        )
    )
    return [
        Movement(_REVERSED[row[1]] if row[1] else _STEPS[row[0]], row[2], row[3], row[4] or ZERO)
        for row in await session.execute(query)
    ]


async def _of_loans(session: AsyncSession, bank: str, day: date, livemode: bool) -> list[Movement]:
    drawn = select(literal(states.DISBURSEMENT), LoanDrawdown.bank_reference, Loan.no, LoanDrawdown.amount).where(
        LoanDrawdown.loan_id == Loan.id,
        LoanDrawdown.bank == bank,
        LoanDrawdown.livemode.is_(livemode),
        LoanDrawdown.drawn_on == day,
    )
    kind = case((LoanPayment.kind == REVERSAL, states.REPAYMENT_REVERSAL), else_=states.REPAYMENT)
    paid = select(kind, LoanPayment.bank_reference, Loan.no, LoanPayment.principal).where(
        LoanPayment.loan_id == Loan.id,
        LoanPayment.bank == bank,
        LoanPayment.livemode.is_(livemode),
        LoanPayment.paid_on == day,
        _banks_own(),
        LoanPayment.principal > 0,
    )
    return [Movement(*row) for query in (drawn, paid) for row in await session.execute(query)]


async def _referrals_outstanding(session: AsyncSession, bank: str, day: date, livemode: bool) -> Decimal:
    taken_back = aliased(ReferralStep)
    kind = func.coalesce(taken_back.kind, ReferralStep.kind)
    sign = case((ReferralStep.reverses_id.is_not(None), -1), else_=1) * case(
        (kind == referral_states.DISBURSE, 1), else_=-1
    )
    query = (
        select(func.coalesce(func.sum(sign * ReferralStep.amount), 0))
        .outerjoin(taken_back, taken_back.id == ReferralStep.reverses_id)
        .where(
            ReferralStep.bank == bank,
            ReferralStep.livemode.is_(livemode),
            ReferralStep.value_on <= day,
            ReferralStep.kind.in_(referral_states.MONEY_STEPS),
        )
    )
    return Decimal(await session.scalar(query) or 0)


async def _loans_outstanding(session: AsyncSession, bank: str, day: date, livemode: bool) -> Decimal:
    drawn = select(func.coalesce(func.sum(LoanDrawdown.amount), 0)).where(
        LoanDrawdown.bank == bank, LoanDrawdown.livemode.is_(livemode), LoanDrawdown.drawn_on <= day
    )
    sign = case((LoanPayment.kind == PAYMENT, 1), else_=-1)
    paid = select(func.coalesce(func.sum(sign * LoanPayment.principal), 0)).where(
        LoanPayment.bank == bank,
        LoanPayment.livemode.is_(livemode),
        LoanPayment.paid_on <= day,
        _banks_own(),
    )
    total = Decimal(await session.scalar(drawn) or 0) - Decimal(await session.scalar(paid) or 0)
    return total - await _settled_by_guarantor(session, bank, day, livemode)


async def _settled_by_guarantor(session: AsyncSession, bank: str, day: date, livemode: bool) -> Decimal:
    """What the guarantor has paid to the bank in the borrower's place, and the bank's share of what was recovered."""
    paid = select(func.coalesce(func.sum(GuaranteeClaim.amount), 0)).where(
        GuaranteeClaim.bank == bank, GuaranteeClaim.livemode.is_(livemode), GuaranteeClaim.paid_on <= day
    )
    shared = (
        select(func.coalesce(func.sum(GuaranteeRecovery.bank_share), 0))
        .join(Guarantee, Guarantee.id == GuaranteeRecovery.guarantee_id)
        .join(Loan, Loan.id == Guarantee.loan_id)
        .where(Loan.bank == bank, GuaranteeRecovery.livemode.is_(livemode), GuaranteeRecovery.received_on <= day)
        .where(or_(GuaranteeRecovery.reversed_on.is_(None), GuaranteeRecovery.reversed_on > day))
    )
    return Decimal(await session.scalar(paid) or 0) + Decimal(await session.scalar(shared) or 0)
