"""A bulkhead for each service and lane: so many requests at a time, so many may wait, the rest is told at once.

Without it a slow service would hold the memory, sockets and patience of the whole gateway; with a lane for what takes
long, downloads and streams cannot hold up a service's quick answers either.
"""

from __future__ import annotations

import asyncio
from collections import deque

from prometheus_client import Counter, Gauge

from gateway.limits.classes import Lane
from shared.errors import DomainError

BUSY = Gauge("mengchuang_gateway_lane_busy", "Requests a service is working on", ["service", "lane"])
WAITING = Gauge("mengchuang_gateway_lane_waiting", "Requests that wait for a free place", ["service", "lane"])
FULL = Counter("mengchuang_gateway_lane_full", "Requests refused because too many waited", ["service", "lane"])


class Bulkhead:
    """`await enter()`, and `leave()` once the answer is over."""

    def __init__(self, service: str, lane: Lane, places: int, waiting: int, seconds: float) -> None:
        self._service = service
        self._places = places
        self._free = places
        self._most_waiting = waiting
        self._seconds = seconds
        self._queue: deque[asyncio.Future[None]] = deque()
        self._full = FULL.labels(service, lane)
        BUSY.labels(service, lane).set_function(lambda: self._places - self._free)
        WAITING.labels(service, lane).set_function(lambda: len(self._queue))

    async def enter(self) -> None:
        """Raises 503 `service-busy`: too many wait already, or none of the places got free in time."""
        if self._free > 0:
            self._free -= 1
            return
        if len(self._queue) >= self._most_waiting:
            raise self._refusal()
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(place)
        try:
            async with asyncio.timeout(self._seconds):
                await place
        except BaseException as error:
            if place.done() and not place.cancelled():
                self.leave()
            else:
                place.cancel()
                self._drop(place)
            if isinstance(error, TimeoutError):
                raise self._refusal() from error
            raise

    def leave(self) -> None:
        """Give the place to who has waited longest."""
        while self._queue:
            place = self._queue.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._free += 1

    def _drop(self, place: asyncio.Future[None]) -> None:
        if place in self._queue:
            self._queue.remove(place)

    def _refusal(self) -> DomainError:
        self._full.inc()
        return DomainError("service-busy", 503, params={"service": self._service}, headers={"Retry-After": "2"})
