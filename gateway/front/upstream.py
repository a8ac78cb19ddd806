"""Passing requests on to the services: pooled connections, both bodies streamed, failures told apart."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Final

import aiohttp
from pydantic import JsonValue
from yarl import URL

from gateway.front import headers as border
from gateway.front.exchange import CallerGone, Exchange
from gateway.settings import GatewaySettings
from shared import tracing
from shared.errors import DomainError, service_unavailable

SMALL_ANSWER_BYTES: Final = 64 * 1024
"""An answer of up to this size is passed on in one piece."""

_NO_BODY_STATUSES: Final = frozenset({204, 304})
_SKIPPED: Final = frozenset({"Accept", "Accept-Encoding", "Content-Type", "User-Agent"})


class AnswerBroken(Exception):
    """The service's answer ended halfway, after its beginning was passed on: the connection must not look complete."""


class AskFailed(Exception):
    """A service gave no answer that can be used; `status` is None where it gave none at all."""

    def __init__(self, service: str, reason: str, status: int | None = None) -> None:
        super().__init__(f"{service}: {reason}")
        self.status = status


class Upstreams:
    """The services behind the gateway and the connections to them."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._bases: dict[str, str] = {}
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the connection pool; needs the running loop."""
        settings = self._settings
        connector = aiohttp.TCPConnector(
            limit=0,
            limit_per_host=settings.upstream_connections,
            keepalive_timeout=settings.upstream_idle_seconds,
            ttl_dns_cache=10,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(
                total=None, connect=settings.upstream_connect_seconds, sock_read=settings.upstream_read_seconds
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=_SKIPPED,
            max_field_size=settings.max_header_bytes,
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def forward(self, exchange: Exchange, service: str, token: str) -> None:
        """Ask `service` what the caller asked, in the caller's name (`token`), and pass the answer on.

        Raises 503 `service-unavailable` (not reached, so nothing happened), 502 `upstream-failed` (reached, and the
        outcome is unknown), 504 `upstream-timeout`, or AnswerBroken once the answer has begun.
        """
        body = await exchange.body()
        try:
            answer = await self._client().request(
                exchange.method,
                URL(self._target(exchange, service), encoded=True),
                headers=_request_headers(exchange, token),
                data=body,
                allow_redirects=False,
            )
        except aiohttp.ConnectionTimeoutError as error:
            raise service_unavailable(service) from error
        except TimeoutError as error:
            raise exchange.body_error or DomainError("upstream-timeout", 504, params={"service": service}) from error
        except aiohttp.ClientConnectorError as error:
            raise service_unavailable(service) from error
        except aiohttp.ClientError as error:
            raise exchange.body_error or DomainError("upstream-failed", 502, params={"service": service}) from error
        try:
            await _pass_on(exchange, answer)
        except (aiohttp.ClientError, TimeoutError) as error:
            answer.close()
            raise AnswerBroken(service) from error
        finally:
            answer.release()

    async def ask(self, service: str, path: str, token: str, seconds: float) -> JsonValue:
        """What `service` answers to a GET in the caller's name (`token`), within so many seconds. Raises AskFailed."""
        headers = {"authorization": f"Bearer {token}", "accept": "application/json", "traceparent": tracing.current()}
        try:
            url = URL(self._base(service) + path, encoded=True)
            async with asyncio.timeout(seconds):
                async with self._client().get(url, headers=headers, allow_redirects=False) as answer:
                    body = await answer.read()
        except (aiohttp.ClientError, TimeoutError, DomainError) as error:
            raise AskFailed(service, type(error).__name__) from error
        if answer.status != HTTPStatus.OK:
            raise AskFailed(service, f"status {answer.status}", answer.status)
        try:
            found: JsonValue = json.loads(body)
        except ValueError as error:
            raise AskFailed(service, "not JSON") from error
        return found

    def _client(self) -> aiohttp.ClientSession:
        assert self._session is not None, "open() was not called"
        return self._session

    def _target(self, exchange: Exchange, service: str) -> str:
        base = self._base(service)
        query: bytes = exchange.scope.get("query_string", b"")
        path = exchange.raw_path.decode("ascii")
        return f"{base}{path}?{query.decode('ascii')}" if query else base + path

    def _base(self, service: str) -> str:
        base = self._bases.get(service)
        if base is None:
            try:
                base = self._bases[service] = self._settings.peer_url(service)
            except LookupError as error:
                raise service_unavailable(service) from error
        return base


def _request_headers(exchange: Exchange, token: str) -> list[tuple[str, str]]:
    sent = border.for_upstream(exchange.headers)
    sent.append(("authorization", f"Bearer {token}"))
    sent.append(("x-request-id", exchange.request_id))
    sent.append(("traceparent", exchange.trace.parent))
    if exchange.trace.continued and (state := exchange.first(b"tracestate")) is not None:
        sent.append(("tracestate", state.decode("latin-1")))
    if exchange.content_length is not None:
        sent.append(("content-length", str(exchange.content_length)))
    return sent


async def _pass_on(exchange: Exchange, answer: aiohttp.ClientResponse) -> None:
    headers = border.for_caller(answer.raw_headers)
    length = answer.content_length
    if exchange.method == "HEAD" or answer.status in _NO_BODY_STATUSES or length == 0:
        await exchange.start(answer.status, headers)
        await exchange.write(b"", more=False)
    elif length is not None and length <= SMALL_ANSWER_BYTES:
        body = await answer.read()
        await exchange.start(answer.status, headers)
        await exchange.write(body, more=False)
    else:
        await exchange.start(answer.status, headers)
        await _stream(exchange, answer)


async def _stream(exchange: Exchange, answer: aiohttp.ClientResponse) -> None:
    """Pass on pieces as they come; a caller that goes away ends it, however long the service stays silent."""
    watch = asyncio.create_task(_close_when_gone(exchange, answer)) if exchange.body_read else None
    try:
        async for piece in answer.content.iter_any():
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
