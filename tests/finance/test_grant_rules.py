"""3.1-1 to 3.1-4 as tables: caps at the cent, purposes, evidence, years, and who may decide."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.finance.grants.rules import (
    Applicant,
    Moved,
    Request,
    bureaus_of,
    decide_application,
    decide_application_year,
    decide_approved_amount,
    decide_ceiling,
    decide_centre_listed,
    decide_four_eyes,
    decide_not_held,
    decide_other_bureau,
    decide_purpose,
    decide_purpose_evidence,
    decide_requested_amount,
    total_limit,
)
from shared.policy.edition import Edition, load_editions

EDITION = load_editions(None).get("lhasa-2019")


def with_switch(**switches: bool) -> Edition:
    """The edition with other settings of `grants`, as a successor could have them."""
    changed = {name: getattr(EDITION.grants, name).model_copy(update={"value": on}) for name, on in switches.items()}
    return EDITION.model_copy(update={"grants": EDITION.grants.model_copy(update=changed)})


@pytest.mark.parametrize(
    ("tier", "amount", "passed", "clause"),
    [
        ("standard", "199999.99", True, "3.1-1"),
        ("standard", "200000.00", True, "3.1-1"),
        ("standard", "200000.01", False, "3.1-1"),
        ("specialised", "299999.99", True, "3.1-2"),
        ("specialised", "300000.00", True, "3.1-2"),
        ("specialised", "300000.01", False, "3.1-2"),
        ("national", "399999.99", True, "3.1-3"),
        ("national", "400000.00", True, "3.1-3"),
        ("national", "400000.01", False, "3.1-3"),
    ],
)
def test_tier_caps_at_the_cent(tier: str, amount: str, passed: bool, clause: str) -> None:
    decision = decide_requested_amount(EDITION, tier, Decimal(amount))
    assert decision.passed is passed
    assert decision.clauses == (clause,)
    assert decision.results[0].rule == "grants.centre_year_ceiling"


def test_a_tier_without_grant_is_refused_by_every_rule_that_needs_it() -> None:
    request = Request(2019, date(2019, 5, 6), Decimal("1.00"), ["operations"], {})
    decision = decide_application(EDITION, Applicant(True, "county"), request)
    assert [failure.message for failure in decision.failures] == ["grant-tier-unknown"] * 3


@pytest.mark.parametrize(
    ("tier", "planned", "passed", "clause"),
    [
        ("standard", ["operations"], True, "3.1-1"),
        ("standard", ["operations", "research_capacity"], False, "3.1-1"),
        ("standard", ["cooperation"], False, "3.1-1"),
        ("specialised", ["research_capacity", "research_capacity"], True, "3.1-2"),
        ("specialised", ["operations"], False, "3.1-2"),
        ("national", ["cooperation"], True, "3.1-3"),
        ("national", ["research_capacity"], False, "3.1-3"),
        ("national", ["banquets"], False, "3.1-3"),
    ],
)
def test_each_tier_has_one_purpose(tier: str, planned: list[str], passed: bool, clause: str) -> None:
    decision = decide_purpose(EDITION, tier, planned)
    assert (decision.passed, decision.clauses) == (passed, (clause,))


@pytest.mark.parametrize(
    ("tier", "evidence", "passed"),
    [
        ("standard", {}, True),
        ("specialised", {"asset_list": 1}, True),
        ("specialised", {"asset_list": 0}, False),
        ("specialised", {"partner_links": 3}, False),
        ("national", {"partner_links": 1}, True),
        ("national", {"asset_list": 3}, False),
    ],
)
def test_equipment_needs_its_list_and_cooperation_its_partners(
    tier: str, evidence: dict[str, int], passed: bool
) -> None:
    assert decide_purpose_evidence(EDITION, tier, evidence).passed is passed


@pytest.mark.parametrize(
    ("fiscal_year", "applied_on", "passed"),
    [
        (2018, date(2019, 1, 1), False),
        (2019, date(2019, 1, 1), True),
        (2020, date(2019, 12, 31), False),
        (2020, date(2020, 1, 1), True),
        (2019, date(2020, 12, 31), True),
        (2020, date(2020, 12, 31), True),
        (2021, date(2020, 12, 31), False),
    ],
)
def test_the_fiscal_year_is_one_of_the_edition_that_has_begun(fiscal_year: int, applied_on: date, passed: bool) -> None:
    assert decide_application_year(EDITION, fiscal_year, applied_on).passed is passed


@pytest.mark.parametrize(("approved", "passed"), [("99999.99", True), ("100000.00", True), ("100000.01", False)])
def test_nobody_is_given_more_than_was_asked_for(approved: str, passed: bool) -> None:
    assert decide_approved_amount(EDITION, Decimal("100000.00"), Decimal(approved)).passed is passed


@pytest.mark.parametrize(
    ("tier", "stored", "higher_cap_holds", "limit"),
    [
        ("standard", None, True, "200000.00"),
        ("standard", "300000.00", True, "300000.00"),
        ("specialised", "200000.00", True, "300000.00"),
        ("national", "300000.00", True, "400000.00"),
        ("specialised", "200000.00", False, "200000.00"),
        ("standard", "300000.00", False, "300000.00"),
        ("specialised", None, False, "300000.00"),
    ],
)
def test_after_a_change_of_tier_the_higher_cap_holds_once(
    tier: str, stored: str | None, higher_cap_holds: bool, limit: str
) -> None:
    edition = with_switch(higher_cap_after_tier_change=higher_cap_holds)
    assert total_limit(edition, tier, Decimal(stored) if stored else None) == Decimal(limit)


def test_a_full_ceiling_names_what_remains() -> None:
    moved = Moved(False, Decimal("0.02"), Decimal("199999.99"), Decimal("200000.00"))
    decision = decide_ceiling(EDITION, "standard", "all", moved)
    assert decision.failures[0].inputs["remaining"] == "0.01"
    assert decision.failures[0].message == "grant-ceiling-exceeded"


@pytest.mark.parametrize("step", ["submitted", "reviewed", "approved", "countersigned"])
def test_who_took_any_earlier_step_takes_no_later_one(step: str) -> None:
    handled_by: dict[str, str | None] = {"submitted": "a", "reviewed": "b", "approved": "c", "countersigned": None}
    decision = decide_four_eyes(EDITION, "me", {**handled_by, step: "me"})
    assert decision.failures[0].inputs["own_step"] == step
    assert decide_four_eyes(EDITION, "me", handled_by).passed


@pytest.mark.parametrize(
    ("roles", "bureaus"),
    [
        ({"science_approver"}, ["science"]),
        ({"industry_approver"}, ["industry"]),
        ({"science_approver", "industry_approver"}, ["science", "industry"]),
        ({"science_officer", "finance_approver", "admin"}, []),
    ],
)
def test_approvers_sign_for_their_own_bureau(roles: set[str], bureaus: list[str]) -> None:
    assert bureaus_of(EDITION, frozenset(roles)) == bureaus


@pytest.mark.parametrize(
    ("approved", "countersigning", "passed"),
    [
        ("science", ["industry"], True),
        ("industry", ["science"], True),
        ("science", ["science"], False),
        ("science", ["science", "industry"], True),
        ("science", [], False),
    ],
)
def test_the_other_bureau_countersigns(approved: str, countersigning: list[str], passed: bool) -> None:
    assert decide_other_bureau(EDITION, approved, countersigning).passed is passed


def test_a_centre_that_is_not_listed_gets_nothing() -> None:
    assert decide_centre_listed(EDITION, True).passed
    assert decide_centre_listed(EDITION, False).clauses == ("3.1-4",)


def test_a_failed_year_holds_a_grant() -> None:
    assert decide_not_held(EDITION, None).passed
    assert decide_not_held(EDITION, 2019).clauses == ("2.3-4",)


@pytest.mark.parametrize(
    ("listed_on", "passed"),
    [(date(2019, 1, 7), True), (date(2019, 12, 31), True), (date(2020, 1, 1), False), (None, True)],
)
def test_there_is_no_grant_for_a_year_before_the_listing(listed_on: date | None, passed: bool) -> None:
    assert decide_application_year(EDITION, 2019, date(2020, 6, 1), listed_on).passed is passed
