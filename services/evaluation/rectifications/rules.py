"""Terms and steps of a rectification."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from services.evaluation.terms import term_end
from shared.calendar import WorkingDay
from shared.policy.edition import Edition

STATUSES: Final = ("ordered", "submitted", "rejected", "accepted")
SUBMITTABLE: Final = ("ordered", "rejected")
DECIDABLE: Final = ("submitted",)


def due_day(edition: Edition, ordered_on: date) -> WorkingDay:
    """2.3-4: 90 days from the notice, the first day not counted; a holiday rolls forward."""
    return term_end(edition, ordered_on + timedelta(days=edition.rectification.term_days.value))


def is_overdue(status: str, due_on: date, today: date) -> bool:
    """2.3-4: not accepted when the term has passed. Overdue orders stay open; the grade is what it is."""
    return status != "accepted" and today > due_on
