from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from shared.policy.edition import load_editions
from shared.policy.rules import (
    ban_period,
    decide_adverse_decision,
    decide_in_force,
    decide_not_barred,
)

EDITIONS = load_editions(None)
LHASA = EDITIONS.get("lhasa-2019")


@pytest.mark.parametrize(
    ("published_on", "last_barred_day", "first_open_day"),
    [
        (date(2021, 3, 1), date(2024, 3, 1), date(2024, 3, 2)),
        (date(2020, 2, 29), date(2023, 2, 28), date(2023, 3, 1)),
        (date(2020, 2, 28), date(2023, 2, 28), date(2023, 3, 1)),
        (date(2021, 2, 28), date(2024, 2, 28), date(2024, 2, 29)),
        (date(2021, 12, 31), date(2024, 12, 31), date(2025, 1, 1)),
        (date(2021, 10, 1), date(2024, 10, 1), date(2024, 10, 2)),  # a holiday; bans do not roll over
    ],
)
def test_ban_of_three_years(published_on: date, last_barred_day: date, first_open_day: date) -> None:
    ban = ban_period(published_on, LHASA.ban.years.value)
    assert (ban.first_day, ban.last_barred_day, ban.first_open_day) == (published_on, last_barred_day, first_open_day)


def test_ban_of_four_years_from_a_leap_day_ends_on_a_leap_day() -> None:
    assert ban_period(date(2020, 2, 29), 4).last_barred_day == date(2024, 2, 29)


def test_ban_of_no_years_is_refused() -> None:
    with pytest.raises(ValueError, match="one year"):
        ban_period(date(2021, 3, 1), 0)


@given(published_on=st.dates(date(2019, 1, 1), date(2090, 12, 31)), years=st.integers(1, 9))
def test_ban_covers_its_years_whatever_the_day(published_on: date, years: int) -> None:
    ban = ban_period(published_on, years)
    assert ban.first_open_day == ban.last_barred_day + timedelta(days=1)
    assert ban.last_barred_day.year == published_on.year + years
    assert ban.bars(published_on)
    assert not ban.bars(ban.first_open_day)
    assert 365 * years <= (ban.last_barred_day - published_on).days <= 365 * years + 3


@pytest.mark.parametrize(
    ("day", "passed"),
    [
        (date(2021, 2, 28), True),
        (date(2021, 3, 1), False),  # the decision's own day is barred too
        (date(2022, 7, 1), False),
        (date(2024, 3, 1), False),
        (date(2024, 3, 2), True),
    ],
)
def test_applications_while_a_ban_runs(day: date, passed: bool) -> None:
    decision = decide_not_barred(LHASA, [ban_period(date(2021, 3, 1), 3)], day)
    assert (decision.passed, decision.edition, decision.clauses) == (passed, "lhasa-2019", ("2.3-6",))


def test_without_bans_nothing_bars() -> None:
    assert decide_not_barred(LHASA, [], date(2021, 3, 1)).passed


def test_the_ban_that_ends_last_is_named() -> None:
    bans = [ban_period(day, 3) for day in (date(2020, 3, 2), date(2021, 3, 1), date(2020, 6, 1))]
    (result,) = decide_not_barred(LHASA, bans, date(2022, 1, 1)).results
    assert (result.rule, result.message) == ("ban.application_barred", "carrier-ban-in-force")
    assert (result.inputs["last_barred_day"], result.inputs["first_open_day"]) == ("2024-03-01", "2024-03-02")


@pytest.mark.parametrize(
    ("day", "passed"),
    [
        (date(2018, 12, 31), False),
        (date(2019, 1, 1), True),
        (date(2020, 12, 31), True),
        (date(2021, 1, 1), False),
    ],
)
def test_new_cases_need_an_edition_in_force(day: date, passed: bool) -> None:
    decision = decide_in_force(EDITIONS.in_force_on(day), day, closest=EDITIONS.closest_to(day))
    assert (decision.passed, decision.edition, decision.clauses) == (passed, "lhasa-2019", ("6-1",))


def test_with_no_edition_at_all_nothing_is_in_force() -> None:
    decision = decide_in_force(None, date(2019, 1, 1))
    assert (decision.passed, decision.edition, decision.clauses) == (False, "", ())


@pytest.mark.parametrize(
    ("day", "basis", "passed"),
    [
        (date(2020, 12, 31), None, True),
        (date(2021, 1, 1), None, False),
        (date(2021, 1, 1), "", False),
        (date(2021, 1, 1), "某文〔2021〕1号", True),
    ],
)
def test_adverse_decisions_after_the_end_name_their_basis(day: date, basis: str | None, passed: bool) -> None:
    decision = decide_adverse_decision(LHASA, day, basis)
    assert (decision.passed, decision.rules) == (passed, ("policy.continuation",))
