"""A bank reports money: paid out, received, taken back (3.2-3 to 3.2-5).

A report counts once by the bank's own number of it, however often and in whatever order reports come; the same number
with other particulars is refused. What came first may be reported last: balances, schedule and arrears go by the days
in the reports.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.guarantees.ending import settle_claim
from services.finance.guarantees.liability import follow_debt
from services.finance.journal.entries import Movement
from services.finance.loans import commitments, states as loan_states
from services.finance.loans.models import Loan
from services.finance.servicing import states
from services.finance.servicing.access import Case, Step, day_of_fact, open_loan
from services.finance.servicing.models import LoanDrawdown, LoanPayment
from services.finance.servicing.planning import plan_early, plan_tranche
from services.finance.servicing.recalculating import recalculate
from services.finance.servicing.rules import (
    decide_drawdown,
    decide_drawdown_day,
    decide_guaranteed,
    decide_payment,
)
from services.finance.servicing.scheduling import (
    settle_standing,
)
from services.finance.servicing.schemas import LoanDrawdownIn, LoanPaymentIn, LoanPaymentReversalIn
from services.finance.servicing.telling import enter, payment_state, tell
from shared.db import constraint_of
from shared.errors import DomainError, invalid_transition, not_found
from shared.events.contracts.finance.loan_servicing import (
    LoanClosed,
    LoanDrawn,
    LoanPaymentReversed,
    LoanRepaid,
)
from shared.events.outbox import EventContext
from shared.ids import uuid7
from shared.money import ZERO
from shared.policy.decision import combine
from shared.refusals import require_passed

L = TypeVar("L", LoanDrawdown, LoanPayment)


async def record_drawdown(session: AsyncSession, sent: LoanDrawdownIn, *, step: Step) -> tuple[int, LoanDrawdown]:
    """The bank has paid out a tranche; the loan's version with the line.

    Raises 404, 409 `invalid-transition`, `loan-drawdown-above-contract`, `loan-drawdown-day-outside`,
    `loan-guarantee-not-in-force`, `loan-reference-used`.
    """
    case = await open_loan(session, step)
    loan, edition = case.loan, case.edition
    known = await _known(session, LoanDrawdown, step.bank, sent.bank_reference, loan)
    if known is not None:
        return loan.version, _same(known, amount=sent.amount, drawn_on=sent.drawn_on)
    _require_state(loan, *states.DRAWABLE)
    day = day_of_fact(step.principal, sent.drawn_on)
    assert loan.contracted is not None, loan.no
    assert loan.contracted_on is not None, loan.no
    assert loan.maturity_on is not None, loan.no
    status = case.guarantee.status if case.guarantee else None
    decision = require_passed(
        combine(
            decide_guaranteed(edition, loan.product, needed=loan.guarantor, status=status),
            decide_drawdown(
                edition, loan.product, amount=sent.amount, drawn=loan.disbursed, contracted=loan.contracted
            ),
            decide_drawdown_day(
                edition, loan.product, drawn_on=day, contracted_on=loan.contracted_on, last=loan.maturity_on
            ),
        )
    )
    loan.disbursed += sent.amount
    loan.outstanding += sent.amount
    loan.disbursed_on = min(loan.disbursed_on or day, day)
    if loan.status == loan_states.CONTRACTED:
        loan.status = loan_states.DISBURSED
    drawdown = LoanDrawdown(
        id=uuid7(),
        loan_id=loan.id,
        livemode=loan.livemode,
        line=await _next_line(session, LoanDrawdown, loan.id),
        bank=step.bank,
        bank_reference=sent.bank_reference,
        amount=sent.amount,
        drawn_on=day,
        recorded_by=step.principal.account_id,
        decision=decision.to_json(),
    )
    context = EventContext.of(step.principal, day)
    more = {name: getattr(drawdown, name) for name in ("line", "amount", "drawn_on", "bank_reference")}
    await tell(session, LoanDrawn, loan, context, decision, {"drawdown_id": drawdown.id, **more})
    drawdown.journal_entry_id = await enter(session, Movement.LOAN_DRAWN, loan, sent.amount, context)
    await _add(session, drawdown)
    await plan_tranche(session, case, drawdown, sent.every_months, step.principal.today)
    await settle_standing(session, loan)
    return loan.version, drawdown


async def record_payment(session: AsyncSession, sent: LoanPaymentIn, *, step: Step) -> tuple[int, LoanPayment]:
    """The borrower has paid; with the last of the principal the loan is closed, if all of it was drawn or the guarantor
    was called: then the claim ends. Interest may come later than that.

    Raises 404, 409 `invalid-transition`, `loan-payment-above-debt`, `loan-reference-used`.
    """
    case = await open_loan(session, step)
    loan, edition = case.loan, case.edition
    known = await _known(session, LoanPayment, step.bank, sent.bank_reference, loan)
    if known is not None:
        parts = {name: getattr(sent, name) for name in ("principal", "interest", "penalty", "paid_on")}
        return loan.version, _same(known, kind=states.PAYMENT, **parts)
    _require_state(loan, *states.PAYABLE if sent.principal else states.TAKES_INTEREST)
    day = day_of_fact(step.principal, sent.paid_on)
    decision = require_passed(
        decide_payment(edition, loan.product, principal=sent.principal, outstanding=loan.outstanding)
    )
    loan.outstanding -= sent.principal
    if loan.status == loan_states.DISBURSED:
        loan.status = loan_states.REPAYING
    payment = LoanPayment(
        id=uuid7(),
        loan_id=loan.id,
        livemode=loan.livemode,
        line=await _next_line(session, LoanPayment, loan.id),
        kind=states.PAYMENT,
        bank=step.bank,
        bank_reference=sent.bank_reference,
        principal=sent.principal,
        interest=sent.interest,
        penalty=sent.penalty,
        paid_on=day,
        recorded_by=step.principal.account_id,
        decision=decision.to_json(),
    )
    if sent.principal:
        await commitments.release(session, loan, sent.principal)
    context = EventContext.of(step.principal, day)
    await tell(session, LoanRepaid, loan, context, decision, payment_state(payment))
    payment.journal_entry_id = await enter(session, Movement.LOAN_REPAID, loan, sent.principal, context)
    await commitments.enter(session, loan, -sent.principal, context)
    await _add(session, payment)
    if sent.early and loan.outstanding:
        await plan_early(session, case, payment, step.principal.today)
    settled = await settle_claim(session, loan, step.principal)
    whole = loan.disbursed == loan.contracted and loan.status == loan_states.REPAYING
    closes = not loan.outstanding and (settled or whole)
    await _end_step(session, case, context, closes=closes)
    return loan.version, payment


async def reverse_payment(
    session: AsyncSession, payment_id: UUID, sent: LoanPaymentReversalIn, *, step: Step
) -> tuple[int, LoanPayment]:
    """A payment is taken back whole: the principal is owed again and holds the cap again, above it if need be, and a
    loan that it had closed is open again, its guarantee in force.

    Raises 404, 409 `invalid-transition`, `loan-payment-reversed`, `loan-reference-used`.
    """
    case = await open_loan(session, step)
    loan, edition = case.loan, case.edition
    payment = await _own_payment(session, loan, payment_id, step)
    known = await _known(session, LoanPayment, step.bank, sent.bank_reference, loan)
    if known is not None:
        return loan.version, _same(known, reverses_id=payment_id, reason_code=sent.reason_code)
    _require_state(loan, *states.PAYABLE if case.guarantor_paid else states.TAKES_INTEREST)
    if payment.kind != states.PAYMENT or payment.reversed_on is not None:
        raise DomainError("loan-payment-reversed", 409, params={"bank_reference": payment.bank_reference})
    day = day_of_fact(step.principal, sent.reversed_on)
    if day < payment.paid_on:
        params = {"sent": day, "not_before": payment.paid_on}
        raise DomainError("step-before-earlier-step", 409, params=params)
    decision = decide_payment(edition, loan.product, principal=ZERO, outstanding=loan.outstanding)
    restored = payment.principal + _reopened(loan, payment.principal)
    if restored:
        decision = combine(decision, await commitments.restore(session, edition, loan, restored))
    loan.outstanding += payment.principal
    reversal = LoanPayment(
        id=uuid7(),
        loan_id=loan.id,
        livemode=loan.livemode,
        line=await _next_line(session, LoanPayment, loan.id),
        kind=states.REVERSAL,
        bank=step.bank,
        bank_reference=sent.bank_reference,
        principal=payment.principal,
        interest=payment.interest,
        penalty=payment.penalty,
        paid_on=day,
        reverses_id=payment.id,
        reason_code=sent.reason_code,
        over_cap=None if decision.passed else edition.loans.products[loan.product].cap.value,
        recorded_by=step.principal.account_id,
        decision=decision.to_json(),
    )
    context = EventContext.of(step.principal, day)
    await tell(session, LoanPaymentReversed, loan, context, decision, payment_state(reversal))
    reversal.journal_entry_id = await enter(
        session, Movement.LOAN_REPAYMENT_REVERSED, loan, payment.principal, context, reverses=payment.journal_entry_id
    )
    await commitments.enter(session, loan, restored, context)
    payment.reversed_on = day
    await _add(session, reversal)
    await recalculate(session, case, payment, step.principal.account_id)
    await _end_step(session, case, context, closes=False)
    return loan.version, reversal


async def _own_payment(session: AsyncSession, loan: Loan, payment_id: UUID, step: Step) -> LoanPayment:
    """Of the locked loan, reported by the caller's bank. Raises 404."""
    payment = await session.get(LoanPayment, payment_id)
    if payment is None or payment.loan_id != loan.id or payment.bank != step.bank:
        raise not_found("loan-payment")
    return payment


def _reopened(loan: Loan, principal: Decimal) -> Decimal:
    """A closed loan is open again with principal that is owed; what had lapsed of it and may be drawn again."""
    if not principal or loan.status != loan_states.CLOSED:
        return ZERO
    assert loan.contracted is not None, loan.no
    loan.status, loan.closed_on = loan_states.REPAYING, None
    return loan.contracted - loan.disbursed


async def close(session: AsyncSession, *, step: Step) -> Loan:
    """Nothing is owed and no more will be drawn: the loan is closed before all of it was paid out.

    Raises 409 `invalid-transition`, `loan-still-owed`.
    """
    case = await open_loan(session, step, *states.DRAWABLE)
    loan = case.loan
    if loan.outstanding:
        raise DomainError("loan-still-owed", 409, params={"outstanding": loan.outstanding}, clauses=["3.2-3"])
    await _end_step(session, case, EventContext.of(step.principal), closes=True)
    return loan


async def _end_step(session: AsyncSession, case: Case, context: EventContext, *, closes: bool) -> None:
    """After the event of the money: the loan's end, if it is one, and what the guarantor is liable for now."""
    loan = case.loan
    if closes:
        rest = loan.committed
        if rest:
            await commitments.release(session, loan, rest)
        loan.status, loan.closed_on = loan_states.CLOSED, context.effective_on
        await tell(session, LoanClosed, loan, context)
        await commitments.enter(session, loan, -rest, context)
    await settle_standing(session, loan)
    await follow_debt(session, case.edition, loan, case.guarantee, context)


def _require_state(loan: Loan, *from_states: str) -> None:
    if loan.status not in from_states:
        raise invalid_transition(loan.status, from_states)


async def _known(session: AsyncSession, model: type[L], bank: str, reference: str, loan: Loan) -> L | None:
    """The line that the bank reported under this number before. Raises 409 `loan-reference-used` for another loan's."""
    query = select(model).where(
        model.bank == bank, model.bank_reference == reference, model.livemode.is_(loan.livemode)
    )
    line: L | None = await session.scalar(query)
    if line is not None and line.loan_id != loan.id:
        raise DomainError("loan-reference-used", 409, params={"bank_reference": reference})
    return line


def _same(line: L, **parts: object) -> L:
    """The report is the same as the one that counted. Raises 409 `loan-reference-used` where it is another."""
    if any(getattr(line, name) != value for name, value in parts.items()):
        raise DomainError("loan-reference-used", 409, params={"bank_reference": line.bank_reference})
    return line


async def _next_line(session: AsyncSession, model: type[LoanDrawdown | LoanPayment], loan_id: UUID) -> int:
    """The loan is locked, so nobody takes the same."""
    return (await session.scalar(select(func.max(model.line)).where(model.loan_id == loan_id)) or 0) + 1


async def _add(session: AsyncSession, line: LoanDrawdown | LoanPayment) -> None:
    """The unique key decides between two loans that name the same report at the same moment."""
    session.add(line)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) not in ("uq_loan_drawdown_bank_reference", "uq_loan_payment_bank_reference"):
            raise
        raise DomainError("loan-reference-used", 409, params={"bank_reference": line.bank_reference}) from error
