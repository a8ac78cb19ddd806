"""Who had a hand in a case neither decides on it nor pays it, whatever roles the account has, administrators included.

The addresses are taken from the application: one that is new must come up in a story, or say here who tests it.
"""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from shared.auth import roles as r
from shared.db import Database
from shared.ids import uuid7
from tests.finance.proofs.stories import STORIES, Story
from tests.finance.proofs.watching import ID, Watched, deciding_routes, routes
from tests.finance.support import Desk, Standings
from tests.support.tokens import Keys

pytestmark = pytest.mark.asyncio(loop_scope="session")

ELSEWHERE: dict[str, str] = {
    "/v1/financing-rewards/{reward_id}/countersign": "financing_rewards/test_rules.py; no edition names one",
}
"""Addresses that no story reaches, with the test that does."""

_tried: set[str] = set()


@pytest.mark.parametrize("story", STORIES, ids=[story.__name__ for story in STORIES])
async def test_nobody_decides_on_what_he_had_a_hand_in(
    client: AsyncClient, keys: Keys, standings: Standings, db: Database, story: Story
) -> None:
    desk = Watched(client, keys)
    await story(desk, db)
    _tried.update(desk.tried)
    assert desk.tried
    assert desk.let_through == []


async def test_every_address_at_which_somebody_decides_was_tried() -> None:
    """Runs after the stories, in the same process."""
    if len(_tried) > 1:
        assert sorted(deciding_routes().keys() - _tried - ELSEWHERE.keys()) == []
        assert sorted(ELSEWHERE.keys() - deciding_routes().keys()) == [], "no longer there"


async def test_administrators_and_auditors_take_no_step_with_money(app: FastAPI, desk: Desk) -> None:
    for path, guard in routes():
        address = path
        while "{" in address:
            head, _, rest = address.partition("{")
            address = f"{head}{uuid7()}{rest.partition('}')[2]}"
        assert ID.search(address) or "{" not in path
        for role in {r.ADMIN, r.AUDITOR} - guard.roles:
            if guard.roles:
                answer = await desk.post("admin", address, {}, claims={"roles": (role,)})
                assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (path, role)
