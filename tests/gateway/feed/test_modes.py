"""A reader of the feed sees rows of the mode of his own credential and no others."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from gateway.feed.queries import Wanted, read_feed
from gateway.feed.sources import LoggedEvent, LogPage, Logs, Stretch
from gateway.feed.standing import Standing
from gateway.feed.tails import Tails
from shared.events.contracts.finance.loans import LOAN
from shared.events.types import Topic

DRAWN = "finance.loan.drawn.v1"
DATA = ('{"livemode":true}', '{"livemode":false}', '{"no":"LN-2019-0001"}', '{"livemode":false}')


class _Four(Logs):
    """A log of four events, two of them of test mode."""

    def __init__(self) -> None:
        """No service behind it."""

    async def read(self, topic: Topic, stretch: Stretch) -> LogPage:
        events = [
            LoggedEvent(position=at, epoch=1, hash="00", attributes={"type": DRAWN}, data=data)
            for at, data in enumerate(DATA, start=1)
        ]
        return LogPage(epoch=1, head=4, items=[event for event in events if event.position > stretch.after])


class _Good(Standing):
    """Rights that last."""

    async def require(self) -> None:
        """Nobody's have ended."""


@pytest.mark.parametrize(("livemode", "positions"), [(True, [1, 3]), (False, [2, 4])])
async def test_a_feed_is_of_one_mode_and_goes_past_the_other(*, livemode: bool, positions: list[int]) -> None:
    logs = _Four()
    wanted = Wanted(LOAN, frozenset({DRAWN}), 0, None, livemode)
    standing = _Good(Request({"type": "http"}), ())
    page = await read_feed(logs, Tails(logs), wanted, limit=10, wait=0, standing=standing)
    assert [item.position for item in page.items] == positions
    assert page.next_after == 4, "nobody waits for what is not for him"
    assert Wanted(LOAN, frozenset({DRAWN}), 0, None).livemode, "live unless said otherwise"
