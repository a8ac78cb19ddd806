"""What the notes for the monthly sums cost a sale at the counter: `python -m tests.bench.counter_sums 10000`.

The same database of so many vouchers, ten times as many redemptions; sales in turns with the triggers that append to
`use_change` and `posting_change` and without them, so that what else the machine does falls on both. Prints medians,
processor time of the service and of PostgreSQL a sale, and their ratios. Production's settings, on a disk that is
synchronised.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from tests.bench.vouchers import LOADING, SEED, filled, say, town_of, tune
from tests.bench.vouchers_work import Work
from tests.support.postgres import Cluster
from tests.support.tokens import Keys

TURNS: Final = 8
"""Of each of the two."""
WARM: Final = 8
"""Sales after each switch that do not count: plans are made anew."""
SALES: Final = 40
_TRIGGERS: Final = {"redemption": ("use_captured", "use_changed"), "posting": ("postings_noted",)}
_NOTES: Final = "SELECT (SELECT count(*) FROM use_change), (SELECT count(*) FROM posting_change)"


def switch(cluster: Cluster, database: str, word: str) -> None:
    """`word` is ENABLE or DISABLE."""
    changes = [f"ALTER TABLE {table} {word} TRIGGER {name}" for table, names in _TRIGGERS.items() for name in names]
    cluster.sql(*changes, database=database)


@dataclass
class Cost:
    """Of sales under one of the two."""

    each: list[float] = field(default_factory=list)
    """Milliseconds as the one who asks sees them."""
    service: float = 0.0
    """Seconds of processor time."""
    database: float = 0.0

    def part(self, share: float) -> float:
        return sorted(self.each)[int(len(self.each) * share)]

    def of_one(self, seconds: float) -> float:
        """Milliseconds of processor time a sale."""
        return seconds * 1000 / len(self.each)


def database_seconds(cluster: Cluster) -> float:
    """Processor time of all of PostgreSQL's processes there are."""
    postmaster = cluster.server.process()
    assert postmaster is not None
    spent = [child.cpu_times() for child in psutil.Process(postmaster.pid).children()]
    return sum(times.user + times.system for times in spent)


async def sell(work: Work, number: int) -> list[float]:
    """Milliseconds of each sale; each of another voucher, at any provider."""
    work.figures.clear()
    work.times = number
    await work.counter()
    return work.figures["counter: scan and redeem"].each


async def in_turns(cluster: Cluster, database: str, work: Work) -> tuple[Cost, Cost]:
    """With the triggers and without; each turn begins with the other of the two."""
    costs = {"ENABLE": Cost(), "DISABLE": Cost()}
    for turn in range(TURNS):
        for word in ("ENABLE", "DISABLE") if turn % 2 else ("DISABLE", "ENABLE"):
            switch(cluster, database, word)
            await sell(work, WARM)
            own, theirs = time.process_time(), database_seconds(cluster)
            costs[word].each += await sell(work, SALES)
            costs[word].service += time.process_time() - own
            costs[word].database += database_seconds(cluster) - theirs
    switch(cluster, database, "ENABLE")
    return costs["ENABLE"], costs["DISABLE"]


def compare(noted: Cost, plain: Cost) -> None:
    for name, cost in (("with the notes", noted), ("without", plain)):
        say(
            f"{name:16} {len(cost.each)} sales: fastest tenth {cost.part(0.1):.2f} ms, median {cost.part(0.5):.2f} ms,"
            f" p99 {cost.part(0.99):.2f} ms; processor time of the service {cost.of_one(cost.service):.2f} ms,"
            f" of PostgreSQL {cost.of_one(cost.database):.2f} ms a sale"
        )
    ratios = {
        "medians": noted.part(0.5) / plain.part(0.5),
        "processor time of PostgreSQL": noted.database / plain.database,
        "all processor time": (noted.service + noted.database) / (plain.service + plain.database),
    }
    say("ratios: " + ", ".join(f"{name} {ratio:.3f}" for name, ratio in ratios.items()))


async def run(vouchers: int) -> None:
    with tempfile.TemporaryDirectory(prefix="mc-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        keys = Keys(folder / "keys")
        cluster = Cluster(folder / "pg", durable=True)
        try:
            tune(cluster, LOADING)
            place = await filled(cluster, keys, folder, vouchers)
            tune(cluster, None)
            database = place.url.rsplit("/", 1)[1]
            async with town_of(place.url, keys, folder) as (_, work):
                work.choose(place.size, random.Random(SEED))
                started = time.perf_counter()
                noted, plain = await in_turns(cluster, database, work)
            compare(noted, plain)
            notes = cluster.sql(_NOTES, database=database).strip()
            say(f"{time.perf_counter() - started:.0f} s; notes kept by use and by posting: {notes}")
        finally:
            cluster.stop()


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
