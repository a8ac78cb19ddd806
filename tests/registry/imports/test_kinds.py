"""Centres, tenancies, titles and records of the time before the policy: the rules of the single requests."""

from __future__ import annotations

import os
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import update

from services.registry.centres.models import Centre
from services.registry.consumers import carry_out_decided
from services.registry.imports.kinds import KINDS
from services.registry.imports.worker import run_waiting
from shared.files.sniffing import XLSX
from shared.runtime import Runtime
from tests.registry.imports.files import Cell, as_xlsx
from tests.registry.support import (
    APPROVER,
    OFFICER,
    OPERATOR,
    STRANGER,
    Json,
    Registry,
    decided,
    enterprise_body,
    expect,
    fresh_code,
    refused,
)
from tests.registry.test_delisting import events

pytestmark = pytest.mark.asyncio(loop_scope="session")

CENTRE: dict[str, Cell] = {
    "name": "城关双创中心",
    "operator_code": OPERATOR,
    "operator_name": "拉萨梦创孵化有限公司",
    "service_kinds": "innovation_entrepreneurship; 企业一站式服务中心",
    "tier": "standard 标准化示范双创中心",
    "owner_division": "540102",
    "site_division": "城关区",
    "total_area_m2": 3200.0,
    "incubation_area_m2": "2400.00",
    "industry_code": "I6510",
    "space_work": "1000",
}
EARLIER: dict[str, Cell] = {
    **CENTRE,
    "tier": "specialised",
    "listed_on": "2018-06-01",
    "document_no": "拉科发〔2018〕12号",
    "maker_space_granted_on": "2017年11月3日",
    "maker_space_document_no": "拉科发〔2017〕30号",
}


def table(*rows: dict[str, Cell]) -> bytes:
    return as_xlsx({"数据": [list(rows[0]), *([row[name] for name in rows[0]] for row in rows)]})


@pytest.fixture
def runtime(registry: Registry) -> Runtime:
    runtime: Runtime = registry.client._transport.app.state.runtime  # type: ignore[attr-defined]  # in-process
    return runtime


def codes(problem: Json) -> list[tuple[str | None, str]]:
    return [(found["column"], found["code"]) for found in problem["problems"]]


async def test_a_centre_becomes_a_draft_of_its_operator(registry: Registry) -> None:
    result = expect(await registry.operator.upload("/v1/imports/centres", table(CENTRE)), 200)
    assert result["inserted"] == 1
    (centre,) = expect(await registry.operator.get("/v1/centres"), 200)["items"]
    assert (centre["status"], centre["service_kinds"], centre["spaces"]) == (
        "draft",
        ["innovation_entrepreneurship", "enterprise"],
        {"work": "1000.00"},
    )
    again = expect(await registry.operator.upload("/v1/imports/centres", table(CENTRE)), 200)
    assert again["unchanged"] == 1


async def test_a_centres_row_is_refused_as_its_request_would_be(registry: Registry) -> None:
    bad = {**CENTRE, "incubation_area_m2": "9999.00", "name": "甲"}
    words = {**CENTRE, "tier": "best", "name": "乙"}
    space = {**CENTRE, "space_work": "-1", "name": "丙"}
    problem = expect(await registry.operator.upload("/v1/imports/centres", table(bad, words, space)), 422)
    assert codes(problem) == [
        ("incubation_area_m2", "area_above_total"),
        ("tier", "enum"),
        ("space_work", "greater_than"),
    ]
    foreign = expect(await registry.stranger.upload("/v1/imports/centres", table(CENTRE)), 422)
    assert codes(foreign) == [("operator_code", "operator-code-not-own")]
    assert expect(await registry.officer.get("/v1/centres"), 200)["items"] == []


async def test_tenancies_are_admitted_and_filed_by_number_and_code(registry: Registry) -> None:
    centre = await registry.listed()
    code, unknown = fresh_code(), fresh_code()
    expect(await registry.officer.post("/v1/enterprises", enterprise_body(code=code)), 201)
    row: dict[str, Cell] = {
        "centre_no": centre["no"],
        "enterprise_code": code,
        "agreement_no": "RZ-1",
        "admitted_on": "2019-06-01",
        "filed_on": "2019-06-02",
    }
    path = "/v1/imports/tenancies"
    day = registry.officer
    assert expect(await day.upload(path, table(row)), 200)["inserted"] == 1
    (tenancy,) = expect(await registry.officer.get("/v1/tenancies"), 200)["items"]
    assert (tenancy["status"], tenancy["filed_on"]) == ("filed", "2019-06-02")
    assert expect(await day.upload(path, table(row)), 200)["unchanged"] == 1
    overlapping = {**row, "admitted_on": "2019-06-03", "filed_on": None}
    nobody = {**row, "enterprise_code": unknown}
    nowhere = {**row, "centre_no": "CE-2019-9999", "enterprise_code": fresh_code()}
    problem = expect(await day.upload(path, table(overlapping, nobody, nowhere)), 422)
    assert [code for _, code in codes(problem)] == ["tenancy-overlaps", "not-found", "import-centre-unknown"]
    stranger = expect(await registry.stranger.upload(path, table({**row, "admitted_on": None, "filed_on": None})), 422)
    assert [code for _, code in codes(stranger)] == ["import-centre-unknown"]


async def test_titles_are_applied_for(registry: Registry) -> None:
    centre = await registry.listed()
    row: dict[str, Cell] = {"centre_no": centre["no"], "kind": "众创空间", "level": None}
    path = "/v1/imports/titles"
    assert expect(await registry.officer.upload(path, table(row)), 200)["inserted"] == 1
    (title,) = expect(await registry.officer.get("/v1/qualification-applications"), 200)["items"]
    assert (title["kind"], title["level"], title["status"]) == ("maker_space", "municipal", "applied")
    assert expect(await registry.officer.upload(path, table(row)), 200)["unchanged"] == 1
    problem = expect(await registry.officer.upload(path, table({**row, "kind": "palace"})), 422)
    assert codes(problem) == [("kind", "enum")]


async def _checked(registry: Registry, runtime: Runtime, *rows: dict[str, Cell]) -> tuple[str, Json]:
    response = await registry.officer.upload("/v1/imports/centres-before-2019", table(*rows))
    expect(response, 202)
    await run_waiting(runtime)
    address = response.headers["Location"]
    return address, expect(await registry.officer.get(address), 200)


def _approve(address: str) -> str:
    return f"/v1/imports/centres-before-2019/{address.rpartition('registry-')[2]}/approve"


async def test_records_of_before_2019_are_listed_without_a_notice_once_a_second_person_approves(
    registry: Registry, runtime: Runtime
) -> None:
    address, checked = await _checked(registry, runtime, EARLIER)
    assert (checked["status"], checked["result"]["awaiting_approval"]) == ("done", True)
    assert expect(await registry.officer.get("/v1/centres"), 200)["items"] == []
    refused(await registry.officer.post(_approve(address)), 403, "forbidden")
    both = registry.caller("science_officer", "science_approver", account=registry.officer.account)
    refused(await both.post(_approve(address)), 403, "four-eyes-required")
    applied = await registry.approver.post(_approve(address))
    expect(applied, 202)
    refused(await registry.approver.post(_approve(address)), 409, "import-already-approved")
    await run_waiting(runtime)
    done = expect(await registry.officer.get(applied.headers["Location"]), 200)
    assert done["result"]["committed"], done
    (centre,) = expect(await registry.officer.get("/v1/centres"), 200)["items"]
    expected = {
        "status": "listed",
        "migrated": True,
        "listed_on": "2018-06-01",
        "tier": "specialised",
        "document_no": "拉科发〔2018〕12号",
        "announced_on": None,
    }
    assert {name: centre[name] for name in expected} == expected
    assert centre["reviewed_by"] != centre["decided_by"]
    (title,) = expect(await registry.public.get("/v1/qualifications"), 200)["items"]
    assert (title["kind"], title["granted_on"], title["status"]) == ("maker_space", "2017-11-03", "active")
    (tier,) = expect(await registry.public.get(f"/v1/centres/{centre['id']}/tiers"), 200)["items"]
    assert (tier["tier"], tier["from_on"]) == ("specialised", "2018-06-01")
    assert (centre["no"], title["no"], centre["version"]) == ("CE-2019-0001", "QA-2017-0001", 2)
    address, again = await _checked(registry, runtime, EARLIER)
    assert again["result"]["unchanged"] == 1


NATIONAL: dict[str, Cell] = {
    **EARLIER,
    "tier": "national",
    "designation_issuer": "国家发展改革委",
    "designation_document_no": "发改〔2018〕1号",
    "designated_on": "2018-03-20",
}


async def test_a_national_centre_of_before_2019_has_its_designation_and_its_delisting_is_reported_upward(
    registry: Registry, runtime: Runtime
) -> None:
    address, checked = await _checked(registry, runtime, NATIONAL)
    assert checked["status"] == "done", checked
    expect(await registry.approver.post(_approve(address)), 202)
    await run_waiting(runtime)
    (centre,) = expect(await registry.officer.get("/v1/centres"), 200)["items"]
    (found,) = expect(await registry.officer.get(f"/v1/centres/{centre['id']}/designations"), 200)["items"]
    expected = {
        "tier": "national",
        "status": "confirmed",
        "issuer": "国家发展改革委",
        "document_no": "发改〔2018〕1号",
        "designated_on": "2018-03-20",
        "effective_on": "2018-06-01",
        "recorded_by": OFFICER,
        "decided_by": APPROVER,
    }
    assert {name: found[name] for name in expected} == expected
    [event] = await events(registry, "registry.designation.confirmed.v1")
    assert event["data"]["document_no"] == "发改〔2018〕1号"
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(centre["id"], on=date(2021, 3, 1))])
    officer = registry.officer.on(date(2021, 3, 2))
    due = expect(await officer.get("/v1/qualifications/upward-notices"), 200)["items"]
    assert ("designation", found["id"]) in {(notice["subject_kind"], notice["subject_id"]) for notice in due}


async def test_a_checked_file_that_is_refused_when_approved_can_be_approved_again(
    registry: Registry, runtime: Runtime
) -> None:
    address, checked = await _checked(registry, runtime, EARLIER)
    assert checked["status"] == "done"
    other = {**CENTRE, "tier": "standard", "total_area_m2": "5000.00"}
    expect(await registry.operator.upload("/v1/imports/centres", table(other)), 200)

    async def approved() -> tuple[str, list[str]]:
        response = await registry.approver.post(_approve(address))
        expect(response, 202)
        await run_waiting(runtime)
        operation = expect(await registry.officer.get(response.headers["Location"]), 200)
        return operation["status"], [problem["code"] for problem in operation["errors"]]

    for _ in range(2):
        assert await approved() == ("failed", ["import-row-differs"])
    async with registry.db.transaction() as session:
        await session.execute(update(Centre).values(name="另一家"))
    assert await approved() == ("done", [])
    key = f"imports/{address.rpartition('registry-')[2]}"
    with pytest.raises(FileNotFoundError):
        await runtime.files.fetch(key, Path(os.devnull))


async def test_a_checked_file_that_is_gone_is_unreadable_when_approved(registry: Registry, runtime: Runtime) -> None:
    address, _ = await _checked(registry, runtime, EARLIER)
    await runtime.files.remove([f"imports/{address.rpartition('registry-')[2]}"])
    response = await registry.approver.post(_approve(address))
    await run_waiting(runtime)
    operation = expect(await registry.officer.get(response.headers["Location"]), 200)
    assert (operation["status"], [p["code"] for p in operation["errors"]]) == ("failed", ["import-file-unreadable"])


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("titles", ["centre_no", "kind"]),
        ("carriers", ["kind", "name", "division"]),
        ("centres", list(CENTRE)),
        ("centres-before-2019", list(EARLIER)),
    ],
)
async def test_a_file_carried_out_at_its_end_has_5000_rows_and_its_headers_do_not_count(
    registry: Registry, kind: str, fields: list[Cell]
) -> None:
    rows = [fields, fields]
    rows.extend([str(number) for _ in fields] for number in range(5_001))
    explained: list[list[Cell]] = [["第一行"], ["第二行"]]
    path = f"/v1/imports/{kind}?dry_run=true"
    expect(await registry.officer.upload(path, as_xlsx({"数据": rows[:5_002], "说明": explained})), 202)
    problem = refused(
        await registry.officer.upload(path, as_xlsx({"数据": rows, "说明": explained})), 422, "import-too-many-rows"
    )
    assert "5000" in problem["detail"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"listed_on": "2019-01-01"}, "not-listed-before-policy"),
        ({"maker_space_granted_on": "2019-01-01"}, "not-listed-before-policy"),
        ({"tier": "national"}, "earlier-designation-missing"),
        (
            {
                "tier": "national",
                "designation_issuer": "国家发展改革委",
                "designation_document_no": "发改〔2019〕1号",
                "designated_on": "2019-01-01",
            },
            "not-listed-before-policy",
        ),
        ({"maker_space_document_no": None}, "missing"),
        ({"listed_on": None}, "missing"),
        ({"operator_code": "1"}, "format"),
    ],
)
async def test_what_is_no_record_of_that_time_is_refused(
    registry: Registry, runtime: Runtime, changes: dict[str, Cell], code: str
) -> None:
    address, checked = await _checked(registry, runtime, {**EARLIER, **changes})
    assert checked["status"] == "failed"
    assert [problem["code"] for problem in checked["errors"]] == [code]
    refused(await registry.approver.post(_approve(address)), 409, "import-not-checked")


async def test_the_last_day_before_the_policy_is_before_it(registry: Registry, runtime: Runtime) -> None:
    _, checked = await _checked(registry, runtime, {**EARLIER, "listed_on": "2018-12-31"})
    assert checked["status"] == "done"


async def test_records_of_before_2019_are_for_bureaus_only(registry: Registry) -> None:
    for caller in (registry.operator, registry.approver, registry.caller("division_officer", division="540102")):
        refused(await caller.upload("/v1/imports/centres-before-2019", table(EARLIER)), 403, "forbidden")
    unknown = refused(await registry.officer.upload("/v1/imports/grants", table(EARLIER)), 404, "import-kind-unknown")
    assert "quarterly-reports" in unknown["detail"]
    assert "vouchers" in unknown["detail"]
    assert "titles" in unknown["detail"]


@pytest.mark.parametrize("kind", sorted(KINDS))
async def test_a_template_is_taken_back_as_it_is_given_out(registry: Registry, kind: str) -> None:
    response = await registry.officer.get(f"/v1/imports/{kind}/template")
    assert response.headers["Content-Type"] == XLSX
    book = CalamineWorkbook.from_filelike(BytesIO(response.content))
    assert book.sheet_names[1] == "说明"
    first, second = book.get_sheet_by_index(0).to_python()
    assert all(first)
    assert all(second)
    empty = await registry.officer.upload(f"/v1/imports/{kind}?dry_run=true", response.content)
    refused(empty, 422, "import-empty")


async def test_a_template_offers_the_words_of_the_edition(registry: Registry) -> None:
    content = (await registry.officer.get("/v1/imports/enterprises/template")).content
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    offered = {cell for row in book.get_sheet_by_name("_lists").to_python() for cell in row}
    assert {"540102 城关区", "LIUWU 柳梧新区", "是", "否"} <= offered


async def test_a_stranger_imports_for_itself_only(registry: Registry) -> None:
    own = {**CENTRE, "operator_code": STRANGER}
    expect(await registry.stranger.upload("/v1/imports/centres", table(own)), 200)
    listed = expect(await registry.stranger.get("/v1/centres"), 200)["items"]
    assert [centre["operator_code"] for centre in listed] == [STRANGER]
