"""Taking attendance (4.8-2): the screen opened and closed, codes sent by the enrolees, entries by hand."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.rules import require_state
from services.registry.persons.models import Person
from services.registry.policy import edition_at, require_known
from services.registry.remarks.usecases import keep_remark
from services.registry.trainings import rules
from services.registry.trainings.attendance import codes
from services.registry.trainings.attendance.schemas import RecordAttendance
from services.registry.trainings.models import Enrolment, TrainingAttendance, TrainingMeeting, TrainingSession
from services.registry.trainings.scopes import (
    find_session,
    lock_own_enrolment,
    lock_session,
    require_not_running,
    runs_session,
)
from services.registry.trainings.states import course_of, enrolment_state, tell_session
from shared.auth.principal import Principal
from shared.clock import BUSINESS_ZONE, utcnow
from shared.errors import DomainError, four_eyes_required, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.ids import uuid7
from shared.policy.edition import Editions


async def open_screen(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    training_id: UUID,
    number: int,
    *,
    if_match: str | None,
) -> TrainingSession:
    """Show the code of a meeting, on its day; opened again, the codes from before are no good any more. Raises 409
    `training-not-today`."""
    training = await lock_session(session, runs_session(principal), training_id)
    honour_match(if_match, training.version)
    require_state(training.status, (rules.PLANNED,))
    meeting = await meeting_of(session, training, number, lock=True)
    _require_now(editions, principal, meeting)
    meeting.salt = secrets.token_bytes(32)
    await session.flush()
    await tell_session(session, rc.AttendanceOpened, training, EventContext.of(principal))
    return training


async def close_screen(
    session: AsyncSession, principal: Principal, training_id: UUID, number: int, *, if_match: str | None
) -> TrainingSession:
    """Show it no more; closing twice changes nothing."""
    training = await lock_session(session, runs_session(principal), training_id)
    honour_match(if_match, training.version)
    meeting = await meeting_of(session, training, number, lock=True)
    if meeting.salt is not None:
        meeting.salt = None
        await session.flush()
        await tell_session(session, rc.AttendanceClosed, training, EventContext.of(principal))
    return training


async def screen(
    session: AsyncSession, principal: Principal, key: bytes, training_id: UUID, number: int, now: datetime
) -> tuple[TrainingMeeting, str]:
    """The code of this moment, for whoever runs the session. Raises 404 for anybody else, 409 `attendance-not-open`."""
    query = select(TrainingSession.id).where(TrainingSession.id == training_id, runs_session(principal))
    if await session.scalar(query) is None:
        raise not_found("training-session")
    training = await find_session(session, training_id)
    meeting = await meeting_of(session, training, number)
    if meeting.salt is None or meeting.held_on != principal.today:
        raise DomainError("attendance-not-open", 409, clauses=["4.8-2"])
    return meeting, codes.mint(key, training.id, meeting.id, meeting.salt, now)


async def attend(
    session: AsyncSession,
    principal: Principal,
    key: bytes,
    training_id: UUID,
    token: SecretStr,
    enrolment_id: UUID | None,
) -> tuple[Enrolment, TrainingMeeting, bool]:
    """An enrolee was there: counted once, however often the code is sent.

    Raises 409 `attendance-code-invalid` for whatever is no code of this session (made up, altered, of another one, or
    its screen was closed), `attendance-code-expired` for one from before, `training-not-enrolled` without a place, 403
    `four-eyes-required` for whoever runs the session: who sees the code without being there counts nobody by it.
    """
    training = await find_session(session, training_id)
    await require_not_running(session, principal, training)
    meeting = await _meeting_of_code(session, training, principal, key, token)
    enrolment = await lock_own_enrolment(session, principal, training.id, enrolment_id)
    if enrolment is None or enrolment.status != rules.ENROLLED:
        raise DomainError("training-not-enrolled", 409, clauses=["4.8-2"])
    first = await _count(session, principal, enrolment, meeting, rules.QR)
    if first:
        await _tell(session, principal, training, enrolment, meeting, rules.QR)
    return enrolment, meeting, first


async def record_by_hand(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    enrolment_id: UUID,
    sent: RecordAttendance,
    *,
    if_match: str | None,
) -> Enrolment:
    """Whoever runs the session enters that somebody was there, with a reason; never for oneself (403).

    Raises 404 for an enrolment of another's session, 409 before the meeting's day.
    """
    training, enrolment = await to_correct(session, principal, enrolment_id, if_match)
    known = edition_at(editions, principal.today).training.hand_reasons
    require_known("reason_code", [sent.reason_code], known)
    meeting = await meeting_of(session, training, sent.meeting)
    if principal.today < meeting.held_on:
        raise DomainError("training-not-today", 409, params={"held_on": meeting.held_on}, clauses=["4.8-2"])
    if await _count(session, principal, enrolment, meeting, rules.HAND, sent.reason_code):
        await _tell(session, principal, training, enrolment, meeting, rules.HAND, remark=sent.remark)
    return enrolment


async def to_correct(
    session: AsyncSession, principal: Principal, enrolment_id: UUID, if_match: str | None, *, settled: bool = False
) -> tuple[TrainingSession, Enrolment]:
    """Session and enrolment, locked, for whoever runs the session and is not the enrolee; `settled`: also of a session
    that is completed, of who attended it."""
    run = exists().where(TrainingSession.id == Enrolment.session_id, runs_session(principal))
    found = await session.scalar(select(Enrolment.session_id).where(Enrolment.id == enrolment_id, run))
    if found is None:
        raise not_found("enrolment")
    training = await lock_session(session, runs_session(principal), found)
    over = settled and training.status == rules.COMPLETED
    require_state(training.status, (rules.PLANNED, rules.COMPLETED) if settled else (rules.PLANNED,))
    enrolment = await session.get_one(Enrolment, enrolment_id, with_for_update=True, populate_existing=True)
    honour_match(if_match, enrolment.version)
    require_state(enrolment.status, (rules.ATTENDED if over else rules.ENROLLED,))
    person = await session.get_one(Person, enrolment.person_id)
    if principal.person_ref == person.ref:
        raise four_eyes_required()
    return training, enrolment


async def _meeting_of_code(
    session: AsyncSession, training: TrainingSession, principal: Principal, key: bytes, token: SecretStr
) -> TrainingMeeting:
    sent, refused = token.get_secret_value(), DomainError("attendance-code-invalid", 409, clauses=["4.8-2"])
    try:
        meeting = await session.get(TrainingMeeting, codes.meeting_in(sent), populate_existing=True)
        if meeting is None or meeting.session_id != training.id or meeting.held_on != principal.today:
            raise refused
        codes.require_good(key, training.id, meeting.id, meeting.salt, sent, utcnow())
    except codes.CodeForged:
        raise refused from None
    except codes.CodeExpired:
        raise DomainError("attendance-code-expired", 409, clauses=["4.8-2"]) from None
    return meeting


async def _count(
    session: AsyncSession,
    principal: Principal,
    enrolment: Enrolment,
    meeting: TrainingMeeting,
    via: str,
    reason_code: str | None = None,
) -> bool:
    """Whether it is the first time: the database takes one for each enrolment and meeting."""
    row = insert(TrainingAttendance).values(
        id=uuid7(),
        session_id=enrolment.session_id,
        enrolment_id=enrolment.id,
        meeting_id=meeting.id,
        via=via,
        reason_code=reason_code,
        recorded_by=principal.account_id,
        recorded_at=utcnow(),
    )
    counted = row.on_conflict_do_nothing(
        index_elements=["enrolment_id", "meeting_id"], index_where=TrainingAttendance.struck_at.is_(None)
    )
    return await session.scalar(counted.returning(TrainingAttendance.id)) is not None


async def _tell(
    session: AsyncSession,
    principal: Principal,
    training: TrainingSession,
    enrolment: Enrolment,
    meeting: TrainingMeeting,
    via: str,
    *,
    remark: str | None = None,
) -> None:
    context = EventContext.of(principal, meeting.held_on)
    remark_hash = await keep_remark(session, enrolment.id, step=via, text=remark, written_by=context.actor)
    data = await recorded_data(session, training, enrolment, meeting, via, remark_hash)
    await outbox.append(session, rc.AttendanceRecorded, enrolment, data, context=context, rules=rules.ATTENDANCE_RULES)


async def recorded_data(
    session: AsyncSession,
    training: TrainingSession,
    enrolment: Enrolment,
    meeting: TrainingMeeting,
    via: str,
    remark_hash: str | None,
) -> rc.AttendanceData:
    """What is told of an enrolee at a meeting."""
    person = await session.get_one(Person, enrolment.person_id)
    course = await course_of(session, training)
    state = enrolment_state(enrolment, person.ref, course.audience, remark_hash=remark_hash)
    return rc.AttendanceData(
        **state.model_dump(),
        meeting_id=meeting.id,
        meeting_no=meeting.number,
        attended_on=meeting.held_on,
        attended_via=via,
    )


async def meeting_of(
    session: AsyncSession, training: TrainingSession, number: int, *, lock: bool = False
) -> TrainingMeeting:
    """The meeting of that number. Raises 404."""
    query = select(TrainingMeeting).where(TrainingMeeting.session_id == training.id, TrainingMeeting.number == number)
    meeting: TrainingMeeting | None = await session.scalar(query.with_for_update() if lock else query)
    if meeting is None:
        raise not_found("training-meeting")
    return meeting


def _require_now(editions: Editions, principal: Principal, meeting: TrainingMeeting) -> None:
    """On the meeting's day and, by the real clock, around its hours; a simulated day has no hours."""
    refused = DomainError("training-not-today", 409, params={"held_on": meeting.held_on}, clauses=["4.8-2"])
    if principal.today != meeting.held_on:
        raise refused
    if principal.simulated:
        return
    margin = timedelta(minutes=edition_at(editions, principal.today).training.screen_minutes.value)
    starts = datetime.combine(meeting.held_on, meeting.starts, BUSINESS_ZONE)
    ends = datetime.combine(meeting.held_on, meeting.ends, BUSINESS_ZONE)
    if not starts - margin <= utcnow() <= ends + margin:
        raise refused
