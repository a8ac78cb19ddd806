"""Finding centres and enterprises by a part of their name, or by the initials of its pinyin."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import insert, select, text, update

from services.registry.enterprises.models import Enterprise
from services.registry.names.models import search_columns
from services.registry.names.queries import name_matches
from services.registry.names.terms import initials_pattern, key_of, needed_terms, terms_of
from shared.ids import uuid7
from tests.registry.support import Caller, Json, Registry, enterprise_body, expect

pytestmark = pytest.mark.asyncio(loop_scope="session")

CLOUD = "拉萨云端信息科技有限公司"
TIBETAN = "བོད་ལྗོངས་གསར་གཏོད་ལྟེ་གནས།"


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("拉萨云端", ",l,s,y,d,"),
        ("重庆", ",c,q,"),  # a word: its own reading alone
        ("重", ",zct,"),  # a character alone: all its common readings
        ("长", ",zc,"),
        ("单", ",dcs,"),
        ("西藏ABC科技（拉萨）", ",x,z,a,b,c,k,jq,l,s,"),  # full-width brackets have no initial
        ("ＡＢＣ", ",a,b,c,"),
        (TIBETAN, ""),
    ],
)
async def test_initials_of_a_name(name: str, initials: str) -> None:
    assert terms_of(name).initials == initials


@pytest.mark.parametrize(
    ("search", "needed"),
    [
        ("云", ["云"]),
        ("云端", ["云端"]),
        ("云端信", ["云端", "端信"]),
        ("y", ["~~y"]),
        ("YD", ["~~yd"]),
        ("ｙｄｘ", ["~~dx", "~~yd"]),
        ("云d", ["云d"]),  # mixed: characters as they stand
        ("བོད", ["བོ", "ོད"]),
    ],
)
async def test_a_search_asks_for_its_terms(search: str, needed: list[str]) -> None:
    assert needed_terms(key_of(search)) == needed


async def test_every_reading_of_a_neighbouring_pair_is_a_term() -> None:
    terms = set(terms_of("科技").terms)
    assert {"~~kj", "~~kq"} <= terms
    assert "~~jk" not in terms


async def test_the_pattern_of_initials_keeps_their_order() -> None:
    assert initials_pattern("kj") == ",[a-z0-9]*k[a-z0-9]*,[a-z0-9]*j[a-z0-9]*,"


async def names(caller: Caller, path: str, **params: object) -> list[str]:
    answer = expect(await caller.get(path, **params), 200)
    return [item["name"] for item in answer["items"]]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("云", {CLOUD, "高原云雀文化有限公司"}),
        ("云端", {CLOUD}),
        ("云端信息", {CLOUD}),
        ("云信", set()),
        ("端息科", set()),  # its pairs are nowhere
        ("有限公司拉萨", set()),
        ("ydxx", {CLOUD}),
        ("YDXXKQ", {CLOUD}),
        ("gyyq", {"高原云雀文化有限公司"}),
        ("dxyd", set()),
        ("abckj", {"ABC科技"}),
        ("ཏོད་ལྟེ", {TIBETAN}),
        ("ལྟེ", {TIBETAN}),
        ("ལྟེ་གསར", set()),
        ("100%", set()),
        ("_", set()),
    ],
)
async def test_enterprises_by_a_part_of_their_name(registry: Registry, search: str, found: set[str]) -> None:
    for name in (CLOUD, "高原云雀文化有限公司", "ABC科技", TIBETAN):
        await registry.enterprise(name=name)
    assert set(await names(registry.officer, "/v1/enterprises", q=search)) == found


async def test_characters_that_stand_apart_are_looked_at_again(registry: Registry) -> None:
    await registry.enterprise(name="云端与端信")
    assert await names(registry.officer, "/v1/enterprises", q="云端信") == []
    assert await names(registry.officer, "/v1/enterprises", q="yddx") == []
    assert await names(registry.officer, "/v1/enterprises", q="ydyd") == ["云端与端信"]


async def test_a_search_sees_only_what_the_caller_sees(registry: Registry) -> None:
    draft = await registry.draft(name="城关云上双创中心")
    assert await names(registry.public, "/v1/centres", q="云上") == []
    assert await names(registry.stranger, "/v1/centres", q="cgys") == []
    assert await names(registry.operator, "/v1/centres", q="cgys") == [draft["name"]]


async def test_an_amended_name_is_found_and_the_old_one_is_not(registry: Registry) -> None:
    draft = await registry.draft(name="旧名双创中心")
    expect(await registry.operator.patch(f"/v1/centres/{draft['id']}", {"name": "新名双创中心"}, '"1"'), 200)
    assert await names(registry.officer, "/v1/centres", q="jmsc") == []
    assert await names(registry.officer, "/v1/centres", q="xmsc") == ["新名双创中心"]
    enterprise = await registry.enterprise(name=CLOUD)
    path = f"/v1/enterprises/{enterprise['id']}"
    expect(await registry.officer.patch(path, {"name": "拉萨云上信息科技有限公司"}, '"1"'), 200)
    assert await names(registry.officer, "/v1/enterprises", q="云端") == []
    assert await names(registry.officer, "/v1/enterprises", q="云上") == ["拉萨云上信息科技有限公司"]


async def test_rows_of_a_bulk_insert_are_found(registry: Registry) -> None:
    rows = [_row(f"批量企业{number}") for number in range(3)]
    async with registry.db.transaction() as session:
        await session.execute(insert(Enterprise), rows)
    assert len(await names(registry.officer, "/v1/enterprises", q="plqy")) == 3


async def test_a_bulk_update_takes_the_search_columns_with_it(registry: Registry) -> None:
    await registry.enterprise(name=CLOUD)
    async with registry.db.transaction() as session:
        await session.execute(update(Enterprise).values(name="雪域信息", **search_columns("雪域信息")))
        found = await session.scalars(select(Enterprise.name).where(name_matches(Enterprise, "xyxx")))
    assert found.all() == ["雪域信息"]


async def test_pages_stay_whole_while_rows_are_added(registry: Registry) -> None:
    first = [await registry.draft(name=f"云上{number:02}号") for number in range(5)]
    page = expect(await registry.officer.get("/v1/centres", q="云上", limit=2, sort="name"), 200)
    await registry.draft(name="云上00号之前")  # before the cursor: not on a later page
    await registry.draft(name="云上03号之后")  # behind it
    seen = [item["name"] for item in page["items"]]
    while page["next"]:
        page = expect(
            await registry.officer.get("/v1/centres", q="云上", limit=2, sort="name", cursor=page["next"]), 200
        )
        seen += [item["name"] for item in page["items"]]
    assert sorted(seen) == seen
    assert len(seen) == len(set(seen))
    assert set(seen) == {centre["name"] for centre in first} | {"云上03号之后"}


async def test_an_empty_search_is_refused(registry: Registry) -> None:
    expect(await registry.officer.get("/v1/centres", q="  "), 422)


async def test_the_search_goes_through_the_index(registry: Registry) -> None:
    async with registry.db.transaction() as session:
        await session.execute(insert(Enterprise), [_row(f"普通企业{number}") for number in range(500)])
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        query = select(Enterprise.id).where(name_matches(Enterprise, "云端信"))
        compiled = query.compile(dialect=session.get_bind().dialect, compile_kwargs={"literal_binds": True})
        plan = "\n".join((await session.execute(text(f"EXPLAIN {compiled}".replace(":", "\\:")))).scalars())
    assert "ix_enterprise_name_terms" in plan


def _row(name: str) -> Json:
    body = enterprise_body(name=name, registered_on=date(2018, 12, 3))
    return {**body, "id": uuid7(), "version": 0, "registered_by": "import"}
