"""The public feed: a topic's log as its reader may see it, with the positions everybody else sees."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.feed.rules import readable
from gateway.feed.sources import LoggedEvent, Logs, Stretch
from shared.errors import forbidden, not_found
from shared.events.contracts import PRODUCERS, event_types
from shared.events.types import Audience, EventType, Topic

STRETCH: Final = 500
"""Events read at a time; more than a page, because others' events in between are skipped."""
MOST_STRETCHES: Final = 20
"""After so many without anything for this reader the answer is given, with the position reached."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Events for one reader. Reading goes on after `next_after`, which may lie beyond the last event shown."""

    topic: str
    epoch: int
    head: int
    next_after: int
    items: Sequence[LoggedEvent]

    def to_json(self) -> bytes:
        """Structured CloudEvents. `data` is not parsed and written anew: it stays the text that was hashed."""
        items = ",".join(_cloud_event(item) for item in self.items)
        frame = {"topic": self.topic, "epoch": self.epoch, "head": self.head, "next_after": self.next_after}
        return f'{json.dumps(frame)[:-1]},"items":[{items}]}}'.encode()


def _cloud_event(event: LoggedEvent) -> str:
    attributes: dict[str, str | int] = dict(event.attributes)
    attributes.update(position=event.position, epoch=event.epoch, hash=event.hash)
    return f'{json.dumps(attributes, ensure_ascii=False)[:-1]},"data":{event.data}}}'


def topic_for(name: str, audiences: Collection[Audience]) -> tuple[Topic, frozenset[str]]:
    """The topic and the names of its event types that these audiences read.

    Raises 404 for a topic no contract has and 403 `forbidden` where nothing in it is for the reader.
    """
    types = [kind for producer in PRODUCERS for kind in event_types(producer) if kind.topic.name == name]
    if not types:
        raise not_found("topic")
    names = _names_for(types, audiences)
    if not names:
        raise forbidden()
    return types[0].topic, names


def _names_for(types: Sequence[EventType[Any]], audiences: Collection[Audience]) -> frozenset[str]:
    return frozenset(kind.name for kind in types if kind.audience in audiences)


async def read_feed(logs: Logs, name: str, *, after: int, limit: int, wait: float, roles: Collection[str]) -> FeedPage:
    """Events of a topic after a position; with `wait`, up to so many seconds until there is one for the reader.

    Raises 404 and 403 as `topic_for`, and PeerUnavailable if the log's owner does not answer.
    """
    topic, names = topic_for(name, readable(roles))
    clock = asyncio.get_running_loop().time
    deadline = clock() + wait
    stretches = 0
    while True:
        left = max(0.0, deadline - clock())
        page = await logs.read(topic, Stretch(after, STRETCH, round(left, 3)))
        stretches += 1
        shown = [item for item in page.items if item.attributes.get("type") in names]
        if page.items:
            after = page.items[-1].position
        if len(shown) > limit:
            shown = shown[:limit]
            after = shown[-1].position
        at_head = after >= page.head
        if shown or stretches >= MOST_STRETCHES or (at_head and clock() >= deadline) or not (page.items or left):
            return FeedPage(topic.name, page.epoch, page.head, after, shown)
