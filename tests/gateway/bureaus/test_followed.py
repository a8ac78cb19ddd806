"""What is on record about a bureau reaches the broker whoever changed the record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from sqlalchemy import select, update

from deploy.bureaus_followed import follow
from deploy.settings import StackSettings
from gateway.accounts.models import Account
from gateway.bureaus.models import Bureau
from shared.clock import utcnow
from shared.db import Database
from tests.gateway.bureaus.conftest import Home
from tests.gateway.bureaus.test_bureaus import connect
from tests.support.waiting import eventually


@pytest.fixture
async def following(home: Home, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """The process beside the broker, here as a task."""
    for name, value in home.environment().items():
        monkeypatch.setenv(name, value)
    task = asyncio.create_task(follow(StackSettings(), every_seconds=0.1))
    yield
    assert not task.done(), "no failure ends it"
    task.cancel()


async def _disable(home: Home, name: str, at: datetime | None) -> None:
    """What `PATCH /v1/accounts/{id}` writes."""
    database = Database(home.suite.database_urls["gateway"], pool_size=1)
    async with database.transaction() as session:
        its_account = select(Bureau.account_id).where(Bureau.name == name, Bureau.removed_at.is_(None))
        change = update(Account).where(Account.id == its_account.scalar_subquery()).values(disabled_at=at)
        await session.execute(change)
    await database.close()


async def _let_in(bureau: dict[str, Any]) -> Client | None:
    try:
        return await connect(bureau)
    except (nats.errors.Error, OSError):
        return None


@pytest.mark.usefixtures("following")
async def test_a_disabled_account_ends_its_connections_to_the_broker_and_no_others(home: Home) -> None:
    disabled, other = home.add("stopped"), home.add("going-on")
    first, steady = await connect(disabled), await connect(other)
    await _disable(home, "stopped", utcnow())
    await eventually(lambda: first.is_closed)
    assert steady.is_connected
    await _disable(home, "stopped", None)
    again = await eventually(lambda: _let_in(disabled))
    assert again is not None
    await again.close()
    await steady.close()
    home.mengchuang("bureaus", "remove", "stopped")
    home.mengchuang("bureaus", "remove", "going-on")


@pytest.mark.usefixtures("following")
async def test_what_the_broker_did_not_take_is_tried_again(home: Home) -> None:
    bureau = home.add("patient")
    connection = await connect(bureau)
    home.suite.broker.config_file.parent.joinpath("nats.conf.part").mkdir()
    try:
        await _disable(home, "patient", utcnow())
        await asyncio.sleep(0.5)
        assert connection.is_connected, "the configuration could not be written"
    finally:
        home.suite.broker.config_file.parent.joinpath("nats.conf.part").rmdir()
    await eventually(lambda: connection.is_closed)
    home.mengchuang("bureaus", "remove", "patient")
