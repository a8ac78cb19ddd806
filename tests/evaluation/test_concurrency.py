"""Two processes of the service on one database: publication asked for twice at once, raced, and killed midway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import TypeAlias
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from deploy.embedded.process import tail
from shared.ids import uuid7
from tests.evaluation.conftest import DEMO_POLICY
from tests.evaluation.known import fresh_code
from tests.evaluation.support import APPROVER, OFFICER, SECOND_APPROVER, WAITING_FOR_A_ROW
from tests.support.broker import Broker
from tests.support.postgres import Cluster, plain_dsn
from tests.support.service_process import ServiceProcess
from tests.support.tokens import Keys, bearer, internal_token
from tests.support.waiting import eventually, free_port

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

PUBLISHED = date(2020, 3, 2)
DOCUMENT = {"document_no": "虚构发〔2020〕1号"}
_STATUS = "UPDATE evaluation_cycle SET status = $2 WHERE id = $1"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Waiters: TypeAlias = Callable[[int], Awaitable[None]]


@pytest.fixture
def processes(
    postgres: Cluster, nats_server: Broker, keys: Keys, tmp_path: Path
) -> Iterator[tuple[str, list[ServiceProcess]]]:
    """The database's URL and two processes that are not started yet."""
    url = postgres.service_database("evaluation")
    env = {
        "SERVICE_NAME": "evaluation",
        "ENVIRONMENT": "test",
        "DATABASE_URL": url,
        "NATS_URL": nats_server.address,
        "NATS_USER": "evaluation",
        "NATS_PASSWORD": nats_server.users["evaluation"],
        "SIGNING_KEY_FILE": str(keys.private("evaluation")),
        "PUBLIC_KEYS_DIR": str(keys.public_dir),
        "BUSINESS_CLOCK": "simulated",
        "POLICY_DIR": str(DEMO_POLICY),
        "REGISTRY_URL": "http://127.0.0.1:9",
        "FINANCE_URL": "http://127.0.0.1:9",
        "VOUCHERS_URL": "http://127.0.0.1:9",
    }
    made = [
        ServiceProcess("services.evaluation.main:app", free_port(), env, log_file=tmp_path / f"{number}.log")
        for number in range(2)
    ]
    yield url, made
    for process in made:
        if process.running():
            process.terminate()
    postgres.drop_database(url)


async def _seed(url: str, centres: int, *, status: str = "countersigned") -> str:
    """A year of centres that all fail, signed by both bureaus; written as the service would have written it."""
    connection = await asyncpg.connect(plain_dsn(url))
    cycle = uuid7()
    signed = status == "countersigned"
    await connection.execute(
        "INSERT INTO evaluation_cycle (id, version, year, edition, status, opened_on, opened_by, scored_on, scored_by,"
        " announced_on, announced_by, notice_until, approved_on, approved_by, approved_bureau, countersigned_on,"
        " countersigned_by, countersigned_bureau) VALUES ($1, 1, 2019, 'lhasa-2019', $2, '2020-02-03', $3,"
        " '2020-02-03', $3, $4, $5, $6, $7, $8, $9, $7, $10, $11)",
        cycle,
        status,
        OFFICER,
        date(2020, 2, 4) if signed else None,
        OFFICER if signed else None,
        date(2020, 2, 11) if signed else None,
        date(2020, 2, 12) if signed else None,
        APPROVER if signed else None,
        "science" if signed else None,
        SECOND_APPROVER if signed else None,
        "industry" if signed else None,
    )
    known = [(uuid4(), f"CN-2019-{number:04d}", fresh_code()) for number in range(centres)]
    profile = "'standard', '540102', '540102', 1200"
    await connection.executemany(
        "INSERT INTO known_centre (id, version, no, name, status, operator_code, operator_name, tier, owner_division,"
        f" site_division, total_area_m2, listed_on) VALUES ($1, 1, $2, $2, 'listed', $3, $3, {profile}, '2019-01-02')",
        known,
    )
    await connection.executemany(
        "INSERT INTO known_centre_state"
        " (centre_id, version, event_id, effective_on, operator_code, operator_name, tier,"
        f" owner_division, site_division, total_area_m2) VALUES ($1, 1, $1, '2019-01-02', $2, $2, {profile})",
        [(centre, code) for centre, _, code in known],
    )
    await connection.executemany(
        "INSERT INTO evaluation (id, version, no, cycle_id, centre_id, year, edition, operator_code, tier,"
        " owner_division, site_division, total_area_m2, listed_on, status, exempt, score, grade, failing, vetoed)"
        f" VALUES ($1, 1, $2, $3, $4, 2019, 'lhasa-2019', $5, {profile}, '2019-01-02', 'scored', false, 12, 'fail',"
        " true, true)",
        [(uuid7(), f"EV-{no}", cycle, centre, code) for centre, no, code in known],
    )
    await connection.close()
    return str(cycle)


def _headers(keys: Keys, role: str, account: str) -> dict[str, str]:
    return bearer(internal_token(keys, "evaluation", [role], account_id=account, today=PUBLISHED))


async def _publish(process: ServiceProcess, keys: Keys, cycle: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=process.url, timeout=60) as client:
        headers = _headers(keys, "science_approver", APPROVER)
        answer = await client.post(f"/v1/evaluation-cycles/{cycle}/publish", json=DOCUMENT, headers=headers)
        assert answer.status_code == 202, f"{answer.text}\n{tail(process.log_file, 40)}"
        return answer


async def _finished(process: ServiceProcess, keys: Keys, location: str) -> dict[str, object]:
    async with httpx.AsyncClient(base_url=process.url) as client:

        async def done() -> dict[str, object] | None:
            answer = await client.get(location, headers=_headers(keys, "auditor", "auditor"))
            body: dict[str, object] = answer.json()
            return body if body["status"] == "done" else None

        found = await eventually(done, 60)
    assert found is not None
    return found


async def _numbers(url: str) -> dict[str, int]:
    """What must be there exactly once for each centre."""
    connection = await asyncpg.connect(plain_dsn(url))
    row = await connection.fetchrow(
        "SELECT (SELECT count(*) FROM evaluation WHERE status = 'published') AS published,"
        " (SELECT count(*) FROM event_log WHERE type = 'evaluation.result.published.v1') AS results,"
        " (SELECT count(DISTINCT aggregate_id) FROM event_log"
        "   WHERE type = 'evaluation.result.published.v1') AS centres,"
        " (SELECT count(*) FROM rectification) AS orders,"
        " (SELECT count(*) FROM event_log WHERE type = 'evaluation.rectification.ordered.v1') AS ordered,"
        " (SELECT count(*) FROM circular) AS circulars,"
        " (SELECT count(*) FROM circular_line) AS lines,"
        " (SELECT count(*) FROM event_log WHERE type = 'evaluation.cycle.published.v1') AS completed,"
        " (SELECT count(*) FROM operation WHERE kind = 'publish') AS operations"
    )
    await connection.close()
    assert row is not None
    return dict(row)


def _once_each(centres: int) -> dict[str, int]:
    many = dict.fromkeys(("published", "results", "centres", "orders", "ordered", "lines"), centres)
    return {**many, "circulars": 1, "completed": 1, "operations": 1}


async def test_publication_asked_for_of_two_processes_at_once_happens_once(
    processes: tuple[str, list[ServiceProcess]], keys: Keys
) -> None:
    url, (one, other) = processes
    cycle = await _seed(url, 30)
    await _ready(one, other)
    answers = await asyncio.gather(*(_publish(process, keys, cycle) for process in (one, other) * 10))
    (location,) = {answer.headers["Location"] for answer in answers}
    done = await _finished(other, keys, location)
    assert (done["done"], done["total"], done["errors"]) == (30, 30, [])
    assert await _numbers(url) == _once_each(30)


async def test_publication_killed_midway_resumes_and_every_centre_has_exactly_one_result(
    processes: tuple[str, list[ServiceProcess]], keys: Keys
) -> None:
    url, (first, second) = processes
    centres = 150
    cycle = await _seed(url, centres)
    first.start(60)
    location = (await _publish(first, keys, cycle)).headers["Location"]

    async def some() -> bool:
        return (await _numbers(url))["published"] >= 20

    await eventually(some, 30, every=0.005)
    first.kill9()
    before = await _numbers(url)
    assert 20 <= before["published"] < centres
    assert before["results"] == before["orders"] == before["ordered"] == before["published"]
    assert before["circulars"] == 0
    second.start(60)
    done = await _finished(second, keys, location)
    assert (done["done"], done["total"], done["errors"]) == (centres, centres, [])
    assert await _numbers(url) == _once_each(centres)


async def _ready(*processes: ServiceProcess) -> None:
    for process in processes:
        process.start(wait=False)
    for process in processes:
        process.wait_ready(60)


@asynccontextmanager
async def _row_held(url: str, cycle: str) -> AsyncIterator[tuple[Connection, Waiters]]:
    """The cycle's row, locked by somebody else until the end of the block, when what was changed with it is committed;
    and a way to wait until so many sessions wait for the row, one behind the other."""
    connection, watch = await asyncpg.connect(plain_dsn(url)), await asyncpg.connect(plain_dsn(url))

    async def waiting(count: int) -> None:
        async def queued() -> bool:
            return bool(await watch.fetchval(WAITING_FOR_A_ROW) == count)

        await eventually(queued, 60)

    try:
        async with connection.transaction():
            await connection.execute("SELECT FROM evaluation_cycle WHERE id = $1 FOR UPDATE", UUID(cycle))
            yield connection, waiting
    finally:
        await connection.close()
        await watch.close()


async def _step(process: ServiceProcess, keys: Keys, cycle: str, verb: str) -> int:
    """An officer's step of the cycle; the answer's status."""
    async with httpx.AsyncClient(base_url=process.url, timeout=60) as client:
        headers = _headers(keys, "science_officer", OFFICER)
        answer = await client.post(f"/v1/evaluation-cycles/{cycle}/{verb}", json={}, headers=headers)
        return answer.status_code


async def _told(url: str, *steps: str) -> list[int]:
    """How often the cycle's events tell of each step."""
    connection = await asyncpg.connect(plain_dsn(url))
    query = "SELECT count(*) FROM event_log WHERE type = 'evaluation.cycle.' || $1 || '.v1'"
    counted = [await connection.fetchval(query, step) for step in steps]
    await connection.close()
    return counted


@pytest.mark.parametrize(("first", "then", "status"), [("score", "announce", 202), ("announce", "score", 200)])
async def test_announcement_and_scoring_exclude_each_other(
    processes: tuple[str, list[ServiceProcess]], keys: Keys, first: str, then: str, status: int
) -> None:
    """No score moves once the results are on public notice: of two at the same moment only the first one happens."""
    url, (one, other) = processes
    for process in (one, other):
        process.env["WORKERS_ENABLED"] = "false"
    cycle = await _seed(url, 5, status="scored")
    await _ready(one, other)
    async with _row_held(url, cycle) as (_, waiting):
        earlier = asyncio.create_task(_step(one, keys, cycle, first))
        await waiting(1)
        later = asyncio.create_task(_step(other, keys, cycle, then))
        await waiting(2)
    assert (await earlier, await later) == (status, 409)
    assert await _told(url, "scoring_begun", "announced") == [int(first == "score"), int(first == "announce")]


async def test_publication_and_scoring_exclude_each_other(
    processes: tuple[str, list[ServiceProcess]], keys: Keys
) -> None:
    """Both arrive while the last signature is being given, at a year that was only scored when they came: publication
    sees the signature and goes on, and no score of the signed year is computed again."""
    url, (one, other) = processes
    cycle = await _seed(url, 5)
    await _ready(one, other)
    async with _row_held(url, cycle) as (signing, _):
        await signing.execute(_STATUS, UUID(cycle), "scored")
    async with _row_held(url, cycle) as (signing, waiting):
        published = asyncio.create_task(_publish(one, keys, cycle))
        await waiting(1)
        scored = asyncio.create_task(_step(other, keys, cycle, "score"))
        await waiting(2)
        await signing.execute(_STATUS, UUID(cycle), "countersigned")
    answer = await published
    assert await scored == 409
    assert (await _finished(one, keys, answer.headers["Location"]))["errors"] == []
    assert await _numbers(url) == _once_each(5)
    assert await _told(url, "scoring_begun", "scored", "publication_begun", "published") == [0, 0, 1, 1]
