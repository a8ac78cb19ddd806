"""Refuses who comes too often: by address before anybody asks who it is, then by account or key and class of route."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address
from typing import Final

from prometheus_client import Counter

from gateway.front.address import Address
from gateway.front.callers import Caller
from gateway.front.exchange import Exchange
from gateway.limits.classes import SIGN_IN, RouteClass
from gateway.limits.leases import Leases, whole_seconds
from gateway.limits.values import Limit, Limits
from shared.auth.principal import ANONYMOUS
from shared.errors import DomainError

ALL: Final = "all"
NO_ADDRESS: Final = "-"

REFUSED = Counter("mengchuang_gateway_limited", "Requests answered 429", ["limit"])


class Limiter:
    """Counts each request against every bucket it belongs to; `off` counts nothing."""

    def __init__(self, limits: Limits, leases: Leases, *, off: bool = False) -> None:
        self._limits = limits
        self._leases = leases
        self._off = off
        self._address = limits.address.get(ALL)

    async def by_address(self, exchange: Exchange, address: Address | None, kind: RouteClass) -> None:
        """Before the caller is known. Raises 429 `too-many-requests`."""
        if self._off:
            return
        subject = exchange.subject = subject_of(address)
        limit = self._address
        if limit is not None and not self._holds(exchange, limit, subject):
            await self._draw(exchange, limit, subject)
        if kind is SIGN_IN:
            await self._take(exchange, self._limits.address.get(kind.name), subject)

    async def by_caller(self, exchange: Exchange, caller: Caller, kind: RouteClass) -> None:
        """Once the caller is known, after `by_address`. Raises 429 `too-many-requests`."""
        if self._off:
            return
        limits = self._limits
        if caller.credential == "key" and caller.credential_id is not None:
            await self._take(exchange, limits.owner.get(ALL), caller.account_id)
            await self._take(exchange, limits.of_key(caller.rate_class).get(kind.name), caller.credential_id)
        elif caller.account_id == ANONYMOUS:
            limit = limits.anonymous.get(kind.name)
            if limit is not None and not self._holds(exchange, limit, exchange.subject):
                await self._draw(exchange, limit, exchange.subject)
        else:
            await self._take(exchange, limits.principal.get(kind.name), caller.account_id)

    def _holds(self, exchange: Exchange, limit: Limit, subject: str) -> bool:
        """Whether this process held a token, and has spent it: mostly, and then nothing need be awaited."""
        bucket = self._leases.held(limit, subject)
        if bucket is None:
            return False
        exchange.limited = bucket
        return True

    async def _take(self, exchange: Exchange, limit: Limit | None, subject: str) -> None:
        if limit is not None and not self._holds(exchange, limit, subject):
            await self._draw(exchange, limit, subject)

    async def _draw(self, exchange: Exchange, limit: Limit, subject: str) -> None:
        taken = await self._leases.take(limit, subject)
        exchange.limited = taken
        if not taken.granted:
            REFUSED.labels(limit.name).inc()
            seconds = whole_seconds(taken.seconds)
            raise DomainError(
                "too-many-requests", 429, params={"seconds": seconds}, headers={"Retry-After": str(seconds)}
            )


@lru_cache(maxsize=4096)
def subject_of(address: Address | None) -> str:
    """Whose bucket an address draws from: its own, or of IPv6 that of the /64, which one subscriber has to himself."""
    if address is None:
        return NO_ADDRESS
    if isinstance(address, IPv6Address):
        return f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return str(address)
