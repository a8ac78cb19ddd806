"""Lists: their orders stay good while rows come and change, filters know their words, old codes find who goes on."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO

import pytest
from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.models import Centre
from services.registry.centres.queries import ORDERS as CENTRES
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import ORDERS as ENTERPRISES
from services.registry.names.models import search_columns
from services.registry.partners.queries import ORDERS as PARTNERS
from services.registry.projects.models import Project
from services.registry.projects.queries import ORDERS as PROJECTS
from services.registry.tenancies.models import Tenancy
from services.registry.tenancies.queries import ORDERS as TENANCIES
from shared.ids import uuid7
from tests.registry.support import DAY, Json, Registry, enterprise_body, expect, fresh_code, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAMES = ("拉萨云端", "拉萨雪域", "云端", "ལྷ་ས", "阿里", "Ali", "ALI", "重庆", "𠮷祥", "·")
"""Of three scripts, two cases, outside the first plane, one the beginning of another, and none of them unique."""


def enterprise_row(chance: random.Random) -> Json:
    changes = {"name": chance.choice(NAMES), "registered_on": _day(chance)}
    return {**enterprise_body(**changes), "id": uuid7(), "version": 0, "registered_by": "test"}


def project_row(chance: random.Random) -> Json:
    row = {"id": uuid7(), "version": 0, "no": f"PJ-{chance.random()}", "name": chance.choice(NAMES), "status": "open"}
    known = {"industry_code": "I6510", "division": "540102", "team_size": 3, "graduate_founder": False}
    return {**row, **known, "started_on": _day(chance), "created_by": "test"}


def _day(chance: random.Random) -> date:
    """Of few days, so that many rows share one."""
    return date(2019, 1, 1) + timedelta(days=chance.randrange(5))


async def walk(
    registry: Registry, path: str, sort: str, between: Callable[[], object] | None = None, limit: int = 3
) -> list[Json]:
    """All pages; between two of them something happens."""
    items: list[Json] = []
    params: dict[str, object] = {"sort": sort, "limit": limit}
    while True:
        page = expect(await registry.auditor.get(path, **params), 200)
        items += page["items"]
        if page["next"] is None:
            return items
        params["cursor"] = page["next"]
        if between is not None:
            await between()  # type: ignore[misc]  # the one kind that is given


KEYS: dict[str, Callable[[Json], object]] = {
    "registered": lambda item: item["id"],
    "opened": lambda item: item["id"],
    "name": lambda item: (item["name"].encode("utf-32-be"), item["id"]),
    "code": lambda item: item["code"],
    "licensed": lambda item: (item["registered_on"], item["id"]),
    "started": lambda item: (item["started_on"], item["id"]),
}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    ("path", "sort"),
    [*(("/v1/enterprises", sort) for sort in ENTERPRISES), *(("/v1/projects", sort) for sort in PROJECTS)],
)
async def test_no_row_that_stays_is_lost_or_repeated(registry: Registry, path: str, sort: str, seed: int) -> None:
    """While somebody pages, rows are added and others get another name or day; those that are left alone come once
    and in order."""
    chance = random.Random(f"{path}{sort}{seed}")
    table, row, day = (
        (Enterprise, enterprise_row, "registered_on") if "enterprises" in path else (Project, project_row, "started_on")
    )
    rows = [row(chance) for _ in range(16)]
    changing = {str(made["id"]) for made in chance.sample(rows, 5)}
    async with registry.db.transaction() as session:
        await session.execute(insert(table), rows)

    rounds = iter(range(8))

    async def meanwhile() -> None:
        if next(rounds, None) is None:
            return  # rows that are added behind the cursor for ever would be a list without end
        async with registry.db.transaction() as session:
            await session.execute(insert(table), [row(chance) for _ in range(chance.randrange(1, 3))])
            name = chance.choice(NAMES)
            values = {"name": name, day: _day(chance), **search_columns(name)}
            await session.execute(update(table).where(table.id == chance.choice(sorted(changing))).values(values))

    items = await walk(registry, path, sort, meanwhile, limit=chance.randrange(1, 5))
    stayed = [item for item in items if item["id"] not in changing]
    seen = [item["id"] for item in stayed]
    assert len(seen) == len(set(seen))
    assert {str(made["id"]) for made in rows} - changing <= set(seen)
    ordered = sorted(stayed, key=KEYS[sort.removeprefix("-")], reverse=sort.startswith("-"))  # type: ignore[arg-type]  # any order
    assert seen == [item["id"] for item in ordered]


@pytest.mark.parametrize("sort", sorted(TENANCIES))
async def test_tenancies_come_in_every_order(registry: Registry, sort: str) -> None:
    centre = await registry.listed()
    for day in (DAY, DAY, DAY - timedelta(days=3), DAY + timedelta(days=3)):
        await registry.admitted(centre["id"], (await registry.enterprise())["id"], on=day)
    items = await walk(registry, "/v1/tenancies", sort, limit=1)
    field = {"recorded": "id", "admitted": "admitted_on", "filing_due": "filing_due_on", "stay_until": "stay_until"}
    keys = [(item[field[sort.removeprefix("-")]], item["id"]) for item in items]
    assert keys == sorted(keys, reverse=sort.startswith("-"))
    assert len(keys) == 4


@pytest.mark.parametrize(
    ("path", "orders"),
    [
        ("/v1/centres", CENTRES),
        ("/v1/enterprises", ENTERPRISES),
        ("/v1/projects", PROJECTS),
        ("/v1/tenancies", TENANCIES),
        ("/v1/partners", PARTNERS),
    ],
)
async def test_every_order_can_be_asked_for_and_no_other(registry: Registry, path: str, orders: Json) -> None:
    for sort in orders:
        expect(await registry.auditor.get(path, sort=sort), 200)
    refusal = refused(await registry.auditor.get(path, sort="colour"), 422, "validation-failed")
    assert [error["field"] for error in refusal["errors"]] == ["sort"]


@pytest.mark.parametrize(
    ("table", "order"),
    [
        (Enterprise, ENTERPRISES["name"]),
        (Enterprise, ENTERPRISES["licensed"]),
        (Project, PROJECTS["name"]),
        (Project, PROJECTS["started"]),
        (Centre, CENTRES["name"]),
        (Tenancy, TENANCIES["admitted"]),
        (Tenancy, TENANCIES["filing_due"]),
        (Tenancy, TENANCIES["stay_until"]),
    ],
    ids=lambda given: given.__name__ if isinstance(given, type) else str(len(given)),
)
async def test_every_order_has_an_index(registry: Registry, table: type, order: list[ColumnElement[object]]) -> None:
    async with registry.db.transaction() as session:
        await session.execute(select(1))
        plan = await explained(session, select(table.id).order_by(*order).limit(50))  # type: ignore[attr-defined]  # each has an id
    assert "Sort" not in plan, plan


async def explained(session: AsyncSession, query: object) -> str:
    connection = await session.connection()
    for setting in ("enable_seqscan", "enable_bitmapscan", "enable_incremental_sort"):
        await connection.exec_driver_sql(f"SET LOCAL {setting} = off")
    text = str(query.compile(connection.sync_engine, compile_kwargs={"literal_binds": True}))  # type: ignore[attr-defined]  # a select
    return "\n".join(str(row[0]) for row in await connection.exec_driver_sql(f"EXPLAIN {text}"))


@pytest.mark.parametrize(
    ("path", "field", "known"),
    [
        ("/v1/centres", "status", "listed"),
        ("/v1/centres", "tier", "specialised"),
        ("/v1/centres", "owner_division", "540102"),
        ("/v1/centres", "ownership_type", "private"),
        ("/v1/tenancies", "status", "graduated"),
        ("/v1/enterprises", "division", "LIUWU"),
        ("/v1/enterprises", "technology", "high_tech"),
        ("/v1/enterprises", "size_class", "micro"),
        ("/v1/projects", "division", "540127"),
        ("/v1/qualifications", "kind", "maker_space"),
        ("/v1/qualifications", "status", "expired"),
        ("/v1/qualification-applications", "status", "announced"),
        ("/v1/tier-applications", "tier", "specialised"),
        ("/v1/service-records", "type", "technology_transfer"),
        ("/v1/service-records", "status", "contested"),
        ("/v1/partners", "kind", "service_agency"),
        ("/v1/divisions", "kind", "park"),
        ("/v1/divisions/due", "kind", "plan"),
        ("/v1/practices", "status", "published"),
        ("/v1/qualifications/upward-notices", "status", "sent"),
    ],
)
async def test_filters_name_the_words_that_there_are(registry: Registry, path: str, field: str, known: str) -> None:
    expect(await registry.officer.get(path, **{field: known}), 200)
    refusal = refused(await registry.officer.get(path, **{field: "nonsense"}), 422, "validation-failed")
    assert [error["field"] for error in refusal["errors"]] == [field]
    assert known in refusal["errors"][0]["message"]


async def test_the_words_of_every_edition_are_known(registry_after_2020: Registry) -> None:
    expect(await registry_after_2020.public.get("/v1/centres", tier="national"), 200)
    refused(await registry_after_2020.public.get("/v1/centres", tier="x"), 422, "validation-failed")


async def test_an_old_code_finds_the_record_that_goes_on(registry: Registry) -> None:
    old, survivor = await registry.enterprise(), await registry.enterprise()
    centre = await registry.listed()
    tenancy = await registry.admitted(centre["id"], old["id"])
    merge = {"into_id": survivor["id"], "document_no": "拉市监〔2019〕1号"}
    expect(await registry.officer.post(f"/v1/enterprises/{old['id']}/merge", merge), 200)
    for code in (old["code"], survivor["code"], old["code"].lower()):
        [found] = expect(await registry.auditor.get("/v1/enterprises", code=code), 200)["items"]
        assert (found["id"], found["merged_from"]) == (survivor["id"], [old["code"]])
        [stay] = expect(await registry.auditor.get("/v1/tenancies", enterprise_code=code), 200)["items"]
        assert stay["id"] == tenancy["id"]
    for known in (old, survivor):
        [stay] = expect(await registry.auditor.get("/v1/tenancies", enterprise_id=known["id"]), 200)["items"]
        assert stay["id"] == tenancy["id"]
    alone = expect(await registry.auditor.get(f"/v1/enterprises/{survivor['id']}"), 200)
    assert alone["merged_from"] == [old["code"]]
    assert expect(await registry.auditor.get("/v1/tenancies", enterprise_code=fresh_code()), 200)["items"] == []


async def test_a_file_names_whom_the_ids_mean(registry: Registry) -> None:
    centre, enterprise = await registry.listed(), await registry.enterprise()
    await registry.admitted(centre["id"], enterprise["id"])
    file = await registry.auditor.export("/v1/tenancies", "text/csv")
    [row] = csv.DictReader(StringIO(file.text.removeprefix("\ufeff")))
    assert row["双创中心"] == f"{centre['no']} {centre['name']}"
    assert row["企业"] == f"{enterprise['code']} {enterprise['name']}"
    assert row["项目"] == ""
    assert row["双创中心标识"] == centre["id"]
    assert list(row).index("双创中心标识") > list(row).index("备注")
