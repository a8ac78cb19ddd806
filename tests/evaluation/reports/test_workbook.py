"""A centre's quarters by workbook: downloaded, filled in, checked, taken in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from tests.evaluation.known import Json, fresh_code
from tests.evaluation.reports.books import IMPORT, Rows, saved, template, upload
from tests.evaluation.reports.support import AFTER_Q1, AFTER_Q2, REPORTS, draft, path_of, staff
from tests.evaluation.support import Desk, full_form

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _filled(sheets: Mapping[str, Rows], values: Mapping[str, object]) -> bytes:
    """The sheets as a person saves them, with values by the name of their lines."""
    return saved(
        {
            name: [
                [*row[:4], values.get(str(row[0]), row[4]), *row[5:]] if len(row) > 4 and number > 2 else row
                for number, row in enumerate(rows)
            ]
            for name, rows in sheets.items()
        }
    )


def _only(sheets: Mapping[str, Rows], *quarters: int) -> dict[str, Rows]:
    return {f"2019年第{quarter}季度": sheets[f"2019年第{quarter}季度"] for quarter in quarters}


FORM: Mapping[str, object] = {
    **{name: value for name, value in full_form().items() if name != "events_by_level"},
    "events_by_level.centre": 1,
    "events_by_level.municipal": 1,
    "area_total_m2": 1200,
}


async def test_the_template_has_a_sheet_for_each_quarter_that_has_begun_and_explains_itself(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.tenancy(centre, date(2018, 5, 2))
    await staff(desk, centre)
    operator = desk.operator(centre, AFTER_Q1)
    await draft(operator, centre, form={"jobs": 7, "income_total": "12500.00", "own_fund": True})
    sheets = await template(operator, centre)
    assert list(sheets) == ["2019年第1季度", "2019年第1季度企业", "2019年第2季度", "2019年第2季度企业", "说明"]
    first = {row[0]: row for row in sheets["2019年第1季度"]}
    assert first["双创中心编号"][1] == centre.state["no"]
    assert first["jobs"][4] == 7
    assert (first["income_total"][3], first["income_total"][4]) == ("千元", "12.5")
    assert first["own_fund"][4] == "是"
    assert (first["incubatees"][4], first["incubatees"][5]) == ("", 1)
    second = {row[0]: row for row in sheets["2019年第2季度"]}
    assert (second["incubatees"][4], second["incubatees"][5]) == (1, 1)
    assert "explanation.jobs_steady" in second
    assert any("千元" in row[0] for row in sheets["说明"])


async def test_a_template_uploaded_as_it_came_drafts_what_it_shows_and_then_changes_nothing(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.tenancy(centre, date(2018, 5, 2))
    operator = desk.operator(centre, AFTER_Q1)
    content = _filled(_only(await template(operator, centre), 1), {})
    for written, unchanged in ((1, 0), (0, 1)):
        came = (await upload(operator, content)).json()
        assert (came["rows"], came["inserted"], came["unchanged"], came["refused"]) == (1, written, unchanged, 0)
    (report,) = (await operator.read(REPORTS))["items"]
    assert (report["status"], report["form"]["incubatees"]) == ("draft", 1)
    assert (await operator.read(path_of(report)))["differences"] == []


async def test_a_filled_workbook_drafts_one_quarter_and_edits_another(desk: Desk) -> None:
    centre = await desk.centre()
    operator = desk.operator(centre, AFTER_Q2)
    known = await draft(operator, centre, form={"jobs": 7})
    sheets = _only(await template(operator, centre), 1, 2)
    money = {"income_total": 12.34567, "own_fund": "否", "explanation.jobs_steady": "新引进企业"}
    content = _filled(sheets, {**FORM, **money})
    checked = (await upload(operator, content, dry_run="true")).json()
    assert (checked["committed"], checked["inserted"], checked["would_insert"]) == (False, 0, 2)
    assert (await operator.read(path_of(known)))["form"]["jobs"] == 7
    came = (await upload(operator, content)).json()
    assert (came["committed"], came["inserted"], came["problems"]) == (True, 2, [])
    edited = await operator.read(path_of(known))
    assert (edited["form"]["jobs"], edited["form"]["income_total"], edited["form"]["own_fund"]) == (
        20,
        "12345.67",
        False,
    )
    assert edited["form"]["events_by_level"] == {"centre": 1, "municipal": 1}
    assert edited["explanations"] == {"jobs_steady": "新引进企业"}
    assert edited["missing"] == []
    await operator.ok(f"{path_of(known)}/submit")
    found = (await operator.read(REPORTS, quarter=2))["items"]
    assert [item["status"] for item in found] == ["draft"]


async def test_a_computed_amount_is_what_the_spreadsheet_shows(desk: Desk) -> None:
    centre = await desk.centre()
    operator = desk.operator(centre, AFTER_Q1)
    sheets = _only(await template(operator, centre), 1)
    computed = 4.35 * 100
    assert computed != 435
    came = (await upload(operator, _filled(sheets, {"income_total": computed}))).json()
    assert (came["inserted"], came["problems"]) == (1, [])
    (drafted,) = (await operator.read(REPORTS, centre_id=centre.id))["items"]
    assert drafted["form"]["income_total"] == "435000.00"


async def test_levels_that_a_sheet_leaves_empty_stay_as_they_are(desk: Desk) -> None:
    centre = await desk.centre()
    operator = desk.operator(centre, AFTER_Q1)
    known = await draft(operator, centre, form={"events_by_level": {"centre": 4, "municipal": 2}})
    sheets = _only(await template(operator, centre), 1)
    cells = {"events_by_level.centre": None, "events_by_level.municipal": 3}
    assert (await upload(operator, _filled(sheets, cells))).json()["inserted"] == 1
    levels = (await operator.read(path_of(known)))["form"]["events_by_level"]
    assert levels == {"centre": 4, "municipal": 3}
    sheets = _only(await template(operator, centre), 1)
    none = {"events_by_level.centre": 0, "events_by_level.municipal": None}
    assert (await upload(operator, _filled(sheets, none))).json()["inserted"] == 1
    levels = (await operator.read(path_of(known)))["form"]["events_by_level"]
    assert levels == {"centre": 0, "municipal": 3}


async def test_a_sheet_from_before_the_last_change_is_refused_and_says_what_to_do(desk: Desk) -> None:
    centre = await desk.centre()
    operator = desk.operator(centre, AFTER_Q1)
    known = await draft(operator, centre, form={"jobs": 7, "mentors": 1})
    stale = _only(await template(operator, centre), 1)
    await operator.patch(path_of(known), {"form": {"mentors": 2}}, f'"{known["version"]}"')
    answer = await upload(operator, _filled(stale, {"jobs": 8}))
    (problem,) = answer.json()["problems"]
    assert (answer.status_code, problem["code"]) == (422, "workbook-stale")
    assert "download the template again" in problem["remedy"]
    form = (await operator.read(path_of(known)))["form"]
    assert (form["jobs"], form["mentors"]) == (7, 2)
    fresh = _only(await template(operator, centre), 1)
    assert (await upload(operator, _filled(fresh, {"jobs": 8}))).json()["inserted"] == 1
    form = (await operator.read(path_of(known)))["form"]
    assert (form["jobs"], form["mentors"]) == (8, 2)


async def test_a_template_of_an_empty_quarter_does_not_overwrite_a_draft_begun_since(desk: Desk) -> None:
    centre = await desk.centre()
    operator = desk.operator(centre, AFTER_Q1)
    stale = _only(await template(operator, centre), 1)
    known = await draft(operator, centre, form={"jobs": 7})
    refused = (await upload(operator, _filled(stale, {"jobs": 8}))).json()
    assert [one["code"] for one in refused["problems"]] == ["workbook-stale"]
    (name, rows), *_ = stale.items()
    without = [row[:3] if row[0] == "年度与季度" else row for row in rows]
    refused = (await upload(operator, _filled({name: without}, {"jobs": 8}))).json()
    assert [one["code"] for one in refused["problems"]] == ["workbook-base-missing"]
    assert (await operator.read(path_of(known)))["form"]["jobs"] == 7


async def test_bad_cells_are_named_by_sheet_row_and_field_and_nothing_is_taken(desk: Desk) -> None:
    centre = await desk.centre()
    operator = desk.operator(centre, AFTER_Q2)
    sheets = _only(await template(operator, centre), 1, 2)
    rows = {row[0]: number for number, row in enumerate(sheets["2019年第1季度"], start=1)}
    bad = {"jobs": -1, "income_total": 0.000001, "events_by_level.municipal": 1.5}
    first = _filled(_only(sheets, 1), {**FORM, **bad})
    answer = await upload(operator, first)
    problem: Json = answer.json()
    assert (answer.status_code, problem["code"], problem["refused"]) == (422, "import-refused", 1)
    named = {(one["column"], one["row"], one["value"]) for one in problem["problems"]}
    assert named == {
        ("jobs", rows["jobs"], "-1"),
        ("income_total", rows["income_total"], "1e-06"),
        ("events_by_level.municipal", rows["events_by_level.municipal"], "1.5"),
    }
    for one in problem["problems"]:
        assert one["message"]
        assert one["remedy"]
        assert one["title"]
    words = await upload(operator, _filled(_only(sheets, 1), {"own_fund": "也许"}))
    assert [one["code"] for one in words.json()["problems"]] == ["cell_not_flag"]
    assert (await operator.read(REPORTS))["items"] == []


async def test_good_sheets_of_a_bad_workbook_are_taken_only_if_asked(desk: Desk) -> None:
    centre = await desk.centre()
    operator = desk.operator(centre, AFTER_Q2)
    await desk.report(centre, 2019, 1, AFTER_Q1)
    sheets = _only(await template(operator, centre), 1, 2)
    content = _filled(sheets, {**FORM, "jobs": 21})
    refused = (await upload(operator, content)).json()
    assert [(one["sheet"], one["code"]) for one in refused["problems"]] == [("2019年第1季度", "report-differs")]
    assert (await operator.read(REPORTS, quarter=2))["items"] == []
    came = (await upload(operator, content, partial="true")).json()
    assert (came["inserted"], came["refused"], came["committed"]) == (1, 1, True)
    assert len((await operator.read(REPORTS, quarter=2))["items"]) == 1


async def test_an_accepted_quarter_that_is_the_same_is_unchanged(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.report(centre, 2019, 1, AFTER_Q1)
    operator = desk.operator(centre, AFTER_Q1)
    content = _filled(_only(await template(operator, centre), 1), {})
    came = (await upload(operator, content)).json()
    assert (came["unchanged"], came["refused"]) == (1, 0)


async def test_a_workbook_of_somebody_else_or_of_something_else_is_refused(desk: Desk, tmp_path: Path) -> None:
    centre = await desk.centre()
    operator = desk.operator(centre, AFTER_Q1)
    sheets = _only(await template(operator, centre), 1)
    stranger = desk.caller("centre_operator", today=AFTER_Q1, org=fresh_code())
    answer = await upload(stranger, _filled(sheets, {}))
    assert [one["code"] for one in answer.json()["problems"]] == ["not-found"]
    assert (await stranger.get(f"{IMPORT}/template", centre_id=centre.id, year=2019)).status_code == 404
    assert (await operator.get(f"{IMPORT}/template", centre_id=centre.id, year=2020)).status_code == 409
    assert (await upload(operator, b"no table\0")).status_code == 422
    other = await upload(operator, _filled({"Sheet1": [["a", "b"], ["c", "d"]]}, {}))
    assert [one["code"] for one in other.json()["problems"]] == ["workbook-sheet-unknown"]
    assert (await upload(desk.caller("science_officer"), _filled(sheets, {}))).status_code == 403


async def test_lines_that_are_unknown_or_twice_are_named(desk: Desk) -> None:
    centre = await desk.centre()
    operator = desk.operator(centre, AFTER_Q1)
    (name, rows), *_ = _only(await template(operator, centre), 1).items()
    more: Rows = [*rows, ["sunshine", "", "", "", 3, ""], ["jobs", "", "", "", 3, ""]]
    found = (await upload(operator, _filled({name: more}, {}))).json()["problems"]
    assert [(one["code"], one["row"]) for one in found] == [
        ("workbook-line-unknown", len(rows) + 1),
        ("workbook-line-twice", len(rows) + 2),
    ]
    twice = (await upload(operator, _filled({name: rows, "副本": rows}, {}))).json()
    assert [one["code"] for one in twice["problems"]] == ["workbook-quarter-twice"]
    many = await upload(operator, _filled({f"表{number}": rows for number in range(9)}, {}))
    assert many.json()["code"] == "workbook-sheets-too-many"


async def test_a_name_that_looks_like_a_formula_is_neutralised(desk: Desk) -> None:
    centre = await desk.centre(name="=cmd()")
    sheets = await template(desk.operator(centre, AFTER_Q1), centre)
    assert sheets["2019年第1季度"][0][2] == "'=cmd()"
