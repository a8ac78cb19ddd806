"""Grades of a whole year in memory: what the official grading does in SQL, for a year that nobody is graded by."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from services.evaluation.rubrics.rules import (
    EXEMPT,
    NOT_GRADED,
    Listing,
    Standing,
    decide_grade,
    decide_graded,
    decide_vetoes,
)
from shared.policy.edition import Edition


@dataclass(frozen=True, slots=True)
class Entrant:
    """A centre's year with its score by one rubric."""

    id: UUID
    tier: str
    listing: Listing
    exempt: bool
    vetoes: tuple[str, ...]
    score: Decimal


def grades_of(edition: Edition, year: int, entrants: Sequence[Entrant]) -> dict[UUID, str]:
    """2.3-3: bands, and the best share of each tier among its graded centres; vetoed ones count but take no place
    before others."""
    alone = {entrant.id: _grade(edition, year, entrant, Standing(place=1, graded=0)) for entrant in entrants}
    graded = [entrant for entrant in entrants if alone[entrant.id] not in (EXEMPT, NOT_GRADED)]
    places = _places(edition, graded)
    return alone | {entrant.id: _grade(edition, year, entrant, places[entrant.id]) for entrant in graded}


def _grade(edition: Edition, year: int, entrant: Entrant, standing: Standing) -> str:
    graded = decide_graded(edition, year, entrant.listing)
    against = decide_vetoes(edition, entrant.vetoes)
    return decide_grade(edition, graded, against, entrant.score, standing, exempt=entrant.exempt).grade


def _places(edition: Edition, graded: Sequence[Entrant]) -> dict[UUID, Standing]:
    known = set(edition.rubric.vetoes)
    places: dict[UUID, Standing] = {}
    for tier in {entrant.tier for entrant in graded}:
        own = [entrant for entrant in graded if entrant.tier == tier]
        order = sorted((not known.isdisjoint(entrant.vetoes), -entrant.score) for entrant in own)
        for entrant in own:
            key = (not known.isdisjoint(entrant.vetoes), -entrant.score)
            places[entrant.id] = Standing(bisect_left(order, key) + 1, len(own))
    return places
