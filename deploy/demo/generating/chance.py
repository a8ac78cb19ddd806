"""Chance that is the same in every Python: only `random()`, whose sequence the library promises to keep for a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeVar

T = TypeVar("T")

SEED = "mengchuang-demo-1"

_LONG_HOLIDAYS = (
    (date(2019, 2, 4), date(2019, 2, 10)),
    (date(2019, 5, 1), date(2019, 5, 4)),
    (date(2019, 10, 1), date(2019, 10, 7)),
    (date(2020, 1, 24), date(2020, 2, 2)),
    (date(2020, 5, 1), date(2020, 5, 5)),
    (date(2020, 10, 1), date(2020, 10, 8)),
    (date(2021, 2, 11), date(2021, 2, 17)),
    (date(2021, 5, 1), date(2021, 5, 5)),
    (date(2021, 10, 1), date(2021, 10, 7)),
)
"""Days on which nobody signs anything. The files' own list, so that a better calendar leaves them as they are."""


class Chance:
    """One stream of draws for one table, so that a change to one table leaves the others as they are."""

    def __init__(self, stream: str) -> None:
        self._random = random.Random(f"{SEED}/{stream}")  # noqa: S311  # fictional data, no secret

    def share(self) -> float:
        """From 0 up to, not including, 1."""
        return self._random.random()

    def number(self, first: int, last: int) -> int:
        """A whole number from first to last, both included."""
        return first + int(self.share() * (last - first + 1))

    def pick(self, choices: Sequence[T]) -> T:
        return choices[int(self.share() * len(choices))]

    def happens(self, probability: float) -> bool:
        return self.share() < probability

    def near(self, value: float, spread: float = 0.08) -> float:
        """The value, up to `spread` of it more or less."""
        return value * (1 + spread * (2 * self.share() - 1))

    def day(self, first: date, last: date) -> date:
        """A day of work from first to last; one that falls on a weekend or holiday moves on, or back at the end."""
        day = weekday(first + timedelta(days=self.number(0, max(0, (last - first).days))))
        while day > last or _rests(day):
            day -= timedelta(days=1)
        return day


def weekday(day: date) -> date:
    """The day itself, or the first one after a weekend or a long holiday."""
    while _rests(day):
        day += timedelta(days=1)
    return day


def days_after(day: date, count: int) -> date:
    """`count` days later, or the first day after the weekend or holiday that would be."""
    return weekday(day + timedelta(days=count))


def _rests(day: date) -> bool:
    return day.weekday() > 4 or any(first <= day <= last for first, last in _LONG_HOLIDAYS)
