"""200 devices at two processes redeem vouchers under repeated keys: `python -m tests.bench.counter_crowd 10000`.

Each sale is sent at least twice and some answers are lost; that every key had one effect and one answer is checked, and
the figures are printed. Production's settings of the database, on a disk that is synchronised.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
from pathlib import Path

from tests.bench.vouchers import town_of
from tests.support.postgres import Cluster
from tests.support.tokens import Keys
from tests.vouchers.crowding import clients_of, crowd_at_counter, summary, two_processes

SEED = 4312


async def run(vouchers: int) -> None:
    with tempfile.TemporaryDirectory(prefix="mc-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        keys = Keys(folder / "keys")
        cluster = Cluster(folder / "pg", durable=True)
        try:
            url = cluster.service_database("vouchers")
            async with town_of(url, keys, folder) as (town, _):
                with two_processes(url, keys, folder) as urls:
                    async with clients_of(urls, keys) as apis:
                        sales, outcome, drawn = await crowd_at_counter(town, apis, vouchers, random.Random(SEED))
            sys.stdout.write(f"{summary(sales, outcome)}, {drawn} yuan: one effect and one answer for each key\n")
        finally:
            cluster.stop()


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
