"""The trace that a request or an event belongs to: W3C Trace Context, carried over HTTP and in events.

Every step has a span id of its own: the gateway's, each service's, each event handler's. What a step writes or asks
for names that step as its parent, so one trace id leads from a click to everything it brought about.
"""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

_TRACEPARENT: Final = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")

_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace's id (32 hexadecimal digits), the `traceparent` of the step that runs, and whether another began it."""

    id: str
    parent: str
    continued: bool


def trace(sent: str | None) -> Trace:
    """Go on with the trace that was sent in a span of our own, or begin one.

    Source: W3C Trace Context, 3.2; an invalid value begins a new trace.
    """
    match = _TRACEPARENT.fullmatch(sent) if sent is not None else None
    if match is None:
        random = secrets.token_hex(24)
        return Trace(random[:32], f"00-{random[:32]}-{random[32:]}-01", False)
    return Trace(match[1], f"00-{match[1]}-{secrets.token_hex(8)}-{match[2]}", True)


def enter(sent: str | None) -> Trace:
    """Begin this task's own step of the trace that was sent."""
    entered = trace(sent)
    _current.set(entered.parent)
    return entered


def current() -> str:
    """The `traceparent` of the step that runs; outside a request that of a trace of its own."""
    return _current.get() or trace(None).parent
