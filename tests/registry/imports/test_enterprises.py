"""Enterprises from files: all or nothing, each bad cell named with its remedy, and once only."""

from __future__ import annotations

from datetime import date

import pytest

from tests.registry.imports.files import Cell, as_csv, as_xlsx
from tests.registry.support import OPERATOR, Json, Registry, enterprise_body, expect, fresh_code, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/imports/enterprises"
CHINESE: list[Cell] = ["统一社会信用代码", "企业名称", "行业代码", "所在区县或园区", "成立日期", "高校毕业生创办"]
FIELDS: list[Cell] = ["code", "name", "industry_code", "division", "registered_on", "graduate_founder"]


def row(code: str | None = None, **changes: Cell) -> list[Cell]:
    values: dict[str, Cell] = {
        "code": code or fresh_code(),
        "name": "拉萨云端信息科技有限公司",
        "industry_code": "I6510",
        "division": "540102 城关区",
        "registered_on": "2018-12-03",
        "graduate_founder": "是",
        **changes,
    }
    return [values[str(name)] for name in FIELDS]


async def listed(registry: Registry) -> list[Json]:
    items: list[Json] = expect(await registry.officer.get("/v1/enterprises", limit=200), 200)["items"]
    return items


async def test_a_workbook_as_the_template_has_it_is_taken_in_with_an_event_for_each_row(registry: Registry) -> None:
    rows = [CHINESE, FIELDS, row(registered_on=date(2018, 12, 3)), row(division=540121.0), row(division="当雄县")]
    result = expect(await registry.officer.upload(PATH, as_xlsx({"企业": rows})), 200)
    assert {name: result[name] for name in ("committed", "rows", "inserted", "refused")} == {
        "committed": True,
        "rows": 3,
        "inserted": 3,
        "refused": 0,
    }
    items = await listed(registry)
    assert sorted(item["division"] for item in items) == ["540102", "540121", "540122"]
    assert {item["registered_on"] for item in items} == {"2018-12-03"}
    history = expect(await registry.officer.get(f"/v1/enterprises/{items[0]['id']}/history"), 200)["items"]
    assert [event["type"] for event in history] == ["registry.enterprise.registered.v1"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_csv_in_both_encodings(registry: Registry, encoding: str) -> None:
    expect(await registry.officer.upload(PATH, as_csv([FIELDS, row()], encoding)), 200)
    assert [item["name"] for item in await listed(registry)] == ["拉萨云端信息科技有限公司"]


async def test_a_form_with_a_file_does_as_well(registry: Registry) -> None:
    caller = registry.officer
    response = await caller.client.post(
        PATH, files={"file": ("企业.csv", as_csv([FIELDS, row()]))}, headers=caller._headers()
    )
    assert expect(response, 200)["inserted"] == 1


async def test_one_bad_row_refuses_the_file_and_names_sheet_row_column_value_and_remedy(registry: Registry) -> None:
    rows = [FIELDS, row(), row("91540102MA0000000X"), row(registered_on="明天"), row(division="110101")]
    problem = expect(await registry.officer.upload(PATH, as_xlsx({"企业": rows})), 422)
    assert problem["code"] == "import-refused"
    assert (problem["committed"], problem["rows"], problem["refused"]) == (False, 4, 3)
    assert [(p["sheet"], p["row"], p["column"], p["value"]) for p in problem["problems"]] == [
        ("企业", 3, "code", "91540102MA0000000X"),
        ("企业", 4, "registered_on", "明天"),
        ("企业", 5, "division", "110101"),
    ]
    assert all(p["remedy"] and p["message"] and p["title"] for p in problem["problems"])
    assert await listed(registry) == []


async def test_partial_takes_in_the_good_rows_only(registry: Registry) -> None:
    rows = [FIELDS, row(), row("91540102MA0000000X")]
    result = expect(await registry.officer.upload(f"{PATH}?partial=true", as_csv(rows)), 200)
    assert (result["committed"], result["inserted"], result["refused"]) == (True, 1, 1)
    assert len(await listed(registry)) == 1


async def test_dry_run_writes_nothing(registry: Registry) -> None:
    result = expect(await registry.officer.upload(f"{PATH}?dry_run=true", as_csv([FIELDS, row()])), 200)
    assert (result["committed"], result["inserted"], result["would_insert"]) == (False, 0, 1)
    assert await listed(registry) == []


async def test_of_a_refused_file_nothing_is_said_to_be_inserted(registry: Registry) -> None:
    file = as_csv([FIELDS, row(), row(registered_on="x")])
    problem = expect(await registry.officer.upload(PATH, file), 422)
    assert (problem["inserted"], problem["would_insert"], problem["refused"]) == (0, 1, 1)
    part = expect(await registry.officer.upload(f"{PATH}?partial=true", file), 200)
    assert (part["inserted"], part["would_insert"], part["refused"]) == (1, 0, 1)


@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        ("企业.xlsx", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "import-file-not-table", "PNG"),
        ("企业.csv", b"%PDF-1.7\n", "import-file-not-table", "PDF"),
        ("企业.xlsx", as_csv([FIELDS, row()]), "import-file-misnamed", ".xlsx"),
        ("企业.csv", as_xlsx({"企业": [FIELDS, row()]}), "import-file-misnamed", ".csv"),
        ("企业.XLS", as_xlsx({"企业": [FIELDS, row()]}), "import-file-misnamed", ".xls"),
    ],
    ids=["picture", "pdf", "text-as-workbook", "workbook-as-text", "new-as-old"],
)
async def test_a_file_is_what_is_in_it_and_not_what_its_name_says(
    registry: Registry, name: str, content: bytes, code: str, said: str
) -> None:
    problem = refused(await registry.officer.upload(PATH, content, name), 422, code)
    assert said in problem["detail"]


async def test_a_name_that_promises_nothing_refuses_nothing(registry: Registry) -> None:
    for name in ("企业名单2019.03", "企业.txt", "企业"):
        expect(await registry.officer.upload(PATH, as_csv([FIELDS, row()]), name), 200)


async def test_the_same_file_again_changes_nothing_and_another_value_is_refused(registry: Registry) -> None:
    code = fresh_code()
    file = as_csv([FIELDS, row(code)])
    expect(await registry.officer.upload(PATH, file), 200)
    again = expect(await registry.officer.upload(PATH, file), 200)
    assert (again["inserted"], again["unchanged"]) == (0, 1)
    problem = expect(await registry.officer.upload(PATH, as_csv([FIELDS, row(code, name="别的名称")])), 422)
    assert [p["code"] for p in problem["problems"]] == ["import-row-differs"]
    assert "“企业名称”与文件中的“别的名称”" in problem["problems"][0]["remedy"]
    (item,) = await listed(registry)
    assert item["version"] == 1


async def test_a_code_twice_in_one_file_is_named_at_its_second_place(registry: Registry) -> None:
    code = fresh_code()
    problem = expect(await registry.officer.upload(PATH, as_csv([FIELDS, row(code), row(code)])), 422)
    assert [(p["row"], p["column"]) for p in problem["problems"]] == [(3, "code")]
    assert "2" in problem["problems"][0]["message"]


async def test_rows_are_judged_as_single_requests_of_the_caller(registry: Registry) -> None:
    code = fresh_code()
    expect(await registry.stranger.post("/v1/enterprises", enterprise_body(code=code)), 201)
    hidden = expect(await registry.operator.upload(PATH, as_csv([FIELDS, row(code)])), 422)
    assert [p["code"] for p in hidden["problems"]] == ["enterprise-registered-elsewhere"]
    expect(await registry.operator.upload(PATH, as_csv([FIELDS, row()])), 200)
    for role in ("enterprise", "division_officer", "auditor", "provider"):
        refused(await registry.caller(role, org=OPERATOR).upload(PATH, as_csv([FIELDS, row()])), 403, "forbidden")


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ([*FIELDS[:-1], "amount"], "amount"),
        (FIELDS[1:], "统一社会信用代码"),
        ([*FIELDS[:-1], "code"], "code"),
    ],
)
async def test_a_column_that_is_unknown_missing_or_there_twice_refuses_the_file(
    registry: Registry, header: list[Cell], named: str
) -> None:
    problem = refused(
        await registry.officer.upload(PATH, as_csv([header, row()[: len(header)]])), 422, "import-columns-wrong"
    )
    assert named in problem["detail"]


@pytest.mark.parametrize(
    ("separator", "named"), [(";", "分号"), ("\t", "制表符"), ("|", "竖线")], ids=["semicolon", "tab", "bar"]
)
async def test_another_separator_than_commas_is_named(registry: Registry, separator: str, named: str) -> None:
    content = "\n".join(separator.join(str(cell) for cell in cells) for cells in [FIELDS, row()]).encode()
    problem = refused(await registry.officer.upload(PATH, content), 422, "import-separator-wrong")
    assert named in problem["detail"]


async def test_an_empty_file_is_called_empty(registry: Registry) -> None:
    [error] = refused(await registry.officer.upload(PATH, b"", "企业.csv"), 422, "validation-failed")["errors"]
    assert (error["field"], "0 字节" in error["message"]) == ("file", True)
    [error] = refused(await registry.officer.post(PATH, None), 422, "validation-failed")["errors"]
    assert "没有收到文件" in error["message"]


async def test_an_identity_number_is_not_repeated_in_the_report(registry: Registry) -> None:
    fields: list[Cell] = [*FIELDS, "legal_representative_ref"]
    rows = [fields, [*row(), "540102199001011234"]]
    response = await registry.officer.upload(PATH, as_csv(rows))
    problem = expect(response, 422)
    assert [p["column"] for p in problem["problems"]] == ["legal_representative_ref"]
    assert "540102199001011234" not in response.text


async def test_the_same_key_and_file_is_not_taken_in_twice(registry: Registry) -> None:
    file = as_csv([FIELDS, row()])
    first = await registry.officer.upload(PATH, file, Idempotency_Key="import-1")
    again = await registry.officer.upload(PATH, file, Idempotency_Key="import-1")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()
    other = await registry.officer.upload(PATH, as_csv([FIELDS, row()]), Idempotency_Key="import-1")
    refused(other, 422, "idempotency-key-reused")
