"""工信部联企业〔2011〕300号 at each of its floors, on the floor and one below it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.enterprise_size import SizeClass, size_class, size_group

LOW, HIGH = Decimal(0), Decimal("9999999999.00")

# industry, (staff, income in 万元, assets in 万元) at the floors of small, medium and large; None: no indicator there.
FLOORS = [
    ("A0111", (None, 50, None), (None, 500, None), (None, 20_000, None)),
    ("C3973", (20, 300, None), (300, 2_000, None), (1_000, 40_000, None)),
    ("E4710", (None, 300, 300), (None, 6_000, 5_000), (None, 80_000, 80_000)),
    ("F5111", (5, 1_000, None), (20, 5_000, None), (200, 40_000, None)),
    ("F5211", (10, 100, None), (50, 500, None), (300, 20_000, None)),
    ("G5437", (20, 200, None), (300, 3_000, None), (1_000, 30_000, None)),
    ("G5990", (20, 100, None), (100, 1_000, None), (200, 30_000, None)),
    ("G6010", (20, 100, None), (300, 2_000, None), (1_000, 30_000, None)),
    ("H6110", (10, 100, None), (100, 2_000, None), (300, 10_000, None)),
    ("H6210", (10, 100, None), (100, 2_000, None), (300, 10_000, None)),
    ("I6421", (10, 100, None), (100, 1_000, None), (2_000, 100_000, None)),
    ("I6510", (10, 50, None), (100, 1_000, None), (300, 10_000, None)),
    ("K7010", (None, 100, 2_000), (None, 1_000, 5_000), (None, 200_000, 10_000)),
    ("K7020", (100, 500, None), (300, 1_000, None), (1_000, 5_000, None)),
    ("L7281", (10, None, 100), (100, None, 8_000), (300, None, 120_000)),
    ("M7320", (10, None, None), (100, None, None), (300, None, None)),
]

CLASSES: tuple[SizeClass, ...] = ("micro", "small", "medium", "large")
CASES = [
    (industry, floors[number], CLASSES[number + 1], CLASSES[number])
    for industry, *floors in FLOORS
    for number in range(3)
]


def yuan(wan: int | None) -> Decimal | None:
    return None if wan is None else Decimal(wan) * 10_000


@pytest.mark.parametrize(("industry", "floor", "at_floor", "_below"), CASES)
def test_all_floors_met_exactly_make_the_class(
    industry: str, floor: tuple[int | None, ...], at_floor: str, _below: str
) -> None:
    staff, income, assets = floor
    assert size_class(industry, staff, yuan(income), yuan(assets)) == at_floor


@pytest.mark.parametrize(("industry", "floor", "_at_floor", "below"), CASES)
def test_one_indicator_below_its_floor_makes_the_class_below(
    industry: str, floor: tuple[int | None, ...], _at_floor: str, below: str
) -> None:
    staff, income, assets = floor
    if staff is not None:
        assert size_class(industry, staff - 1, yuan(income), yuan(assets)) == below
    if income is not None:
        assert size_class(industry, staff, Decimal(income) * 10_000 - Decimal("0.01"), yuan(assets)) == below
    if assets is not None:
        assert size_class(industry, staff, yuan(income), Decimal(assets) * 10_000 - Decimal("0.01")) == below


@pytest.mark.parametrize(("staff", "income"), [(9, HIGH), (100_000, LOW)])
def test_micro_needs_one_indicator_below(staff: int, income: Decimal) -> None:
    assert size_class("I6510", staff, income, None) == "micro"


@pytest.mark.parametrize("industry", ["G5310", "J6621", "T9700"])
def test_industry_outside_the_standard_has_no_class(industry: str) -> None:
    assert size_class(industry, 10, HIGH, HIGH) is None


def test_missing_indicator_gives_no_class() -> None:
    assert size_class("I6510", 10, None, HIGH) is None
    assert size_class("L7281", None, HIGH, HIGH) is None
    assert size_class("M7320", 10, None, None) == "small"


@pytest.mark.parametrize(
    ("industry", "group"),
    [
        ("K7010", "real_estate_development"),
        ("K7030", "other"),
        ("G5910", "transport"),
        ("G5920", "storage"),
        ("B0610", "industry"),
        ("P8399", "other"),
    ],
)
def test_longest_beginning_of_the_code_finds_the_group(industry: str, group: str) -> None:
    found = size_group(industry)
    assert found is not None
    assert found.code == group
