"""How long scoring a city takes and what it needs: `python -m tests.bench.scoring --centres 16000`; `--kill` kills it
halfway, `--publish` goes on to the publication, `--once` scores once only.

Writes centres with 44 stays and four accepted reports each into an evaluation database with durable storage, starts the
service with its workers, opens the year, scores it twice, and prints seconds, the peak memory (VmHWM) of the process,
how slow other requests were meanwhile, the bare SQL beside it, and what the endpoints that look at the whole year take.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx

from services.evaluation.cycles.rules import first_publication_day, notice_end
from shared.policy.edition import Edition, load_editions
from tests.bench.scoring_data import REMOTE, YEAR, fill, mark_all
from tests.bench.scoring_floor import bare_publication_seconds, bare_seconds
from tests.support.postgres import Cluster, plain_dsn
from tests.support.suite import Suite
from tests.support.tokens import bearer, internal_token

OPENED: Final = date(YEAR + 1, 1, 6)
SCORED: Final = date(YEAR + 1, 2, 24)
SLOW_SECONDS: Final = 0.2
TOO_SLOW_TO_REPEAT_SECONDS: Final = 2.0
STANDING: Final = """
SELECT no, evaluation.score, grade, failing, place, graded_in_tier, sheet.exact, sheet.dimensions::text,
  sheet.lines::text, sheet.lineage::text
FROM evaluation JOIN score_sheet AS sheet ON sheet.id = sheet_id WHERE evaluation.cycle_id = $1 ORDER BY no
"""
SHEETS: Final = """
SELECT count(*), max(sheets) FROM (SELECT count(*) AS sheets FROM score_sheet GROUP BY evaluation_id) AS each
"""
Body = dict[str, Any]


@dataclass
class City:
    """The service under measure, asked as whoever is needed."""

    suite: Suite
    dsn: str
    client: httpx.AsyncClient
    slow: list[str] = field(default_factory=list)

    async def ask(
        self, role: str, method: str, path: str, body: object = None, *, today: date = SCORED, **scope: Any
    ) -> httpx.Response:
        token = internal_token(self.suite.keys, "evaluation", (role,), account_id=f"bench-{role}", today=today, **scope)
        url = self.suite.services["evaluation"].url + path
        response = await self.client.request(method, url, json=body, headers=bearer(token))
        if response.status_code >= 400:
            say(self.suite.log("evaluation")[-1500:])
            raise SystemExit(f"{method} {path}: {response.status_code} {response.text[:2000]}")
        return response

    async def post(self, role: str, path: str, body: object = None, *, today: date = SCORED) -> Body:
        answer: Body = (await self.ask(role, "POST", path, {} if body is None else body, today=today)).json()
        return answer

    async def read(self, path: str, *, today: date = SCORED) -> Body:
        answer: Body = (await self.ask("auditor", "GET", path, today=today)).json()
        return answer

    async def timed(self, what: str, role: str, path: str, *, today: date = SCORED, **scope: str) -> None:
        """The quickest of five askings; what takes too long is kept for the end."""
        taken, size = float("inf"), 0
        for _ in range(5):
            began = time.perf_counter()
            size = len((await self.ask(role, "GET", path, today=today, **scope)).content)
            taken = min(taken, time.perf_counter() - began)
            if taken > TOO_SLOW_TO_REPEAT_SECONDS:
                break
        note = f"{what}: {taken * 1000:.0f} ms, {size / 1024:.0f} KiB"
        say(f"  {note}")
        if taken > SLOW_SECONDS:
            self.slow.append(note)

    async def done(self, operation: Body, *, halfway: bool = False) -> tuple[Body, list[float]]:
        """Follow it to its end, or to its half, reading another list all the while; how long each reading took."""
        waits: list[float] = []
        while True:
            began = time.perf_counter()
            await self.read("/v1/evaluations?limit=10")
            waits.append(time.perf_counter() - began)
            found = await self.read(f"/v1/operations/{operation['id']}")
            if found["status"] != "running" or (halfway and found["done"] * 2 > found["total"]):
                return found, sorted(waits)
            await asyncio.sleep(0.1)

    async def rows(self, query: str, *values: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.dsn)
        try:
            return await connection.fetch(query, *values)
        finally:
            await connection.close()

    def memory(self) -> str:
        status = Path(f"/proc/{self.suite.services['evaluation'].pid}/status").read_text(encoding="ascii")
        kept: Mapping[str, str] = dict(line.split(":", 1) for line in status.splitlines())
        now, peak = (int(kept[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
        return f"resident {now:.0f} MiB, peak {peak:.0f} MiB"

    def cpu_seconds(self) -> float:
        """What the process has computed so far, which others on the machine do not stretch."""
        stat = Path(f"/proc/{self.suite.services['evaluation'].pid}/stat").read_text(encoding="ascii")
        return sum(int(ticks) for ticks in stat.rsplit(")", 1)[1].split()[11:13]) / os.sysconf("SC_CLK_TCK")


async def measure(centres: int, *, kill: bool, publish: bool, once: bool) -> None:
    edition = load_editions(None).for_evaluation_year(YEAR)
    with tempfile.TemporaryDirectory(prefix="mc-bench-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder) / "pg", durable=True)
        try:
            suite = Suite(cluster, Path(folder), only=("evaluation",))
            dsn = plain_dsn(cluster.as_superuser(suite.database_urls["evaluation"]))
            await _filled(dsn, edition, centres)
            with suite:
                async with httpx.AsyncClient(timeout=300) as client:
                    await _measured(City(suite, dsn, client), edition, kill=kill, publish=publish, once=once)
        finally:
            cluster.stop()


async def _measured(city: City, edition: Edition, *, kill: bool, publish: bool, once: bool) -> None:
    cycle = await _opened(city, edition)
    await _scored(city, edition, cycle, kill=kill, once=once)
    if publish:
        await _published(city, edition, cycle, kill=kill)
    say("slower than 200 ms: " + ("; ".join(city.slow) or "nothing"))


async def _filled(dsn: str, edition: Edition, centres: int) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        began = time.perf_counter()
        made = await fill(connection, edition, centres)
    finally:
        await connection.close()
    size = ", ".join(f"{count:,} {table}" for table, count in made.items())
    say(f"filled in {time.perf_counter() - began:.1f} s: {size}")


async def _opened(city: City, edition: Edition) -> str:
    say(f"before: {city.memory()}")
    began = time.perf_counter()
    cycle = await city.post("science_officer", "/v1/evaluation-cycles", {"year": YEAR}, today=OPENED)
    say(f"year opened, everybody enrolled: {time.perf_counter() - began:.1f} s; {city.memory()}")
    connection = await asyncpg.connect(city.dsn)
    await connection.execute("ANALYZE evaluation")
    await connection.close()
    await _looked_at(city, cycle["id"], "opened")
    began = time.perf_counter()
    drawn = await city.post("science_officer", f"/v1/evaluation-cycles/{cycle['id']}/draws")
    say(f"experts drawn for {drawn['assigned']} marks: {time.perf_counter() - began:.1f} s; {city.memory()}")
    connection = await asyncpg.connect(city.dsn)
    await connection.execute("ANALYZE")
    await _looked_at(city, cycle["id"], "drawn")
    await mark_all(connection, edition, cycle["id"])
    await connection.close()
    return str(cycle["id"])


async def _looked_at(city: City, cycle_id: str, stage: str) -> None:
    """What people open while the year is at this stage."""
    cycle = f"/v1/evaluation-cycles/{cycle_id}"
    say(f"{stage}:")
    for role in ("science_officer", "science_approver", "auditor"):
        await city.timed(f"tasks of {role}, {stage}", role, "/v1/tasks?limit=200")
    operator = (await city.rows("SELECT operator_code, id FROM known_centre ORDER BY no LIMIT 1"))[0]
    await city.timed(f"tasks of an operator, {stage}", "centre_operator", "/v1/tasks", org=operator["operator_code"])
    await city.timed(f"tasks of a division, {stage}", "division_officer", "/v1/tasks", division=REMOTE)
    await city.timed(f"progress, {stage}", "science_officer", f"{cycle}/progress?limit=200")
    await city.timed(f"progress, marks missing, {stage}", "science_officer", f"{cycle}/progress?missing=marks")
    await city.timed(f"progress, complete, {stage}", "science_officer", f"{cycle}/progress?complete=true")
    await city.timed(f"progress of a division, {stage}", "division_officer", f"{cycle}/progress", division=REMOTE)
    await city.timed(f"preview, {stage}", "auditor", f"{cycle}/preview")
    await city.timed(f"evaluations, {stage}", "auditor", f"/v1/evaluations?cycle_id={cycle_id}&limit=200")
    if stage != "opened":
        return
    centre = f"centre_id={operator['id']}&year={YEAR}"
    await city.timed(f"provisional, {stage}", "auditor", f"/v1/evaluations/provisional?{centre}")
    await city.timed(f"totals, {stage}", "auditor", f"/v1/quarterly-reports/totals?year={YEAR}")
    for table in ("city-table", "national-table"):
        await city.timed(f"{table}, {stage}", "auditor", f"/v1/quarterly-reports/{table}?year={YEAR}")
        say(f"  {city.memory()}")


async def _scored(city: City, edition: Edition, cycle_id: str, *, kill: bool, once: bool) -> None:
    path = f"/v1/evaluation-cycles/{cycle_id}/score"
    first = await _score(city, path, kill=kill)
    sheets = (await city.rows(SHEETS))[0]
    say(f"{sheets[0]} centres with a sheet, at most {sheets[1]} each; {first}")
    standing = await _standing(city, cycle_id)
    aggregate, writes = await bare_seconds(city.dsn, edition, cycle_id)
    both = aggregate + writes
    say(f"bare SQL: aggregate {aggregate:.2f} s, the same rows written {writes:.2f} s, together {both:.2f} s")
    if once:
        return
    began = time.perf_counter()
    await _score(city, path, kill=False)
    taken = time.perf_counter() - began
    say(f"the second time {taken:.1f} s: {taken / aggregate:.1f} × the aggregate, {taken / both:.1f} × both")
    same = "the same" if await _standing(city, cycle_id) == standing else "DIFFERENT"
    say(f"scores, grades, places, lines and lineage of both: {same}")
    await _looked_at(city, cycle_id, "scored")


async def _score(city: City, path: str, *, kill: bool) -> str:
    began = time.perf_counter()
    operation = await city.post("science_officer", path)
    say(f"scoring accepted after {time.perf_counter() - began:.1f} s")
    return await _followed(city, operation, began, kill=kill)


async def _followed(city: City, operation: Body, began: float, *, kill: bool) -> str:
    if kill:
        found, _ = await city.done(operation, halfway=True)
        city.suite.services["evaluation"].kill9()
        count = "SELECT count(*) FROM evaluation WHERE scored_by_operation = $1 OR status = 'published'"
        committed = (await city.rows(count, operation["id"].removeprefix("evaluation-")))[0][0]
        say(
            f"killed at {found['done']} of {found['total']} after {time.perf_counter() - began:.1f} s: {committed} done"
        )
        city.suite.services["evaluation"].start(60)
        began = time.perf_counter()
        said = await city.read(f"/v1/operations/{operation['id']}")
        say(f"after the restart it goes on at {said['done']} of {said['total']}")
    computed, before = city.cpu_seconds(), int((await city.read(f"/v1/operations/{operation['id']}"))["done"])
    found, waits = await city.done(operation)
    taken, computed = time.perf_counter() - began, city.cpu_seconds() - computed
    rate = f"{(found['total'] - before) / taken:.0f} centres/s"
    meanwhile = f"a list meanwhile: median {waits[len(waits) // 2] * 1000:.0f} ms, worst {waits[-1] * 1000:.0f} ms"
    used = f"{computed:.1f} s of processor; {city.memory()}"
    say(f"{found['kind']} {found['status']} after {taken:.1f} s ({rate}), {used}; {meanwhile}")
    return f"{found['result']}"


async def _standing(city: City, cycle_id: str) -> str:
    """A digest of everything that a scoring decides."""
    digest = hashlib.sha256()
    for row in await city.rows(STANDING, cycle_id):
        digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


async def _published(city: City, edition: Edition, cycle_id: str, *, kill: bool) -> None:
    cycle = f"/v1/evaluation-cycles/{cycle_id}"
    began = time.perf_counter()
    await city.post("science_officer", f"{cycle}/announce")
    say(f"announced: {time.perf_counter() - began:.1f} s")
    day = first_publication_day(notice_end(edition, SCORED).day) + timedelta(days=1)
    await city.post("science_approver", f"{cycle}/approve", today=day)
    await city.post("industry_approver", f"{cycle}/countersign", today=day)
    await city.timed("preview before the publication", "auditor", f"{cycle}/preview", today=day)
    began = time.perf_counter()
    body = {"document_no": "虚构发〔2020〕1号"}
    operation = await city.post("science_approver", f"{cycle}/publish", body, today=day)
    say(f"publication accepted after {time.perf_counter() - began:.1f} s")
    say(await _followed(city, operation, began, kill=kill))
    events = await city.rows(
        "SELECT count(*), count(DISTINCT aggregate_id) FROM event_log WHERE type = 'evaluation.result.published.v1'"
    )
    say(f"results told: {events[0][0]}, of {events[0][1]} centres")
    look, writes = await bare_publication_seconds(city.dsn, cycle_id)
    say(f"bare SQL of the publication: looked at {look:.2f} s, the same rows written {writes:.2f} s")
    await _looked_at(city, cycle_id, "published")


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the figures are what it is for


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--centres", type=int, default=16_000)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--publish", action="store_true")
    parser.add_argument("--once", action="store_true")
    chosen = parser.parse_args()
    asyncio.run(measure(chosen.centres, kill=chosen.kill, publish=chosen.publish, once=chosen.once))


if __name__ == "__main__":
    main()
