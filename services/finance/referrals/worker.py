"""Looking once an hour which referrals nobody has answered in time, in the elected process."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Final

from services.finance.referrals.stopping import AT_ONCE, expire_due
from shared.clock import business_today
from shared.db import Database
from shared.events.outbox import EventContext
from shared.ids import uuid7
from shared.logging import get_logger
from shared.runtime import Runtime

EVERY_SECONDS: Final = 3600
ACTOR: Final = "service:finance"

log = get_logger(__name__)


async def watch_referrals(runtime: Runtime) -> None:
    """Under the simulated clock the day is the caller's: nothing expires by itself, and a bank that answers late is
    refused all the same."""
    if runtime.settings.business_clock == "simulated":
        log.info("referrals-not-watched", business_clock="simulated")
        return
    while True:
        expired = await settle(runtime.db, business_today())
        if expired:
            log.info("referrals-expired", count=expired)
        await asyncio.sleep(EVERY_SECONDS)


async def settle(db: Database, day: date) -> int:
    """End whatever was not answered by the day before; how many."""
    total = 0
    while True:
        context = EventContext(actor=ACTOR, effective_on=day, correlation_id=str(uuid7()))
        done = await db.run(lambda session: expire_due(session, day, context))  # noqa: B023  # awaited at once
        total += done
        if done < AT_ONCE:
            return total
