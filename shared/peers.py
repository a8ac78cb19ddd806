"""Questions one service asks another over HTTP, where a copy fed by events is not enough.

Never inside a transaction that holds locks longer than the timeout is worth; a caller that cannot know the
answer refuses with 503 instead of guessing.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import httpx
from pydantic import JsonValue

from shared import budget, tracing
from shared.auth.tokens import TokenMinter, load_private_key
from shared.clock import business_today
from shared.settings import ServiceSettings

_RENEW_BEFORE_SECONDS: Final = 15
_TOKEN_SECONDS: Final = 60
MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
"""A page of a log is the largest honest answer; what goes on beyond this is not read to its end."""


class PeerUnavailable(Exception):
    """The other service did not answer in time, or not with an answer: nobody can know. Worth a retry."""

    def __init__(self, peer: str, reason: str) -> None:
        super().__init__(f"{peer}: {reason}")
        self.peer = peer
        self.reason = reason


class PeerRefused(Exception):
    """The other service understood and refused (4xx); asking again will not help."""

    def __init__(self, peer: str, status: int, code: str) -> None:
        super().__init__(f"{peer}: {status} {code}")
        self.peer = peer
        self.status = status
        self.code = code


def _no_number(text: str) -> JsonValue:
    raise ValueError(f"{text} is no JSON")


class PeerClient:
    """HTTP to the other services, with this service's own tokens."""

    def __init__(self, settings: ServiceSettings, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._settings = settings
        self._minter = TokenMinter(settings.service_name, load_private_key(settings.signing_key_file))
        self._tokens: dict[str, tuple[float, str]] = {}
        self._client = httpx.AsyncClient(
            transport=transport,
            limits=httpx.Limits(max_connections=50, max_keepalive_connections=20),
            trust_env=False,
        )

    async def get_json(
        self,
        peer: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        timeout: float = 2.0,
        correlation_id: str | None = None,
    ) -> JsonValue:
        """GET an ``/internal`` resource; ``timeout`` in seconds covers the whole exchange.

        It is cut to what is left of the request's own budget, and the other service is told.
        Raises PeerUnavailable (no answer, one that is too large, 5xx, 429, a redirect, not JSON), PeerRefused (other
        4xx), or 503 `out-of-time`.
        """
        more = {"X-Correlation-Id": correlation_id} if correlation_id else {}
        status, content, _ = await self._get(peer, path, params, more, timeout)
        return _read(peer, status, content)

    async def get_changed(
        self, peer: str, path: str, tag: str | None, *, timeout: float
    ) -> tuple[JsonValue, str | None] | None:
        """A resource and its entity tag, or None while it is still the one that `tag` names (RFC 9110, 13.1.2).

        Raises what `get_json` raises.
        """
        more = {"If-None-Match": tag} if tag is not None else {}
        status, content, now = await self._get(peer, path, None, more, timeout)
        if tag is not None and status == HTTPStatus.NOT_MODIFIED:
            return None
        return _read(peer, status, content), now

    async def _get(
        self, peer: str, path: str, params: Mapping[str, str | int] | None, more: Mapping[str, str], timeout: float
    ) -> tuple[int, bytes, str | None]:
        """Status, body and entity tag of whatever was answered."""
        timeout = budget.within(timeout)
        headers = {
            "Authorization": f"Bearer {self._token(peer)}",
            "traceparent": tracing.current(),
            budget.HEADER: str(int(timeout * 1000)),
            **more,
        }
        url = self._settings.peer_url(peer) + path
        try:
            async with asyncio.timeout(timeout):
                return await self._ask(peer, url, params, headers, timeout)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise PeerUnavailable(peer, type(error).__name__) from error

    async def _ask(
        self, peer: str, url: str, params: Mapping[str, str | int] | None, headers: Mapping[str, str], timeout: float
    ) -> tuple[int, bytes, str | None]:
        """Read no further than `MAX_ANSWER_BYTES`; where a redirect leads is not looked at."""
        asked = self._client.stream("GET", url, params=params, headers=headers, timeout=timeout, follow_redirects=False)
        async with asked as response:
            content = bytearray()
            async for piece in response.aiter_bytes():
                content += piece
                if len(content) > MAX_ANSWER_BYTES:
                    raise PeerUnavailable(peer, f"more than {MAX_ANSWER_BYTES} bytes")
            return response.status_code, bytes(content), response.headers.get("etag")

    async def close(self) -> None:
        """Close the pooled connections."""
        await self._client.aclose()

    def _token(self, peer: str) -> str:
        now = time.time()
        renew_at, token = self._tokens.get(peer, (0.0, ""))
        if now >= renew_at:
            token = self._minter.mint_internal(peer, today=business_today(), ttl=_TOKEN_SECONDS)
            self._tokens[peer] = (now + _TOKEN_SECONDS - _RENEW_BEFORE_SECONDS, token)
        return token


def _read(peer: str, status: int, content: bytes) -> JsonValue:
    """The answer's JSON. Raises PeerUnavailable, PeerRefused."""
    if not (200 <= status < 300 or 400 <= status < 500) or status == HTTPStatus.TOO_MANY_REQUESTS:
        raise PeerUnavailable(peer, f"status {status}")
    try:
        answer: JsonValue = json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise PeerUnavailable(peer, "not JSON") from error
    if status >= 400:
        code = answer.get("code") if isinstance(answer, dict) else None
        raise PeerRefused(peer, status, code if isinstance(code, str) else "")
    return answer
