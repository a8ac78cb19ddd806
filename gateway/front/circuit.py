"""Stops asking a service that does not answer, and tries again with one request at a time until it does.

What opens it: connections that fail or break off before an answer, and 502, 503, 504 or silence on two different
routes. An answer of any other kind, 500 included, shows that the service is alive; one slow or broken route alone must
not take the others away.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Final, Literal

from prometheus_client import Counter, Gauge

from gateway.limits.leases import whole_seconds
from shared.errors import DomainError
from shared.logging import get_logger

State = Literal["closed", "half-open", "open"]

WINDOW_SECONDS: Final = 10.0
FAILURES: Final = 8
"""So many within the window, and at least half of what was asked in it, open the circuit."""
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 15.0
UNAVAILABLE: Final = frozenset({502, 503, 504})

STATE = Gauge("mengchuang_gateway_circuit", "0 closed, 1 half-open, 2 open", ["service"])
OPENED = Counter("mengchuang_gateway_circuit_opened", "Times a circuit opened", ["service"])
_NUMBERS: Final[dict[State, int]] = {"closed": 0, "half-open": 1, "open": 2}

log = get_logger(__name__)


class Circuit:
    """One service's circuit. Whoever asks calls `enter`, and then exactly one of `answered`, `failed` or `left`."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._state: State = "closed"
        self._failures: deque[tuple[float, bytes | None]] = deque()
        self._successes = 0
        self._since = time.monotonic()
        self._pause = FIRST_PAUSE_SECONDS
        self._open_until = 0.0
        self._probing = False
        STATE.labels(service).set(0)

    @property
    def state(self) -> State:
        return self._state

    def enter(self) -> bool:
        """Whether this request is the probe of a half-open circuit. Raises 503 `service-unavailable` while it is open.

        A probe that neither answered nor failed hands the probe on to the next request (`left`).
        """
        if self._state == "closed":
            return False
        now = time.monotonic()
        if now < self._open_until or self._probing:
            raise self._refusal(max(self._open_until - now, 1.0))
        self._become("half-open")
        self._probing = True
        return True

    def answered(self, status: int, route: bytes, *, probe: bool) -> None:
        """The service answered; with one of UNAVAILABLE that counts as a failure of this route."""
        if status in UNAVAILABLE:
            self.failed(route, probe=probe)
            return
        if probe:
            self._probing = False
            self._pause = FIRST_PAUSE_SECONDS
            self._forget()
            self._become("closed")
        self._successes += 1

    def failed(self, route: bytes | None, *, probe: bool) -> None:
        """No answer: on this route, or None where the connection itself failed."""
        now = time.monotonic()
        if probe:
            self._probing = False
            self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
            self._open(now)
            return
        if self._state != "closed":
            return
        if now - self._since > WINDOW_SECONDS:
            self._forget()
        while self._failures and now - self._failures[0][0] > WINDOW_SECONDS:
            self._failures.popleft()
        self._failures.append((now, route))
        count = len(self._failures)
        if count >= FAILURES and count >= self._successes and self._is_the_service():
            self._open(now)

    def left(self, *, probe: bool) -> None:
        """Whoever asked went away before anything could be learnt."""
        if probe:
            self._probing = False

    def _is_the_service(self) -> bool:
        """Not just one route: a connection that failed, or two routes."""
        routes = {route for _, route in self._failures}
        return None in routes or len(routes) > 1

    def _open(self, now: float) -> None:
        self._open_until = now + self._pause
        self._forget()
        if self._state != "open":
            OPENED.labels(self._service).inc()
            log.warning("circuit-open", upstream=self._service, seconds=self._pause)
        self._become("open")

    def _forget(self) -> None:
        self._failures.clear()
        self._successes = 0
        self._since = time.monotonic()

    def _become(self, state: State) -> None:
        if state == "closed" and self._state != "closed":
            log.info("circuit-closed", upstream=self._service)
        self._state = state
        STATE.labels(self._service).set(_NUMBERS[state])

    def _refusal(self, seconds: float) -> DomainError:
        return DomainError(
            "service-unavailable",
            503,
            params={"dependency": self._service},
            headers={"Retry-After": str(whole_seconds(seconds))},
        )
