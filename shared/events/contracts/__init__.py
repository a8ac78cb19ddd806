"""Every event of the suite, one module a producer; the only place where an event is defined."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from shared.events.types import EventType, Topic

PRODUCERS = ("registry", "evaluation", "finance", "vouchers", "gateway")


@cache
def event_types(producer: str) -> tuple[EventType[Any], ...]:
    """The producer's event types, by name."""
    module = import_module(f"{__name__}.{producer}")
    found = {value.name: value for value in vars(module).values() if isinstance(value, EventType)}
    return tuple(found[name] for name in sorted(found))


@cache
def topics(producer: str) -> tuple[Topic, ...]:
    """The producer's topics, by name."""
    return tuple(sorted({event_type.topic for event_type in event_types(producer)}, key=lambda topic: topic.name))


@cache
def by_name(name: str) -> EventType[Any] | None:
    """The event type of a name; None if no contract has it."""
    producer = name.split(".", 1)[0]
    if producer not in PRODUCERS:
        return None
    return next((event_type for event_type in event_types(producer) if event_type.name == name), None)
