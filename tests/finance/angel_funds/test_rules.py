"""The arithmetic and the rules of angel funds at their boundaries (3.2-2)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

import pytest
from hypothesis import given, strategies as st

from services.finance.angel_funds.lots import Lot, across_years, after, first_of
from services.finance.angel_funds.rules import (
    Ballot,
    Holding,
    breached_bases,
    decide_committee,
    decide_due_diligence,
    decide_early_exit,
    decide_entry,
    decide_final_distribution,
    decide_net_assets,
    decide_share_after,
    decide_vote,
    decide_winding_up,
    decide_within_share,
)
from services.finance.angel_funds.shares import (
    admissible,
    cost_with_interest,
    distribute,
    floor_share,
    is_majority,
    units_for,
    within,
)
from shared.policy.edition import load_editions

EDITION: Final = load_editions(None).get("lhasa-2019")
THIRTY: Final = Decimal(30)
fens = st.integers(0, 10**14).map(lambda fen: Decimal(fen) / 100)


@pytest.mark.parametrize(
    ("part", "total", "kept"),
    [
        ("0.00", "0.00", True),
        ("0.01", "0.01", False),
        ("30.00", "100.00", True),
        ("30.01", "100.00", False),
        ("30.00", "99.99", False),
        ("3000000000000000.00", "10000000000000000.00", True),
        ("3000000000000000.01", "10000000000000000.01", False),
        ("0.03", "0.10", True),
        ("0.03", "0.09", False),
        ("33.33", "111.10", True),
        ("33.33", "111.09", False),
    ],
)
def test_share_of_30_percent_is_exact(part: str, total: str, kept: bool) -> None:
    assert within(Decimal(part), Decimal(total), THIRTY) is kept


@pytest.mark.parametrize(
    ("municipal", "total", "most"),
    [
        ("0.00", "0.00", "0.00"),
        ("0.00", "70.00", "30.00"),
        ("0.00", "69.99", "29.99"),
        ("10.00", "80.00", "20.00"),
        ("30.00", "100.00", "0.00"),
        ("31.00", "100.00", "0.00"),
        ("0.00", "0.01", "0.00"),
        ("0.00", "0.03", "0.01"),
    ],
)
def test_next_admissible_amount_to_the_cent(municipal: str, total: str, most: str) -> None:
    assert admissible(Decimal(municipal), Decimal(total), THIRTY) == Decimal(most)


@given(municipal=fens, others=fens)
def test_admissible_fits_and_a_cent_more_does_not(municipal: Decimal, others: Decimal) -> None:
    total = municipal + others
    most = admissible(municipal, total, THIRTY)
    if within(municipal, total, THIRTY):
        assert within(municipal + most, total + most, THIRTY)
    else:
        assert most == 0
    more = most + Decimal("0.01")
    assert not within(municipal + more, total + more, THIRTY)


@pytest.mark.parametrize("basis", ["subscribed", "paid_in"])
@pytest.mark.parametrize(("added", "passed"), [("30.00", True), ("30.01", False), ("0.00", True)])
def test_an_active_change_is_refused_with_what_could_be_added(basis: str, added: str, passed: bool) -> None:
    before = Holding(Decimal("0.00"), Decimal("70.00"))
    decision = decide_share_after(EDITION, basis, before, Decimal(added))
    assert decision.passed is passed
    assert decision.results[0].inputs["admissible"] == "30.00"


@pytest.mark.parametrize(
    ("subscribed", "paid_in", "bases"),
    [
        (("30.00", "100.00"), ("30.00", "100.00"), []),
        (("30.00", "99.99"), ("30.00", "100.00"), ["subscribed"]),
        (("30.00", "100.00"), ("30.00", "99.99"), ["paid_in"]),
        (("30.00", "99.99"), ("30.00", "99.99"), ["subscribed", "paid_in"]),
        (("30.00", "100.00"), ("0.00", "0.00"), []),
    ],
)
def test_a_breach_names_its_bases(subscribed: tuple[str, str], paid_in: tuple[str, str], bases: list[str]) -> None:
    holdings = {
        "subscribed": Holding(*map(Decimal, subscribed)),
        "paid_in": Holding(*map(Decimal, paid_in)),
    }
    assert breached_bases(decide_within_share(EDITION, holdings)) == bases


@pytest.mark.parametrize(
    ("votes_for", "base", "carried"),
    [
        (2, 3, True),
        (1, 3, False),
        (3, 4, True),
        (2, 4, False),
        (4, 5, True),
        (3, 5, False),
        (4, 6, True),
        (3, 6, False),
        (5, 7, True),
        (4, 7, False),
        (2, 2, True),
        (1, 2, False),
        (1, 1, True),
        (0, 0, False),
    ],
)
def test_two_thirds_are_exact(votes_for: int, base: int, carried: bool) -> None:
    assert is_majority(votes_for, base, 2, 3) is carried


@pytest.mark.parametrize(
    ("votes", "seats", "carried", "base"),
    [
        (("for", "for", "against"), 3, True, 3),
        (("for", "for"), 3, True, 3),
        (("for", "for"), 4, False, 4),
        (("for", "for", "recused"), 4, True, 3),
        (("for", "recused", "recused"), 3, True, 1),
        (("for", "abstained", "recused"), 3, False, 2),
        (("recused", "recused", "recused"), 3, False, 0),
    ],
)
def test_recused_seats_are_not_in_the_base_and_absent_ones_are(
    votes: tuple[str, ...], seats: int, carried: bool, base: int
) -> None:
    ballots = [Ballot(number, vote) for number, vote in enumerate(votes, start=1)]
    decision = decide_vote(EDITION, ballots, seats)
    assert (decision.passed, decision.results[1].inputs["base"]) == (carried, base)


@pytest.mark.parametrize(("vote", "passed"), [("for", False), ("against", False), ("recused", True)])
def test_a_seat_with_a_conflict_does_not_vote(vote: str, passed: bool) -> None:
    ballots = [Ballot(1, vote, related=True), Ballot(2, "for"), Ballot(3, "for")]
    assert decide_vote(EDITION, ballots, 3).results[0].passed is passed


@pytest.mark.parametrize(
    ("amount", "weights", "shares"),
    [
        ("100.00", ("30.00", "70.00"), ("30.00", "70.00")),
        ("0.01", ("30.00", "70.00"), ("0.00", "0.01")),
        ("100.00", ("1.00", "1.00", "1.00"), ("33.34", "33.33", "33.33")),
        ("0.02", ("1.00", "1.00", "1.00"), ("0.01", "0.01", "0.00")),
        ("10.00", ("0.00", "1.00"), ("0.00", "10.00")),
        ("99.99", ("33.33", "33.33", "33.34"), ("33.33", "33.33", "33.33")),
    ],
)
def test_proceeds_are_shared_to_the_cent(amount: str, weights: tuple[str, ...], shares: tuple[str, ...]) -> None:
    given_ = distribute(Decimal(amount), [(number, Decimal(weight)) for number, weight in enumerate(weights)])
    assert tuple(given_.values()) == tuple(map(Decimal, shares))


@given(amount=fens, weights=st.lists(st.integers(0, 10**12), min_size=1, max_size=20))
def test_shares_sum_to_the_proceeds_and_differ_from_the_exact_by_less_than_a_cent(
    amount: Decimal, weights: list[int]
) -> None:
    keyed = [(number, Decimal(weight) / 100) for number, weight in enumerate(weights)]
    if not sum(weights):
        with pytest.raises(ValueError, match="nobody"):
            distribute(amount, keyed)
        return
    shares = distribute(amount, keyed)
    assert sum(shares.values()) == amount
    for number, weight in enumerate(weights):
        assert abs(shares[number] * sum(weights) - amount * weight) < Decimal("0.01") * sum(weights)


@pytest.mark.parametrize(
    ("days", "least"), [(0, "30000.00"), (1, "30003.58"), (365, "31305.00"), (366, "31308.58"), (730, "32610.00")]
)
def test_cost_and_simple_interest(days: int, least: str) -> None:
    assert cost_with_interest(Decimal("30000.00"), Decimal("4.35"), days) == Decimal(least)


@pytest.mark.parametrize(
    ("day", "price", "passed"),
    [
        (date(2020, 5, 5), "31305.00", True),
        (date(2020, 5, 5), "31304.99", False),
        (date(2024, 5, 6), "30000.00", False),
        (date(2024, 5, 7), "1.00", True),
    ],
)
def test_early_exit_within_five_years(day: date, price: str, passed: bool) -> None:
    lots = [Lot(date(2019, 5, 6), Decimal("30000.00"))]
    assert decide_early_exit(EDITION, lots, price=Decimal(price), day=day).passed is passed


@pytest.mark.parametrize(
    ("day", "least"),
    [
        (date(2020, 5, 5), "20435.00"),
        (date(2024, 5, 6), "23919.76"),
        (date(2024, 5, 7), "11743.58"),
        (date(2025, 5, 5), "12176.19"),
        (date(2025, 5, 6), "0.00"),
    ],
)
def test_each_payment_has_its_own_days_and_years(day: date, least: str) -> None:
    """10,000.00 of 2019-05-06 and 10,000.00 of 2020-05-05: interest from each day, and five years from each."""
    lots = [Lot(date(2019, 5, 6), Decimal("10000.00")), Lot(date(2020, 5, 5), Decimal("10000.00"))]
    floor = Decimal(least)
    assert decide_early_exit(EDITION, lots, price=floor, day=day).passed
    below = decide_early_exit(EDITION, lots, price=floor - Decimal("0.01"), day=day)
    assert not below.passed


def test_the_oldest_payments_are_sold_first() -> None:
    old, new = Lot(date(2019, 5, 6), Decimal("30.00")), Lot(date(2020, 5, 6), Decimal("20.00"))
    left = after([old, new], Decimal("10.00"))
    assert left == [Lot(old.paid_on, Decimal("20.00")), new]
    assert first_of(left, Decimal("20.00")) == [left[0]]
    assert first_of(left, Decimal("20.01")) == [left[0], Lot(new.paid_on, Decimal("0.01"))]
    assert after([old, new], Decimal("50.00")) == []


@pytest.mark.parametrize(
    ("before", "received", "parts"),
    [
        ("0.00", "30.00", [(2019, "30.00")]),
        ("0.00", "30.01", [(2019, "30.00"), (2020, "0.01")]),
        ("29.99", "20.01", [(2019, "0.01"), (2020, "20.00")]),
        ("0.00", "60.00", [(2019, "30.00"), (2020, "20.00")]),
        ("50.00", "5.00", []),
    ],
)
def test_what_comes_back_is_of_the_oldest_year_and_no_more_than_was_paid(
    before: str, received: str, parts: list[tuple[int, str]]
) -> None:
    paid = [(2019, Decimal("30.00")), (2020, Decimal("20.00"))]
    returned = across_years(paid, Decimal(before), Decimal(received))
    assert [(year, f"{part:.2f}") for year, part in returned] == parts


@pytest.mark.parametrize(
    ("capital", "total", "assets", "share"),
    [
        ("70.00", "100.00", "100.00", "70.00"),
        ("70.00", "100.00", "50.00", "35.00"),
        ("33.33", "100.00", "99.99", "33.32"),
        ("100.00", "100.00", "99.99", "99.99"),
        ("0.01", "100.00", "99.99", "0.00"),
        ("0.00", "0.00", "0.00", "0.00"),
    ],
)
def test_share_of_the_net_assets_down_to_the_cent(capital: str, total: str, assets: str, share: str) -> None:
    assert floor_share(Decimal(capital), Decimal(total), Decimal(assets)) == Decimal(share)


@pytest.mark.parametrize(("amount", "passed"), [("35.00", True), ("35.01", False)])
def test_a_withdrawal_is_at_most_the_share_of_net_assets(amount: str, passed: bool) -> None:
    figures = {"units": Decimal("70.00"), "all_units": Decimal("100.00"), "assets": Decimal("50.00")}
    assert decide_net_assets(EDITION, amount=Decimal(amount), **figures).passed is passed


@pytest.mark.parametrize(
    ("amount", "units", "worth", "bought"),
    [
        ("100.00", "0.00", "0.00", "100.00"),
        ("100.00", "100.00", "50.00", "200.00"),
        ("100.00", "100.00", "300.00", "33.33"),
        ("0.01", "100.00", "300.00", "0.00"),
        ("100.00", "100.00", "0.00", "0.00"),
    ],
    ids=["the first pay one yuan", "after losses more units", "after gains fewer, down", "none for a fen", "no price"],
)
def test_units_for_what_is_paid_in_at_net_value(amount: str, units: str, worth: str, bought: str) -> None:
    figures = [Decimal(figure) for figure in (amount, units, worth)]
    issued = units_for(*figures)
    assert issued == Decimal(bought)
    decided = decide_entry(
        EDITION, pricing="net_value", amount=figures[0], units=figures[1], net_value=figures[2], issued=issued
    )
    assert decided.passed is (issued > 0)


@pytest.mark.parametrize(
    ("supporting", "capital", "passed"),
    [("66.66", "100.00", False), ("66.67", "100.00", True), ("66.66", "99.99", True), ("0.00", "0.00", True)],
)
def test_two_thirds_of_the_capital_wind_a_fund_up(supporting: str, capital: str, passed: bool) -> None:
    assert decide_winding_up(EDITION, supporting=Decimal(supporting), capital=Decimal(capital)).passed is passed


@pytest.mark.parametrize(
    ("invested", "costs", "unpaid", "refused"),
    [
        ("0.00", "0.00", "0.00", None),
        ("0.01", "0.00", "0.00", "angel-fund-still-invested"),
        ("0.00", "10.00", "5.00", None),
        ("0.00", "10.01", "0.00", "angel-fund-cash-short"),
        ("0.00", "9.99", "0.01", "angel-fund-debts-first"),
    ],
)
def test_the_last_distribution_comes_after_everything_else(
    invested: str, costs: str, unpaid: str, refused: str | None
) -> None:
    decision = decide_final_distribution(
        EDITION,
        invested=Decimal(invested),
        cash=Decimal("10.00"),
        costs=Decimal(costs),
        unpaid_debts=Decimal(unpaid),
    )
    assert [failed.message for failed in decision.failures] == ([refused] if refused else [])


@pytest.mark.parametrize(
    ("leaving", "joining", "refused"),
    [
        ([1], 1, None),
        ([1], 0, "angel-fund-committee-size"),
        ([], 18, None),
        ([], 19, "angel-fund-committee-size"),
        ([4], 1, "angel-fund-seat-not-held"),
    ],
)
def test_a_committee_keeps_three_to_twenty_one_seats(leaving: list[int], joining: int, refused: str | None) -> None:
    decision = decide_committee(EDITION, sitting=[1, 2, 3], leaving=leaving, joining=joining)
    assert [failed.message for failed in decision.failures] == ([refused] if refused else [])


def test_due_diligence_names_what_is_missing() -> None:
    decision = decide_due_diligence(EDITION, {"business", "finance", "legal", "ownership"})
    assert decision.results[0].inputs["missing"] == "external_rules"
    assert decide_due_diligence(EDITION, set(EDITION.investing.fund.due_diligence)).passed
