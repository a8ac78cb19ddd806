"""What a credential with scopes may reach: checked once, after it is known which resource a path names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.front.callers import Caller
from gateway.front.routes import SEGMENTS
from shared.errors import DomainError

READ_ALL: Final = "*:read"
RESOURCES: Final = frozenset(segment for owned in SEGMENTS.values() for segment in owned) | {"imports", "operations"}
"""First segments of paths; a scope is one of them and `:read` or `:write`, such as `referrals:write`."""
KNOWN: Final = frozenset(f"{resource}:{right}" for resource in RESOURCES for right in ("read", "write")) | {READ_ALL}

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def unknown(scopes: Iterable[str]) -> list[str]:
    """Those that name nothing there is."""
    return sorted(set(scopes) - KNOWN)


def needed(method: str, raw_path: bytes) -> str:
    """The scope that a request needs; the path is one of `/v1/...`."""
    resource = raw_path.split(b"/", 3)[2].decode("ascii")
    return f"{resource}:{'read' if method in _READING else 'write'}"


def covers(scopes: frozenset[str], scope: str) -> bool:
    """Whether the scopes allow it. Writing does not include reading, which answers more."""
    return scope in scopes or (scope.endswith(":read") and READ_ALL in scopes)


def check_scope(caller: Caller, method: str, raw_path: bytes) -> None:
    """Raises 403 `scope-missing` with the scope that would be needed (RFC 6750, 3.1)."""
    if caller.scopes is None:
        return
    scope = needed(method, raw_path)
    if not covers(caller.scopes, scope):
        headers = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}
        raise DomainError("scope-missing", 403, params={"scope": scope}, headers=headers)
