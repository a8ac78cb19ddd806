"""Activities of the year that is counted by records: as many, and of such levels, as the quarterly reports say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from deploy.demo import tables
from deploy.demo.generating.chance import Chance, days_after
from shared.calendar import add_months

BY_RECORDS: Final = 2021
"""The first year from whose beginning the city keeps its register of activities."""

_KINDS: Final = ("创业沙龙", "项目路演", "政策宣讲会", "投融资对接会", "创业训练营", "成果展示会")
_NOT_COUNTED_HEADS: Final = 6
"""Who came where the report leaves the attendance empty."""


def make_centre_activities(
    centres: Sequence[tables.Centre], reports: Sequence[tables.Report]
) -> list[tables.CentreActivity]:
    """By centre and quarter of the year."""
    known = {centre.key: centre for centre in centres}
    return [
        activity
        for report in reports
        if report.year == BY_RECORDS
        for activity in _of_quarter(known[report.centre], report)
    ]


def _of_quarter(centre: tables.Centre, report: tables.Report) -> Iterator[tables.CentreActivity]:
    chance = Chance(f"activities/{centre.key}/{report.year}/{report.quarter}")
    levels = [level for entry in report.events_by_level or () for level in _levels(entry)]
    first = max(date(report.year, 3 * report.quarter - 2, 5), days_after(centre.listed_on, 2))
    last = add_months(date(report.year, 3 * report.quarter - 2, 1), 3) - timedelta(days=16)
    for place, level in enumerate(levels):
        held_on = chance.day(first, last)
        reported_on = days_after(held_on, chance.number(1, 3))
        heads = report.attendance or _NOT_COUNTED_HEADS * len(levels)
        yield tables.CentreActivity(
            centre=centre.key,
            title=f"示例{chance.pick(_KINDS)}（{centre.key}，{report.year}年第{report.quarter}季度之{place + 1}）",
            level=level,
            place=f"{centre.name}路演厅{place + 1}",
            held_on=held_on,
            heads=heads * (place + 1) // len(levels) - heads * place // len(levels),
            reported_on=reported_on,
            verified_on=days_after(reported_on, chance.number(2, 6)),
        )


def _levels(entry: str) -> list[str]:
    """`municipal:2` is two of them."""
    level, count = entry.split(":")
    return [level] * int(count)
