"""The term, its extension, what is overdue, and what a failed centre is asked to put right (2.3-4)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from pydantic import JsonValue

from services.evaluation.rectifications.proposals import pass_share, propose
from services.evaluation.rectifications.rules import (
    OPEN,
    decide_extension,
    due_day,
    extended_day,
    is_overdue,
    resumed_day,
)
from shared.policy.edition import load_editions

LHASA = load_editions(None).get("lhasa-2019")
DUE = date(2020, 6, 1)


@pytest.mark.parametrize(
    ("served_on", "due_on"),
    [
        (date(2020, 3, 2), date(2020, 6, 1)),  # 31 May 2020 is a Sunday
        (date(2020, 3, 3), date(2020, 6, 1)),
        (date(2020, 3, 4), date(2020, 6, 2)),
        (date(2019, 7, 2), date(2019, 9, 30)),  # the day before the National Day holidays
        (date(2019, 7, 3), date(2019, 10, 8)),  # 1 to 7 October are holidays
        (date(2019, 7, 9), date(2019, 10, 8)),
        (date(2019, 7, 11), date(2019, 10, 9)),
        (date(2019, 7, 14), date(2019, 10, 12)),  # a Saturday that is worked
        (date(2019, 7, 15), date(2019, 10, 14)),
    ],
)
def test_the_term_ends_90_days_after_service_or_on_the_next_working_day(served_on: date, due_on: date) -> None:
    assert due_day(LHASA, served_on).day == due_on


@pytest.mark.parametrize(
    ("due_on", "extended"),
    [
        (date(2020, 6, 1), date(2020, 8, 31)),  # 30 August 2020 is a Sunday
        (date(2020, 6, 2), date(2020, 8, 31)),
        (date(2019, 7, 3), date(2019, 10, 8)),
    ],
)
def test_an_extension_goes_on_from_the_terms_last_day_and_rolls_too(due_on: date, extended: date) -> None:
    assert extended_day(LHASA, due_on).day == extended


@pytest.mark.parametrize(
    ("granted", "requested_on", "message"),
    [
        (0, DUE - timedelta(days=1), None),
        (0, DUE, None),
        (0, DUE + timedelta(days=1), "extension-term-over"),
        (1, DUE - timedelta(days=1), "extension-used-up"),
        (1, DUE + timedelta(days=1), "extension-used-up"),
    ],
)
def test_one_extension_is_asked_for_by_the_last_day(granted: int, requested_on: date, message: str | None) -> None:
    decision = decide_extension(LHASA, granted, DUE, requested_on)
    failed = [result.message for result in decision.results if not result.passed]
    assert failed[:1] == ([] if message is None else [message])


@pytest.mark.parametrize("status", OPEN)
@pytest.mark.parametrize(("days", "overdue"), [(-1, False), (0, False), (1, True)])
def test_an_open_order_is_overdue_from_the_day_after_its_term(status: str, days: int, overdue: bool) -> None:
    assert is_overdue(status, DUE, DUE + timedelta(days=days)) is overdue


@pytest.mark.parametrize("status", ["accepted", "superseded", "annulled"])
def test_a_closed_order_is_never_overdue(status: str) -> None:
    assert not is_overdue(status, DUE, DUE + timedelta(days=400))


def test_without_service_no_term_runs_and_with_a_pending_request_none_has_passed() -> None:
    late = DUE + timedelta(days=1)
    assert not is_overdue("ordered", DUE, late, served=False)
    assert not is_overdue("ordered", DUE, late, asked_for_more=True)


@pytest.mark.parametrize(
    ("due_on", "closed_on", "reopened_on", "resumed"),
    [
        (date(2021, 3, 10), date(2021, 3, 1), date(2021, 4, 1), date(2021, 4, 12)),  # nine days left; a Saturday rolls
        (date(2021, 3, 1), date(2021, 3, 1), date(2021, 4, 1), date(2021, 4, 1)),
        (date(2021, 2, 26), date(2021, 3, 1), date(2021, 4, 1), date(2021, 2, 26)),
    ],
)
def test_the_days_left_begin_again_and_a_term_that_was_over_stays_over(
    due_on: date, closed_on: date, reopened_on: date, resumed: date
) -> None:
    assert resumed_day(LHASA, due_on, closed_on, reopened_on).day == resumed


def _line(indicator: str, value: str | None, full: str, **changes: JsonValue) -> dict[str, JsonValue]:
    return {"indicator": indicator, "applicable": True, "value": value, "full_mark": full, **changes}


@pytest.mark.parametrize(
    ("value", "falls_short"), [("0", True), (None, True), ("2.99", True), ("3", False), ("3.01", False), ("9", False)]
)
def test_an_indicator_below_the_share_that_a_pass_needs_becomes_an_item(value: str | None, falls_short: bool) -> None:
    items = propose(LHASA.rubric, [_line("jobs", value, "5")], ["no_quarterly_report"], "12.00")
    assert [item.indicator for item in items] == [None, *(["jobs"] if falls_short else [])]
    assert "全年未报送季度数据" in items[0].finding


def test_nothing_that_is_not_applicable_or_a_bonus_becomes_an_item_and_some_item_always_does() -> None:
    lines = [_line("jobs", "0", "5", applicable=False), _line("extra", "0", "5", bonus=True), _line("events", "2", "2")]
    (item,) = propose(LHASA.rubric, lines, [], "59.99")
    assert (item.indicator, "59.99" in item.finding) == (None, True)


def test_a_pass_needs_sixty_of_a_hundred() -> None:
    assert pass_share(LHASA.rubric) == Fraction(3, 5)
    assert Decimal(60) == min(band.minimum for band in LHASA.rubric.bands if not band.failing)
