"""Looking once an hour what has ended since, in the elected process."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Final

from services.registry.terms.usecases import settle
from shared.clock import business_today
from shared.logging import get_logger
from shared.runtime import Runtime

EVERY_SECONDS: Final = 3600
"""The day begins somewhere within the hour; what has run out counts as such from midnight on, recorded or not."""

log = get_logger(__name__)


async def watch_terms(runtime: Runtime) -> None:
    """Under the simulated clock the day is the caller's, so nothing ends by itself: `mengchuang registry end-terms`
    does it for the day it is given."""
    if runtime.settings.business_clock == "simulated":
        log.info("terms-not-watched", business_clock="simulated")
        return
    while True:
        settled = asdict(await settle(runtime.db, runtime.editions, business_today(), simulated=False))
        if any(settled.values()):
            log.info("terms-settled", **settled)
        await asyncio.sleep(EVERY_SECONDS)
