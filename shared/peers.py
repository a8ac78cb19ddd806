"""Questions one service asks another over HTTP, where a copy fed by events is not enough.

Never inside a transaction that holds locks longer than the timeout is worth; a caller that cannot know the
answer refuses with 503 instead of guessing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Final

import httpx
from pydantic import JsonValue

from shared import budget, tracing
from shared.auth.tokens import TokenMinter, load_private_key
from shared.clock import business_today
from shared.settings import ServiceSettings

_RENEW_BEFORE_SECONDS: Final = 15
_TOKEN_SECONDS: Final = 60


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
        Raises PeerUnavailable (no answer, 5xx, 429, not JSON), PeerRefused (other 4xx), or 503 `out-of-time`.
        """
        timeout = budget.within(timeout)
        headers = {
            "Authorization": f"Bearer {self._token(peer)}",
            "traceparent": tracing.current(),
            budget.HEADER: str(int(timeout * 1000)),
        }
        if correlation_id:
            headers["X-Correlation-Id"] = correlation_id
        url = self._settings.peer_url(peer) + path
        try:
            async with asyncio.timeout(timeout):
                response = await self._client.get(url, params=params, headers=headers, timeout=timeout)
        except (httpx.HTTPError, TimeoutError) as error:
            raise PeerUnavailable(peer, type(error).__name__) from error
        if response.status_code >= 500 or response.status_code == 429:
            raise PeerUnavailable(peer, f"status {response.status_code}")
        try:
            answer: JsonValue = response.json()
        except ValueError as error:
            raise PeerUnavailable(peer, "not JSON") from error
        if response.status_code >= 400:
            code = answer.get("code") if isinstance(answer, dict) else None
            raise PeerRefused(peer, response.status_code, str(code or ""))
        return answer

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
