"""The rules of rewards at their boundaries (3.3-2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

import pytest

from services.finance.financing_rewards.rules import (
    Investment,
    Recipient,
    Relation,
    decide_cap,
    decide_exception,
    decide_investment,
    decide_recheck_due,
    decide_recipient,
    decide_share,
    decide_unrelated,
    share_limit,
)
from shared.policy.edition import load_editions

EDITION: Final = load_editions(None).get("lhasa-2019")
DAY: Final = date(2019, 5, 6)
RECIPIENT: Final = Recipient("A", listed_centre=True, tenanted=True, address_in_city=True)
INVESTMENT: Final = Investment(
    "B", "venture_capital", Decimal("1000000.00"), date(2019, 1, 1), DAY, same_representative=False, holding=Decimal(0)
)


@pytest.mark.parametrize(
    ("investment", "limit"),
    [
        ("1000000.00", "50000.00"),
        ("999999.99", "49999.99"),
        ("0.19", "0.00"),
        ("0.20", "0.01"),
        ("0.39", "0.01"),
        ("0.40", "0.02"),
        ("100000.01", "5000.00"),
        ("100000.19", "5000.00"),
        ("100000.20", "5000.01"),
        ("2000000.00", "100000.00"),
    ],
)
def test_five_percent_of_the_investment_down_to_the_cent(investment: str, limit: str) -> None:
    assert share_limit(EDITION, Decimal(investment)) == Decimal(limit)


@pytest.mark.parametrize(
    ("requested", "investment", "exception", "passed"),
    [
        ("5000.00", "100000.00", False, True),
        ("5000.01", "100000.00", False, False),
        ("5000.01", "100000.00", True, True),
        ("100000.00", "100000.00", True, True),
        ("100000.01", "100000.00", True, False),
    ],
)
def test_a_small_investment_bounds_the_reward(requested: str, investment: str, exception: bool, passed: bool) -> None:
    decision = decide_share(EDITION, requested=Decimal(requested), investment=Decimal(investment), exception=exception)
    assert decision.passed is passed


@pytest.mark.parametrize(
    ("requested", "exception", "passed"),
    [("50000.00", False, True), ("50000.01", False, False), ("50000.01", True, True)],
)
def test_cap_of_50_000(requested: str, exception: bool, passed: bool) -> None:
    assert decide_cap(EDITION, Decimal(requested), exception=exception).passed is passed


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "rule-met"),
        ({"listed_centre": False}, "reward-not-tenanted"),
        ({"tenanted": False}, "reward-not-tenanted"),
        ({"address_in_city": None}, "reward-address-unknown"),
        ({"address_in_city": False}, "reward-address-outside"),
        ({"survivor": "C"}, "reward-enterprise-merged"),
    ],
)
def test_recipient(changes: dict[str, Any], message: str) -> None:
    decision = decide_recipient(EDITION, replace(RECIPIENT, **changes), DAY)
    failed = [result.message for result in decision.failures]
    assert (failed or ["rule-met"])[0] == message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "rule-met"),
        ({"investor_type": "bank"}, "reward-investor-type-unknown"),
        ({"arrived_on": date(2018, 12, 31)}, "reward-money-not-arrived"),
        ({"arrived_on": date(2019, 5, 7)}, "reward-money-not-arrived"),
        ({"capital_registered_on": date(2019, 5, 7)}, "reward-capital-not-registered"),
        ({"capital_registered_on": date(2018, 12, 31)}, "reward-capital-not-registered"),
    ],
)
def test_investment_is_real(changes: dict[str, Any], message: str) -> None:
    decision = decide_investment(EDITION, replace(INVESTMENT, **changes), DAY)
    assert decision.results[0].message == message


@pytest.mark.parametrize(
    ("investor", "relation", "message"),
    [
        ("B", Relation(False, Decimal(0), checked=False), "rule-met"),
        ("A", Relation(False, Decimal(0), checked=True), "reward-parties-related"),
        ("B", Relation(True, Decimal(0), checked=True), "reward-parties-related"),
        ("B", Relation(False, Decimal("24.99"), checked=True), "rule-met"),
        ("B", Relation(False, Decimal("25.00"), checked=True), "reward-parties-related-by-holding"),
        ("B", Relation(None, Decimal(0), checked=False), "reward-relation-to-check"),
        ("B", Relation(None, Decimal("25.00"), checked=False), "reward-parties-related-by-holding"),
    ],
)
def test_related_parties(investor: str, relation: Relation, message: str) -> None:
    decision = decide_unrelated(EDITION, "A", investor, relation)
    assert decision.results[0].message == message
    assert decision.passed is (message in ("rule-met", "reward-relation-to-check"))


@pytest.mark.parametrize(
    ("exception", "second", "passed"), [(False, None, True), (True, None, False), (True, "somebody", True)]
)
def test_an_exception_needs_a_second_approver(exception: bool, second: str | None, passed: bool) -> None:
    assert decide_exception(EDITION, exception=exception, second=second).passed is passed


@pytest.mark.parametrize(("day", "passed"), [(date(2020, 5, 13), False), (date(2020, 5, 14), True)])
def test_recheck_not_before_twelve_months(day: date, passed: bool) -> None:
    assert decide_recheck_due(EDITION, due_on=date(2020, 5, 14), day=day).passed is passed
