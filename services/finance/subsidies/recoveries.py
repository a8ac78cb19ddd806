"""A correction downwards comes back: to the budget of the statements that had paid too much (3.2-4)."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.commitments import INTEREST_SUBSIDY, Claim as BudgetClaim, return_budget
from services.finance.journal.entries import Movement, book
from services.finance.subsidies import states
from services.finance.subsidies.models import SubsidyLine, SubsidyStatement
from services.finance.subsidies.queries import find_line
from services.finance.subsidies.rules import decide_another_person
from services.finance.subsidies.schemas import SubsidyRecovery
from services.finance.subsidies.telling import tell, tell_lines
from services.finance.subsidies.usecases import Step, booking
from shared.clock import effective_date
from shared.errors import DomainError, invalid_transition
from shared.events.contracts.finance.interest_subsidies import InterestSubsidyRecovered, SubsidyStatementRecovered
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.refusals import require_passed


async def recover(session: AsyncSession, sent: SubsidyRecovery, *, step: Step) -> SubsidyLine:
    """The borrower or the bank has paid back what a correction says.

    Raises 403 `four-eyes-required`, 409 `invalid-transition`, `subsidy-line-not-negative`.
    """
    found = await find_line(session, step.subject_id, step.principal)
    if found.amount > 0:
        raise DomainError("subsidy-line-not-negative", 409, params={"loan": found.loan_no}, clauses=["3.2-4"])
    sources = await _sources(session, found)
    query = select(SubsidyStatement).where(
        SubsidyStatement.id.in_({found.statement_id, *(line.statement_id for line in sources)})
    )
    ordered = query.order_by(SubsidyStatement.id).with_for_update()
    anew = {"populate_existing": True}
    statements = {each.id: each for each in await session.scalars(ordered, execution_options=anew)}
    sources = [source for source in await _sources(session, found) if source.statement_id in statements]
    locked = select(SubsidyLine).where(SubsidyLine.id == found.id).with_for_update()
    line = (await session.scalars(locked, execution_options=anew)).one()
    honour_match(step.if_match, line.version)
    if line.status != states.APPROVED:
        raise invalid_transition(line.status, [states.APPROVED])
    own = statements[line.statement_id]
    edition = step.editions.get(own.edition)
    handled_by = {"prepared": own.prepared_by, "approved": own.approved_by}
    require_passed(decide_another_person(edition, actor=step.principal.account_id, handled_by=handled_by), 403)
    day = effective_date(step.principal, sent.recovered_on)
    if own.approved_on is not None and day < own.approved_on:
        raise DomainError("step-before-earlier-step", 409, params={"sent": day, "not_before": own.approved_on})
    context = EventContext.of(step.principal, day)
    await _give_back(session, statements, sources, -line.amount, context)
    (entry_id,) = await book(session, [booking(line, Movement.SUBSIDY_RECOVERED, context, ahead=1)])
    line.status, line.reference, line.journal_entry_id = states.RECOVERED, sent.reference, entry_id
    line.settled_by, line.settled_on = step.principal.account_id, day
    await tell_lines(session, InterestSubsidyRecovered, [line], context, own.edition)
    return line


async def _sources(session: AsyncSession, line: SubsidyLine) -> list[SubsidyLine]:
    """What was paid for the same quarter of the loan, the newest first; read anew once their statements are locked."""
    query = select(SubsidyLine).where(
        SubsidyLine.loan_id == line.loan_id,
        SubsidyLine.year == line.year,
        SubsidyLine.quarter == line.quarter,
        SubsidyLine.status == states.PAID,
    )
    ordered = query.order_by(SubsidyLine.sequence.desc())
    return list(await session.scalars(ordered, execution_options={"populate_existing": True}))


async def _give_back(
    session: AsyncSession,
    statements: dict[UUID, SubsidyStatement],
    sources: list[SubsidyLine],
    amount: Decimal,
    context: EventContext,
) -> None:
    """To each statement's budget line as much as it had paid for the quarter, until all is placed."""
    left = amount
    for source in sources:
        statement = statements[source.statement_id]
        part = min(left, source.amount - source.recovered)
        if part <= 0:
            continue
        source.recovered += part
        statement.recovered += part
        await tell(session, SubsidyStatementRecovered, statement, context)
        assert statement.budget_year is not None, statement.no
        await return_budget(
            session,
            programme=INTEREST_SUBSIDY,
            year=statement.budget_year,
            amount=part,
            case=BudgetClaim.of(statement),
            context=context,
        )
        left -= part
    if left:
        raise DomainError("subsidy-not-paid-yet", 409, params={"amount": left}, clauses=["3.2-4"])
