"""Whether a centre's grade is good enough for what it applies for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.policy.decision import RuleResult
from shared.policy.edition import Edition

UNGRADED: Final = ("exempt", "not_graded")
"""Results of a year that say nothing about the centre: the year before counts."""


@dataclass(frozen=True, slots=True)
class Grade:
    """A centre's published grade of a year, and which version of the result says so."""

    year: int
    grade: str
    version: int
    published_on: date


def latest_by(grades: Iterable[Grade], day: date) -> Grade | None:
    """2.3-3: of what was published by the day that of the latest graded year; exempt years are passed over."""
    known = [grade for grade in grades if grade.published_on <= day and grade.grade not in UNGRADED]
    return max(known, key=lambda grade: (grade.year, grade.version), default=None)


def decide_grade(edition: Edition, rule: str, minimum: str, latest: Grade | None) -> RuleResult:
    """2.3-3: the grade of the latest graded year is at least `minimum`, in the order of the rubric's bands; an empty
    minimum tests nothing. A centre that was never graded is not refused, and the result says so."""
    if latest is None:
        return edition.result(rule, True, {"grade": None}, limit=minimum or None, message="grade-none-yet")
    order = [band.id for band in edition.rubric.bands]
    known = latest.grade in order
    passed = not minimum or (known and order.index(latest.grade) >= order.index(minimum))
    return edition.result(
        rule,
        passed,
        {"grade": latest.grade, "year": latest.year, "version": latest.version},
        limit=minimum or None,
        message="grade-high-enough" if passed else "grade-too-low",
    )
