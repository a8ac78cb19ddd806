"""What is recovered from a borrower for whom the guarantor paid (追偿): shared with the bank as the risk was (3.2-3).

The public guarantee fund's part of the guarantor's share goes back to the budget it came from, once the treasury
confirms that it has it.
"""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.commitments import (
    GUARANTEE_COMPENSATION,
    Claim as BudgetClaim,
    return_budget,
)
from services.finance.guarantees import states
from services.finance.guarantees.models import Guarantee, GuaranteeClaim, GuaranteeRecovery
from services.finance.guarantees.rules import (
    Split,
    decide_another_person,
    decide_recoverable,
    share_recovered,
)
from services.finance.guarantees.schemas import GuaranteeRecoveryIn, GuaranteeReturnIn
from services.finance.guarantees.telling import enter, tell, tell_claim
from services.finance.guarantees.usecases import Step, open_guarantee
from services.finance.journal.entries import Movement
from services.finance.loans import commitments, states as loan_states
from services.finance.loans.models import Loan
from services.finance.servicing import states as servicing_states
from services.finance.servicing.access import day_of_fact
from services.finance.servicing.models import LoanPayment
from services.finance.servicing.scheduling import settle_standing
from services.finance.servicing.telling import enter as enter_loan, payment_state, tell as tell_loan
from shared.clock import effective_date
from shared.errors import DomainError, invalid_transition, not_found
from shared.events.contracts.finance.guarantees import (
    GuaranteeClaimRecovered,
    GuaranteeRecovered,
    GuaranteeReleased,
    GuaranteeReturned,
)
from shared.events.contracts.finance.loan_servicing import (
    LoanClosed,
    LoanRecovered,
)
from shared.events.outbox import EventContext
from shared.ids import uuid7
from shared.money import ZERO
from shared.policy.decision import Decision
from shared.refusals import require_passed


async def recover(session: AsyncSession, sent: GuaranteeRecoveryIn, *, step: Step) -> GuaranteeRecovery:
    """Money came from the borrower: shared with the bank as the risk was, and the debt is smaller by all of it.

    Raises 404, 409 `invalid-transition`, `guarantee-recovery-above-debt`, `guarantee-reference-used`.
    """
    case = await open_guarantee(session, step, *states.RECOVERABLE, states.RELEASED)
    guarantee, loan, edition = case.guarantee, case.loan, case.edition
    known = await session.scalar(
        select(GuaranteeRecovery).where(
            GuaranteeRecovery.reference == sent.reference,
            GuaranteeRecovery.livemode.is_(guarantee.livemode),
            GuaranteeRecovery.reversed_on.is_(None),
        )
    )
    if known is not None:
        parts = (known.guarantee_id, known.amount, known.received_on)
        if parts != (guarantee.id, sent.amount, sent.received_on):
            raise DomainError("guarantee-reference-used", 409, params={"reference": sent.reference})
        return known
    if guarantee.status not in states.RECOVERABLE:
        raise invalid_transition(guarantee.status, states.RECOVERABLE)
    day = day_of_fact(step.principal, sent.received_on)
    decision = require_passed(decide_recoverable(edition, amount=sent.amount, owed=loan.outstanding))
    split = share_recovered(
        sent.amount,
        percent=guarantee.share_percent,
        receivable=guarantee.receivable,
        bank_debt=loan.outstanding - guarantee.receivable,
        budget=guarantee.budget_paid - await _allotted(session, guarantee),
    )
    context = EventContext.of(step.principal, day)
    recovery = _recovery(guarantee, sent, split, step, await _next_line(session, guarantee), decision)
    await _lower_debt(session, loan, sent, step, context, decision)
    guarantee.recovered += split.guarantor
    if not loan.outstanding:
        guarantee.status, guarantee.released_on = states.RELEASED, day
    movement = Movement.GUARANTEE_LOSS_RECOVERED if guarantee.written_off else Movement.GUARANTEE_RECOVERED
    shares = {name: getattr(recovery, name) for name in ("guarantor_share", "bank_share", "budget_share", "line")}
    more = {"recovery_id": recovery.id, "recovery": sent.amount, "received_on": day, **shares}
    await tell(session, GuaranteeRecovered, guarantee, context, decision, more)
    recovery.journal_entry_id = await enter(session, guarantee, movement, split.guarantor, context)
    session.add(recovery)
    await session.flush()
    if not loan.outstanding:
        await tell(session, GuaranteeReleased, guarantee, context)
    return recovery


async def confirm_return(
    session: AsyncSession, recovery_id: UUID, sent: GuaranteeReturnIn, *, step: Step
) -> GuaranteeRecovery:
    """The treasury has the public fund's part of recovered money: it is budget again.

    Raises 404, 403 `four-eyes-required`, 409 `guarantee-nothing-to-return`, `step-before-earlier-step`.
    """
    case = await open_guarantee(session, step, *states.RECOVERABLE, states.RELEASED)
    guarantee, principal = case.guarantee, step.principal
    recovery = await session.get(GuaranteeRecovery, recovery_id, populate_existing=True)
    if recovery is None or recovery.guarantee_id != guarantee.id:
        raise not_found("guarantee-recovery")
    handled_by = {"recorded": recovery.recorded_by}
    four_eyes = decide_another_person(case.edition, actor=principal.account_id, handled_by=handled_by)
    decision = require_passed(four_eyes, 403)
    if not recovery.budget_share or recovery.returned_on is not None or recovery.reversed_on is not None:
        raise DomainError("guarantee-nothing-to-return", 409, params={"no": guarantee.no}, clauses=["3.2-4"])
    day = effective_date(principal, sent.returned_on)
    if day < recovery.received_on:
        raise DomainError("step-before-earlier-step", 409, params={"sent": day, "not_before": recovery.received_on})
    claim = await paid_claim(session, guarantee)
    context = EventContext.of(principal, day)
    recovery.returned_by, recovery.returned_on, recovery.return_reference = principal.account_id, day, sent.reference
    guarantee.budget_returned += recovery.budget_share
    await tell(session, GuaranteeReturned, guarantee, context, decision)
    await tell_claim(session, GuaranteeClaimRecovered, claim, context)
    if claim.budgeted:
        assert claim.approved_on is not None, claim.no
        await return_budget(
            session,
            programme=GUARANTEE_COMPENSATION,
            year=claim.approved_on.year,
            amount=recovery.budget_share,
            case=BudgetClaim.of(claim),
            context=context,
        )
    return recovery


async def paid_claim(session: AsyncSession, guarantee: Guarantee) -> GuaranteeClaim:
    """The claim that the money was recovered for, locked after its guarantee."""
    paid = select(GuaranteeClaim).where(
        GuaranteeClaim.guarantee_id == guarantee.id, GuaranteeClaim.status == states.PAID
    )
    return (await session.scalars(paid.with_for_update(), execution_options={"populate_existing": True})).one()


async def _allotted(session: AsyncSession, guarantee: Guarantee) -> Decimal:
    """What of recovered money is the public fund's so far, confirmed or not."""
    query = select(func.coalesce(func.sum(GuaranteeRecovery.budget_share), ZERO))
    mine = (GuaranteeRecovery.guarantee_id == guarantee.id, GuaranteeRecovery.reversed_on.is_(None))
    return Decimal(await session.scalar(query.where(*mine)) or 0)


async def _lower_debt(
    session: AsyncSession, loan: Loan, sent: GuaranteeRecoveryIn, step: Step, context: EventContext, decision: Decision
) -> None:
    """The borrower owes less, whoever gets the money; with the last of it the loan is closed."""
    line = await session.scalar(select(func.max(LoanPayment.line)).where(LoanPayment.loan_id == loan.id))
    payment = LoanPayment(
        id=uuid7(),
        loan_id=loan.id,
        livemode=loan.livemode,
        line=(line or 0) + 1,
        kind=servicing_states.RECOVERY,
        bank=loan.bank,
        bank_reference=await _loan_reference(session, loan, sent.reference),
        principal=sent.amount,
        interest=ZERO,
        penalty=ZERO,
        paid_on=context.effective_on,
        recorded_by=step.principal.account_id,
        decision=decision.to_json(),
    )
    loan.outstanding -= sent.amount
    await commitments.release(session, loan, sent.amount)
    await tell_loan(session, LoanRecovered, loan, context, decision, payment_state(payment))
    payment.journal_entry_id = await enter_loan(session, Movement.LOAN_REPAID, loan, sent.amount, context)
    await commitments.enter(session, loan, -sent.amount, context)
    session.add(payment)
    await session.flush()
    if not loan.outstanding:
        rest = loan.committed
        if rest:
            await commitments.release(session, loan, rest)
        loan.status, loan.closed_on = loan_states.CLOSED, context.effective_on
        await tell_loan(session, LoanClosed, loan, context)
        await commitments.enter(session, loan, -rest, context)
    await settle_standing(session, loan)


async def _loan_reference(session: AsyncSession, loan: Loan, reference: str) -> str:
    """Of the loan's line; a slip whose first entry was taken back gets a number."""
    name = f"recovery:{reference}"
    same = LoanPayment.bank_reference.startswith(name, autoescape=True)
    lines = await session.scalars(
        select(LoanPayment.bank_reference).where(
            same, LoanPayment.bank == loan.bank, LoanPayment.livemode.is_(loan.livemode)
        )
    )
    before = sum(line.split("#")[0] == name for line in lines)
    return f"{name}#{before + 1}" if before else name


def _recovery(
    guarantee: Guarantee, sent: GuaranteeRecoveryIn, split: Split, step: Step, line: int, decision: Decision
) -> GuaranteeRecovery:
    return GuaranteeRecovery(
        id=uuid7(),
        guarantee_id=guarantee.id,
        livemode=guarantee.livemode,
        line=line,
        amount=sent.amount,
        guarantor_share=split.guarantor,
        bank_share=split.bank,
        budget_share=split.budget,
        received_on=sent.received_on,
        reference=sent.reference,
        recorded_by=step.principal.account_id,
        decision=decision.to_json(),
    )


async def _next_line(session: AsyncSession, guarantee: Guarantee) -> int:
    query = select(func.max(GuaranteeRecovery.line)).where(GuaranteeRecovery.guarantee_id == guarantee.id)
    return (await session.scalar(query) or 0) + 1
