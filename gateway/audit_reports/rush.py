"""How much of a year's money was spent at its end, and by whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Literal

from gateway.audit_reports.schemas import RushCase, RushCases, RushLine, RushOut
from shared.audit.duties import Spending, Spent
from shared.calendar import add_working_days, is_working_day
from shared.money import ZERO

LAST_WORKING_DAYS: Final = 10
_DECEMBER: Final = 12
_UNKNOWN: Final = "-"

By = Literal["total", "month", "day", "programme", "division", "applicant"]


@dataclass(frozen=True, slots=True)
class YearEnd:
    """Where the end begins."""

    year: int
    last_month_from: date
    last_days_from: date
    calendar_complete: bool


def days_of(year: int) -> tuple[date, date]:
    """The fiscal year's first and last day."""
    return date(year, 1, 1), date(year, _DECEMBER, 31)


def end_of(year: int) -> YearEnd:
    """The tenth working day from the end, the last one counted."""
    day, left = date(year, _DECEMBER, 31), LAST_WORKING_DAYS
    while True:
        left -= is_working_day(day)
        if left == 0:
            break
        day -= timedelta(days=1)
    complete = add_working_days(date(year, _DECEMBER, 1), LAST_WORKING_DAYS).certain
    return YearEnd(year, date(year, _DECEMBER, 1), day, complete)


def lines(end: YearEnd, answers: Mapping[str, Spending]) -> RushOut:
    """The total, then months, days of the last month, programmes, divisions and applicants, the most hasty first."""
    spent = [one for answer in answers.values() for one in answer.spent]
    planned = [one for answer in answers.values() for one in answer.planned if one.year == end.year]
    by_programme: dict[str, Decimal] = defaultdict(lambda: ZERO)
    by_division: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for plan in planned:
        by_programme[plan.programme] += plan.amount
        if plan.division is not None:
            by_division[plan.division] += plan.amount
    keys: dict[By, Callable[[Spent], str]] = {
        "programme": lambda one: one.programme,
        "division": lambda one: one.division or _UNKNOWN,
        "applicant": lambda one: one.applicant or _UNKNOWN,
    }
    plans: dict[By, Mapping[str, Decimal]] = {"programme": by_programme, "division": by_division}
    whole = sum((plan.amount for plan in planned), ZERO)
    items = [_line(end, "total", str(end.year), spent, whole or None)]
    items += [
        _line(end, "month", f"{end.year}-{month:02}", [one for one in spent if one.on.month == month], None)
        for month in range(1, _DECEMBER + 1)
    ]
    last = [one for one in spent if one.on >= end.last_month_from]
    items += [
        _line(end, "day", day.isoformat(), [one for one in last if one.on == day], None)
        for day in sorted({one.on for one in last})
    ]
    for by, key_of in keys.items():
        items += _grouped(end, by, key_of, spent, plans.get(by, {}))
    return RushOut(
        year=end.year,
        last_month_from=end.last_month_from,
        last_days_from=end.last_days_from,
        calendar_complete=end.calendar_complete,
        items=items,
    )


def cases(end: YearEnd, answers: Mapping[str, Spending]) -> RushCases:
    """Every payment of the last month."""
    found = [
        RushCase(**one.model_dump(), service=service, in_last_days=one.on >= end.last_days_from)
        for service, answer in answers.items()
        for one in answer.spent
        if one.on >= end.last_month_from
    ]
    found.sort(key=lambda one: (-one.on.toordinal(), -one.amount, one.case_no, str(one.case_id)))
    return RushCases(year=end.year, items=found)


def _grouped(
    end: YearEnd, by: By, key_of: Callable[[Spent], str], spent: Sequence[Spent], plan: Mapping[str, Decimal]
) -> list[RushLine]:
    groups: dict[str, list[Spent]] = defaultdict(list)
    for one in spent:
        groups[key_of(one)].append(one)
    for key in plan:
        groups.setdefault(key, [])
    found = [_line(end, by, key, inside, plan.get(key)) for key, inside in groups.items()]
    return sorted(found, key=lambda line: (-line.in_last_days, -line.in_last_month, -line.spent, line.key))


def _line(end: YearEnd, by: By, key: str, spent: Sequence[Spent], planned: Decimal | None) -> RushLine:
    total = sum((one.amount for one in spent), ZERO)
    month = sum((one.amount for one in spent if one.on >= end.last_month_from), ZERO)
    days = sum((one.amount for one in spent if one.on >= end.last_days_from), ZERO)
    return RushLine(
        by=by,
        key=key,
        spent=total,
        payments=len(spent),
        in_last_month=month,
        in_last_days=days,
        last_month_share=_share(month, total),
        last_days_share=_share(days, total),
        planned=planned,
        planned_share=None if planned is None else _share(total, planned),
    )


def _share(part: Decimal, whole: Decimal) -> str | None:
    """Per cent with one decimal."""
    return f"{part * 100 / whole:.1f}" if whole > 0 else None
