"""Whether a product suits an enterprise, at the boundaries of each rule (3.3-1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.finance.bank_products.matching import Facts, Terms, match_product, outcome_of, verdict_of
from shared.policy.edition import load_editions

EDITION = load_editions(None).get("lhasa-2019")
DAY = date(2019, 5, 6)
TERMS = Terms(
    minimum_amount=Decimal("10000.00"),
    limit_amount=Decimal("500000.00"),
    longest_months=12,
    collaterals=("mortgage", "pledge"),
    channels=("online",),
    required_data=("tax_record", "property_title"),
    sizes=("micro", "small"),
    industries=("A", "I65"),
    tax_grades=("A", "B"),
    minimum_age_months=24,
)
FACTS = Facts(
    size_class="micro",
    industry_code="I6510",
    registered_on=date(2017, 5, 6),
    in_centre=True,
    amount=Decimal("500000.00"),
    tenor_months=12,
    collaterals=("pledge",),
    available_data=("property_title", "tax_record", "pos_sales"),
    tax_grade="B",
    channel="online",
)

CASES = [
    ("amount", {"amount": Decimal("10000.00")}, "for"),
    ("amount", {"amount": Decimal("9999.99")}, "against"),
    ("amount", {"amount": Decimal("500000.00")}, "for"),
    ("amount", {"amount": Decimal("500000.01")}, "against"),
    ("amount", {"amount": None}, "unknown"),
    ("tenor", {"tenor_months": 12}, "for"),
    ("tenor", {"tenor_months": 13}, "against"),
    ("tenor", {"tenor_months": None}, "unknown"),
    ("size", {"size_class": "small"}, "for"),
    ("size", {"size_class": "medium"}, "against"),
    ("size", {"size_class": None}, "unknown"),
    ("industry", {"industry_code": "A0111"}, "for"),
    ("industry", {"industry_code": "I6420"}, "against"),
    ("industry", {"industry_code": None}, "unknown"),
    ("age", {"registered_on": date(2017, 5, 6)}, "for"),
    ("age", {"registered_on": date(2017, 5, 7)}, "against"),
    ("age", {"registered_on": None}, "unknown"),
    ("in_centre", {"in_centre": False}, "against"),
    ("in_centre", {"in_centre": None}, "unknown"),
    ("collateral", {"collaterals": ("guarantee", "mortgage")}, "for"),
    ("collateral", {"collaterals": ("guarantee",)}, "against"),
    ("collateral", {"collaterals": ()}, "against"),
    ("collateral", {"collaterals": None}, "unknown"),
    ("tax_grade", {"tax_grade": "A"}, "for"),
    ("tax_grade", {"tax_grade": "M"}, "against"),
    ("tax_grade", {"tax_grade": None}, "unknown"),
    ("data", {"available_data": ("tax_record", "property_title")}, "for"),
    ("data", {"available_data": ("tax_record",)}, "against"),
    ("data", {"available_data": None}, "unknown"),
    ("offered", {"channel": None}, "for"),
    ("offered", {"channel": "offline"}, "against"),
]


@pytest.mark.parametrize(("rule", "changed", "expected"), CASES)
def test_each_rule_at_its_boundary(rule: str, changed: dict[str, object], expected: str) -> None:
    decision = match_product(EDITION, TERMS, replace(FACTS, **changed), DAY)  # type: ignore[arg-type]  # by name
    outcomes = {result.rule: outcome_of(result) for result in decision.results}
    assert outcomes.pop(f"bank_products.{rule}") == expected
    assert set(outcomes.values()) == {"for"}
    assert all(result.clause == "3.3-1" for result in decision.results)
    assert verdict_of(decision) == {"for": "fits", "against": "does_not_fit", "unknown": "open"}[expected]


def test_one_reason_against_outweighs_what_is_not_known() -> None:
    decision = match_product(EDITION, TERMS, Facts(amount=Decimal("500000.01")), DAY)
    assert verdict_of(decision) == "does_not_fit"


def test_terms_that_ask_for_nothing_have_fewer_rules_and_credit_needs_no_collateral() -> None:
    free = replace(
        TERMS, collaterals=("none",), required_data=(), sizes=(), industries=(), tax_grades=(), minimum_age_months=0
    )
    facts = Facts(in_centre=True, amount=Decimal("10000.00"), tenor_months=1)
    decision = match_product(EDITION, free, facts, DAY)
    assert verdict_of(decision) == "fits"
    assert [result.rule.partition(".")[2] for result in decision.results] == [
        "offered",
        "in_centre",
        "amount",
        "tenor",
        "collateral",
    ]
