"""How long a large import takes and what it needs: `python -m tests.bench.imports 100000`; `--kill` kills it halfway.

Starts one registry with durable storage, uploads that many enterprises as one .xlsx and prints the time from the upload
to the end, the peak memory (VmHWM) of the process that did it, and how slow other requests were meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

import httpx
import xlsxwriter

from tests.registry.support import DAY
from tests.support.identifiers import make_uscc
from tests.support.postgres import Cluster
from tests.support.suite import Suite
from tests.support.tokens import Keys, bearer, internal_token

PATH = "/v1/imports/enterprises"
FIELDS = ("code", "name", "industry_code", "division", "registered_on", "graduate_founder", "registered_address")
MEBIBYTE = 1024 * 1024


def write_file(path: Path, count: int) -> None:
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("企业")
    sheet.write_row(0, 0, FIELDS)
    for number in range(count):
        name = f"拉萨虚构科技第{number}有限公司"
        address = f"西藏自治区拉萨市城关区虚构路{number}号"
        row = (make_uscc(100_000 + number), name, "I6510", "540102 城关区", "2018-12-03", "否", address)
        sheet.write_row(number + 1, 0, row)
    book.close()


def peak_mebibytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


class Watch:
    """What other requests feel while the import runs."""

    def __init__(self, url: str, keys: Keys) -> None:
        self._url = url
        self._keys = keys
        self.taken: list[float] = []

    def client(self) -> httpx.AsyncClient:
        headers = bearer(internal_token(self._keys, "registry", today=DAY))
        return httpx.AsyncClient(base_url=self._url, headers=headers, timeout=120)

    async def until_done(self, operation: str, *, halfway: bool = False) -> dict[str, object]:
        while True:
            async with self.client() as client:
                for _ in range(50):
                    began = time.perf_counter()
                    await client.get("/v1/centres")
                    self.taken.append(time.perf_counter() - began)
                    found: dict[str, object] = (await client.get(f"/v1/operations/{operation}")).json()
                    done, total = int(str(found["done"])), int(str(found["total"]))
                    if found["status"] != "running" or (halfway and done * 2 > total):
                        return found
                    await asyncio.sleep(0.1)


async def measure(count: int, *, kill: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="mc-bench-", ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "enterprises.xlsx"
        write_file(file, count)
        say(f"{count} rows, {file.stat().st_size / MEBIBYTE:.1f} MiB as .xlsx")
        cluster = Cluster(Path(folder) / "pg", durable=True)
        try:
            with Suite(cluster, Path(folder), only=("registry",)) as suite:
                await _run(suite, file, kill=kill)
        finally:
            cluster.stop()


async def _run(suite: Suite, file: Path, *, kill: bool) -> None:
    process = suite.services["registry"]
    watch = Watch(process.url, suite.keys)
    say(f"before: peak {peak_mebibytes(process.pid):.0f} MiB")
    began = time.perf_counter()
    async with watch.client() as client:
        response = await client.post(PATH, content=await asyncio.to_thread(file.read_bytes))
    response.raise_for_status()
    operation = response.json()["id"]
    say(f"accepted after {time.perf_counter() - began:.1f} s")
    if kill:
        found = await watch.until_done(operation, halfway=True)
        say(f"killed at {found['done']} of {found['total']}, {time.perf_counter() - began:.1f} s")
        process.kill9()
        process.start()
        async with watch.client() as client:
            listed = (await client.get("/v1/enterprises")).json()["items"]
        say(f"after the restart: {len(listed)} enterprises on record")
        began = time.perf_counter()
    found = await watch.until_done(operation)
    taken = sorted(watch.taken)
    say(
        f"{found['status']} after {time.perf_counter() - began:.1f} s: {found['result']}\n"
        f"peak {peak_mebibytes(process.pid):.0f} MiB; a list meanwhile: median {taken[len(taken) // 2] * 1000:.0f} ms,"
        f" p99 {taken[int(len(taken) * 0.99)] * 1000:.0f} ms, worst {taken[-1] * 1000:.0f} ms"
    )


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the figures are what it is for


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=100_000)
    parser.add_argument("--kill", action="store_true")
    chosen = parser.parse_args()
    asyncio.run(measure(chosen.count, kill=chosen.kill))


if __name__ == "__main__":
    main()
