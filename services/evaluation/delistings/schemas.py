"""Delisting cases as JSON: the steps that come in, the case and its timeline that go out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, JsonValue, model_validator

from services.evaluation.delistings.rules import STATUSES
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf

DocumentNo = Annotated[str, Field(min_length=1, max_length=100, examples=["拉科发〔2021〕12号"])]
RecipientRole = Literal["legal_representative", "authorised_agent", "operator_staff"]


class NoticeOfIntent(Request):
    """Service of the notice of intent: `method` is one of the edition's methods of service."""

    method: str
    recipient_role: RecipientRole
    document_no: DocumentNo
    served_on: date | None = None


class Statement(Request):
    """A statement and defence with its document, or, once the term is over, that none came."""

    waived: bool = False
    document_no: DocumentNo | None = None
    received_on: date | None = None

    @model_validator(mode="after")
    def _a_statement_has_a_document(self) -> Statement:
        if self.waived == (self.document_no is not None):
            raise ValueError("a statement has a document, a waiver has none")
        return self


class HearingRequest(Request):
    """The operator's request for a hearing."""

    document_no: DocumentNo
    requested_on: date | None = None


class Hearing(Request):
    """A hearing with its minutes, or the withdrawal of the request."""

    outcome: Literal["held", "withdrawn"] = "held"
    minutes_no: DocumentNo
    held_on: date | None = None


class LegalReview(Request):
    """The legal review's finding; after `insufficient` it is repeated."""

    outcome: Literal["sufficient", "insufficient"] = "sufficient"
    document_no: DocumentNo
    reviewed_on: date | None = None


class CaseDecision(Request):
    """The decision's document number."""

    document_no: DocumentNo
    decided_on: date | None = None


class Countersignature(Request):
    """The other bureau's countersignature."""

    countersigned_on: date | None = None


class ServiceRecord(Request):
    """Service of the published decision."""

    method: str
    recipient_role: RecipientRole
    served_on: date | None = None


class CaseFilter(PageParams):
    """Filters of the list."""

    no: str | None = None
    centre_id: UUID | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None
    second_failed_year: int | None = None
    evaluation_id: UUID | None = None


class CaseOut(Response):
    """A case. `published_at` is the moment from which the timeline's milliseconds count."""

    id: UUID
    no: str
    version: int
    centre_id: UUID
    evaluation_id: UUID
    edition: str
    status: str
    first_failed_year: int
    second_failed_year: int
    operator_code: str
    operator_name: str
    operator_barred: bool
    opened_on: date
    statement_due_on: date | None
    hearing_request_due_on: date | None
    hearing_requested: bool
    decision_no: str | None
    decided_on: date | None
    decided_bureau: str | None
    countersigned_bureau: str | None
    published_on: date | None
    published_at: datetime | None
    ban_years: int | None
    continuation_basis: str | None
    completed_at: datetime | None
    served_on: date | None
    reconsideration_until: date | None
    litigation_until: date | None
    stayed_on: date | None
    reversed_on: date | None
    in_effect: bool


class TitleOut(Response):
    """A title that the case revoked, and whether its plaque came back."""

    id: UUID
    no: str
    kind: str
    level: str
    revoked_on: date | None
    plaque_no: str | None
    plaque_due_on: date | None
    plaque_returned_on: date | None


class StepOut(Response):
    """An entry of the case's log: what happened, by whom, when, under which rules and clauses."""

    event_id: UUID
    event_type: str
    step: str | None
    outcome: str | None
    effective_on: date
    recorded_at: datetime
    after_publication_ms: int | None
    actor: str
    rules: list[str]
    clauses: list[str]
    details: dict[str, JsonValue]
    decision: StoredDecision | None


class ParticipantOut(Response):
    """A service's confirmation: when it acted, when that was known here, what it did, or why it does not count."""

    service: str
    confirmed: bool
    acted_at: datetime | None
    acted_after_ms: int | None
    confirmed_at: datetime | None
    confirmed_after_ms: int | None
    event_id: UUID | None
    event_type: str | None
    position: int | None
    rules: list[str]
    clauses: list[str]
    details: dict[str, JsonValue] | None
    problem: str | None


class CaseTimeline(CaseOut):
    """The case with every step, every participant, what is missing and what the registry is expected to revoke."""

    clauses: list[str]
    decision: StoredDecision
    missing_steps: list[str]
    term_warnings: list[str]
    expected_title_ids: list[UUID]
    steps: list[StepOut]
    participants: list[ParticipantOut]
    titles: list[TitleOut]
    reminders: int
    completed_after_ms: int | None
