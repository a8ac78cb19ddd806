"""Changes of identity facts and merges as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, JsonValue, StrictBool

from services.registry.codes import DocumentNo, Evidence, IndustryCode, Name, PersonRef, ReasonCode, Remark
from services.registry.enterprises.schemas import Address, Division
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf


class IdentityFacts(Request):
    """What of an enterprise needs confirming; fields left out stay as they are."""

    name: Name | None = None
    industry_code: IndustryCode | None = None
    division: Division | None = None
    registered_on: date | None = None
    registered_address: Address | None = None
    legal_representative_ref: PersonRef | None = None
    graduate_founder: StrictBool | None = None


class ProposeChange(Request):
    """What has changed, and the papers that show it."""

    changes: IdentityFacts
    remark: Remark | None = None
    evidence: Annotated[list[Evidence], Field(max_length=20, default_factory=list)]


class RefuseChange(Request):
    """Why it is not so."""

    reason_code: ReasonCode
    remark: Remark | None = None


class MergeEnterprise(Request):
    """`into_id` is the record that goes on."""

    into_id: UUID
    document_no: DocumentNo
    remark: Remark | None = None


class ChangeOut(Response):
    """A proposed change."""

    id: UUID
    enterprise_id: UUID
    changes: dict[str, JsonValue]
    evidence: list[str]
    status: str
    proposed_on: date
    decided_on: date | None
    reason_code: str | None


class ChangeFilter(PageParams):
    """Filters of the list."""

    status: Annotated[str, OneOf("proposed", "confirmed", "refused")] | None = None
