"""Figures that name nobody (4.3-4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from shared.money import ZERO
from shared.policy.decision import Decision
from shared.policy.edition import Edition

_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Sums:
    """Answers of several enterprises, added up; `satisfaction` is the sum of the marks, `income` in yuan."""

    issuer_division: str | None
    surveys: int
    respondents: int
    jobs_created: int
    ip_applied: int
    ip_granted: int
    income: Decimal
    satisfaction: int

    @property
    def mean(self) -> str | None:
        """The mean mark, rounded half up."""
        if self.respondents == 0:
            return None
        return f"{(Decimal(self.satisfaction) / self.respondents).quantize(_CENT, ROUND_HALF_UP)}"


def added(parts: Sequence[Sums], issuer_division: str | None = None) -> Sums:
    """All of them together."""
    return Sums(
        issuer_division=issuer_division,
        surveys=sum(part.surveys for part in parts),
        respondents=sum(part.respondents for part in parts),
        jobs_created=sum(part.jobs_created for part in parts),
        ip_applied=sum(part.ip_applied for part in parts),
        ip_granted=sum(part.ip_granted for part in parts),
        income=sum((part.income for part in parts), ZERO),
        satisfaction=sum(part.satisfaction for part in parts),
    )


def shown_lines(parts: Sequence[Sums], least: int) -> tuple[list[Sums], Sums | None]:
    """4.3-4: the lines that may be shown, and the rest put together (None without one). The rest may be shown too if
    `least` enterprises answered in it; the caller looks at its number."""
    large = [part for part in parts if part.respondents >= least]
    small = [part for part in parts if part.respondents < least]
    return large, added(small) if small else None


def decide_year(edition: Edition, year: int, today_year: int) -> Decision:
    """4.3-4: what came of a year can be asked once it has begun."""
    passed = year <= today_year
    message = "outcome-year-begun" if passed else "outcome-year-to-come"
    return edition.decision(
        edition.result("vouchers.outcome", passed, {"year": year}, limit=today_year, message=message)
    )


def decide_anybody(edition: Edition, asked: int) -> Decision:
    """4.3-4: a survey asks those who used vouchers; without any there is nothing to ask."""
    message = "outcome-users-found" if asked else "outcome-nobody-to-ask"
    return edition.decision(edition.result("vouchers.outcome", asked > 0, {"asked": asked}, message=message))
