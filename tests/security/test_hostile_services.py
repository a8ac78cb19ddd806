"""What others answer is not believed for coming from where it was asked for: huge, slow, redirecting, of other types.

A service that asks another one, and the gateway that asks an issuer for its keys, end with "nobody can know" in time;
nothing of such an answer is used, followed or kept.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final
from uuid import uuid4

import pytest

from gateway.feed.sources import Logs, Stretch
from gateway.oidc.config import Issuer
from gateway.oidc.documents import FETCH_SECONDS, Documents, NotFetched
from services.finance.payments.standing import ask_standing
from shared import peers as asking
from shared.db import Database
from shared.errors import DomainError
from shared.events.contracts.registry import CENTRE as CENTRES
from shared.events.feed_client import FeedClient
from shared.peers import PeerClient, PeerUnavailable
from shared.settings import ServiceSettings
from tests.gateway.oidc.conftest import configured
from tests.gateway.oidc.issuing import Key, OutsideIssuer
from tests.support.tokens import Keys
from tests.support.waiting import free_port

FINE: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
CENTRE: Final = uuid4()
Writer = asyncio.StreamWriter


def whole(body: bytes, head: bytes = FINE) -> bytes:
    return head + b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body


def redirect(status: int) -> bytes:
    """To an address where somebody waits, with what a reader wants to see for those who do not look at the status."""
    line = f"HTTP/1.1 {status} Elsewhere\r\nLocation: http://169.254.169.254/latest\r\nConnection: close\r\n"
    return whole(json.dumps({"standing": "good", "centre_id": str(CENTRE)}).encode(), line.encode())


HOSTILE: Final[Mapping[str, bytes]] = {
    **{f"redirect {status}": redirect(status) for status in (300, 301, 302, 303, 307, 308)},
    "not modified": b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n",
    "no content": b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    "protocol changed": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "no HTTP": b"220 mail ready\r\n",
    "nothing": b"",
    "cut short": FINE + b"Content-Length: 900\r\n\r\n{",
    "text": whole(b"good"),
    "HTML": whole(b"<html>good</html>"),
    "null": whole(b"null"),
    "true": whole(b"true"),
    "a number": whole(b"1"),
    "a list": whole(b"[]"),
    "an empty object": whole(b"{}"),
    "other types": whole(b'{"standing": ["good"], "centre_id": 7, "topic": 1, "items": {"a": 1}, "keys": "x"}'),
    "numbers without end": whole(b'{"standing": 1e999, "epoch": 1e999, "head": NaN, "items": [], "topic": ""}'),
    "NaN": whole(b'{"keys": NaN, "standing": NaN}'),
    "deeply nested": whole(b"[" * 100_000),
    "deeply nested objects": whole(b'{"a":' * 50_000),
    "not UTF-8": whole(b'{"standing": "\xff\xfe"}'),
    "lone surrogates": whole(b'{"standing": "\\ud800", "issuer": "\\ud800"}'),
    "swelling": whole(b"\x1f\x8b\x08\x00 no gzip", FINE + b"Content-Encoding: gzip\r\n"),
}


@asynccontextmanager
async def answering(answer: bytes | Callable[[Writer], AsyncIterator[bytes]]) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Somebody who answers everything so; the requests that came."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: Writer) -> None:
        try:
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            if isinstance(answer, bytes):
                writer.write(answer)
            else:
                async for piece in answer(writer):
                    writer.write(piece)
                    await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    finally:
        server.close()


@asynccontextmanager
async def client_of(keys: Keys, url: str) -> AsyncIterator[PeerClient]:
    settings = ServiceSettings(
        service_name="finance",
        database_url="postgresql+asyncpg://nobody@127.0.0.1/nothing",
        signing_key_file=keys.private("finance"),
        public_keys_dir=keys.public_dir,
        evaluation_url=url,
        registry_url=url,
    )
    client = PeerClient(settings)
    try:
        yield client
    finally:
        await client.close()


@pytest.mark.parametrize("kind", HOSTILE)
async def test_no_money_moves_on_an_answer_that_is_none(keys: Keys, kind: str) -> None:
    async with answering(HOSTILE[kind]) as (url, asked), client_of(keys, url) as client:
        with pytest.raises(DomainError) as refused:
            await ask_standing(client, CENTRE, correlation_id="c")
    assert (refused.value.status, refused.value.code) == (503, "standing-unknown")
    assert len(asked) == 1, "asked again, or elsewhere"


@pytest.mark.parametrize("kind", HOSTILE)
async def test_no_event_is_taken_from_an_answer_that_is_none(keys: Keys, kind: str) -> None:
    async with answering(HOSTILE[kind]) as (url, _), client_of(keys, url) as client:
        with pytest.raises(PeerUnavailable):
            await FeedClient(client).read(CENTRES.name, 0)
        nowhere = Database("postgresql+asyncpg://nobody@127.0.0.1/nothing")
        with pytest.raises(PeerUnavailable):
            await Logs(nowhere, client).read(CENTRES, Stretch(after=0, limit=10, wait=0))
        await nowhere.close()


async def _slowly(_: Writer) -> AsyncIterator[bytes]:
    yield FINE + b"Content-Length: 1000\r\n\r\n"
    for _piece in range(200):
        yield b" "
        await asyncio.sleep(0.05)


async def _endlessly(_: Writer) -> AsyncIterator[bytes]:
    yield FINE + b"\r\n"
    while True:
        yield b" " * 65_536


async def test_an_answer_that_trickles_is_given_up_in_time(keys: Keys) -> None:
    async with answering(_slowly) as (url, _), client_of(keys, url) as client:
        began = time.monotonic()
        with pytest.raises(PeerUnavailable, match="TimeoutError"):
            await client.get_json("registry", "/internal/x", timeout=0.4)
        assert time.monotonic() - began < 2


async def test_an_answer_without_end_is_not_read_to_its_end(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MAX_ANSWER_BYTES", 1_000_000)
    async with answering(_endlessly) as (url, _), client_of(keys, url) as client:
        with pytest.raises(PeerUnavailable, match="more than 1000000 bytes"):
            await client.get_json("registry", "/internal/x", timeout=20)


def issuer_at(url: str) -> Documents:
    issuer = OutsideIssuer("city", free_port(), [Key.new("ES256")])
    made = {**configured(issuer), "issuer": url, "discovery_url": f"{url}/metadata"}
    return Documents(Issuer.model_validate(made), production=False)


@pytest.mark.parametrize("kind", HOSTILE)
async def test_no_key_is_taken_from_an_issuer_that_answers_so(kind: str) -> None:
    async with answering(HOSTILE[kind]) as (url, asked):
        with pytest.raises(NotFetched):
            await issuer_at(url).fetch()
        assert len(asked) == 1


@pytest.mark.parametrize("answer", [_endlessly, _slowly], ids=["endless", "slow"])
async def test_an_issuer_without_end_is_given_up(answer: Callable[[Writer], AsyncIterator[bytes]]) -> None:
    async with answering(answer) as (url, _):
        began = time.monotonic()
        with pytest.raises(NotFetched):
            await issuer_at(url).fetch()
        assert time.monotonic() - began < FETCH_SECONDS + 3


@pytest.mark.parametrize(
    "keys_at", ["file:///etc/passwd", "http://169.254.169.254/keys", "gopher://127.0.0.1/x", "//x", "https://a@b/", 7]
)
async def test_an_issuer_does_not_send_us_elsewhere_for_its_keys(keys_at: object) -> None:
    told: dict[str, object] = {}

    async def tell(_: Writer) -> AsyncIterator[bytes]:
        yield whole(json.dumps(told).encode())

    async with answering(tell) as (url, asked):
        told |= {"issuer": url, "jwks_uri": keys_at}
        with pytest.raises(NotFetched):
            await issuer_at(url).fetch()
        assert len(asked) == 1
