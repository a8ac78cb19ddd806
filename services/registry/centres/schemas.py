"""Centres as JSON."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from services.registry.codes import Area, DocumentNo, IndustryCode, Name, ReasonCode, Remark
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.identifiers import UnifiedSocialCreditCode

Word = Annotated[str, Field(min_length=1, max_length=64)]
"""A code of the policy edition, checked against it."""

ServiceKinds = Annotated[list[Word], Field(min_length=1, max_length=20)]


class Designation(Request):
    """The State's designation of a national base (2.1-3)."""

    issuer: Name
    document_no: DocumentNo
    designated_on: date


class RegisterCentre(Request):
    """A draft. The operator sends its own code; an officer may register for any operator."""

    name: Name
    operator_code: UnifiedSocialCreditCode
    operator_name: Name
    service_kinds: ServiceKinds
    tier: Word
    designation: Designation | None = None
    owner_division: Word
    site_division: Word
    total_area_m2: Area
    incubation_area_m2: Area
    industry_code: IndustryCode | None = None


class AmendCentre(Request):
    """Fields left out stay as they are. The operator is not among them: a change of operator is a case of its own."""

    name: Name | None = None
    operator_name: Name | None = None
    service_kinds: ServiceKinds | None = None
    tier: Word | None = None
    designation: Designation | None = None
    owner_division: Word | None = None
    site_division: Word | None = None
    total_area_m2: Area | None = None
    incubation_area_m2: Area | None = None
    industry_code: IndustryCode | None = None


class SubmitCentre(Request):
    """`applied_on`: the day of the paper application, for bureaus only."""

    applied_on: date | None = None


class ReviewCentre(Request):
    """Proposes the listing."""

    reviewed_on: date | None = None


class ReturnCentre(Request):
    """Sends the application back for correction."""

    reason_code: ReasonCode
    remark: Remark | None = None
    returned_on: date | None = None


class ListCentre(Request):
    """Lists the centre by a document."""

    document_no: DocumentNo
    decided_on: date | None = None


class RejectCentre(Request):
    """Refuses the listing."""

    reason_code: ReasonCode
    remark: Remark | None = None
    decided_on: date | None = None


class PublicCentreOut(Response):
    """A centre as the public register shows it."""

    id: UUID
    no: str
    name: str
    operator_code: str
    operator_name: str
    status: str
    service_kinds: list[str]
    tier: str
    owner_division: str
    site_division: str
    enclave: bool
    total_area_m2: Decimal
    incubation_area_m2: Decimal
    industry_code: str | None
    document_no: str | None
    listed_on: date | None
    delisted_on: date | None


class CentreOut(PublicCentreOut):
    """A centre as its operator, its division and the bureaus see it: the case with its steps and decision."""

    version: int
    designation: dict[str, JsonValue] | None
    edition: str | None
    decision: dict[str, JsonValue] | None
    registered_by: str
    submitted_by: str | None
    applied_on: date | None
    reviewed_by: str | None
    reviewed_on: date | None
    decided_by: str | None
    decided_on: date | None
    reason_code: str | None
    remark: str | None = None
    delisting_case_id: UUID | None
    refused_case_id: UUID | None


class CentreFilter(PageParams):
    """Filters of the list; `name` finds any part of a name."""

    operator_code: str | None = None
    status: str | None = None
    tier: str | None = None
    owner_division: str | None = None
    site_division: str | None = None
    enclave: bool | None = None
    no: str | None = None
    name: str | None = Field(default=None, max_length=200)
    sort: Literal["registered", "-registered", "name", "-name"] = "registered"
