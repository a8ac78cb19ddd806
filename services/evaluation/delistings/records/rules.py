"""Which years count for a centre: its own, and those of the centres that it goes on from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from services.evaluation.delistings.rules import Outcome
from services.evaluation.rubrics.rules import Listing


@dataclass(frozen=True, slots=True)
class Registration:
    """A centre's time on the list. `first_operator` listed it, `last_operator` ran it when it left."""

    id: str
    first_operator: str
    last_operator: str
    listed_on: date | None
    withdrawn_on: date | None


@dataclass(frozen=True, slots=True)
class Year:
    """A year's final outcome; `graded` is False where the centre was evaluated and got no grade."""

    outcome: Outcome
    graded: bool


def predecessors(centres: Sequence[Registration], declared: Mapping[str, str]) -> dict[str, str]:
    """2.3-5: each centre's predecessor, by id. A declared one counts; else the centre that the same operator had taken
    off the list last before this one was listed, unless another one was listed in between and goes on from it.

    Who leaves the list and registers again, under whatever name, starts no new count.
    """
    found = dict(declared)
    taken = set(declared.values())
    known = [centre for centre in centres if centre.listed_on is not None and centre.id not in declared]
    for centre in sorted(known, key=lambda centre: (centre.listed_on or date.min, centre.id)):
        left = [
            (other.withdrawn_on, other.id)
            for other in centres
            if other.withdrawn_on is not None
            and centre.listed_on is not None
            and other.withdrawn_on <= centre.listed_on
            and other.last_operator == centre.first_operator
            and other.id not in (centre.id, *taken)
        ]
        if left:
            found[centre.id] = max(left)[1]
            taken.add(found[centre.id])
    return found


def joined_years(own: Mapping[int, Year], earlier: Mapping[int, Year]) -> dict[int, Year]:
    """2.3-5: a year of the predecessor's counts unless the centre was graded for that year itself."""
    joined = dict(earlier)
    for year, found in own.items():
        if found.graded or year not in joined:
            joined[year] = found
    return joined


def years_off_list(line: Sequence[Listing], years: Mapping[int, Year]) -> set[int]:
    """2.3-5: the years between a withdrawal and the registration that goes on from it in which neither centre could be
    graded: not listed at all, or too short. They neither count nor end a run. A year that has a result still to come
    is none of them, nor is any after a delisting, which has answered the fails before it.

    `line` is the centre and those before it, the youngest first; `years` their joined results.
    """
    found: set[int] = set()
    for younger, older in pairwise(line):
        if younger.listed_on is None or older.withdrawn_on is None or older.delisted_on is not None:
            continue
        left, came = older.withdrawn_on.year, younger.listed_on.year
        for year in range(left, came + 1):
            result = years.get(year)
            if not result.graded if result is not None else left < year < came:
                found.add(year)
    return found
