"""Orders on delistings as JSON."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import JsonValue

from services.evaluation.delistings.records.schemas import Issuer, ReasonCode
from services.evaluation.delistings.remedies.rules import Ground, Kind
from services.evaluation.delistings.schemas import DocumentNo, ParticipantOut
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response


class NewOrder(Request):
    """An order of a court or a reviewing authority. `effective_on`: from which day the delisting has no effect, or has
    its effect again (a lift); today where it is left out."""

    ground: Ground
    issuer: Issuer
    document_no: DocumentNo
    ordered_on: date
    effective_on: date | None = None
    recorded_on: date | None = None


class OrderApproval(Request):
    """The other bureau's approval: the order takes effect everywhere."""

    decided_on: date | None = None


class OrderRejection(Request):
    """The other bureau does not approve, and why; another order may be recorded."""

    reason_code: ReasonCode
    decided_on: date | None = None


class RemedyOut(Response):
    """An order on a published delisting, who recorded and who decided on it."""

    id: UUID
    no: str
    case_id: UUID
    ordinal: int
    kind: str
    status: str
    ground: str
    annulment_id: UUID | None
    issuer: str
    document_no: str
    ordered_on: date
    effective_on: date
    decision: StoredDecision
    recorded_by: str
    recorded_bureau: str
    recorded_on: date
    decided_by: str | None
    decided_bureau: str | None
    decided_on: date | None
    reason_code: str | None
    approved_at: datetime | None
    reminders: int
    completed_at: datetime | None


class RemedyProgress(RemedyOut):
    """An order with what each participant has done about it. `expected_title_ids` are the revoked titles that are to be
    restored, `missing_title_ids` those that the registry has not accounted for yet."""

    expected_title_ids: list[UUID]
    missing_title_ids: list[UUID]
    participants: list[ParticipantOut]
    completed_after_ms: int | None


class RemedyFilter(PageParams):
    """Filters of the orders: those that wait for an approver are `status=proposed`."""

    case_id: UUID | None = None
    kind: Kind | None = None
    status: Literal["proposed", "ordered", "completed", "rejected"] | None = None


class TimelineEntry(Response):
    """One thing that happened. `document_no`, where there is one; the rules applied with their clauses."""

    at: datetime
    effective_on: date | None
    kind: Literal["step", "confirmation", "order", "order_confirmation", "plaque"]
    step: str
    outcome: str | None
    actor: str | None
    actor_role: str | None
    """`bureau`, the role of a party, or the service that acted by itself."""
    document_no: str | None
    rules: list[str]
    clauses: list[str]
    event_id: UUID | None
    details: dict[str, JsonValue]


class TermOut(Response):
    """A term of the procedure or of a remedy, and its last day."""

    term: Literal["statement", "hearing_request", "reconsideration", "litigation"]
    runs_from: date | None
    last_day: date | None
    document_no: str | None = None


class TimelineOut(Response):
    """The case from its opening on, in the order of time, with the terms and what is still missing."""

    id: UUID
    no: str
    centre_id: UUID
    status: str
    in_effect: bool
    stayed_on: date | None
    reversed_on: date | None
    missing_steps: list[str]
    waiting_for: list[str]
    """Participants that have not confirmed the decision or an approved order: `<service>`, `<order>:<service>`."""
    terms: list[TermOut]
    entries: list[TimelineEntry]
