"""What a service does with other services' events: declared handlers, applied exactly once and in order.

A handler is a `projection` (a local copy; later versions win, so it may be replayed) or a `command` (something happens,
and never again). It gets consecutive events of one topic in one transaction, together with the cursor's move, so
its effect, the events that it emits and the position reached are committed together or not at all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, Literal, TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.envelope import SequencedEvent
from shared.events.types import D, EventType, Topic

Kind: TypeAlias = Literal["projection", "command"]


@dataclass(frozen=True, slots=True)
class Received(Generic[D]):
    """An event as a handler sees it: typed data and the attributes that matter to effects."""

    id: UUID
    type: str
    topic: str
    position: int
    subject: UUID
    aggregate_version: int
    effective_on: date
    time: datetime
    actor: str
    correlation_id: str
    rules: tuple[str, ...]
    edition: str | None
    simulated: bool
    data: D
    traceparent: str | None = None


def receive(event: SequencedEvent, event_type: EventType[D]) -> Received[D]:
    """Read a sequenced event as its contract says. Raises pydantic's ValidationError or KeyError if it does not fit."""
    attributes = event.parsed()
    return Received(
        id=event.id,
        type=attributes["type"],
        topic=event.topic,
        position=event.position,
        subject=UUID(attributes["subject"]),
        aggregate_version=int(attributes["aggregateversion"]),
        effective_on=date.fromisoformat(attributes["effectiveon"]),
        time=datetime.fromisoformat(attributes["time"]),
        actor=attributes["actor"],
        correlation_id=attributes["correlationid"],
        rules=tuple(filter(None, attributes.get("rules", "").split(","))),
        edition=attributes.get("policyedition"),
        simulated=attributes.get("simulated") == "true",
        data=event_type.data.model_validate_json(event.data),
        traceparent=attributes.get("traceparent"),
    )


Handler: TypeAlias = Callable[[AsyncSession, Sequence[Received[D]]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Registration:
    """A handler and what it is registered for. Its events are of several types, so their data type is erased here."""

    kind: Kind
    event_types: tuple[EventType[Any], ...]
    handler: Handler[Any]


class Consumers:
    """The handlers of one service, by event type; projections run before commands."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._registrations: list[Registration] = []
        self._by_type: dict[str, tuple[Registration, ...]] = {}
        self._types: dict[str, EventType[Any]] = {}

    def on(self, *event_types: EventType[D], kind: Kind) -> Callable[[Handler[D]], Handler[D]]:
        """Register a handler for one or more event types that share a data model."""

        def register(handler: Handler[D]) -> Handler[D]:
            registration = Registration(kind, event_types, handler)
            self._registrations.append(registration)
            for event_type in event_types:
                if event_type.topic.producer == self.service:
                    raise ValueError(f"{self.service} would consume its own {event_type.name}")
                known = (*self._by_type.get(event_type.name, ()), registration)
                self._by_type[event_type.name] = tuple(sorted(known, key=lambda r: r.kind != "projection"))
                self._types[event_type.name] = event_type
            return handler

        return register

    @property
    def topics(self) -> tuple[Topic, ...]:
        """Every topic that some handler listens to."""
        return tuple(sorted({t.topic for t in self._types.values()}, key=lambda topic: topic.name))

    def registrations(self, type_name: str) -> tuple[Registration, ...]:
        """Handlers of an event type, projections first; none if nobody listens to it."""
        return self._by_type.get(type_name, ())

    def event_type(self, type_name: str) -> EventType[Any]:
        """The contract of a type that somebody listens to. Raises KeyError for others."""
        return self._types[type_name]
