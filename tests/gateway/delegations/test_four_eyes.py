"""Four eyes hold while somebody stands in for somebody: on a real service that knows nothing of delegations."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from shared.db import Database
from tests.e2e.city import PASSWORD, Body, City, Person
from tests.support.postgres import Cluster
from tests.support.signing_in import set_up, sign_in
from tests.support.suite import Suite
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(400)]

BEFORE, FIRST, LAST, AFTER = "2020-01-20", "2020-01-21", "2020-01-23", "2020-01-24"
OFFICER, APPROVER = "office_officer", "office_approver"
ON = "/v1/targets"


@pytest.fixture
async def suite(postgres: Cluster, tmp_path: Path) -> AsyncIterator[Suite]:
    with Suite(postgres, tmp_path, only=("evaluation", "gateway")) as running:
        yield running


@pytest.fixture
async def city(suite: Suite) -> AsyncIterator[City]:
    async with City(suite) as made:
        await made.enrol("on.leave", [OFFICER, APPROVER])
        await made.enrol("stands.in", [OFFICER])
        yield made


async def enter(who: Person, target: Body, quarter: int) -> str:
    """Somebody enters a figure; returns where it is confirmed."""
    body = {"quarter": quarter, "value": "8420", "document_no": f"统〔2019〕{quarter}号"}
    entered = await who.post(f"{ON}/{target['id']}/actuals", BEFORE, body, expect=201)
    return f"{ON}/{target['id']}/actuals/{entered['pending']['id']}/confirm"


async def test_four_eyes_hold_while_somebody_stands_in(city: City, suite: Suite) -> None:
    grantor, delegate = city.people["on.leave"], city.people["stands.in"]

    async def kept() -> bool:
        return bool((await grantor.get(f"{ON}?year=2019&limit=200", BEFORE))["items"])

    await eventually(kept)
    found = (await grantor.get(f"{ON}?year=2019&limit=200", BEFORE))["items"]
    targets = [item for item in found if item["item"] in ("new_jobs", "new_entities")]
    by_grantor, by_delegate = await enter(grantor, targets[0], 4), await enter(delegate, targets[1], 4)

    leave = {"delegate": "stands.in", "roles": [APPROVER], "from_on": FIRST, "to_on": LAST}
    delegation = await grantor.post("/v1/delegations", BEFORE, leave, expect=201)
    await delegate.post(f"/v1/delegations/{delegation['id']}/accept", BEFORE)
    await delegate.post(by_grantor, BEFORE, expect=403)

    needed = await delegate.call("POST", by_grantor, FIRST, {}, expect=403)
    assert needed["code"] == "second-factor-required", "whoever approves in somebody's stead shows one too"
    tokens = await sign_in(city.client, "stands.in", PASSWORD)
    await set_up(city.client, tokens, PASSWORD)
    signed_in = Person(city.client, tokens.access_token)
    refused = await signed_in.call("POST", by_delegate, FIRST, {}, expect=403)
    assert refused["code"] == "four-eyes-required", "opened and decided by the delegate"
    resting = await grantor.call("POST", by_delegate, FIRST, {}, expect=403)
    assert resting["code"] == "forbidden", "the grantor's role rests"
    await signed_in.post(by_grantor, FIRST)
    body = {"quarter": 3, "value": "1", "document_no": "1"}
    preparing = await signed_in.call("POST", f"{ON}/{targets[0]['id']}/actuals", FIRST, body, expect=403)
    assert preparing["code"] == "forbidden", "who decides in somebody's stead does not prepare"

    over = await signed_in.call("POST", by_delegate, AFTER, {}, expect=403)
    assert over["code"] == "forbidden"
    await grantor.post(by_delegate, AFTER)
    await _assert_shown_in_whose_stead(suite, delegation)


async def _assert_shown_in_whose_stead(suite: Suite, delegation: Body) -> None:
    database = Database(suite.database_urls["evaluation"], pool_size=1)
    query = "SELECT attributes::jsonb FROM event_log WHERE actor = :actor ORDER BY seq"
    try:
        async with database.engine.connect() as connection:
            rows = (await connection.execute(text(query), {"actor": delegation["delegate_id"]})).scalars().all()
    finally:
        await database.close()
    assert [row.get("onbehalfof") for row in rows] == [None, delegation["grantor_id"]]
