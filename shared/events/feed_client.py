"""Reading another service's log by position: how a consumer heals gaps, a wiped broker or its own newness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, JsonValue, TypeAdapter

from shared.events.envelope import from_json
from shared.events.log_reader import FeedPage
from shared.peers import PeerRefused, PeerUnavailable

if TYPE_CHECKING:
    from shared.peers import PeerClient

PAGE = 500


class _Answer(BaseModel):
    topic: str
    epoch: int
    head: int
    after_hash: str | None
    items: list[dict[str, JsonValue]]


_ANSWER = TypeAdapter(_Answer)


class FeedClient:
    """`GET /internal/events/{topic}` of the producers."""

    def __init__(self, peers: PeerClient) -> None:
        self._peers = peers

    async def read(self, topic: str, after: int, limit: int = PAGE) -> FeedPage:
        """The producer's events after a position.

        Raises `PeerUnavailable` if it cannot be asked, also when it refuses (its keys or its version are not there
        yet) or answers something else: no fault of an event, so nothing that could be parked.
        """
        producer = topic.split(".", 1)[0]
        try:
            answer = await self._peers.get_json(
                producer,
                f"/internal/events/{topic}",
                params={"after": str(after), "limit": str(limit)},
                timeout=10.0,
            )
            return self._page(_ANSWER.validate_python(answer), after)
        except (PeerRefused, KeyError, TypeError, ValueError) as error:
            raise PeerUnavailable(producer, f"no usable feed of {topic}: {error!r}") from error

    @staticmethod
    def _page(answer: _Answer, after: int) -> FeedPage:
        return FeedPage(
            topic=answer.topic,
            epoch=answer.epoch,
            head=answer.head,
            after=after,
            after_hash=None if answer.after_hash is None else bytes.fromhex(answer.after_hash),
            events=tuple(from_json(item) for item in answer.items),
        )
