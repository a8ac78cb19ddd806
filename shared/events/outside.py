"""What leaves the suite: the topics and event types that other bureaus, or everybody, may read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from shared.events.contracts import PRODUCERS, event_types
from shared.events.types import Audience

OUTSIDE: Final = frozenset({Audience.PUBLIC, Audience.BUREAU})
"""Whoever is not part of the suite reads these."""


@cache
def outside_topics() -> Mapping[str, tuple[str, ...]]:
    """Topic name → names of its event types that leave the suite, both sorted; topics without any are left out."""
    found: dict[str, list[str]] = {}
    for producer in PRODUCERS:
        for kind in event_types(producer):
            if kind.audience in OUTSIDE:
                found.setdefault(kind.topic.name, []).append(kind.name)
    return {name: tuple(sorted(found[name])) for name in sorted(found)}
