"""The phases of a year: their last days by working days, what may extend them, and where a reopening leads back to."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal, TypeAlias

from shared.calendar import add_working_days, is_working_day
from shared.policy.decision import Decision
from shared.policy.edition import Edition

Phase: TypeAlias = Literal["self_report", "marking", "notice"]

EXTENDABLE: Final = {
    "self_report": ("open", "scored"),
    "marking": ("open", "scored"),
    "notice": ("announced",),
}
"""States of a year in which each phase may still get a later last day."""

BACK: Final = {"announced": "scored", "approved": "announced", "countersigned": "announced"}
"""One phase back: from the signatures to the notice, from the notice to the scores. What has begun to be published is
corrected by annulment alone."""


def self_report_due(edition: Edition, year: int, opened_on: date) -> date:
    """2.3-1: counted from the opening, but not before the year is over."""
    begins = max(opened_on, date(year, 12, 31))
    return add_working_days(begins, edition.evaluation_cycle.self_report_working_days.value).day


def marking_due(edition: Edition, self_report_due_on: date) -> date:
    """2.3-2: counted from the last day for self-reports."""
    return add_working_days(self_report_due_on, edition.evaluation_cycle.marking_working_days.value).day


def decide_extension(edition: Edition, due_before: date, due_on: date, day: date) -> Decision:
    """2.3-1: a phase's last day moves to a later working day that is not past, by at most so many working days."""
    latest = add_working_days(max(due_before, day), edition.evaluation_cycle.extension_working_days.value).day
    passed = max(due_before, day) < due_on <= latest and is_working_day(due_on)
    result = edition.result(
        "evaluation.phase_extension",
        passed,
        {"due_before": due_before, "due_on": due_on, "day": day},
        limit=latest,
        message="extension-within-limit" if passed else "extension-out-of-bounds",
    )
    return edition.decision(result)


def decide_self_report_open(edition: Edition, due_on: date | None, status: str, day: date) -> Decision:
    """2.3-2: until its last day, that day included, a self-report is handed in, sent back and handed in again.
    Afterwards one that was handed in is locked; one still missing or sent back in time is taken, and noted as late."""
    passed = due_on is None or day <= due_on or status != "submitted"
    result = edition.result(
        "evaluation.self_report",
        passed,
        {"day": day, "due_on": due_on, "status": status},
        limit=due_on,
        message="self-report-open" if passed else "self-report-locked",
    )
    return edition.decision(result)
