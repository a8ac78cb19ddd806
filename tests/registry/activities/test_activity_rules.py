"""4.5: when an activity may be reported, what it shows, who verifies it, what it clashes with; when winners are due."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from pydantic_core import PydanticCustomError

from services.registry.activities.rules import (
    Report,
    Slot,
    clash_reasons,
    decide_report,
    is_over,
    last_reporting_day,
    verifying_bodies,
)
from services.registry.activities.schemas import city_time
from services.registry.activities.winners.rules import first_due, missing_of, next_due
from services.registry.days import city_day
from shared.policy.edition import load_editions

LHASA = next(iter(load_editions(None)))
ENDED = date(2019, 6, 3)
LAST = date(2019, 7, 3)
"""30 calendar days after."""

GOOD = Report(
    ended_on=ENDED,
    reported_on=ENDED + timedelta(days=1),
    by_bureau=False,
    late_reason=None,
    organiser_listed=True,
    heads=1,
    spend=None,
    photographs=1,
    papers=0,
    series=None,
    alliance=None,
)


def failures(**changes: object) -> list[str]:
    decision = decide_report(LHASA, replace(GOOD, **changes))  # type: ignore[arg-type]  # fields of several types
    return [result.message for result in decision.results if not result.passed]


def test_the_report_that_shows_everything_passes_and_tells_each_rule() -> None:
    decision = decide_report(LHASA, GOOD)
    assert decision.passed
    assert [result.clause for result in decision.results] == ["4.5-1"] * 7


@pytest.mark.parametrize(
    ("today", "over"), [(date(2019, 6, 2), False), (ENDED, False), (date(2019, 6, 4), True)], ids=str
)
def test_no_report_before_the_last_day_is_over(today: date, over: bool) -> None:
    assert is_over(ENDED, today) is over
    assert ("activity-day-not-over" in failures(reported_on=today)) is not over


def test_the_window_ends_thirty_calendar_days_after_the_last_day() -> None:
    assert last_reporting_day(LHASA, ENDED) == LAST


@pytest.mark.parametrize(
    ("reported_on", "by_bureau", "late_reason", "refused"),
    [
        (LAST, False, None, False),
        (LAST + timedelta(days=1), False, None, True),
        (LAST + timedelta(days=1), False, "papers_came_late", True),
        (LAST + timedelta(days=1), True, None, True),
        (LAST + timedelta(days=1), True, "papers_came_late", False),
        (LAST, True, None, False),
    ],
    ids=str,
)
def test_a_late_report_needs_a_bureau_and_a_reason(
    reported_on: date, by_bureau: bool, late_reason: str | None, refused: bool
) -> None:
    found = failures(reported_on=reported_on, by_bureau=by_bureau, late_reason=late_reason)
    assert found == (["activity-late"] if refused else [])


@pytest.mark.parametrize(
    ("spend", "papers", "refused"),
    [
        (None, 0, False),
        (Decimal("0.00"), 0, False),
        (Decimal("9999.99"), 0, False),
        (Decimal("10000.00"), 0, True),
        (Decimal("10000.00"), 1, False),
        (Decimal("200000.00"), 0, True),
    ],
    ids=str,
)
def test_spend_from_ten_thousand_yuan_needs_a_paper(spend: Decimal | None, papers: int, refused: bool) -> None:
    assert failures(spend=spend, papers=papers) == (["activity-papers-missing"] if refused else [])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"heads": None}, "activity-attendance-missing"),
        ({"heads": 0}, "activity-attendance-missing"),
        ({"photographs": 0}, "activity-photographs-missing"),
        ({"organiser_listed": False}, "activity-centre-not-listed"),
        ({"series": "salon"}, "activity-alliance-missing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-",
)
def test_what_is_missing_is_named(changes: dict[str, object], message: str) -> None:
    assert failures(**changes) == [message]


def test_a_series_through_an_alliance_and_an_organiser_that_is_no_centre_pass() -> None:
    assert failures(series="salon", alliance="maker_spaces", organiser_listed=None) == []


@pytest.mark.parametrize(
    ("level", "lead", "bodies"),
    [
        ("centre", None, ("science", "industry", "office")),
        ("division", None, ("science", "industry", "office")),
        ("centre", "hr", ("science", "industry", "office")),
        ("municipal", None, ("office",)),
        ("municipal", "hr", ("office", "hr")),
        ("regional", "LIUWU", ("office", "LIUWU")),
        ("national", "youth_league", ("office", "youth_league")),
        ("national", "office", ("office",)),
    ],
    ids=str,
)
def test_municipal_level_and_above_is_verified_by_the_office_or_the_lead(
    level: str, lead: str | None, bodies: tuple[str, ...]
) -> None:
    assert verifying_bodies(LHASA, level, lead) == bodies


def test_eight_series_are_led_by_the_bodies_that_the_clause_names() -> None:
    leads = {code: series.lead.value for code, series in LHASA.activities.series.items()}
    assert len(leads) == 8
    assert set(leads.values()) == {"hr", "industry", "science", "youth_league", "LIUWU"}
    assert {series.lead.clause for series in LHASA.activities.series.values()} == {"4.5-3"}


SLOT = Slot(ENDED, ENDED, ["founders", "investors"], "二楼 路演厅", "salon")


@pytest.mark.parametrize(
    ("other", "reasons"),
    [
        (Slot(ENDED, ENDED, ["investors"], "别处", None), ("same_audience",)),
        (Slot(ENDED, ENDED, ["students"], "二楼路演厅", None), ("same_place",)),
        (Slot(ENDED, ENDED, ["students"], "别处", "salon"), ("same_series",)),
        (Slot(ENDED, ENDED, ["founders"], "二楼路演厅 ", "salon"), ("same_audience", "same_place", "same_series")),
        (Slot(ENDED, ENDED, ["students"], "别处", "forum"), ()),
        (Slot(ENDED - timedelta(days=2), ENDED, ["founders"], "别处", None), ("same_audience",)),
        (Slot(ENDED, ENDED + timedelta(days=2), ["founders"], "别处", None), ("same_audience",)),
        (Slot(ENDED - timedelta(days=2), ENDED - timedelta(days=1), ["founders"], "二楼路演厅", "salon"), ()),
        (Slot(ENDED + timedelta(days=1), ENDED + timedelta(days=1), ["founders"], "二楼路演厅", "salon"), ()),
    ],
    ids=[
        "audience",
        "place",
        "series",
        "all",
        "nothing",
        "ends_that_day",
        "begins_that_day",
        "day_before",
        "day_after",
    ],
)
def test_clashes_share_a_day_and_audience_place_or_series(other: Slot, reasons: tuple[str, ...]) -> None:
    assert clash_reasons(SLOT, other) == reasons
    assert clash_reasons(other, SLOT) == reasons


@pytest.mark.parametrize(
    ("sent", "instant", "day"),
    [
        ("2019-06-03T00:00:00+08:00", datetime(2019, 6, 2, 16, tzinfo=UTC), date(2019, 6, 3)),
        ("2019-06-02T15:59:59Z", datetime(2019, 6, 2, 15, 59, 59, tzinfo=UTC), date(2019, 6, 2)),
        ("2019-06-02T16:00:00Z", datetime(2019, 6, 2, 16, tzinfo=UTC), date(2019, 6, 3)),
        ("2019-06-03T23:59", datetime(2019, 6, 3, 15, 59, tzinfo=UTC), date(2019, 6, 3)),
        ("2019-12-31 23:59", datetime(2019, 12, 31, 15, 59, tzinfo=UTC), date(2019, 12, 31)),
        ("2019-12-31T16:00:00Z", datetime(2019, 12, 31, 16, tzinfo=UTC), date(2020, 1, 1)),
    ],
    ids=str,
)
def test_an_activity_is_on_the_day_of_the_city(sent: str, instant: datetime, day: date) -> None:
    assert city_time(sent) == instant
    assert city_day(instant) == day


@pytest.mark.parametrize(
    "sent",
    ["2019-06-03", "2019-02-30T10:00", "1559543400", 1559543400, "1999-06-03T10:00", "２０１９-06-03T10:00", None],
    ids=str,
)
def test_what_is_no_time_of_the_city_is_refused(sent: object) -> None:
    with pytest.raises(PydanticCustomError):
        city_time(sent)


TERMS = LHASA.activities.follow_up


@pytest.mark.parametrize(
    ("followed_on", "due"),
    [
        (date(2019, 6, 10), date(2019, 12, 10)),
        (date(2019, 6, 3), date(2019, 12, 3)),
        (date(2019, 5, 1), date(2019, 9, 3)),
        (date(2020, 12, 3), date(2021, 6, 3)),
        (date(2020, 12, 4), None),
        (date(2021, 6, 3), None),
    ],
    ids=str,
)
def test_a_winner_is_asked_every_six_months_for_two_years(followed_on: date, due: date | None) -> None:
    assert next_due(TERMS, ENDED, followed_on) == due


def test_a_winner_is_asked_three_months_after_the_activity_first() -> None:
    assert first_due(TERMS, ENDED) == date(2019, 9, 3)
    assert first_due(TERMS, date(2019, 11, 30)) == date(2020, 2, 29)


@pytest.mark.parametrize(
    ("kind", "given", "missing"),
    [
        ("landing", (False, True, True), "centre_id"),
        ("landing", (True, False, False), None),
        ("financing", (True, False, True), "amount"),
        ("financing", (False, True, False), "document_no"),
        ("support", (False, True, True), None),
        ("visit", (False, False, False), None),
    ],
    ids=str,
)
def test_a_follow_up_shows_what_its_kind_asks_for(
    kind: str, given: tuple[bool, bool, bool], missing: str | None
) -> None:
    centre, amount, document = given
    assert missing_of(kind, has_centre=centre, has_amount=amount, has_document=document) == missing
