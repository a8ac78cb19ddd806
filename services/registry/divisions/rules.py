"""What a division owes, and when it is late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.policy.edition import Edition

LEADING_GROUP: Final = "leading_group"


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


def is_overdue(due_on: date | None, handed_in_on: date | None, today: date) -> bool:
    """5.1-1: owed past its day; the due day itself is in time. What was handed in late is no longer overdue."""
    return handed_in_on is None and due_on is not None and due_on < today


def days_late(due_on: date | None, handed_in_on: date | None, today: date) -> int:
    """5.1-1: days after the due day until it came, or until today."""
    if due_on is None:
        return 0
    return max(0, ((handed_in_on or today) - due_on).days)
