"""4.3: what a voucher pays for, and how much, at the boundaries."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.vouchers.redemptions.rules import (
    RULES,
    Use,
    decide_unrelated,
    decide_use,
    decide_validity,
    full_subsidy,
    subsidy_of,
)
from shared.policy.edition import load_editions

EDITION = load_editions(None).get("lhasa-2019")
ISSUED, LAST = date(2019, 6, 3), date(2020, 6, 3)
USE = Use(
    day=date(2019, 7, 1),
    category="legal_protection",
    price=Decimal("200.00"),
    status="active",
    issued_on=ISSUED,
    valid_until=LAST,
    centre="listed",
    category_allowed=True,
    provider_bar=None,
    same_code=False,
    same_representative=False,
    holder_represented=True,
    seller_represented=True,
    holding=None,
    related_percent=Decimal("25.00"),
    percent=Decimal("50.00"),
    cap=None,
    balance=Decimal("1000.00"),
)


@pytest.mark.parametrize(
    ("price", "percent", "subsidy"),
    [
        ("200.00", "50", "100.00"),
        ("0.01", "50", "0.01"),
        ("0.01", "49.99", "0.00"),
        ("100.01", "50", "50.01"),
        ("100.03", "50", "50.02"),
        ("33.33", "33.33", "11.11"),
        ("10.05", "30", "3.02"),
        ("10.04", "30", "3.01"),
        ("0.99", "100", "0.99"),
        ("9999999999999999.99", "100", "9999999999999999.99"),
    ],
)
def test_the_share_of_the_price_is_rounded_half_up_to_the_fen(price: str, percent: str, subsidy: str) -> None:
    assert full_subsidy(Decimal(price), Decimal(percent)) == Decimal(subsidy)


@pytest.mark.parametrize(
    ("balance", "subsidy"), [("100.00", "100.00"), ("99.99", "99.99"), ("100.01", "100.00"), ("0.01", "0.01")]
)
def test_the_subsidy_is_never_above_the_balance(balance: str, subsidy: str) -> None:
    assert subsidy_of(Decimal("200.00"), Decimal("50"), Decimal(balance)) == Decimal(subsidy)


@pytest.mark.parametrize(
    ("day", "status", "message"),
    [
        (date(2019, 6, 2), "active", "voucher-not-yet-issued"),
        (date(2019, 6, 3), "active", "voucher-valid"),
        (date(2020, 6, 3), "active", "voucher-valid"),
        (date(2020, 6, 4), "active", "voucher-expired"),
        (date(2019, 7, 1), "stopped", "voucher-stopped"),
        (date(2020, 6, 4), "stopped", "voucher-stopped"),
    ],
)
def test_a_voucher_is_valid_from_issue_through_its_last_day(day: date, status: str, message: str) -> None:
    result = decide_validity(EDITION, status, ISSUED, LAST, day).results[0]
    assert (result.message, result.passed) == (message, message == "voucher-valid")
    assert (result.limit, result.clause) == ("2020-06-03", "4.3-3")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({}, "parties-unrelated"),
        ({"same_code": True}, "parties-related"),
        ({"same_representative": True}, "parties-related"),
        ({"same_code": True, "same_representative": True}, "parties-related"),
        ({"holding": Decimal("25.00")}, "parties-related-by-holding"),
        ({"holder_represented": False}, "enterprise-representative-unknown"),
        ({"seller_represented": False}, "provider-representative-unknown"),
        ({"holder_represented": False, "seller_represented": False}, "enterprise-representative-unknown"),
        ({"same_code": True, "holder_represented": False}, "parties-related"),
        ({"holding": Decimal("25.01"), "holder_represented": False}, "parties-related-by-holding"),
    ],
)
def test_related_parties_and_those_nobody_can_tell_apart_are_refused(changed: dict[str, Any], message: str) -> None:
    decision = decide_unrelated(EDITION, replace(USE, **changed))
    assert [result.message for result in decision.results] == [message]
    assert decision.passed is (not changed)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"category_allowed": False}, "category-not-allowed"),
        ({"provider_bar": "provider-not-admitted"}, "provider-not-admitted"),
        ({"provider_bar": "provider-suspended"}, "provider-suspended"),
        ({"provider_bar": "provider-not-in-category"}, "provider-not-in-category"),
        ({"same_code": True}, "parties-related"),
        ({"balance": Decimal("0.00")}, "voucher-balance-empty"),
        ({"price": Decimal("0.01"), "percent": Decimal("10.00")}, "subsidy-below-one-fen"),
        ({"day": date(2020, 6, 4)}, "voucher-expired"),
        ({"status": "frozen"}, "voucher-frozen"),
        ({"centre": "withdrawn"}, "voucher-centre-withdrawn"),
        ({"centre": "delisted"}, "voucher-centre-not-listed"),
        ({"centre": None}, "voucher-holder-in-no-centre"),
    ],
)
def test_each_condition_alone_refuses_a_use(changed: dict[str, object], message: str) -> None:
    decision = decide_use(EDITION, replace(USE, **changed))  # type: ignore[arg-type]  # one field of its own type each
    assert [failure.message for failure in decision.failures] == [message]


def test_a_use_that_meets_every_condition_passes_all_rules_in_their_order() -> None:
    decision = decide_use(EDITION, USE)
    assert decision.passed
    assert decision.rules == RULES
