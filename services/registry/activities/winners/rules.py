"""When a winner is asked next, and what a follow-up shows."""

from __future__ import annotations

from datetime import date
from typing import Final

from shared.calendar import add_months
from shared.policy.activities import FollowUp

OPEN: Final = "open"
GIVEN_UP: Final = "given_up"
COMPLETED: Final = "completed"
REMOVED: Final = "removed"
STATUSES: Final = (OPEN, GIVEN_UP, COMPLETED, REMOVED)
FOLLOWABLE: Final = (OPEN,)
CORRECTABLE: Final = (OPEN, COMPLETED, GIVEN_UP)

LANDING: Final = "landing"
WITH_AMOUNT: Final = ("financing", "support")

CONSENT: Final = "activity_winner"
"""The purpose under which a person's name is kept and shown."""


def first_due(terms: FollowUp, ended_on: date) -> date:
    """4.5-3: the day by which a winner is asked for the first time."""
    return add_months(ended_on, terms.first_after_months.value)


def next_due(terms: FollowUp, ended_on: date, followed_on: date) -> date | None:
    """4.5-3: the day by which it is asked again after a follow-up; None after the end of the term, whose last day still
    counts. A follow-up before the first day was due changes nothing about that day."""
    first = first_due(terms, ended_on)
    due = max(first, add_months(followed_on, terms.every_months.value)) if followed_on >= ended_on else first
    return due if due <= add_months(ended_on, terms.ends_after_months.value) else None


def missing_of(kind: str, *, has_centre: bool, has_amount: bool, has_document: bool) -> str | None:
    """The field that a follow-up of the kind lacks: a landing names the centre, money its amount and document."""
    if kind == LANDING and not has_centre:
        return "centre_id"
    if kind in WITH_AMOUNT and not has_amount:
        return "amount"
    if kind in WITH_AMOUNT and not has_document:
        return "document_no"
    return None
