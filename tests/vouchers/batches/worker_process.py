"""A process that issues approved batches, for tests that kill it: `python -m ... <database url>`."""

from __future__ import annotations

import asyncio
import sys
from types import SimpleNamespace
from typing import cast

from services.vouchers.batches.issuing import run_waiting
from shared.db import Database
from shared.policy.edition import load_editions
from shared.runtime import Runtime


async def main(url: str) -> None:
    """Everything that waits, to its end."""
    db = Database(url)
    runtime = cast(Runtime, SimpleNamespace(db=db, editions=load_editions(None)))
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    sys.stdout.write(f"{await run_waiting(runtime)}\n")
    await db.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
