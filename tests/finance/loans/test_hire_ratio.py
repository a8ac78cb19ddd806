"""The hire ratio at its boundaries, by both readings of the year (3.2-4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from services.finance.loans import hires as h
from services.finance.loans.hires import Hire, calculate, calculation_of, enough, threshold
from services.finance.loans.rules import decide_hire_ratio, decide_staff, decide_window
from shared.policy.edition import Edition, load_editions
from shared.policy.funding import HireRatio
from shared.policy.params import Param

EDITION = load_editions(Path(__file__).parents[3] / "deploy" / "demo" / "policy").get("lhasa-2019")
DAY = date(2019, 6, 15)
GOOD = Hire(
    line=1,
    hired_on=date(2019, 3, 1),
    contract_from=date(2019, 3, 1),
    contract_to=date(2020, 2, 29),
    insured=True,
    dispatched=False,
    left_on=None,
    hire_class="veteran",
)


def with_ratio(**values: object) -> Edition:
    """The edition with other parameters of the ratio."""
    changed = {
        name: getattr(EDITION.hire_ratio, name).model_copy(update={"value": value}) for name, value in values.items()
    }
    ratio: HireRatio = EDITION.hire_ratio.model_copy(update=changed)
    return EDITION.model_copy(update={"hire_ratio": ratio})


def many(count: int, **other: object) -> list[Hire]:
    return [replace(GOOD, line=line, **other) for line in range(1, count + 1)]  # type: ignore[arg-type]  # fields of Hire


@pytest.mark.parametrize(
    ("staff", "hires", "passes"),
    [
        (100, 25, True),
        (100, 24, False),
        (101, 16, True),
        (101, 15, False),
        (4, 1, True),
        (5, 1, False),
        (5, 2, True),
        (1, 1, True),
        (1, 0, False),
        (106, 16, True),
        (107, 16, False),
        (200, 30, True),
        (99, 25, True),
        (99, 24, False),
    ],
)
def test_hire_ratio_at_the_head(staff: int, hires: int, passes: bool) -> None:
    found = calculate(EDITION, day=DAY, staff=staff, hires=many(hires))
    assert decide_hire_ratio(EDITION, found, window=None).passed is passes
    assert enough(found.required, percent=found.percent, staff=staff)
    assert not enough(found.required - 1, percent=found.percent, staff=staff)


def test_hire_ratio_at_101_staff_needs_15_percent() -> None:
    assert threshold(EDITION, day=DAY, staff=100) == (25, 100, None)
    assert threshold(EDITION, day=DAY, staff=101) == (15, 100, None)


@pytest.mark.parametrize(
    ("day", "staff", "percent"),
    [
        (date(2019, 9, 28), 100, 25),
        (date(2019, 9, 29), 100, 20),
        (date(2019, 9, 29), 101, 10),
        (date(2020, 4, 14), 100, 20),
        (date(2020, 4, 15), 100, 15),
        (date(2020, 4, 15), 101, 8),
    ],
)
def test_later_thresholds_count_from_their_day_once_the_edition_adopts_them(
    day: date, staff: int, percent: int
) -> None:
    assert threshold(with_ratio(presets_apply=True), day=day, staff=staff)[0] == percent
    assert threshold(EDITION, day=day, staff=staff)[0] == (25 if staff <= 100 else 15)


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({}, ()),
        ({"contract_to": date(2020, 2, 29)}, ()),
        ({"contract_to": date(2020, 2, 28)}, (h.CONTRACT_TOO_SHORT,)),
        ({"contract_from": date(2019, 1, 1), "contract_to": date(2019, 12, 31)}, ()),
        ({"contract_from": date(2019, 1, 1), "contract_to": date(2019, 12, 30)}, (h.CONTRACT_TOO_SHORT,)),
        ({"contract_to": None}, ()),
        ({"contract_from": date(2018, 6, 15), "contract_to": date(2019, 6, 14)}, (h.CONTRACT_ENDED,)),
        ({"contract_from": DAY, "contract_to": None}, ()),
        ({"contract_from": date(2019, 6, 16), "contract_to": None}, (h.CONTRACT_NOT_BEGUN,)),
        ({"insured": False}, (h.NOT_INSURED,)),
        ({"dispatched": True}, (h.DISPATCHED,)),
        ({"left_on": DAY}, ()),
        ({"left_on": date(2019, 6, 14)}, (h.LEFT,)),
        ({"hire_class": "cousin"}, (h.CLASS_NOT_ELIGIBLE,)),
        ({"hired_on": date(2019, 6, 16)}, (h.NOT_YET_HIRED,)),
        ({"insured": False, "dispatched": True}, (h.NOT_INSURED, h.DISPATCHED)),
    ],
)
def test_which_hires_count(change: dict[str, object], faults: tuple[str, ...]) -> None:
    hire = replace(GOOD, **change)  # type: ignore[arg-type]  # fields of Hire
    [line] = calculate(EDITION, day=DAY, staff=4, hires=[hire]).lines
    assert line.faults == faults
    assert line.rolling is (not faults)


@pytest.mark.parametrize("hire_class", sorted(EDITION.hire_ratio.eligible_classes))
def test_every_class_of_the_edition_counts(hire_class: str) -> None:
    assert calculate(EDITION, day=DAY, staff=4, hires=[replace(GOOD, hire_class=hire_class)]).lines[0].rolling


@pytest.mark.parametrize(
    ("hired_on", "rolling", "calendar"),
    [
        (date(2018, 6, 14), False, False),
        (date(2018, 6, 15), True, False),
        (date(2018, 12, 31), True, False),
        (date(2019, 1, 1), True, True),
        (date(2019, 6, 15), True, True),
    ],
)
def test_both_readings_of_the_year(hired_on: date, rolling: bool, calendar: bool) -> None:
    hire = replace(GOOD, hired_on=hired_on, contract_from=hired_on, contract_to=None)
    [line] = calculate(EDITION, day=DAY, staff=4, hires=[hire]).lines
    assert (line.rolling, line.calendar) == (rolling, calendar)


def test_where_the_readings_differ_an_officer_chooses() -> None:
    late = many(1, hired_on=date(2018, 9, 1), contract_from=date(2018, 9, 1), contract_to=None)
    found = calculate(EDITION, day=DAY, staff=4, hires=late)
    assert found.differ
    assert decide_hire_ratio(EDITION, found, window=None).passed
    assert not decide_window(EDITION, found, window=None).passed
    assert decide_window(EDITION, found, window="calendar").passed
    assert decide_hire_ratio(EDITION, found, window="rolling").passed
    assert not decide_hire_ratio(EDITION, found, window="calendar").passed


def test_the_edition_says_which_reading_is_the_usual_one() -> None:
    assert calculate(EDITION, day=DAY, staff=4, hires=[]).default == "rolling"
    assert calculate(with_ratio(window_is_calendar_year=True), day=DAY, staff=4, hires=[]).default == "calendar"


def test_one_person_counts_once_by_the_first_line_that_counts() -> None:
    lines = [
        replace(GOOD, line=1, persons=("a",), insured=False),
        replace(GOOD, line=2, persons=("a",)),
        replace(GOOD, line=3, persons=("a",)),
        replace(GOOD, line=4, persons=("b",)),
        replace(GOOD, line=5),
        replace(GOOD, line=6, persons=("c", "b")),
        replace(GOOD, line=7, persons=("d", "e")),
        replace(GOOD, line=8, persons=("e",)),
    ]
    found = calculate(EDITION, day=DAY, staff=100, hires=lines)
    assert [line.rolling for line in found.lines] == [False, True, False, True, True, False, True, False]
    assert found.lines[2].faults == (h.COUNTED_BEFORE,)


def test_a_calculation_is_read_as_it_was_written() -> None:
    found = calculate(with_ratio(presets_apply=True), day=date(2020, 5, 1), staff=101, hires=many(3))
    assert calculation_of(found.to_json()) == found


@pytest.mark.parametrize(
    ("staff", "employed", "passes"), [(3, 3, True), (2, 3, False), (None, 0, False), (0, 0, False)]
)
def test_staff_includes_the_hires(staff: int | None, employed: int, passes: bool) -> None:
    assert decide_staff(EDITION, staff=staff, employed=employed).passed is passes


def test_parameters_cite_their_clause() -> None:
    assert isinstance(EDITION.hire_ratio.contract_months, Param)
    found = calculate(EDITION, day=DAY, staff=100, hires=[])
    [result] = decide_hire_ratio(EDITION, found, window=None).results
    assert (result.clause, result.limit, result.message) == ("3.2-4", "25", "loan-hires-too-few")
    assert result.inputs["counted_rolling"] == 0
