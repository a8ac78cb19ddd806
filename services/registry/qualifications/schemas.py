"""Titles and their applications as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from services.registry.codes import DocumentNo, ReasonCode, Remark
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response


class ApplyForTitle(Request):
    """`kind` is a word of the edition, such as `maker_space`; `applied_on` is for bureaus only."""

    centre_id: UUID
    kind: Annotated[str, Field(min_length=1, max_length=64)]
    applied_on: date | None = None


class ReviewTitle(Request):
    """Proposes the grant."""

    reviewed_on: date | None = None


class GrantTitle(Request):
    """Grants the title by a document."""

    document_no: DocumentNo
    decided_on: date | None = None


class RefuseTitle(Request):
    """Refuses the title."""

    reason_code: ReasonCode
    remark: Remark | None = None
    decided_on: date | None = None


class ProposeRevocation(Request):
    """Proposes to revoke a title in force."""

    reason_code: ReasonCode
    remark: Remark | None = None
    proposed_on: date | None = None


class RevokeTitle(Request):
    """Revokes the title by a document."""

    document_no: DocumentNo
    decided_on: date | None = None


class ApplicationOut(Response):
    """An application for a title, with its steps and decision; a granted one goes on as the title of the same id."""

    id: UUID
    version: int
    no: str
    centre_id: UUID
    operator_code: str
    kind: str
    level: str
    status: str
    edition: str
    decision: dict[str, JsonValue]
    applied_by: str
    applied_on: date
    reviewed_by: str | None
    reviewed_on: date | None
    decided_by: str | None
    decided_on: date | None
    document_no: str | None
    granted_on: date | None
    revoked_on: date | None
    reason_code: str | None
    remark: str | None = None
    case_id: UUID | None


class QualificationOut(Response):
    """A title as the public register shows it."""

    id: UUID
    no: str
    centre_id: UUID
    operator_code: str
    kind: str
    level: str
    status: str
    document_no: str | None
    granted_on: date | None
    revoked_on: date | None
    case_id: UUID | None


class ApplicationFilter(PageParams):
    """Filters of applications."""

    centre_id: UUID | None = None
    operator_code: str | None = None
    kind: str | None = None
    status: str | None = None
    no: str | None = None
    sort: Literal["applied", "-applied"] = "applied"


class QualificationFilter(PageParams):
    """Filters of titles."""

    centre_id: UUID | None = None
    operator_code: str | None = None
    kind: str | None = None
    level: str | None = None
    status: str | None = None
    no: str | None = None
