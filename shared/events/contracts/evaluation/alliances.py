"""Alliances' work and its yearly assessment (4.6-2)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

ALLIANCE_RECORD = Topic("evaluation.alliance_record", "Alliances' work (联盟工作记录)")
ALLIANCE_ASSESSMENT = Topic("evaluation.alliance_assessment", "Yearly assessments of alliances (联盟年度考核)")


class AllianceRecordState(EventData):
    """Something an alliance did on a day; a struck record no longer counts."""

    id: UUID
    no: str
    alliance: str
    kind: str
    year: int
    held_on: date
    title: str
    participants: int
    evidence: tuple[str, ...]
    status: str
    reason_code: str | None
    activity_id: UUID | None = None
    """The registry's activity that it came of by itself, once a bureau had verified it (4.5-1)."""


class AssessedItem(EventData):
    """One item of a sheet: its mark, of at most `full_mark`."""

    item: str
    mark: Decimal
    full_mark: Decimal


class AllianceAssessmentState(EventData):
    """A year's sheet with all that it says; support by actual activities cites it once published (4.6-3)."""

    id: UUID
    no: str
    alliance: str
    year: int
    edition: str
    status: str
    items: tuple[AssessedItem, ...]
    score: Decimal
    grade: str
    record_ids: tuple[UUID, ...]
    """The records that it rests on, fixed at the confirmation."""
    records_by_kind: dict[str, int]
    reason_code: str | None
    confirmed_on: date | None
    document_no: str | None
    published_on: date | None


def _recorded(name: str, summary: str) -> EventType[AllianceRecordState]:
    return EventType(ALLIANCE_RECORD, f"{ALLIANCE_RECORD.name}.{name}.v1", AllianceRecordState, summary=summary)


def _assessed(name: str, summary: str, audience: Audience = Audience.INTERNAL) -> EventType[AllianceAssessmentState]:
    full = f"{ALLIANCE_ASSESSMENT.name}.{name}.v1"
    return EventType(ALLIANCE_ASSESSMENT, full, AllianceAssessmentState, audience, summary)


AllianceWorkRecorded = _recorded("entered", "An alliance's work was recorded.")
AllianceWorkStruck = _recorded("struck", "A record was struck off and counts no longer.")

AllianceAssessmentDrafted = _assessed("drafted", "An officer drafted the year's sheet.")
AllianceAssessmentEdited = _assessed("edited", "Marks of the sheet were changed.")
AllianceAssessmentReturned = _assessed("returned", "The sheet goes back to its drafter.")
AllianceAssessmentConfirmed = _assessed("confirmed", "A second person confirmed the sheet.")
AllianceAssessmentPublished = _assessed("published", "It is published with its document number.", Audience.PUBLIC)
