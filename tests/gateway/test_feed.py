"""The event feed: positions as inside, everybody only what is for him, data as they were hashed."""

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping
from uuid import uuid4

import pytest
from httpx import AsyncClient

from gateway.feed.queries import topic_for
from gateway.feed.rules import readable
from shared.errors import DomainError
from shared.events.envelope import canonical
from shared.events.types import Audience
from tests.gateway.conftest import Hire, Person
from tests.gateway.upstream import HEAD
from tests.support.waiting import eventually

SEQUENCE = ("position", "epoch", "hash", "previoushash", "data")
EVERYTHING = {Audience.PUBLIC, Audience.BUREAU, Audience.INTERNAL}


def unique() -> str:
    return f"feed.{uuid4().hex[:12]}"


@pytest.mark.parametrize(
    ("roles", "audiences"),
    [
        (["admin"], EVERYTHING),
        (["auditor"], EVERYTHING),
        (["bureau"], {Audience.PUBLIC, Audience.BUREAU}),
        (["bureau", "mentor"], {Audience.PUBLIC, Audience.BUREAU}),
        (["science_approver"], {Audience.PUBLIC}),
        (["enterprise"], {Audience.PUBLIC}),
    ],
)
def test_roles_belong_to_audiences(roles: list[str], audiences: set[Audience]) -> None:
    assert readable(roles) == audiences


def test_a_topic_without_anything_for_the_reader_is_refused_and_an_unknown_one_is_not_there() -> None:
    with pytest.raises(DomainError, match="forbidden"):
        topic_for("gateway.account", readable(["bureau"]))
    with pytest.raises(DomainError, match="not-found"):
        topic_for("registry.nothing", EVERYTHING)
    public = topic_for("registry.centre", readable(["mentor"]))[1]
    assert {"registry.centre.listed.v1", "registry.centre.delisted.v1"} <= public
    assert public.isdisjoint({"registry.centre.registered.v1", "registry.centre.submitted.v1"})


@pytest.fixture
async def visitor(hire: Hire) -> Person:
    return await hire(unique(), "mentor")


@pytest.fixture
async def auditor(hire: Hire) -> Person:
    return await hire(unique(), "auditor")


async def read(client: AsyncClient, person: Person, **query: str | float) -> dict[str, object]:
    params: Mapping[str, str | float] = {"topic": "registry.centre", **query}
    response = await client.get("/v1/events", headers=person.headers, params=params)
    assert response.status_code == 200, response.text
    answer: dict[str, object] = response.json()
    return answer


def positions(page: dict[str, object]) -> list[int]:
    items = page["items"]
    assert isinstance(items, list)
    return [item["position"] for item in items]


async def test_an_auditor_reads_every_position(client: AsyncClient, auditor: Person) -> None:
    page = await read(client, auditor, after=0, limit=3)
    assert positions(page) == [1, 2, 3]
    assert (page["head"], page["epoch"], page["next_after"], page["topic"]) == (HEAD, 1, 3, "registry.centre")


async def test_others_see_the_same_positions_with_gaps(client: AsyncClient, visitor: Person) -> None:
    seen: list[int] = []
    after, pages = 0, 0
    while after < HEAD:
        page = await read(client, visitor, after=after, limit=200)
        seen += positions(page)
        after = int(str(page["next_after"]))
        pages += 1
    assert seen == list(range(1, HEAD + 1, 2))
    assert pages <= 7


async def test_reading_goes_on_behind_what_was_not_for_the_reader(client: AsyncClient, visitor: Person) -> None:
    page = await read(client, visitor, after=HEAD - 1, limit=5)
    assert (positions(page), page["next_after"]) == ([HEAD], HEAD)
    page = await read(client, visitor, after=HEAD, limit=5)
    assert (positions(page), page["next_after"]) == ([], HEAD)


async def test_events_are_cloudevents_with_the_stored_text_as_data(client: AsyncClient, visitor: Person) -> None:
    query = {"topic": "registry.centre", "limit": "1"}
    response = await client.get("/v1/events", headers=visitor.headers, params=query)
    assert '"data":{"name":"梦创 \\u4e2d\\u5fc3", "total_area_m2":"1000.0"}}' in response.text
    event = response.json()["items"][0]
    assert event["specversion"] == "1.0"
    assert event["type"] == "registry.centre.listed.v1"
    assert (event["position"], event["epoch"], event["hash"]) == (1, 1, f"{1:064x}")
    assert event["data"]["name"] == "梦创 中心"


async def test_a_long_poll_waits_as_long_as_asked_and_no_longer(client: AsyncClient, visitor: Person) -> None:
    started = time.monotonic()
    page = await read(client, visitor, after=HEAD, wait=1.2)
    assert 1.1 < time.monotonic() - started < 15
    assert page["items"] == []


@pytest.mark.parametrize(
    "query",
    [{"after": -1}, {"limit": 0}, {"limit": 201}, {"wait": 31}, {"wait": "nan"}, {"topic": "x"}, {"unknown": 1}],
    ids=str,
)
async def test_a_query_outside_its_bounds_is_422(
    client: AsyncClient, visitor: Person, query: dict[str, str | int]
) -> None:
    response = await client.get("/v1/events", headers=visitor.headers, params={"topic": "registry.centre", **query})
    assert response.status_code == 422


async def test_who_may_read_which_topic(client: AsyncClient, visitor: Person) -> None:
    statuses = {}
    for topic in ("registry.centre", "registry.nothing", "gateway.account"):
        response = await client.get("/v1/events", headers=visitor.headers, params={"topic": topic})
        statuses[topic] = response.status_code
    assert statuses == {"registry.centre": 200, "registry.nothing": 404, "gateway.account": 403}


async def test_a_log_whose_service_is_away_is_503(client: AsyncClient, auditor: Person) -> None:
    response = await client.get("/v1/events", headers=auditor.headers, params={"topic": "finance.grant"})
    assert (response.status_code, response.json()["code"]) == (503, "service-unavailable")


async def test_the_gateways_own_topic_is_read_from_its_own_log(
    client: AsyncClient, auditor: Person, hire: Hire
) -> None:
    async def head() -> int:
        return int(str((await read(client, auditor, topic="gateway.account"))["head"]))

    await eventually(head)
    await asyncio.sleep(0.5)
    after = await head()
    poll = asyncio.create_task(read(client, auditor, topic="gateway.account", after=after, wait=10))
    await asyncio.sleep(0.3)
    person = await hire(unique(), "division_officer", division="540103")
    page = await poll
    items = page["items"]
    assert isinstance(items, list)
    event = items[0]
    assert event["subject"] == str(person.id)
    assert event["data"] == {"roles": ["division_officer"], "division": "540103", "disabled": False}
    assert int(event["position"]) == after + 1


async def test_a_reader_can_check_the_hash_chain_from_what_the_feed_shows(client: AsyncClient, auditor: Person) -> None:
    async def page() -> dict[str, object]:
        return await read(client, auditor, topic="gateway.account", limit=5)

    await eventually(page)
    items = (await page())["items"]
    assert isinstance(items, list)
    previous = b""
    for event in items:
        data = json.dumps(event["data"], separators=(",", ":"), ensure_ascii=False)
        attributes = {name: value for name, value in event.items() if name not in SEQUENCE}
        digest = hashlib.sha256(previous + bytes.fromhex(event["id"].replace("-", "")))
        digest.update(event["position"].to_bytes(8, "big") + canonical(attributes).encode() + b"\n" + data.encode())
        previous = digest.digest()
        assert previous.hex() == event["hash"]
