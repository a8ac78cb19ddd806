"""Large files: 202, progress, one transaction, and a process that is killed in the middle."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from services.registry.imports import carrying_out, usecases
from services.registry.imports.worker import run_waiting
from services.registry.operations.models import Operation
from shared.runtime import Runtime
from tests.registry.imports.files import Cell, as_csv, as_xlsx
from tests.registry.imports.test_enterprises import FIELDS, PATH, listed, row
from tests.registry.support import DAY, OPERATOR, Json, Registry, expect, refused
from tests.support.identifiers import make_uscc
from tests.support.postgres import Cluster
from tests.support.suite import Suite
from tests.support.tokens import bearer, internal_token
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows are many."""
    monkeypatch.setattr(usecases, "AT_ONCE", 2)


@pytest.fixture
def runtime(registry: Registry) -> Runtime:
    transport = registry.client._transport
    assert isinstance(transport, httpx.ASGITransport)
    runtime: Runtime = transport.app.state.runtime  # type: ignore[attr-defined]  # the app is ours
    return runtime


async def asked(registry: Registry, file: bytes, query: str = "") -> str:
    """The address of the operation."""
    response = await registry.officer.upload(PATH + query, file)
    operation = expect(response, 202)
    assert operation["status"] == "running"
    return str(response.headers["Location"])


async def read(registry: Registry, address: str) -> Json:
    return expect(await registry.officer.get(address), 200)


@pytest.mark.usefixtures("large")
async def test_a_large_file_is_carried_out_behind_the_request(registry: Registry, runtime: Runtime) -> None:
    address = await asked(registry, as_xlsx({"企业": [FIELDS, row(), row(), row()]}))
    assert await listed(registry) == []
    assert await run_waiting(runtime) == 1
    operation = await read(registry, address)
    assert (operation["status"], operation["done"], operation["errors"]) == ("done", operation["total"], [])
    assert operation["result"]["committed"]
    assert operation["result"]["inserted"] == 3
    assert len(await listed(registry)) == 3
    assert await run_waiting(runtime) == 0


@pytest.mark.usefixtures("large")
async def test_a_large_file_with_a_bad_row_fails_whole_and_lists_it_as_a_file_too(
    registry: Registry, runtime: Runtime
) -> None:
    address = await asked(registry, as_csv([FIELDS, row(), row(), row(registered_on="x")]))
    await run_waiting(runtime)
    operation = await read(registry, address)
    assert (operation["status"], operation["result"]["committed"], operation["result"]["refused"]) == (
        "failed",
        False,
        1,
    )
    assert [(p["row"], p["column"], p["value"]) for p in operation["errors"]] == [(4, "registered_on", "x")]
    assert await listed(registry) == []
    report = await registry.officer.export(f"{address}/problems", "text/csv")
    assert "registered_on" in report.text


@pytest.mark.usefixtures("large")
async def test_a_file_of_another_kind_fails_and_says_so(registry: Registry, runtime: Runtime) -> None:
    address = await asked(registry, as_csv([["amount"], ["1"], ["2"], ["3"]]))
    await run_waiting(runtime)
    operation = await read(registry, address)
    assert operation["status"] == "failed"
    assert [p["code"] for p in operation["errors"]] == ["import-columns-wrong"]
    assert "amount" in operation["errors"][0]["remedy"]


@pytest.mark.usefixtures("large")
async def test_an_operation_is_seen_by_who_asked_and_by_the_bureaus(registry: Registry, runtime: Runtime) -> None:
    file = as_csv([FIELDS, row(), row(), row()])
    operator = registry.caller("centre_operator", org=OPERATOR, account="who-asked")
    address = (await operator.upload(PATH, file)).headers["Location"]
    expect(await operator.get(address), 200)
    expect(await registry.auditor.get(address), 200)
    refused(await registry.stranger.get(address), 404, "not-found")
    refused(await registry.stranger.get(f"{address}/problems"), 404, "not-found")
    refused(await registry.public.get(address), 401, "unauthenticated")
    await run_waiting(runtime)


@pytest.mark.usefixtures("large")
async def test_nothing_stays_of_an_import_that_breaks_and_it_begins_again(
    registry: Registry, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = await asked(registry, as_csv([FIELDS, *(row() for _ in range(600))]))
    whole = carrying_out._apply
    calls = 0

    async def break_in_the_middle(*arguments: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 6:
            raise ConnectionError("the database is gone")
        await whole(*arguments)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(carrying_out, "_apply", break_in_the_middle)
    with pytest.raises(ConnectionError):
        await run_waiting(runtime)
    operation = await read(registry, address)
    assert operation["status"] == "running"
    assert 0 < operation["done"] < operation["total"]
    assert await listed(registry) == []
    await run_waiting(runtime)
    assert (await read(registry, address))["result"]["inserted"] == 600


@pytest.mark.usefixtures("large")
async def test_progress_is_streamed_until_the_end(registry: Registry, runtime: Runtime) -> None:
    address = await asked(registry, as_csv([FIELDS, row(), row(), row()]))
    working = asyncio.create_task(run_waiting(runtime))
    stream = await registry.officer.export(address, "text/event-stream")
    await working
    events = [json.loads(line.removeprefix("data: ")) for line in stream.text.splitlines() if line.startswith("data")]
    assert events[-1]["status"] == "done"


async def attempts(registry: Registry, change: int = 0) -> int:
    async with registry.db.transaction() as session:
        (operation,) = await session.scalars(select(Operation))
        operation.attempts += change
        return operation.attempts


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize(("died", "status", "codes"), [(2, "done", []), (3, "failed", ["operation-process-died"])])
async def test_an_operation_that_three_processes_died_of_is_given_up(
    registry: Registry, runtime: Runtime, died: int, status: str, codes: list[str]
) -> None:
    address = await asked(registry, as_csv([FIELDS, row(), row(), row()]))
    await attempts(registry, died)
    await run_waiting(runtime)
    operation = await read(registry, address)
    assert (operation["status"], [problem["code"] for problem in operation["errors"]]) == (status, codes)
    assert await run_waiting(runtime) == 0
    assert len(await listed(registry)) == (3 if status == "done" else 0)


@pytest.mark.usefixtures("large")
async def test_a_process_counts_once_and_not_when_it_is_stopped_in_order(
    registry: Registry, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asked(registry, as_csv([FIELDS, row(), row(), row()]))

    async def wait(*_: object) -> None:
        raise ConnectionError("the database is gone")

    monkeypatch.setattr(carrying_out, "_apply", wait)
    for _ in range(4):
        with pytest.raises(ConnectionError):
            await run_waiting(runtime)
    assert await attempts(registry) == 1

    begun = asyncio.Event()

    async def hang(*_: object) -> None:
        begun.set()
        await asyncio.sleep(60)

    monkeypatch.setattr(carrying_out, "_apply", hang)
    working = asyncio.create_task(run_waiting(runtime))
    await begun.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert await attempts(registry) == 0
    monkeypatch.undo()
    await run_waiting(runtime)


@pytest.mark.fault
async def test_a_killed_process_leaves_nothing_half_done_and_the_next_one_finishes(
    postgres: Cluster, tmp_path: Path
) -> None:
    """The real server, killed while its transaction is open; started again it begins anew."""
    count = 6_000
    rows: list[Sequence[Cell]] = [FIELDS, *(row(make_uscc(50_000 + number)) for number in range(count))]
    with Suite(postgres, tmp_path, only=("registry",)) as suite:
        process = suite.services["registry"]
        headers = bearer(internal_token(suite.keys, "registry", today=DAY))
        async with httpx.AsyncClient(base_url=process.url, headers=headers, timeout=120) as client:
            response = await client.post(PATH, content=as_xlsx({"企业": rows}))
            address = expect(response, 202)["id"]

            async def some_done() -> bool:
                operation = (await client.get(f"/v1/operations/{address}")).json()
                assert operation["status"] == "running"
                return 0 < int(operation["done"]) < count

            await eventually(some_done, 30, every=0.01)
        process.kill9()
        process.start()
        async with httpx.AsyncClient(base_url=process.url, headers=headers, timeout=120) as client:
            found = (await client.get(f"/v1/operations/{address}")).json()
            assert found["status"] == "running"
            assert (await client.get("/v1/enterprises")).json()["items"] == []

            async def done() -> Json:
                operation = (await client.get(f"/v1/operations/{address}")).json()
                assert operation["status"] == "done", operation
                return dict(operation)

            operation = await eventually(done, 60, every=0.2)
            assert (operation["result"]["inserted"], operation["result"]["refused"]) == (count, 0)
        database = suite.database_urls["registry"].rpartition("/")[2]
        counted = postgres.sql(
            "SELECT (SELECT count(*) FROM enterprise),"
            " (SELECT count(*) FROM event_log WHERE topic = 'registry.enterprise')",
            database=database,
        )
        assert counted.split() == [f"{count}|{count}"]
