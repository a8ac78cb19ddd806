"""Who may have a loan, and how much, at the boundaries (3.2-3 to 3.2-5)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from services.finance.loans import rules
from services.finance.loans.states import GRADUATE, GRADUATE_JOINT, GUARANTEED, PRODUCTS, SMALL_MICRO
from shared.policy.edition import load_editions

EDITION = load_editions(Path(__file__).parents[3] / "deploy" / "demo" / "policy").get("lhasa-2019")
APPLIED = date(2019, 8, 31)


@pytest.mark.parametrize(
    ("refused_on", "applied_on", "code"),
    [
        (date(2019, 3, 15), date(2019, 9, 15), "rule-met"),
        (date(2019, 3, 14), date(2019, 9, 15), "loan-refusal-too-old"),
        (date(2019, 9, 15), date(2019, 9, 15), "rule-met"),
        (date(2019, 9, 16), date(2019, 9, 15), "loan-refusal-too-old"),
        (date(2019, 8, 31), date(2020, 2, 29), "rule-met"),
        (date(2019, 8, 31), date(2020, 3, 1), "loan-refusal-too-old"),
        (None, date(2019, 9, 15), "loan-refusal-missing"),
    ],
)
def test_bank_refusal_counts_six_months_to_the_day(refused_on: date | None, applied_on: date, code: str) -> None:
    [result] = rules.decide_bank_refusal(EDITION, refused_on=refused_on, applied_on=applied_on).results
    assert (result.clause, result.message) == ("3.2-3", code)


@pytest.mark.parametrize(
    ("product", "outstanding", "amount", "passes"),
    [
        (GUARANTEED, "0.00", "2000000.00", True),
        (GUARANTEED, "0.00", "2000000.01", False),
        (GUARANTEED, "1999999.99", "0.01", True),
        (GUARANTEED, "1999999.99", "0.02", False),
        (SMALL_MICRO, "0.00", "3000000.00", True),
        (SMALL_MICRO, "0.01", "3000000.00", False),
        (GRADUATE, "0.00", "500000.00", True),
        (GRADUATE, "499999.99", "0.02", False),
        (GRADUATE_JOINT, "1500000.00", "500000.00", True),
        (GRADUATE_JOINT, "1500000.00", "500000.01", False),
    ],
)
def test_cap_at_the_cent(product: str, outstanding: str, amount: str, passes: bool) -> None:
    decision = rules.decide_cap(
        EDITION, product, borrower="x", outstanding=Decimal(outstanding), amount=Decimal(amount)
    )
    assert decision.passed is passes
    left = Decimal(decision.results[0].limit or 0) - Decimal(outstanding)
    assert decision.results[0].inputs["remaining"] == f"{left:f}"


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_product_has_its_own_clause(product: str) -> None:
    expected = {GUARANTEED: "3.2-3", SMALL_MICRO: "3.2-4"}.get(product, "3.2-5")
    zero = Decimal("0.00")
    [cap] = rules.decide_cap(EDITION, product, borrower="x", outstanding=zero, amount=Decimal("1.00")).results
    [tenor] = rules.decide_tenor(EDITION, product, 12).results
    assert (cap.clause, tenor.clause) == (expected, expected)


@pytest.mark.parametrize(
    ("product", "months", "passes"),
    [(GUARANTEED, 36, True), (GUARANTEED, 37, False), (SMALL_MICRO, 24, True), (SMALL_MICRO, 25, False)],
)
def test_longest_term(product: str, months: int, passes: bool) -> None:
    assert rules.decide_tenor(EDITION, product, months).passed is passes


@pytest.mark.parametrize(
    ("tenanted", "listed", "code"),
    [(True, True, "rule-met"), (True, False, "loan-centre-not-listed"), (False, False, "loan-not-in-centre")],
)
def test_borrower_sits_in_a_listed_centre(tenanted: bool, listed: bool, code: str) -> None:
    [result] = rules.decide_in_centre(EDITION, GUARANTEED, tenanted=tenanted, listed=listed).results
    assert result.message == code


@pytest.mark.parametrize(
    ("size", "code"),
    [
        ("micro", "rule-met"),
        ("small", "rule-met"),
        ("medium", "loan-not-small"),
        ("large", "loan-not-small"),
        (None, "loan-size-unknown"),
    ],
)
def test_small_and_micro_only(size: str | None, code: str) -> None:
    assert rules.decide_size(EDITION, size_class=size, year=2018).results[0].message == code


@pytest.mark.parametrize(
    ("graduate", "behind", "code"),
    [
        (True, True, "rule-met"),
        (False, True, "loan-graduate-not-confirmed"),
        (True, False, "loan-graduate-not-behind"),
        (False, False, "loan-graduate-not-confirmed"),
    ],
)
def test_graduates_only(graduate: bool, behind: bool, code: str) -> None:
    [result] = rules.decide_graduate(EDITION, person_ref="p", graduate=graduate, behind=behind).results
    assert (result.message, result.clause) == (code, "3.2-5")


@pytest.mark.parametrize(("partners", "passes"), [(1, False), (2, True), (5, True)])
def test_joint_loans_have_two_partners_or_more(partners: int, passes: bool) -> None:
    assert rules.decide_joint_partners(EDITION, partners=partners).passed is passes


def test_cap_per_partner_is_off_and_can_be_turned_on() -> None:
    amount = Decimal("1500000.00")
    assert rules.decide_joint_share(EDITION, amount=amount, partners=2).passed
    switch = EDITION.loans.joint_partner_cap_applies.model_copy(update={"value": True})
    loans = EDITION.loans.model_copy(update={"joint_partner_cap_applies": switch})
    strict = EDITION.model_copy(update={"loans": loans})
    assert not rules.decide_joint_share(strict, amount=amount, partners=2).passed
    assert rules.decide_joint_share(strict, amount=amount, partners=3).passed


@pytest.mark.parametrize(
    ("product", "enterprise", "person", "passes"),
    [
        (SMALL_MICRO, True, False, True),
        (SMALL_MICRO, False, True, False),
        (GRADUATE, False, True, True),
        (GRADUATE, True, False, False),
        (GUARANTEED, True, False, True),
        (GUARANTEED, False, True, True),
        (GUARANTEED, False, False, False),
    ],
)
def test_who_may_borrow(product: str, enterprise: bool, person: bool, passes: bool) -> None:
    assert rules.decide_applicant(EDITION, product, enterprise=enterprise, person=person).passed is passes


@pytest.mark.parametrize(
    ("start_on", "maturity_on", "passes"),
    [
        (date(2019, 9, 1), date(2022, 9, 1), True),
        (date(2019, 9, 1), date(2022, 9, 2), False),
        (date(2019, 8, 30), date(2020, 8, 30), False),
        (date(2019, 9, 1), date(2019, 9, 1), False),
    ],
)
def test_contract_runs_within_the_longest_term(start_on: date, maturity_on: date, passes: bool) -> None:
    decision = rules.decide_contract(
        EDITION, GUARANTEED, tenor_months=36, accepted_on=APPLIED, start_on=start_on, maturity_on=maturity_on
    )
    assert decision.passed is passes


@pytest.mark.parametrize(
    ("tenor", "maturity_on", "passes"),
    [
        (12, date(2020, 9, 1), True),
        (12, date(2020, 9, 2), False),
        (360, date(2022, 9, 1), True),
        (360, date(2022, 9, 2), False),
    ],
)
def test_contract_runs_within_the_term_applied_for(tenor: int, maturity_on: date, passes: bool) -> None:
    start_on = date(2019, 9, 1)
    decision = rules.decide_contract(
        EDITION, GUARANTEED, tenor_months=tenor, accepted_on=APPLIED, start_on=start_on, maturity_on=maturity_on
    )
    assert decision.passed is passes


@pytest.mark.parametrize(("signed_on", "passes"), [(date(2019, 8, 31), True), (date(2019, 8, 30), False)])
def test_nothing_is_signed_before_it_was_let_pass(signed_on: date, passes: bool) -> None:
    found = rules.decide_signing(EDITION, GUARANTEED, checked_on=date(2019, 8, 31), signed_on=signed_on)
    assert found.passed is passes


@pytest.mark.parametrize(("behind", "passes"), [(True, True), (False, False)])
def test_who_borrows_without_a_code_stands_behind_the_project(behind: bool, passes: bool) -> None:
    for product in (GUARANTEED, "graduate", "graduate_joint"):
        found = rules.decide_applicant(EDITION, product, enterprise=False, person=True, behind=behind)
        assert found.passed is passes
    assert rules.decide_applicant(EDITION, GUARANTEED, enterprise=True, person=True, behind=behind).passed


def test_only_the_borrowers_own_letter_has_to_be_seen() -> None:
    assert not rules.decide_refusal_seen(EDITION, source="document", seen=False).passed
    assert rules.decide_refusal_seen(EDITION, source="document", seen=True).passed
    assert rules.decide_refusal_seen(EDITION, source="referral", seen=False).passed
    assert rules.decide_refusal_seen(EDITION, source="bank", seen=False).passed


def test_nobody_decides_on_an_own_application() -> None:
    hands = {"submitted": "a", "reviewed": "b"}
    assert not rules.decide_four_eyes(EDITION, GRADUATE, actor="b", handled_by=hands).passed
    assert rules.decide_four_eyes(EDITION, GRADUATE, actor="c", handled_by=hands).passed
