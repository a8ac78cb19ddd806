"""Once an hour, in the elected process: whatever has run out by the city's day."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Final

from services.vouchers.expiry.usecases import Expired, expire_some
from shared.clock import business_today
from shared.db import Database
from shared.events.outbox import EventContext
from shared.ids import uuid7
from shared.logging import get_logger
from shared.policy.edition import Editions
from shared.runtime import Runtime

EVERY_SECONDS: Final = 3600
ACTOR: Final = "service:vouchers"

log = get_logger(__name__)


async def watch_validity(runtime: Runtime) -> None:
    """Under the simulated clock the day is the caller's: `POST /v1/vouchers/expire` does it then."""
    if runtime.settings.business_clock == "simulated":
        log.info("validity-not-watched", business_clock="simulated")
        return
    while True:
        expired = await settle(runtime.db, runtime.editions, business_today())
        if expired.count:
            log.info("vouchers-expired", count=expired.count)
        await asyncio.sleep(EVERY_SECONDS)


async def settle(db: Database, editions: Editions, day: date) -> Expired:
    """Stop all that had run out before `day`, a transaction at a time."""
    total = Expired()
    while True:
        context = EventContext(actor=ACTOR, effective_on=day, correlation_id=str(uuid7()))
        some = await db.run(lambda session: expire_some(session, editions, day, context))  # noqa: B023  # awaited at once
        total += some
        if not some.count:
            return total
