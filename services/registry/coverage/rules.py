"""Which centre counts where, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from shared.policy.edition import Edition
from shared.policy.rules import counting_division

SPECIALISED: Final = "specialised"
SPECIALISED_TARGET: Final = "specialised_centres"


@dataclass(frozen=True, slots=True)
class Placed:
    """A centre on the list on the day, with its tier of that day."""

    id: UUID
    no: str
    name: str
    tier: str
    owner_division: str
    site_division: str
    enclave: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One county or district: its centres, and how many of them its parks own."""

    code: str
    centres: tuple[Placed, ...]
    by_park: dict[str, int]
    required: int

    @property
    def gap(self) -> int:
        return max(0, self.required - len(self.centres))

    def by_tier(self) -> dict[str, int]:
        return dict(Counter(centre.tier for centre in self.centres))


@dataclass(frozen=True, slots=True)
class Target:
    """A count against the number that the edition names. `above` are centres of higher tiers, not counted."""

    actual: int
    above: int
    by_division: dict[str, int]
    target: Decimal
    clause: str

    @property
    def missing(self) -> int:
        return max(0, int(self.target) - self.actual)

    @property
    def met(self) -> bool:
        return self.actual >= self.target


def matrix(edition: Edition, centres: Sequence[Placed]) -> list[Row]:
    """1.2-5: a row for every county and district of the edition; each centre stands in exactly one."""
    units = edition.divisions.units
    homes: dict[str, list[Placed]] = {code: [] for code, unit in units.items() if not unit.within}
    for centre in centres:
        homes.setdefault(counting_division(edition, centre.owner_division), []).append(centre)
    return [
        Row(
            code=code,
            centres=tuple(placed),
            by_park={
                park: sum(centre.owner_division == park for centre in placed)
                for park, unit in units.items()
                if unit.within == code
            },
            required=edition.divisions.centres_per_division.value,
        )
        for code, placed in homes.items()
    ]


def specialised_target(edition: Edition, centres: Sequence[Placed]) -> Target | None:
    """1.2-5: at least so many specialised centres; None where the edition names no number."""
    item = edition.targets.items.get(SPECIALISED_TARGET)
    if item is None:
        return None
    counted = [centre for centre in centres if centre.tier == SPECIALISED]
    order = list(edition.tiers)
    higher = order[order.index(SPECIALISED) + 1 :] if SPECIALISED in order else []
    return Target(
        actual=len(counted),
        above=sum(centre.tier in higher for centre in centres),
        by_division=dict(
            sorted(Counter(counting_division(edition, centre.owner_division) for centre in counted).items())
        ),
        target=item.value.value,
        clause=item.value.clause,
    )
