"""4.3-4: the city's limits, at, below and above each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.vouchers.guidance.rules import Limits, decide_guidance
from services.vouchers.programmes.rules import CategoryTerms, TermsInForce
from shared.policy.edition import load_editions

EDITION = load_editions(None).get("lhasa-2019")
LIMITS = Limits("VG-2019-0001")
TERMS = TermsInForce(
    effective_from=date(2019, 3, 19),
    budget=Decimal("500000.00"),
    subsidy_percent=Decimal("50.00"),
    enterprise_quota=Decimal("100000.00"),
    valid_months=12,
    startup_months=60,
    categories=("legal_protection", "ip_protection"),
    category_terms={},
    first_voucher_free=False,
    eligible_sizes=None,
)


def said(limits: Limits, terms: TermsInForce = TERMS, changed: Collection[str] | None = None) -> list[tuple[bool, str]]:
    decision = decide_guidance(EDITION, limits, terms, changed)
    return [(result.passed, result.message) for result in decision.results]


@pytest.mark.parametrize(
    ("limit", "passed"),
    [("49.99", False), ("50.00", True), ("50.01", True), ("100.00", True)],
)
def test_the_share_of_the_price_is_at_most_the_citys(limit: str, passed: bool) -> None:
    ending = "kept" if passed else "exceeded"
    assert said(replace(LIMITS, max_percent=Decimal(limit))) == [(passed, f"guidance-percent-{ending}")]


@pytest.mark.parametrize(
    ("own", "passed"), [("50.00", True), ("60.00", True), ("60.01", False), ("100.00", False), (None, True)]
)
def test_a_categorys_own_share_is_limited_too(own: str | None, passed: bool) -> None:
    percent = None if own is None else Decimal(own)
    terms = replace(TERMS, category_terms={"ip_protection": CategoryTerms(percent, Decimal("5000.00"))})
    decision = decide_guidance(EDITION, replace(LIMITS, max_percent=Decimal("60.00")), terms)
    assert decision.passed is passed
    if not passed:
        assert decision.results[0].inputs["category"] == "ip_protection"


@pytest.mark.parametrize(("limit", "passed"), [("99999.99", False), ("100000.00", True), ("100000.01", True)])
def test_the_quota_of_an_enterprise_is_at_most_the_citys(limit: str, passed: bool) -> None:
    ending = "kept" if passed else "exceeded"
    assert said(replace(LIMITS, max_enterprise_quota=Decimal(limit))) == [(passed, f"guidance-quota-{ending}")]


@pytest.mark.parametrize(
    ("budget", "quota", "passed"),
    [
        ("500000.00", "100000.00", True),
        ("499999.99", "100000.00", False),
        ("500000.00", "100000.01", False),
        ("500000.05", "100000.01", True),
    ],
)
def test_one_enterprise_has_at_most_the_citys_share_of_a_budget(budget: str, quota: str, passed: bool) -> None:
    terms = replace(TERMS, budget=Decimal(budget), enterprise_quota=Decimal(quota))
    ending = "kept" if passed else "exceeded"
    assert said(replace(LIMITS, max_quota_share_percent=Decimal(20)), terms) == [(passed, f"guidance-share-{ending}")]


@pytest.mark.parametrize(
    ("allowed", "free", "passed"), [(True, True, True), (False, True, False), (False, False, True)]
)
def test_a_first_voucher_free_of_charge_may_be_excluded(allowed: bool, free: bool, passed: bool) -> None:
    limits = replace(LIMITS, first_voucher_free_allowed=allowed)
    assert decide_guidance(EDITION, limits, replace(TERMS, first_voucher_free=free)).passed is passed


def test_recommended_categories_bind_nobody_and_those_beyond_are_named() -> None:
    limits = replace(LIMITS, recommended_categories=("legal_protection",))
    decision = decide_guidance(EDITION, limits, TERMS)
    assert decision.passed
    assert decision.results[0].message == "guidance-categories-beyond"
    assert decision.results[0].inputs["beyond"] == "ip_protection"


def test_without_guidance_an_issuer_is_free() -> None:
    assert said_none() == [(True, "guidance-none")]


def said_none() -> list[tuple[bool, str]]:
    return [(result.passed, result.message) for result in decide_guidance(EDITION, None, TERMS).results]


@pytest.mark.parametrize(
    ("changed", "passed"),
    [
        (("valid_months",), True),
        (("budget",), True),
        (("subsidy_percent",), False),
        (("category_terms",), False),
        (("enterprise_quota",), False),
        (None, False),
    ],
)
def test_of_a_change_only_what_it_changes_is_tested(changed: Collection[str] | None, passed: bool) -> None:
    limits = replace(LIMITS, max_percent=Decimal(40), max_enterprise_quota=Decimal("50000.00"))
    assert decide_guidance(EDITION, limits, TERMS, changed).passed is passed


def test_every_result_names_the_guidance_and_the_clause() -> None:
    limits = replace(LIMITS, max_percent=Decimal(40), max_quota_share_percent=Decimal(10))
    results = decide_guidance(EDITION, limits, TERMS).results
    assert {(result.rule, result.clause, result.inputs["guidance"]) for result in results} == {
        ("vouchers.guidance", "4.3-4", "VG-2019-0001")
    }
