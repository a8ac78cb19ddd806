"""The department's check, two people, or the guarantor's word in its place; from here on the amount counts (3.2-3)."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.grants.schemas import StepRequest
from services.finance.loans import rules, states
from services.finance.loans.assessing import staff_beside_record
from services.finance.loans.cases import (
    Case,
    Step,
    decide_another_person,
    open_case,
    require_department,
    require_seat,
    tell,
)
from services.finance.loans.commitments import commit, enter, partners_of
from services.finance.loans.facts import is_graduate, stands_behind
from services.finance.loans.models import BankRefusal, Loan
from services.finance.loans.schemas import DepartmentApprovalIn, GuarantorAcceptanceIn, WindowIn
from services.finance.papers import require_papers
from shared.auth.roles import GUARANTOR
from shared.errors import DomainError, forbidden, invalid_transition
from shared.events.contracts.finance.loans import (
    LoanChecked,
    LoanGuarantorAccepted,
    LoanReviewed,
    LoanState,
    LoanWindowChosen,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.policy.decision import Decision, combine
from shared.refusals import require_passed


async def choose_window(session: AsyncSession, sent: WindowIn, *, step: Step) -> Loan:
    """3.2-4: an officer records which reading of the year counts, and why; a later choice takes the place of it until
    the loan is approved. Raises 403, 404, 409 `loan-no-hires-needed`."""
    case = await open_case(session, step, sent.decided_on, states.SUBMITTED, states.REVIEWED)
    loan = case.loan
    require_department(case, step, "officer")
    four_eyes = decide_another_person(case, step)
    if loan.calculation is None:
        raise DomainError("loan-no-hires-needed", 409, clauses=["3.2-4"])
    loan.hire_window, loan.hire_window_reason = sent.window, sent.reason
    loan.hire_window_by, loan.hire_window_on = step.principal.account_id, case.day
    window = rules.decide_window(case.edition, loan.calculation, window=sent.window)
    decision = combine(four_eyes, window)
    await tell(session, LoanWindowChosen, loan, EventContext.of(step.principal, case.day), decision.rules)
    return loan


async def review(session: AsyncSession, sent: StepRequest, *, step: Step) -> Loan:
    """An officer of the department has examined the application. Raises 403 `four-eyes-required`, 409 for a borrower
    that is in no listed centre any more."""
    case = await open_case(session, step, sent.decided_on, states.SUBMITTED, seated=True)
    loan = case.loan
    _require_not_guaranteed(loan)
    require_department(case, step, "officer")
    decision = _with_seat(case, decide_another_person(case, step))
    loan.status, loan.reviewed_by, loan.reviewed_on = states.REVIEWED, step.principal.account_id, case.day
    await tell(session, LoanReviewed, loan, EventContext.of(step.principal, case.day), decision.rules)
    return loan


async def approve(session: AsyncSession, sent: DepartmentApprovalIn, *, step: Step) -> Loan:
    """3.2-4, 3.2-5: an approver of the department lets it pass; the amount counts against the cap.

    Raises 403 `four-eyes-required`, 409 `loan-cap-exceeded`, `loan-window-not-chosen`, `loan-hires-too-few`,
    `loan-graduate-not-confirmed`, `loan-partner-in-another-group`, `loan-not-in-centre`, `loan-centre-not-listed`,
    and as `require_papers`.
    """
    case = await open_case(session, step, sent.decided_on, states.REVIEWED, seated=True)
    require_department(case, step, "approver")
    four_eyes = decide_another_person(case, step, "chosen", "reviewed")
    papers = require_papers(case.edition, "loan.approved", sent, clause=rules.CLAUSES[case.loan.product])
    found = [_with_seat(case, four_eyes), papers, *await _still_met(session, case)]
    return await _let_pass(session, case, step, sent.amount, combine(*found), states.CHECKED, LoanChecked)


async def accept_by_guarantor(session: AsyncSession, sent: GuarantorAcceptanceIn, *, step: Step) -> Loan:
    """3.2-3: the guarantee company accepts; the amount counts against the cap.

    Raises 403 `four-eyes-required`, 409 `loan-cap-exceeded`, `loan-refusal-unseen`, `loan-not-in-centre`,
    `loan-centre-not-listed`, and `invalid-transition` for a loan that a department checks.
    """
    case = await open_case(session, step, sent.decided_on, states.SUBMITTED, seated=True)
    loan = case.loan
    if not step.principal.has(GUARANTOR):
        raise forbidden()
    if not loan.guarantor:
        raise invalid_transition(loan.status, [states.CHECKED])
    found = [_with_seat(case, decide_another_person(case, step)), *await _still_met(session, case)]
    refusal = await session.get(BankRefusal, loan.refusal_id) if loan.refusal_id else None
    if refusal is not None:
        found.append(rules.decide_refusal_seen(case.edition, source=refusal.source, seen=sent.refusal_seen))
    decision = require_passed(combine(*found))
    return await _let_pass(session, case, step, sent.amount, decision, states.GUARANTOR_ACCEPTED, LoanGuarantorAccepted)


async def _let_pass(
    session: AsyncSession,
    case: Case,
    step: Step,
    sent: Decimal | None,
    found: Decision,
    status: str,
    event_type: EventType[LoanState],
) -> Loan:
    """Take the amount out of the cap and write down who decided."""
    loan = case.loan
    amount = sent or loan.requested
    lowered = rules.decide_lowered(case.edition, loan.product, amount=amount, at_most=loan.requested)
    require_passed(combine(found, lowered))
    loan.approved = amount
    decision = require_passed(combine(found, lowered, await commit(session, case.edition, loan, amount)))
    loan.status, loan.checked_by, loan.checked_on = status, step.principal.account_id, case.day
    loan.check_decision = decision.to_json()
    context = EventContext.of(step.principal, case.day)
    await tell(session, event_type, loan, context, decision.rules)
    await enter(session, loan, amount, context)
    return loan


async def _still_met(session: AsyncSession, case: Case) -> list[Decision]:
    """What may have changed since the application: who stands behind the project, the reading of the year, the
    graduates."""
    loan, edition = case.loan, case.edition
    found: list[Decision] = []
    if loan.enterprise_id is None:
        behind = await stands_behind(session, loan, case.day)
        found.append(rules.decide_applicant(edition, loan.product, enterprise=False, person=True, behind=behind))
    if (calculation := loan.calculation) is not None:
        found.append(rules.decide_window(edition, calculation, window=loan.hire_window))
        chosen = loan.hire_window or calculation.default
        found.append(rules.decide_hire_ratio(edition, calculation, window=chosen))
        if (beside := await staff_beside_record(session, edition, loan, case.day)) is not None:
            found.append(beside)
    if loan.product in states.GRADUATES and loan.person_ref is not None:
        refs = await partners_of(session, loan.id) or [loan.person_ref]
        for ref in refs:
            behind = ref != loan.person_ref or await stands_behind(session, loan, case.day)
            graduate = await is_graduate(session, ref)
            found.append(rules.decide_graduate(edition, person_ref=ref, graduate=graduate, behind=behind))
    return found


def _with_seat(case: Case, decision: Decision) -> Decision:
    seat = require_seat(case)
    return decision if seat is None else combine(decision, seat)


def _require_not_guaranteed(loan: Loan) -> None:
    """3.2-3: that one waits for the guarantor."""
    if loan.guarantor:
        raise invalid_transition(loan.status, [states.REVIEWED])
