"""The subsidised interest of a quarter, day by day: which share, and which days give nothing (3.2-4, 3.2-5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

import pytest

from services.finance.servicing.arrears import Arrears, Due, Paid, arrears_class, arrears_on, days_in_arrears
from services.finance.subsidies.interest import History, Schedule, entitlement, quarter_days, subsidised_percent
from services.finance.subsidies.rules import decide_line, decide_prime_rate
from shared.policy.edition import load_editions

EDITION: Final = load_editions(None).get("lhasa-2019")
DRAWN: Final = date(2019, 4, 1)
FIRM: Final = History(
    kind="firm",
    contracted_on=date(2019, 3, 20),
    matures_on=date(2021, 4, 1),
    rate=Decimal("4.35"),
    drawn=[(DRAWN, Decimal("360000.00"))],
    paid=[],
    schedules=[Schedule(DRAWN, [Due(date(2021, 4, 1), Decimal("360000.00"), Decimal(0))])],
)
GRADUATE: Final = replace(FIRM, kind="graduate", matures_on=date(2023, 4, 1), schedules=[])


def amount(history: History, year: int, quarter: int, rate: str | None = "4.31") -> Decimal:
    return entitlement(EDITION, history, year, quarter, None if rate is None else Decimal(rate)).amount


def days(history: History, year: int, quarter: int) -> tuple[int, dict[str, int]]:
    given = entitlement(EDITION, history, year, quarter, Decimal("4.31"))
    out: dict[str, int] = {}
    for each in given.stretches:
        if each.excluded:
            out[each.excluded] = out.get(each.excluded, 0) + each.days
    return sum(each.days for each in given.stretches if not each.excluded), out


@pytest.mark.parametrize(
    ("quarter", "first", "last"),
    [
        (1, date(2020, 1, 1), date(2020, 3, 31)),
        (2, date(2020, 4, 1), date(2020, 6, 30)),
        (3, date(2020, 7, 1), date(2020, 9, 30)),
        (4, date(2020, 10, 1), date(2020, 12, 31)),
    ],
    ids=["1", "2", "3", "4"],
)
def test_quarters_are_the_calendars(quarter: int, first: date, last: date) -> None:
    assert quarter_days(2020, quarter) == (first, last)


@pytest.mark.parametrize(
    ("contracted_on", "prime_rate", "rate", "percent"),
    [
        (date(2019, 3, 20), "4.31", "4.35", "2.155"),  # half of the prime rate
        (date(2020, 12, 31), "3.85", "4.35", "1.925"),  # the last day of that rule
        (date(2021, 1, 1), "3.85", "4.35", "2.00"),  # what exceeds 3.85 - 1.50
        (date(2021, 1, 1), "3.85", "2.35", "0.00"),  # nothing exceeds it
        (date(2021, 1, 1), "3.85", "2.36", "0.01"),
        (date(2019, 3, 20), "4.31", "2.00", "2.00"),  # never more than the interest itself
    ],
    ids=["half", "2020-12-31", "2021-01-01", "at_the_margin", "above_the_margin", "capped"],
)
def test_a_firm_gets_half_of_the_prime_rate_and_from_2021_what_exceeds_it_less_the_margin(
    contracted_on: date, prime_rate: str, rate: str, percent: str
) -> None:
    history = replace(FIRM, contracted_on=contracted_on, rate=Decimal(rate))
    assert subsidised_percent(EDITION, history, Decimal(prime_rate)) == Decimal(percent)


@pytest.mark.parametrize("contracted_on", [date(2019, 3, 20), date(2021, 1, 1)], ids=["2019", "2021"])
def test_a_graduate_gets_all_of_the_interest(contracted_on: date) -> None:
    assert subsidised_percent(EDITION, replace(GRADUATE, contracted_on=contracted_on), None) == Decimal("4.35")


def test_a_quarter_counts_its_days_over_360() -> None:
    assert amount(FIRM, 2019, 2) == Decimal("1961.05")  # 360,000 x 2.155 % x 91 / 360
    assert amount(FIRM, 2019, 3) == Decimal("1982.60")  # 92 days
    assert amount(GRADUATE, 2019, 2, None) == Decimal("3958.50")
    assert amount(FIRM, 2019, 1) == Decimal(0)


def test_the_day_of_payment_out_counts_and_that_of_payment_back_does_not() -> None:
    late = replace(FIRM, drawn=[(date(2019, 6, 30), Decimal("360000.00"))])
    assert days(late, 2019, 2) == (1, {})
    back = replace(FIRM, paid=[Paid(date(2019, 4, 11), Decimal("360000.00"), Decimal(0))])
    assert days(back, 2019, 2) == (10, {})


def test_a_payment_in_the_quarter_divides_it() -> None:
    half = replace(FIRM, paid=[Paid(date(2019, 5, 16), Decimal("180000.00"), Decimal(0))])
    given = entitlement(EDITION, half, 2019, 2, Decimal("4.31"))
    assert [(each.principal, each.days) for each in given.stretches] == [
        (Decimal("360000.00"), 45),
        (Decimal("180000.00"), 46),
    ]
    assert given.amount == Decimal("1465.40")  # (360,000 x 45 + 180,000 x 46) x 2.155 % / 360


def test_days_in_arrears_give_nothing_from_the_day_after_the_due_day_to_the_day_before_payment() -> None:
    due = [Due(date(2019, 5, 15), Decimal(0), Decimal("1000.00")), *FIRM.schedules[0].due]
    behind = replace(FIRM, schedules=[Schedule(DRAWN, due)])
    assert days(behind, 2019, 2) == (45, {"arrears": 46})  # 1 April to 15 May, then nothing
    paid = replace(behind, paid=[Paid(date(2019, 5, 26), Decimal(0), Decimal("1000.00"))])
    assert days(paid, 2019, 2) == (81, {"arrears": 10})  # 16 to 25 May
    on_time = replace(behind, paid=[Paid(date(2019, 5, 15), Decimal(0), Decimal("1000.00"))])
    assert days(on_time, 2019, 2) == (91, {})


def test_a_restructuring_does_not_forgive_the_days_before_it() -> None:
    due = [Due(date(2019, 5, 15), Decimal(0), Decimal("1000.00")), *FIRM.schedules[0].due]
    anew = Schedule(date(2019, 6, 1), [Due(date(2021, 4, 1), Decimal("360000.00"), Decimal(0))])
    history = replace(FIRM, schedules=[Schedule(DRAWN, due), anew])
    assert days(history, 2019, 2) == (75, {"arrears": 16})  # 16 to 31 May
    late_tranche = replace(history, schedules=[*history.schedules, Schedule(DRAWN, due)])
    assert days(late_tranche, 2019, 2) == (45, {"arrears": 46}), "a later revision from an earlier day replaces both"


def test_nothing_is_given_for_an_extension() -> None:
    extended = replace(FIRM, matures_on=date(2019, 5, 31))
    assert days(extended, 2019, 2) == (60, {"extension": 31})


@pytest.mark.parametrize(
    ("history", "year", "quarter", "given", "over"),
    [
        (replace(FIRM, matures_on=date(2025, 1, 1)), 2021, 1, 90, 0),
        (replace(FIRM, matures_on=date(2025, 1, 1)), 2021, 2, 0, 91),  # two years end on 2021-03-31
        (replace(GRADUATE, matures_on=date(2025, 1, 1)), 2022, 1, 90, 0),
        (replace(GRADUATE, matures_on=date(2025, 1, 1)), 2022, 2, 0, 91),  # three years
        (
            replace(GRADUATE, matures_on=date(2025, 1, 1), drawn=[(date(2019, 5, 16), Decimal("1.00"))]),
            2022,
            2,
            45,
            46,
        ),
    ],
    ids=["firm_last", "firm_over", "graduate_last", "graduate_over", "in_the_middle"],
)
def test_the_years_are_counted_from_the_first_payment_out(
    history: History, year: int, quarter: int, given: int, over: int
) -> None:
    assert days(history, year, quarter) == (given, {"years_over": over} if over else {})


def test_a_delisting_ends_it_only_where_the_edition_says_so() -> None:
    assert EDITION.subsidy_terms.paid_after_delisting.value
    assert days(replace(FIRM, stops_on=date(2019, 5, 1)), 2019, 2) == (30, {"centre_delisted": 61})


@pytest.mark.parametrize(
    ("contracted_on", "effective_on", "passed"),
    [
        (date(2019, 3, 20), date(2019, 1, 1), True),
        (date(2019, 8, 19), date(2019, 1, 1), True),
        (date(2019, 8, 20), date(2019, 1, 1), False),
        (date(2020, 12, 31), date(2020, 12, 21), True),
        (date(2021, 1, 30), date(2020, 12, 21), True),
        (date(2021, 1, 31), date(2020, 12, 21), False),
        (date(2018, 12, 31), None, False),
    ],
    ids=["before_reform", "last_before", "first_monthly", "fresh", "40_days", "41_days", "none"],
)
def test_the_prime_rate_is_that_of_the_contracts_day(
    contracted_on: date, effective_on: date | None, passed: bool
) -> None:
    assert decide_prime_rate(EDITION, contracted_on=contracted_on, effective_on=effective_on).passed is passed


def test_a_line_names_its_clause_and_figures() -> None:
    given = entitlement(EDITION, GRADUATE, 2019, 2, None)
    before = Decimal("1000.00")
    decision = decide_line(EDITION, given, graduate=True, before=before, amount=given.amount - before)
    assert decision.clauses == ("3.2-5",)
    assert decision.results[0].inputs["amount"] == "2958.50"


@pytest.mark.parametrize(
    ("behind", "name"),
    [
        (0, "current"),
        (1, "days_1_30"),
        (30, "days_1_30"),
        (31, "days_31_90"),
        (90, "days_31_90"),
        (91, "days_over_90"),
    ],
)
def test_classes_of_arrears(behind: int, name: str) -> None:
    assert arrears_class(behind, (30, 90)) == name


def test_payments_meet_the_oldest_instalment_first() -> None:
    due = [
        Due(date(2019, 5, 15), Decimal("100.00"), Decimal("10.00")),
        Due(date(2019, 6, 17), Decimal("100.00"), Decimal("9.00")),
    ]
    paid = [Paid(date(2019, 5, 20), Decimal("150.00"), Decimal("10.00"))]
    assert arrears_on(date(2019, 5, 15), due, paid) == Arrears(Decimal(0), Decimal(0), None, 0)
    assert days_in_arrears(date(2019, 5, 15), date(2019, 5, 15), due, paid) == set()
    first = arrears_on(date(2019, 5, 19), due, paid)
    assert (first.days, first.principal, first.interest) == (4, Decimal("100.00"), Decimal("10.00"))
    assert arrears_on(date(2019, 5, 20), due, paid).days == 0
    second = arrears_on(date(2019, 6, 18), due, paid)
    assert (second.days, second.principal, second.interest) == (1, Decimal("50.00"), Decimal("9.00"))
    assert days_in_arrears(date(2019, 5, 1), date(2019, 6, 18), due, paid) == {
        *(date(2019, 5, day) for day in range(16, 20)),
        date(2019, 6, 18),
    }
