"""Centres as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, JsonValue, computed_field

from services.registry.bans.rules import warnings_of
from services.registry.centres.rules import STATUSES
from services.registry.codes import Area, AreaOut, DocumentNo, IndustryCode, Name, ReasonCode, Remark
from services.registry.grades.schemas import GradeOut
from services.registry.names.schemas import SearchText
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import DivisionCode, EditionWord, OneOf, Tier
from shared.identifiers import UnifiedSocialCreditCode

Word = Annotated[str, Field(min_length=1, max_length=64)]
"""A code of the policy edition, checked against it."""

ServiceKinds = Annotated[list[Word], Field(min_length=1, max_length=20)]


class EnclaveAgreement(Request):
    """The joint-development agreement of an enclave (1.2-6), between the county and those where the centre stands."""

    document_no: DocumentNo
    parties: Annotated[list[Name], Field(min_length=2, max_length=10)]
    signed_on: date
    valid_until: date | None = None


Spaces = Annotated[dict[Word, Area], Field(max_length=20)]
"""Square metres by kind of space (1.1-1); together not above the total area."""

OnlineServices = Annotated[list[Name], Field(max_length=50)]
"""What the centre offers online, by name (1.1-1)."""


class RegisterCentre(Request):
    """A draft. The operator sends its own code; an officer may register for any operator."""

    name: Name
    operator_code: UnifiedSocialCreditCode
    operator_name: Name
    service_kinds: ServiceKinds
    tier: Word
    owner_division: Word
    site_division: Word
    total_area_m2: Area
    incubation_area_m2: Area
    industry_code: IndustryCode | None = None
    cluster_tag: Word | None = None
    ownership_type: Word | None = None
    spaces: Spaces = Field(default_factory=dict)
    online_services: OnlineServices = Field(default_factory=list)
    enclave_agreement: EnclaveAgreement | None = None


class AmendCentre(Request):
    """Fields left out stay as they are. The operator is not among them: a change of operator is a case of its own.

    A listed centre changes only what describes it: industry, cluster, ownership, spaces, online services, and through
    an officer the enclave agreement.
    """

    name: Name | None = None
    operator_name: Name | None = None
    service_kinds: ServiceKinds | None = None
    tier: Word | None = None
    owner_division: Word | None = None
    site_division: Word | None = None
    total_area_m2: Area | None = None
    incubation_area_m2: Area | None = None
    industry_code: IndustryCode | None = None
    cluster_tag: Word | None = None
    ownership_type: Word | None = None
    spaces: Spaces | None = None
    online_services: OnlineServices | None = None
    enclave_agreement: EnclaveAgreement | None = None


class SubmitCentre(Request):
    """`applied_on`: the day of the paper application, for bureaus only."""

    applied_on: date | None = None


class ReviewCentre(Request):
    """Proposes the listing."""

    reviewed_on: date | None = None


class AnnounceCentre(Request):
    """Puts the proposed listing on public notice; `starts_on`: the day it went up."""

    starts_on: date | None = None


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
    total_area_m2: AreaOut
    incubation_area_m2: AreaOut
    industry_code: str | None
    cluster_tag: str | None
    ownership_type: str | None
    spaces: dict[str, AreaOut]
    online_services: list[str]
    document_no: str | None
    announced_on: date | None
    notice_until: date | None
    listed_on: date | None
    suspended_on: date | None
    withdrawn_on: date | None
    delisted_on: date | None
    latest_result: GradeOut | None = None
    """Of the last year that evaluation has published (2.3-3), where a centre is read; not in the answer to a step."""


class CentreOut(PublicCentreOut):
    """A centre as its operator, its division and the bureaus see it: the case with its steps and decision."""

    version: int
    enclave_agreement: dict[str, JsonValue] | None
    operator_since: date | None
    proposal: str | None
    migrated: bool
    edition: str | None
    decision: StoredDecision | None
    registered_by: str
    submitted_by: str | None
    applied_on: date | None
    reviewed_by: str | None
    reviewed_on: date | None
    announced_by: str | None
    decided_by: str | None
    decided_on: date | None
    reason_code: str | None
    remark: str | None = None
    delisting_case_id: UUID | None
    refused_case_id: UUID | None

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way with properties
    @property
    def warnings(self) -> list[dict[str, JsonValue]]:
        """The results of the decision that refuse nothing but that an official should see."""
        return warnings_of(self.decision)


class CentreFilter(PageParams):
    """Filters of the list; `name` finds any part of a name."""

    operator_code: str | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None
    tier: Annotated[str, Tier] | None = None
    owner_division: Annotated[str, DivisionCode] | None = None
    site_division: Annotated[str, DivisionCode] | None = None
    enclave: bool | None = None
    cluster_tag: str | None = None
    ownership_type: Annotated[str, EditionWord(lambda edition: edition.centre_profile.ownership_types)] | None = None
    no: str | None = None
    name: str | None = Field(default=None, max_length=200)
    q: SearchText | None = None
    sort: Literal["registered", "-registered", "name", "-name"] = "registered"
