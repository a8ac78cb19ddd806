"""Attendance that was recorded wrongly: struck by one until the session is completed, and by two afterwards (4.8-2)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.policy import edition_at, require_known
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import require_four_eyes
from services.registry.trainings import rules
from services.registry.trainings.attendance.schemas import StrikeAttendance
from services.registry.trainings.attendance.usecases import meeting_of, recorded_data, to_correct
from services.registry.trainings.models import (
    Enrolment,
    TrainingAttendance,
    TrainingCertificate,
    TrainingMeeting,
    TrainingSession,
)
from services.registry.trainings.states import tell_enrolment
from shared.auth.principal import Principal
from shared.clock import utcnow
from shared.errors import DomainError
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.policy.edition import Editions


async def strike(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    enrolment_id: UUID,
    sent: StrikeAttendance,
    *,
    if_match: str | None,
) -> Enrolment:
    """What was recorded of a meeting was wrong, by hand or by a code that was sent on; never one's own (403). The entry
    stays as struck, the enrolee is told, and the person may be counted anew while the session is not completed.

    Of a completed session it is noted first, and struck once another person (403) says the same; the hours are counted
    again then. Raises 404 for an enrolment of another's session, 409 `attendance-not-recorded`, and
    `attendance-certified` as long as a certificate rests on it.
    """
    training, enrolment = await to_correct(session, principal, enrolment_id, if_match, settled=True)
    known = edition_at(editions, principal.today).training.strike_reasons
    require_known("reason_code", [sent.reason_code], known)
    meeting = await meeting_of(session, training, sent.meeting)
    completed = training.status == rules.COMPLETED
    if completed and not await _second(session, principal, training, enrolment, meeting, sent):
        return enrolment
    wrong = update(TrainingAttendance).where(
        TrainingAttendance.enrolment_id == enrolment.id,
        TrainingAttendance.meeting_id == meeting.id,
        TrainingAttendance.struck_at.is_(None),
    )
    struck = wrong.values(struck_by=principal.account_id, struck_at=utcnow(), struck_reason=sent.reason_code)
    via = await session.scalar(struck.returning(TrainingAttendance.via))
    if via is None:
        raise DomainError("attendance-not-recorded", 409, params={"meeting": meeting.number}, clauses=["4.8-2"])
    enrolment.notice, enrolment.notice_on = rules.ATTENDANCE_STRUCK, principal.today
    missed = completed and await _count_again(session, editions, training, enrolment)
    await _tell(session, rc.AttendanceStruck, principal, training, enrolment, meeting, sent, via)
    if missed:
        await tell_enrolment(session, rc.EnrolmentMissed, enrolment, training, EventContext.of(principal))
    return enrolment


async def _second(
    session: AsyncSession,
    principal: Principal,
    training: TrainingSession,
    enrolment: Enrolment,
    meeting: TrainingMeeting,
    sent: StrikeAttendance,
) -> bool:
    """Whether another person has noted the same before; otherwise it is noted now."""
    stands = exists().where(TrainingCertificate.enrolment_id == enrolment.id, TrainingCertificate.revoked_on.is_(None))
    if await session.scalar(select(stands)):
        raise DomainError("attendance-certified", 409, clauses=["4.8-2"])
    if (enrolment.strike_meeting, enrolment.strike_reason) == (meeting.number, sent.reason_code):
        require_four_eyes(principal, enrolment.strike_noted_by)
        enrolment.strike_noted_by = enrolment.strike_meeting = enrolment.strike_reason = None
        return True
    via = await session.scalar(
        select(TrainingAttendance.via).where(
            TrainingAttendance.enrolment_id == enrolment.id,
            TrainingAttendance.meeting_id == meeting.id,
            TrainingAttendance.struck_at.is_(None),
        )
    )
    if via is None:
        raise DomainError("attendance-not-recorded", 409, params={"meeting": meeting.number}, clauses=["4.8-2"])
    enrolment.strike_noted_by = principal.account_id
    enrolment.strike_meeting, enrolment.strike_reason = meeting.number, sent.reason_code
    await _tell(session, rc.AttendanceStrikeNoted, principal, training, enrolment, meeting, sent, via)
    return False


async def _count_again(
    session: AsyncSession, editions: Editions, training: TrainingSession, enrolment: Enrolment
) -> bool:
    """Count the hours of who had attended; whether it has missed the session now."""
    length = func.extract("epoch", TrainingMeeting.ends - TrainingMeeting.starts) / 60
    seen = (
        select(func.coalesce(func.sum(length), 0))
        .select_from(TrainingAttendance)
        .join(TrainingMeeting, TrainingMeeting.id == TrainingAttendance.meeting_id)
        .where(TrainingAttendance.enrolment_id == enrolment.id, TrainingAttendance.struck_at.is_(None))
    )
    minutes = int(await session.scalar(seen) or 0)
    percent = edition_at(editions, training.ended_on).training.certificate_percent.value
    enrolment.minutes_attended = minutes
    if rules.attended_enough(minutes, training.minutes, percent):
        return False
    enrolment.status = rules.MISSED
    return True


async def _tell(
    session: AsyncSession,
    event_type: EventType[rc.AttendanceStruckData],
    principal: Principal,
    training: TrainingSession,
    enrolment: Enrolment,
    meeting: TrainingMeeting,
    sent: StrikeAttendance,
    via: str,
) -> None:
    remark_hash = await keep_remark(
        session, enrolment.id, step="struck", text=sent.remark, written_by=principal.account_id
    )
    recorded = await recorded_data(session, training, enrolment, meeting, via, remark_hash)
    data = rc.AttendanceStruckData(**recorded.model_dump(), struck_reason=sent.reason_code)
    context = EventContext.of(principal)
    await outbox.append(session, event_type, enrolment, data, context=context, rules=rules.ATTENDANCE_RULES)
