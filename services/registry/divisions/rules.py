"""What a division owes, and when it is late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from shared.policy.edition import Edition

LEADING_GROUP: Final = "leading_group"
MATCHING_BUDGET: Final = "matching_budget"


@dataclass(frozen=True, slots=True)
class Duty:
    """Something every county, district and park owes by a day."""

    kind: str
    title: str
    due_on: date


def duties(edition: Edition) -> Iterator[Duty]:
    """5.1-1: a leading group, an implementation plan and policy measures."""
    group = edition.division_duties.leading_group
    yield Duty(LEADING_GROUP, group.title_zh, group.due_on.value)
    for kind, paper in edition.division_duties.papers.items():
        yield Duty(kind, paper.title_zh, paper.due_on.value)


@dataclass(frozen=True, slots=True)
class BudgetDuty:
    """The matching budget of one year."""

    year: int
    title: str
    due_on: date


def budget_duties(edition: Edition, today: date) -> Iterator[BudgetDuty]:
    """5.1-2: a matching budget for each year of the edition that has begun."""
    terms = edition.matching_funds
    for year in range(edition.first_day.year, min(today.year, edition.last_day.year) + 1):
        due_on = max(date(year, terms.due_month.value, terms.due_day.value), terms.first_due_on.value)
        yield BudgetDuty(year, f"{year}年配套资金预算", due_on)


def duty_kinds(edition: Edition) -> tuple[str, ...]:
    """5.1-1, 5.1-2: the kinds of what may be owed."""
    return (LEADING_GROUP, *edition.division_duties.papers, MATCHING_BUDGET)


def percent_of(part: Decimal, whole: Decimal) -> Decimal | None:
    """A share in percent, rounded half up to two places; None of nothing."""
    return (part * 100 / whole).quantize(Decimal("0.01"), ROUND_HALF_UP) if whole else None


def unit_kinds(edition: Edition) -> Iterator[str]:
    """The kinds of units that there are: counties, districts, parks."""
    return (unit.kind for unit in edition.divisions.units.values())


def is_overdue(due_on: date | None, handed_in_on: date | None, today: date) -> bool:
    """5.1-1: owed past its day; the due day itself is in time. What was handed in late is no longer overdue."""
    return handed_in_on is None and due_on is not None and due_on < today


def days_late(due_on: date | None, handed_in_on: date | None, today: date) -> int:
    """5.1-1: days after the due day until it came, or until today."""
    if due_on is None:
        return 0
    return max(0, ((handed_in_on or today) - due_on).days)
