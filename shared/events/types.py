"""What an event contract is made of: topics, event types and who may read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict


class Audience(StrEnum):
    """Who may read an event outside the suite: nobody, other bureaus, or everybody."""

    INTERNAL = "internal"
    BUREAU = "bureau"
    PUBLIC = "public"


class EventData(BaseModel):
    """Base of every event's data. Readers ignore fields they do not know, so contracts grow by addition only."""

    model_config = ConfigDict(frozen=True, extra="ignore")


D = TypeVar("D", bound=EventData)
D_co = TypeVar("D_co", bound=EventData, covariant=True)


@dataclass(frozen=True, slots=True)
class Topic:
    """A numbered log of one service's events about one kind of aggregate, named `<service>.<aggregate>`."""

    name: str
    title: str = field(compare=False, default="")

    @property
    def producer(self) -> str:
        return self.name.split(".", 1)[0]

    @property
    def stream(self) -> str:
        """The JetStream stream that carries the topic."""
        return self.producer.upper()

    @property
    def subjects(self) -> str:
        """The NATS wildcard that covers the topic's event types."""
        return f"{self.name}.>"


@dataclass(frozen=True, slots=True)
class EventType(Generic[D]):
    """One fact that can be published: `<service>.<aggregate>.<past_tense>.v<n>` with its data model."""

    topic: Topic
    name: str
    data: type[D]
    audience: Audience = Audience.INTERNAL
    summary: str = ""

    def __post_init__(self) -> None:
        if not self.name.startswith(f"{self.topic.name}."):
            raise ValueError(f"event type {self.name} does not belong to topic {self.topic.name}")
