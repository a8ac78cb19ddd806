"""How long a large import takes and what it needs: `python -m tests.bench.imports 100000`; `--kill` kills it halfway,
`--kind tenancies` takes another kind (with what it rests on, imported before it).

Starts one registry with durable storage, uploads that many rows as one .xlsx and prints the time from the upload to the
end, the peak memory (VmHWM) of the process that did it, how slow other requests were meanwhile, and how long somebody
waited who locks all centres and their operators, as a delisting locks its own.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import xlsxwriter

from tests.registry.support import DAY
from tests.support.identifiers import make_uscc
from tests.support.postgres import Cluster, plain_dsn
from tests.support.suite import Suite
from tests.support.tokens import Keys, bearer, internal_token

MEBIBYTE: Final = 1024 * 1024
EARLIER: Final = "centres-before-2019"
CENTRES: Final = 60
BAR: Final = "SELECT pg_advisory_xact_lock(hashtextextended(code, 4754)) FROM unnest($1::text[]) AS code ORDER BY code"
Cells = Sequence[str]

PROFILE: Final = (
    "name",
    "operator_code",
    "operator_name",
    "service_kinds",
    "tier",
    "owner_division",
    "site_division",
    "total_area_m2",
    "incubation_area_m2",
)
TITLES: Final = ("maker_space", "entrepreneurship_base", "tech_incubator", "commerce_cluster")


def enterprises(count: int) -> Iterator[Cells]:
    yield ("code", "name", "industry_code", "division", "registered_on", "graduate_founder", "registered_address")
    for number in range(count):
        name = f"拉萨虚构科技第{number}有限公司"
        address = f"西藏自治区拉萨市城关区虚构路{number}号"
        yield make_uscc(100_000 + number), name, "I6510", "540102 城关区", "2018-12-03", "否", address


def centres(count: int) -> Iterator[Cells]:
    yield PROFILE
    for number in range(count):
        yield _profile(number)


def earlier_centres(count: int) -> Iterator[Cells]:
    yield (*PROFILE, "listed_on", "document_no")
    for number in range(count):
        yield *_profile(number), "2018-06-01", "拉科发〔2018〕12号"


def _profile(number: int) -> Cells:
    operator = make_uscc(number)
    kind = "innovation_entrepreneurship"
    return (
        f"虚构中心{number}",
        operator,
        f"虚构运营{number}",
        kind,
        "standard",
        "540102",
        "540102",
        "3200.00",
        "2400.00",
    )


def tenancies(count: int) -> Iterator[Cells]:
    yield ("centre_no", "enterprise_code", "agreement_no", "admitted_on", "filed_on")
    for number in range(count):
        centre = f"CE-2019-{number % CENTRES + 1:04d}"
        yield centre, make_uscc(100_000 + number), f"RZ-{number}", "2019-06-01", "2019-06-02"


def titles(count: int) -> Iterator[Cells]:
    yield ("centre_no", "kind")
    for number in range(count):
        yield f"CE-2019-{number // 4 + 1:04d}", TITLES[number % 4]


def carriers(count: int) -> Iterator[Cells]:
    yield ("kind", "name", "division", "centre_no", "linked_on")
    for number in range(count):
        centre = f"CE-2019-{number % CENTRES + 1:04d}"
        yield "maker_space", f"虚构众创空间{number}", "540102", centre, "2019-03-01"


ROWS: Final = {
    "enterprises": enterprises,
    "centres": centres,
    EARLIER: earlier_centres,
    "tenancies": tenancies,
    "titles": titles,
    "carriers": carriers,
}


def before(kind: str, count: int) -> Sequence[tuple[str, int]]:
    """What a file of the kind rests on."""
    return {
        "tenancies": [(EARLIER, CENTRES), ("enterprises", count)],
        "titles": [(EARLIER, (count + 3) // 4)],
        "carriers": [(EARLIER, CENTRES)],
    }.get(kind, [])


def write_file(path: Path, kind: str, count: int) -> None:
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("数据")
    for number, row in enumerate(ROWS[kind](count)):
        sheet.write_row(number, 0, row)
    book.close()


def peak_mebibytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


class Watch:
    """What others feel while the import runs."""

    def __init__(self, url: str, keys: Keys, database: str) -> None:
        self._url = url
        self._keys = keys
        self._database = database
        self.taken: list[float] = []
        self.waited: list[float] = []

    def client(self, role: str = "science_officer") -> httpx.AsyncClient:
        token = internal_token(self._keys, "registry", (role,), account_id=f"bench-{role}", today=DAY)
        return httpx.AsyncClient(base_url=self._url, headers=bearer(token), timeout=120)

    async def until_done(self, operation: str, *, halfway: bool = False) -> dict[str, object]:
        while True:
            async with self.client() as client:
                for _ in range(50):
                    began = time.perf_counter()
                    await client.get("/v1/centres", params={"limit": "10"})
                    self.taken.append(time.perf_counter() - began)
                    found: dict[str, object] = (await client.get(f"/v1/operations/{operation}")).json()
                    done, total = int(str(found["done"])), int(str(found["total"]))
                    if found["status"] != "running" or (halfway and done * 2 > total):
                        return found
                    await asyncio.sleep(0.1)

    @asynccontextmanager
    async def locking(self):  # type: ignore[no-untyped-def]  # an async generator
        """Locks all centres and their first operators again and again, as a delisting does with its own."""

        async def lock() -> None:
            connection = await asyncpg.connect(plain_dsn(self._database))
            try:
                while True:
                    began = time.perf_counter()
                    async with connection.transaction():
                        await connection.execute(BAR, [make_uscc(number) for number in range(CENTRES)])
                        await connection.execute("SELECT id FROM centre ORDER BY id FOR UPDATE")
                    self.waited.append(time.perf_counter() - began)
                    await asyncio.sleep(0.05)
            finally:
                await connection.close()

        task = asyncio.create_task(lock())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, asyncpg.PostgresError, OSError):
                await task


async def measure(kind: str, count: int, *, kill: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="mc-bench-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder) / "pg", durable=True)
        try:
            with Suite(cluster, Path(folder), only=("registry",)) as suite:
                await _run(suite, Path(folder), kind, count, kill=kill)
        finally:
            cluster.stop()


async def _run(suite: Suite, folder: Path, kind: str, count: int, *, kill: bool) -> None:
    process = suite.services["registry"]

    def watch() -> Watch:
        return Watch(process.url, suite.keys, suite.database_urls["registry"])

    for first, rows in before(kind, count):
        found = await _import(watch(), folder, first, rows)
        say(f"first: {rows} {first}: {found['status']}")
    if count <= 300 and kind != EARLIER:
        raise SystemExit("files of up to 300 rows are answered at once")
    say(f"before: peak {peak_mebibytes(process.pid):.0f} MiB")
    watched = watch()
    began = time.perf_counter()
    operation = await _upload(watched, folder, kind, count)
    say(f"accepted after {time.perf_counter() - began:.1f} s")
    if kill:
        found = await watched.until_done(operation, halfway=True)
        say(f"killed at {found['done']} of {found['total']}, {time.perf_counter() - began:.1f} s")
        process.kill9()
        process.start()
        watched = watch()
        async with watched.client() as client:
            listed = (await client.get(f"/v1/{kind}")).json()["items"]
        say(f"after the restart: {len(listed)} {kind} on record")
        began = time.perf_counter()
    async with watched.locking():
        found = await watched.until_done(operation)
        if kind == EARLIER:
            found = await _approved(watched, operation)
    taken, waited = sorted(watched.taken), sorted(watched.waited)
    say(
        f"{found['status']} after {time.perf_counter() - began:.1f} s: {found['result']}\n"
        f"peak {peak_mebibytes(process.pid):.0f} MiB; a list meanwhile: median {taken[len(taken) // 2] * 1000:.0f} ms,"
        f" p99 {taken[int(len(taken) * 0.99)] * 1000:.0f} ms, worst {taken[-1] * 1000:.0f} ms\n"
        f"who locks all centres waited {waited[-1] * 1000:.0f} ms at worst, {waited[len(waited) // 2] * 1000:.0f} ms at"
        f" the median of {len(waited)}"
    )


async def _import(watch: Watch, folder: Path, kind: str, count: int) -> dict[str, object]:
    operation = await _upload(watch, folder, kind, count)
    found = await watch.until_done(operation)
    return await _approved(watch, operation) if kind == EARLIER else found


async def _upload(watch: Watch, folder: Path, kind: str, count: int) -> str:
    file = folder / f"{kind}.xlsx"
    write_file(file, kind, count)
    say(f"{count} rows of {kind}, {file.stat().st_size / MEBIBYTE:.1f} MiB as .xlsx")
    async with watch.client() as client:
        response = await client.post(f"/v1/imports/{kind}", content=await asyncio.to_thread(file.read_bytes))
    response.raise_for_status()
    return str(response.json()["id"])


async def _approved(watch: Watch, operation: str) -> dict[str, object]:
    path = f"/v1/imports/{EARLIER}/{operation.removeprefix('registry-')}/approve"
    async with watch.client("science_approver") as client:
        response = await client.post(path)
    response.raise_for_status()
    return await watch.until_done(response.json()["id"])


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the figures are what it is for


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=100_000)
    parser.add_argument("--kind", choices=list(ROWS), default="enterprises")
    parser.add_argument("--kill", action="store_true")
    chosen = parser.parse_args()
    asyncio.run(measure(chosen.kind, chosen.count, kill=chosen.kill))


if __name__ == "__main__":
    main()
