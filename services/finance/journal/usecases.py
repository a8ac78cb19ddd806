"""Closing a period of the books, and opening it again: each proposed by one person and done by another (3.1-4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.journal.closed import hold_periods
from services.finance.journal.models import JournalEntry, JournalPeriod, Posting
from services.finance.journal.periods import CLOSED, PROPOSED, REFUSED, REOPENED, REOPENING, SHUT
from services.finance.journal.rules import bounds_of, decide_another_person, decide_period_over, decide_year_open
from services.finance.journal.schemas import JournalPeriodIn, JournalPeriodRefusal, ReopeningIn
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts.finance.journal_periods import (
    JournalPeriodClosed,
    JournalPeriodProposed,
    JournalPeriodRefused,
    JournalPeriodReopened,
    JournalPeriodReopeningProposed,
    JournalPeriodReopeningRefused,
    JournalPeriodState,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed


@dataclass(frozen=True, slots=True)
class Step:
    """Who takes a step, on which period, knowing which version, under which editions."""

    period_id: UUID
    principal: Principal
    editions: Editions
    if_match: str | None = None


async def propose_closing(
    session: AsyncSession, sent: JournalPeriodIn, *, principal: Principal, editions: Editions
) -> JournalPeriod:
    """Raises 409 `journal-period-not-over`, `journal-period-exists`."""
    day = effective_date(principal, sent.proposed_on)
    edition = editions.closest_to(day) or editions.require_in_force(day)
    label, starts_on, ends_on = bounds_of(sent.year, sent.month)
    decision = require_passed(decide_period_over(edition, label=label, ends_on=ends_on, today=day))
    if await _closed_around(session, starts_on, ends_on) is not None:
        raise _exists(label)
    period = JournalPeriod(
        id=uuid7(),
        version=0,
        no=await next_case_no(session, "JP", sent.year),
        label=label,
        starts_on=starts_on,
        ends_on=ends_on,
        edition=edition.id,
        status=PROPOSED,
        proposed_by=principal.account_id,
        proposed_on=day,
    )
    session.add(period)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_journal_period_live":
            raise
        raise _exists(label) from error
    await _tell(session, JournalPeriodProposed, period, EventContext.of(principal, day), decision)
    return period


async def close_period(session: AsyncSession, decided_on: date | None, *, step: Step) -> JournalPeriod:
    """No entry lies in it from here on; its figures are kept. Raises 403 `four-eyes-required`."""
    period, edition = await _open(session, step, PROPOSED)
    day = _day_of(step, decided_on, not_before=period.proposed_on)
    decision = _decide_four_eyes(edition, period.proposed_by, step)
    await hold_periods(session)
    period.entries, period.turnover = await _figures(session, period)
    period.status, period.closed_by, period.closed_on = CLOSED, step.principal.account_id, day
    await _tell(session, JournalPeriodClosed, period, EventContext.of(step.principal, day), decision)
    return period


async def refuse_period(session: AsyncSession, sent: JournalPeriodRefusal, *, step: Step) -> JournalPeriod:
    """It stays open; it may be proposed again. Raises 403 `four-eyes-required`."""
    period, edition = await _open(session, step, PROPOSED)
    day = _day_of(step, sent.decided_on, not_before=period.proposed_on)
    decision = _decide_four_eyes(edition, period.proposed_by, step)
    period.status, period.refused_by, period.reason_code = REFUSED, step.principal.account_id, sent.reason_code
    await _tell(session, JournalPeriodRefused, period, EventContext.of(step.principal, day), decision)
    return period


async def propose_reopening(session: AsyncSession, sent: ReopeningIn, *, step: Step) -> JournalPeriod:
    """It stays closed until somebody else opens it. Raises 409 `journal-period-within-closed`."""
    period, edition = await _open(session, step, CLOSED)
    day = _day_of(step, sent.proposed_on, not_before=period.closed_on)
    decision = await _decide_year_open(session, edition, period)
    period.status, period.reopening_by = REOPENING, step.principal.account_id
    period.reopening_on, period.reopening_reason = day, sent.reason
    await _tell(session, JournalPeriodReopeningProposed, period, EventContext.of(step.principal, day), decision)
    return period


async def reopen_period(session: AsyncSession, decided_on: date | None, *, step: Step) -> JournalPeriod:
    """Entries may lie in it again. Raises 403 `four-eyes-required`, 409 `journal-period-within-closed`."""
    period, edition = await _open(session, step, REOPENING)
    day = _day_of(step, decided_on, not_before=period.reopening_on)
    four_eyes = _decide_four_eyes(edition, period.reopening_by, step)
    decision = combine(four_eyes, await _decide_year_open(session, edition, period))
    await hold_periods(session)
    period.status, period.reopened_by, period.reopened_on = REOPENED, step.principal.account_id, day
    await _tell(session, JournalPeriodReopened, period, EventContext.of(step.principal, day), decision)
    return period


async def refuse_reopening(session: AsyncSession, decided_on: date | None, *, step: Step) -> JournalPeriod:
    """It stays closed. Raises 403 `four-eyes-required`."""
    period, edition = await _open(session, step, REOPENING)
    day = _day_of(step, decided_on, not_before=period.reopening_on)
    decision = _decide_four_eyes(edition, period.reopening_by, step)
    period.status = CLOSED
    period.reopening_by = period.reopening_on = period.reopening_reason = None
    await _tell(session, JournalPeriodReopeningRefused, period, EventContext.of(step.principal, day), decision)
    return period


async def _open(session: AsyncSession, step: Step, *from_states: str) -> tuple[JournalPeriod, Edition]:
    """Raises 404, 412, 409 `invalid-transition`."""
    query = select(JournalPeriod).where(JournalPeriod.id == step.period_id).with_for_update()
    period = await session.scalar(query.execution_options(populate_existing=True))
    if period is None:
        raise not_found("journal-period")
    honour_match(step.if_match, period.version)
    if period.status not in from_states:
        raise invalid_transition(period.status, from_states)
    return period, step.editions.get(period.edition)


async def _figures(session: AsyncSession, period: JournalPeriod) -> tuple[int, Decimal]:
    """Entries and sum of debits."""
    days = JournalEntry.effective_on.between(period.starts_on, period.ends_on)
    entries = await session.scalar(select(func.count()).select_from(JournalEntry).where(days))
    debits = select(func.sum(Posting.amount)).join(JournalEntry, JournalEntry.id == Posting.entry_id)
    return entries or 0, await session.scalar(debits.where(days, Posting.amount > 0)) or ZERO


async def _closed_around(session: AsyncSession, starts_on: date, ends_on: date, but: UUID | None = None) -> str | None:
    """The label of another closed period that holds these days."""
    query = select(JournalPeriod.label).where(
        JournalPeriod.status.in_(SHUT), JournalPeriod.starts_on <= starts_on, JournalPeriod.ends_on >= ends_on
    )
    return await session.scalar(query.where(JournalPeriod.id != but) if but else query)


async def _decide_year_open(session: AsyncSession, edition: Edition, period: JournalPeriod) -> Decision:
    around = await _closed_around(session, period.starts_on, period.ends_on, period.id)
    return require_passed(decide_year_open(edition, label=period.label, closed_year=around))


def _decide_four_eyes(edition: Edition, proposed_by: str | None, step: Step) -> Decision:
    return require_passed(decide_another_person(edition, actor=step.principal.account_id, proposed_by=proposed_by), 403)


def _day_of(step: Step, sent: date | None, *, not_before: date | None) -> date:
    day = effective_date(step.principal, sent)
    if not_before is not None and day < not_before:
        raise DomainError("step-before-earlier-step", 409, params={"sent": day, "not_before": not_before})
    return day


def _exists(label: str) -> DomainError:
    return DomainError("journal-period-exists", 409, params={"label": label}, clauses=["3.1-4"])


async def _tell(
    session: AsyncSession,
    event_type: EventType[JournalPeriodState],
    period: JournalPeriod,
    context: EventContext,
    decision: Decision,
) -> None:
    data = JournalPeriodState.model_validate(period, from_attributes=True)
    await outbox.append(
        session, event_type, period, data, context=context, rules=decision.rules, edition=period.edition
    )
