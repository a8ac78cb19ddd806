"""4.3-4: figures that name nobody, at the boundary of three respondents."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.vouchers.outcomes.rules import Sums, added, decide_anybody, decide_year, shown_lines
from shared.policy.edition import load_editions

EDITION = load_editions(None).get("lhasa-2019")


def part(division: str, respondents: int) -> Sums:
    """Everybody created two jobs and gave four marks of five."""
    money = Decimal("100.00") * respondents
    return Sums(division, 1, respondents, 2 * respondents, respondents, 0, money, 4 * respondents)


@pytest.mark.parametrize(
    ("numbers", "shown", "together"),
    [
        ((3,), [3], None),
        ((2,), [], 2),
        ((0,), [], 0),
        ((3, 2), [3], 2),
        ((2, 1), [], 3),
        ((5, 2, 1), [5], 3),
        ((4, 3), [4, 3], None),
    ],
)
def test_an_issuer_with_fewer_than_three_respondents_is_put_together_with_the_others(
    numbers: tuple[int, ...], shown: list[int], together: int | None
) -> None:
    large, rest = shown_lines([part(str(place), number) for place, number in enumerate(numbers)], 3)
    assert [line.respondents for line in large] == shown
    assert (None if rest is None else rest.respondents) == together


@pytest.mark.parametrize(
    ("marks", "respondents", "mean"), [(10, 3, "3.33"), (11, 3, "3.67"), (9, 8, "1.13"), (15, 3, "5.00"), (0, 0, None)]
)
def test_the_mean_mark_is_rounded_half_up(marks: int, respondents: int, mean: str | None) -> None:
    assert Sums("x", 1, respondents, 0, 0, 0, Decimal(0), marks).mean == mean


def test_sums_are_sums() -> None:
    whole = added([part("a", 2), part("b", 3)])
    assert (whole.surveys, whole.respondents, whole.jobs_created, whole.income) == (2, 5, 10, Decimal("500.00"))


@pytest.mark.parametrize(("year", "passed"), [(2018, True), (2019, True), (2020, False)])
def test_a_year_is_asked_about_once_it_has_begun(year: int, passed: bool) -> None:
    assert decide_year(EDITION, year, 2019).passed is passed


@pytest.mark.parametrize(("asked", "passed"), [(0, False), (1, True)])
def test_a_survey_needs_somebody_to_ask(asked: int, passed: bool) -> None:
    assert decide_anybody(EDITION, asked).passed is passed
