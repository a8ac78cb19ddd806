"""What happens to many enrolments at once: promotion from the waiting list, cancellation, the reckoning at the end.

Each is one statement and runs under the session's row lock, which the caller holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Integer, Update, case, cast, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.trainings import rules
from services.registry.trainings.models import Enrolment, TrainingAttendance, TrainingMeeting, TrainingSession
from services.registry.trainings.states import tell_enrolments
from shared.clock import utcnow
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext


async def promote(session: AsyncSession, training: TrainingSession, context: EventContext) -> int:
    """Give the free places to those who have waited longest, in the order of their numbers; how many were given.

    Nobody is promoted any more once the session has begun: it would be missed before it was known.
    """
    await session.flush()
    await session.refresh(training, ["seats_taken"])
    free = training.capacity - training.seats_taken
    if free <= 0 or training.status != rules.PLANNED or context.effective_on > training.held_on:
        return 0
    first = (
        select(Enrolment.id)
        .where(Enrolment.session_id == training.id, Enrolment.status == rules.WAITING)
        .order_by(Enrolment.queue_no)
        .limit(free)
    )
    changed = _raise(
        Enrolment.id.in_(first),
        status=rules.ENROLLED,
        promoted_on=context.effective_on,
        notice=rules.PROMOTED,
        notice_on=context.effective_on,
    )
    promoted = await _run(session, changed)
    await tell_enrolments(session, rc.EnrolmentPromoted, promoted, training, context)
    await session.refresh(training, ["seats_taken"])
    return len(promoted)


async def cancel_open(
    session: AsyncSession,
    training: TrainingSession,
    context: EventContext,
    statuses: Sequence[str],
    reason_code: str,
    *,
    notice: str | None = None,
) -> int:
    """Cancel everybody of those states, and leave a notice for each."""
    values: dict[str, object] = {
        "status": rules.CANCELLED,
        "cancelled_on": context.effective_on,
        "reason_code": reason_code,
    }
    if notice is not None:
        values |= {"notice": notice, "notice_on": context.effective_on}
    whose = (Enrolment.session_id == training.id) & Enrolment.status.in_(statuses)
    cancelled = await _run(session, _raise(whose, **values))
    await tell_enrolments(session, rc.EnrolmentCancelled, cancelled, training, context)
    await session.refresh(training, ["seats_taken"])
    return len(cancelled)


async def notify(session: AsyncSession, training: TrainingSession, notice: str, today: date) -> None:
    """Tell everybody enrolled or waiting; what there is to tell, the session's own event says."""
    whose = (Enrolment.session_id == training.id) & Enrolment.status.in_(rules.OPEN)
    statement = update(Enrolment).where(whose).values(notice=notice, notice_on=today)
    await session.execute(statement.execution_options(synchronize_session=False))


async def settle(session: AsyncSession, training: TrainingSession, context: EventContext, percent: int) -> None:
    """4.8-2: count each enrolee's minutes; `percent` of the session's are needed to have attended it. The same as
    `rules.attended_enough`, for all at once."""
    whose = (Enrolment.session_id == training.id) & (Enrolment.status == rules.ENROLLED)
    # Whoever is being counted at this moment holds the enrolment: the statement below has to see it.
    await session.execute(select(Enrolment.id).where(whose).order_by(Enrolment.id).with_for_update())
    length = func.extract("epoch", TrainingMeeting.ends - TrainingMeeting.starts) / 60
    seen = (
        select(func.coalesce(func.sum(length), 0))
        .select_from(TrainingAttendance)
        .join(TrainingMeeting, TrainingMeeting.id == TrainingAttendance.meeting_id)
        .where(TrainingAttendance.enrolment_id == Enrolment.id, TrainingAttendance.struck_at.is_(None))
        .correlate(Enrolment)
        .scalar_subquery()
    )
    minutes = cast(seen, Integer)
    enough = (minutes > 0) & (minutes * 100 >= training.minutes * percent)
    outcome = case((enough, rules.ATTENDED), else_=rules.MISSED)
    settled = await _run(session, _raise(whose, status=outcome, minutes_attended=minutes))
    attended = [one for one in settled if one.status == rules.ATTENDED]
    missed = [one for one in settled if one.status == rules.MISSED]
    await tell_enrolments(session, rc.EnrolmentAttended, attended, training, context)
    await tell_enrolments(session, rc.EnrolmentMissed, missed, training, context)


def _raise(whose: ColumnElement[bool], **values: Any) -> Update:
    return update(Enrolment).where(whose).values(version=Enrolment.version + 1, updated_at=utcnow(), **values)


async def _run(session: AsyncSession, statement: Update) -> list[Enrolment]:
    """The rows as the statement left them, in the order of their numbers."""
    options = {"synchronize_session": False, "populate_existing": True}
    found = await session.scalars(statement.returning(Enrolment).execution_options(**options))
    return sorted(found, key=lambda one: one.queue_no)
