"""A gateway that dies, a database that is away: what is lost is told, and what must not go out does not."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from httpx import AsyncClient

from gateway.audit.ledger import FLUSH_SECONDS
from shared.db import Database
from tests.gateway.audit.conftest import Record
from tests.gateway.conftest import Hire, World
from tests.support.postgres import Cluster
from tests.support.service_process import ServiceProcess

CENTRES = "/v1/centres/1"


@pytest.fixture
def another(world: World, environment: dict[str, str], tmp_path: Path) -> Iterator[ServiceProcess]:
    """A second gateway process on the same database, which may die."""
    from tests.support.waiting import free_port

    env = {**environment, "DATABASE_URL": world.database_url, "REGISTRY_URL": world.upstream.url}
    env["AUDIT_HEADS_DIR"] = str(tmp_path / "heads")
    process = ServiceProcess("gateway.main:app", free_port(), env, log_file=tmp_path / "another.log").start()
    yield process
    process.terminate()


@pytest.fixture
async def to_another(another: ServiceProcess) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(base_url=another.url, timeout=120) as http:
        yield http


async def test_a_killed_process_loses_two_seconds_of_counts_and_no_entry(
    another: ServiceProcess, to_another: AsyncClient, hire: Hire, record: Record
) -> None:
    person = await hire("audited-unlucky", "science_officer")
    for _ in range(3):
        await to_another.get(f"{CENTRES}?refuse=403&code=before", headers=person.headers)
    await asyncio.sleep(FLUSH_SECONDS + 1.5)
    for _ in range(3):
        await to_another.get(f"{CENTRES}?refuse=403&code=after", headers=person.headers)
    file = await to_another.get(CENTRES, headers={**person.headers, "Accept": "text/csv"})
    alone = await to_another.post("/v1/qualifications/1/revoke?refuse=403", headers=person.headers)
    another.kill9()
    assert (file.status_code, alone.status_code) == (200, 403)

    kept = [one for one in await record.tallies("request_refused") if one["account_id"] == str(person.id)]
    kept += [
        one
        for one in await record.entries("request_refused")
        if one["account_id"] == str(person.id) and not one["sensitive"]
    ]
    assert sum(one["count"] for one in kept if one["code"] == "before") == 3
    assert [one["kind"] for one in await record.entries("data_exported") if one["actor"] == str(person.id)] == ["file"]
    assert [one["status"] for one in await record.entries("request_refused") if one["actor"] == str(person.id)] == [403]

    found = await record.until(lambda: record.entries("entries_missed"), lambda found: len(found) >= 1, 50)
    assert {one["cause"] for one in found} == {"process_lost"}


async def test_a_process_that_ends_in_order_loses_nothing(
    another: ServiceProcess, to_another: AsyncClient, hire: Hire, record: Record
) -> None:
    person = await hire("audited-orderly", "science_officer")
    await to_another.get(f"{CENTRES}?refuse=403&code=last-words", headers=person.headers)
    another.terminate()
    kept = [one for one in await record.tallies("request_refused") if one["account_id"] == str(person.id)]
    assert [(one["code"], one["count"]) for one in kept] == [("last-words", 1)]


async def test_counts_become_chained_entries_once_their_while_is_over(
    client: AsyncClient, hire: Hire, record: Record
) -> None:
    person = await hire("audited-closed", "science_officer")
    for _ in range(2):
        await client.get(f"{CENTRES}?refuse=403&code=to-close", headers=person.headers)

    async def tallied() -> list[dict[str, object]]:
        return [one for one in await record.tallies("request_refused") if one["account_id"] == str(person.id)]

    await record.until(tallied, lambda found: len(found) >= 1)
    await record.do(
        "UPDATE audit_tally SET opens_at = opens_at - interval '1 hour', closes_at = closes_at - interval '1 hour'"
        f" WHERE what->>'account_id' = '{person.id}'"
    )

    async def closed() -> list[dict[str, object]]:
        return [one for one in await record.entries("request_refused") if one["account_id"] == str(person.id)]

    entries = await record.until(closed, lambda found: sum(int(str(one["count"])) for one in found) == 2)
    assert {one["code"] for one in entries} == {"to-close"}
    assert all(str(one["from_at"]) < str(one["until_at"]) for one in entries)


async def test_with_the_database_away_files_stay_and_the_rest_goes_on(
    postgres: Cluster, world: World, client: AsyncClient, hire: Hire, record: Record, db: Database
) -> None:
    person = await hire("audited-away", "science_officer")
    assert (await client.get(CENTRES, headers=person.headers)).status_code == 200
    name = world.database_url.rpartition("/")[2]
    await db.engine.dispose()
    table = "audit_entry"
    hidden = f"ALTER TABLE {table} RENAME TO {table}_away"
    # Only the audit's own tables: who the caller is has to be read from the same database.
    postgres.sql(hidden, database=name)
    try:
        file = await client.get(CENTRES, headers={**person.headers, "Accept": "text/csv"})
        shown = await client.post("/v1/persons/1/reveal", json={}, headers=person.headers)
        listed = await client.get(CENTRES, headers=person.headers)
        public = await client.get(CENTRES, headers={"Accept": "text/csv"})
        refused = await client.post("/v1/qualifications/1/revoke?refuse=403", headers=person.headers)
    finally:
        postgres.sql(f"ALTER TABLE {table}_away RENAME TO {table}", database=name)
    assert (file.status_code, file.json()["code"], file.headers["retry-after"]) == (503, "audit-unavailable", "5")
    assert shown.status_code == 503
    assert b"a,b" not in file.content
    assert (listed.status_code, public.status_code, refused.status_code) == (200, 200, 403)

    async def gap() -> list[dict[str, object]]:
        return [one for one in await record.entries("entries_missed") if one["cause"] == "database_away"]

    (entry,) = await record.until(gap, lambda found: len(found) == 1, 20)
    assert entry["turned_away"] == 2
    assert str(entry["from_at"]) < str(entry["until_at"])

    async def counted() -> list[dict[str, object]]:
        found = await record.tallies("request_refused")
        return [one for one in found if one["account_id"] == str(person.id) and one["status"] == 403]

    assert (await record.until(counted, lambda found: len(found) == 1))[0]["sensitive"] is True


async def test_an_entry_is_never_changed_nor_removed(record: Record, client: AsyncClient, hire: Hire) -> None:
    person = await hire("audited-forever", "science_officer")
    await client.post("/v1/qualifications/1/revoke?refuse=403", headers=person.headers)
    for statement in ("DELETE FROM audit_entry", "UPDATE audit_entry SET code = 'x'", "TRUNCATE audit_entry"):
        with pytest.raises(Exception, match=r"append-only|permission denied"):
            await record.do(statement)


async def test_metrics_tell_what_waits_and_how_old_the_heads_are(world: World, client: AsyncClient) -> None:
    deadline = time.monotonic() + 15
    while True:
        text = (await client.get("/metrics")).text
        if "mengchuang_audit_head_age_seconds" in text and "mengchuang_audit_waiting" in text:
            break
        assert time.monotonic() < deadline
        await asyncio.sleep(0.3)


async def test_heads_are_written_at_the_start_and_at_the_end(
    world: World, environment: dict[str, str], postgres: Cluster, tmp_path: Path
) -> None:
    from tests.support.waiting import free_port

    url = postgres.service_database("gateway")
    heads = tmp_path / "heads"
    copy = tmp_path / "copy"
    env = {**environment, "DATABASE_URL": url, "AUDIT_HEADS_DIR": str(heads), "AUDIT_HEADS_COPY_DIR": str(copy)}
    gateway = ServiceProcess("gateway.main:app", free_port(), env, log_file=tmp_path / "gateway.log").start()
    database = Database(url, pool_size=1)
    try:
        from tests.gateway.audit.books import entries_of

        await entries_of(database, 3)
        async with AsyncClient(base_url=gateway.url, timeout=120) as http:
            assert (await http.get("/healthz")).status_code == 200
        await asyncio.sleep(3)
        gateway.terminate()
        lines = [json.loads(line) for line in (heads / "heads.jsonl").read_text().splitlines()]
        stops = [line for line in lines if line["occasion"] == "stop" and line["topic"] == "gateway.audit"]
        assert [line["position"] for line in stops] == [3]
        assert (copy / "heads.jsonl").read_bytes() == (heads / "heads.jsonl").read_bytes()
        assert (heads / "heads.jsonl").stat().st_mode & 0o777 == 0o600
    finally:
        gateway.terminate()
        await database.close()
        postgres.drop_database(url)
