"""Changes of profile as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import JsonValue

from services.registry.centres.schemas import OnlineServices, ServiceKinds, Spaces, Word
from services.registry.codes import Area, DocumentNo, IndustryCode, Name, ReasonCode, Remark
from services.registry.profile_changes.rules import STATUSES
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf


class NewValues(Request):
    """Fields left out stay as they are. Operator, tier and owner are not among them: those are cases of their own."""

    name: Name | None = None
    service_kinds: ServiceKinds | None = None
    site_division: Word | None = None
    total_area_m2: Area | None = None
    incubation_area_m2: Area | None = None
    industry_code: IndustryCode | None = None
    cluster_tag: Word | None = None
    spaces: Spaces | None = None
    online_services: OnlineServices | None = None


class ApplyForProfileChange(NewValues):
    """A centre on the list is to have these values from the day of the approval on."""

    reason_code: ReasonCode
    remark: Remark | None = None
    applied_on: date | None = None


class ResubmitProfileChange(NewValues):
    """A returned change, corrected: its values and its reason, in place of those sent before."""

    reason_code: ReasonCode
    remark: Remark | None = None
    resubmitted_on: date | None = None


class ReviewProfileChange(Request):
    """Proposes the change."""

    reviewed_on: date | None = None


class ReturnProfileChange(Request):
    """Sends the change back for correction."""

    reason_code: ReasonCode
    remark: Remark | None = None
    returned_on: date | None = None


class ApproveProfileChange(Request):
    """Approves the change by a document; the day of the decision is the first one of the new values."""

    document_no: DocumentNo
    decided_on: date | None = None


class RefuseProfileChange(Request):
    """Refuses the change."""

    reason_code: ReasonCode
    remark: Remark | None = None
    decided_on: date | None = None


class ProfileChangeOut(Response):
    """A change of profile with its steps and decision; `earlier` are the values that it replaced."""

    id: UUID
    version: int
    no: str
    centre_id: UUID
    status: str
    changes: dict[str, JsonValue]
    earlier: dict[str, JsonValue] | None
    reason_code: str
    edition: str
    decision: StoredDecision
    applied_by: str
    applied_on: date
    returned_on: date | None
    return_code: str | None
    resubmitted_by: str | None
    resubmitted_on: date | None
    reviewed_by: str | None
    reviewed_on: date | None
    decided_by: str | None
    decided_on: date | None
    effective_on: date | None
    document_no: str | None
    refusal_code: str | None
    refused_case_id: UUID | None


class ProfileChangeFilter(PageParams):
    """Filters of a centre's changes of profile."""

    status: Annotated[str, OneOf(*STATUSES)] | None = None
    no: str | None = None
