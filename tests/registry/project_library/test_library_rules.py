"""Who may offer and choose a project, and when a choice lapses: the rules alone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.registry.graduate_platform import rules as platform
from services.registry.graduate_platform.rules import Step
from services.registry.project_library import rules
from services.registry.project_library.rules import Claimant, Owner
from shared.policy.edition import load_editions

EDITION = next(iter(load_editions(None)))
DAY = date(2019, 6, 3)


@pytest.mark.parametrize(
    ("owner", "message"),
    [
        (Owner("graduate", graduate=True, behind=None), "library-owner-fits"),
        (Owner("graduate", graduate=True, behind=True), "library-owner-fits"),
        (Owner("graduate", graduate=False, behind=True), "library-owner-no-graduate"),
        (Owner("school", graduate=False, behind=None), "library-owner-fits"),
        (Owner("school", graduate=False, behind=False), "library-owner-not-behind"),
    ],
    ids=str,
)
def test_owner(owner: Owner, message: str) -> None:
    decision = rules.decide_owner(EDITION, owner)
    assert (decision.results[0].message, decision.passed) == (message, message == "library-owner-fits")


@pytest.mark.parametrize(
    ("graduated_on", "message"),
    [
        ([date(2014, 6, 3)], "library-claimant-fits"),
        ([date(2014, 6, 2)], "library-claimant-graduated-earlier"),
        ([date(2010, 7, 1), date(2018, 7, 1)], "library-claimant-fits"),
        ([], "library-claimant-no-graduate"),
    ],
    ids=["five years to the day", "a day more", "a later degree", "none"],
)
def test_claimant_graduated_within_five_years(graduated_on: list[date], message: str) -> None:
    claimant = Claimant(graduated_on, owner=False, current=0)
    decision = rules.decide_claimant(EDITION, claimant, DAY, offered=True)
    found = {result.rule: result for result in decision.results}
    assert found["library.claimant"].message == message
    assert decision.passed is (message == "library-claimant-fits")
    assert "2014" not in str(decision.to_json()), "the day of a graduation stays out of what the owner reads"


@pytest.mark.parametrize(
    ("owner", "current", "offered", "failing"),
    [
        (False, 0, True, set()),
        (True, 0, True, {"library.not_ones_own"}),
        (False, 1, True, {"library.claims_at_a_time"}),
        (False, 0, False, {"library.offered"}),
        (True, 1, False, {"library.not_ones_own", "library.claims_at_a_time", "library.offered"}),
    ],
)
def test_claimant_and_project(owner: bool, current: int, offered: bool, failing: set[str]) -> None:
    claimant = Claimant([date(2018, 7, 1)], owner=owner, current=current)
    decision = rules.decide_claimant(EDITION, claimant, DAY, offered=offered)
    assert {result.rule for result in decision.failures} == failing


def test_days_of_the_follow_up() -> None:
    assert rules.first_due(EDITION, DAY) == (date(2019, 7, 3), date(2019, 11, 30))
    assert rules.latest_due(EDITION, DAY) == date(2019, 9, 1)


@pytest.mark.parametrize(
    ("registered_on", "behind", "message"),
    [
        (DAY, True, "library-success-registered"),
        (date(2019, 6, 2), True, "library-registered-before"),
        (DAY, False, "library-founder-not-behind"),
    ],
)
def test_success_is_an_enterprise_of_the_founder_since_the_choice(
    registered_on: date, behind: bool, message: str
) -> None:
    decision = rules.decide_success(EDITION, registered_on=registered_on, claimed_on=DAY, behind=behind)
    assert decision.results[0].message == message


TRIED = Step("trial", date(2019, 3, 1), confirmed=True)
CONVERTED = Step("conversion", date(2019, 5, 1), confirmed=True)


@pytest.mark.parametrize(
    ("stage", "started_on", "line", "message"),
    [
        ("trial", DAY, [], "platform-stage-in-order"),
        ("conversion", DAY, [], "platform-stage-before-missing"),
        ("conversion", DAY, [Step("trial", DAY, confirmed=False)], "platform-stage-before-missing"),
        ("conversion", date(2019, 3, 1), [TRIED], "platform-stage-in-order"),
        ("conversion", date(2019, 2, 28), [TRIED], "platform-stage-too-early"),
        ("channel", DAY, [TRIED], "platform-stage-before-missing"),
        ("channel", DAY, [TRIED, CONVERTED], "platform-stage-in-order"),
        ("trial", date(2019, 5, 1), [CONVERTED], "platform-stage-in-order"),
        ("trial", date(2019, 5, 2), [CONVERTED], "platform-stage-too-late"),
        ("trial", DAY, [TRIED], "platform-stage-in-order"),
    ],
)
def test_stages_go_forward_only(stage: str, started_on: date, line: list[Step], message: str) -> None:
    decision = platform.decide_forward(EDITION, stage, started_on, line)
    assert (decision.results[0].message, decision.passed) == (message, message == "platform-stage-in-order")


@pytest.mark.parametrize(
    ("stage", "document_no", "amount", "message"),
    [
        ("trial", "试1", None, "platform-stage-proven"),
        ("trial", None, None, "platform-document-missing"),
        ("conversion", "合1", None, "platform-amount-missing"),
        ("conversion", "合1", Decimal("0.01"), "platform-stage-proven"),
        ("channel", "合2", None, "platform-stage-proven"),
        ("channel", None, Decimal("1.00"), "platform-document-missing"),
    ],
)
def test_each_stage_has_its_evidence(stage: str, document_no: str | None, amount: Decimal | None, message: str) -> None:
    assert platform.decide_evidence(EDITION, stage, document_no, amount).results[0].message == message
