"""The end of a line's year (年终结转): what is carried into the next year, and what is released; by two persons.

A closed line bears nothing new. What is committed and unpaid goes with its case to the next year's line, or is
released: then the case stays as it was decided, and finds budget anew when it is paid.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.holdings import UNPAID, HeldRow
from services.finance.appropriations.models import Appropriation, AppropriationClosing, budget_commitment as held
from services.finance.appropriations.queries import lock_committed, lock_lines, pending_closing, pending_revision
from services.finance.appropriations.rules import decide_carry_over, decide_line, decide_year_end
from services.finance.appropriations.schemas import AppropriationClosingIn, AppropriationRefusal
from services.finance.appropriations.states import APPROVED, CARRY, CLOSED, PROPOSED, REFUSED
from services.finance.appropriations.usecases import (
    Step,
    booking,
    day_of,
    decide_four_eyes,
    lock_open,
    new_line,
    require_nothing_pending,
    set_limit,
    tell,
)
from services.finance.ceilings.models import PROGRAMME_YEAR, ceiling
from services.finance.journal.entries import Movement, book
from shared.errors import DomainError, invalid_transition
from shared.events.contracts.finance.appropriations import (
    AppropriationCarriedOver,
    AppropriationClosed,
    AppropriationClosingProposed,
    AppropriationClosingRefused,
)
from shared.events.outbox import EventContext
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition
from shared.refusals import require_passed


@dataclass(frozen=True, slots=True)
class _Rest:
    """What the year leaves: commitments that go on, those that end, and what is free once they have."""

    carried: Sequence[HeldRow]
    released: Sequence[HeldRow]
    free: Decimal

    @property
    def carried_unpaid(self) -> Decimal:
        return _unpaid(self.carried)


async def propose_closing(session: AsyncSession, sent: AppropriationClosingIn, *, step: Step) -> Appropriation:
    """Raises 409 `appropriation-year-not-over`, `appropriation-carry-over-above-free` as things stand now,
    `appropriation-pending`, `appropriation-case-not-committed`."""
    line, edition = await lock_open(session, step)
    if line.status != APPROVED:
        raise invalid_transition(line.status, [APPROVED])
    await require_nothing_pending(session, line)
    day = day_of(step.principal, sent.proposed_on, not_before=line.approved_on)
    last = await session.scalar(
        select(func.max(AppropriationClosing.number)).where(AppropriationClosing.appropriation_id == line.id)
    )
    closing = AppropriationClosing(
        appropriation_id=line.id,
        number=(last or 0) + 1,
        status=PROPOSED,
        proposed_by=step.principal.account_id,
        proposed_on=day,
        **sent.model_dump(exclude={"proposed_on"}),
    )
    rest = await _rest(session, line, closing)
    if unknown := set(sent.release_cases) - {row.case_id for row in (*rest.carried, *rest.released)}:
        params = {"case_id": min(unknown, key=str)}
        raise DomainError("appropriation-case-not-committed", 409, params=params, clauses=["3.1-4"])
    decision = require_passed(_decide(edition, line, closing, rest))
    session.add(closing)
    context = EventContext.of(step.principal, day)
    await tell(session, AppropriationClosingProposed, line, context, decision.rules, None)
    return line


async def approve_closing(session: AsyncSession, decided_on: date | None, *, step: Step) -> Appropriation:
    """Close the line, and carry over what was proposed; of what was paid meanwhile nothing is carried.

    Raises 403 `four-eyes-required`, 409 as `propose_closing`, and `appropriation-closed` where the next year is.
    """
    line, edition = await lock_open(session, step)
    closing = await _waiting(session, line)
    day = day_of(step.principal, decided_on, not_before=closing.proposed_on)
    rest = await _rest(session, line, closing)
    allowed = require_passed(_decide(edition, line, closing, rest))
    decision = combine(decide_four_eyes(edition, closing.proposed_by, step), allowed)
    closing.status, closing.decided_by, closing.decided_on = APPROVED, step.principal.account_id, day
    closing.decision = decision.to_json()
    closing.carried_unpaid, closing.lapsed = rest.carried_unpaid, rest.free - closing.carry_over
    context = EventContext.of(step.principal, day)
    await _close(session, line, closing, rest, context, decision)
    if closing.carry_over + rest.carried_unpaid:
        await _carry(session, edition, line, closing, rest, context, decision)
    return line


async def refuse_closing(session: AsyncSession, sent: AppropriationRefusal, *, step: Step) -> Appropriation:
    """The year stays open. Raises 403 `four-eyes-required` to whoever proposed it."""
    line, edition = await lock_open(session, step)
    closing = await _waiting(session, line)
    decision = decide_four_eyes(edition, closing.proposed_by, step)
    day = day_of(step.principal, sent.decided_on, not_before=closing.proposed_on)
    closing.status, closing.decided_by, closing.decided_on = REFUSED, step.principal.account_id, day
    closing.reason_code, closing.decision = sent.reason_code, decision.to_json()
    context = EventContext.of(step.principal, day)
    await tell(session, AppropriationClosingRefused, line, context, decision.rules, None)
    return line


async def _waiting(session: AsyncSession, line: Appropriation) -> AppropriationClosing:
    closing = await pending_closing(session, line.id)
    if closing is None:
        raise invalid_transition(line.status, [PROPOSED])
    return closing


async def _rest(session: AsyncSession, line: Appropriation, closing: AppropriationClosing) -> _Rest:
    """The line is locked alone, so nothing is committed, released or paid of it meanwhile."""
    unpaid = select(held).where(held.c.programme == line.programme, held.c.line_year == line.year, UNPAID > 0)
    rows = (await session.execute(unpaid.order_by(held.c.case_no, held.c.case_id).with_for_update())).all()
    ending = set(closing.release_cases)
    goes_on = [row for row in rows if closing.unpaid == CARRY and row.case_id not in ending]
    ends = [row for row in rows if closing.unpaid != CARRY or row.case_id in ending]
    free = line.budget - await lock_committed(session, line) + _unpaid(ends)
    return _Rest(goes_on, ends, free)


def _decide(edition: Edition, line: Appropriation, closing: AppropriationClosing, rest: _Rest) -> Decision:
    day = closing.proposed_on
    over = decide_year_end(edition, year=line.year, day=day)
    carried = decide_carry_over(edition, programme=line.programme, carry_over=closing.carry_over, free=rest.free)
    return combine(over, carried)


async def _close(
    session: AsyncSession,
    line: Appropriation,
    closing: AppropriationClosing,
    rest: _Rest,
    context: EventContext,
    decision: Decision,
) -> None:
    """Only what was paid stays on the line."""
    ended, lapsed = _unpaid(rest.released), closing.lapsed or ZERO
    same = (held.c.programme == line.programme, held.c.line_year == line.year, UNPAID > 0)
    if rest.released:
        cases = held.c.case_id.in_([row.case_id for row in rest.released])
        await session.execute(update(held).where(*same, cases).values(committed=held.c.paid))
    waiting = await pending_revision(session, line.id)
    line.status, line.closed_on = CLOSED, context.effective_on
    line.carried_out, line.lapsed = closing.carry_over + rest.carried_unpaid, lapsed
    await session.flush()
    key = {"kind": PROGRAMME_YEAR, "subject": line.programme, "period": str(line.year)}
    left = ceiling.c.committed - ended - rest.carried_unpaid
    await session.execute(update(ceiling).filter_by(**key).values(committed=left, limit_amount=line.budget))
    await tell(session, AppropriationClosed, line, context, decision.rules, waiting)
    moved = (
        (Movement.BUDGET_UNPAID_RELEASED, ended),
        (Movement.BUDGET_UNPAID_CARRIED_OUT, rest.carried_unpaid),
        (Movement.BUDGET_CARRIED_OUT, closing.carry_over),
        (Movement.BUDGET_LAPSED, lapsed),
    )
    await _book(session, line, context, moved)


async def _carry(
    session: AsyncSession,
    edition: Edition,
    line: Appropriation,
    closing: AppropriationClosing,
    rest: _Rest,
    context: EventContext,
    decision: Decision,
) -> None:
    """To the next year's line, which this opens where the treasury has not yet."""
    (target,) = await lock_lines(session, (line.programme, line.year + 1))
    if target is None:
        target = await new_line(session, edition, line.programme, line.year + 1)
    if target.status == CLOSED:
        year = target.year
        require_passed(decide_line(edition, programme=target.programme, year=year, status=CLOSED))
    if target.status != APPROVED:
        target.status, target.document_no, target.reason_code = APPROVED, closing.document_no, None
        target.approved_by, target.approved_on = context.actor, context.effective_on
        target.first_approved_on = context.effective_on
    target.carried_in += closing.carry_over + rest.carried_unpaid
    await _move_cases(session, line, rest.carried)
    await set_limit(session, target, rest.carried_unpaid)
    waiting = await pending_revision(session, target.id)
    await tell(session, AppropriationCarriedOver, target, context, decision.rules, waiting)
    moved = (
        (Movement.BUDGET_UNPAID_CARRIED_IN, rest.carried_unpaid),
        (Movement.BUDGET_CARRIED_IN, closing.carry_over),
    )
    await _book(session, target, context, moved)


async def _move_cases(session: AsyncSession, line: Appropriation, rows: Sequence[HeldRow]) -> None:
    """The unpaid rest of each case; what was paid stays where it was paid."""
    if not rows:
        return
    same = (held.c.programme == line.programme, held.c.line_year == line.year, UNPAID > 0)
    cases = held.c.case_id.in_([row.case_id for row in rows])
    await session.execute(update(held).where(*same, cases).values(committed=held.c.paid))
    statement = insert(held)
    more = {"committed": held.c.committed + statement.excluded.committed}
    carried = [
        {
            **row._mapping,
            "line_year": line.year + 1,
            "committed": row.committed - row.paid,
            "paid": ZERO,
            "returned": ZERO,
        }
        for row in rows
    ]
    await session.execute(statement.on_conflict_do_update(constraint=held.primary_key, set_=more), carried)


async def _book(
    session: AsyncSession,
    line: Appropriation,
    context: EventContext,
    moved: Iterable[tuple[Movement, Decimal]],
) -> None:
    await book(session, [booking(movement, line, amount, context) for movement, amount in moved if amount])


def _unpaid(rows: Iterable[HeldRow]) -> Decimal:
    return sum((row.committed - row.paid for row in rows), ZERO)
