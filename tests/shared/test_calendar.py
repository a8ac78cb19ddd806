from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from shared.calendar import (
    CalendarWarning,
    WorkCalendar,
    add_months,
    add_working_days,
    add_years,
    is_working_day,
    parse_regional,
    roll_forward,
)

_NATIONAL = WorkCalendar({})
_CONFIRMED = WorkCalendar(parse_regional(["2019-03-28,off,西藏百万农奴解放纪念日,confirmed,藏政发"]))


@pytest.mark.parametrize(
    ("start", "count", "last"),
    [
        (date(2019, 3, 18), 5, date(2019, 3, 25)),  # Monday; the first day is not counted
        (date(2019, 9, 30), 1, date(2019, 10, 8)),  # over National Day
        (date(2019, 9, 30), 5, date(2019, 10, 12)),  # Saturday 12 October was worked
        (date(2019, 9, 27), 1, date(2019, 9, 29)),  # so was Sunday 29 September
        (date(2020, 1, 23), 1, date(2020, 2, 3)),  # Spring Festival 2020, extended to 2 February
        (date(2020, 1, 17), 5, date(2020, 1, 23)),  # Sunday 19 January was worked
        (date(2019, 3, 18), 0, date(2019, 3, 18)),
    ],
)
def test_working_days_over_national_holidays(start: date, count: int, last: date) -> None:
    assert add_working_days(start, count).day == last


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2019, 3, 28), False),  # Serfs' Emancipation Day, a Thursday
        (date(2020, 2, 24), False),  # Losar, a Monday
        (date(2019, 8, 30), False),  # Sho Dun, a Friday
        (date(2020, 8, 19), False),
        (date(2022, 3, 28), True),  # the region's table has nothing for 2022
    ],
)
def test_regional_holidays_lie_over_the_national_calendar(day: date, working: bool) -> None:
    assert is_working_day(day) is working


def test_a_term_ending_on_a_holiday_rolls_forward() -> None:
    assert roll_forward(date(2020, 1, 24)).day == date(2020, 2, 3)
    assert roll_forward(date(2019, 3, 28)).day == date(2019, 3, 29)
    assert roll_forward(date(2019, 3, 18)).day == date(2019, 3, 18)


def test_an_unconfirmed_holiday_that_was_crossed_is_named() -> None:
    term = add_working_days(date(2019, 3, 25), 5)
    assert term.day == date(2019, 4, 2)
    assert term.warnings == (CalendarWarning("regional_unconfirmed", 2019, (date(2019, 3, 28),)),)


def test_rolling_off_an_unconfirmed_holiday_names_it() -> None:
    warnings = roll_forward(date(2019, 3, 28)).warnings
    assert warnings == (CalendarWarning("regional_unconfirmed", 2019, (date(2019, 3, 28),)),)


def test_a_term_that_crosses_no_doubtful_day_is_certain() -> None:
    assert add_working_days(date(2019, 9, 30), 5).certain
    assert _CONFIRMED.add_working_days(date(2019, 3, 25), 5).certain


def test_a_year_without_regional_data_warns() -> None:
    assert add_working_days(date(2022, 5, 9), 5).warnings == (CalendarWarning("regional_missing", 2022),)


def test_a_year_without_any_data_counts_monday_to_friday_and_warns() -> None:
    term = add_working_days(date(2040, 12, 31), 2)
    assert term.day == date(2041, 1, 2)
    assert [(warning.code, warning.year) for warning in term.warnings] == [
        ("national_missing", 2041),
        ("regional_missing", 2041),
    ]


def test_a_year_tells_what_the_office_has_to_supply() -> None:
    assert [warning.code for warning in _NATIONAL.year_warnings(2019)] == ["regional_missing"]
    assert _CONFIRMED.year_warnings(2019) == ()


def test_a_regional_working_day_overrules_a_national_holiday() -> None:
    worked = WorkCalendar(parse_regional(["2019-10-07,work,调休,confirmed,"]))
    assert worked.add_working_days(date(2019, 9, 30), 1).day == date(2019, 10, 7)


@pytest.mark.parametrize(
    "row", ["2019-03-28,off,名,confirmed", "2019-03-28,holiday,名,confirmed,", "28.3.2019,off,名,confirmed,"]
)
def test_a_bad_row_of_the_regional_table_is_refused(row: str) -> None:
    with pytest.raises(ValueError, match="2019"):
        parse_regional([row])


def test_a_regional_day_listed_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        parse_regional(["2019-03-28,off,甲,confirmed,", "2019-03-28,work,乙,confirmed,"])


def test_working_days_are_not_counted_backwards() -> None:
    with pytest.raises(ValueError, match="forwards"):
        add_working_days(date(2019, 3, 18), -1)


_DAYS = st.dates(min_value=date(2003, 1, 1), max_value=date(2030, 12, 31))


@given(day=_DAYS, count=st.integers(1, 40))
def test_working_days_end_on_one_and_one_more_is_later(day: date, count: int) -> None:
    last = add_working_days(day, count).day
    assert last > day
    assert is_working_day(last)
    assert add_working_days(day, count + 1).day > last


@given(day=_DAYS, count=st.integers(1, 40))
def test_working_days_starting_later_never_end_earlier(day: date, count: int) -> None:
    assert add_working_days(day + timedelta(days=1), count).day >= add_working_days(day, count).day


@given(day=_DAYS)
def test_rolling_forward_finds_the_first_working_day(day: date) -> None:
    rolled = roll_forward(day).day
    assert is_working_day(rolled)
    assert not any(is_working_day(day + timedelta(days=n)) for n in range((rolled - day).days))


@pytest.mark.parametrize(
    ("day", "months", "result"),
    [
        (date(2019, 1, 31), 1, date(2019, 2, 28)),
        (date(2020, 1, 31), 1, date(2020, 2, 29)),
        (date(2019, 8, 31), 6, date(2020, 2, 29)),
        (date(2019, 12, 15), 1, date(2020, 1, 15)),
        (date(2019, 1, 31), -2, date(2018, 11, 30)),
        (date(2019, 12, 31), -12, date(2018, 12, 31)),
    ],
)
def test_months_end_on_the_corresponding_or_the_last_day(day: date, months: int, result: date) -> None:
    assert add_months(day, months) == result


def test_a_year_from_a_leap_day_ends_on_28_february() -> None:
    assert add_years(date(2020, 2, 29), 1) == date(2021, 2, 28)
    assert add_years(date(2020, 2, 29), 4) == date(2024, 2, 29)
