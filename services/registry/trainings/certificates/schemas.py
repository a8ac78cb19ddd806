"""Certificates as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.registry.codes import ReasonCode, Remark
from services.registry.trainings.rules import AUDIENCES
from services.registry.trainings.sessions.schemas import Hours
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf

CertificateNo = Annotated[
    str, Field(pattern=r"^TZ-[0-9]{4}-[0-9]{4,8}-[0-9A-Z]{8}$", examples=["TZ-2019-0012-7F3K9Q2M"])
]


class IssueCertificates(Request):
    """To everybody who has attended and has none yet."""

    issued_on: date | None = None


class RevokeCertificate(Request):
    """It is no longer valid."""

    reason_code: ReasonCode
    remark: Remark | None = None
    revoked_on: date | None = None


class IssuedOut(Response):
    """How many were issued now, and how many there are of the session."""

    session_id: UUID
    issued: int
    total: int


class TrainingCertificateOut(Response):
    """A certificate as those see it who know whose it is."""

    id: UUID
    version: int
    no: str
    session_id: UUID
    enrolment_id: UUID
    person_ref: str
    name_masked: str | None
    centre_id: UUID | None
    hours: Hours
    valid: bool
    issued_on: date
    issued_by: str
    revoked_on: date | None
    reason_code: str | None
    decision: StoredDecision


class VerifiedOut(Response):
    """What everybody is told who knows the number. `holder` is masked, and null without the person's consent."""

    no: str
    holder: str | None
    course: str
    audience: str
    hours: Hours
    held_on: date
    ended_on: date
    issued_on: date
    valid: bool
    revoked_on: date | None


class TrainingCertificateFilter(PageParams):
    """Filters of the list."""

    no: str | None = None
    session_id: UUID | None = None
    centre_id: UUID | None = None
    audience: Annotated[str, OneOf(*AUDIENCES)] | None = None
    person_ref: str | None = Field(default=None, max_length=64)
    valid: bool | None = None
    issued_from: date | None = None
    issued_until: date | None = None
    sort: Literal["issued", "-issued"] = "issued"


class VerifyQuery(Request):
    """The whole number, as it stands on the certificate."""

    no: CertificateNo
