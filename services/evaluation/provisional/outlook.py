"""Scores and grades of a year that is not decided, from the lowest to the highest it can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from pydantic import JsonValue

from services.evaluation.evaluations.gather import Frame, Gathered, Subject
from services.evaluation.provisional.levers import Gain, gains, levers_of
from services.evaluation.rubrics.facts import Facts
from services.evaluation.rubrics.rules import (
    Grade,
    Score,
    Standing,
    decide_grade,
    decide_graded,
    decide_vetoes,
    score,
)
from shared.policy.edition import Edition

_NO_PLACE = Standing(place=1, graded=0)
"""Nobody knows the others' scores: no band that only a tier's best reach."""

_BEST_MARK = Decimal(100)


@dataclass(frozen=True, slots=True)
class Outlook:
    """The score on what is there, and between which bounds it lies."""

    facts: Facts
    lineage: Mapping[str, JsonValue]
    """What the facts rest on."""
    score: Score
    lowest: Score
    highest: Score
    grade: Grade
    grade_lowest: Grade
    grade_highest: Grade
    unmarked: tuple[str, ...]
    """Expert indicators without a mark."""
    gains: Sequence[Gain]
    may_be_excellent: bool
    """The highest score reaches a band that has places for the tier's best only."""


def outlook_of(frame: Frame, subject: Subject, so_far: Gathered, at_best: Gathered) -> Outlook:
    """2.3-2, 2.3-3: the official formulas on the facts so far, and on those with nothing missing."""
    edition, rubric = frame.edition, frame.edition.rubric
    experts = [indicator.id for indicator in rubric.with_bonus if indicator.kind == "expert"]
    unmarked = tuple(name for name in experts if name not in so_far.facts.marks)
    both = (so_far.facts, at_best.facts)
    now = score(rubric, so_far.facts)
    lowest = min((score(rubric, facts) for facts in both), key=_exact)
    highest = max((score(rubric, _marked(facts, unmarked)) for facts in both), key=_exact)
    levers = levers_of(rubric, tuple(edition.activities.levels))
    over = frame.as_of > frame.last_day
    return Outlook(
        facts=so_far.facts,
        lineage=so_far.lineage,
        score=now,
        lowest=lowest,
        highest=highest,
        grade=_grade(frame, subject, now, so_far.vetoes),
        grade_lowest=_grade(frame, subject, lowest, so_far.vetoes),
        grade_highest=_grade(frame, subject, highest, at_best.vetoes),
        unmarked=unmarked,
        gains=gains(rubric, so_far.facts, levers, year_over=over),
        may_be_excellent=_may_be_best(edition, highest.rounded),
    )


def _exact(computed: Score) -> Fraction:
    return computed.exact


def _marked(facts: Facts, unmarked: Sequence[str]) -> Facts:
    """With the best mark wherever there is none."""
    return replace(facts, marks=dict.fromkeys(unmarked, _BEST_MARK) | dict(facts.marks))


def _grade(frame: Frame, subject: Subject, computed: Score, vetoes: Sequence[str]) -> Grade:
    edition = frame.edition
    graded = decide_graded(edition, frame.year, subject.listing)
    against = decide_vetoes(edition, vetoes)
    return decide_grade(edition, graded, against, computed.rounded, _NO_PLACE, exempt=subject.exempt)


def _may_be_best(edition: Edition, rounded: Decimal) -> bool:
    return any(band.top_share is not None and rounded >= band.minimum for band in edition.rubric.bands)
