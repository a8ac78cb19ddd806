"""The guarantor's share, fee, limits, claims, and how recovered money is shared, to the fen (3.2-3)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

import pytest
from hypothesis import given, strategies as st

from services.finance.guarantees.rules import (
    Split,
    borrower_limit,
    decide_another_person,
    decide_claim_amount,
    decide_claim_day,
    decide_counter_guarantee,
    decide_counter_kinds,
    guarantee_fee,
    guaranteed_share,
    share_recovered,
    total_limit,
)
from shared.policy.edition import load_editions

EDITION: Final = load_editions(None).get("lhasa-2019")


@pytest.mark.parametrize(
    ("amount", "share"),
    [("2000000.00", "1600000.00"), ("0.01", "0.00"), ("0.02", "0.01"), ("100000.03", "80000.02")],
)
def test_the_guarantor_bears_80_percent_rounded_down_and_the_bank_the_rest(amount: str, share: str) -> None:
    assert guaranteed_share(Decimal(amount), Decimal(80)) == Decimal(share)


@pytest.mark.parametrize(
    ("first", "last", "fee"),
    [
        (date(2019, 3, 15), date(2020, 3, 15), "16266.67"),  # 366 days of a leap year
        (date(2020, 3, 15), date(2021, 3, 15), "16222.22"),  # 365
        (date(2020, 3, 15), date(2020, 3, 16), "44.44"),
    ],
    ids=["366", "365", "one_day"],
)
def test_the_fee_is_guaranteed_amount_times_rate_times_days(first: date, last: date, fee: str) -> None:
    assert guarantee_fee(Decimal("1600000.00"), Decimal(1), first, last, 360) == Decimal(fee)


def test_limits_follow_from_the_net_assets() -> None:
    assert borrower_limit(EDITION) == Decimal("10000000.00")
    assert total_limit(EDITION) == Decimal("1000000000.00")


@pytest.mark.parametrize(
    ("product", "amount", "given", "passed"),
    [
        ("guaranteed", "0.01", 0, False),
        ("guaranteed", "2000000.00", 1, True),
        ("graduate", "100000.00", 0, True),
        ("graduate", "100000.01", 0, False),
        ("graduate", "100000.01", 1, True),
    ],
)
def test_above_the_free_amount_there_is_a_counter_guarantee(
    product: str, amount: str, given: int, passed: bool
) -> None:
    assert decide_counter_guarantee(EDITION, product, amount=Decimal(amount), given=given).passed is passed


def test_a_counter_guarantee_is_of_a_known_kind() -> None:
    assert decide_counter_kinds(EDITION, ["mortgage", "person"]).passed
    assert decide_counter_kinds(EDITION, ["mortgage", "promise"]).failures[0].inputs == {"unknown": "promise"}


@pytest.mark.parametrize(("days", "passed"), [(0, False), (90, False), (91, True)])
def test_a_claim_needs_more_than_90_days_in_arrears(days: int, passed: bool) -> None:
    assert decide_claim_day(EDITION, days=days, as_of=date(2020, 1, 1)).passed is passed


@pytest.mark.parametrize(("amount", "passed"), [("80000.00", True), ("80000.01", False)])
def test_a_claim_is_never_above_the_share_of_what_is_owed(amount: str, passed: bool) -> None:
    decision = decide_claim_amount(
        EDITION, amount=Decimal(amount), outstanding=Decimal("100000.00"), percent=Decimal(80)
    )
    assert decision.passed is passed


def share(amount: str, receivable: str = "80000.00", bank: str = "20000.00", budget: str = "0.00") -> Split:
    return share_recovered(
        Decimal(amount),
        percent=Decimal(80),
        receivable=Decimal(receivable),
        bank_debt=Decimal(bank),
        budget=Decimal(budget),
    )


@pytest.mark.parametrize(
    ("amount", "guarantor", "bank"),
    [
        ("100.00", "80.00", "20.00"),
        ("0.01", "0.00", "0.01"),
        ("33.33", "26.66", "6.67"),
        ("100000.00", "80000.00", "20000.00"),
    ],
)
def test_recovered_money_is_shared_as_the_risk_was_and_an_odd_fen_is_the_banks(
    amount: str, guarantor: str, bank: str
) -> None:
    split = share(amount)
    assert (split.guarantor, split.bank) == (Decimal(guarantor), Decimal(bank))


def test_who_is_owed_nothing_more_leaves_the_rest_to_the_other() -> None:
    assert share("50.00", receivable="10.00", bank="100.00").bank == Decimal("40.00")
    assert share("50.00", receivable="100.00", bank="1.00").guarantor == Decimal("49.00")
    with pytest.raises(ValueError, match="more is recovered"):
        share("100000.01")


def test_the_public_funds_part_goes_back_in_proportion_and_whole_with_the_last_fen() -> None:
    assert share("100.00", budget="80000.00").budget == Decimal("80.00")
    assert share("100.00", budget="40000.00").budget == Decimal("40.00")
    assert share("0.02", receivable="0.01", bank="0.01", budget="0.01") == Split(
        Decimal("0.01"), Decimal("0.01"), Decimal("0.01")
    )


@given(
    paid=st.integers(1, 10_000_000),
    bank=st.integers(0, 3_000_000),
    budget=st.integers(0, 100),
    parts=st.lists(st.integers(1, 2_000_000), max_size=12),
)
def test_however_it_comes_all_of_the_debt_is_shared_and_nobody_gets_more_than_his_own(
    paid: int, bank: int, budget: int, parts: list[int]
) -> None:
    receivable, debt = Decimal(paid) / 100, Decimal(bank) / 100
    public = (receivable * budget / 100).quantize(Decimal("0.01"))
    for part in [*(Decimal(part) / 100 for part in parts), Decimal("99999999.99")]:
        money = min(part, receivable + debt)
        if not money:
            continue
        split = share_recovered(money, percent=Decimal(80), receivable=receivable, bank_debt=debt, budget=public)
        assert split.guarantor + split.bank == money
        receivable, debt, public = receivable - split.guarantor, debt - split.bank, public - split.budget
        assert min(receivable, debt, public) >= 0
        assert public <= receivable
    assert not any((receivable, debt, public))


@pytest.mark.parametrize(("actor", "passed"), [("a", False), ("b", False), ("c", True)])
def test_nobody_decides_twice(actor: str, passed: bool) -> None:
    decision = decide_another_person(EDITION, actor=actor, handled_by={"filed": "a", "accepted": "b", "paid": None})
    assert decision.passed is passed
