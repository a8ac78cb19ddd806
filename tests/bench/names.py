"""How long a search takes: `python -m tests.bench.names 300000`.

Fills a registry with that many invented enterprises and prints, for searches of one, two and three characters and for
initials, the median of the first page by the terms and by reading names until the page is full, and the plan's way in.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from sqlalchemy import ColumnElement, Select, event, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.enterprises.models import Enterprise
from services.registry.names.queries import name_matches
from services.registry.names.terms import asks_for_initials, initials_pattern
from shared.db import Database
from shared.ids import uuid7
from tests.support.identifiers import make_uscc
from tests.support.postgres import Cluster

CHUNK = 5000
RUNS = 15
PAGE = 51
SEED = 4754
PLACES = ["拉萨", "城关", "堆龙", "达孜", "林周", "当雄", "尼木", "曲水", "墨竹", "柳梧", "西藏", "高原"]
SYLLABLES = "云端雪域格桑吉祥扎西卓玛天路圣地珠峰藏香羌塘雅江念青纳木布达金珠河谷林卡日光青稞牦牛远航信达恒通博瑞"
TRADES = [
    "信息科技",
    "文化传播",
    "生物科技",
    "农牧业发展",
    "旅游开发",
    "电子商务",
    "工艺品",
    "建筑工程",
    "餐饮管理",
    "物流",
]
SEARCHES = {
    "one character, rare": "稞",
    "one character, common": "拉",
    "two characters": "珠峰",
    "three characters": "珠峰藏",
    "four characters": "牦牛信息",
    "initials, three": "zfz",
    "initials, six": "lszfzx",
    "initials, common": "gs",
    "nothing like it": "珠穆朗",
}

Times = tuple[float, str]
Condition = ColumnElement[bool]


def invented(count: int) -> Iterator[str]:
    """Names as enterprises have them, the same each time."""
    chance = random.Random(SEED)
    for _ in range(count):
        middle = "".join(chance.sample(SYLLABLES, 2 + chance.randrange(3)))
        yield f"{chance.choice(PLACES)}{middle}{chance.choice(TRADES)}有限公司"


async def fill(database: Database, count: int) -> float:
    """Insert them as an import does; seconds."""
    names = invented(count)
    started = time.perf_counter()
    for first in range(0, count, CHUNK):
        rows = [_row(number, next(names)) for number in range(first, min(first + CHUNK, count))]
        async with database.transaction() as session:
            await session.execute(insert(Enterprise), rows)
    return time.perf_counter() - started


def _row(number: int, name: str) -> dict[str, object]:
    return {
        "id": uuid7(),
        "code": make_uscc(number),
        "name": name,
        "industry_code": "I6510",
        "division": "540102",
        "registered_on": date(2018, 12, 3),
        "graduate_founder": False,
        "registered_by": "bench",
    }


def by_terms(search: str) -> Condition:
    """What the list asks."""
    return name_matches(Enterprise, search)


def by_reading(search: str) -> Condition:
    """The same question without the terms."""
    if asks_for_initials(search):
        return Enterprise.name_initials.regexp_match(initials_pattern(search))
    return Enterprise.name_key.contains(search, autoescape=True)


def first_page(condition: Condition) -> Select[str]:
    return select(Enterprise.name).where(condition).order_by(Enterprise.id).limit(PAGE)


async def measure(session: AsyncSession, condition: Condition) -> Times:
    """Median milliseconds of the first page, and how the planner got there."""
    took = []
    for _ in range(RUNS):
        started = time.perf_counter()
        await session.execute(first_page(condition))
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took), await plan_of(session, condition)


async def plan_of(session: AsyncSession, condition: Condition) -> str:
    """The scan at the bottom of the plan."""
    lines: list[str] = []

    def explain(
        _connection: object, _cursor: object, statement: str, parameters: object, *_: object
    ) -> tuple[str, object]:
        return f"EXPLAIN {statement}", parameters

    connection = await session.connection()
    engine_connection = connection.sync_connection
    event.listen(engine_connection, "before_cursor_execute", explain, retval=True)
    try:
        lines = [str(row[0]) for row in await session.execute(first_page(condition))]
    finally:
        event.remove(engine_connection, "before_cursor_execute", explain)
    scans = [line.strip(" ->").split("  ")[0] for line in lines if "Scan" in line]
    return scans[-1] if scans else "?"


async def run(count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="mc-bench-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder) / "pg")
        try:
            url = cluster.service_database("registry")
            database = Database(url, statement_timeout=600)
            seconds = await fill(database, count)
            say(f"{count} rows in {seconds:.1f} s, {seconds / count * 1e6:.0f} µs a row")
            owner = Database(cluster.as_owner(url), statement_timeout=600)
            async with owner.transaction() as session:
                await session.execute(text("ANALYZE enterprise"))
            await owner.close()
            await compare(database)
            await database.close()
        finally:
            cluster.stop()


async def compare(database: Database) -> None:
    say(f"{'search':24} {'text':10} {'terms ms':>9} {'read ms':>9} {'ratio':>6}  plan")
    for label, search in SEARCHES.items():
        async with database.transaction() as session:
            indexed, plan = await measure(session, by_terms(search))
            whole, _ = await measure(session, by_reading(search))
        say(f"{label:24} {search:10} {indexed:9.2f} {whole:9.2f} {whole / indexed:6.1f}  {plan}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else 300_000))
