"""The public feed: a topic's log as its reader may see it, with the positions everybody else sees."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.feed.rules import SECURITY, is_of_mode
from gateway.feed.sources import LoggedEvent, LogPage, Logs, Stretch
from gateway.feed.standing import CHECK_SECONDS, Standing
from gateway.feed.tails import Tails
from shared.errors import DomainError, forbidden, not_found
from shared.events.contracts import PRODUCERS, event_types
from shared.events.types import Audience, EventType, Topic

STRETCH: Final = 500
"""Events read at a time; more than a page, because others' events in between are skipped."""
MOST_STRETCHES: Final = 20
"""After so many without anything for this reader the answer is given, with the position reached."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader reads: a topic, the event types of it that are for him and asked for, and from where on."""

    topic: Topic
    types: frozenset[str]
    after: int
    epoch: int | None
    """The epoch that `after` is a position of, as far as the reader knows."""
    livemode: bool = True
    """Of the reader's credential: what a partner's test credential made is for readers of that mode alone."""

    def shows(self, event: LoggedEvent) -> bool:
        """Whether the event is for this reader. An event about a key or a webhook of test mode is no test row."""
        if event.attributes.get("type") not in self.types:
            return False
        return self.topic.name.startswith(SECURITY) or is_of_mode(event.data, livemode=self.livemode)

    def check(self, page: LogPage) -> None:
        """Raises 409 `log-restored` where the log is not the one that the reader has read so far."""
        if self.epoch not in (None, page.epoch) or (self.after > page.head and not page.items):
            raise DomainError("log-restored", 409, params={"epoch": page.epoch, "head": page.head})


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
        items = ",".join(cloud_event(item) for item in self.items)
        frame = {"topic": self.topic, "epoch": self.epoch, "head": self.head, "next_after": self.next_after}
        return f'{json.dumps(frame)[:-1]},"items":[{items}]}}'.encode()


def cloud_event(event: LoggedEvent) -> str:
    """A CloudEvent in structured mode, as JSON."""
    attributes: dict[str, str | int] = dict(event.attributes)
    attributes.update(position=event.position, epoch=event.epoch, hash=event.hash, previoushash=event.previous)
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


def of_types(topic: Topic, readable: frozenset[str], wanted: Sequence[str]) -> frozenset[str]:
    """The event types that were asked for, all of the readable ones where none were.

    Raises 422 `event-types-unknown`, for those that are not for the reader too: he is not told that there are any.
    """
    unknown = sorted(set(wanted) - readable)
    if unknown:
        raise DomainError("event-types-unknown", 422, params={"topic": topic.name, "types": ", ".join(unknown)})
    return frozenset(wanted) or readable


def _names_for(types: Sequence[EventType[Any]], audiences: Collection[Audience]) -> frozenset[str]:
    return frozenset(kind.name for kind in types if kind.audience in audiences)


async def read_feed(
    logs: Logs, tails: Tails, wanted: Wanted, *, limit: int, wait: float, standing: Standing
) -> FeedPage:
    """Events after a position; with `wait`, up to so many seconds until there is one for the reader.

    Raises 409 `log-restored`, 401 for a reader whose rights ended while he waited, and PeerUnavailable if the log's
    owner does not answer.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + wait
    after, stretches = wanted.after, 0
    while True:
        page = await logs.read(wanted.topic, Stretch(after, STRETCH, 0))
        if stretches == 0 or not page.items:
            wanted.check(page)
        stretches += 1
        shown = [item for item in page.items if wanted.shows(item)]
        if page.items:
            after = page.items[-1].position
        if len(shown) > limit:
            shown = shown[:limit]
            after = shown[-1].position
        over = after >= page.head and (clock() >= deadline or standing.draining)
        if shown or stretches >= MOST_STRETCHES or over:
            await standing.require()
            return FeedPage(wanted.topic.name, page.epoch, page.head, after, shown)
        if after >= page.head:
            await _wait(tails, wanted.topic, page, after, deadline, standing)


async def _wait(tails: Tails, topic: Topic, page: LogPage, after: int, deadline: float, standing: Standing) -> None:
    """Until there is something after the position, or no reason to wait any longer."""
    clock = asyncio.get_running_loop().time
    async with tails.follow(topic, page) as tail:
        while tail.epoch == page.epoch and tail.head == after and clock() < deadline and not standing.draining:
            await tail.news(min(CHECK_SECONDS, max(0.0, deadline - clock())))
            await standing.require()
