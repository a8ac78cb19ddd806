"""The city's figures: totals, the table of all centres, the national layout, and the form itself."""

from __future__ import annotations

from io import BytesIO
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import pytest
from python_calamine import CalamineWorkbook

from services.evaluation.reports import table_work, tables, totals
from shared.runtime import Runtime
from tests.evaluation.known import Centre, fresh_code
from tests.evaluation.reports.support import AFTER_Q1, AFTER_Q2, REPORTS
from tests.evaluation.support import Caller, Desk, full_form

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _sheet(caller: Caller, path: str, **params: object) -> list[list[Any]]:
    answer = await caller.get(f"{REPORTS}/{path}", **params)
    assert answer.status_code == 200, answer.text
    return CalamineWorkbook.from_filelike(BytesIO(answer.content)).get_sheet_by_index(0).to_python()


async def _city(desk: Desk) -> tuple[Centre, Centre]:
    one, other = await desk.centre(owner_division="540121"), await desk.centre()
    more = {"income_total": "12500.00", "own_fund": True, "ip_held": 3}
    await desk.report(one, 2019, 1, AFTER_Q1, full_form(jobs=20, admitted=1, incubatees=6, **more))
    again = full_form(jobs=22, incubatees_opening=6, incubatees=6, income_total="500.50")
    await desk.report(one, 2019, 2, AFTER_Q2, again)
    await desk.report(other, 2019, 1, AFTER_Q1, full_form(jobs=10, attendance_by_level={"municipal": 20}))
    await desk.report(other, 2019, 2, AFTER_Q2, full_form(jobs=11), accept=False)
    return one, other


async def test_totals_add_up_accepted_reports_only(desk: Desk) -> None:
    await _city(desk)
    auditor = desk.caller("auditor")
    quarter = await auditor.read(f"{REPORTS}/totals", year=2019, quarter=1)
    assert (quarter["centres"], quarter["reports"]) == (2, 2)
    totals = quarter["totals"]
    assert (totals["jobs"], totals["income_total"], totals["own_fund"]) == (30, "12500.00", 1)
    assert totals["events_by_level"] == {"centre": 2, "municipal": 2}
    year = (await auditor.read(f"{REPORTS}/totals", year=2019))["totals"]
    assert (year["jobs"], year["income_total"], year["admitted"]) == (32, "13000.50", 1)
    assert year["events_by_level"] == {"centre": 3, "municipal": 3}
    empty = await auditor.read(f"{REPORTS}/totals", year=2020)
    assert (empty["centres"], empty["totals"]["jobs"]) == (0, 0)


@pytest.mark.parametrize(("kind", "last"), [("city_table", "合计"), ("national_table", "I04")])
async def test_a_table_of_many_centres_is_written_in_the_background(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, kind: str, last: str
) -> None:
    one, _ = await _city(desk)
    monkeypatch.setattr(table_work, "AT_ONCE", 1)
    auditor = desk.caller("auditor")
    path = f"{REPORTS}/{kind.replace('_', '-')}"
    refused = await auditor.get(path, year=2019)
    assert (refused.status_code, refused.json()["code"]) == (409, "table-too-large")
    own = desk.operator(one, AFTER_Q2)
    assert (await own.get(path, year=2019)).status_code == 200
    asked = await auditor.post(f"{REPORTS}/tables", {"kind": kind, "year": 2019})
    assert (asked.status_code, asked.json()["total"]) == (202, 2)
    file = f"{REPORTS}/tables/{asked.json()['id'].removeprefix('evaluation-')}"
    early = await auditor.get(file)
    assert (early.status_code, early.json()["code"]) == (409, "table-not-ready")
    assert await desk.work() == 1
    done = await auditor.read(asked.headers["Location"])
    assert (done["status"], done["done"], done["result"]) == ("done", 2, {"file": file})
    written = await auditor.get(file)
    rows = CalamineWorkbook.from_filelike(BytesIO(written.content)).get_sheet_by_index(0).to_python()
    assert rows[-1][0] == last
    monkeypatch.setattr(table_work, "AT_ONCE", 500)
    assert rows == await _sheet(auditor, kind.replace("_", "-"), year=2019)
    assert (await own.get(file)).status_code == 403
    assert (await own.post(f"{REPORTS}/tables", {"kind": kind, "year": 2019})).status_code == 403


@pytest.mark.parametrize(("kind", "room"), [("city_table", tables), ("national_table", totals)])
async def test_a_table_in_the_background_tells_how_many_centres_are_in_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, kind: str, room: ModuleType
) -> None:
    await _city(desk)
    auditor = desk.caller("auditor")
    shown: list[tuple[str, int]] = []

    def watched(runtime: Runtime, table_id: UUID) -> tables.Told:
        async def told(done: int) -> None:
            await tell(runtime, table_id)(done)
            state = await auditor.read(asked.headers["Location"])
            shown.append((state["status"], state["done"]))

        return told

    tell = table_work._teller
    monkeypatch.setattr(table_work, "_teller", watched)
    monkeypatch.setattr(room, "CENTRES_AT_ONCE", 1)
    asked = await auditor.post(f"{REPORTS}/tables", {"kind": kind, "year": 2019})
    assert await desk.work() == 1
    assert shown == [("running", 1), ("running", 2)]
    file = (await auditor.read(asked.headers["Location"]))["result"]["file"]
    written = CalamineWorkbook.from_filelike(BytesIO((await auditor.get(file)).content)).get_sheet_by_index(0)
    assert written.to_python() == await _sheet(auditor, kind.replace("_", "-"), year=2019)


async def test_the_national_layout_of_a_quarter_and_unknown_tables_are_refused(desk: Desk) -> None:
    auditor = desk.caller("auditor")
    body = {"kind": "national_table", "year": 2019, "quarter": 1}
    assert (await auditor.post(f"{REPORTS}/tables", body)).status_code == 422
    assert (await auditor.post(f"{REPORTS}/tables", {"kind": "city_table", "year": 2018})).status_code == 409
    assert (await auditor.get(f"{REPORTS}/tables/{uuid4()}")).status_code == 404


async def test_the_city_table_has_a_line_a_centre_and_its_totals_in_the_units_of_the_form(desk: Desk) -> None:
    one, other = await _city(desk)
    rows = await _sheet(desk.caller("auditor"), "city-table", year=2019, quarter=1)
    fields = rows[1]
    jobs, income, fund = (fields.index(name) for name in ("jobs", "income_total", "own_fund"))
    assert "千元" in rows[0][income]
    assert [row[0] for row in rows[2:]] == [one.state["no"], other.state["no"], "合计"]
    assert [row[jobs] for row in rows[2:]] == [20, 10, 30]
    assert [row[income] for row in rows[2:]] == [12.5, "", 12.5]
    assert [row[fund] for row in rows[2:]] == [1, "", 1]


async def test_everybody_exports_their_own_scope(desk: Desk) -> None:
    one, other = await _city(desk)
    division = desk.caller("division_officer", division="540121")
    assert [row[0] for row in (await _sheet(division, "city-table", year=2019, quarter=1))[2:]] == [
        one.state["no"],
        "合计",
    ]
    operator = desk.operator(other, AFTER_Q2)
    assert (await operator.read(f"{REPORTS}/totals", year=2019))["totals"]["jobs"] == 10
    assert (await operator.get(f"{REPORTS}/national-table", year=2019, centre_id=one.id)).status_code == 404
    stranger = desk.caller("centre_operator", org=fresh_code())
    assert (await stranger.read(f"{REPORTS}/totals", year=2019))["centres"] == 0
    assert (await desk.caller("enterprise").get(f"{REPORTS}/city-table", year=2019)).status_code == 403


async def test_the_national_layout_has_its_lines_in_order_and_thousands_of_yuan(desk: Desk) -> None:
    one, _ = await _city(desk)
    auditor = desk.caller("auditor")
    rows = await _sheet(auditor, "national-table", year=2019)
    lines = {row[1]: row for row in rows[5:]}
    codes = [row[0] for row in rows[5:] if "-" not in row[0]]
    assert codes == sorted(codes)
    assert lines["运营机构总收入"][2:4] == ["千元", 13.0005]
    assert lines["在孵企业从业人员"][2:4] == ["人", 32]
    assert lines["是否设立孵化资金"][2:4] == ["家", 1]
    assert lines["其中：市级"][3] == 3
    assert "2 家" in rows[2][0]
    own = await _sheet(auditor, "national-table", year=2019, centre_id=one.id)
    assert one.state["name"] in own[2][0]
    assert next(row for row in own if row[1] == "在孵企业从业人员")[3] == 22


async def test_lines_and_totals_that_no_report_filled_are_blank(desk: Desk) -> None:
    await desk.report(await desk.centre(), 2019, 1, AFTER_Q1, {"jobs": 0, "mentors": 2})
    auditor = desk.caller("auditor")
    lines = {row[0]: row[3] for row in (await _sheet(auditor, "national-table", year=2019))[5:]}
    assert (lines["A02"], lines["A01"], lines["D01"]) == ("", "", "")
    assert lines["B02"] == 2
    assert not [code for code, value in lines.items() if "-" in code and value != ""]
    rows = await _sheet(auditor, "city-table", year=2019)
    total = dict(zip(rows[1], rows[-1], strict=True))
    assert (total["jobs"], total["mentors"], total["area_total_m2"], total["events_by_level"]) == (0, 2, "", "")


async def test_the_national_layout_is_headed_by_whose_centres_it_holds(desk: Desk) -> None:
    _, other = await _city(desk)
    for caller, heading in (
        (desk.caller("auditor"), "填报单位：全市（2 家）"),
        (desk.caller("division_officer", division="540121"), "填报单位：林周县（1 家）"),
        (desk.operator(other, AFTER_Q2), f"填报单位：{other.state['operator_name']}（1 家）"),
    ):
        assert (await _sheet(caller, "national-table", year=2019))[2][0] == heading


async def test_the_form_tells_its_fields_units_checks_and_who_reads_them(desk: Desk) -> None:
    operator = desk.caller("centre_operator", org=fresh_code())
    form = await operator.read(f"{REPORTS}/form", year=2019, quarter=1)
    assert (form["version"], form["current"], len(form["fields"])) == (3, True, 73)
    fields = {one["id"]: one for one in form["fields"]}
    assert fields["income_total"]["enter_in"] == "thousand_yuan"
    assert fields["jobs"]["formulas"] == ["services.jobs_per_enterprise"]
    assert fields["ip_held"]["formulas"] == []
    first = await operator.read(f"{REPORTS}/form", year=2019, quarter=1, version=1)
    assert (len(first["fields"]), first["current"]) == (21, False)
    assert (await operator.get(f"{REPORTS}/form", year=2019, quarter=1, version=4)).status_code == 404
    assert (await operator.get(f"{REPORTS}/form", year=2031, quarter=1)).status_code == 409
