"""Attendance: the trainer's screen, what the enrolees send, entries by hand, and the list as a file."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.persons.exporting import EXPORTERS
from services.registry.persons.numbers import Keys
from services.registry.persons.showing import NotReplayed
from services.registry.trainings.attendance import codes, usecases
from services.registry.trainings.attendance.listing import ExportAttendance, attendance_file
from services.registry.trainings.attendance.schemas import (
    Attend,
    AttendedOut,
    RecordAttendance,
    ScreenOut,
    ScreenQuery,
    ScreenStep,
    StrikeAttendance,
)
from services.registry.trainings.attendance.striking import strike
from services.registry.trainings.enrolments.queries import shown as shown_enrolments
from services.registry.trainings.enrolments.schemas import EnrolmentOut
from services.registry.trainings.models import TrainingSession
from services.registry.trainings.scopes import LEADS, PARTIES, TRAINERS
from services.registry.trainings.sessions.queries import shown
from services.registry.trainings.sessions.schemas import TrainingSessionOut
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR
from shared.clock import utcnow
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

session_router = APIRouter(prefix="/v1/training-sessions", tags=["trainings"], route_class=ServiceRoute)
router = APIRouter(prefix="/v1/training-enrolments", tags=["trainings"], route_class=ServiceRoute)

Trainer = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *TRAINERS, *LEADS))]
Attendee = Annotated[Principal, Depends(require(*PARTIES))]
Exporter = Annotated[Principal, Depends(require(*EXPORTERS))]

_STEP = problem_responses(404, 409, 412)
_NO_STORE = "private, no-store"


@session_router.post("/{session_id}/open-attendance", responses=_STEP)
async def open_attendance(
    session_id: UUID,
    session: Session,
    principal: Trainer,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[ScreenStep, Body(default_factory=ScreenStep)],
    if_match: IfMatch = None,
) -> TrainingSessionOut:
    """Show the code of a meeting on the screen."""
    training = await usecases.open_screen(
        session, runtime.editions, principal, session_id, body.meeting, if_match=if_match
    )
    return await _answer(session, training, response)


@session_router.post("/{session_id}/close-attendance", responses=_STEP)
async def close_attendance(
    session_id: UUID,
    session: Session,
    principal: Trainer,
    response: Response,
    body: Annotated[ScreenStep, Body(default_factory=ScreenStep)],
    if_match: IfMatch = None,
) -> TrainingSessionOut:
    """Show it no more."""
    training = await usecases.close_screen(session, principal, session_id, body.meeting, if_match=if_match)
    return await _answer(session, training, response)


@session_router.get("/{session_id}/attendance-token", responses=problem_responses(404, 409))
async def read_token(
    session_id: UUID,
    session: Session,
    principal: Trainer,
    runtime: RuntimeDep,
    wanted: Annotated[ScreenQuery, Query()],
    response: Response,
) -> ScreenOut:
    """The code of this half minute, as text."""
    now, key = utcnow(), codes.key_of(runtime.settings.signing_key_file)
    meeting, code = await usecases.screen(session, principal, key, session_id, wanted.meeting, now)
    response.headers["Cache-Control"] = _NO_STORE
    return ScreenOut(session_id=session_id, meeting=meeting.number, token=code, next_in_seconds=codes.seconds_left(now))


@session_router.get(
    "/{session_id}/attendance-code",
    response_class=Response,
    responses={**problem_responses(404, 409), 200: {"content": {"image/svg+xml": {}}}},
)
async def read_code(
    session_id: UUID,
    session: Session,
    principal: Trainer,
    runtime: RuntimeDep,
    wanted: Annotated[ScreenQuery, Query()],
) -> Response:
    """The same as an image to scan; Refresh says when the next one is due."""
    now, key = utcnow(), codes.key_of(runtime.settings.signing_key_file)
    _, code = await usecases.screen(session, principal, key, session_id, wanted.meeting, now)
    headers = {"Cache-Control": _NO_STORE, "Refresh": str(codes.seconds_left(now))}
    return Response(codes.drawn(code), media_type="image/svg+xml", headers=headers)


@session_router.post("/{session_id}/attend", responses=problem_responses(404, 409))
async def attend(
    session_id: UUID, body: Attend, session: Session, principal: Attendee, runtime: RuntimeDep, _: NotReplayed
) -> AttendedOut:
    """Send the code that the screen shows."""
    key = codes.key_of(runtime.settings.signing_key_file)
    enrolment, meeting, first = await usecases.attend(
        session, principal, key, session_id, body.token, body.enrolment_id
    )
    return AttendedOut(
        enrolment_id=enrolment.id,
        session_id=session_id,
        meeting=meeting.number,
        held_on=meeting.held_on,
        first=first,
    )


@router.post("/{enrolment_id}/record-attendance", responses=_STEP)
async def record_attendance(
    enrolment_id: UUID,
    body: RecordAttendance,
    session: Session,
    principal: Trainer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> EnrolmentOut:
    """Enter by hand that somebody was there."""
    enrolment = await usecases.record_by_hand(
        session, runtime.editions, principal, enrolment_id, body, if_match=if_match
    )
    set_etag(response, enrolment.version)
    return (await shown_enrolments(session, principal, [enrolment]))[0]


@router.post("/{enrolment_id}/strike-attendance", responses=_STEP)
async def strike_attendance(
    enrolment_id: UUID,
    body: StrikeAttendance,
    session: Session,
    principal: Trainer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> EnrolmentOut:
    """Take back what was recorded of a meeting, by hand or by the code; after completion it takes two people."""
    enrolment = await strike(session, runtime.editions, principal, enrolment_id, body, if_match=if_match)
    set_etag(response, enrolment.version)
    return (await shown_enrolments(session, principal, [enrolment]))[0]


@session_router.post(
    "/{session_id}/export",
    response_class=Response,
    responses={**problem_responses(404, 409, 503), 200: {"content": {"application/octet-stream": {}}}},
)
async def export_attendance(
    session_id: UUID,
    body: ExportAttendance,
    session: Session,
    principal: Exporter,
    runtime: RuntimeDep,
    keys: Keys,
    _: NotReplayed,
) -> Response:
    """The attendance list with names and contacts, for a reason that is kept."""
    return await attendance_file(session, runtime.editions, keys, principal, session_id, body)


async def _answer(session: AsyncSession, training: TrainingSession, response: Response) -> TrainingSessionOut:
    set_etag(response, training.version)
    return (await shown(session, [training]))[0]
