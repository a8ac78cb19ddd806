"""The rules of a grant's year at their boundaries: tables, no database (3.1-4, 2.3-3, 2.3-5)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from services.finance.assets.rules import decide_asset, decide_found
from services.finance.calls.rules import Window, decide_call
from services.finance.grants.rules import LastGrade, decide_grade, decide_papers
from services.finance.payments.rules import decide_receipt
from services.finance.signed_commitments.rules import decide_honoured, decide_settled, decide_signed_before
from services.finance.spending.rules import decide_plan_line
from services.finance.use_reports.rules import (
    Account,
    Figures,
    Indicator,
    band_of,
    decide_figures,
    decide_in_time,
    decide_performance,
    decide_report_time,
    decide_reported,
    due_day,
)
from shared.policy.decision import Decision
from shared.policy.edition import Edition, load_editions

LHASA = load_editions(None).get("lhasa-2019")


def edition_with(**grants: object) -> Edition:
    """The edition with other values for its grants."""
    changed = {name: getattr(LHASA.grants, name).model_copy(update={"value": value}) for name, value in grants.items()}
    return LHASA.model_copy(update={"grants": LHASA.grants.model_copy(update=changed)})


def message_of(decision: Decision) -> str:
    return decision.results[-1].message


def window(opens_on: date, closes_on: date, tier: str = "standard", no: str = "CG-2019-0001") -> Window:
    return Window(UUID(int=1), no, tier, opens_on, closes_on)


MAY = window(date(2019, 5, 6), date(2019, 5, 24))


@pytest.mark.parametrize(
    ("day", "message"),
    [
        pytest.param(date(2019, 5, 5), "grant-call-not-open", id="the-day-before"),
        pytest.param(date(2019, 5, 6), "rule-met", id="the-first-day"),
        pytest.param(date(2019, 5, 24), "rule-met", id="the-last-day"),
        pytest.param(date(2019, 5, 25), "grant-call-not-open", id="the-day-after"),
    ],
)
def test_a_published_call_binds_from_its_first_day_to_its_last(day: date, message: str) -> None:
    assert message_of(decide_call(LHASA, tier="standard", day=day, windows=[MAY])) == message


@pytest.mark.parametrize(
    ("required", "windows", "message"),
    [
        pytest.param(False, [], "grant-call-not-required", id="none-published-and-none-required"),
        pytest.param(True, [], "grant-call-missing", id="none-published-and-one-required"),
        pytest.param(
            False, [window(date(2019, 5, 6), date(2019, 5, 24), "national")], "grant-call-not-for-tier", id="other-tier"
        ),
    ],
)
def test_without_a_call_the_edition_decides(required: bool, windows: list[Window], message: str) -> None:
    edition = edition_with(call_required=required)
    decision = decide_call(edition, tier="standard", day=date(2019, 5, 6), windows=windows)
    assert (decision.passed, message_of(decision)) == (message == "grant-call-not-required", message)


def test_a_refusal_outside_all_windows_names_the_next_one_to_open() -> None:
    autumn = window(date(2019, 9, 2), date(2019, 9, 20), no="CG-2019-0002")
    decision = decide_call(LHASA, tier="standard", day=date(2019, 6, 3), windows=[MAY, autumn])
    assert decision.results[0].inputs["call"] == "CG-2019-0002"


@pytest.mark.parametrize(
    ("grade", "priority"), [("excellent", 1), ("good", 2), ("pass", 3), ("fail", None), ("ungraded", None)]
)
def test_the_last_grade_ranks_as_the_edition_says(grade: str, priority: int | None) -> None:
    decision = decide_grade(LHASA, LastGrade(grade, 2019, 4))
    shown = decision.results[0].inputs
    assert (decision.passed, shown["priority"], shown["year"], shown["version"]) == (True, priority, 2019, 4)


@pytest.mark.parametrize(
    ("steps", "document_no", "minutes_no", "message"),
    [
        pytest.param((), None, None, "rule-met", id="nothing-required"),
        pytest.param(("approved",), None, "纪要3号", "grant-document-no-missing", id="no-document"),
        pytest.param(("approved",), "拉科发〔2019〕1号", None, "grant-minutes-missing", id="no-minutes"),
        pytest.param(("approved",), "拉科发〔2019〕1号", "纪要3号", "rule-met", id="both"),
        pytest.param(("refused",), None, None, "rule-met", id="at-another-step"),
    ],
)
def test_papers_are_required_where_the_edition_says(
    steps: tuple[str, ...], document_no: str | None, minutes_no: str | None, message: str
) -> None:
    edition = edition_with(document_no_required_at=steps, minutes_required_at=steps)
    decision = decide_papers(edition, "approved", document_no=document_no, minutes_no=minutes_no)
    assert message_of(decision) == message


@pytest.mark.parametrize(
    ("amount", "arrived_on", "message"),
    [
        pytest.param("100000.00", date(2019, 5, 8), "rule-met", id="on-the-day-of-payment"),
        pytest.param("100000.00", date(2019, 5, 10), "rule-met", id="today"),
        pytest.param("100000.00", date(2019, 5, 7), "receipt-day-impossible", id="before-the-payment"),
        pytest.param("100000.00", date(2019, 5, 11), "receipt-day-impossible", id="tomorrow"),
        pytest.param("99999.99", date(2019, 5, 8), "grant-receipt-differs", id="a-fen-less"),
        pytest.param("100000.01", date(2019, 5, 8), "grant-receipt-differs", id="a-fen-more"),
    ],
)
def test_what_arrives_is_what_was_paid(amount: str, arrived_on: date, message: str) -> None:
    decision = decide_receipt(
        LHASA,
        amount=Decimal(amount),
        paid=Decimal("100000.00"),
        arrived_on=arrived_on,
        paid_on=date(2019, 5, 8),
        today=date(2019, 5, 10),
    )
    assert message_of(decision) == message


@pytest.mark.parametrize(
    ("amount", "made", "passed", "message"),
    [
        pytest.param("60000.00", False, True, "rule-met", id="to-the-fen"),
        pytest.param("60000.01", False, False, "spending-above-plan-line", id="planned-a-fen-beyond"),
        pytest.param("60000.01", True, True, "spending-beyond-plan-line", id="made-a-fen-beyond"),
    ],
)
def test_planned_payments_stay_within_their_line_and_made_ones_show(
    amount: str, made: bool, passed: bool, message: str
) -> None:
    decision = decide_plan_line(LHASA, line=1, amount=Decimal(amount), left=Decimal("60000.00"), made=made)
    assert (decision.passed, message_of(decision)) == (passed, message)


def account(*reported: int, paid_on: date = date(2019, 11, 4), ended_on: date | None = None) -> Account:
    return Account("GR-2019-0001", LHASA, paid_on, ended_on, frozenset(reported))


def test_the_report_on_a_year_is_due_on_the_editions_day_of_the_next() -> None:
    assert due_day(LHASA, 2019) == date(2020, 3, 31)


@pytest.mark.parametrize(
    ("day", "accounts", "message"),
    [
        pytest.param(date(2020, 3, 31), [account()], "rule-met", id="on-the-due-day"),
        pytest.param(date(2020, 4, 1), [account()], "grant-unreported", id="the-day-after"),
        pytest.param(date(2020, 4, 1), [account(2019)], "rule-met", id="reported"),
        pytest.param(date(2021, 3, 31), [account(2019)], "rule-met", id="the-second-year-on-its-due-day"),
        pytest.param(date(2021, 4, 1), [account(2019)], "grant-unreported", id="the-second-year-missing"),
        pytest.param(
            date(2021, 4, 1), [account(2019, ended_on=date(2019, 12, 20))], "rule-met", id="closed-in-its-first-year"
        ),
        pytest.param(
            date(2020, 4, 1), [account(ended_on=date(2019, 12, 20))], "grant-unreported", id="closed-but-not-reported"
        ),
        pytest.param(date(2020, 4, 1), [account(2019), account()], "grant-unreported", id="one-of-two-missing"),
        pytest.param(date(2020, 4, 1), [], "rule-met", id="no-past-grant"),
    ],
)
def test_an_unreported_past_grant_refuses_from_the_day_after_its_due_day(
    day: date, accounts: list[Account], message: str
) -> None:
    assert message_of(decide_reported(LHASA, day, accounts)) == message


def test_the_edition_may_let_unreported_applicants_pass_and_shows_what_is_missing() -> None:
    decision = decide_reported(edition_with(unreported_refused=False), date(2020, 4, 1), [account()])
    assert (decision.passed, decision.results[0].inputs["missing"]) == (True, 1)


@pytest.mark.parametrize(
    ("year", "day", "ended_on", "message"),
    [
        pytest.param(2019, date(2019, 12, 31), None, "use-report-too-early", id="on-its-last-day"),
        pytest.param(2019, date(2020, 1, 1), None, "rule-met", id="the-day-after"),
        pytest.param(2019, date(2019, 12, 31), date(2019, 12, 20), "rule-met", id="closed-before"),
        pytest.param(2018, date(2020, 1, 1), None, "use-report-other-year", id="before-the-payment"),
        pytest.param(2020, date(2021, 1, 1), date(2019, 12, 20), "use-report-other-year", id="after-the-closing"),
    ],
)
def test_a_year_is_reported_on_when_it_is_over_or_the_grant_closed(
    year: int, day: date, ended_on: date | None, message: str
) -> None:
    decision = decide_report_time(LHASA, year=year, day=day, paid_on=date(2019, 11, 4), ended_on=ended_on)
    assert message_of(decision) == message


@pytest.mark.parametrize(("day", "late"), [(date(2020, 3, 31), False), (date(2020, 4, 1), True)])
def test_a_report_is_late_from_the_day_after_its_due_day_and_taken_all_the_same(day: date, late: bool) -> None:
    decision = decide_in_time(LHASA, due_on=date(2020, 3, 31), day=day)
    assert (decision.passed, decision.results[0].inputs["late"]) == (True, late)


def test_a_figure_that_differs_by_a_fen_is_named() -> None:
    kept = Figures(*(Decimal(amount) for amount in ("100.00", "60.00", "0.00", "0.00", "0.00", "40.00")))
    sent = Figures(*(Decimal(amount) for amount in ("100.00", "60.01", "0.00", "0.00", "0.00", "40.00")))
    assert decide_figures(LHASA, sent=kept, kept=kept).passed
    wrong = decide_figures(LHASA, sent=sent, kept=kept).results[0]
    assert (wrong.passed, wrong.inputs["figure"], wrong.limit) == (False, "spent", "60.00")


@pytest.mark.parametrize(
    ("score", "band"),
    [
        ("100.00", "excellent"),
        ("90.00", "excellent"),
        ("89.99", "good"),
        ("80.00", "good"),
        ("79.99", "fair"),
        ("60.00", "fair"),
        ("59.99", "poor"),
        ("0.00", "poor"),
    ],
)
def test_a_self_review_is_banded_at_90_80_and_60(score: str, band: str) -> None:
    assert band_of(LHASA, Decimal(score)) == band


@pytest.mark.parametrize(
    ("indicators", "message"),
    [
        pytest.param([("60", "60"), ("40", "30")], "performance-banded", id="to-the-point"),
        pytest.param([("60", "60"), ("39.99", "30")], "performance-weights-not-100", id="weights-below"),
        pytest.param([("60", "60"), ("40.01", "30")], "performance-weights-not-100", id="weights-above"),
        pytest.param([("60", "60.01"), ("40", "30")], "performance-score-above-weight", id="score-above"),
    ],
)
def test_weights_come_to_a_hundred_and_bound_the_scores(indicators: list[tuple[str, str]], message: str) -> None:
    given = [Indicator(Decimal(weight), Decimal(score)) for weight, score in indicators]
    assert message_of(decide_performance(LHASA, given)) == message


@pytest.mark.parametrize(
    ("purpose", "paid_for", "amount", "message"),
    [
        pytest.param("research_capacity", True, "5000.00", "rule-met", id="to-the-fen"),
        pytest.param("research_capacity", True, "5000.01", "asset-above-payment", id="a-fen-more"),
        pytest.param("research_capacity", False, "1.00", "asset-not-paid-for", id="not-paid"),
        pytest.param("operations", True, "1.00", "asset-not-for-purpose", id="another-purpose"),
    ],
)
def test_assets_are_listed_against_what_was_paid_for_them(
    purpose: str, paid_for: bool, amount: str, message: str
) -> None:
    left = Decimal("5000.00")
    decision = decide_asset(LHASA, purpose=purpose, paid_for=paid_for, amount=Decimal(amount), unlisted=left)
    assert message_of(decision) == message


@pytest.mark.parametrize(
    ("condition", "found", "passed"),
    [("good", 2, True), ("good", 0, False), ("good", 3, False), ("missing", 0, True), ("missing", 1, False)],
)
def test_a_check_counts_what_is_there(condition: str, found: int, passed: bool) -> None:
    assert decide_found(LHASA, condition=condition, found=found, quantity=2).passed is passed


DELISTED = date(2021, 3, 1)


@pytest.mark.parametrize(
    ("signed_on", "passed"),
    [
        (DELISTED - timedelta(days=1), True),
        (DELISTED, False),
        (date(2019, 11, 4), True),
        (date(2019, 11, 3), False),
    ],
)
def test_commitments_were_signed_after_the_payment_and_before_the_delisting(signed_on: date, passed: bool) -> None:
    decision = decide_signed_before(LHASA, signed_on=signed_on, delisted_on=DELISTED, paid_on=date(2019, 11, 4))
    assert decision.passed is passed


@pytest.mark.parametrize(
    ("amount", "promised", "passed"),
    [
        ("40000.00", "0.00", True),
        ("40000.01", "0.00", False),
        ("30000.00", "10000.00", True),
        ("30000.01", "10000", False),
    ],
)
def test_what_is_honoured_is_there_and_not_promised(amount: str, promised: str, passed: bool) -> None:
    decision = decide_honoured(
        LHASA, amount=Decimal(amount), outstanding=Decimal("40000.00"), promised=Decimal(promised)
    )
    assert decision.passed is passed


@pytest.mark.parametrize(
    ("amount", "unsettled", "outstanding", "passed"),
    [
        ("500.00", "500.00", "900.00", True),
        ("500.01", "500.00", "900.00", False),
        ("500.00", "500.00", "499.99", False),
    ],
)
def test_no_more_is_paid_than_was_honoured_and_is_there(
    amount: str, unsettled: str, outstanding: str, passed: bool
) -> None:
    decision = decide_settled(
        LHASA, amount=Decimal(amount), unsettled=Decimal(unsettled), outstanding=Decimal(outstanding)
    )
    assert decision.passed is passed
