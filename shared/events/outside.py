"""What leaves the suite: the topics and event types that other bureaus, or everybody, may read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Final

from shared.events.contracts import PRODUCERS, event_types
from shared.events.types import Audience

OUTSIDE: Final = frozenset({Audience.PUBLIC, Audience.BUREAU})
"""Whoever is not part of the suite reads these."""
_SECURITY: Final = "gateway."
"""Topics about keys and webhooks, some of them of test mode: no test rows."""


@cache
def outside_topics() -> Mapping[str, tuple[str, ...]]:
    """Topic name → names of its event types that leave the suite, both sorted; topics without any are left out."""
    found: dict[str, list[str]] = {}
    for producer in PRODUCERS:
        for kind in event_types(producer):
            if kind.audience in OUTSIDE:
                found.setdefault(kind.topic.name, []).append(kind.name)
    return {name: tuple(sorted(found[name])) for name in sorted(found)}


def is_test(data: str) -> bool:
    """Whether an event's data are of a row that a partner's test credential made; what names no mode is live."""
    if '"livemode"' not in data:
        return False
    parsed = json.loads(data)
    return isinstance(parsed, dict) and parsed.get("livemode") is False


def subject_of(topic: str, event_type: str, data: str) -> str:
    """The subject that an event goes out under. Nobody outside the suite is given those of test rows, which its own
    readers take with the rest of the topic."""
    return f"{event_type}.test" if not topic.startswith(_SECURITY) and is_test(data) else event_type
