"""A sweep of a centre locks the budget lines of all programmes as a transfer does, the first first (3.1-4, 2.3-5)."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.db import Database
from tests.finance.angel_funds.world import Bureau
from tests.finance.support import Desk, delist, list_centre
from tests.finance.test_withdrawn_centres import withdraw

pytestmark = pytest.mark.asyncio(loop_scope="session")

LINE = "SELECT id FROM appropriation WHERE programme = :programme AND year = 2019 FOR UPDATE"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def held_of_two_lines(desk: Desk, db: Database) -> UUID:
    """A centre with budget held of `grants` and of `angel_fund`."""
    bureau, centre = Bureau(desk), await list_centre(db)
    await desk.countersigned(centre)
    fund = await bureau.closed(centre, "30.00", "70.00")
    await bureau.called(fund, "70.00", "30.00")
    other, municipal = fund["investors"]
    await bureau.paid_in(fund, other, "70.00")
    order = await bureau.prepared(fund, "payments", {"investor_id": municipal["id"], "amount": "30.00"})
    assert (await bureau.confirm(fund, order)).json()["status"] == "approved"
    return centre


async def until_somebody_waits(db: Database) -> None:
    for _ in range(200):
        async with db.transaction() as session:
            if await session.scalar(text(WAITING)):
                return
        await asyncio.sleep(0.05)
    pytest.fail("nobody waited")


@pytest.mark.parametrize("leave", [delist, withdraw])
async def test_who_holds_the_first_line_can_take_the_second(desk: Desk, db: Database, leave: object) -> None:
    assert callable(leave)
    centre = await held_of_two_lines(desk, db)
    async with db.transaction() as transfer:
        await transfer.execute(text(LINE), {"programme": "angel_fund"})
        sweep = asyncio.ensure_future(leave(db, centre))
        await until_somebody_waits(db)
        await transfer.execute(text(f"{LINE} NOWAIT"), {"programme": "grants"})
    await sweep
    async with db.transaction() as session:
        unpaid = (
            "SELECT sum(b.committed - b.paid) FROM budget_commitment b JOIN angel_fund f ON f.id = b.case_id"
            " WHERE f.centre_id = :centre"
        )
        assert await session.scalar(text(unpaid), {"centre": centre}) == 0
