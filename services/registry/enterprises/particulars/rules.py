"""Growth file, technology flags and permits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from shared.calendar import add_months
from shared.enterprise_size import SizeClass, size_class, size_group
from shared.policy.decision import Decision
from shared.policy.edition import Edition

FlagStatus = Literal["not_yet_valid", "valid", "expired", "withdrawn"]


@dataclass(frozen=True, slots=True)
class YearFigures:
    """What a size class rests on; amounts are yuan, assets None where nobody asked for them."""

    staff: int
    revenue: Decimal
    assets: Decimal | None


def decide_size(edition: Edition, industry_code: str, figures: YearFigures) -> tuple[SizeClass | None, Decision]:
    """3.2-4: the size class of a year by the standard that the edition names, with what it was computed from. None
    where the standard does not cover the industry, or a figure that it asks for is missing."""
    standard = edition.enterprise_size.standard.value
    group = size_group(industry_code, standard)
    found = size_class(industry_code, figures.staff, figures.revenue, figures.assets, standard=standard)
    result = edition.result(
        "enterprise.size_class",
        found is not None,
        {
            "industry_code": industry_code,
            "group": group.code if group else None,
            "indicators": ", ".join(group.indicators) if group else None,
            "staff": figures.staff,
            "revenue": figures.revenue,
            "assets": figures.assets,
            "size_class": found,
        },
        limit=standard,
        message="size-class-computed" if found else "size-class-not-computed",
    )
    return found, edition.decision(result)


def latest_end(edition: Edition, kind: str, issued_on: date) -> date:
    """4.2-2: the last day that a certificate of the kind may run to."""
    return add_months(issued_on, edition.incubation.technology_flags[kind].validity_months.value)


def flag_status(issued_on: date, valid_through: date, withdrawn_on: date | None, day: date) -> FlagStatus:
    """4.2-2: how a certificate stands on a day; first and last day count, the day of the withdrawal no more."""
    if day < issued_on:
        return "not_yet_valid"
    if withdrawn_on is not None and day >= withdrawn_on:
        return "withdrawn"
    return "valid" if day <= valid_through else "expired"
