"""What the city budgets for its programmes (3.1-4): before the year begins, the first time once the policy is out."""

from __future__ import annotations

from datetime import date
from typing import Final

from deploy.demo import tables

_LINES: Final = {
    "grants": 6_000_000,
    "interest_subsidy": 1_000_000,
    "guarantee_compensation": 800_000,
    "angel_fund": 5_000_000,
    "financing_reward": 600_000,
    "alliance_support": 400_000,
}
_DAYS: Final = {
    2019: (date(2019, 3, 20), date(2019, 3, 22)),
    2020: (date(2019, 12, 23), date(2019, 12, 26)),
    2021: (date(2020, 12, 21), date(2020, 12, 24)),
}


def make_appropriations() -> list[tables.Appropriation]:
    """Every programme in every year of the story."""
    return [
        tables.Appropriation(
            programme=programme,
            year=year,
            document_no=f"示例财预〔{year}〕{number}号",
            amount=f"{amount}.00",
            proposed_on=proposed_on,
            approved_on=approved_on,
        )
        for year, (proposed_on, approved_on) in _DAYS.items()
        for number, (programme, amount) in enumerate(_LINES.items(), start=1)
    ]
