"""Events of rows that a test credential made: for the suite's own readers, and for nobody outside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nats.aio.msg import Msg

from shared.events.outbox import append_many
from shared.events.outside import is_test, subject_of
from shared.events.relay import Relay
from shared.events.types import Audience, EventData, EventType
from shared.ids import uuid7
from tests.shared.events.contract import ItemCounted
from tests.shared.events.numbering import number
from tests.shared.events.world import CONTEXT, World
from tests.support.postgres import Cluster
from tests.support.waiting import eventually


class Tried(EventData):
    """Something that a partner's credential made."""

    livemode: bool


TRIED = EventType(ItemCounted.topic, "registry.centre.tried.v1", Tried, Audience.BUREAU, "tried")


@pytest.mark.parametrize(
    ("data", "test"),
    [
        ('{"livemode":false}', True),
        ('{"livemode": false}', True),
        ('{"livemode":true}', False),
        ('{"livemode":null}', False),
        ('{"name":"\\"livemode\\":false"}', False),
        ('{"of":{"livemode":false}}', False),
        ('["livemode"]', False),
        ("{}", False),
    ],
)
def test_only_an_event_that_says_so_is_of_test_mode(data: str, *, test: bool) -> None:
    assert is_test(data) is test


def test_keys_and_webhooks_of_test_mode_are_no_test_rows() -> None:
    revoked = "gateway.api_key.revoked.v1"
    assert subject_of("gateway.api_key", revoked, '{"livemode":false}') == revoked
    assert subject_of("finance.loan", "finance.loan.drawn.v1", '{"livemode":false}') == "finance.loan.drawn.v1.test"


@pytest.fixture
async def world(postgres: Cluster, tmp_path: Path) -> AsyncIterator[World]:
    async with World(postgres, tmp_path) as made:
        yield made


async def test_test_rows_go_out_under_a_subject_that_no_bureau_is_given(world: World) -> None:
    """A bureau's account takes over the event types' own subjects, one by one (`deploy.embedded.nats_bureaus`)."""
    whole, outside = [], []

    async def heard(message: Msg) -> None:
        whole.append((message.subject, message.data))

    async def heard_outside(message: Msg) -> None:
        outside.append(message.data)

    await world.operator.subscribe(TRIED.topic.subjects, cb=heard)
    await world.operator.subscribe(TRIED.name, cb=heard_outside)
    await world.operator.flush()
    rows = [(uuid7(), 1, Tried(livemode=livemode)) for livemode in (True, False, True)]
    async with world.producer_db.transaction() as session:
        await append_many(session, TRIED, rows, context=CONTEXT)
    await number(world.urls["registry"], TRIED.topic.name)
    relay = asyncio.create_task(Relay(world.urls["registry"], world.operator, [TRIED.topic.name]).run())
    try:
        await eventually(lambda: len(whole) == 3)
    finally:
        relay.cancel()
        await asyncio.wait({relay})
    assert [subject for subject, _ in whole] == [TRIED.name, f"{TRIED.name}.test", TRIED.name]
    assert [is_test(data.decode()) for data in outside] == [False, False]
