"""What kind of request it is: decides how often it may come, how long it may take and in which lane it waits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Lane = Literal["quick", "long"]
"""Requests that take long have connections to a service of their own, so that they never hold up the quick ones."""


@dataclass(frozen=True, slots=True)
class RouteClass:
    """`seconds` is how long a service may take to begin its answer; whoever works for it is told the same."""

    name: str
    seconds: float
    lane: Lane = "quick"
    told: bool = True
    """Whether the service hears of the budget: not where an answer goes on for as long as somebody listens."""


READS: Final = RouteClass("reads", 15)
WRITES: Final = RouteClass("writes", 30)
SIGN_IN: Final = RouteClass("sign-in", 15)
UPLOADS: Final = RouteClass("uploads", 120, "long")
EXPORTS: Final = RouteClass("exports", 120, "long")
FEED: Final = RouteClass("feed", 75, "long", told=False)

CLASSES: Final = (READS, WRITES, SIGN_IN, UPLOADS, EXPORTS, FEED)

_WRITING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_CREDENTIALS: Final = re.compile(rb"/v1/(?:auth/.+|invitations/accept|accounts/me/(?:password|second-factor(?:/.*)?))")
_FEED: Final = re.compile(rb"/v1/events(?:/.*)?")
_FILES_IN: Final = re.compile(rb"/v1/(?:imports/.*|.+/documents)")
_FILES_OUT: Final = re.compile(rb"/v1/.+(?:\.(?:docx|xlsx|csv|pdf|zip)|/template|/exports|/case-packs?)", re.IGNORECASE)

_TABLE: Final[tuple[tuple[bool | None, re.Pattern[bytes], RouteClass], ...]] = (
    (True, _CREDENTIALS, SIGN_IN),
    (None, _FEED, FEED),
    (True, _FILES_IN, UPLOADS),
    (False, _FILES_OUT, EXPORTS),
)
"""Whether it writes (None: either), the undecoded path, the class; the first row that fits counts."""

_SEGMENTS: Final = frozenset({b"auth", b"invitations", b"accounts", b"events", b"imports"})
"""First segments that appear in the table by name."""

_TAILS: Final = frozenset({b"documents", b"template", b"exports", b"case-packs", b"case-pack"})
"""Last segments that the table names, besides those of files."""

_FILE_TYPES: Final = re.compile(rb"text/csv|spreadsheetml", re.IGNORECASE)
_STREAM: Final = b"text/event-stream"


def route_class(method: str, path: bytes, accept: bytes | None) -> RouteClass:
    """The class of a request to an undecoded path under `/v1/`."""
    writing = method in _WRITING
    segment = path[4:].partition(b"/")[0]
    tail = path[path.rfind(b"/") + 1 :]
    if segment in _SEGMENTS or tail in _TAILS or b"." in tail:
        for writes, pattern, found in _TABLE:
            if (writes is None or writes is writing) and pattern.fullmatch(path):
                return found
    if writing:
        return WRITES
    if accept is not None and accept != b"*/*":
        if _STREAM in accept:
            return FEED
        if _FILE_TYPES.search(accept):
            return EXPORTS
    return READS
