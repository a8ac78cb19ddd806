"""Optimistic concurrency by entity tags: the tag is the aggregate's version (RFC 9110, 8.8.3 and 13.1.1)."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import Header
from starlette.responses import Response

from shared.errors import DomainError

IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=200)]

IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=1000)]

_TAGS: Final = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')


def set_etag(response: Response, version: int) -> None:
    """Tell the caller which version it has seen."""
    response.headers["ETag"] = f'"{version}"'


def require_match(if_match: str | None, version: int) -> None:
    """For PATCH: 428 ``precondition-required`` without If-Match, 412 ``precondition-failed`` with a stale one."""
    if if_match is None:
        raise DomainError("precondition-required", 428)
    honour_match(if_match, version)


def honour_match(if_match: str | None, version: int) -> None:
    """For transitions: nothing without If-Match, 412 ``precondition-failed`` with a stale one."""
    if if_match is None or if_match.strip() == "*":
        return
    if f'"{version}"' not in _TAGS.findall(if_match):
        raise DomainError("precondition-failed", 412, headers={"ETag": f'"{version}"'})


def is_current(if_none_match: str | None, tag: str) -> bool:
    """Whether the caller has the representation of this tag already, which is then answered with 304 (RFC 9110,
    13.1.2: compared weakly)."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or tag.removeprefix("W/") in (
        known.removeprefix("W/") for known in _TAGS.findall(if_none_match)
    )
