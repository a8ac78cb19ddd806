"""Courses as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.registry.codes import ReasonCode, Remark
from services.registry.trainings.rules import AUDIENCES, COURSE_STATUSES
from services.registry.trainings.texts import Summary, Title
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf

Audience = Literal["founders", "centre_staff"]


class DraftCourse(Request):
    """A course of a lead bureau, or of one's own centre (`centre_id`). Its material is added as documents."""

    title: Title
    audience: Audience
    summary: Summary
    certified: bool = True
    centre_id: UUID | None = None


class AmendCourse(Request):
    """Fields left out stay as they are."""

    title: Title | None = None
    audience: Audience | None = None
    summary: Summary | None = None
    certified: bool | None = None


class PublishCourse(Request):
    """`published_on`: for bureaus only."""

    published_on: date | None = None


class CloseCourse(Request):
    """No more sessions of it."""

    reason_code: ReasonCode
    remark: Remark | None = None
    closed_on: date | None = None


class PublicTrainingOut(Response):
    """A course as everybody reads it."""

    id: UUID
    no: str
    title: str
    audience: str
    summary: str
    certified: bool
    centre_id: UUID | None
    status: str
    published_on: date | None
    closed_on: date | None


class TrainingOut(PublicTrainingOut):
    """A course as those see it who keep it."""

    version: int
    drafted_by: str
    published_by: str | None
    reason_code: str | None
    remark: str | None = None


class CourseFilter(PageParams):
    """Filters of the list; `title` finds any part of a title."""

    no: str | None = None
    audience: Annotated[str, OneOf(*AUDIENCES)] | None = None
    status: Annotated[str, OneOf(*COURSE_STATUSES)] | None = None
    centre_id: UUID | None = None
    title: str | None = Field(default=None, max_length=200)
    sort: Literal["drafted", "-drafted"] = "drafted"
