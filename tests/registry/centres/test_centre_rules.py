"""What a centre's file must say, who may take a centre over, what the standard kit is: tables, no database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.registry.centres.rules import Agreement, Profile, decide_enclave_agreement, decide_profile
from services.registry.measures import rules as measures
from services.registry.operators import rules
from services.registry.self_checks.rules import decide_self_check, items_of
from shared.errors import DomainError
from shared.policy.edition import load_editions
from shared.policy.rules import ban_period
from tests.registry.support import DAY, STRANGER

LHASA = load_editions(None).get("lhasa-2019")


def profile(**changes: object) -> Profile:
    """A standard centre's, valid in every field."""
    values: dict[str, object] = {
        "service_kinds": ["enterprise"],
        "tier": "standard",
        "owner_division": "540102",
        "site_division": "540102",
        "total_area_m2": Decimal("1000.00"),
        "incubation_area_m2": Decimal("800.00"),
        **changes,
    }
    return Profile(**values)  # type: ignore[arg-type]  # the table's values, by name


@pytest.mark.parametrize(
    ("spaces", "passed"),
    [
        ({}, True),
        ({"work": Decimal("1000.00")}, True),
        ({"work": Decimal("600.00"), "network": Decimal("400.01")}, False),
        (dict.fromkeys(("work", "network", "social", "resource_sharing"), Decimal("250.00")), True),
        ({"garden": Decimal("10.00")}, False),
    ],
)
def test_the_spaces_are_the_four_of_the_policy_and_fit_into_the_house(spaces: dict[str, Decimal], passed: bool) -> None:
    decision = decide_profile(LHASA, profile(spaces=spaces))
    result = next(result for result in decision.results if result.rule == "centre.profile")
    assert (result.passed, result.clause) == (passed, "1.1-1")


@pytest.mark.parametrize(("ownership", "passed"), [(None, True), ("state_owned", True), ("royal", False)])
def test_the_ownership_type_is_a_word_of_the_edition(ownership: str | None, passed: bool) -> None:
    decision = decide_profile(LHASA, profile(ownership_type=ownership))
    result = next(result for result in decision.results if result.rule == "centre.ownership")
    assert (result.passed, result.clause) == (passed, "2.1-2")


@pytest.mark.parametrize(
    ("enclave", "agreement", "message"),
    [
        (False, None, "enclave-agreement-not-needed"),
        (True, None, "enclave-agreement-missing"),
        (True, Agreement("A", date(2019, 6, 4), None), "enclave-agreement-not-running"),
        (True, Agreement("A", date(2019, 6, 3), None), "enclave-agreement-runs"),
        (True, Agreement("A", date(2019, 1, 1), date(2019, 6, 2)), "enclave-agreement-not-running"),
        (True, Agreement("A", date(2019, 1, 1), date(2019, 6, 3)), "enclave-agreement-runs"),
    ],
)
def test_an_enclave_needs_an_agreement_that_runs_on_the_day(
    enclave: bool, agreement: Agreement | None, message: str
) -> None:
    decision = decide_enclave_agreement(LHASA, enclave, agreement, DAY)
    assert decision.results[0].message == message
    assert decision.passed is message.endswith(("runs", "needed"))
    assert decision.results[0].clause == "1.2-6"


def test_the_standard_kit_has_three_parts_and_every_item_counts() -> None:
    items = items_of(LHASA)
    whole = decide_self_check(LHASA, dict.fromkeys(items, True))
    assert whole.passed
    assert [result.inputs["part"] for result in whole.results] == [
        "professional_team",
        "market_mechanism",
        "resource_integration",
    ]
    for missing in items:
        decision = decide_self_check(LHASA, {item: item != missing for item in items})
        part, item = missing.split(".")
        assert [(result.inputs["part"], result.inputs["missing"]) for result in decision.failures] == [(part, item)]
        assert decision.clauses == ("4.1-2",)


def test_an_edition_may_be_content_with_one_item_of_each_part() -> None:
    kit = LHASA.centre_profile
    lenient = kit.model_copy(
        update={"self_check_every_item": kit.self_check_every_item.model_copy(update={"value": False})}
    )
    edition = LHASA.model_copy(update={"centre_profile": lenient})
    first = {f"{part}.{next(iter(content.items))}": True for part, content in kit.self_check.items()}
    assert decide_self_check(edition, first).passed
    assert not decide_self_check(edition, dict(list(first.items())[:2])).passed


@pytest.mark.parametrize(
    ("kind", "possible"),
    [
        (measures.SUSPENSION, {"listed"}),
        (measures.RESUMPTION, {"suspended"}),
        (measures.WITHDRAWAL, {"listed", "suspended"}),
    ],
)
def test_a_measure_starts_from_a_centre_on_the_list(kind: measures.Kind, possible: set[str]) -> None:
    for status in ("draft", "submitted", "announced", "listed", "suspended", "withdrawn", "delisted"):
        if status in possible:
            measures.require_proposable(kind, status, None)
            measures.require_proposed(kind, status, kind.name)
        else:
            with pytest.raises(DomainError, match="invalid-transition"):
                measures.require_proposable(kind, status, None)
            with pytest.raises(DomainError, match="invalid-transition"):
                measures.require_proposed(kind, status, kind.name)


@pytest.mark.parametrize(
    ("applied_on", "today", "code"),
    [
        (date(2021, 2, 28), date(2021, 2, 28), None),
        (date(2021, 3, 1), date(2021, 3, 1), "takeover-barred"),
        (date(2024, 3, 1), date(2024, 3, 1), "takeover-barred"),
        (date(2024, 3, 1), date(2024, 3, 5), "takeover-barred"),
        (date(2024, 3, 2), date(2024, 3, 2), None),
    ],
)
def test_no_takeover_on_any_barred_day_from_the_application_to_the_approval(
    applied_on: date, today: date, code: str | None
) -> None:
    decision = rules.decide_takeover(
        LHASA,
        to_code=STRANGER,
        bans=[ban_period(date(2021, 3, 1), 3)],
        applied_on=applied_on,
        today=today,
        centre_status="listed",
        earlier_operators=(),
    )
    assert next((result.message for result in decision.failures), None) == code


@pytest.mark.parametrize(
    ("status", "earlier", "messages"),
    [
        ("listed", (), ("takeover-not-barred", "centre-on-the-list", "operator-is-new")),
        ("suspended", (STRANGER,), ("takeover-not-barred", "centre-on-the-list", "operator-returns")),
        ("delisted", (), ("takeover-not-barred", "centre-not-on-the-list", "operator-is-new")),
        ("announced", (), ("takeover-not-barred", "centre-not-on-the-list", "operator-is-new")),
    ],
)
def test_an_earlier_operator_may_come_back_but_those_who_decide_are_told(
    status: str, earlier: tuple[str, ...], messages: tuple[str, ...]
) -> None:
    decision = rules.decide_takeover(
        LHASA,
        to_code=STRANGER,
        bans=[],
        applied_on=DAY,
        today=DAY,
        centre_status=status,
        earlier_operators=earlier,
    )
    assert tuple(result.message for result in decision.results) == messages
    assert decision.passed is (status in ("listed", "suspended"))
