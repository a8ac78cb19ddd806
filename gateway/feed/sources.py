"""Where a topic's log is read: in the gateway's own database, or at the service that writes it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, Self

from pydantic import BaseModel

from gateway.front.routes import OWN
from shared.db import Database
from shared.events.log_reader import read_log
from shared.events.types import Topic
from shared.peers import PeerClient, PeerUnavailable

POLL_SECONDS: Final = 0.2
MARGIN_SECONDS: Final = 5.0


class LoggedEvent(BaseModel):
    """One event as its producer stored it: `data` is the text that was hashed."""

    position: int
    epoch: int
    hash: str
    attributes: dict[str, str]
    data: str
    previous: str = ""
    """Hash of the position before; empty at the first."""


class LogPage(BaseModel):
    """A stretch of a topic's log."""

    epoch: int
    head: int
    after_hash: str | None = None
    items: list[LoggedEvent]

    def linked(self) -> Self:
        """Each event with the hash of the one before it, whoever that one is for."""
        previous = self.after_hash or ""
        for item in self.items:
            item.previous, previous = previous, item.hash
        return self


@dataclass(frozen=True, slots=True)
class Stretch:
    """What to read: events after a position, at most `limit`, waiting up to `wait` seconds for the first."""

    after: int
    limit: int
    wait: float


class Logs:
    """Every topic's log, wherever it is."""

    def __init__(self, db: Database, peers: PeerClient) -> None:
        self._db = db
        self._peers = peers

    async def read(self, topic: Topic, stretch: Stretch) -> LogPage:
        """Raises PeerUnavailable if the producer does not answer, or answers something else."""
        if topic.producer == OWN:
            return await self._read_own(topic, stretch)
        answer = await self._peers.get_json(
            topic.producer,
            f"/internal/events/{topic.name}",
            params={"after": stretch.after, "limit": stretch.limit, "wait": str(stretch.wait)},
            timeout=stretch.wait + MARGIN_SECONDS,
        )
        try:
            return LogPage.model_validate(answer).linked()
        except ValueError as error:
            raise PeerUnavailable(topic.producer, "not a log") from error

    async def _read_own(self, topic: Topic, stretch: Stretch) -> LogPage:
        deadline = asyncio.get_running_loop().time() + stretch.wait
        while True:
            async with self._db.transaction() as session:
                page = await read_log(session, topic.name, stretch.after, stretch.limit)
            if page is None:
                found = LogPage(epoch=1, head=0, items=[])
            else:
                items = [
                    LoggedEvent(
                        position=event.position,
                        epoch=event.epoch,
                        hash=event.hash.hex(),
                        attributes=event.parsed(),
                        data=event.data,
                    )
                    for event in page.events
                ]
                after_hash = None if page.after_hash is None else page.after_hash.hex()
                found = LogPage(epoch=page.epoch, head=page.head, after_hash=after_hash, items=items).linked()
            if found.items or asyncio.get_running_loop().time() >= deadline:
                return found
            await asyncio.sleep(POLL_SECONDS)
