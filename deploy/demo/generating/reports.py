"""Quarterly reports that agree with the stays, and that are as good as the year is meant to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Final, TypeAlias

from deploy.demo import tables
from deploy.demo.generating.centres import PLANS, Plan
from deploy.demo.generating.chance import Chance, days_after
from deploy.demo.generating.enterprises import YEARS, Population, Stay
from shared.calendar import add_months


@dataclass(frozen=True, slots=True)
class Level:
    """How a year goes: `share` of what earns the whole mark; chances of late, missing, returned and patchy reports."""

    share: float
    late: float
    missing: float
    returned: float
    correction_days: tuple[int, int]
    gaps: int


LEVELS: Final = {
    "excellent": Level(0.98, 0.0, 0.0, 0.08, (1, 4), 0),
    "good": Level(0.81, 0.05, 0.0, 0.15, (1, 5), 0),
    "pass": Level(0.6, 0.25, 0.0, 0.2, (2, 9), 1),
    "fail": Level(0.3, 0.55, 0.3, 0.4, (9, 16), 4),
    "exempt": Level(0.45, 0.4, 0.2, 0.3, (5, 12), 2),
    "new": Level(0.8, 0.0, 0.0, 0.0, (1, 4), 0),
}

SILENT: Final = {("C07", 2020)}
"""A whole year without a report, which is a veto."""

_OPTIONAL: Final = ("mentors", "trained_staff", "enterprises_with_ip", "financing_matches", "attendance", "bank_loans")
_RETURNABLE: Final = ("area_used_m2", "jobs", "confirmed_services", "specialist_staff")
_LAST_ACCEPTANCE: Final = (1, 26)
"""Month and day after which no report of the year before is accepted: the scoring begins."""


def make_reports(
    centres: list[tables.Centre], population: Population, projects: Sequence[tables.Project]
) -> list[tables.Report]:
    """By centre, year and quarter; none for quarters before the listing or after the delisting."""
    reports: list[tables.Report] = []
    for plan, centre in zip(PLANS, centres, strict=True):
        for year in YEARS:
            level = plan.years[year - 2019]
            if level == "gone" or (plan.key, year) in SILENT:
                continue
            chance = Chance(f"reports/{plan.key}/{year}")
            reports += _year(plan, centre, year, LEVELS[level], _all_stays(population, projects, plan.key), chance)
    return reports


def _all_stays(population: Population, projects: Sequence[tables.Project], centre: str) -> list[Presence]:
    """Teams count as enterprises do."""
    teams = [_TeamStay(project.admitted_on, project.closed_on) for project in projects if project.centre == centre]
    return [*population.of(centre), *teams]


def _year(
    plan: Plan, centre: tables.Centre, year: int, level: Level, stays: Sequence[Presence], chance: Chance
) -> Iterator[tables.Report]:
    at_end = sum(stay.present_on(date(year, 12, 31)) for stay in stays)
    quarters = [quarter for quarter in (1, 2, 3, 4) if centre.listed_on <= _last_day(year, quarter)]
    flows = _Flows(plan, level, at_end, chance)
    for place, quarter in enumerate(quarters):
        form = {
            **_stays_of(stays, year, quarter),
            **_stocks(plan, centre, level, sum(stay.present_on(_last_day(year, quarter)) for stay in stays)),
            **flows.part(place, len(quarters)),
        }
        form["enterprises_served"] = min(
            _number(form, "incubatees_opening") + _number(form, "admitted"), round(at_end * min(1.0, level.share + 0.1))
        )
        form["enterprises_financed"] = min(_number(form, "enterprises_financed"), _number(form, "enterprises_served"))
        for _ in range(level.gaps):
            if chance.happens(0.6):
                form[chance.pick(_OPTIONAL)] = None
        if quarter != 4 and chance.happens(level.missing):
            continue
        yield _report(plan, year, quarter, level, form, chance)


def _report(
    plan: Plan, year: int, quarter: int, level: Level, form: dict[str, object], chance: Chance
) -> tables.Report:
    month = add_months(date(year, 3 * quarter - 2, 1), 3)
    late = chance.happens(level.late)
    submitted = chance.day(month.replace(day=4), month.replace(day=12))
    if late:
        submitted = chance.day(month.replace(day=18), month.replace(day=20 if quarter == 4 else 28))
    returned = corrected = None
    accepted = days_after(submitted, chance.number(2, 5))
    if chance.happens(level.returned):
        returned = days_after(submitted, chance.number(2, 4))
        corrected = days_after(returned, chance.number(*level.correction_days))
        accepted = days_after(corrected, chance.number(1, 4))
    limit = date(year + 1, *_LAST_ACCEPTANCE)
    if accepted > limit:
        returned = corrected = None
        accepted = min(days_after(submitted, 3), limit)
    return tables.Report(
        centre=plan.key,
        year=year,
        quarter=quarter,
        submitted_on=submitted,
        returned_on=returned,
        returned_field=chance.pick(_RETURNABLE) if returned else None,
        corrected_on=corrected,
        accepted_on=accepted,
        **{name: form[name] for name in tables.FORM_FIELDS},  # type: ignore[arg-type]  # checked by the model
    )


def _stays_of(stays: Sequence[Presence], year: int, quarter: int) -> dict[str, object]:
    first, last = date(year, 3 * quarter - 2, 1), _last_day(year, quarter)
    before = first - timedelta(days=1)
    ended = [stay for stay in stays if stay.ended_on is not None and first <= stay.ended_on <= last]
    cohort = [stay for stay in stays if first <= add_months(stay.admitted_on, 12) <= last]
    closed = [stay for stay in cohort if stay.exit_reason == "ceased"]
    return {
        "incubatees_opening": sum(stay.present_on(before) for stay in stays),
        "admitted": sum(first <= stay.admitted_on <= last for stay in stays),
        "graduated": sum(stay.criterion is not None for stay in ended),
        "exited": sum(stay.criterion is None for stay in ended),
        "incubatees": sum(stay.present_on(last) for stay in stays),
        "long_stay_enterprises": 0,
        "alive_after_12_months": len(cohort) - len(closed),
    }


def _stocks(plan: Plan, centre: tables.Centre, level: Level, n: int) -> dict[str, object]:
    """What is there on the quarter's last day, for n incubatees."""
    share = level.share
    staff = ceil(n / 10 * min(1.1, share + 0.1))
    jobs_each = 3 if plan.remote else 5
    return {
        "mentors": int(n / 10 * share + 0.5),
        "specialist_staff": staff,
        "trained_staff": min(staff, round(staff * min(1.0, share + 0.1))),
        "area_used_m2": min(int(centre.incubation_area_m2), round(float(centre.total_area_m2) * 0.62 * share)),
        "enterprises_with_ip": min(n, int(0.25 * n * share + 0.5)),
        "jobs": round(n * jobs_each * share * 1.02),
    }


@dataclass(frozen=True, slots=True)
class _TeamStay:
    """A project's stay; one that is given up ceases."""

    admitted_on: date
    ended_on: date | None
    criterion: str | None = None

    @property
    def exit_reason(self) -> str | None:
        return "ceased" if self.ended_on else None

    def present_on(self, day: date) -> bool:
        return self.admitted_on <= day and (self.ended_on is None or self.ended_on > day)


Presence: TypeAlias = Stay | _TeamStay


class _Flows:
    """A year's sums, dealt out over its quarters."""

    def __init__(self, plan: Plan, level: Level, n: int, chance: Chance) -> None:
        share = level.share
        money = round(n * 82_000 * share * chance.near(1)) // 100 * 100
        events = ceil(min(10, max(2, ceil(n / 5))) * share - 0.2)
        higher = min(events, 2 if share > 0.8 else 1 if share > 0.6 else 0)
        self._chance = chance
        self._higher = higher
        self._sums = {
            "confirmed_services": round(4 * n * min(1.0, share)),
            "enterprises_financed": round(0.085 * n * share + 0.3),
            "financing_matches": int(min(5, max(1, ceil(n / 4))) * 0.8 * share + 0.5),
            "attendance": round(min(300, max(50, 10 * n)) * share),
            "events": events,
            "equity_financing": round(money * 0.4),
            "bank_loans": money - round(money * 0.4),
        }

    def part(self, place: int, of: int) -> dict[str, object]:
        """The share of one of `of` quarters; what does not divide goes to the last."""
        parts = {name: self._of(total, place, of) for name, total in self._sums.items()}
        higher = self._of(self._higher, place, of)
        lower = parts.pop("events") - higher
        levels = {"centre": max(0, lower), "municipal": higher}
        by_level = tuple(f"{name}:{count}" for name, count in levels.items() if count) or ("centre:0",)
        attendance = parts.pop("attendance") if by_level != ("centre:0",) else 0
        money = {name: f"{parts.pop(name)}.00" for name in ("equity_financing", "bank_loans")}
        return {**parts, **money, "attendance": attendance, "events_by_level": by_level}

    @staticmethod
    def _of(total: int, place: int, of: int) -> int:
        return total * (place + 1) // of - total * place // of


def _last_day(year: int, quarter: int) -> date:
    return add_months(date(year, 3 * quarter - 2, 1), 3) - timedelta(days=1)


def _number(form: dict[str, object], name: str) -> int:
    value = form[name]
    assert isinstance(value, int), name
    return value
