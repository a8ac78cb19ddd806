"""Quarterly reports."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import EventData, EventType, Topic

REPORT = Topic("evaluation.report", "Quarterly reports (季度报表)")


class ReportState(EventData):
    """A quarterly report's place in its procedure."""

    id: UUID
    no: str
    centre_id: UUID
    year: int
    quarter: int
    status: str
    due_on: date
    submitted_on: date | None
    late: bool
    revision: int
    reason_codes: tuple[str, ...] = ()
    """`<field>:<reason>` of the last return."""
    changed_fields: tuple[str, ...] = ()
    """Fields of the form that an edit was about."""


ReportDrafted = EventType(REPORT, "evaluation.report.drafted.v1", ReportState, summary="A quarter's report was begun.")
ReportEdited = EventType(REPORT, "evaluation.report.edited.v1", ReportState, summary="Fields of the form were filled.")
ReportSubmitted = EventType(REPORT, "evaluation.report.submitted.v1", ReportState, summary="A report came in.")
ReportReturned = EventType(REPORT, "evaluation.report.returned.v1", ReportState, summary="It must be corrected.")
ReportAccepted = EventType(REPORT, "evaluation.report.accepted.v1", ReportState, summary="It was accepted.")
