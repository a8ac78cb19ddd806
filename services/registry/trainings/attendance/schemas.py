"""Attendance as JSON. A code comes in once and is neither kept nor repeated."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, SecretStr

from services.registry.codes import ReasonCode, Remark
from shared.http.schemas import Request, Response

Number = Annotated[int, Field(ge=1, le=60)]


class ScreenStep(Request):
    """Which meeting of the session."""

    meeting: Number = 1


class ScreenQuery(Request):
    """Which meeting of the session."""

    meeting: Number = 1


class Attend(Request):
    """The code of the screen. An enterprise or a centre names the enrolment of its people; a person needs not."""

    token: Annotated[SecretStr, Field(min_length=1, max_length=200)]
    enrolment_id: UUID | None = None


class RecordAttendance(Request):
    """Attendance by hand, with a reason of the edition."""

    meeting: Number
    reason_code: ReasonCode
    remark: Remark | None = None


class StrikeAttendance(Request):
    """Which meeting's entry is wrong, with a reason of the edition."""

    meeting: Number
    reason_code: ReasonCode
    remark: Remark | None = None


class ScreenOut(Response):
    """The code to show now, and in how many seconds the next one takes its place. The answer is kept nowhere."""

    session_id: UUID
    meeting: int
    token: str
    next_in_seconds: int


class AttendedOut(Response):
    """That it counts; `first` is false where it had been counted before, and nothing was added."""

    enrolment_id: UUID
    session_id: UUID
    meeting: int
    held_on: date
    first: bool
