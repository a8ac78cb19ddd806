"""Server-sent events: the feed's positions, resumed by them, ended with the reader's rights or the process."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from httpx import AsyncClient, ReadError, RemoteProtocolError
from sqlalchemy import text
from starlette.requests import Request
from starlette.types import Message

from gateway.feed import streams
from gateway.feed.queries import Wanted
from gateway.feed.sources import LogPage, Logs, Stretch
from gateway.feed.standing import Standing
from gateway.feed.streams import EventStream, Streams
from gateway.feed.tails import Tails
from shared.db import Database
from shared.errors import DomainError
from shared.events.contracts.gateway import ACCOUNT
from shared.events.types import Topic
from shared.peers import PeerClient
from shared.settings import ServiceSettings
from tests.gateway.conftest import Hire, Person, World
from tests.gateway.feed.conftest import ACCEPT, Told, stream
from tests.gateway.upstream import HEAD
from tests.support.service_process import ServiceProcess
from tests.support.waiting import eventually, free_port


def unique() -> str:
    return f"stream.{uuid4().hex[:12]}"


@pytest.fixture
async def visitor(hire: Hire) -> Person:
    return await hire(unique(), "mentor")


@pytest.fixture
async def auditor(hire: Hire) -> Person:
    return await hire(unique(), "auditor")


async def test_a_stream_begins_with_the_log_and_goes_on_with_each_event_for_the_reader(
    client: AsyncClient, visitor: Person
) -> None:
    seen: list[Told] = []
    async with stream(client, visitor.headers, after=HEAD - 5) as events:
        first = await anext(events)
        async for event in events:
            seen.append(event)
            if event.id == str(HEAD):
                break
    assert first.event == "log"
    assert first.json() == {"topic": "registry.centre", "position": HEAD - 5, "epoch": 1, "head": HEAD}
    assert [int(event.id or 0) for event in seen] == [HEAD - 4, HEAD - 2, HEAD]
    assert [event.event for event in seen] == ["message"] * 3
    assert seen[0].json()["data"]["name"] == "梦创 中心"
    assert seen[0].json()["position"] == HEAD - 4


async def test_the_last_event_id_resumes_where_the_reader_was(client: AsyncClient, auditor: Person) -> None:
    headers = {**auditor.headers, "Last-Event-ID": str(HEAD - 2)}
    async with stream(client, headers, after=0) as events:
        await anext(events)
        assert [(await anext(events)).id for _ in range(2)] == [str(HEAD - 1), str(HEAD)]


async def test_a_whole_log_comes_through_a_stream_once_and_in_order(client: AsyncClient, auditor: Person) -> None:
    positions: list[int] = []
    async with stream(client, auditor.headers) as events:
        await anext(events)
        async for event in events:
            positions.append(int(event.id or 0))
            if positions[-1] == HEAD:
                break
    assert positions == list(range(1, HEAD + 1))


async def test_only_the_types_asked_for_come(client: AsyncClient, auditor: Person) -> None:
    async with stream(client, auditor.headers, type="registry.centre.submitted.v1", after=HEAD - 4) as events:
        await anext(events)
        assert [(await anext(events)).id for _ in range(2)] == [str(HEAD - 3), str(HEAD - 1)]


@pytest.mark.parametrize(
    "kind", ["registry.centre.submitted.v1", "registry.centre.nothing.v1", "registry.ban.lifted.v1"]
)
async def test_a_type_that_is_not_for_the_reader_is_as_unknown_as_one_that_is_not_there(
    client: AsyncClient, visitor: Person, kind: str
) -> None:
    params = {"topic": "registry.centre", "type": kind}
    response = await client.get("/v1/events", headers=visitor.headers, params=params)
    assert (response.status_code, response.json()["code"]) == (422, "event-types-unknown")


@pytest.mark.parametrize("accept", [{}, ACCEPT])
@pytest.mark.parametrize("query", [{"epoch": 2}, {"after": HEAD + 1}, {"after": HEAD, "epoch": 7}], ids=str)
async def test_a_reader_of_another_log_than_this_one_is_told_so(
    client: AsyncClient, visitor: Person, accept: dict[str, str], query: dict[str, int]
) -> None:
    response = await client.get(
        "/v1/events", headers={**visitor.headers, **accept}, params={"topic": "registry.centre", **query}
    )
    assert (response.status_code, response.json()["code"]) == (409, "log-restored")
    assert f"epoch 1 now and ends at {HEAD}" in response.json()["detail"]


async def test_a_stream_says_no_as_any_answer_does(client: AsyncClient, visitor: Person, auditor: Person) -> None:
    found = {}
    for topic, reader in {"registry.nothing": visitor, "gateway.account": visitor, "finance.grant": auditor}.items():
        response = await client.get("/v1/events", headers={**reader.headers, **ACCEPT}, params={"topic": topic})
        found[topic] = response.status_code
    assert found == {"registry.nothing": 404, "gateway.account": 403, "finance.grant": 503}
    response = await client.get("/v1/events", headers=ACCEPT, params={"topic": "registry.centre"})
    assert response.status_code == 401


async def test_new_events_come_at_once(client: AsyncClient, auditor: Person, hire: Hire) -> None:
    async def head() -> int:
        page = await client.get("/v1/events", headers=auditor.headers, params={"topic": "gateway.account"})
        return int(page.json()["head"])

    await eventually(head)
    await asyncio.sleep(0.5)
    async with stream(client, auditor.headers, topic="gateway.account", after=await head()) as events:
        await anext(events)
        await asyncio.sleep(0.3)
        person = await hire(unique(), "division_officer", division="540103")
        started = time.monotonic()
        async with asyncio.timeout(60):
            event = await anext(events)
    assert event.json()["subject"] == str(person.id)
    assert time.monotonic() - started < 10


async def test_a_stream_ends_with_the_rights_of_its_reader(client: AsyncClient, visitor: Person, db: Database) -> None:
    async with stream(client, visitor.headers, after=HEAD) as events:
        await anext(events)
        async with db.transaction() as session:
            await session.execute(
                text("UPDATE account SET disabled_at = now(), generation = generation + 1 WHERE id = :id"),
                {"id": visitor.id},
            )
        started = time.monotonic()
        last = [event async for event in events][-1]
    assert last.event == "end"
    assert last.json()["reason"] == "rights"
    assert time.monotonic() - started < 10


async def test_a_long_poll_gives_nothing_to_a_reader_who_lost_his_rights_while_he_waited(
    client: AsyncClient, visitor: Person, db: Database
) -> None:
    params: dict[str, str | int] = {"topic": "registry.centre", "after": HEAD, "wait": 20}
    poll = asyncio.create_task(client.get("/v1/events", headers=visitor.headers, params=params))
    await asyncio.sleep(0.4)
    async with db.transaction() as session:
        await session.execute(text("UPDATE account SET disabled_at = now() WHERE id = :id"), {"id": visitor.id})
    response = await asyncio.wait_for(poll, 15)
    assert response.status_code == 401


def test_so_many_streams_and_no_more() -> None:
    counted = Streams(per_caller=2, per_process=3)
    with counted.one_more("a"), counted.one_more("a"):
        with pytest.raises(DomainError, match="streams-too-many") as refused, counted.one_more("a"):
            pass
        assert refused.value.status == 429
        with counted.one_more("b"), pytest.raises(DomainError, match="streams-too-many"), counted.one_more("c"):
            pass
        with counted.one_more("c"):
            pass
    with counted.one_more("a"), counted.one_more("a"), counted.one_more("b"):
        pass


async def test_a_caller_s_streams_are_counted_and_a_place_is_free_again_when_one_is_closed(
    client: AsyncClient, visitor: Person
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        opened = []
        for _ in range(20):
            one = contextlib.AsyncExitStack()
            await one.enter_async_context(stream(client, visitor.headers, after=HEAD))
            stack.push_async_callback(one.aclose)
            opened.append(one)
        params = {"topic": "registry.centre"}
        refused = await client.get("/v1/events", headers={**visitor.headers, **ACCEPT}, params=params)
        assert (refused.status_code, refused.json()["code"]) == (429, "streams-too-many")
        assert refused.headers["retry-after"] == "5"
        assert (await client.get("/v1/events", headers=visitor.headers, params=params)).status_code == 200
        await opened[0].aclose()

        async def again() -> bool:
            async with client.stream("GET", "/v1/events", headers={**visitor.headers, **ACCEPT}, params=params) as one:
                return one.status_code == 200

        await eventually(again)


async def test_heartbeats_carry_the_position_reached(
    client: AsyncClient, visitor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The even positions are not for this reader: whoever resumes by the heartbeat's id does not read them again."""
    assert streams.HEARTBEAT_SECONDS <= 15, "proxies give up on silent connections after 60 s, some after 20"
    async with stream(client, visitor.headers, after=HEAD - 1, type="registry.centre.delisted.v1") as events:
        await anext(events)
        async with asyncio.timeout(streams.HEARTBEAT_SECONDS + 3):
            beat = await anext(events)
    assert (beat.id, beat.data) == (str(HEAD), [])


@pytest.fixture
def own_gateway(environment: dict[str, str], world: World, tmp_path: Path) -> Iterator[ServiceProcess]:
    process = ServiceProcess("gateway.main:app", free_port(), environment, log_file=tmp_path / "gateway.log").start()
    yield process
    if process.running():
        process.terminate()


async def test_a_process_that_stops_ends_its_streams_and_polls_first(
    own_gateway: ServiceProcess, visitor: Person
) -> None:
    async with AsyncClient(base_url=own_gateway.url, timeout=120) as client:
        params: dict[str, str | int] = {"topic": "registry.centre", "after": HEAD, "wait": 25}
        poll = asyncio.create_task(client.get("/v1/events", headers=visitor.headers, params=params))
        async with stream(client, visitor.headers, after=HEAD) as events:
            await anext(events)
            started = time.monotonic()
            stopping = asyncio.create_task(asyncio.to_thread(own_gateway.terminate))
            last = [event async for event in events][-1]
        assert (last.event, last.json()["reason"]) == ("end", "restarting")
        assert (await poll).json()["items"] == []
        assert await stopping in (0, -15)
    assert time.monotonic() - started < 15


async def test_a_reader_who_takes_nothing_is_let_go(
    auditor: Person, db: Database, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's `send` waits for as long as its buffers are full."""
    monkeypatch.setattr(streams, "SLOW_SECONDS", 0.3)
    peers = PeerClient(
        ServiceSettings.model_validate(
            {"service_name": "gateway", **{name.lower(): value for name, value in environment.items()}}
        )
    )
    logs, counted = Logs(db, peers), Streams(per_caller=1, per_process=1)
    wanted = Wanted(ACCOUNT, frozenset({"gateway.account.created.v1"}), 0, None)

    async def some() -> LogPage:
        page = await logs.read(ACCOUNT, Stretch(0, 1, 0))
        assert page.items
        return page

    page = await eventually(some)
    request = Request({"type": "http"})
    standing = Standing(request, ())
    answer = EventStream(logs, Tails(logs), counted, wanted, page, standing=standing, account_id=str(auditor.id))
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(60)
        raise AssertionError("the reader says nothing")

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) == 3:
            await asyncio.sleep(60)

    async with asyncio.timeout(60):
        await answer({"type": "http", "method": "GET"}, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start"] + ["http.response.body"] * 2
    assert sent[-1]["more_body"], "nothing that looks like a proper end"
    with counted.one_more("somebody else"):
        pass


async def test_an_abrupt_end_of_the_process_is_no_answer_that_looks_complete(
    own_gateway: ServiceProcess, visitor: Person
) -> None:
    async with (
        AsyncClient(base_url=own_gateway.url, timeout=120) as client,
        stream(client, visitor.headers, after=HEAD) as events,
    ):
        await anext(events)
        own_gateway.kill9()
        with pytest.raises((RemoteProtocolError, ReadError)):
            await anext(events)


class _Restorable(Logs):
    """A log that can be brought back from a backup while somebody reads it."""

    def __init__(self, page: LogPage) -> None:
        self.page = page

    async def read(self, topic: Topic, stretch: Stretch) -> LogPage:
        await asyncio.sleep(0.02)
        return self.page


@pytest.mark.parametrize("page", [LogPage(epoch=2, head=9, items=[]), LogPage(epoch=1, head=2, items=[])], ids=str)
async def test_a_log_that_is_restored_under_an_open_stream_ends_it_and_says_so(page: LogPage) -> None:
    logs = _Restorable(LogPage(epoch=1, head=3, items=[]))
    wanted = Wanted(ACCOUNT, frozenset({"gateway.account.created.v1"}), 3, None)
    answer = EventStream(
        logs,
        Tails(logs),
        Streams(per_caller=1, per_process=1),
        wanted,
        logs.page,
        standing=Standing(Request({"type": "http"}), ()),
        account_id="reader",
    )
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(60)
        raise AssertionError("the reader says nothing")

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) == 2:
            logs.page = page

    async with asyncio.timeout(60):
        await answer({"type": "http", "method": "GET"}, receive, send)
    said = b"".join(message.get("body", b"") for message in sent).decode()
    assert said.count("event: log") == 1
    assert f'"position": 3, "epoch": {page.epoch}, "head": {page.head}' in said.partition("event: restored")[2]
    assert "id:" not in said, "nothing of the other log under the old positions"
    assert not sent[-1].get("more_body", False)
