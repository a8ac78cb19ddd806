"""Plaques from before 2019: imported or recorded by number, and called back like any other (2.3-5)."""

from __future__ import annotations

import pytest

from services.registry.consumers import carry_out_decided
from shared.runtime import Runtime
from tests.registry.imports.files import Cell
from tests.registry.imports.test_earlier import CENTRES, check, take_over
from tests.registry.imports.test_kinds import EARLIER, runtime
from tests.registry.support import DAY, Json, Registry, decided, expect, refused

__all__ = ["runtime"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

TITLES = "/v1/qualifications"
NUMBER = "拉孵字第7号"
WITH_PLAQUE: dict[str, Cell] = {**EARLIER, "maker_space_plaque_no": NUMBER}


async def earlier_title(registry: Registry, runtime: Runtime, row: dict[str, Cell]) -> Json:
    told = await take_over(registry, runtime, CENTRES, row)
    assert told["result"]["committed"], told
    items: list[Json] = expect(await registry.officer.get(TITLES), 200)["items"]
    (title,) = items
    return title


async def test_an_imported_plaque_is_called_back_with_the_delisting(registry: Registry, runtime: Runtime) -> None:
    title = await earlier_title(registry, runtime, WITH_PLAQUE)
    assert title["plaque_no"] == NUMBER
    assert [item["id"] for item in expect(await registry.officer.get(TITLES, plaque_no=NUMBER), 200)["items"]] == [
        title["id"]
    ]
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(title["centre_id"], on=DAY)])
    path = f"{TITLES}/{title['id']}"
    assert expect(await registry.officer.get(path), 200)["plaque_due_on"] == "2019-06-18"
    returned = expect(await registry.officer.post(f"{path}/return-plaque"), 200)
    assert returned["plaque_returned_on"] == DAY.isoformat()


async def test_a_recorded_plaque_is_called_back_with_the_revocation(registry: Registry, runtime: Runtime) -> None:
    title = await earlier_title(registry, runtime, EARLIER)
    assert title["plaque_no"] is None
    path = f"{TITLES}/{title['id']}"
    recorded = expect(await registry.officer.post(f"{path}/record-plaque", {"plaque_no": NUMBER}), 200)
    assert (recorded["plaque_no"], recorded["version"]) == (NUMBER, 2)
    entry = expect(await registry.officer.get(f"{path}/history"), 200)["items"][-1]
    assert (entry["type"], set(entry["changes"])) == ("registry.qualification.plaque_recorded.v1", {"plaque_no"})
    again = await registry.officer.post(f"{path}/record-plaque", {"plaque_no": "拉孵字第8号"})
    assert NUMBER in refused(again, 409, "plaque-already-recorded")["detail"]
    expect(await registry.officer.post(f"{path}/propose-revocation", {"reason_code": "conditions_lost"}), 200)
    document = {"document_no": "拉科发〔2019〕30号"}
    revoked = expect(await registry.approver.post(f"{path}/revoke", document), 200)
    assert revoked["plaque_due_on"] == "2019-06-18"
    expect(await registry.officer.post(f"{path}/return-plaque"), 200)
    late = await registry.officer.post(f"{path}/record-plaque", {"plaque_no": "拉孵字第9号"})
    refused(late, 409, "invalid-transition")


async def test_a_number_is_on_one_title_only_and_none_of_those_given_out_here(
    registry: Registry, runtime: Runtime
) -> None:
    earlier = await earlier_title(registry, runtime, WITH_PLAQUE)
    second = {**WITH_PLAQUE, "name": "城关第二双创中心", "maker_space_plaque_no": None}
    await take_over(registry, runtime, CENTRES, second)
    items = expect(await registry.officer.get(TITLES), 200)["items"]
    (other,) = [item for item in items if item["id"] != earlier["id"]]
    path = f"{TITLES}/{other['id']}/record-plaque"
    refused(await registry.officer.post(path, {"plaque_no": NUMBER}), 409, "plaque-no-taken")
    for wrong in ("PL-2019-0001", "pl-2017-3", " PL-2017-3 "):
        problem = refused(await registry.officer.post(path, {"plaque_no": wrong}), 422, "validation-failed")
        assert [error["field"] for error in problem["errors"]] == ["plaque_no"], wrong
    expect(await registry.officer.post(path, {"plaque_no": " 拉孵字第8号"}), 200)
    refused(
        await registry.officer.post(f"{TITLES}/{earlier['id']}/record-plaque", {"plaque_no": "9"}),
        409,
        "plaque-already-recorded",
    )
    regional = await registry.granted((await registry.listed())["id"], level="regional")
    path = f"{TITLES}/{regional['id']}/record-plaque"
    refused(await registry.officer.post(path, {"plaque_no": "藏孵1"}), 409, "plaque-not-of-the-city")


async def test_each_row_with_a_wrong_plaque_has_its_problem(registry: Registry, runtime: Runtime) -> None:
    await earlier_title(registry, runtime, WITH_PLAQUE)
    rows = [
        {**WITH_PLAQUE, "name": "乙", "maker_space_plaque_no": NUMBER},
        {**WITH_PLAQUE, "name": "丙", "maker_space_plaque_no": "甲字9"},
        {**WITH_PLAQUE, "name": "丁", "maker_space_plaque_no": "甲字9"},
        {**WITH_PLAQUE, "name": "戊", "maker_space_plaque_no": "PL-2018-0001"},
        {**WITH_PLAQUE, "maker_space_plaque_no": "甲字10"},
    ]
    _, checked = await check(registry, runtime, CENTRES, *rows)
    assert checked["status"] == "failed"
    column = "maker_space_plaque_no"
    assert [(found["row"], found["column"], found["code"]) for found in checked["errors"]] == [
        (2, column, "plaque_no_taken"),
        (4, column, "plaque_no_taken"),
        (5, column, "plaque_no_given_here"),
        (6, column, "import-row-differs"),
    ]


async def test_a_file_sent_again_does_not_lose_a_plaque_that_is_not_on_record(
    registry: Registry, runtime: Runtime
) -> None:
    title = await earlier_title(registry, runtime, EARLIER)
    _, checked = await check(registry, runtime, CENTRES, WITH_PLAQUE)
    assert [found["code"] for found in checked["errors"]] == ["import-row-differs"]
    path = f"{TITLES}/{title['id']}/record-plaque"
    expect(await registry.officer.post(path, {"plaque_no": NUMBER}), 200)
    _, checked = await check(registry, runtime, CENTRES, WITH_PLAQUE)
    assert checked["result"]["unchanged"] == 1
