import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from shared.policy.decision import Decision, RuleInput, RuleResult, combine
from shared.policy.edition import UnknownRule, load_editions

LHASA = load_editions(None).get("lhasa-2019")
_PLAIN = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
_RESULTS = st.builds(
    RuleResult,
    rule=st.text(),
    clause=st.text(),
    passed=st.booleans(),
    inputs=st.dictionaries(st.text(), _PLAIN),
    limit=st.none() | st.text(),
    message=st.text(),
)


def _result(rule: str, passed: bool, clause: str = "3.1-1") -> RuleResult:
    return RuleResult(rule, clause, passed, {}, None, "m")


@given(results=st.lists(_RESULTS, max_size=4), edition=st.text())
def test_a_stored_decision_reads_back_the_same(results: list[RuleResult], edition: str) -> None:
    decision = Decision.of(edition, *results)
    assert Decision.from_json(json.loads(json.dumps(decision.to_json()))) == decision


def test_booleans_stay_booleans_and_integers_integers() -> None:
    decision = Decision.of("e", RuleResult("a.b", "1-1", True, {"flag": True, "count": 1}, None, "m"))
    inputs = Decision.from_json(decision.to_json()).results[0].inputs
    assert inputs["flag"] is True
    assert inputs["count"] == 1
    assert inputs["count"] is not True


def test_one_failed_rule_fails_the_decision() -> None:
    decision = Decision.of("e", _result("a.b", True), _result("c.d", False), _result("e.f", True))
    assert not decision.passed
    assert decision.failures == (_result("c.d", False),)


def test_problems_cite_the_failed_clauses_only() -> None:
    decision = Decision.of("e", _result("a.b", True, "1-1"), _result("c.d", False, "2-1"), _result("e.f", False, "2-1"))
    assert decision.clauses == ("2-1",)
    assert decision.rules == ("a.b", "c.d", "e.f")


def test_combining_keeps_every_result_and_fails_with_any() -> None:
    passed, failed = Decision.of("e", _result("a.b", True)), Decision.of("e", _result("c.d", False))
    assert combine(passed, failed) == Decision(False, "e", (*passed.results, *failed.results))
    assert combine(passed, passed).passed


def test_decisions_of_two_editions_do_not_combine() -> None:
    with pytest.raises(ValueError, match="one edition"):
        combine(Decision.of("a"), Decision.of("b"))
    with pytest.raises(ValueError, match="one edition"):
        combine()


@pytest.mark.parametrize("broken", [{}, {"passed": True}, {"passed": 1, "edition": "e", "results": []}])
def test_a_broken_stored_decision_is_refused(broken: dict[str, bool]) -> None:
    with pytest.raises(ValidationError):
        Decision.from_json(broken)


def test_an_edition_gives_the_clause_and_plain_inputs() -> None:
    inputs: dict[str, RuleInput] = {"amount": Decimal("200000.00"), "day": date(2019, 3, 18), "tier": "standard"}
    limit = LHASA.grants.tiers["standard"].cap
    result = LHASA.result(
        "grants.centre_year_ceiling", True, inputs, limit=limit.value, message="m", clause=limit.clause
    )
    assert result.clause == "3.1-1"
    assert result.limit == "200000.00"
    assert result.inputs == {"amount": "200000.00", "day": "2019-03-18", "tier": "standard"}
    assert LHASA.decision(result).edition == "lhasa-2019"


def test_a_rule_the_edition_does_not_know_is_an_error() -> None:
    with pytest.raises(UnknownRule, match="no_such"):
        LHASA.result("grants.no_such", True, {}, message="m")
