"""Which decisions on money need a document number and minutes (3.1-4)."""

from __future__ import annotations

import pytest

from services.finance.papers import decide_papers
from shared.policy.edition import Edition, load_editions
from shared.policy.money_decisions import STEPS, MoneyDecisions
from tests.finance.papers import with_papers

LHASA = load_editions(None).get("lhasa-2019")
CARRYING_OUT = {"call", "payment", "default", "tranche", "valuation"}
"""Orders of angel funds that carry out what was decided before."""


def lenient() -> Edition:
    """The edition without any papers required."""
    none = {name: getattr(LHASA.money_decisions, name).model_copy(update={"value": ()}) for name in _NAMES}
    return LHASA.model_copy(update={"money_decisions": LHASA.money_decisions.model_copy(update=none)})


_NAMES = tuple(MoneyDecisions.model_fields)


@pytest.mark.parametrize("step", [step for step in STEPS if step != "loan.approved"])
def test_every_decision_on_money_needs_both_papers(step: str) -> None:
    needed = step in LHASA.money_decisions.minutes_required_at.value
    if not step.startswith("angel_fund."):
        assert needed
    assert not (needed and step.removeprefix("angel_fund.") in CARRYING_OUT)
    for document_no, minutes_no, message in (
        (None, "纪要1号", "decision-document-no-missing"),
        ("发1号", None, "decision-minutes-missing"),
        ("发1号", "纪要1号", "rule-met"),
    ):
        decision = decide_papers(LHASA, step, clause="3.2-2", document_no=document_no, minutes_no=minutes_no)
        assert [result.message for result in decision.results] == [message if needed else "rule-met"]
        assert decision.results[0].inputs == {"step": step, "document_no": document_no, "minutes_no": minutes_no}


def test_a_departments_word_on_a_loan_of_a_bank_needs_its_document_and_no_minutes() -> None:
    for document_no, message in ((None, "decision-document-no-missing"), ("发1号", "rule-met")):
        decision = decide_papers(LHASA, "loan.approved", clause="3.2-4", document_no=document_no, minutes_no=None)
        assert [result.message for result in decision.results] == [message]


@pytest.mark.parametrize("step", STEPS)
def test_an_edition_may_require_none(step: str) -> None:
    assert decide_papers(lenient(), step, clause="3.2-2", document_no=None, minutes_no=None).passed


def test_an_edition_that_names_an_unknown_decision_is_not_loaded() -> None:
    wrong = LHASA.money_decisions.model_dump()
    wrong["minutes_required_at"]["value"] = ["financing_reward.aproved"]
    with pytest.raises(ValueError, match="aproved"):
        MoneyDecisions.model_validate(wrong)


def test_what_a_test_names_itself_stays() -> None:
    path = "/v1/matching-funds/1/approve"
    assert with_papers(path, {"minutes_no": None}) == {"document_no": "拉科发〔2019〕31号", "minutes_no": None}
    assert with_papers("/v1/matching-funds/1/refuse", None) is None
