"""Once an hour, in the elected process: orders and holds whose last day has passed by the city's day."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Final

from services.vouchers.redemptions.sweeps import Expired, expire_due
from shared.clock import business_today
from shared.db import Database
from shared.events.outbox import EventContext
from shared.ids import uuid7
from shared.logging import get_logger
from shared.runtime import Runtime

EVERY_SECONDS: Final = 3600
ACTOR: Final = "service:vouchers"

log = get_logger(__name__)


async def watch_holds(runtime: Runtime) -> None:
    """Under the simulated clock the day is the caller's: `POST /v1/redemptions/expire` does it then."""
    if runtime.settings.business_clock == "simulated":
        log.info("holds-not-watched", business_clock="simulated")
        return
    while True:
        done = await settle(runtime.db, business_today())
        if done.orders or done.holds:
            log.info("holds-expired", orders=done.orders, holds=done.holds)
        await asyncio.sleep(EVERY_SECONDS)


async def settle(db: Database, day: date) -> Expired:
    """End everything whose last day lies before `day`, a transaction at a time."""
    orders = holds = seen = 0
    while True:
        context = EventContext(actor=ACTOR, effective_on=day, correlation_id=str(uuid7()))
        some = await db.run(lambda session: expire_due(session, day, context))  # noqa: B023  # awaited at once
        orders, holds, seen = orders + some.orders, holds + some.holds, seen + some.seen
        if not some.seen:
            return Expired(orders, holds, seen)
