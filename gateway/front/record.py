"""What stays of a request: a log line and a measurement. Never bodies, tokens, or what a path names."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from datetime import UTC, datetime
from functools import lru_cache

from prometheus_client import Counter, Histogram

from gateway.front.exchange import Exchange
from gateway.front.routes import OWN
from shared.metrics import REQUESTS, SECONDS

HELD_SECONDS = 0.2
"""Lines are written together: one call to the system for each request costs as much as reading it."""

_QUIET = frozenset({b"/healthz", b"/readyz", b"/metrics"})
_TEMPLATE = re.compile(r"[A-Za-z0-9/_{}.:-]{1,200}")
_held: list[str] = []


def record(exchange: Exchange) -> None:
    """Log and measure a request that is over, unless the gateway's own app has done so.

    The line is made by hand: it is written for every request, and the logging library costs as much as passing it on.
    """
    if exchange.route == OWN and exchange.reached:
        return
    seconds = time.perf_counter() - exchange.started_at
    count, histogram = _measures(exchange.method, exchange.route, exchange.status)
    count.inc()
    histogram.observe(seconds)
    if exchange.raw_path in _QUIET:
        return
    if not _held:
        asyncio.get_running_loop().call_later(HELD_SECONDS, flush)
    # Every value is a number or of a form that needs no escaping: see what sets them. Nothing of the address that was
    # asked for, nor of the query: both may hold what somebody is called.
    refusal = f', "refused": "{exchange.refusal}"' if exchange.refusal is not None else ""
    _held.append(
        f'{{"event": "request", "level": "info", "service": "{OWN}", "timestamp": "{datetime.now(UTC).isoformat()}",'
        f' "request_id": "{exchange.request_id}", "method": "{exchange.method}", "route": "{_template(exchange)}",'
        f' "upstream": "{exchange.route}", "trace_id": "{exchange.trace.id}",'
        f' "status": {exchange.status}, "ms": {seconds * 1000:.1f}, "bytes": {exchange.sent_bytes},'
        f' "account_id": "{exchange.account_id}"{refusal}}}\n'
    )


def _template(exchange: Exchange) -> str:
    """The path's template as the service named it; only the service's name where none did."""
    template = exchange.template
    return template if template is not None and _is_template(template) else exchange.route


@lru_cache(maxsize=1000)
def _is_template(text: str) -> bool:
    return _TEMPLATE.fullmatch(text) is not None


def flush() -> None:
    """Write the lines held back."""
    lines = "".join(_held)
    _held.clear()
    sys.stdout.write(lines)
    sys.stdout.flush()


@lru_cache(maxsize=1000)
def _measures(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(OWN, method, route, str(status)), SECONDS.labels(OWN, method, route)
