"""How far a year has come, as JSON."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from shared.http.paging import PageParams
from shared.http.schemas import Response


class ProgressFilter(PageParams):
    """Which centres: all, those that something of a kind is missing of, or those complete or not."""

    missing: Literal["reports", "self_report", "evidence", "marks", "score"] | None = None
    complete: bool | None = None
    centre_id: UUID | None = None


class PhaseTerm(Response):
    """A phase's last day; `over` as of the caller's day."""

    phase: str
    due_on: date | None
    over: bool


class UnenrolledCentre(Response):
    """A centre of the year that was recorded after its opening."""

    id: UUID
    no: str
    name: str


class ProgressCounts(Response):
    """Counts over the caller's scope. `without_…` are centres of which something is missing; exempt centres and final
    results miss nothing. `marks_assigned` are tasks given out, `marks_given` those of them that are marked."""

    centres: int
    complete: int
    exempt: int
    published: int
    not_enrolled: int
    without_reports: int
    without_self_report: int
    self_reports_submitted: int
    self_reports_returned: int
    self_reports_late: int
    without_evidence: int
    without_marks: int
    marks_assigned: int
    marks_given: int
    without_score: int
    objections_unanswered: int


class CentreProgress(Response):
    """What is missing of one centre: quarters without an accepted report that have fallen due, the self-report,
    indicators that want evidence, marks not agreed yet, a score that is not there or outdated."""

    evaluation_id: UUID
    evaluation_no: str
    centre_id: UUID
    centre_no: str
    centre_name: str
    status: str
    exempt: bool
    complete: bool
    missing: list[str]
    reports_missing: list[int]
    self_report: str | None
    self_report_late: bool
    evidence_missing: list[str]
    marks_assigned: int
    marks_given: int


class Progress(Response):
    """A year's phases, counts, and its centres one by one."""

    cycle_id: UUID
    year: int
    status: str
    terms: list[PhaseTerm]
    counts: ProgressCounts
    not_enrolled: list[UnenrolledCentre]
    items: list[CentreProgress]
    next: str | None
