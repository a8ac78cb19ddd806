"""The second sheet of a quarter: enterprises with their figures, downloaded, filled in, taken in (2.3-2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from tests.evaluation.known import Centre, Enterprise, Json
from tests.evaluation.reports.books import Rows, saved, template, upload
from tests.evaluation.reports.support import AFTER_Q1, REPORTS, draft, path_of
from tests.evaluation.support import Caller, Desk, full_form

pytestmark = pytest.mark.asyncio(loop_scope="session")

FORM, LINES = "2019年第1季度", "2019年第1季度企业"
FIRST_ROW = 5


async def _with(desk: Desk, count: int = 2) -> tuple[Centre, Caller, list[Enterprise]]:
    centre = await desk.centre()
    return centre, desk.operator(centre, AFTER_Q1), [await desk.enterprise(centre) for _ in range(count)]


def _filled(rows: Rows, figures: Mapping[str, Mapping[str, object]]) -> Rows:
    """The sheet as a person saves it: figures by code, in rows of their own for codes that it does not have."""
    names = [str(name) for name in rows[3]]
    written = [list(row) for row in rows]
    for code, given in figures.items():
        row = next((row for row in written[4:] if row[0] == code), None)
        if row is None:
            row = [code, *("" for _ in names[1:])]
            written.append(row)
        for name, value in given.items():
            row[names.index(name)] = value
    return written


async def _lines(operator: Caller, report: Json) -> dict[str, Json]:
    return {line["code"]: line["figures"] for line in (await operator.read(path_of(report)))["lines"]}


async def _only_report(operator: Caller) -> Json:
    (report,) = (await operator.read(REPORTS))["items"]
    found: Json = report
    return found


async def test_the_sheet_names_who_is_there_at_the_quarters_end_and_what_was_entered(desk: Desk) -> None:
    centre, operator, (one, other) = await _with(desk)
    left = await desk.enterprise(centre, ended_on=date(2019, 3, 31), reason_code="moved")
    await draft(operator, centre, lines={one.code: {"revenue": "12500.00", "jobs": 3}, left.code: {"jobs": 1}})
    rows = (await template(operator, centre))[LINES]
    assert (rows[0][1], rows[1][1:5]) == (centre.state["no"], ["2019", "1", "下载时版本", "1"])
    names = rows[3]
    assert names[:4] == ["code", "name", "there_at_end", "equity_received"]
    assert "千元" in rows[2][names.index("revenue")]
    shown = {row[0]: row for row in rows[4:]}
    assert set(shown) == {one.code, other.code, left.code}
    assert (shown[one.code][names.index("revenue")], shown[one.code][names.index("jobs")]) == ("12.5", 3)
    assert [shown[firm.code][2] for firm in (one, other, left)] == ["是", "是", "否"]
    assert shown[one.code][1] == f"虚构企业{one.code[-6:]}"


async def test_both_sheets_of_a_quarter_are_taken_together(desk: Desk) -> None:
    centre, operator, (one, other) = await _with(desk)
    sheets = await template(operator, centre)
    form = [
        [*row[:4], {"jobs": 20, "bank_loans": "5"}.get(str(row[0]), ""), *row[5:]] if n > 2 else row
        for n, row in enumerate(sheets[FORM])
    ]
    rows = _filled(sheets[LINES], {one.code: {"loans_received": 5, "revenue": 12.5, "jobs": 20}, other.code: {}})
    came = (await upload(operator, saved({FORM: form, LINES: rows}))).json()
    assert (came["rows"], came["inserted"], came["problems"]) == (1, 1, [])
    report = await _only_report(operator)
    assert report["form"]["jobs"] == 20
    assert await _lines(operator, report) == {
        one.code: {"loans_received": "5.00", "jobs": 20, "revenue": "12500.00"},
    }
    again = await template(operator, centre)
    came = (await upload(operator, saved({FORM: again[FORM], LINES: again[LINES]}))).json()
    assert (came["unchanged"], came["refused"]) == (1, 0)


async def test_the_second_sheet_alone_edits_lines_and_empty_cells_change_nothing(desk: Desk) -> None:
    centre, operator, (one, other) = await _with(desk)
    report = await draft(operator, centre, form=full_form(), lines={one.code: {"jobs": 3, "ip_held": 1}})
    rows = (await template(operator, centre))[LINES]
    filled = _filled(rows, {one.code: {"jobs": 4, "ip_held": ""}, other.code: {"equity_received": 0.01}})
    came = (await upload(operator, saved({LINES: filled}))).json()
    assert (came["inserted"], came["problems"]) == (1, [])
    assert await _lines(operator, report) == {
        one.code: {"jobs": 4, "ip_held": 1},
        other.code: {"equity_received": "0.01"},
    }
    stale = (await upload(operator, saved({LINES: _filled(rows, {one.code: {"jobs": 5}})}))).json()
    assert [problem["code"] for problem in stale["problems"]] == ["workbook-stale"]


async def test_bad_rows_are_named_by_sheet_and_row_and_nothing_is_taken(desk: Desk) -> None:
    centre, operator, (one, other) = await _with(desk)
    elsewhere = await desk.enterprise(await desk.centre())
    rows = (await template(operator, centre))[LINES]
    place = {str(row[0]): number for number, row in enumerate(rows, start=1)}
    bad: dict[str, dict[str, object]] = {one.code: {"jobs": -1}, other.code: {"equity_received": 0.001}}
    answer = await upload(operator, saved({LINES: _filled(rows, bad)}))
    assert answer.status_code == 422
    named = [
        (problem["sheet"], problem["row"], problem["column"], problem["value"]) for problem in answer.json()["problems"]
    ]
    assert sorted(named, key=lambda one: one[1]) == sorted(
        [
            (LINES, place[one.code], "lines.jobs", "-1"),
            (LINES, place[other.code], "lines.equity_received", "0.001"),
        ],
        key=lambda one: one[1],
    )
    stranger = (await upload(operator, saved({LINES: _filled(rows, {elsewhere.code: {"jobs": 1}})}))).json()
    (problem,) = stranger["problems"]
    assert (problem["code"], problem["row"], elsewhere.code in problem["message"]) == (
        "line_not_tenanted",
        len(rows) + 1,
        True,
    )
    assert problem["remedy"]
    twice = [*_filled(rows, {one.code: {"jobs": 1}}), [one.code, "", "", "", "", 2]]
    nameless = [*rows, ["", "", "", "", "", 2]]
    headed = [list(row) for row in rows]
    headed[3].append("sunshine")
    for sheet, code in ((twice, "workbook-line-twice"), (nameless, "missing"), (headed, "workbook-line-unknown")):
        found = (await upload(operator, saved({LINES: sheet}))).json()["problems"]
        assert [problem["code"] for problem in found] == [code]
    two = (await upload(operator, saved({LINES: rows, "副本": rows}))).json()
    assert [problem["code"] for problem in two["problems"]] == ["workbook-quarter-twice"]
    assert (await operator.read(REPORTS))["items"] == []


async def test_a_report_of_an_earlier_form_has_no_second_sheet_and_takes_none(desk: Desk) -> None:
    centre, operator, (one, _) = await _with(desk)
    rows = (await template(operator, centre))[LINES]
    report = await draft(operator, centre, form=full_form())
    await desk.of_version(report, 2)
    assert LINES not in await template(operator, centre)
    came = (await upload(operator, saved({LINES: _filled(rows, {one.code: {"jobs": 1}})}))).json()
    assert came["refused"] == 1
    assert came["inserted"] == 0
