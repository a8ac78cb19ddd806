"""What crosses the border: request headers by allow-list, response headers less what belongs to one connection only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

Headers = list[tuple[bytes, bytes]]

REQUEST_ALLOWED: Final = frozenset(
    {
        b"accept",
        b"accept-encoding",
        b"accept-language",
        b"content-digest",
        b"content-disposition",
        b"content-encoding",
        b"content-language",
        b"content-type",
        b"idempotency-key",
        b"if-match",
        b"if-modified-since",
        b"if-none-match",
        b"if-range",
        b"if-unmodified-since",
        b"last-event-id",
        b"range",
        b"user-agent",
    }
)
SINGLE: Final = frozenset(
    {
        b"authorization",
        b"content-digest",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"host",
        b"idempotency-key",
        b"if-match",
        b"origin",
        b"traceparent",
        b"transfer-encoding",
    }
)
ROUTE: Final = b"mengchuang-route"
"""In which a service says the template of the path; for the log, and for nobody outside."""
PROBLEM: Final = b"mengchuang-problem"
"""The code of the problem that a service answers, and"""
ROWS: Final = b"mengchuang-rows"
"""how many rows its answer has; for the audit."""
INTERNAL: Final = frozenset({ROUTE, PROBLEM, ROWS})
RESPONSE_DROPPED: Final = frozenset(
    {
        *INTERNAL,
        b"connection",
        b"date",
        b"keep-alive",
        b"mengchuang-budget-ms",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"server",
        b"set-cookie",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"x-content-type-options",
        b"x-request-id",
    }
)
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_NONE: Final[frozenset[bytes]] = frozenset()


def read(headers: Headers) -> tuple[dict[bytes, bytes], int, bytes | None]:
    """The first value of each header by its name, the size of all of them, and one that may appear once only and
    appears again: two readers might each pick another one."""
    fields: dict[bytes, bytes] = {}
    size, repeated = 0, None
    for name, value in headers:
        size += len(name) + len(value) + 4
        if name not in fields:
            fields[name] = value
        elif name in SINGLE:
            repeated = name
    return fields, size, repeated


def for_upstream(headers: Sequence[tuple[bytes, bytes]], options: frozenset[bytes]) -> list[tuple[str, str]]:
    """The caller's headers that a service may see; identity, cookies, forwarding and hop-by-hop fields stay outside.

    `options` are those that Connection names. The front adds Authorization, X-Request-Id, the budget and the trace
    context itself.
    """
    allowed = REQUEST_ALLOWED - options if options else REQUEST_ALLOWED
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers if name in allowed]


def for_caller(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """A service's response headers without those that concern one connection, and without those the front sets."""
    lowered = [(name.lower(), value) for name, value in headers]
    options = connection_options(lowered)
    dropped = RESPONSE_DROPPED | options if options else RESPONSE_DROPPED
    return [(name, value) for name, value in lowered if name not in dropped]


def connection_options(headers: Iterable[tuple[bytes, bytes]]) -> frozenset[bytes]:
    """Names of headers that the sender meant for the next hop only (RFC 9110, 7.6.1)."""
    values = [value for name, value in headers if name == b"connection"]
    if not values:
        return _NONE
    return frozenset(option.strip().lower() for value in values for option in value.split(b","))


def request_id(sent: bytes | None) -> str | None:
    """The caller's request id where it is harmless in logs and headers, otherwise None."""
    return sent.decode("ascii") if sent is not None and _REQUEST_ID.fullmatch(sent) else None
