"""What a million vouchers and ten million redemptions cost: `python -m tests.bench.vouchers 1000000`.

Fills one database with that many vouchers and another with 10,000, each with ten times as many redemptions, and prints
for the counter, the steps, the lists, the sweeps, a month's settlement and the city's sums how long they take in both.
Then it does each once more under auto_explain, and tells where a whole table was read and which statements took
longest; all plans go to the file that `--plans` names. Production's settings, on a disk that is synchronised.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from httpx import ASGITransport, AsyncClient

from services.vouchers.main import definition
from services.vouchers.settings import VoucherSettings
from shared.app import create_app
from tests.bench.vouchers_data import Size, fill
from tests.bench.vouchers_plans import Plan, explained, plans_in
from tests.bench.vouchers_work import Figures, Work
from tests.support.postgres import Cluster, plain_dsn
from tests.support.tokens import Keys
from tests.vouchers.support import Api, Town

SMALL = 10_000
SEED = 433
LOADING = {
    "fsync": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "8GB",
    "idle_in_transaction_session_timeout": "0",
}
"""While the tables are filled; nothing of it is left when anything is measured."""


@dataclass(frozen=True)
class Place:
    """A filled database."""

    url: str
    size: Size


@asynccontextmanager
async def town_of(url: str, keys: Keys, folder: Path) -> AsyncIterator[tuple[Town, Work]]:
    """The service in this process on that database, workers off."""
    settings = VoucherSettings(
        account_keys_file=keys.account_keys,
        files_url=f"file://{folder}",
        service_name="vouchers",
        environment="test",
        database_url=url,
        signing_key_file=keys.private("vouchers"),
        public_keys_dir=keys.public_dir,
        business_clock="simulated",
        policy_dir=Path(__file__).parents[2] / "deploy" / "demo" / "policy",
        workers_enabled=False,
        statement_timeout=600,
        log_level="warning",
    )
    app = create_app(definition, settings)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://vouchers", timeout=600) as client,
    ):
        town = Town(Api(client, keys), app.state.runtime.db)
        yield town, Work(town, app.state.runtime.editions)


async def filled(cluster: Cluster, keys: Keys, folder: Path, vouchers: int) -> Place:
    """One of everything made by the service, and its copies."""
    url, size = cluster.service_database("vouchers"), Size(vouchers)
    async with town_of(url, keys, folder) as (town, _):
        standing = await town.standing("1000.00", budget="900000000000.00", enterprise_quota="900000000000.00")
        answer = await standing.at_counter("100.00")
        assert answer.status_code == 201, answer.text
    started = time.perf_counter()
    await fill(plain_dsn(cluster.as_superuser(url)), size)
    pages = cluster.sql("SELECT pg_size_pretty(pg_database_size(current_database()))", database=url.rsplit("/", 1)[1])
    say(f"{vouchers} vouchers, {size.uses} redemptions: {time.perf_counter() - started:.0f} s, {pages.strip()}")
    return Place(url, size)


def tune(cluster: Cluster, settings: dict[str, str] | None) -> None:
    """Other settings than production's, or production's again; takes a restart."""
    cluster.sql("ALTER SYSTEM RESET ALL")
    for name, value in (settings or {}).items():
        cluster.sql(f"ALTER SYSTEM SET {name} = '{value}'")
    cluster.stop()
    cluster.start()


async def measure(places: list[Place], keys: Keys, folder: Path, chance: random.Random) -> list[Figures]:
    """The same work on each of the databases."""
    figures = []
    for place in places:
        async with town_of(place.url, keys, folder) as (_, work):
            figures.append(await work.all_of_it(place.size, chance))
    return figures


def compare(small: Figures, large: Figures) -> None:
    say(f"{'ms':44} {'median':>9} {'p99':>9} {'median':>9} {'p99':>9} {'ratio':>6}")
    for name, many in large.items():
        few = small[name]
        say(
            f"{name:44} {few.median:9.2f} {few.p99:9.2f} {many.median:9.2f} {many.p99:9.2f}"
            f" {many.median / few.median:6.1f}  {many.note}"
        )


async def run(vouchers: int, plans: Path | None) -> None:
    with tempfile.TemporaryDirectory(prefix="mc-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        keys = Keys(folder / "keys")
        cluster = Cluster(folder / "pg", durable=True)
        try:
            tune(cluster, LOADING)
            places = [await filled(cluster, keys, folder, count) for count in (SMALL, vouchers)]
            tune(cluster, None)
            await report(cluster, places, keys, folder, plans)
        finally:
            cluster.stop()


async def report(cluster: Cluster, places: list[Place], keys: Keys, folder: Path, plans: Path | None) -> None:
    small, large = await measure(places, keys, folder, random.Random(SEED))
    compare(small, large)
    await explain(cluster, places[-1], keys, folder, plans)


async def explain(cluster: Cluster, place: Place, keys: Keys, folder: Path, plans: Path | None) -> None:
    """Everything once more, with plans."""
    with explained(cluster, place.url) as log:
        async with town_of(place.url, keys, folder) as (_, work):
            await work.all_of_it(place.size, random.Random(SEED + 1), times=1)
        found = plans_in(log)
    keep(found, plans)
    scans = {plan.about for plan in found if plan.reads_whole_table}
    say(f"{len(found)} plans, whole tables read in: {', '.join(sorted(scans)) or 'none'}")
    for plan in sorted(found, key=lambda plan: -plan.milliseconds)[:12]:
        say(f"{plan.milliseconds:9.1f} ms  {plan.about}")


def keep(found: list[Plan], plans: Path | None) -> None:
    if plans is not None:
        plans.write_text("\n\n".join(plan.text for plan in found), encoding="utf-8")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vouchers", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--plans", type=Path)
    wanted = parser.parse_args()
    asyncio.run(run(wanted.vouchers, wanted.plans))


if __name__ == "__main__":
    main()
