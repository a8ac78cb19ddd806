"""Tiers as JSON: applications, designations, and the history."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue, computed_field

from services.registry.bans.rules import warnings_of
from services.registry.codes import DocumentNo, Name, ReasonCode, Remark
from services.registry.tiers.rules import DESIGNATION_STATUSES, STATUSES
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf, Tier

Word = Annotated[str, Field(min_length=1, max_length=64)]


class AskTier(Request):
    """Would this centre get this tier? `tier` is a word of the edition, such as `specialised`."""

    centre_id: UUID
    tier: Word


class ApplyForTier(AskTier):
    """`applied_on`: the day of the paper application, for bureaus only."""

    applied_on: date | None = None


class ReviewTier(Request):
    """Proposes the tier."""

    reviewed_on: date | None = None


class AnnounceTier(Request):
    """Puts the application on public notice from `starts_on`."""

    starts_on: date | None = None


class ApproveTier(Request):
    """Approves the tier by a document; it holds from the day of the decision."""

    document_no: DocumentNo
    decided_on: date | None = None


class RefuseTier(Request):
    """Refuses the tier."""

    reason_code: ReasonCode
    remark: Remark | None = None
    decided_on: date | None = None


class WithdrawTier(Request):
    """The applicant withdraws."""

    reason_code: ReasonCode = "withdrawn_by_applicant"
    remark: Remark | None = None
    withdrawn_on: date | None = None


class EligibilityOut(Response):
    """The answer, rule by rule."""

    eligible: bool
    centre_id: UUID
    tier: str
    day: date
    decision: StoredDecision

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way with properties
    @property
    def warnings(self) -> list[dict[str, JsonValue]]:
        """The results of the decision that refuse nothing but that an official should see."""
        return warnings_of(self.decision)


class TierApplicationOut(Response):
    """An application for a tier, with its steps and decision."""

    id: UUID
    version: int
    no: str
    centre_id: UUID
    operator_code: str
    tier: str
    status: str
    edition: str
    decision: StoredDecision
    applied_by: str
    applied_on: date
    reviewed_by: str | None
    reviewed_on: date | None
    announced_by: str | None
    announced_on: date | None
    decided_by: str | None
    decided_on: date | None
    document_no: str | None
    effective_on: date | None
    reason_code: str | None
    remark: str | None = None
    case_id: UUID | None

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way with properties
    @property
    def warnings(self) -> list[dict[str, JsonValue]]:
        """The results of the decision that refuse nothing but that an official should see."""
        return warnings_of(self.decision)


class TierApplicationFilter(PageParams):
    """Filters of applications."""

    centre_id: UUID | None = None
    operator_code: str | None = None
    tier: Annotated[str, Tier] | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None
    no: str | None = None
    sort: Literal["applied", "-applied"] = "applied"


class TierPeriodOut(Response):
    """A tier of a centre; both days are included."""

    id: UUID
    tier: str
    from_on: date
    until_on: date | None
    basis: str
    document_no: str | None
    source_id: UUID | None


class TierPeriodFilter(PageParams):
    """`on`: the tier of that day alone."""

    on: date | None = None


class RecordDesignation(Request):
    """A designation from above. Partners and joint carriers are those of the centre's own agreements."""

    tier: Word = "national"
    issuer: Name
    document_no: DocumentNo
    designated_on: date
    valid_until: date | None = None
    partner_ids: list[UUID] = Field(default_factory=list, max_length=100)
    joint_carrier_ids: list[UUID] = Field(default_factory=list, max_length=100)
    recorded_on: date | None = None


class ConfirmDesignation(Request):
    """Confirms it; the tier holds from `effective_on`, or from the day of the confirmation."""

    effective_on: date | None = None


class RejectDesignation(Request):
    """Does not confirm it."""

    reason_code: ReasonCode
    remark: Remark | None = None
    decided_on: date | None = None


class ProposeDesignationEnd(Request):
    """The designation ends before its time, by a document from above; `ends_from` is the first day without it."""

    ends_from: date
    document_no: DocumentNo
    reason_code: ReasonCode
    remark: Remark | None = None


class DecideDesignationEnd(Request):
    """Confirms the end as it was proposed."""

    remark: Remark | None = None


class DeclineDesignationEnd(Request):
    """Does not confirm the end: the designation runs on."""

    reason_code: ReasonCode
    remark: Remark | None = None


class DesignationOut(Response):
    """A designation. Who recorded and who confirmed it is for those who read the centre's case."""

    id: UUID
    version: int
    no: str
    centre_id: UUID
    tier: str
    status: str
    edition: str
    issuer: str
    document_no: str
    designated_on: date
    valid_until: date | None
    partner_ids: list[UUID]
    joint_carrier_ids: list[UUID]
    recorded_by: str | None
    recorded_on: date
    decided_by: str | None
    decided_on: date | None
    effective_on: date | None
    reason_code: str | None
    ended_on: date | None
    ends_from: date | None
    ending_document_no: str | None
    ending_reason: str | None
    ending_proposed_by: str | None
    ending_proposed_on: date | None
    ending_decided_by: str | None

    @classmethod
    def public(cls, designation: object) -> Self:
        """Without accounts, and without an end that is only proposed."""
        whole = cls.model_validate(designation)
        hidden = ["recorded_by", "decided_by", "ending_proposed_by", "ending_decided_by"]
        if whole.ending_decided_by is None:
            hidden += ["ends_from", "ending_document_no", "ending_reason", "ending_proposed_on"]
        return whole.model_copy(update=dict.fromkeys(hidden))


class DesignationFilter(PageParams):
    """Filters of a centre's designations."""

    status: Annotated[str, OneOf(*DESIGNATION_STATUSES)] | None = None
