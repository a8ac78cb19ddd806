"""One attempt over the network, to the very address that was checked.

httpcore is used by itself: it follows no redirects, reads no proxies from the environment, keeps no cookies and
decompresses nothing. Its network backend is ours, so that the name is looked up once, what it stands for is checked,
and the connection goes there: a name that means something else a moment later is no way around. TLS still verifies the
name. A connection that is kept open for the next delivery stays connected to where it was checked.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Protocol

import httpcore

from gateway.webhooks.addresses import Address, AddressRefused, Boundary, plain
from gateway.webhooks.targets import Target, parse
from shared.identifiers import holds_identity_number
from shared.logging import get_logger

MOST_READ: Final = 4096
"""Bytes of an answer that are read; then the connection is closed."""
KEPT_CHARACTERS: Final = 200
BODY_SECONDS: Final = 2.0
"""How long an answer's body may take once its status is known: what it says does not matter then."""
CHECK_SECONDS: Final = 5.0
"""How long somebody who registers a URL waits for its name to be looked up."""
KEEP_ALIVE_SECONDS: Final = 2.0
MOST_CONNECTIONS: Final = 1000
LOOKUPS: Final = 32
MOST_ADDRESSES: Final = 8

_NAMES: Final = {
    httpcore.ConnectTimeout: "timeout",
    httpcore.ReadTimeout: "timeout",
    httpcore.WriteTimeout: "timeout",
    httpcore.PoolTimeout: "busy",
    httpcore.ConnectError: "connection_failed",
    httpcore.ReadError: "connection_lost",
    httpcore.WriteError: "connection_lost",
    httpcore.RemoteProtocolError: "not_http",
    httpcore.LocalProtocolError: "not_http",
}

log = get_logger(__name__)

SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class Resolver(Protocol):
    """Looks a name up. Raises OSError for one that there is not."""

    async def resolve(self, host: str, port: int) -> list[Address]: ...


class SystemResolver:
    """The system's resolver, in threads of its own: a slow name server holds up other webhooks' lookups at most."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOKUPS, thread_name_prefix="webhook-names")

    async def resolve(self, host: str, port: int) -> list[Address]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, host, port)
        return [ip_address(text) for text in dict.fromkeys(found)][:MOST_ADDRESSES]

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


async def checked_addresses(
    resolver: Resolver, boundary: Boundary, host: str, port: int, *, tls: bool
) -> list[Address]:
    """What the host stands for, all of it allowed. Raises AddressRefused, `webhook-host-unknown` if it is not found."""
    try:
        addresses: list[Address] = [ip_address(host)]
    except ValueError:
        try:
            addresses = await resolver.resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise AddressRefused("webhook-host-unknown") from error
    boundary.check(addresses, port, tls=tls)
    return addresses


class _Backend(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were checked, and makes sure that it did."""

    def __init__(self, resolver: Resolver, boundary: Boundary, *, tls: bool) -> None:
        self._resolver = resolver
        self._boundary = boundary
        self._tls = tls
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await checked_addresses(self._resolver, self._boundary, host, port, tls=self._tls)
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in addresses:
            try:
                stream = await self._inner.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            await self._make_sure(stream, address)
            return stream
        assert failure is not None
        raise failure

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[SocketOption] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise AddressRefused("webhook-address-refused")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _make_sure(self, stream: httpcore.AsyncNetworkStream, address: Address) -> None:
        peer = stream.get_extra_info("server_addr")
        if plain(ip_address(str(peer[0]).partition("%")[0])) != plain(address):
            await stream.aclose()
            raise AddressRefused("webhook-address-refused")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: a status, or an error's name; `asked` is the receiver's Retry-After, as it was sent."""

    milliseconds: int
    status: int | None = None
    error: str | None = None
    asked: str | None = None
    answer: str | None = None

    @property
    def delivered(self) -> bool:
        """2xx and nothing else: a redirect is not followed, so nobody has the event."""
        return self.error is None and self.status is not None and 200 <= self.status < 300


class Sender:
    """The connections of one process. `seconds` is the time an attempt has, from the look-up to the answer."""

    def __init__(
        self, boundary: Boundary, seconds: float, *, resolver: Resolver | None = None, ca_file: Path | None = None
    ) -> None:
        self._own_resolver = SystemResolver() if resolver is None else None
        self._resolver: Resolver = resolver or self._own_resolver or SystemResolver()
        self._boundary = boundary
        self._seconds = seconds
        context = httpcore.default_ssl_context()
        if ca_file is not None:
            context.load_verify_locations(ca_file)
        self._pools = {tls: self._pool(context, tls=tls) for tls in (True, False)}

    def _pool(self, context: ssl.SSLContext, *, tls: bool) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=MOST_CONNECTIONS,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
            http1=True,
            http2=False,
            retries=0,
            network_backend=_Backend(self._resolver, self._boundary, tls=tls),
        )

    async def check(self, target: Target) -> None:
        """Whether a URL may be registered now. Raises AddressRefused."""
        try:
            async with asyncio.timeout(min(self._seconds, CHECK_SECONDS)):
                await checked_addresses(self._resolver, self._boundary, target.host, target.port, tls=target.tls)
        except TimeoutError as error:
            raise AddressRefused("webhook-host-unknown") from error

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """One POST. Never raises for what the other side does."""
        started = time.monotonic()
        answer: tuple[int, str | None, str] | None = None
        error: str | None = None
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._ask(parse(url), headers, body)
        except TimeoutError:
            error = "timeout"
        except AddressRefused as refused:
            error = refused.code.removeprefix("webhook-").replace("-", "_")
        except (*_NAMES, ssl.SSLError, OSError) as failure:
            error = _name_of(failure)
        except Exception:
            # Whatever an answer brings about in the libraries is a failed try like any other, and is given up in time.
            log.exception("webhook-attempt-broken-off")
            error = "connection_failed"
        milliseconds = round((time.monotonic() - started) * 1000)
        if answer is None:
            return Outcome(milliseconds, error=error)
        status, asked, said = answer
        return Outcome(milliseconds, status, asked=asked, answer=None if 200 <= status < 300 else said)

    async def _ask(self, target: Target, headers: Mapping[str, str], body: bytes) -> tuple[int, str | None, str]:
        url = httpcore.URL(
            scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.target.encode()
        )
        sent = {"host": target.authority, **headers, "content-length": str(len(body))}
        limits = dict.fromkeys(("connect", "read", "write", "pool"), self._seconds)
        fields = [(name.encode("ascii"), value.encode("ascii")) for name, value in sent.items()]
        pool = self._pools[target.tls]
        async with pool.stream("POST", url, headers=fields, content=body, extensions={"timeout": limits}) as response:
            asked = next((value for name, value in response.headers if name.lower() == b"retry-after"), None)
            said = await _beginning(response)
        return response.status, None if asked is None else asked[:100].decode("latin-1"), said

    async def close(self) -> None:
        for pool in self._pools.values():
            await pool.aclose()
        if self._own_resolver is not None:
            self._own_resolver.close()


async def _beginning(response: httpcore.Response) -> str:
    """The first characters of an answer that can be shown; the rest is not read."""
    read = b""
    with contextlib.suppress(TimeoutError, *_NAMES):
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in response.aiter_stream():
                read += piece
                if len(read) >= MOST_READ:
                    break
    text = read[:MOST_READ].decode("utf-8", "replace")
    shown = "".join(character if character.isprintable() else " " for character in text)[:KEPT_CHARACTERS]
    return "" if holds_identity_number(shown) else shown


def _name_of(failure: BaseException) -> str:
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "tls_failed"
        cause = cause.__cause__ or cause.__context__
    return next((name for kind, name in _NAMES.items() if isinstance(failure, kind)), "connection_failed")
