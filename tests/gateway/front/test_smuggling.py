"""Requests that two readers could read differently, byte for byte: refused, or shown to be read in one way only."""

import asyncio
import re
import socket

import pytest

from tests.gateway.conftest import World

NEXT = b"GET /v1/centres/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
"""What an attacker wants to be taken for a request of its own; answered with 204 if it is."""
POST = b"POST /v1/centres/echo HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"


def say(port: int, *parts: bytes, seconds: float = 3) -> bytes:
    """Send bytes as they are; the answer until the connection is closed or silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        answer = b""
        try:
            for part in parts:
                connection.sendall(part)
            while piece := connection.recv(65_536):
                answer += piece
        except (TimeoutError, ConnectionError):
            pass
        return answer


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", answer)]


REFUSED = {
    "length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "the same length twice": POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a list of lengths": POST + b"Content-Length: 5, 5\r\n\r\nhello",
    "a length with a sign": POST + b"Content-Length: +5\r\n\r\nhello",
    "a length out of range": POST + b"Content-Length: 99999999999999999999999\r\n\r\nhello",
    "an empty length": POST + b"Content-Length:\r\n\r\nhello",
    "a space before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a space before the name": POST + b" Content-Length: 5\r\n\r\nhello",
    "a coding with a vertical tab": POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "a coding in quotes": POST + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
    "a coding that is none": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "an empty coding": POST + b"Transfer-Encoding:\r\n\r\n0\r\n\r\n",
    "identity before chunked": POST + b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked before identity": CHUNKED + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "gzip before chunked": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunks under 1.0": CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + b"\r\n0\r\n\r\n",
    "a bare line feed": b"GET /v1/centres/echo HTTP/1.1\nHost: x\n\n",
    "a bare line feed between fields": b"GET /v1/centres/echo HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
    "a bare carriage return": b"GET /v1/centres/echo HTTP/1.1\r\nHost: x\rA: b\r\n\r\n",
    "a folded field": b"GET /v1/centres/echo HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    "a folded length": POST + b"Content-Length:\r\n 5\r\n\r\nhello",
    "a null in a name": b"GET /v1/centres/echo HTTP/1.1\r\nHost: x\r\nA\0: b\r\n\r\n",
    "a null in a value": b"GET /v1/centres/echo HTTP/1.1\r\nHost: x\r\nA: \0b\r\n\r\n",
    "a field without a name": b"GET /v1/centres/echo HTTP/1.1\r\n: x\r\nHost: x\r\n\r\n",
    "no host": b"GET /v1/centres/echo HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /v1/centres/echo HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "a chunk that ends in a line feed": CHUNKED + b"\r\n5\nhello\n0\n\n",
    "a chunk size with a space": CHUNKED + b"\r\n5 \r\nhello\r\n0\r\n\r\n",
    "a chunk size in another notation": CHUNKED + b"\r\n0x5\r\nhello\r\n0\r\n\r\n",
    "a chunk size out of range": CHUNKED + b"\r\nfffffffffffffffff5\r\nhello\r\n0\r\n\r\n",
    "a chunk longer than it says": CHUNKED + b"\r\n5\r\nhelloXX0\r\n\r\n",
    "an extension that ends in a line feed": CHUNKED + b"\r\n5;a\nhello\r\n0\r\n\r\n",
    "a change to HTTP/2": POST
    + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\nContent-Length: 5\r\n\r\nhello",
    "a change to WebSocket": b"GET /v1/centres/echo HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\n"
    b"Upgrade: websocket\r\n\r\n",
    "HTTP/2 by prior knowledge": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a version that is none": b"GET /v1/centres/echo HTTP/2.0\r\nHost: x\r\n\r\n",
    "HTTP/0.9": b"GET /v1/centres/echo\r\n\r\n",
    "a tunnel": b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_request_that_could_hide_another_is_refused_and_nothing_after_it_is_read(
    world: World, name: str
) -> None:
    answer = await asyncio.to_thread(say, world.gateway.port, REFUSED[name] + NEXT)
    found = statuses(answer)
    assert 204 not in found
    assert found in ([400], [404], [405], []), answer[:300]
    assert b'"method": "POST"' not in answer


@pytest.mark.parametrize("extension", [b"5;a=b", b'5;a="b;c"', b"5;" + b"a" * 5000])
async def test_chunk_extensions_go_no_further(world: World, extension: bytes) -> None:
    """They are read as nothing, and the service gets the content in chunks of our own making."""
    request = CHUNKED + b"\r\n" + extension + b"\r\nhello\r\n0\r\n\r\n"
    answer = await asyncio.to_thread(say, world.gateway.port, request + NEXT)
    assert statuses(answer) == [200, 204]
    assert b'"length": 5' in answer
    assert b"aaaa" not in answer


async def test_fields_after_the_content_are_dropped(world: World) -> None:
    trailer = b"If-Match: 9\r\nIdempotency-Key: smuggled\r\nX-Client-Address: 1.2.3.4\r\nAuthorization: Bearer x\r\n"
    request = CHUNKED + b'If-Match: "1"\r\n\r\n5\r\nhello\r\n0\r\n' + trailer + b"\r\n"
    answer = await asyncio.to_thread(say, world.gateway.port, request + NEXT)
    assert statuses(answer) == [200, 204]
    assert b"smuggled" not in answer
    assert b"1.2.3.4" not in answer


async def test_a_whole_address_as_target_names_no_other_host(world: World) -> None:
    request = b"GET http://evil.example/v1/centres/echo HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    answer = await asyncio.to_thread(say, world.gateway.port, request)
    assert statuses(answer) == [200]
    assert b"evil.example" not in answer


async def test_what_follows_a_closing_request_is_not_read(world: World) -> None:
    request = b"GET /v1/centres/refuses HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert statuses(await asyncio.to_thread(say, world.gateway.port, request + NEXT)) == [409]


async def test_content_of_a_get_is_its_own_and_not_the_next_request(world: World) -> None:
    request = b"GET /v1/centres/echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + str(len(NEXT)).encode() + b"\r\n\r\n"
    answer = await asyncio.to_thread(say, world.gateway.port, request + NEXT)
    assert statuses(answer) == [200]


async def test_requests_sent_ahead_are_answered_in_order(world: World) -> None:
    first = b"GET /v1/centres/refuses HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = await asyncio.to_thread(say, world.gateway.port, first + first + NEXT)
    assert statuses(answer) == [409, 409, 204]


async def test_a_request_cut_anywhere_is_read_as_one(world: World) -> None:
    request = CHUNKED + b"\r\n5\r\nhello\r\n0\r\n\r\n" + NEXT
    for cut in range(1, len(request), 7):
        answer = await asyncio.to_thread(say, world.gateway.port, request[:cut], request[cut:])
        assert statuses(answer) == [200, 204], cut
