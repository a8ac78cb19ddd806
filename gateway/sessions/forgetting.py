"""The worker that forgets sessions that are long over."""

from __future__ import annotations

import asyncio
from typing import Final

from gateway.sessions.usecases import forget_old
from shared.clock import utcnow
from shared.logging import get_logger
from shared.runtime import Runtime

EVERY_SECONDS: Final = 3600.0

log = get_logger(__name__)


async def forget_sessions(runtime: Runtime) -> None:
    """Worker: once an hour, a portion at a time."""
    while True:
        while True:
            async with runtime.db.transaction() as session:
                count = await forget_old(session, utcnow())
            if not count:
                break
            log.info("sessions-forgotten", count=count)
        await asyncio.sleep(EVERY_SECONDS)
