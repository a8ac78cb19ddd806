"""The hire ratio of a small or micro enterprise, in integers and by both readings of the year (3.2-4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from pydantic import BaseModel, JsonValue

from services.finance.loans.states import CALENDAR, ROLLING
from shared.calendar import add_months
from shared.policy.edition import Edition

_ONE_DAY: Final = timedelta(days=1)
_HUNDRED: Final = 100

NOT_YET_HIRED: Final = "not_yet_hired"
LEFT: Final = "left"
NOT_INSURED: Final = "not_insured"
DISPATCHED: Final = "dispatched"
CONTRACT_TOO_SHORT: Final = "contract_too_short"
CONTRACT_ENDED: Final = "contract_ended"
CONTRACT_NOT_BEGUN: Final = "contract_not_begun"
CLASS_NOT_ELIGIBLE: Final = "class_not_eligible"
COUNTED_BEFORE: Final = "counted_before"


@dataclass(frozen=True, slots=True)
class Hire:
    """A hire as it was sent. `persons` is all that tells one person from another, nothing in a dry run; `contract_to`
    and `left_on` are last days."""

    line: int
    hired_on: date
    contract_from: date
    contract_to: date | None
    insured: bool
    dispatched: bool
    left_on: date | None
    hire_class: str
    persons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """What one hire counts for, and why it does not."""

    line: int
    faults: tuple[str, ...]
    rolling: bool
    calendar: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of the year: its days, both inclusive, the hires in it that count and whether they are enough."""

    window: str
    first_day: date
    last_day: date
    counted: int
    passed: bool


@dataclass(frozen=True, slots=True)
class Calculation:
    """The ratio by both readings. `default` is the edition's; `source` names a later threshold, if one applies."""

    day: date
    staff: int
    percent: int
    staff_limit: int
    required: int
    """The least number of hires that is enough."""
    source: str | None
    default: str
    readings: tuple[Reading, Reading]
    lines: tuple[Counted, ...]

    @property
    def differ(self) -> bool:
        """Whether it matters which reading is taken."""
        return self.readings[0].passed != self.readings[1].passed

    def reading(self, window: str | None) -> Reading:
        """By that reading, or the edition's."""
        wanted = window or self.default
        return next(reading for reading in self.readings if reading.window == wanted)

    def to_json(self) -> dict[str, JsonValue]:
        """As it is kept with the loan: no class, no person."""
        return {
            "day": self.day.isoformat(),
            "staff": self.staff,
            "percent": self.percent,
            "staff_limit": self.staff_limit,
            "required": self.required,
            "source": self.source,
            "default": self.default,
            "differ": self.differ,
            "readings": [_reading_json(reading) for reading in self.readings],
            "lines": [_line_json(line) for line in self.lines],
        }


def calculate(edition: Edition, *, day: date, staff: int, hires: Sequence[Hire]) -> Calculation:
    """3.2-4: 100 × eligible hires ≥ percent × staff, on the day of application, by either reading of the year."""
    percent, limit, source = threshold(edition, day=day, staff=staff)
    lines = _count(edition, day, hires)
    first = {ROLLING: add_months(day, -edition.hire_ratio.window_months.value), CALENDAR: date(day.year, 1, 1)}
    counted = {ROLLING: sum(line.rolling for line in lines), CALENDAR: sum(line.calendar for line in lines)}
    rolling, calendar = (
        Reading(window, first[window], day, counted[window], enough(counted[window], percent=percent, staff=staff))
        for window in (ROLLING, CALENDAR)
    )
    return Calculation(
        day=day,
        staff=staff,
        percent=percent,
        staff_limit=limit,
        required=-(-percent * staff // _HUNDRED),
        source=source,
        default=CALENDAR if edition.hire_ratio.window_is_calendar_year.value else ROLLING,
        readings=(rolling, calendar),
        lines=lines,
    )


def enough(hires: int, *, percent: int, staff: int) -> bool:
    """3.2-4: in integers, so that 25 of 100 is enough and 24 is not."""
    return _HUNDRED * hires >= percent * staff


def threshold(edition: Edition, *, day: date, staff: int) -> tuple[int, int, str | None]:
    """3.2-4: the percentage for that many staff, the number of staff up to which the higher one holds, and the source
    of a later national threshold where the edition adopts those."""
    ratio = edition.hire_ratio
    later = [preset for preset in ratio.presets if preset.used_from <= day] if ratio.presets_apply.value else []
    if later:
        preset = max(later, key=lambda candidate: candidate.used_from)
        low, high, limit, source = (
            preset.percent_above_limit,
            preset.percent_up_to_limit,
            preset.staff_limit,
            preset.source,
        )
        return (high if staff <= limit else low), limit, source
    high, low, limit = ratio.percent_up_to_limit.value, ratio.percent_above_limit.value, ratio.staff_limit.value
    return (high if staff <= limit else low), limit, None


def faults_of(edition: Edition, day: date, hire: Hire) -> tuple[str, ...]:
    """3.2-4: why a hire does not count, whenever it was hired."""
    months = edition.hire_ratio.contract_months.value
    found = {
        NOT_YET_HIRED: hire.hired_on > day,
        LEFT: hire.left_on is not None and hire.left_on < day,
        NOT_INSURED: not hire.insured,
        DISPATCHED: hire.dispatched,
        CONTRACT_TOO_SHORT: hire.contract_to is not None
        and hire.contract_to + _ONE_DAY < add_months(hire.contract_from, months),
        CONTRACT_ENDED: hire.contract_to is not None and hire.contract_to < day,
        CONTRACT_NOT_BEGUN: hire.contract_from > day,
        CLASS_NOT_ELIGIBLE: hire.hire_class not in edition.hire_ratio.eligible_classes,
    }
    return tuple(name for name, applies in found.items() if applies)


def _count(edition: Edition, day: date, hires: Sequence[Hire]) -> tuple[Counted, ...]:
    """Each line once, in order; of several lines on one person the first that counts."""
    since = add_months(day, -edition.hire_ratio.window_months.value)
    seen: set[str] = set()
    lines: list[Counted] = []
    for hire in sorted(hires, key=lambda one: one.line):
        faults = faults_of(edition, day, hire)
        if not faults:
            if not seen.isdisjoint(hire.persons):
                faults = (COUNTED_BEFORE,)
            seen.update(hire.persons)
        rolling, calendar = since <= hire.hired_on <= day, hire.hired_on.year == day.year and hire.hired_on <= day
        lines.append(Counted(hire.line, faults, rolling and not faults, calendar and not faults))
    return tuple(lines)


def _reading_json(reading: Reading) -> dict[str, JsonValue]:
    return {
        "window": reading.window,
        "first_day": reading.first_day.isoformat(),
        "last_day": reading.last_day.isoformat(),
        "counted": reading.counted,
        "passed": reading.passed,
    }


def _line_json(line: Counted) -> dict[str, JsonValue]:
    return {"line": line.line, "faults": list(line.faults), "rolling": line.rolling, "calendar": line.calendar}


class _StoredReading(BaseModel):
    window: str
    first_day: date
    last_day: date
    counted: int
    passed: bool


class _StoredLine(BaseModel):
    line: int
    faults: tuple[str, ...]
    rolling: bool
    calendar: bool


class _Stored(BaseModel):
    day: date
    staff: int
    percent: int
    staff_limit: int
    required: int
    source: str | None
    default: str
    differ: bool
    readings: tuple[_StoredReading, _StoredReading]
    lines: tuple[_StoredLine, ...]


def calculation_of(stored: Mapping[str, JsonValue]) -> Calculation:
    """What `to_json` has written. Raises pydantic's ValidationError for anything else."""
    read = _Stored.model_validate(stored)
    rolling, calendar = (Reading(**reading.model_dump()) for reading in read.readings)
    plain = read.model_dump(exclude={"readings", "lines", "differ"})
    return Calculation(
        **plain, readings=(rolling, calendar), lines=tuple(Counted(**line.model_dump()) for line in read.lines)
    )
