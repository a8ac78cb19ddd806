"""Size classes of enterprises by 工信部联企业〔2011〕300号.

Figures live in `shared/data/<standard>.csv`, with the industries that 国统字〔2017〕213号 assigns to each group.
Amounts there are 万元; callers give yuan.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Final, Literal

SizeClass = Literal["large", "medium", "small", "micro"]

SIZE_CLASSES: Final[tuple[SizeClass, ...]] = ("large", "medium", "small", "micro")
STANDARD: Final = "sme_2011_300"

_WITH_FLOORS: Final[tuple[SizeClass, ...]] = ("large", "medium", "small")
_WAN: Final = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class SizeGroup:
    """One line of the standard: which indicators count, and the floor of each in each class (yuan, persons)."""

    code: str
    name: str
    floors: Mapping[SizeClass, Mapping[str, Decimal]]

    @property
    def indicators(self) -> tuple[str, ...]:
        return tuple(self.floors["small"])


def size_class(
    industry_code: str,
    staff: int | None,
    income: Decimal | None,
    assets: Decimal | None,
    *,
    standard: str = STANDARD,
) -> SizeClass | None:
    """3.2-4: the class by year-end staff, the year's income and year-end total assets (yuan).

    Large, medium and small need every floor of their line, otherwise the enterprise is one class lower; for micro one
    is enough. None where the standard does not cover the industry or an indicator that it asks for is not known.
    """
    group = size_group(industry_code, standard)
    given = {"staff": None if staff is None else Decimal(staff), "income": income, "assets": assets}
    if group is None:
        return None
    values = {name: given[name] for name in group.indicators}
    if any(value is None for value in values.values()):
        return None
    for name in _WITH_FLOORS:
        floors = group.floors[name]
        if all(value is not None and value >= floors[indicator] for indicator, value in values.items()):
            return name
    return "micro"


def size_group(industry_code: str, standard: str = STANDARD) -> SizeGroup | None:
    """The line for an industry (section letter and digits of GB/T 4754-2017): the longest beginning counts. None where
    the standard covers it not. Raises FileNotFoundError for a standard whose figures are not there."""
    groups = _groups(standard)
    fitting = [prefix for prefix in groups if industry_code.startswith(prefix)]
    return groups[max(fitting, key=len)] if fitting else None


@lru_cache
def _groups(standard: str) -> Mapping[str, SizeGroup]:
    lines = files("shared").joinpath("data", f"{standard}.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    by_code: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        by_code.setdefault(row["group"], []).append(row)
    groups = {code: _group(code, found) for code, found in by_code.items()}
    return {prefix: groups[row["group"]] for row in rows for prefix in row["industries"].split("|")}


def _group(code: str, rows: Sequence[Mapping[str, str]]) -> SizeGroup:
    floors: dict[SizeClass, Mapping[str, Decimal]] = {
        name: {row["indicator"]: Decimal(row[name]) * _unit(row["indicator"]) for row in rows if row[name]}
        for name in _WITH_FLOORS
    }
    return SizeGroup(code, rows[0]["name"], floors)


def _unit(indicator: str) -> Decimal:
    return Decimal(1) if indicator == "staff" else _WAN
