"""What changes a score or a grade: experts' marks, vetoes, exemptions, objections."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

MARK = Topic("evaluation.mark", "Experts' marks (专家评分)")
VETO = Topic("evaluation.veto", "Vetoes (一票否决)")
EXEMPTION = Topic("evaluation.exemption", "Exemptions (免评)")
OBJECTION = Topic("evaluation.objection", "Objections (异议)")


class MarkState(EventData):
    """An expert's percentage for one indicator; null where there was nothing to check. The newest counts."""

    id: UUID
    evaluation_id: UUID
    centre_id: UUID
    year: int
    indicator: str
    mark: Decimal | None
    marked_on: date
    round: int = 1
    assignment_ids: tuple[UUID, ...] = ()


MarkEntered = EventType(MARK, "evaluation.mark.entered.v1", MarkState, summary="An expert marked an indicator.")


class VetoState(EventData):
    """A fact that makes the year a fail once a second person has confirmed it (2.3-2)."""

    id: UUID
    evaluation_id: UUID
    centre_id: UUID
    year: int
    code: str
    status: str
    document_no: str
    recorded_on: date
    decided_on: date | None


VetoRecorded = EventType(VETO, "evaluation.veto.recorded.v1", VetoState, summary="It counts once confirmed.")
VetoConfirmed = EventType(VETO, "evaluation.veto.confirmed.v1", VetoState, summary="The year is a fail.")
VetoDismissed = EventType(VETO, "evaluation.veto.dismissed.v1", VetoState, summary="It changes nothing.")


class ExemptionState(EventData):
    """A year without evaluation for one centre: proposed, approved by one bureau, granted by the other (2.3-1)."""

    id: UUID
    evaluation_id: UUID
    centre_id: UUID
    year: int
    status: str
    reason: str
    document_no: str
    minutes_no: str | None
    proposed_on: date
    approved_on: date | None
    approved_bureau: str | None
    countersigned_on: date | None
    countersigned_bureau: str | None


ExemptionProposed = EventType(EXEMPTION, "evaluation.exemption.proposed.v1", ExemptionState, summary="Proposed.")
ExemptionApproved = EventType(
    EXEMPTION, "evaluation.exemption.approved.v1", ExemptionState, summary="One bureau approved."
)
ExemptionGranted = EventType(
    EXEMPTION, "evaluation.exemption.granted.v1", ExemptionState, Audience.BUREAU, "The centre is exempt."
)
ExemptionRefused = EventType(EXEMPTION, "evaluation.exemption.refused.v1", ExemptionState, summary="Refused.")


class ObjectionState(EventData):
    """An objection against a preliminary result; an anonymous one is a lead (2.3-4)."""

    id: UUID
    no: str
    cycle_id: UUID
    evaluation_id: UUID
    centre_id: UUID
    status: str
    signed: bool
    reason: str
    indicators: tuple[str, ...]
    document_no: str | None
    submitted_on: date
    answered_on: date | None
    answer_document_no: str | None
    rescored: bool
    sheet_before_id: UUID | None = None
    sheet_after_id: UUID | None = None


ObjectionTaken = EventType(OBJECTION, "evaluation.objection.taken.v1", ObjectionState, summary="It came in.")
ObjectionAnswered = EventType(
    OBJECTION, "evaluation.objection.answered.v1", ObjectionState, summary="It was upheld or rejected."
)
ObjectionRemarkOrdered = EventType(
    OBJECTION,
    "evaluation.objection.remark_ordered.v1",
    ObjectionState,
    summary="Other experts mark anew because of it.",
)
