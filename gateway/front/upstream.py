"""Passing requests on to the services: pooled connections, both bodies streamed, failures told apart."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Final

import aiohttp
from pydantic import JsonValue
from yarl import URL

from gateway.front import headers as border
from gateway.front.circuit import UNAVAILABLE, Circuit
from gateway.front.exchange import CallerGone, Exchange
from gateway.front.headers import Headers
from gateway.front.lanes import Bulkhead
from gateway.front.routes import UPSTREAMS
from gateway.limits.classes import CLASSES, Lane, RouteClass
from gateway.settings import GatewaySettings
from shared import budget, tracing
from shared.errors import DomainError, service_unavailable

SMALL_ANSWER_BYTES: Final = 64 * 1024
"""An answer of up to this size is passed on in one piece."""

_NO_BODY_STATUSES: Final = frozenset({204, 304})
_SKIPPED: Final = frozenset({"Accept", "Accept-Encoding", "Content-Type", "User-Agent"})
_BUDGET: Final = budget.HEADER.lower()
_INTERNAL: Final = tuple(sorted(name.decode("ascii") for name in border.INTERNAL))

Body = bytes | AsyncIterator[bytes] | None


class AnswerBroken(Exception):
    """The service's answer ended halfway, after its beginning was passed on: the connection must not look complete."""


class AskFailed(Exception):
    """A service gave no answer that can be used; `status` is None where it gave none at all."""

    def __init__(self, service: str, reason: str, status: int | None = None) -> None:
        super().__init__(f"{service}: {reason}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """A service's whole answer, less what concerned the connection to it."""

    status: int
    headers: Headers
    body: bytes


class Service:
    """One service as the gateway sees it: where it is, whether it answers, and how much of it may be used at a time."""

    def __init__(self, name: str, settings: GatewaySettings) -> None:
        self.name = name
        self.circuit = Circuit(name)
        places: dict[Lane, int] = {"quick": settings.upstream_connections, "long": settings.upstream_long_connections}
        self.lanes = {
            lane: Bulkhead(name, lane, count, settings.upstream_waiting, settings.upstream_connect_seconds)
            for lane, count in places.items()
        }
        self._settings = settings
        self._base: str | None = None

    @property
    def base(self) -> str:
        """Raises 503 `service-unavailable` where the settings name no address."""
        if self._base is None:
            try:
                self._base = self._settings.peer_url(self.name)
            except LookupError as error:
                raise service_unavailable(self.name) from error
        return self._base


class Upstreams:
    """The services behind the gateway and the connections to them."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._services = {name: Service(name, settings) for name in UPSTREAMS}
        longest = settings.upstream_read_seconds
        self._budgets = {kind.name: str(int(min(kind.seconds, longest) * 1000)) for kind in CLASSES if kind.told}
        self._timeouts = {kind.name: self._timeout(min(kind.seconds, longest)) for kind in CLASSES}
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the connection pool; needs the running loop."""
        settings = self._settings
        connector = aiohttp.TCPConnector(
            limit=0,
            limit_per_host=0,
            keepalive_timeout=settings.upstream_idle_seconds,
            ttl_dns_cache=10,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=self._timeout(settings.upstream_read_seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=_SKIPPED,
            max_field_size=settings.max_header_bytes,
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def forward(self, exchange: Exchange, service: str, token: str, kind: RouteClass) -> Answer | None:
        """Ask `service` what the caller asked, in the caller's name (`token`).

        Returns a small answer for whoever passes it on; a large one is passed on as it comes, then None is returned.
        Raises 503 `service-unavailable` (not reached, so nothing happened) or `service-busy` (nor that), 502
        `upstream-failed` (reached, and the outcome is unknown), 504 `upstream-timeout`, or AnswerBroken once the answer
        has begun.
        """
        body = await exchange.body()
        found = self._services[service]
        whole = body is None or isinstance(body, bytes)
        probe = found.circuit.enter()
        lane = found.lanes[kind.lane if whole else "long"]
        try:
            await lane.enter()
        except BaseException:
            found.circuit.left(probe=probe)
            raise
        try:
            answer = await self._ask(exchange, found, token, kind, body, probe=probe)
            for name in _INTERNAL:
                if (said := answer.headers.get(name)) is not None:
                    exchange.learn(name.encode("ascii"), said)
            try:
                return await _pass_on(exchange, answer, self._settings.body_wait_seconds)
            except (aiohttp.ClientError, TimeoutError) as error:
                answer.close()
                if not exchange.status:
                    raise DomainError("upstream-failed", 502, params={"service": service}) from error
                raise AnswerBroken(service) from error
            finally:
                answer.release()
        finally:
            lane.leave()

    async def _ask(
        self, exchange: Exchange, service: Service, token: str, kind: RouteClass, body: Body, *, probe: bool
    ) -> aiohttp.ClientResponse:
        circuit = service.circuit
        headers = _request_headers(exchange, token)
        if kind.told and (body is None or isinstance(body, bytes)):
            headers.append((_BUDGET, self._budgets[kind.name]))
        settled = False
        try:
            answer = await self._client().request(
                exchange.method,
                URL(_target(exchange, service.base), encoded=True),
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=self._timeouts[kind.name],
            )
            route = _route(exchange) if answer.status in UNAVAILABLE else b""
            circuit.answered(answer.status, route, probe=probe)
            settled = True
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
            settled = True
            circuit.failed(None, probe=probe)
            raise service_unavailable(service.name) from error
        except (TimeoutError, aiohttp.ClientError) as error:
            if exchange.body_error is not None:
                raise exchange.body_error from error
            settled = True
            late = isinstance(error, TimeoutError)
            circuit.failed(_route(exchange) if late else None, probe=probe)
            code, status = ("upstream-timeout", 504) if late else ("upstream-failed", 502)
            raise DomainError(code, status, params={"service": service.name}) from error
        finally:
            if not settled:
                circuit.left(probe=probe)
        return answer

    async def ask(self, service: str, path: str, token: str, seconds: float) -> JsonValue:
        """What `service` answers to a GET in the caller's name (`token`), within so many seconds. Raises AskFailed."""
        headers = {
            "authorization": f"Bearer {token}",
            "accept": "application/json",
            "traceparent": tracing.current(),
            _BUDGET: str(int(seconds * 1000)),
        }
        found = self._services[service]
        if found.circuit.state == "open":
            raise AskFailed(service, "circuit open")
        try:
            url = URL(found.base + path, encoded=True)
            async with asyncio.timeout(seconds):
                async with self._client().get(url, headers=headers, allow_redirects=False) as answer:
                    body = await answer.read()
        except (aiohttp.ClientError, TimeoutError, DomainError) as error:
            raise AskFailed(service, type(error).__name__) from error
        if answer.status != HTTPStatus.OK:
            raise AskFailed(service, f"status {answer.status}", answer.status)
        try:
            known: JsonValue = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise AskFailed(service, "not JSON") from error
        return known

    async def fetch(self, service: str, path: str, token: str, target: IO[bytes], *, most: int, seconds: float) -> int:
        """Write what `service` answers to a GET in the caller's name to a file, `most` bytes at most; how many there
        were. Raises AskFailed, also for one that is larger."""
        headers = {"authorization": f"Bearer {token}", "traceparent": tracing.current()}
        size = 0
        try:
            url = URL(self._services[service].base + path, encoded=True)
            async with asyncio.timeout(seconds):
                async with self._client().get(url, headers=headers, allow_redirects=False) as answer:
                    if answer.status != HTTPStatus.OK:
                        raise AskFailed(service, f"status {answer.status}", answer.status)
                    async for piece in answer.content.iter_any():
                        size += len(piece)
                        if size > most:
                            raise AskFailed(service, "too large")
                        await asyncio.to_thread(target.write, piece)
        except (aiohttp.ClientError, TimeoutError, DomainError) as error:
            raise AskFailed(service, type(error).__name__) from error
        return size

    def _client(self) -> aiohttp.ClientSession:
        assert self._session is not None, "open() was not called"
        return self._session

    def _timeout(self, seconds: float) -> aiohttp.ClientTimeout:
        connect = self._settings.upstream_connect_seconds
        return aiohttp.ClientTimeout(total=None, connect=connect, sock_read=seconds)


def _target(exchange: Exchange, base: str) -> str:
    path = base + exchange.raw_path.decode("ascii")
    return f"{path}?{exchange.query.decode('ascii')}" if exchange.query else path


def _route(exchange: Exchange) -> bytes:
    """Which failures have one cause: the method and the first segment."""
    return exchange.method.encode("ascii") + b" " + exchange.raw_path[4:].partition(b"/")[0]


def _request_headers(exchange: Exchange, token: str) -> list[tuple[str, str]]:
    named = border.connection_options(exchange.headers) if b"connection" in exchange.fields else frozenset()
    sent = border.for_upstream(exchange.headers, named)
    sent.append(("authorization", f"Bearer {token}"))
    sent.append(("x-request-id", exchange.request_id))
    sent.append(("traceparent", exchange.trace.parent))
    if exchange.trace.continued and (state := exchange.first(b"tracestate")) is not None:
        sent.append(("tracestate", state.decode("latin-1")))
    if exchange.content_length is not None:
        sent.append(("content-length", str(exchange.content_length)))
    return sent


async def _pass_on(exchange: Exchange, answer: aiohttp.ClientResponse, patience: float) -> Answer | None:
    headers = border.for_caller(answer.raw_headers)
    length = answer.content_length
    if exchange.method == "HEAD" or answer.status in _NO_BODY_STATUSES or length == 0:
        return Answer(answer.status, headers, b"")
    if length is not None and length <= SMALL_ANSWER_BYTES:
        return Answer(answer.status, headers, await answer.read())
    await exchange.start(answer.status, headers)
    await _stream(exchange, answer, patience)
    return None


async def _stream(exchange: Exchange, answer: aiohttp.ClientResponse, patience: float) -> None:
    """Pass on pieces as they come; a caller that goes away ends it, however long the service stays silent.

    So does one that takes no piece for so many seconds: it would hold a place that others wait for.
    """
    watch = asyncio.create_task(_close_when_gone(exchange, answer)) if exchange.body_read else None
    try:
        async for piece in answer.content.iter_any():
            async with asyncio.timeout(patience):
                await exchange.write(piece, more=True)
        await exchange.write(b"", more=False)
    except aiohttp.ClientError as error:
        if watch is not None and watch.done():
            raise CallerGone from error
        raise
    finally:
        if watch is not None:
            watch.cancel()


async def _close_when_gone(exchange: Exchange, answer: aiohttp.ClientResponse) -> None:
    await exchange.gone()
    answer.close()
