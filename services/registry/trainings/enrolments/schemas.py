"""Enrolments as JSON. Names are shown in part; whole ones come with an export and its reason."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.registry.codes import DocumentNo, ReasonCode, Remark
from services.registry.persons.schemas import NamedContact
from services.registry.trainings.rules import AUDIENCES, ENROLMENT_STATUSES, WAYS
from services.registry.trainings.sessions.schemas import Hours
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf


class Enrol(NamedContact):
    """Whom to enrol. A founder names nobody and agrees by `consent`; an enterprise names one of its people, a centre
    one of its staff by `staff_id`, an officer either, with the number of the paper on which the person agreed."""

    consent: bool = False
    staff_id: UUID | None = None
    enterprise_id: UUID | None = Field(
        default=None,
        description="Whose person it is: officers name any enterprise, an enterprise its own, others nothing.",
    )
    consent_document_no: DocumentNo | None = None


class CancelEnrolment(Request):
    """Gives the place, or the turn, up; whoever waits first gets it."""

    reason_code: ReasonCode
    remark: Remark | None = None


class EnrolmentOut(Response):
    """An enrolment. `ahead` is how many wait before it, null for one that does not wait; `meetings_attended` are the
    numbers of the meetings; of `meetings_struck` the record was taken back, for `struck_reasons`."""

    id: UUID
    version: int
    no: str
    session_id: UUID
    person_ref: str
    name_masked: str | None
    via: str
    enterprise_id: UUID | None
    centre_id: UUID | None
    status: str
    ahead: int | None
    enrolled_on: date
    promoted_on: date | None
    cancelled_on: date | None
    meetings_attended: list[int]
    meetings_struck: list[int]
    struck_reasons: list[str]
    hours_attended: Hours | None
    reason_code: str | None
    evaluated: bool | None
    notice: str | None
    notice_on: date | None


class EnrolmentFilter(PageParams):
    """Filters of the list; `mine`: those that the caller speaks for, and not all that it may read."""

    no: str | None = None
    session_id: UUID | None = None
    status: Annotated[str, OneOf(*ENROLMENT_STATUSES)] | None = None
    via: Annotated[str, OneOf(*WAYS)] | None = None
    audience: Annotated[str, OneOf(*AUDIENCES)] | None = None
    enterprise_id: UUID | None = None
    centre_id: UUID | None = None
    person_ref: str | None = Field(default=None, max_length=64)
    mine: bool = False
    sort: Literal["entered", "-entered", "place", "-place"] = "entered"
