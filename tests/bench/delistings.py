"""How long it takes from a publication until its delisting case is complete: `python -m tests.bench.delistings 60`.

Runs the whole suite with durable storage, delists that many centres one after the other through the gateway and prints
the median, the 99th percentile and the worst, as the cases themselves record them.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from tests.e2e.city import Body, City, Person
from tests.support.postgres import Cluster
from tests.support.suite import Suite

POLICY = Path(__file__).parents[2] / "deploy" / "demo" / "policy"
PUBLISHED = "2021-03-01"
PROCEDURE_DAYS = ("2021-01-20", "2021-02-05", "2021-02-08", "2021-02-22", "2021-02-23")
CLIENTS = 4


async def prepare(city: City, count: int) -> tuple[str, list[Body]]:
    """That many centres with a title each, failed in 2019 and about to fail in 2020; the cycle and the cases."""
    gate = asyncio.Semaphore(CLIENTS)

    async def centre(number: int) -> None:
        async with gate:
            code = city.code()
            operator: Person = await city.enrol(f"operator{number}", ["centre_operator"], org=code)
            made = await city.listed_centre(f"虚构中心{number}", operator, code)
            await city.title(operator, made, "maker_space")
            await city.grant(operator, made, "2020-06-01", "80000.00", paid=False)

    await asyncio.gather(*(centre(number) for number in range(count)))
    first = await city.score(2019, "2020-02-03")
    await city.announce(first, "2020-02-04")
    await city.publish(first, "2020-03-02")
    second = await city.score(2020, "2021-01-18")
    await city.announce(second, "2021-01-19")
    listed = await city.people["auditor"].get("/v1/delistings?limit=200", PUBLISHED)
    return second, listed["items"]


async def delist(city: City, case: Body) -> Body:
    """Complete one case's procedure and publish its result; the case once every service has confirmed."""
    await city.procedure(str(case["id"]), PROCEDURE_DAYS)
    await city.people["science_approver"].post(f"/v1/evaluations/{case['evaluation_id']}/publish", PUBLISHED)
    return await city.completed(str(case["id"]), PUBLISHED)


async def measure(count: int) -> list[float]:
    """Milliseconds from publication to completion, case by case."""
    with tempfile.TemporaryDirectory(prefix="mc-bench-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder) / "pg", durable=True)
        try:
            with Suite(cluster, Path(folder), policy_dir=POLICY, sync_always=True) as suite:
                async with City(suite) as city:
                    cycle, cases = await prepare(city, count)
                    # Their procedure is not complete: this publishes the year and passes them over.
                    await city.publish(cycle, PUBLISHED, basis="虚构发〔2021〕3号")
                    ended = [await delist(city, case) for case in cases]
        finally:
            cluster.stop()
    return [
        (datetime.fromisoformat(case["completed_at"]) - datetime.fromisoformat(case["published_at"])).total_seconds()
        * 1000
        for case in ended
    ]


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    taken = sorted(asyncio.run(measure(count)))
    p99 = taken[min(len(taken) - 1, round(0.99 * len(taken)))]
    print(  # noqa: T201 - the figures are what it is for
        f"{len(taken)} delistings: median {statistics.median(taken):.0f} ms, p99 {p99:.0f} ms, worst {taken[-1]:.0f} ms"
    )


if __name__ == "__main__":
    main()
