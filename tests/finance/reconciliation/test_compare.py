"""How a bank's day is compared with ours, line by line and in total (3.2-1)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.finance.reconciliation.rules import Movement, Totals, compare, decide_day, totals_of, wrong_totals
from shared.policy.edition import load_editions

EDITION = load_editions(None).get("lhasa-2019")
OUT = Movement("disbursement", "C-1", "RF-2019-0001", Decimal("100.00"))
BACK = Movement("repayment", "C-2", "RF-2019-0001", Decimal("40.00"))


def found(ours: list[Movement], theirs: list[Movement], our: str = "60.00", their: str = "60.00") -> list[object]:
    differences = compare(ours, theirs, our_outstanding=Decimal(our), their_outstanding=Decimal(their))
    return [(one.kind, one.reference, one.ours, one.theirs) for one in differences]


def test_equal_days_do_not_differ_in_whatever_order() -> None:
    assert found([OUT, BACK], [BACK, OUT]) == []
    assert found([], [], "0.00", "0.00") == []


CASES = [
    ([OUT], [OUT, BACK], ("missing_here", "C-2", None, Decimal("40.00"))),
    ([OUT, BACK], [OUT], ("missing_there", "C-2", Decimal("40.00"), None)),
    (
        [OUT],
        [Movement("disbursement", "C-1", "RF-2019-0001", Decimal("100.01"))],
        ("amount_differs", "C-1", Decimal("100.00"), Decimal("100.01")),
    ),
    (
        [OUT],
        [Movement("repayment", "C-1", "RF-2019-0001", Decimal("100.00"))],
        ("kind_differs", "C-1", Decimal("100.00"), Decimal("100.00")),
    ),
    (
        [OUT],
        [Movement("disbursement", "C-1", "RF-2019-0002", Decimal("100.00"))],
        ("case_differs", "C-1", Decimal("100.00"), Decimal("100.00")),
    ),
]


@pytest.mark.parametrize(("ours", "theirs", "expected"), CASES)
def test_each_kind_of_difference_is_told_once(
    ours: list[Movement], theirs: list[Movement], expected: tuple[object, ...]
) -> None:
    assert found(ours, theirs) == [expected]


def test_one_number_may_stand_for_money_out_and_money_back() -> None:
    same = Movement("repayment", "C-1", "RF-2019-0001", Decimal("40.00"))
    assert found([OUT, same], [same, OUT]) == []
    wrong = Movement("repayment", "C-1", "RF-2019-0001", Decimal("40.01"))
    assert found([OUT, same], [OUT, wrong]) == [("amount_differs", "C-1", Decimal("40.00"), Decimal("40.01"))]
    assert found([OUT, same], [OUT]) == [("missing_there", "C-1", Decimal("40.00"), None)]


def test_what_is_owed_is_compared_to_the_cent() -> None:
    assert found([OUT], [OUT], "60.00", "60.01") == [("outstanding_differs", None, Decimal("60.00"), Decimal("60.01"))]


def test_sums_are_net_of_reversals() -> None:
    undone = Movement("disbursement_reversal", "C-3", "RF-2019-0001", Decimal("100.00"))
    returned = Movement("repayment_reversal", "C-4", "RF-2019-0001", Decimal("40.00"))
    totals = totals_of([OUT, BACK, undone, returned], Decimal(0))
    assert totals == Totals(4, Decimal("0.00"), Decimal("0.00"), Decimal(0))


def test_totals_that_do_not_add_up_are_named() -> None:
    told = Totals(2, Decimal("100.00"), Decimal("40.01"), Decimal("60.00"))
    assert wrong_totals([OUT, BACK], told) == {"repaid": "40.00"}
    assert wrong_totals([OUT, BACK], Totals(2, Decimal("100"), Decimal("40"), Decimal("1"))) == {}


@pytest.mark.parametrize(
    ("day", "passed"),
    [
        (date(2019, 5, 6), True),
        (date(2019, 5, 7), False),
        (date(2019, 2, 3), True),
        (date(2019, 2, 2), False),
    ],
)
def test_a_day_is_filed_within_a_quarter(day: date, passed: bool) -> None:
    assert decide_day(EDITION, day=day, today=date(2019, 5, 6)).passed is passed
