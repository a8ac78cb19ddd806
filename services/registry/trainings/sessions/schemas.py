"""Sessions as JSON. Times are the city's (Asia/Shanghai)."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, PlainSerializer

from services.registry.codes import PersonRef, ReasonCode, Remark
from services.registry.trainings.rules import AUDIENCES, SESSION_STATUSES
from services.registry.trainings.texts import Place
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf

Hours = Annotated[Decimal, PlainSerializer(lambda hours: f"{hours:.2f}", return_type=str, when_used="json")]
Capacity = Annotated[int, Field(ge=1, le=2000)]


class Meeting(Request):
    """When the people meet, such as 2019-06-10 from 09:30 to 12:00."""

    held_on: date
    starts: time
    ends: time


Meetings = Annotated[list[Meeting], Field(min_length=1, max_length=60)]


class PlanTraining(Request):
    """A session of a published course; at a centre's own, `centre_id`. Enrolment runs from `enrol_from`, by default
    today, through `enrol_until`, by default the day before the first meeting."""

    course_id: UUID
    centre_id: UUID | None = None
    place: Place
    meetings: Meetings
    capacity: Capacity
    enrol_from: date | None = None
    enrol_until: date | None = None
    trainer_ref: PersonRef | None = None


class AmendTraining(Request):
    """Fields left out stay as they are. More places are given to those who wait at once; there cannot be fewer than
    are taken."""

    place: Place | None = None
    meetings: Meetings | None = None
    capacity: Capacity | None = None
    enrol_from: date | None = None
    enrol_until: date | None = None
    trainer_ref: PersonRef | None = None


class CancelTraining(Request):
    """It is not held; everybody enrolled or waiting is told."""

    reason_code: ReasonCode
    remark: Remark | None = None
    cancelled_on: date | None = None


class CompleteTraining(Request):
    """Everything is over and the attendance complete."""

    completed_on: date | None = None


class TrainingMeetingOut(Response):
    """A meeting, and whether its code is shown at this moment."""

    number: int
    held_on: date
    starts: time
    ends: time
    attendance_open: bool


class TrainingSessionOut(Response):
    """A session as everybody reads it."""

    id: UUID
    version: int
    no: str
    course_id: UUID
    audience: str
    centre_id: UUID | None
    place: str
    held_on: date
    ended_on: date
    hours: Hours
    meetings: list[TrainingMeetingOut]
    capacity: int
    places_left: int
    waiting: int
    enrol_from: date
    enrol_until: date
    status: str
    completed_on: date | None
    cancelled_on: date | None
    reason_code: str | None


class TrainingSessionFilter(PageParams):
    """Filters of the list. `free`: with places left; `enrolling_on`: that takes enrolments on the day."""

    no: str | None = None
    course_id: UUID | None = None
    centre_id: UUID | None = None
    audience: Annotated[str, OneOf(*AUDIENCES)] | None = None
    status: Annotated[str, OneOf(*SESSION_STATUSES)] | None = None
    held_from: date | None = None
    held_until: date | None = None
    enrolling_on: date | None = None
    free: bool | None = None
    sort: Literal["planned", "-planned", "held", "-held"] = "planned"
