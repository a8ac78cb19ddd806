"""Callers who send as slowly, as much or as deep as they can."""

import asyncio
import contextlib
import json
import socket
import time

import pytest
from httpx import AsyncClient
from starlette.types import Send

from gateway.front.json_depth import DepthScanner, is_json
from shared import connection as heads
from tests.gateway.conftest import World
from tests.gateway.front.test_smuggling import say
from tests.gateway.limits.conftest import Start


@pytest.mark.parametrize("pieces", [[b"GET /v1/centres/echo HTTP/1.1\r\nHost: x\r\nA: "], [], [b"\r\n"]])
async def test_a_request_that_never_begins_or_never_ends_is_closed(
    world: World, pieces: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a server of our own in this process, so that nobody waits a quarter of a minute."""
    import uvicorn

    class Impatient(heads.Connection):
        head_seconds = 0.4

    async def app(scope: object, receive: object, send: object) -> None:
        raise AssertionError("nothing complete was sent")

    config = uvicorn.Config(app, port=0, http=Impatient, ws="none", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]

    def trickle() -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=3) as line:
            answer = b""
            try:
                for piece in pieces:
                    line.sendall(piece)
                for _ in range(40 if pieces else 0):
                    line.sendall(b"\r\n" if pieces == [b"\r\n"] else b"a")
                    time.sleep(0.05)
            except ConnectionError:
                pass
            try:
                while piece := line.recv(1000):
                    answer += piece
            except ConnectionError:
                pass
            return answer

    began = time.monotonic()
    answer = await asyncio.to_thread(trickle)
    assert time.monotonic() - began < 2.5
    assert not answer or answer.startswith(b"HTTP/1.1 408")
    server.should_exit = True
    await task


async def test_headers_without_an_end_behind_an_answer_that_goes_on_are_cut_off() -> None:
    """The next request's headers may be sent early, such as under a stream; they may not be sent for ever."""
    import uvicorn

    async def app(scope: object, receive: object, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"on", "more_body": True})
            await asyncio.sleep(0.02)

    config = uvicorn.Config(app, port=0, http=heads.Connection, ws="none", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]

    def flood() -> int:
        sent = 0
        with socket.create_connection(("127.0.0.1", port), timeout=3) as line, contextlib.suppress(ConnectionError):
            line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            line.recv(100)
            line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
            while sent < 64 * heads.HEAD_BYTES:
                line.sendall(b"A: " + b"a" * 8000 + b"\r\n")
                sent += 8000
                time.sleep(0.001)
        return sent

    assert await asyncio.to_thread(flood) < 32 * heads.HEAD_BYTES
    server.should_exit = server.force_exit = True
    await task


async def test_headers_without_an_end_are_cut_off(world: World) -> None:
    answer = await asyncio.to_thread(
        say,
        world.gateway.port,
        b"GET /v1/centres/echo HTTP/1.1\r\nHost: x\r\n",
        *([b"A: " + b"a" * 8000 + b"\r\n"] * 200),
    )
    assert not answer or answer.startswith(b"HTTP/1.1 431")


async def test_more_headers_than_anybody_needs_are_refused(client: AsyncClient) -> None:
    few = await client.get("/v1/centres/echo", headers={f"x-{number}": "1" for number in range(80)})
    many = await client.get("/v1/centres/echo", headers={f"x-{number}": "1" for number in range(120)})
    assert few.status_code == 200
    assert (many.status_code, many.json()["code"]) == (431, "headers-too-large")


async def test_an_address_that_is_too_long_is_refused(client: AsyncClient) -> None:
    assert (await client.get("/v1/centres/echo?q=" + "a" * 8000)).status_code == 200
    refused = await client.get("/v1/centres/echo?q=" + "a" * 9000)
    assert (refused.status_code, refused.json()["code"]) == (414, "address-too-long")


async def test_a_body_that_only_trickles_is_refused(gateway_with: Start) -> None:
    """Never a pause of `BODY_WAIT_SECONDS`, and still too slow: the rate counts, from five seconds on."""
    process = gateway_with(BODY_RATE="1000")

    def trickle() -> bytes:
        with socket.create_connection(("127.0.0.1", process.port), timeout=9) as line:
            line.sendall(b"POST /v1/centres/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n")
            began = time.monotonic()
            while time.monotonic() - began < 7:
                try:
                    line.sendall(b"a")
                    line.settimeout(0.25)
                    return line.recv(10_000)
                except TimeoutError:
                    continue
            return b""

    began = time.monotonic()
    answer = await asyncio.to_thread(trickle)
    assert 4 < time.monotonic() - began < 7
    assert answer.startswith(b"HTTP/1.1 408")


def nested(depth: int) -> bytes:
    return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


async def test_json_that_nests_too_deeply_is_not_passed_on(client: AsyncClient) -> None:
    json_type = {"Content-Type": "application/json"}
    assert (await client.post("/v1/centres/echo", content=nested(64), headers=json_type)).status_code == 200
    for content_type in ("application/json", "application/merge-patch+json; charset=utf-8", "Application/JSON"):
        refused = await client.post("/v1/centres/echo", content=nested(65), headers={"Content-Type": content_type})
        assert (refused.status_code, refused.json()["code"]) == (422, "json-too-deep")
    text = await client.post("/v1/centres/echo", content=nested(500), headers={"Content-Type": "text/csv"})
    assert text.status_code == 200


async def test_depth_is_counted_over_all_pieces_of_a_body(client: AsyncClient) -> None:
    body = json.dumps(["x" * 70_000] * 5).encode()[:-1] + b"," + b"[" * 70 + b"]" * 70 + b"]"
    refused = await client.post("/v1/centres/echo", content=body, headers={"Content-Type": "application/json"})
    assert refused.json()["code"] == "json-too-deep"


@pytest.mark.parametrize(
    ("body", "depth"),
    [
        (b"1", 0),
        (b'{"a":[{}]}', 3),
        (b'"[[[["', 0),
        (b'["\\"[[[", []]', 2),
        (b'["\\\\", [[]]]', 3),
        (b'["\\\\\\"[["]', 1),
        (b"[],[],[]", 1),
    ],
)
def test_brackets_in_strings_do_not_count_wherever_the_body_is_cut(body: bytes, depth: int) -> None:
    for size in range(1, len(body) + 1):
        for limit in range(5):
            scanner = DepthScanner(limit)
            found = False
            for at in range(0, len(body), size):
                found |= scanner.too_deep(body[at : at + size], last=at + size >= len(body))
            assert found is (depth > limit)


def test_two_mebibytes_are_scanned_without_holding_up_the_loop() -> None:
    for body in (b"[]," * 700_000, b'"a",' * 500_000, b'"\\' * 1_000_000, b'["' + b'\\"' * 1_000_000):
        scanner, longest = DepthScanner(64), 0.0
        for at in range(0, len(body), 65_536):
            began = time.perf_counter()
            scanner.too_deep(body[at : at + 65_536])
            longest = max(longest, time.perf_counter() - began)
        assert longest < 0.1


@pytest.mark.parametrize("value", [None, b"text/json", b"application/jsonp", b"application/x-www-form-urlencoded"])
def test_other_types_are_no_json(value: bytes | None) -> None:
    assert not is_json(value)
