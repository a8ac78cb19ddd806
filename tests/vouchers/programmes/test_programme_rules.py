"""4.3-2 to 4.3-4: sizes, the city-wide quota and how far terms may change, at their boundaries."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.vouchers.amendments.rules import decide_budget_covers, decide_change, decide_forward
from services.vouchers.programmes.rules import decide_city_quota, decide_eligible_size
from shared.policy.edition import Edition, load_editions

EDITION = load_editions(None).get("lhasa-2019")


def limited(yuan: str) -> Edition:
    """The edition with a city-wide quota."""
    quota = EDITION.vouchers.city_year_quota.model_copy(update={"value": Decimal(yuan)})
    return EDITION.model_copy(update={"vouchers": EDITION.vouchers.model_copy(update={"city_year_quota": quota})})


@pytest.mark.parametrize(
    ("sizes", "size", "message"),
    [
        (None, None, "enterprise-size-eligible"),
        (None, "large", "enterprise-size-eligible"),
        (("small", "micro"), "micro", "enterprise-size-eligible"),
        (("small", "micro"), "small", "enterprise-size-eligible"),
        (("small", "micro"), "medium", "enterprise-size-not-eligible"),
        (("small", "micro"), None, "enterprise-size-unknown"),
    ],
)
def test_a_programme_is_for_enterprises_of_its_sizes(
    sizes: tuple[str, ...] | None, size: str | None, message: str
) -> None:
    result = decide_eligible_size(EDITION, sizes, size).results[0]
    assert (result.message, result.passed) == (message, message == "enterprise-size-eligible")


@pytest.mark.parametrize(
    ("limit", "committed", "amount", "message"),
    [
        ("0.00", "999999.99", "100000.00", "voucher-city-quota-none"),
        ("150000.00", "100000.00", "49999.99", "voucher-city-quota-kept"),
        ("150000.00", "100000.00", "50000.00", "voucher-city-quota-kept"),
        ("150000.00", "100000.00", "50000.01", "voucher-city-quota-exceeded"),
        ("150000.00", "0.00", "150000.01", "voucher-city-quota-exceeded"),
        ("150000.00", "200000.00", "0.01", "voucher-city-quota-exceeded"),
    ],
)
def test_the_city_wide_quota_counts_all_issuers(limit: str, committed: str, amount: str, message: str) -> None:
    result = decide_city_quota(limited(limit), Decimal(committed), Decimal(amount)).results[0]
    assert (result.message, result.passed) == (message, not message.endswith("exceeded"))
    assert Decimal(str(result.inputs.get("left", "0"))) >= 0


@pytest.mark.parametrize(
    ("day", "message"),
    [
        (date(2019, 6, 2), "amendment-in-the-past"),
        (date(2019, 6, 3), "amendment-forward"),
        (date(2019, 12, 31), "amendment-forward"),
    ],
)
def test_a_change_counts_from_its_approval_at_the_earliest(day: date, message: str) -> None:
    result = decide_forward(EDITION, day, earliest=date(2019, 6, 3), latest=date(2019, 3, 19)).results[0]
    assert (result.message, result.passed) == (message, message == "amendment-forward")


@pytest.mark.parametrize(
    ("day", "message"),
    [
        (date(2019, 6, 30), "amendment-before-the-last"),
        (date(2019, 7, 1), "amendment-before-the-last"),
        (date(2019, 7, 2), "amendment-forward"),
    ],
)
def test_a_change_counts_from_a_later_day_than_the_last(day: date, message: str) -> None:
    assert (
        decide_forward(EDITION, day, earliest=date(2019, 6, 3), latest=date(2019, 7, 1)).results[0].message == message
    )


@pytest.mark.parametrize(("budget", "passed"), [("999.99", False), ("1000.00", True), ("1000.01", True)])
def test_a_budget_never_falls_below_what_is_issued(budget: str, passed: bool) -> None:
    assert decide_budget_covers(EDITION, Decimal(budget), Decimal("1000.00")).passed is passed


@pytest.mark.parametrize(("changed", "passed"), [((), False), (("budget",), True)])
def test_a_change_changes_something(changed: tuple[str, ...], passed: bool) -> None:
    assert decide_change(EDITION, changed).passed is passed
