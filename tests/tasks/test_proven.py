"""The table of witnesses names kinds and tests that exist, and a watched test fails for what it should fail for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tasks.plugin import judge
from tests.tasks.proven import Claim, later, table
from tests.tasks.watching import Seen, sources

ROOT = Path(__file__).parents[2]
STEP = "POST /v1/grants/{grant_id}/review"
FOUND = Seen("grant_to_review", STEP, "", listed=True)
HIDDEN = Seen("grant_to_review", STEP, "four-eyes-required", listed=False)
SHOWN = Seen("grant_to_review", STEP, "four-eyes-required", listed=True)
TOO_EARLY = Seen("grant_to_review", STEP, "step-before-earlier-step", listed=True)
DONE, REFUSED = Claim("grant_to_review", ""), Claim("grant_to_review", "four-eyes-required")


def test_every_kind_named_is_a_kind_and_every_witness_a_test() -> None:
    steps = {source.kind: source.steps for _, source in sources()}
    assert [kind for kind in table() if not steps.get(kind)] == []
    nodes = sorted({node.partition("[")[0] for named in table().values() for node in named.values()})
    for node in nodes:
        file, _, name = node.partition("::")
        assert re.search(rf"^(async )?def {re.escape(name)}\(", (ROOT / file).read_text("utf-8"), re.M), node


def test_every_kind_that_names_its_steps_has_a_witness() -> None:
    assert sorted({source.kind for _, source in sources() if source.steps} - set(table())) == []


def test_a_step_found_and_done_and_one_refused_and_not_found_are_what_is_wanted() -> None:
    judge([FOUND, HIDDEN, TOO_EARLY], frozenset({DONE, REFUSED}))
    assert later(TOO_EARLY.kind, TOO_EARLY.code)


@pytest.mark.parametrize(
    ("seen", "claims", "why"),
    [
        ([FOUND, SHOWN], {DONE}, "may not act"),
        ([SHOWN, HIDDEN], {REFUSED}, "may not act"),
        ([HIDDEN], {DONE}, "did not happen"),
        ([FOUND], {REFUSED}, "did not happen"),
        ([Seen("grant_to_review", STEP, "", listed=False)], {DONE}, "did not happen"),
        ([], {DONE}, "did not happen"),
    ],
)
def test_a_task_shown_in_vain_or_a_claim_unseen_fails_the_test(seen: list[Seen], claims: set[Claim], why: str) -> None:
    with pytest.raises(AssertionError, match=why):
        judge(seen, frozenset(claims))
