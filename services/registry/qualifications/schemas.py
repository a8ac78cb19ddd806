"""Titles and their applications as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue, computed_field

from services.registry.bans.rules import warnings_of
from services.registry.codes import DocumentNo, Name, ReasonCode, Remark
from services.registry.qualifications.models import Qualification
from services.registry.qualifications.rules import GRANTED, MUNICIPAL, STATUSES, revoked_by, status_on
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord, OneOf

Word = Annotated[str, Field(min_length=1, max_length=64)]


class ApplyForTitle(Request):
    """`kind` and `level` are words of the edition, such as `maker_space` and `regional`; `applied_on` is for bureaus
    only."""

    centre_id: UUID
    kind: Word
    level: Word = MUNICIPAL
    applied_on: date | None = None


class ReviewTitle(Request):
    """Proposes the grant."""

    reviewed_on: date | None = None


class AnnounceTitle(Request):
    """Puts the application on public notice from `starts_on`."""

    starts_on: date | None = None


class GrantTitle(Request):
    """Grants the title by a document; `issuer` names who granted one above the municipal level."""

    document_no: DocumentNo
    issuer: Name | None = None
    decided_on: date | None = None


class RefuseTitle(Request):
    """Refuses the title."""

    reason_code: ReasonCode
    remark: Remark | None = None
    decided_on: date | None = None


class WithdrawTitle(Request):
    """The applicant withdraws."""

    reason_code: ReasonCode = "withdrawn_by_applicant"
    remark: Remark | None = None
    withdrawn_on: date | None = None


class ProposeRevocation(Request):
    """Proposes to revoke a title in force."""

    reason_code: ReasonCode
    remark: Remark | None = None
    proposed_on: date | None = None


class RevokeTitle(Request):
    """Revokes the title by a document."""

    document_no: DocumentNo
    decided_on: date | None = None


class ProposeMeasure(Request):
    """Proposes a suspension or resumption, with a reason."""

    reason_code: ReasonCode
    remark: Remark | None = None
    proposed_on: date | None = None


class ProposeRenewal(Request):
    """Asks for a title to run on."""

    remark: Remark | None = None
    proposed_on: date | None = None


class DecideMeasure(Request):
    """Decides what was proposed, by a document."""

    document_no: DocumentNo
    decided_on: date | None = None


class DeclineMeasure(Request):
    """Does not follow the proposal."""

    reason_code: ReasonCode
    remark: Remark | None = None
    decided_on: date | None = None


class RecordPlaque(Request):
    """The number on a plaque that was issued before plaques were recorded here."""

    plaque_no: DocumentNo
    recorded_on: date | None = None


class ReturnPlaque(Request):
    """Records that the plaque came back."""

    returned_on: date | None = None


class QualificationOut(Response):
    """A title as the public register shows it; `status` as of the business day."""

    id: UUID
    no: str
    centre_id: UUID
    operator_code: str
    """Who holds it: the operator of the centre; of a title that has ended, the last one."""
    kind: str
    level: str
    status: str
    issuer: str | None
    document_no: str | None
    granted_on: date | None
    expires_on: date | None
    revoked_on: date | None
    case_id: UUID | None
    plaque_no: str | None
    plaque_due_on: date | None
    plaque_returned_on: date | None
    ended_by: Literal["delisting", "withdrawal", "decision"] | None = None
    """What a revoked title was revoked by: with its centre's delisting, or withdrawal, or for itself."""

    @classmethod
    def of(cls, title: Qualification, today: date) -> Self:
        """As of the day."""
        shown = cls.model_validate(title)
        status = status_on(title.status, title.expires_on, today)
        ended_by = revoked_by(status, title.case_id is not None, title.reason_code)
        return shown.model_copy(update={"status": status, "ended_by": ended_by})


class ApplicationOut(QualificationOut):
    """An application for a title, with its steps and decision; a granted one goes on as the title of the same id."""

    version: int
    applicant_code: str | None
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
    reason_code: str | None
    remark: str | None = None

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way with properties
    @property
    def warnings(self) -> list[dict[str, JsonValue]]:
        """The results of the decision that refuse nothing but that an official should see."""
        return warnings_of(self.decision)


class MeasureOut(Response):
    """A suspension, resumption or renewal of a title."""

    id: UUID
    kind: str
    status: str
    reason_code: str | None
    proposed_by: str
    proposed_on: date
    decided_by: str | None
    decided_on: date | None
    document_no: str | None


class ExpiredOut(Response):
    """The titles whose last day was over and that were recorded as expired."""

    expired: int
    qualification_ids: list[UUID]


class ApplicationFilter(PageParams):
    """Filters of applications."""

    centre_id: UUID | None = None
    operator_code: str | None = None
    kind: Annotated[str, EditionWord(lambda edition: edition.titles.kinds)] | None = None
    level: Annotated[str, EditionWord(lambda edition: edition.titles.levels)] | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None
    no: str | None = None
    sort: Literal["applied", "-applied"] = "applied"


class QualificationFilter(PageParams):
    """Filters of titles. `on`: held on that day. `plaque_overdue`: its plaque should have come back."""

    centre_id: UUID | None = None
    operator_code: str | None = None
    kind: Annotated[str, EditionWord(lambda edition: edition.titles.kinds)] | None = None
    level: Annotated[str, EditionWord(lambda edition: edition.titles.levels)] | None = None
    status: Annotated[str, OneOf(*GRANTED)] | None = None
    no: str | None = None
    plaque_no: str | None = None
    plaque_overdue: bool | None = None
    on: date | None = None


class MeasureFilter(PageParams):
    """Filters of a title's measures."""

    status: Annotated[str, OneOf("proposed", "decided", "declined")] | None = None
