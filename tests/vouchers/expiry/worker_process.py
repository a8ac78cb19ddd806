"""A process that stops what has run out, for tests that kill it: `python -m ... <database url> <day>`."""

from __future__ import annotations

import asyncio
import sys
from datetime import date

from services.vouchers.expiry import usecases
from services.vouchers.expiry.worker import ACTOR
from shared.db import Database
from shared.events.outbox import EventContext
from shared.policy.edition import load_editions


async def main(url: str, day: date, at_once: int) -> None:
    """Some at a time, each printed, so that a test knows when to kill."""
    db, editions = Database(url), load_editions(None)
    context = EventContext(actor=ACTOR, effective_on=day, correlation_id="worker-process")
    while True:
        some = await db.run(lambda session: usecases.expire_some(session, editions, day, context, at_once=at_once))
        sys.stdout.write(f"{some.count}\n")
        sys.stdout.flush()
        if not some.count:
            break
    await db.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], date.fromisoformat(sys.argv[2]), int(sys.argv[3])))
