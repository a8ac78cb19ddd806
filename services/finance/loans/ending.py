"""How an application ends without a contract: refused by whoever it waits for, or withdrawn (3.2-3 to 3.2-5)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.grants.schemas import StepRequest
from services.finance.loans import states
from services.finance.loans.cases import Case, Step, decide_another_person, open_case, tell
from services.finance.loans.commitments import enter, release
from services.finance.loans.models import Loan
from services.finance.loans.queries import speaks_for
from services.finance.loans.schemas import LoanRefusalIn
from shared.auth import roles as r
from shared.errors import forbidden
from shared.events.contracts.finance.loans import LoanRefused, LoanState, LoanWithdrawn
from shared.events.outbox import EventContext
from shared.events.types import EventType


async def refuse(session: AsyncSession, sent: LoanRefusalIn, *, step: Step) -> Loan:
    """By the department or the guarantor before the approval, by the bank after it; what it held of the cap is free.

    Raises 403 for whom it does not wait for, 403 `four-eyes-required`.
    """
    case = await open_case(session, step, sent.decided_on, *states.PENDING)
    _require_turn(case, step)
    decision = decide_another_person(case, step)
    case.loan.reason_code = sent.reason_code
    return await _end(session, case, step, states.REFUSED, LoanRefused, decision.rules)


async def withdraw(session: AsyncSession, sent: StepRequest, *, step: Step) -> Loan:
    """By the borrower, of joint ones the first, or by the hand that entered its paper, until the contract is signed.
    Raises 403."""
    case = await open_case(session, step, sent.decided_on, states.DRAFT, *states.PENDING)
    if step.principal.account_id != case.loan.created_by and not await speaks_for(session, case.loan, step.principal):
        raise forbidden()
    return await _end(session, case, step, states.WITHDRAWN, LoanWithdrawn, ("loans.applicant",))


def _require_turn(case: Case, step: Step) -> None:
    loan, principal = case.loan, step.principal
    if loan.status in states.APPROVED:
        allowed = principal.has(r.BANK) and principal.bank == loan.bank
    elif loan.guarantor:
        allowed = principal.has(r.GUARANTOR)
    else:
        prefix = case.edition.departments[loan.department].role_prefix
        allowed = principal.has(f"{prefix}_officer", f"{prefix}_approver")
    if not allowed:
        raise forbidden()


async def _end(
    session: AsyncSession,
    case: Case,
    step: Step,
    status: str,
    event_type: EventType[LoanState],
    rules: tuple[str, ...],
) -> Loan:
    loan = case.loan
    held = loan.committed
    if held:
        await release(session, loan, held)
    loan.status, loan.ended_by, loan.ended_on = status, step.principal.account_id, case.day
    context = EventContext.of(step.principal, case.day)
    await tell(session, event_type, loan, context, rules)
    await enter(session, loan, -held, context)
    return loan
