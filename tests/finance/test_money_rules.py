"""Spending, standing, money back and closing as tables (3.1-4, 2.3-3)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.finance.payments.rules import decide_closed, decide_returned, decide_standing
from services.finance.spending.rules import (
    decide_counted_once,
    decide_eligible,
    decide_made_spending,
    decide_planned_spending,
)
from shared.policy.edition import load_editions

EDITION = load_editions(None).get("lhasa-2019")


@pytest.mark.parametrize(
    ("purpose", "amount", "refused_for"),
    [
        ("operations", "50.00", None),
        ("operations", "50.01", "spending-above-balance"),
        ("research_capacity", "50.00", "spending-off-purpose"),
    ],
)
def test_a_planned_payment_is_on_purpose_and_within_what_is_left(
    purpose: str, amount: str, refused_for: str | None
) -> None:
    decision = decide_planned_spending(
        EDITION, earmarked="operations", purpose=purpose, amount=Decimal(amount), spendable=Decimal("50.00")
    )
    assert [failure.message for failure in decision.failures] == ([refused_for] if refused_for else [])


def test_spending_made_off_purpose_is_a_finding_and_not_a_refusal() -> None:
    assert decide_made_spending(EDITION, amount=Decimal("50.00"), spendable=Decimal("50.00")).passed
    decision = decide_eligible(EDITION, earmarked="operations", purpose="banquets")
    assert not decision.passed
    assert decision.rules == ("grants.finding",)


@pytest.mark.parametrize(("amount", "passed"), [("50.00", True), ("50.01", False)])
def test_no_more_is_spent_than_was_paid(amount: str, passed: bool) -> None:
    assert decide_made_spending(EDITION, amount=Decimal(amount), spendable=Decimal("50.00")).passed is passed


@pytest.mark.parametrize("before", [True, False])
def test_an_invoice_counts_once(before: bool) -> None:
    decision = decide_counted_once(EDITION, counted_before=before)
    assert decision.passed is not before
    assert decision.rules == ("documents.counted_once",)


@pytest.mark.parametrize(
    ("evaluation", "registry", "passed"),
    [
        ("good", "listed", True),
        ("good", "delisted", False),
        ("good", "draft", False),
        ("delisting_decided", None, False),
        ("delisting_decided", "listed", False),
        ("stayed", "listed", False),
    ],
)
def test_only_a_centre_good_for_both_services_is_paid(evaluation: str, registry: str | None, passed: bool) -> None:
    decision = decide_standing(EDITION, evaluation=evaluation, registry=registry)
    assert decision.passed is passed
    assert decision.clauses == ("2.3-3",)


@pytest.mark.parametrize(("amount", "passed"), [("0.01", True), ("40.00", True), ("40.01", False)])
def test_no_more_comes_back_than_is_outstanding(amount: str, passed: bool) -> None:
    decision = decide_returned(
        EDITION, rule="grants.delisted_recovery", amount=Decimal(amount), outstanding=Decimal("40.00")
    )
    assert decision.passed is passed


@pytest.mark.parametrize(("balance", "passed"), [("0.00", True), ("0.01", False), ("100.00", False)])
def test_a_grant_closes_when_nothing_is_left(balance: str, passed: bool) -> None:
    assert decide_closed(EDITION, balance=Decimal(balance)).passed is passed
