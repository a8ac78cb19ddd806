"""Passing on: large bodies in both directions without holding them, services that are away, slow or break off."""

import asyncio
import hashlib
import socket
import time
from collections.abc import AsyncIterator

import httpx
import psutil
import pytest
from httpx import AsyncClient

from tests.gateway.conftest import World
from tests.support.waiting import eventually

MEBIBYTE = 1024 * 1024
PIECE = b"0123456789abcdef" * 4096


async def pieces(count: int, pause: float = 0) -> AsyncIterator[bytes]:
    for _ in range(count):
        await asyncio.sleep(pause)
        yield PIECE


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_methods_are_passed_on(client: AsyncClient, method: str) -> None:
    assert (await client.request(method, "/v1/centres/echo")).json()["method"] == method


async def test_head_has_the_length_and_no_body(client: AsyncClient) -> None:
    response = await client.head("/v1/centres/echo")
    assert response.status_code == 200
    assert int(response.headers["content-length"]) > 100
    assert response.content == b""


async def test_trace_and_connect_are_not_for_here(client: AsyncClient) -> None:
    response = await client.request("TRACE", "/v1/centres/echo")
    assert (response.status_code, response.json()["code"]) == (405, "method-not-allowed")


async def test_an_answer_without_a_body_and_a_refusal_are_passed_on_as_they_are(client: AsyncClient) -> None:
    nothing = await client.get("/v1/centres/nothing")
    assert (nothing.status_code, nothing.content) == (204, b"")
    refused = await client.post("/v1/centres/refuses")
    assert (refused.status_code, refused.json()) == (409, {"code": "carrier-ban-in-force"})
    assert refused.headers["retry-after"] == "1"


@pytest.mark.parametrize("declared", [True, False], ids=["content-length", "chunked"])
async def test_an_upload_is_streamed_with_its_framing(client: AsyncClient, declared: bool) -> None:
    count = 16 * MEBIBYTE // len(PIECE)
    headers = {"Content-Length": str(count * len(PIECE))} if declared else {}
    response = await client.post("/v1/imports/enterprises", content=pieces(count), headers=headers)
    answer = response.json()
    assert answer["body"] == {"length": count * len(PIECE), "sha256": hashlib.sha256(PIECE * count).hexdigest()}
    assert ("content-length" in dict(answer["headers"])) is declared


async def test_bodies_of_many_megabytes_are_not_held_in_memory(client: AsyncClient, world: World) -> None:
    process = psutil.Process(world.gateway.pid)
    await client.get("/v1/centres/stream?pieces=1")
    before = process.memory_info().rss
    peak = 0
    length = 0
    async with client.stream("GET", "/v1/centres/stream?pieces=2400") as response:
        async for piece in response.aiter_bytes():
            length += len(piece)
            peak = max(peak, process.memory_info().rss)
    assert length == 2400 * 65_536
    assert peak - before < 24 * MEBIBYTE


@pytest.mark.parametrize("declared", [True, False], ids=["content-length", "chunked"])
async def test_a_body_over_the_limit_is_refused(client: AsyncClient, declared: bool) -> None:
    content = pieces(20)
    headers = {"Content-Length": str(20 * len(PIECE))} if declared else {}
    response = await client.post("/v1/centres/echo", content=content, headers=headers)
    assert (response.status_code, response.json()["code"]) == (413, "payload-too-large")


async def test_a_body_at_the_limit_is_taken(client: AsyncClient) -> None:
    assert (await client.post("/v1/centres/echo", content=b"x" * 1_000_000)).status_code == 200
    assert (await client.post("/v1/centres/echo", content=b"x" * 1_000_001)).status_code == 413


@pytest.mark.parametrize("rest", [b"", b"x"])
async def test_a_body_that_pauses_too_long_is_refused(world: World, rest: bytes) -> None:
    request = b"POST /v1/centres/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n" + rest
    answer = await asyncio.to_thread(say, world, request)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"body-too-slow" in answer


async def test_a_refusal_reaches_a_sender_who_has_not_finished(client: AsyncClient) -> None:
    headers = {"Authorization": "Bearer rubbish", "Content-Length": str(200 * len(PIECE))}
    response = await client.post("/v1/imports/enterprises", content=pieces(200), headers=headers)
    assert (response.status_code, response.headers["connection"]) == (401, "close")


async def test_a_refusal_of_a_small_request_keeps_the_connection(client: AsyncClient) -> None:
    response = await client.post("/v1/centres/echo", content=b"x" * 9, headers={"Authorization": "Bearer rubbish"})
    assert response.status_code == 401
    assert "connection" not in response.headers


async def test_a_service_that_is_away_is_503_at_once(client: AsyncClient) -> None:
    started = time.monotonic()
    response = await client.get("/v1/grants")
    assert (response.status_code, response.json()["code"]) == (503, "service-unavailable")
    assert response.headers["retry-after"] == "1"
    assert time.monotonic() - started < 10


async def test_a_service_that_stays_silent_is_504(client: AsyncClient) -> None:
    started = time.monotonic()
    response = await client.get("/v1/centres/slow?seconds=10")
    assert (response.status_code, response.json()["code"]) == (504, "upstream-timeout")
    assert time.monotonic() - started < 9.5


async def test_an_answer_that_breaks_off_never_looks_complete(client: AsyncClient) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get("/v1/centres/breaks")


async def test_a_long_answer_ends_when_its_reader_goes_away(client: AsyncClient, world: World) -> None:
    async with client.stream("GET", "/v1/centres/endless") as response:
        async for piece in response.aiter_raw():
            assert piece == b": hello\n\n"
            break
    await eventually(world.mark.exists)


async def test_a_frozen_service_does_not_hold_up_the_others(client: AsyncClient, world: World) -> None:
    world.upstream.sigstop()
    try:
        frozen = [asyncio.create_task(client.get("/v1/centres/echo")) for _ in range(20)]
        started = time.monotonic()
        assert (await client.get("/v1/grants")).status_code == 503
        assert (await client.get("/healthz")).status_code == 200
        assert time.monotonic() - started < 1.9
        assert {response.status_code for response in await asyncio.gather(*frozen)} <= {503, 504}
    finally:
        world.upstream.sigcont()
    assert (await client.get("/v1/centres/echo")).status_code == 200


async def test_a_service_that_was_restarted_is_reached_again(client: AsyncClient, world: World) -> None:
    """Connections left over from before must not fail requests, whatever their method."""
    assert (await client.get("/v1/centres/echo")).status_code == 200
    world.upstream.kill9()
    world.upstream.start()
    for method in ("GET", "POST", "POST"):
        assert (await client.request(method, "/v1/centres/echo", content=b"x")).status_code == 200


def say(world: World, request: bytes) -> bytes:
    """Send bytes as they are and return the answer until the connection is closed or silent."""
    with socket.create_connection(("127.0.0.1", world.gateway.port), timeout=4) as connection:
        connection.sendall(request)
        answer = b""
        try:
            while piece := connection.recv(65_536):
                answer += piece
        except TimeoutError:
            pass
        return answer


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: 0x5\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length : 5\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b" Content-Length: 5\r\n",
    ],
    ids=lambda headers: headers.decode().strip().replace("\r\n", " | "),
)
async def test_framing_that_could_smuggle_a_second_request_is_refused(world: World, headers: bytes) -> None:
    hidden = b"0\r\n\r\nGET /v1/centres/nothing HTTP/1.1\r\nHost: x\r\n\r\n"
    request = b"POST /v1/centres/refuses HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n" + hidden
    answer = await asyncio.to_thread(say, world, request)
    statuses = [line for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
    assert len(statuses) <= 1
    assert not answer or answer.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "line",
    [b"GET http://evil.example/v1/centres/\xe4 HTTP/1.1", b"GET /v1/centres/\xe4?x HTTP/1.1"],
)
async def test_a_request_target_outside_the_grammar_is_refused(world: World, line: bytes) -> None:
    answer = await asyncio.to_thread(say, world, line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
