"""Files of lists read as people read; with `values=codes` programs read what the JSON has."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from httpx import Response

from tests.registry.support import OPERATOR, Registry, centre_body, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")


def rows(file: Response) -> list[dict[str, str]]:
    assert file.status_code == 200, file.text
    return list(csv.DictReader(StringIO(file.text.removeprefix("\ufeff"))))


async def test_words_divisions_and_decisions_are_told(registry: Registry) -> None:
    await registry.listed(spaces={"work": "300"})
    [row] = rows(await registry.auditor.export("/v1/centres", "text/csv"))
    assert (row["状态"], row["层级"]) == ("在册", "标准化示范双创中心")
    assert (row["所属县区（园区）"], row["所属县区（园区）代码"]) == ("城关区", "540102")
    assert row["场地构成"] == "工作空间：300.00"
    decision = row["审查意见"]
    assert decision.startswith("通过：")
    assert "{" not in decision
    assert "rule" not in decision
    assert not [cell for cell in row.values() if cell in ("true", "false", "listed", "standard")]


async def test_codes_are_what_the_json_has(registry: Registry) -> None:
    centre = await registry.listed()
    [row] = rows(await registry.auditor.export("/v1/centres?values=codes", "text/csv"))
    assert (row["状态"], row["层级"], row["所属县区（园区）"]) == ("listed", "standard", centre["owner_division"])
    assert "所属县区（园区）代码" not in row
    wrong = await registry.auditor.export("/v1/centres?values=both", "text/csv")
    assert refused(wrong, 422, "validation-failed")["errors"][0]["field"] == "values"


async def test_json_is_the_same_whatever_files_would_hold(registry: Registry) -> None:
    await registry.listed()
    plain = await registry.auditor.get("/v1/centres")
    for values in ("texts", "codes"):
        assert (
            await registry.auditor.export(f"/v1/centres?values={values}", "application/json")
        ).json() == plain.json()
    wrong = await registry.auditor.export("/v1/centres?values=both", "application/json")
    assert refused(wrong, 422, "validation-failed")["errors"][0]["field"] == "values"


async def test_coverage_is_a_file_too(registry: Registry) -> None:
    await registry.listed()
    by_name = {row["中文名称"]: row for row in rows(await registry.auditor.export("/v1/coverage", "text/csv"))}
    assert by_name["城关区"]["双创中心数"] == "1"
    assert by_name["林周县"]["缺口"] == "1"
    asked = rows(await registry.auditor.export("/v1/coverage?on=2019-03-01&values=codes", "text/csv"))
    assert {row["双创中心数"] for row in asked} == {"0"}


async def test_the_operators_of_a_centre_are_a_file_too(registry: Registry) -> None:
    centre = expect(await registry.operator.post("/v1/centres", centre_body()), 201)
    [row] = rows(await registry.operator.export(f"/v1/centres/{centre['id']}/operators", "text/csv"))
    assert row["运营方代码"] == OPERATOR
