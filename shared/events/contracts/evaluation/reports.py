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
    """`<field>:<reason>` of the last return, or the reason of a correction."""
    changed_fields: tuple[str, ...] = ()
    """Fields of the form that an edit or a correction was about."""


class ReportReminderState(EventData):
    """A call for a quarter's report; `id` is the call's own. `report_id` where a draft is there."""

    id: UUID
    centre_id: UUID
    year: int
    quarter: int
    state: str
    due_on: date
    report_id: UUID | None


ReportDrafted = EventType(REPORT, "evaluation.report.drafted.v1", ReportState, summary="A quarter's report was begun.")
ReportEdited = EventType(REPORT, "evaluation.report.edited.v1", ReportState, summary="Fields of the form were filled.")
ReportSubmitted = EventType(REPORT, "evaluation.report.submitted.v1", ReportState, summary="A report came in.")
ReportReturned = EventType(REPORT, "evaluation.report.returned.v1", ReportState, summary="It must be corrected.")
ReportAccepted = EventType(REPORT, "evaluation.report.accepted.v1", ReportState, summary="It was accepted.")
ReportCorrectionRequested = EventType(
    REPORT, "evaluation.report.correction_requested.v1", ReportState, summary="An accepted report is to be corrected."
)
ReportCorrectionRefused = EventType(
    REPORT, "evaluation.report.correction_refused.v1", ReportState, summary="An accepted report stays as it is."
)
ReportCorrected = EventType(
    REPORT, "evaluation.report.corrected.v1", ReportState, summary="A new version is the accepted one."
)
ReportDueSoon = EventType(
    REPORT, "evaluation.report.due_soon.v1", ReportReminderState, summary="A report will be due and is not in."
)
ReportOverdue = EventType(
    REPORT, "evaluation.report.overdue.v1", ReportReminderState, summary="A report's due day has passed without it."
)
