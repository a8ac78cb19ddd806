"""Stays by sets: the rules of the single requests, and centres that are held only at the file's end."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import update

from services.registry.consumers import carry_out_decided
from services.registry.enterprises.models import Enterprise
from services.registry.imports import stays, usecases
from services.registry.imports.at_the_end import breathing
from services.registry.imports.rows import Carrying, Overtaken, Row, Tally, Work
from services.registry.imports.tenancies import TENANCIES
from services.registry.imports.worker import run_waiting
from services.registry.policy import loaded_editions
from services.registry.tenancies.models import Tenancy
from shared.runtime import Runtime
from tests.registry.imports.files import Cell, as_xlsx
from tests.registry.imports.test_kinds import codes, runtime, table
from tests.registry.support import DAY, STRANGER, Json, Registry, decided, expect, fresh_code
from tests.registry.test_delisting import events
from tests.registry.test_locks import OFFICER, delisting

__all__ = ["runtime"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/imports/tenancies"


async def stay(registry: Registry, centre: Json, **changes: Cell) -> dict[str, Cell]:
    """A row, with an enterprise that is on record."""
    row: dict[str, Cell] = {
        "centre_no": centre["no"],
        "enterprise_code": fresh_code(),
        "agreement_no": "RZ-1",
        "admitted_on": "2019-06-01",
        "filed_on": None,
        **changes,
    }
    await registry.enterprise(code=row["enterprise_code"])
    return row


async def listed(registry: Registry) -> list[Json]:
    items: list[Json] = expect(await registry.officer.get("/v1/tenancies"), 200)["items"]
    return items


async def test_each_row_is_refused_at_the_column_it_is_about(registry: Registry) -> None:
    centre, draft = await registry.listed(), await registry.draft(operator_code=STRANGER)
    good = await stay(registry, centre)
    old = {**await stay(registry, centre), "enterprise_code": fresh_code()}
    await registry.enterprise(code=old["enterprise_code"], registered_on="2016-05-31")
    rows = [
        {**good, "enterprise_code": fresh_code()},
        {**await stay(registry, centre), "centre_no": "CE-2019-9999"},
        {**await stay(registry, centre), "centre_no": draft["no"]},
        {**await stay(registry, centre), "admitted_on": "2019-06-04"},
        {**await stay(registry, centre), "filed_on": "2019-05-30"},
        {**await stay(registry, centre), "admitted_on": "2019-05-01"},
        old,
    ]
    problem = expect(await registry.officer.upload(PATH, table(*rows)), 422)
    assert codes(problem) == [
        ("enterprise_code", "not-found"),
        ("centre_no", "import-centre-unknown"),
        ("centre_no", "centre-not-listed"),
        ("admitted_on", "effective-date-in-future"),
        ("filed_on", "step-before-its-cause"),
        ("centre_no", "centre-not-listed-yet"),
        ("enterprise_code", "age-at-entry-not-admissible"),
    ]
    first = problem["problems"][0]
    assert (first["sheet"], first["row"], first["value"]) == ("数据", 2, rows[0]["enterprise_code"])
    assert first["title"]
    assert first["remedy"]
    assert await listed(registry) == []


async def test_a_file_overlaps_itself_and_the_day_after_an_end_is_free(registry: Registry) -> None:
    centre, other = await registry.listed(), await registry.listed(operator_code=STRANGER)
    row = await stay(registry, centre)
    problem = expect(await registry.officer.upload(PATH, table(row, {**row, "centre_no": other["no"]})), 422)
    assert [(found["row"], found["code"]) for found in problem["problems"]] == [(3, "tenancy-overlaps")]
    part = expect(
        await registry.officer.upload(f"{PATH}?partial=true", table(row, {**row, "centre_no": other["no"]})), 200
    )
    assert (part["inserted"], part["refused"]) == (1, 1)
    (tenancy,) = await listed(registry)
    end = {"reason_code": "moved_out", "exited_on": "2019-06-02"}
    expect(await registry.officer.post(f"/v1/tenancies/{tenancy['id']}/exit", end), 200)
    for day, code in (("2019-06-02", "tenancy-overlaps"), ("2019-06-03", None)):
        response = await registry.officer.upload(PATH, table({**row, "centre_no": other["no"], "admitted_on": day}))
        assert [found["code"] for found in response.json()["problems"]] == ([code] if code else [])


async def test_events_and_versions_are_those_of_the_single_requests(registry: Registry) -> None:
    centre = await registry.listed()
    row = await stay(registry, centre, filed_on="2019-06-02")
    expect(await registry.officer.upload(PATH, table(row)), 200)
    (tenancy,) = await listed(registry)
    assert (tenancy["version"], tenancy["filed_late"], tenancy["migrated"]) == (2, False, False)
    assert tenancy["decision"]["passed"]
    [admitted] = await events(registry, "registry.tenancy.admitted.v1")
    [filed] = await events(registry, "registry.tenancy.filed.v1")
    assert (admitted["data"]["status"], admitted["data"]["filed_on"]) == ("admitted", None)
    assert (filed["data"]["status"], filed["data"]["filed_on"]) == ("filed", "2019-06-02")


async def test_a_merged_enterprise_is_admitted_as_the_one_that_goes_on(registry: Registry) -> None:
    centre = await registry.listed()
    row, going_on = await stay(registry, centre), await registry.enterprise()
    async with registry.db.transaction() as session:
        merged = update(Enterprise).where(Enterprise.code == row["enterprise_code"])
        await session.execute(merged.values(merged_into_id=UUID(going_on["id"]), merged_on=DAY))
    expect(await registry.officer.upload(PATH, table(row)), 200)
    assert [found["enterprise_id"] for found in await listed(registry)] == [going_on["id"]]


async def test_more_than_300_rows_are_carried_out_behind_the_request(
    registry: Registry, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre = await registry.listed()
    rows = [await stay(registry, centre) for _ in range(3)]
    monkeypatch.setattr(usecases, "AT_ONCE", 2)
    response = await registry.officer.upload(PATH, table(*rows))
    expect(response, 202)
    await run_waiting(runtime)
    operation = expect(await registry.officer.get(response.headers["Location"]), 200)
    assert (operation["status"], operation["result"]["inserted"]) == ("done", 3)


async def taken(registry: Registry, row: dict[str, Cell], carrying: Carrying) -> Tally:
    """The row as a chunk of a file that goes on."""
    tally = Tally()
    values = {name: value for name, value in row.items() if value is not None}
    sent = TENANCIES.request({**values, "admitted_on": date(2019, 6, 1)})
    await carrying.take([Row("数据", 2, values, sent)], tally)
    return tally


def work() -> Work:
    editions = loaded_editions()
    return Work(editions, next(iter(editions)), OFFICER)


async def test_a_delisting_does_not_wait_for_a_file_and_the_file_begins_again(registry: Registry) -> None:
    centre = await registry.listed()
    row = await stay(registry, centre)
    async with registry.db.transaction() as session:
        carrying = TENANCIES.begin(session, work())
        assert (await taken(registry, row, carrying)).inserted == 1
        async with asyncio.timeout(60), registry.db.transaction() as beside:
            await carry_out_decided(beside, [decided(centre["id"], on=DAY)])
        with pytest.raises(Overtaken):
            await carrying.settle(Tally())
        await session.rollback()
    assert await listed(registry) == []


async def test_a_delisting_waits_for_a_file_that_is_at_its_end_and_sweeps_its_stays(registry: Registry) -> None:
    centre = await registry.listed()
    row = await stay(registry, centre)
    async with registry.db.transaction() as session:
        carrying = TENANCIES.begin(session, work())
        await taken(registry, row, carrying)
        await carrying.settle(Tally())

        async def delist() -> None:
            async with registry.db.transaction() as beside:
                await delisting(centre["id"], operator_barred=True)(beside)

        waiting = asyncio.create_task(delist())
        await asyncio.sleep(0.3)
        assert not waiting.done()
    await waiting
    (tenancy,) = await listed(registry)
    assert tenancy["relocation_case_id"] is not None


async def test_an_admission_of_the_same_moment_is_told_at_its_row(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first look does not see it yet: the constraint does, and the chunk is judged again."""
    centre = await registry.listed()
    row, other = await stay(registry, centre), await stay(registry, centre)
    enterprise = expect(await registry.officer.get("/v1/enterprises", code=str(row["enterprise_code"])), 200)
    await registry.admitted(centre["id"], enterprise["items"][0]["id"])
    whole, calls = stays.Stays._stays, 0

    async def blind(self: stays.Stays, ids: set[UUID]) -> dict[UUID, list[Tenancy]]:
        nonlocal calls
        calls += 1
        return defaultdict(list) if calls == 1 else await whole(self, ids)

    monkeypatch.setattr(stays.Stays, "_stays", blind)
    part = expect(await registry.officer.upload(f"{PATH}?partial=true", table(other, row)), 200)
    assert calls == 2
    assert [(found["row"], found["code"]) for found in part["problems"]] == [(3, "tenancy-overlaps")]
    assert (part["inserted"], part["refused"]) == (1, 1)


async def test_a_sheet_after_another_keeps_its_problems_in_order(registry: Registry) -> None:
    centre = await registry.listed()
    row = await stay(registry, centre)
    header = list(row)
    bad = [None if name == "agreement_no" else value for name, value in row.items()]
    unknown = [fresh_code() if name == "enterprise_code" else value for name, value in row.items()]
    file = as_xlsx({"乙": [header, list(row.values()), bad], "甲": [header, unknown]})
    problem = expect(await registry.officer.upload(PATH, file), 422)
    assert [(found["sheet"], found["row"]) for found in problem["problems"]] == [("乙", 3), ("甲", 2)]


async def test_a_long_file_leaves_turns_to_others_at_its_end() -> None:
    """A process that does not answer its database for two seconds leads no more, and its work begins again."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    assert [item async for item in breathing(range(500))] == list(range(500))
    task.cancel()
    assert turns >= 10
