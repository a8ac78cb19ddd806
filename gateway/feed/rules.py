"""Who may read which events."""

from __future__ import annotations

from collections.abc import Collection

from shared.auth.roles import ADMIN, AUDITOR, BUREAU, SECURITY_ADMIN
from shared.events.outside import is_test
from shared.events.types import Audience

_BUREAU_READERS = frozenset({BUREAU, AUDITOR, ADMIN})
_INTERNAL_READERS = frozenset({AUDITOR, ADMIN})
SECURITY = "gateway."
"""Topics of sign-ins, accounts, keys and whatever else is about who comes in."""


def readable(roles: Collection[str]) -> frozenset[Audience]:
    """The audiences that a signed-in caller with these roles belongs to."""
    audiences = {Audience.PUBLIC}
    if not _BUREAU_READERS.isdisjoint(roles):
        audiences.add(Audience.BUREAU)
    if not _INTERNAL_READERS.isdisjoint(roles):
        audiences.add(Audience.INTERNAL)
    return frozenset(audiences)


def audiences_of(roles: Collection[str], topic: str, chosen: Collection[str] | None) -> frozenset[Audience]:
    """The audiences of a topic that a caller belongs to; a bureau that has chosen topics is one for those only, and a
    security administrator reads all of who comes in, but nothing of the work."""
    if SECURITY_ADMIN in roles and topic.startswith(SECURITY):
        return frozenset(Audience)
    audiences = readable(roles)
    if chosen is None or topic in chosen or not _INTERNAL_READERS.isdisjoint(roles):
        return audiences
    return audiences - {Audience.BUREAU}


def is_of_mode(data: str, *, livemode: bool) -> bool:
    """Whether an event's data are for a reader of this mode; what names no mode is live."""
    return is_test(data) is not livemode
