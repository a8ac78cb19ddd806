"""Rectification orders as JSON."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue

from services.evaluation.delistings.schemas import DocumentNo, RecipientRole
from services.evaluation.rectifications.models import Rectification
from services.evaluation.rectifications.proposals import MOST_ITEMS
from services.evaluation.rectifications.rules import STATUSES, is_overdue
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf

Reference = Annotated[str, Field(min_length=1, max_length=200)]
Said = Annotated[str, Field(min_length=1, max_length=500)]


class ItemDraft(Request):
    """One thing to be put right; with an indicator of the rubric, or without for something else that was found."""

    indicator: str | None = None
    finding: Said
    requirement: Said


class ItemsPatch(Request):
    """All items, in their order; those that are not among them are dropped."""

    items: Annotated[list[ItemDraft], Field(min_length=1, max_length=MOST_ITEMS)]


class Service(Request):
    """Service of the order (限期整改通知书): `method` is one of the edition's methods of service."""

    method: str
    recipient_role: RecipientRole
    document_no: DocumentNo
    served_on: date | None = None


class EvidenceSubmission(Request):
    """The centre's report. `evidence` refers to reports for the order as a whole; it may be left out where every item
    still open has a document of its own."""

    evidence: list[Reference] = Field(default_factory=list, max_length=50)


class NewItemEvidence(Request):
    """A document lying with the order, for one of its items."""

    item_id: UUID
    document_id: UUID
    note: Annotated[str, Field(max_length=500)] = ""


class Finding(Request):
    """What was found of one item."""

    item_id: UUID
    outcome: Literal["remedied", "not_remedied"]
    remark: Annotated[str, Field(max_length=500)] = ""


class Inspection(Request):
    """An inspection on site: its record, the units that took part (no persons' names), what was found of each item that
    is still open."""

    record_no: DocumentNo
    units: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(default_factory=list, max_length=10)
    findings: list[Finding] = Field(default_factory=list, max_length=MOST_ITEMS)
    inspected_on: date | None = None


class Acceptance(Request):
    """The acceptance's document."""

    document_no: DocumentNo
    accepted_on: date | None = None


class Remaining(Request):
    """What is still to be done about an item."""

    item_id: UUID
    requirement: Said


class Rejection(Request):
    """Why it does not do, and what remains: without `remaining`, every item that was not found put right."""

    reason: Literal["not_carried_out", "not_proven", "not_lasting"]
    remaining: list[Remaining] = Field(default_factory=list, max_length=MOST_ITEMS)
    rejected_on: date | None = None


class ExtensionRequest(Request):
    """Why the centre needs more time."""

    reason_code: Literal["construction", "procurement", "outside_approval", "force_majeure", "other"]
    statement: Annotated[str, Field(min_length=1, max_length=1000)]


class ExtensionGrant(Request):
    """More time, of the edition's length."""

    decided_on: date | None = None


class ExtensionRefusal(Request):
    """Why there is no more time."""

    answer: Said
    decided_on: date | None = None


class RectificationFilter(PageParams):
    """Filters of the list."""

    no: str | None = None
    centre_id: UUID | None = None
    year: int | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None
    evaluation_id: UUID | None = None


class RectificationOut(Response):
    """An order; `overdue` as of the business day. Until it is served, `due_on` is only what it would be had it been
    served with the publication. `closed_on` is when a delisting or an annulled result ended it."""

    id: UUID
    no: str
    version: int
    centre_id: UUID
    evaluation_id: UUID
    year: int
    edition: str
    status: str
    document_no: str | None
    ordered_on: date
    served_on: date | None
    due_on: date
    overdue: bool
    extensions: int
    extension_requested_on: date | None
    submitted_on: date | None
    inspected_on: date | None
    accepted_on: date | None
    closed_on: date | None
    superseded_by: UUID | None

    @classmethod
    def of(cls, order: Rectification, today: date) -> Self:
        """`today` tells whether the term has passed."""
        names = set(cls.model_fields) - {"overdue"}
        overdue = is_overdue(
            order.status,
            order.due_on,
            today,
            served=order.served_on is not None,
            asked_for_more=order.extension_requested_on is not None,
        )
        return cls(**{name: getattr(order, name) for name in names}, overdue=overdue)


class ItemEvidenceOut(Response):
    """A document given for an item."""

    id: UUID
    item_id: UUID
    document_id: UUID
    name: str
    sha256: str
    note: str
    status: str
    filed_on: date
    withdrawn_on: date | None


class ItemOut(Response):
    """One thing to be put right, with the documents given for it."""

    id: UUID
    ordinal: int
    indicator: str | None
    finding: str
    requirement: str
    status: str
    evidence: list[ItemEvidenceOut]


class FindingOut(Response):
    """What an inspection found of an item."""

    item_id: UUID
    outcome: str
    remark: str


class InspectionOut(Response):
    """A record made on site."""

    id: UUID
    record_no: str
    inspected_on: date
    units: list[str]
    findings: list[FindingOut]
    recorded_at: datetime


class ExtensionOut(Response):
    """A request for more time: `due_before` is the term's last day when it was asked for, `due_on` the new one."""

    id: UUID
    status: str
    reason_code: str
    statement: str
    requested_on: date
    due_before: date
    decision: StoredDecision
    decided_on: date | None
    answer: str | None
    due_on: date | None


class StepOut(Response):
    """A step taken."""

    step: str
    taken_on: date
    details: dict[str, JsonValue]
    recorded_at: datetime


class RectificationHistory(RectificationOut):
    """The order with everything that was handed in, found and decided. `calendar_warnings` names years whose holidays
    the term was computed without: `<code>:<year>`."""

    items: list[ItemOut]
    inspections: list[InspectionOut]
    extension_requests: list[ExtensionOut]
    calendar_warnings: list[str]
    steps: list[StepOut]
