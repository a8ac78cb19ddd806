"""Measures as sent and shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import JsonValue, StringConstraints

from services.vouchers.providers.penalties.schemas import DocumentNo
from services.vouchers.schemas import CaseNo, Decided
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response

Text = Annotated[str, StringConstraints(min_length=1, max_length=4000)]

Ground = Literal[
    "fraud", "false_declaration", "penalty", "poor_quality", "review_failed", "licence_lapsed", "breach_of_rules"
]
LiftGround = Literal["remedied", "annulled_on_reconsideration", "annulled_by_court", "own_motion"]


class MeasureNew(Request):
    """A notice of intent: what is intended, why, and when it was served. `review_id` is the failed review where that is
    the ground."""

    kind: Literal["suspension", "removal"]
    ground: Ground
    reasons: Text
    review_id: UUID | None = None
    served_on: date | None = None


class StatementNew(Request):
    """What the provider says to it; officers enter a paper with the day on which it came in."""

    text: Text
    received_on: date | None = None


class MeasureProposal(Decided):
    """What is to be decided: what happens to open holds, and how long a suspension lasts, which goes on until it is
    lifted where no day is named."""

    holds: Literal["honoured", "released"]
    suspended_until: date | None = None


class MeasureDecision(Decided):
    """The decision's number, and the day on which it was served, from which the remedies run."""

    document_no: DocumentNo
    served_on: date | None = None


class MeasureDrop(Decided):
    """Why nothing comes of it."""

    reason_code: Literal["statement_accepted", "not_proven", "remedied", "entered_by_mistake"]


class LiftingProposal(Decided):
    """Why it is to be lifted; a court's or a reconsideration's decision by its number."""

    ground: LiftGround
    document_no: DocumentNo | None = None


class Remedies(Response):
    """Where the provider may turn to, and the last days for it; both inclusive."""

    reconsideration_until: date
    litigation_until: date


class ProviderMeasureOut(Response):
    """A measure against a provider, as the provider and the bureaus see it."""

    id: UUID
    no: str
    provider_id: UUID
    kind: str
    ground: str
    reasons: str
    review_id: UUID | None
    status: str
    opened_on: date
    served_on: date
    statement_until: date
    statement: str | None
    stated_on: date | None
    holds: str | None
    suspended_until: date | None
    proposed_on: date | None
    decided_on: date | None
    document_no: str | None
    decision_served_on: date | None
    remedies: Remedies | None
    dropped_on: date | None
    drop_reason: str | None
    lift_ground: str | None
    lift_document_no: str | None
    lift_proposed_on: date | None
    lifted_on: date | None
    warnings: list[JsonValue]
    released_ids: list[UUID]
    honoured_ids: list[UUID]


class MeasureFilter(PageParams):
    """Filters of the lists."""

    no: CaseNo | None = None
    kind: Literal["suspension", "removal"] | None = None
    status: Literal["intended", "proposed", "decided", "dropped", "lifting", "lifted"] | None = None
