"""Who may read which events."""

from __future__ import annotations

from collections.abc import Collection

from shared.auth.roles import ADMIN, AUDITOR, BUREAU
from shared.events.types import Audience

_BUREAU_READERS = frozenset({BUREAU, AUDITOR, ADMIN})
_INTERNAL_READERS = frozenset({AUDITOR, ADMIN})


def readable(roles: Collection[str]) -> frozenset[Audience]:
    """The audiences that a signed-in caller with these roles belongs to."""
    audiences = {Audience.PUBLIC}
    if not _BUREAU_READERS.isdisjoint(roles):
        audiences.add(Audience.BUREAU)
    if not _INTERNAL_READERS.isdisjoint(roles):
        audiences.add(Audience.INTERNAL)
    return frozenset(audiences)
