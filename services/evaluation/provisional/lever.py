"""What one thing that a centre can still do is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.evaluation.rubrics.facts import Facts
from services.evaluation.rubrics.texts import Said

Change = Callable[[Facts, int], Facts]
Room = Callable[[Facts], int]

ENDLESS: Final = 1_000_000
ONE: Final = Said("个", "one")
PERSON: Final = Said("人", "person")


@dataclass(frozen=True, slots=True)
class Lever:
    """One input that a centre can raise. `room` is how many units are possible at all; `in_year` ones only as long as
    the year lasts."""

    input: str
    title: Said
    unit: Said
    formulas: frozenset[str]
    change: Change
    room: Room = lambda _: ENDLESS
    in_year: bool = True
