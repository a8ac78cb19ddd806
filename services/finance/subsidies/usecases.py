"""A quarter's interest subsidies: computed, approved by another person, paid by the treasury (3.2-4, 3.2-5).

A loan's quarter is computed whenever a statement is prepared, and a line carries only what earlier lines did not: a
report that comes late makes a correction, up or down, and no line is ever rewritten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.commitments import (
    INTEREST_SUBSIDY,
    Claim as BudgetClaim,
    commit_budget,
    pay_budget,
    release_budget,
)
from services.finance.grants.schemas import MoneyDecision
from services.finance.journal.entries import Booking, Movement, book
from services.finance.papers import require_papers
from services.finance.payments.references import require_unpaid_with
from services.finance.subsidies import states
from services.finance.subsidies.computing import Computed, changed_line, compute
from services.finance.subsidies.interest import quarter_days
from services.finance.subsidies.models import SubsidyLine, SubsidyStatement
from services.finance.subsidies.queries import find, later_line, lines_of
from services.finance.subsidies.rules import decide_another_person, decide_quarter_over, decide_unchanged
from services.finance.subsidies.schemas import SubsidyPayment, SubsidyRefusal, SubsidyStatementIn
from services.finance.subsidies.telling import tell, tell_lines
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError, forbidden, invalid_transition
from shared.events.contracts.finance.interest_subsidies import (
    InterestSubsidyApproved,
    InterestSubsidyPaid,
    InterestSubsidyPrepared,
    InterestSubsidyRefused,
    SubsidyStatementApproved,
    SubsidyStatementPaid,
    SubsidyStatementPrepared,
    SubsidyStatementRefused,
)
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed

POSTS = {"finance": (r.FINANCE_OFFICER, r.FINANCE_APPROVER), "hr": (r.HR_OFFICER, r.HR_APPROVER)}


@dataclass(frozen=True, slots=True)
class Step:
    """Who takes a step, on which statement or line, knowing which version, under which editions."""

    subject_id: UUID
    principal: Principal
    editions: Editions
    if_match: str | None = None


async def prepare(
    session: AsyncSession, sent: SubsidyStatementIn, *, principal: Principal, editions: Editions
) -> SubsidyStatement:
    """Compute the quarter for all loans of the department, and what earlier quarters are wrong by.

    Raises 403, 409 `subsidy-quarter-not-over`, `subsidy-statement-open`, `subsidy-nothing-due`,
    `subsidy-prime-rate-missing`.
    """
    _require_post(principal, sent.department, 0)
    _require_live(principal)
    edition = editions.closest_to(principal.today)
    assert edition is not None, "a service without an edition does not start"
    _, last = quarter_days(sent.year, sent.quarter)
    decision = require_passed(decide_quarter_over(edition, last=last, today=principal.today))
    found = await compute(session, editions, sent.department, sent.year, sent.quarter)
    if not found:
        params = {"year": sent.year, "quarter": sent.quarter}
        raise DomainError("subsidy-nothing-due", 409, params=params, clauses=["3.2-4"])
    statement = SubsidyStatement(
        id=uuid7(),
        version=0,
        no=await next_case_no(session, "IS", sent.year),
        year=sent.year,
        quarter=sent.quarter,
        department=sent.department,
        edition=edition.id,
        status=states.PREPARED,
        lines=len(found),
        total=sum((each.amount for each in found if each.amount > 0), ZERO),
        to_recover=-sum((each.amount for each in found if each.amount < 0), ZERO),
        recovered=ZERO,
        prepared_by=principal.account_id,
        prepared_on=principal.today,
        decisions=[],
    )
    lines = [_line(statement, each) for each in found]
    session.add(statement)
    try:
        await session.flush()
        session.add_all(lines)
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) not in ("uq_subsidy_statement_open", "uq_subsidy_line_once"):
            raise
        params = {"year": sent.year, "quarter": sent.quarter}
        raise DomainError("subsidy-statement-open", 409, params=params, clauses=["3.2-4"]) from error
    context = EventContext.of(principal)
    await tell(session, SubsidyStatementPrepared, statement, context, decision)
    await tell_lines(session, InterestSubsidyPrepared, lines, context, edition.id)
    return statement


async def approve(session: AsyncSession, sent: MoneyDecision, *, step: Step) -> SubsidyStatement:
    """Another person of the department approves; the budget of the year holds what is to be paid.

    Raises 403 `four-eyes-required`, 409 `subsidy-figures-changed`, `appropriation-missing`, `appropriation-exhausted`,
    and as `require_papers`.
    """
    statement, edition = await _open(session, step, states.PREPARED)
    _require_post(step.principal, statement.department, 1)
    decision = _another_person(edition, step, prepared=statement.prepared_by)
    lines = await lines_of(session, statement.id, lock=True)
    changed = await changed_line(session, step.editions, lines)
    papers = require_papers(edition, "interest_subsidy.approved", sent, clause="3.2-4")
    decision = combine(decision, papers, require_passed(decide_unchanged(edition, changed=changed)))
    day = _day(step, sent.decided_on, statement.prepared_on)
    context = EventContext.of(step.principal, day)
    statement.status, statement.budget_year = states.APPROVED, day.year
    statement.approved_by, statement.approved_on = step.principal.account_id, day
    if statement.total:
        budget = await commit_budget(
            session,
            edition,
            programme=INTEREST_SUBSIDY,
            year=day.year,
            amount=statement.total,
            case=BudgetClaim.before(statement),
            context=context,
        )
        decision = combine(decision, budget)
    await tell(session, SubsidyStatementApproved, statement, context, decision)
    for line in lines:
        line.status = states.APPROVED
    await tell_lines(session, InterestSubsidyApproved, lines, context, edition.id)
    return statement


async def refuse(session: AsyncSession, sent: SubsidyRefusal, *, step: Step) -> SubsidyStatement:
    """It is not paid; its quarters may be computed anew. Its preparer may take it back that way too.

    Raises 403, 409 `subsidy-line-recovered`, `subsidy-corrected-since` while a later statement builds on its lines.
    """
    statement, edition = await _open(session, step, states.PREPARED, states.APPROVED)
    _require_post(step.principal, statement.department, *((1,) if statement.status == states.APPROVED else (0, 1)))
    lines = await lines_of(session, statement.id, lock=True)
    if any(line.status == states.RECOVERED for line in lines):
        raise DomainError("subsidy-line-recovered", 409, params={"no": statement.no}, clauses=["3.2-4"])
    later = await later_line(session, statement.id)
    if later is not None:
        raise DomainError("subsidy-corrected-since", 409, params={"loan": later}, clauses=["3.2-4"])
    day = _day(step, sent.decided_on, statement.approved_on or statement.prepared_on)
    context = EventContext.of(step.principal, day)
    if statement.budget_year is not None and statement.total:
        await release_budget(
            session,
            programme=INTEREST_SUBSIDY,
            year=statement.budget_year,
            amount=statement.total,
            case=BudgetClaim.before(statement),
            context=context,
        )
    statement.status, statement.reason_code = states.REFUSED, sent.reason_code
    statement.approved_by = statement.approved_on = statement.budget_year = None
    statement.ended_by, statement.ended_on = step.principal.account_id, day
    await tell(session, SubsidyStatementRefused, statement, context)
    for line in lines:
        line.status = states.REFUSED
    await tell_lines(session, InterestSubsidyRefused, lines, context, edition.id)
    return statement


async def pay(session: AsyncSession, sent: SubsidyPayment, *, step: Step) -> SubsidyStatement:
    """The treasury has paid; what is to come back is recovered line by line.

    Raises 403 `four-eyes-required`, 409 `subsidy-nothing-to-pay`, `payment-reference-used`, and as `pay_budget`.
    """
    statement, edition = await _open(session, step, states.APPROVED)
    if not statement.total:
        raise DomainError("subsidy-nothing-to-pay", 409, params={"no": statement.no}, clauses=["3.2-4"])
    decision = _another_person(edition, step, prepared=statement.prepared_by, approved=statement.approved_by)
    day = _day(step, sent.paid_on, statement.approved_on)
    await require_unpaid_with(session, sent.reference)
    context = EventContext.of(step.principal, day)
    assert statement.budget_year is not None, statement.no
    lines = [line for line in await lines_of(session, statement.id, lock=True) if line.amount > 0]
    budget = await pay_budget(
        session,
        edition,
        programme=INTEREST_SUBSIDY,
        year=statement.budget_year,
        amount=statement.total,
        case=BudgetClaim.before(statement),
        context=context,
    )
    statement.status, statement.payment_reference = states.PAID, sent.reference
    statement.paid_by, statement.paid_on = step.principal.account_id, day
    await tell(session, SubsidyStatementPaid, statement, context, combine(decision, budget))
    entries = await book(session, [booking(line, Movement.SUBSIDY_PAID, context, ahead=1) for line in lines])
    for line, entry_id in zip(lines, entries, strict=True):
        line.status, line.journal_entry_id = states.PAID, entry_id
        line.settled_by, line.settled_on, line.reference = step.principal.account_id, day, sent.reference
    await tell_lines(session, InterestSubsidyPaid, lines, context, edition.id)
    return statement


def booking(line: SubsidyLine, movement: Movement, context: EventContext, *, ahead: int = 0) -> Booking:
    """A line's entry on its borrower's accounts; `ahead` where its event follows."""
    return Booking(
        movement=movement,
        case_id=line.id,
        case_no=line.loan_no,
        case_version=line.version + ahead,
        subject=line.borrower,
        period=str(context.effective_on.year),
        amount=abs(line.amount),
        effective_on=context.effective_on,
        actor=context.actor,
    )


def _line(statement: SubsidyStatement, found: Computed) -> SubsidyLine:
    loan = found.loan
    return SubsidyLine(
        id=uuid7(),
        version=0,
        statement_id=statement.id,
        loan_id=loan.id,
        loan_no=loan.no,
        borrower=loan.borrower,
        year=found.year,
        quarter=found.quarter,
        sequence=found.sequence,
        kind=states.CORRECTION if found.sequence else states.REGULAR,
        status=states.PREPARED,
        entitled=found.entitled,
        amount=found.amount,
        calculation=found.calculation,
        decision=found.decision.to_json(),
    )


async def _open(session: AsyncSession, step: Step, *from_states: str) -> tuple[SubsidyStatement, Edition]:
    """Lock the statement. Raises 404, 412, 409 `invalid-transition`."""
    await find(session, step.subject_id, step.principal)
    query = select(SubsidyStatement).where(SubsidyStatement.id == step.subject_id).with_for_update()
    statement = (await session.scalars(query, execution_options={"populate_existing": True})).one()
    honour_match(step.if_match, statement.version)
    if statement.status not in from_states:
        raise invalid_transition(statement.status, from_states)
    return statement, step.editions.get(statement.edition)


def _require_post(principal: Principal, department: str, *posts: int) -> None:
    """The department's own officer (0) or approver (1). Raises 403."""
    if not principal.has(*(POSTS[department][post] for post in posts)):
        raise forbidden()


def _require_live(principal: Principal) -> None:
    """Test credentials move no public money. Raises 403."""
    if not principal.livemode:
        raise forbidden()


def _day(step: Step, sent: date | None, not_before: date | None) -> date:
    day = effective_date(step.principal, sent)
    if not_before is not None and day < not_before:
        raise DomainError("step-before-earlier-step", 409, params={"sent": day, "not_before": not_before})
    return day


def _another_person(edition: Edition, step: Step, **handled_by: str | None) -> Decision:
    """Raises 403 `four-eyes-required`."""
    decision = decide_another_person(edition, actor=step.principal.account_id, handled_by=handled_by)
    return require_passed(decision, 403)
