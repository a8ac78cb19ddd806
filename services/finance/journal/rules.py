"""When the books of a period may be closed and opened again (3.1-4)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Final

from shared.policy.decision import Decision, RuleInput
from shared.policy.edition import Edition

MET: Final = "rule-met"


def bounds_of(year: int, month: int | None) -> tuple[str, date, date]:
    """Label, first and last day of a month or, without one, of the year."""
    if month is None:
        return str(year), date(year, 1, 1), date(year, 12, 31)
    return f"{year}-{month:02d}", date(year, month, 1), date(year, month, monthrange(year, month)[1])


def decide_period_over(edition: Edition, *, label: str, ends_on: date, today: date) -> Decision:
    """3.1-4: a period is closed after its last day, so that there is always an open day to book on."""
    passed = ends_on < today
    inputs: dict[str, RuleInput] = {"label": label, "ends_on": ends_on, "today": today}
    code = MET if passed else "journal-period-not-over"
    return edition.decision(edition.result("journal.period", passed, inputs, message=code))


def decide_year_open(edition: Edition, *, label: str, closed_year: str | None) -> Decision:
    """3.1-4: a month of a closed year opens with the year first."""
    passed = closed_year is None
    inputs: dict[str, RuleInput] = {"label": label, "closed_year": closed_year}
    code = MET if passed else "journal-period-within-closed"
    return edition.decision(edition.result("journal.period", passed, inputs, message=code))


def decide_another_person(edition: Edition, *, actor: str, proposed_by: str | None) -> Decision:
    """3.1-4: whoever proposed to close or to open does not do it, whatever the role."""
    own = "proposed" if actor == proposed_by else None
    code = MET if own is None else "four-eyes-required"
    return edition.decision(edition.result("journal.four_eyes", own is None, {"own_step": own}, message=code))
