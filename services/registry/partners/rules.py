"""Where a partner comes from, and what a joint carrier rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.policy.decision import Decision
from shared.policy.edition import Edition

PROVINCES: Final = frozenset(
    f"{first_two}0000"
    for first_two in (
        *("11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37"),
        *("41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65"),
        *("71", "81", "82"),
    )
)
"""GB/T 2260: provinces, autonomous regions, municipalities and special administrative regions."""


@dataclass(frozen=True, slots=True)
class Term:
    """When an agreement is in force; both days are included, an early end cuts it short."""

    valid_from: date
    valid_until: date | None
    ended_on: date | None

    def covers(self, day: date) -> bool:
        last = min((end for end in (self.valid_until, self.ended_on) if end is not None), default=None)
        return self.valid_from <= day and (last is None or day <= last)


def is_inland(edition: Edition, origin_province: str) -> bool:
    """2.1-3: a partner from another province than the city's."""
    return origin_province[:2] != edition.city_code[:2]


def decide_joint_carrier(edition: Edition, term: Term, set_up_on: date) -> Decision:
    """2.1-3: a carrier is set up together under an agreement in force on that day."""
    covered = term.covers(set_up_on)
    return edition.decision(
        edition.result(
            "partners.joint_carrier",
            covered,
            {
                "set_up_on": set_up_on,
                "valid_from": term.valid_from,
                "valid_until": term.valid_until,
                "ended_on": term.ended_on,
            },
            message="agreement-in-force" if covered else "agreement-not-in-force",
        )
    )
