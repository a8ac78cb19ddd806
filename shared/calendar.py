"""Working days and terms: the national calendar overlaid with the region's holidays, and months by the Civil Code.

Regional holidays are announced year by year. A term that crosses a year without data is computed all the same, from
Monday to Friday, and carries warnings for the person who serves the notice.
"""

import csv
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import chinese_calendar

_ONE_DAY = timedelta(days=1)

WarningCode = Literal["national_missing", "regional_missing", "regional_unconfirmed"]


@dataclass(frozen=True, slots=True)
class RegionalDay:
    day: date
    off: bool
    name: str
    confirmed: bool
    notice: str


@dataclass(frozen=True, slots=True)
class CalendarWarning:
    """`days` names the unconfirmed regional holidays that the term crossed; empty for missing data."""

    code: WarningCode
    year: int
    days: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkingDay:
    """A computed day, and what it was computed without."""

    day: date
    warnings: tuple[CalendarWarning, ...] = ()

    @property
    def certain(self) -> bool:
        return not self.warnings


def add_months(day: date, months: int) -> date:
    """The corresponding day, or the month's last day where there is none (Civil Code art. 202); the first day is not
    counted. Negative months count back."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add_years(day: date, years: int) -> date:
    return add_months(day, 12 * years)


def parse_regional(lines: Iterable[str]) -> dict[date, RegionalDay]:
    """Rows `date,off|work,name,confirmed|unconfirmed,notice`; lines that begin with # are comments. Raises ValueError
    naming the row."""
    days: dict[date, RegionalDay] = {}
    for row in csv.reader(line for line in lines if line.strip() and not line.startswith("#")):
        if len(row) != 5 or row[1] not in ("off", "work") or row[3] not in ("confirmed", "unconfirmed"):
            raise ValueError(f"not a regional holiday: {','.join(row)}")
        day = date.fromisoformat(row[0])
        if day in days:
            raise ValueError(f"regional holiday listed twice: {day}")
        days[day] = RegionalDay(day, row[1] == "off", row[2], row[3] == "confirmed", row[4])
    return days


class WorkCalendar:
    """National calendar with one region's days on top."""

    def __init__(self, regional: Mapping[date, RegionalDay]) -> None:
        self._regional = regional
        self._regional_years = {day.year for day in regional}

    def is_working_day(self, day: date) -> bool:
        """A regional row decides; else the national calendar; in a year without one, Monday to Friday."""
        if (regional := self._regional.get(day)) is not None:
            return not regional.off
        national = _national(day)
        return day.weekday() < 5 if national is None else national

    def add_working_days(self, day: date, count: int) -> WorkingDay:
        """The last of `count` working days; `day` itself is not counted. Raises ValueError for a negative count."""
        if count < 0:
            raise ValueError("working days are counted forwards")
        last = day
        while count:
            last += _ONE_DAY
            count -= self.is_working_day(last)
        return WorkingDay(last, self._warnings(day + _ONE_DAY, last))

    def roll_forward(self, day: date) -> WorkingDay:
        """The day itself, or the next working day where a term would end on a holiday."""
        rolled = day
        while not self.is_working_day(rolled):
            rolled += _ONE_DAY
        return WorkingDay(rolled, self._warnings(day, rolled))

    def year_warnings(self, year: int) -> tuple[CalendarWarning, ...]:
        """What is missing or unconfirmed for a whole year: what the office has to supply."""
        return self._warnings(date(year, 1, 1), date(year, 12, 31))

    def _warnings(self, first: date, last: date) -> tuple[CalendarWarning, ...]:
        warnings: list[CalendarWarning] = []
        for year in range(first.year, last.year + 1):
            if _national(date(year, 1, 1)) is None:
                warnings.append(CalendarWarning("national_missing", year))
            if year not in self._regional_years:
                warnings.append(CalendarWarning("regional_missing", year))
            crossed = [day for day, row in self._regional.items() if first <= day <= last and not row.confirmed]
            if unconfirmed := tuple(sorted(day for day in crossed if day.year == year)):
                warnings.append(CalendarWarning("regional_unconfirmed", year, unconfirmed))
        return tuple(warnings)


@lru_cache(maxsize=16_384)  # the package looks for its first and last year on every call: 25 µs
def _national(day: date) -> bool | None:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None


def _bundled() -> WorkCalendar:
    text = files("shared").joinpath("data", "holidays-xizang.csv").read_text(encoding="utf-8")
    return WorkCalendar(parse_regional(text.splitlines()))


XIZANG = _bundled()


def is_working_day(day: date) -> bool:
    return XIZANG.is_working_day(day)


def add_working_days(day: date, count: int) -> WorkingDay:
    """In Lhasa; see `WorkCalendar.add_working_days`."""
    return XIZANG.add_working_days(day, count)


def roll_forward(day: date) -> WorkingDay:
    """In Lhasa; see `WorkCalendar.roll_forward`."""
    return XIZANG.roll_forward(day)
