"""A recovery that was entered by mistake is taken back whole, by two people: at the guarantor, or where the treasury
has its part, by one there and one of the treasury (3.2-3, 3.2-4).

What the line had done to debt, caps, shares and books is undone by linked lines and entries; nothing of it is deleted.
The bank slip may be entered again, rightly this time.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.commitments import GUARANTEE_COMPENSATION, Claim as BudgetClaim, repay_budget
from services.finance.guarantees import states
from services.finance.guarantees.models import Guarantee, GuaranteeRecovery
from services.finance.guarantees.recoveries import paid_claim
from services.finance.guarantees.rules import decide_another_person
from services.finance.guarantees.schemas import RecoveryReversalIn
from services.finance.guarantees.telling import enter, tell, tell_claim
from services.finance.guarantees.usecases import Case, Step, open_guarantee
from services.finance.journal.entries import Movement
from services.finance.journal.models import JournalEntry
from services.finance.loans import commitments, states as loan_states
from services.finance.loans.models import Loan
from services.finance.servicing import states as servicing_states
from services.finance.servicing.models import LoanPayment
from services.finance.servicing.scheduling import settle_standing
from services.finance.servicing.telling import enter as enter_loan, payment_state, tell as tell_loan
from shared.auth.roles import GUARANTOR, TREASURY_APPROVER
from shared.clock import effective_date
from shared.errors import DomainError, forbidden, not_found
from shared.events.contracts.finance.guarantees import (
    GuaranteeClaimRecoveryReversed,
    GuaranteeRecoveryReversalProposed,
    GuaranteeRecoveryReversed,
)
from shared.events.contracts.finance.loan_servicing import LoanPaymentReversed
from shared.events.outbox import EventContext
from shared.ids import uuid7
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.refusals import require_passed


async def propose_reversal(
    session: AsyncSession, recovery_id: UUID, sent: RecoveryReversalIn, *, step: Step
) -> GuaranteeRecovery:
    """One person says why the line is wrong, by which document; the last proposal counts. Raises 404, 409
    `guarantee-recovery-reversed`."""
    case = await open_guarantee(session, step, *states.RECOVERABLE, states.RELEASED)
    recovery = await _open(session, case.guarantee, recovery_id)
    recovery.reversal_reason_code, recovery.reversal_document_no = sent.reason_code, sent.document_no
    recovery.reversal_proposed_by = step.principal.account_id
    recovery.reversal_proposed_on = step.principal.today
    context = EventContext.of(step.principal)
    told = GuaranteeRecoveryReversalProposed
    await tell(session, told, case.guarantee, context, more=_line_of(recovery))
    await session.flush()
    return recovery


async def reverse_recovery(session: AsyncSession, recovery_id: UUID, *, step: Step) -> GuaranteeRecovery:
    """Another person than entered and proposed takes it back: the debt, the cap and what the guarantor has to recover
    are as if the money had not come. A loan that it had closed is open again. Where the treasury has confirmed the
    public fund's part, somebody of the treasury who did not confirm it takes the line back: the part goes out again.

    Raises 404, 403 `four-eyes-required`, `guarantee-recovery-returned`, 409 `guarantee-reversal-not-proposed`,
    `guarantee-recovery-reversed`.
    """
    case = await open_guarantee(session, step, *states.RECOVERABLE, states.RELEASED)
    guarantee = case.guarantee
    recovery = await _open(session, guarantee, recovery_id)
    if recovery.reversal_proposed_by is None:
        raise DomainError("guarantee-reversal-not-proposed", 409, params={"no": guarantee.no}, clauses=["3.2-3"])
    _require_whose_money(recovery, step)
    handled_by = {
        "recorded": recovery.recorded_by,
        "proposed": recovery.reversal_proposed_by,
        "confirmed": recovery.returned_by,
    }
    four_eyes = require_passed(
        decide_another_person(case.edition, actor=step.principal.account_id, handled_by=handled_by), 403
    )
    day = effective_date(step.principal, None)
    context = EventContext.of(step.principal, day)
    decision = await _owe_again(session, case, recovery, step, context, four_eyes)
    guarantee.recovered -= recovery.guarantor_share
    if recovery.returned_on is not None:
        guarantee.budget_returned -= recovery.budget_share
    if guarantee.status == states.RELEASED:
        guarantee.status = states.WRITTEN_OFF if guarantee.written_off else states.CALLED
        guarantee.released_on = None
    recovery.reversed_by, recovery.reversed_on = step.principal.account_id, day
    await tell(session, GuaranteeRecoveryReversed, guarantee, context, decision, _line_of(recovery))
    movement = await _movement_back(session, recovery)
    reverses = recovery.journal_entry_id
    recovery.reversal_entry_id = await enter(
        session, guarantee, movement, recovery.guarantor_share, context, reverses=reverses
    )
    if recovery.returned_on is not None:
        await _pay_out_again(session, guarantee, recovery, context)
    await session.flush()
    return recovery


def _require_whose_money(recovery: GuaranteeRecovery, step: Step) -> None:
    """The guarantor takes back what is its own, the treasury what it has confirmed. Raises 403."""
    if recovery.returned_on is None and not step.principal.has(GUARANTOR):
        raise forbidden()
    if recovery.returned_on is not None and not step.principal.has(TREASURY_APPROVER):
        params = {"reference": recovery.reference}
        raise DomainError("guarantee-recovery-returned", 403, params=params, clauses=["3.2-4"])


async def _pay_out_again(
    session: AsyncSession, guarantee: Guarantee, recovery: GuaranteeRecovery, context: EventContext
) -> None:
    """What the treasury had of the line is the fund's no more: the claim's budget is as if it had not come back."""
    claim = await paid_claim(session, guarantee)
    await tell_claim(session, GuaranteeClaimRecoveryReversed, claim, context)
    if claim.budgeted:
        assert claim.approved_on is not None, claim.no
        await repay_budget(
            session,
            programme=GUARANTEE_COMPENSATION,
            year=claim.approved_on.year,
            amount=recovery.budget_share,
            case=BudgetClaim.of(claim),
            context=context,
        )


def _line_of(recovery: GuaranteeRecovery) -> dict[str, object]:
    """The line as the guarantee's events carry it."""
    names = ("guarantor_share", "bank_share", "budget_share", "line", "received_on")
    own = {name: getattr(recovery, name) for name in names}
    return {"recovery_id": recovery.id, "recovery": recovery.amount, **own}


async def _open(session: AsyncSession, guarantee: Guarantee, recovery_id: UUID) -> GuaranteeRecovery:
    """A line of the locked guarantee that can still be taken back. Raises 404, 409."""
    recovery = await session.get(GuaranteeRecovery, recovery_id, populate_existing=True)
    if recovery is None or recovery.guarantee_id != guarantee.id:
        raise not_found("guarantee-recovery")
    params = {"reference": recovery.reference}
    if recovery.reversed_on is not None:
        raise DomainError("guarantee-recovery-reversed", 409, params=params, clauses=["3.2-3"])
    return recovery


async def _owe_again(
    session: AsyncSession,
    case: Case,
    recovery: GuaranteeRecovery,
    step: Step,
    context: EventContext,
    four_eyes: Decision,
) -> Decision:
    """The loan's linked line; its cap is held again, above the limit if need be."""
    loan, edition = case.loan, case.edition
    payment = await _payment_of(session, loan, recovery)
    restored = recovery.amount
    if loan.status == loan_states.CLOSED:
        assert loan.contracted is not None, loan.no
        loan.status, loan.closed_on = loan_states.IN_RECOVERY, None
        restored += loan.contracted - loan.disbursed
    held = await commitments.restore(session, edition, loan, restored)
    decision = combine(four_eyes, held)
    loan.outstanding += recovery.amount
    last = await session.scalar(select(func.max(LoanPayment.line)).where(LoanPayment.loan_id == loan.id)) or 0
    back = LoanPayment(
        id=uuid7(),
        loan_id=loan.id,
        livemode=loan.livemode,
        line=last + 1,
        kind=servicing_states.REVERSAL,
        bank=payment.bank,
        bank_reference=f"recovery-reversed:{recovery.id}",
        principal=recovery.amount,
        interest=ZERO,
        penalty=ZERO,
        paid_on=context.effective_on,
        reverses_id=payment.id,
        reason_code=recovery.reversal_reason_code,
        over_cap=None if held.passed else edition.loans.products[loan.product].cap.value,
        recorded_by=step.principal.account_id,
        decision=decision.to_json(),
    )
    payment.reversed_on = context.effective_on
    await tell_loan(session, LoanPaymentReversed, loan, context, decision, payment_state(back))
    back.journal_entry_id = await enter_loan(
        session, Movement.LOAN_REPAYMENT_REVERSED, loan, recovery.amount, context, reverses=payment.journal_entry_id
    )
    await commitments.enter(session, loan, restored, context)
    session.add(back)
    await session.flush()
    await settle_standing(session, loan)
    return decision


async def _payment_of(session: AsyncSession, loan: Loan, recovery: GuaranteeRecovery) -> LoanPayment:
    """The loan's line of the recovery: of those by that slip the one that counts."""
    query = select(LoanPayment).where(
        LoanPayment.loan_id == loan.id,
        LoanPayment.kind == servicing_states.RECOVERY,
        LoanPayment.reversed_on.is_(None),
        LoanPayment.bank_reference.startswith(f"recovery:{recovery.reference}", autoescape=True),
        LoanPayment.principal == recovery.amount,
    )
    lines = (await session.scalars(query.order_by(LoanPayment.line.desc()))).all()
    return next(line for line in lines if line.bank_reference.split("#")[0] == f"recovery:{recovery.reference}")


async def _movement_back(session: AsyncSession, recovery: GuaranteeRecovery) -> Movement:
    """The opposite of what was booked: by then the debt may have been written off."""
    kind = await session.scalar(select(JournalEntry.kind).where(JournalEntry.id == recovery.journal_entry_id))
    if kind == Movement.GUARANTEE_LOSS_RECOVERED:
        return Movement.GUARANTEE_LOSS_RECOVERY_REVERSED
    return Movement.GUARANTEE_RECOVERY_REVERSED
