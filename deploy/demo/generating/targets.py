"""How far the city came with its targets of 2019 (1.2-3, 1.2-4): invented figures, quarter by quarter."""

from __future__ import annotations

from datetime import date
from typing import Final

from deploy.demo import tables

_FIGURES: Final = {
    "new_entities": ("6900", "15320"),
    "entity_revenue": ("31500000000", "69800000000"),
    "new_jobs": ("3900", "8420"),
    "new_high_tech": ("4", "9"),
    "new_tech_sme": ("13", "24"),
    "granted_patents": ("236", "547"),
    "carrier_output": ("2300000000", "5410000000"),
}
"""By the half-year and by the year's end; one of them falls short."""
_WAITS: Final = "carrier_output"


def make_target_figures() -> list[tables.TargetFigure]:
    """Two quarters of each target that is not computed; the last figure of one waits for its second person."""
    return [
        tables.TargetFigure(
            item=item,
            year=2019,
            quarter=quarter,
            value=values[place],
            document_no=f"示例统计〔{entered.year}〕{number:02}-{quarter}",
            entered_on=entered,
            confirmed_on=None if (item, quarter) == (_WAITS, 4) else confirmed,
        )
        for number, (item, values) in enumerate(_FIGURES.items(), start=1)
        for place, (quarter, entered, confirmed) in enumerate(
            ((2, date(2019, 7, 16), date(2019, 7, 18)), (4, date(2020, 1, 15), date(2020, 1, 17)))
        )
    ]
