"""Terms that end on a working day, and what their calendar could not be sure of (DOMAIN: notices and terms)."""

from __future__ import annotations

from datetime import date

from shared.calendar import WorkingDay, roll_forward
from shared.policy.edition import Edition


def term_end(edition: Edition, day: date) -> WorkingDay:
    """A term's last day: the next working day where it would end on a holiday, if the edition lets terms roll."""
    return roll_forward(day) if edition.notices.terms_roll_over_holidays.value else WorkingDay(day)


def warning_codes(*days: WorkingDay) -> list[str]:
    """What a person who serves a notice should check: `<code>:<year>`, each once."""
    return sorted({f"{warning.code}:{warning.year}" for day in days for warning in day.warnings})
