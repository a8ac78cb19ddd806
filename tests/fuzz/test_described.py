"""What the description says is what the suite does: a sample of its operations, asked by schemathesis."""

from random import Random

import pytest

from tests.fuzz.checked import check
from tests.fuzz.conftest import Town

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

SEED = 20190318
OPERATIONS = 3
"""For each role; `make fuzz` takes all of them."""


@pytest.mark.parametrize("role", ["science_officer", "key of centre_operator", "public"])
def test_answers_are_as_described_and_nothing_breaks(town: Town, role: str) -> None:
    holder = role.removeprefix("key of ")
    open_to = sorted(
        one.id for one in town.description.operations() if holder in one.roles and (one.by_key or holder == role)
    )
    chosen = Random(f"{SEED} {role}").sample(open_to, OPERATIONS)
    checked = check(town.document, town.url, town.tokens.get(role), chosen, seed=SEED, examples=2)
    assert checked.requests > 10 * OPERATIONS, checked
    assert checked.faults == [], f"{checked}\n" + "\n".join(checked.faults[:20])
