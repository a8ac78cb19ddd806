"""Terms, steps and extension of a rectification; overdue or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from services.evaluation.terms import term_end
from shared.calendar import WorkingDay
from shared.policy.decision import Decision
from shared.policy.edition import Edition

ORDERED: Final = "ordered"
SUBMITTED: Final = "submitted"
INSPECTED: Final = "inspected"
REJECTED: Final = "rejected"
ACCEPTED: Final = "accepted"
SUPERSEDED: Final = "superseded"
ANNULLED: Final = "annulled"
OPEN: Final = (ORDERED, SUBMITTED, INSPECTED, REJECTED)
STATUSES: Final = (*OPEN, ACCEPTED, SUPERSEDED, ANNULLED)
SUBMITTABLE: Final = (ORDERED, REJECTED)
INSPECTABLE: Final = (SUBMITTED, INSPECTED)
ACCEPTABLE: Final = (INSPECTED,)
REJECTABLE: Final = (SUBMITTED, INSPECTED)

REMEDIED: Final = "remedied"
NOT_REMEDIED: Final = "not_remedied"
STEPS: Final = (
    *("amended", "served", SUBMITTED, INSPECTED, REJECTED, ACCEPTED),
    *("extension_requested", "extended", "extension_refused"),
    *(SUPERSEDED, "reopened", ANNULLED),
)
"""What is recorded about an order, evidence apart."""


def due_day(edition: Edition, ordered_on: date) -> WorkingDay:
    """2.3-4: 90 days from the notice, the first day not counted; a holiday rolls forward."""
    return term_end(edition, ordered_on + timedelta(days=edition.rectification.term_days.value))


def extended_day(edition: Edition, due_on: date) -> WorkingDay:
    """2.3-4: the extension goes on from the term's last day, rolled as it is; a holiday rolls forward."""
    return term_end(edition, due_on + timedelta(days=edition.rectification.extension_days.value))


def resumed_day(edition: Edition, due_on: date, closed_on: date, reopened_on: date) -> WorkingDay:
    """2.3-4: while a delisting stood in the order's place the term did not run: the days that were left begin again. A
    term that was over by then stays over."""
    if due_on < closed_on:
        return WorkingDay(due_on)
    return term_end(edition, reopened_on + (due_on - closed_on))


def is_overdue(status: str, due_on: date, today: date, *, served: bool = True, asked_for_more: bool = False) -> bool:
    """2.3-4: not accepted when the term has passed. Overdue orders stay open; the grade is what it is.

    No term runs before the order is served, and none has passed as long as a request for more time, made in time, waits
    for its answer.
    """
    return status in OPEN and served and not asked_for_more and today > due_on


def decide_extension(edition: Edition, granted: int, due_on: date, requested_on: date) -> Decision:
    """2.3-4: asked for by the term's last day, and as often as the edition allows: once."""
    allowed = edition.rectification.extensions.value
    in_time = requested_on <= due_on
    return edition.decision(
        edition.result(
            "evaluation.rectification_term",
            granted < allowed,
            {"granted": granted},
            limit=allowed,
            message="extension-left" if granted < allowed else "extension-used-up",
        ),
        edition.result(
            "evaluation.rectification_term",
            in_time,
            {"requested_on": requested_on, "due_on": due_on},
            limit=due_on,
            message="extension-asked-in-time" if in_time else "extension-term-over",
        ),
    )


def without_finding(wanted: Iterable[UUID], findings: Mapping[UUID, str]) -> list[UUID]:
    """Items that an inspection says nothing about."""
    return [item for item in wanted if item not in findings]
