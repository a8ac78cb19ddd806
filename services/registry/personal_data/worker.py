"""Looking once an hour whose time is over, in the elected process."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Final

from services.registry.personal_data.erasing import erase_due
from shared.clock import business_today
from shared.events.outbox import EventContext
from shared.logging import get_logger
from shared.runtime import Runtime

ACTOR: Final = "service:registry"
EVERY_SECONDS: Final = 3600
"""The day begins somewhere within the hour."""

log = get_logger(__name__)


async def watch_retention(runtime: Runtime) -> None:
    """Under the simulated clock the day is the caller's: `POST /v1/persons/erase-due` does it for that day."""
    if runtime.settings.business_clock == "simulated":
        log.info("retention-not-watched", business_clock="simulated")
        return
    while True:
        today = business_today()
        done = await erase_due(runtime, EventContext(ACTOR, today, f"retention-{today}", simulated=False))
        if done.consents_lapsed or done.persons_erased:
            log.info("retention-carried-out", **asdict(done))
        await asyncio.sleep(0 if done.more else EVERY_SECONDS)
