"""Lines by enterprise of a quarterly report: who may have one, what they add up to, and every version kept (2.3-2)."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from shared.events.contracts import registry as rc
from tests.evaluation.known import Centre, Enterprise, Json
from tests.evaluation.reports.support import AFTER_Q1, AFTER_Q2, REPORTS, draft, path_of
from tests.evaluation.support import Caller, Desk, full_form

pytestmark = pytest.mark.asyncio(loop_scope="session")

BEFORE, FIRST, LAST, AFTER = date(2018, 12, 31), date(2019, 1, 1), date(2019, 3, 31), date(2019, 4, 1)


async def _with(desk: Desk, count: int = 2) -> tuple[Centre, Caller, list[Enterprise]]:
    centre = await desk.centre(listed_on=date(2018, 1, 2))
    return centre, desk.operator(centre, AFTER_Q1), [await desk.enterprise(centre) for _ in range(count)]


async def _edit(operator: Caller, report: Json, **change: object) -> Json:
    answer = await operator.patch(path_of(report), change, f'"{report["version"]}"')
    assert answer.status_code == 200, answer.text
    edited: Json = answer.json()
    return edited


def _figures(report: Json) -> dict[str, Json]:
    return {line["code"]: line["figures"] for line in report["lines"]}


async def test_lines_are_put_in_figure_by_figure_and_taken_out_by_null(desk: Desk) -> None:
    centre, operator, (one, other) = await _with(desk)
    report = await draft(operator, centre, lines={one.code: {"equity_received": "300000.01", "jobs": 6}})
    assert _figures(report) == {one.code: {"equity_received": "300000.01", "jobs": 6}}
    assert report["lines"][0]["name"] == f"虚构企业{one.code[-6:]}"
    change = {one.code: {"jobs": None, "ip_held": 2}, other.code: {"loans_received": "5.00"}}
    report = await _edit(operator, report, lines=change)
    wanted = {one.code: {"equity_received": "300000.01", "ip_held": 2}, other.code: {"loans_received": "5.00"}}
    assert _figures(report) == wanted
    report = await _edit(operator, report, form={"jobs": 7})
    assert _figures(report) == wanted
    report = await _edit(operator, report, lines={other.code: None})
    assert set(_figures(report)) == {one.code}
    assert (await desk.events(report["id"]))[-1] == "evaluation.report.edited.v1"


async def test_a_draft_that_takes_the_registrys_values_has_a_line_for_each_enterprise_there_at_the_end(
    desk: Desk,
) -> None:
    centre, operator, (one, other) = await _with(desk)
    left = await desk.enterprise(centre, ended_on=LAST, reason_code="moved")
    report = await draft(operator, centre, prefill=True, lines={one.code: {"jobs": 3}})
    assert _figures(report) == {one.code: {"jobs": 3}, other.code: {}}
    tenants = {tenant["code"]: (tenant["there_at_end"], tenant["has_line"]) for tenant in report["tenants"]}
    assert tenants == {one.code: (True, True), other.code: (True, True), left.code: (False, False)}


@pytest.mark.parametrize(
    ("admitted_on", "ended_on", "possible"),
    [
        (LAST, None, True),
        (AFTER, None, False),
        (date(2018, 6, 1), FIRST, True),
        (date(2018, 6, 1), BEFORE, False),
        (date(2018, 6, 1), LAST, True),
    ],
)
async def test_only_an_enterprise_that_was_there_in_the_quarter_has_a_line(
    desk: Desk, admitted_on: date, ended_on: date | None, possible: bool
) -> None:
    centre, operator, _ = await _with(desk, 0)
    firm = await desk.enterprise(centre, admitted_on, ended_on=ended_on)
    body = {"centre_id": str(centre.id), "year": 2019, "quarter": 1, "lines": {firm.code: {"jobs": 1}}}
    answer = await operator.post(REPORTS, body)
    assert answer.status_code == (201 if possible else 422)
    if not possible:
        (error,) = answer.json()["errors"]
        assert error["field"] == f"lines.{firm.code}"
        assert firm.code in error["message"]


@pytest.mark.parametrize(
    ("figures", "field"),
    [
        ({"jobs": -1}, "jobs"),
        ({"jobs": 1.5}, "jobs"),
        ({"equity_received": "1.234"}, "equity_received"),
        ({"equity_received": 5}, "equity_received"),
        ({"loans_received": "-5.00"}, "loans_received"),
        ({"sunshine": 1}, "sunshine"),
    ],
)
async def test_a_figure_that_cannot_be_is_named_with_its_enterprise(desk: Desk, figures: Json, field: str) -> None:
    centre, operator, (one, _) = await _with(desk)
    body = {"centre_id": str(centre.id), "year": 2019, "quarter": 1, "lines": {one.code: figures}}
    answer = await operator.post(REPORTS, body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [f"lines.{one.code}.{field}"]


async def test_somebody_elses_and_unknown_codes_get_the_same_answer(desk: Desk) -> None:
    centre, operator, _ = await _with(desk)
    elsewhere = await desk.enterprise(await desk.centre())
    said = []
    for code in (elsewhere.code, "91540100MA6T0000X0"):
        body = {"centre_id": str(centre.id), "year": 2019, "quarter": 1, "lines": {code: {"jobs": 1}}}
        answer = await operator.post(REPORTS, body)
        said.append((answer.status_code, answer.json()["errors"][0]["message"].replace(code, "")))
    assert said[0] == said[1]
    assert said[0][0] == 422


async def test_a_team_has_its_line_by_its_number_also_once_it_has_registered(desk: Desk) -> None:
    centre, operator, _ = await _with(desk, 0)
    team, stay = uuid4(), await desk.tenancy(centre, date(2018, 6, 1))
    state = {
        "id": team,
        "no": "PJ-2018-0007",
        "name": "虚构团队",
        "status": "incubated",
        "industry_code": "I6510",
        "division": "540102",
        "started_on": date(2018, 6, 1),
        "team_size": 4,
        "graduate_founder": False,
        "founder_ref": None,
        "enterprise_id": None,
        "registered_on": None,
        "closed_on": None,
        "reason_code": None,
    }
    await desk.feed(rc.ProjectOpened, team, 1, rc.ProjectState.model_validate(state))
    await desk.tenancy(centre, date(2018, 6, 1), tenancy_id=stay, version=2, enterprise_id=team)
    report = await draft(operator, centre, lines={"PJ-2018-0007": {"jobs": 4}})
    assert report["lines"][0]["name"] == "虚构团队"
    firm = Enterprise(uuid4(), "91540100MA6T0000X0")
    await desk.know(firm)
    registered = {**state, "enterprise_id": firm.id, "registered_on": date(2019, 5, 6)}
    await desk.feed(rc.ProjectRegistered, team, 2, rc.ProjectState.model_validate(registered))
    await desk.tenancy(centre, date(2018, 6, 1), tenancy_id=stay, version=3, enterprise_id=firm.id)
    report = await _edit(operator, report, lines={"PJ-2018-0007": {"jobs": 5}})
    assert _figures(report) == {firm.code: {"jobs": 5}}


@pytest.mark.parametrize(("total", "passes"), [("299999.99", False), ("300000.00", True), ("300000.01", False)])
@pytest.mark.parametrize(
    ("figure", "field"), [("equity_received", "equity_financing"), ("loans_received", "bank_loans")]
)
async def test_the_forms_total_of_money_is_the_sum_of_its_lines_to_the_cent(
    desk: Desk, figure: str, field: str, total: str, passes: bool
) -> None:
    centre, operator, (one, other) = await _with(desk)
    lines = {one.code: {figure: "199999.99"}, other.code: {figure: "100000.01"}}
    form = full_form(**{field: total, "enterprises_financed": 2})
    report = await draft(operator, centre, form=form, lines=lines)
    assert ({fault["id"] for fault in report["faults"]} == set()) is passes
    if passes:
        await operator.ok(f"{path_of(report)}/submit")
        return
    refused = await operator.post(f"{path_of(report)}/submit")
    assert (refused.status_code, refused.json()["code"]) == (409, "report-inconsistent")
    assert "over all enterprises" in refused.json()["detail"]


async def test_money_without_a_line_is_refused_and_a_report_without_money_needs_none(desk: Desk) -> None:
    centre, operator, _ = await _with(desk)
    report = await draft(operator, centre, form=full_form(bank_loans="0.01", enterprises_financed=1))
    assert await operator.refused(f"{path_of(report)}/submit") == "report-inconsistent"
    report = await _edit(operator, report, form={"bank_loans": "0.00", "enterprises_financed": 0})
    await operator.ok(f"{path_of(report)}/submit")


async def test_other_sums_that_differ_ask_for_a_word_and_figures_that_nobody_gave_for_none(desk: Desk) -> None:
    centre, operator, (one, other) = await _with(desk)
    lines = {one.code: {"jobs": 12, "ip_held": 1}, other.code: {"jobs": 8, "ip_held": 0}}
    report = await draft(operator, centre, form=full_form(jobs=20, enterprises_with_ip=2), lines=lines)
    assert [(fault["id"], fault["severity"]) for fault in report["faults"]] == [("lines_ip_holders", "warning")]
    assert (report["faults"][0]["value"], report["faults"][0]["limit"]) == ("1", "2")
    assert await operator.refused(f"{path_of(report)}/submit") == "report-warnings-unexplained"
    report = await _edit(operator, report, explanations={"lines_ip_holders": "另一家企业的商标正在核发"})
    await operator.ok(f"{path_of(report)}/submit")


async def test_more_enterprises_financed_than_have_money_ask_for_a_word(desk: Desk) -> None:
    centre, operator, (one, _) = await _with(desk)
    form = full_form(bank_loans="1.00", enterprises_financed=2)
    report = await draft(operator, centre, form=form, lines={one.code: {"loans_received": "1.00"}})
    assert [fault["id"] for fault in report["faults"]] == ["lines_financed"]


async def test_a_merged_enterprise_has_one_line_under_the_record_that_goes_on(desk: Desk) -> None:
    centre, operator, (old, survivor) = await _with(desk)
    both = {old.code: {"loans_received": "1.00"}, survivor.code: {"loans_received": "2.00"}}
    form = full_form(bank_loans="3.00", enterprises_financed=2)
    report = await draft(operator, centre, form=form, lines=both)
    await desk.merge(old, survivor, centre)
    assert await operator.refused(f"{path_of(report)}/submit") == "report-lines-twice"
    twice = await operator.patch(path_of(report), {"lines": both}, f'"{report["version"]}"')
    assert (twice.status_code, len(twice.json()["errors"])) == (422, 1)
    change = {old.code: None, survivor.code: {"loans_received": "3.00"}}
    report = await _edit(operator, report, lines=change, form={"enterprises_financed": 1})
    assert _figures(report) == {survivor.code: {"loans_received": "3.00"}}
    report = await _edit(operator, report, lines={old.code: {"jobs": 20}})
    assert _figures(report) == {survivor.code: {"loans_received": "3.00", "jobs": 20}}
    assert [tenant["code"] for tenant in report["tenants"]] == [survivor.code]
    await operator.ok(f"{path_of(report)}/submit")


async def test_a_stay_that_the_registry_puts_right_takes_the_line_with_it(desk: Desk) -> None:
    centre, operator, (one, _) = await _with(desk)
    report = await draft(operator, centre, form=full_form(), lines={one.code: {"jobs": 20}})
    stay = {"tenancy_id": one.tenancy_id, "version": 2, "enterprise_id": one.id, "ended_on": BEFORE}
    await desk.tenancy(centre, date(2018, 5, 2), **stay)
    refused = await operator.post(f"{path_of(report)}/submit")
    assert (refused.json()["code"], one.code in refused.json()["detail"]) == ("report-lines-not-tenanted", True)
    report = await _edit(operator, report, lines={one.code: None})
    await operator.ok(f"{path_of(report)}/submit")


async def test_a_return_is_about_a_line_and_comes_back_with_another_figure(desk: Desk) -> None:
    centre, operator, (one, other) = await _with(desk)
    form = full_form(bank_loans="5.00", enterprises_financed=1)
    report = await draft(operator, centre, form=form, lines={one.code: {"loans_received": "5.00"}})
    await operator.ok(f"{path_of(report)}/submit")
    officer = desk.caller("science_officer", today=AFTER_Q1)
    unknown = {"reasons": {f"lines.{other.code}": "unsupported"}}
    assert await officer.refused(f"{path_of(report)}/return", unknown, 422) == "validation-failed"
    back = await officer.ok(f"{path_of(report)}/return", {"reasons": {f"lines.{one.code}": "unsupported"}})
    assert await operator.refused(f"{path_of(report)}/submit") == "report-unchanged"
    change = {one.code: None, other.code: {"loans_received": "5.00"}}
    await _edit(operator, back, lines=change)
    await operator.ok(f"{path_of(report)}/submit")
    versions = (await operator.read(f"{path_of(report)}/revisions"))["items"]
    assert [[line["code"] for line in version["lines"]] for version in versions] == [[one.code], [other.code]]
    compared = await operator.read(f"{path_of(report)}/revisions/1/compare/2")
    changes = {change["field"]: (change["before"], change["after"]) for change in compared["changes"]}
    assert changes == {
        f"lines.{one.code}.code": (one.code, None),
        f"lines.{one.code}.loans_received": ("5.00", None),
        f"lines.{other.code}.code": (None, other.code),
        f"lines.{other.code}.loans_received": (None, "5.00"),
    }


async def test_a_line_in_doubt_may_be_explained_instead(desk: Desk) -> None:
    centre, operator, (one, _) = await _with(desk)
    lines = {one.code: {"jobs": 20}}
    report = await desk.report(centre, 2019, 1, AFTER_Q1, accept=False, lines=lines)
    officer = desk.caller("science_officer", today=AFTER_Q1)
    back = await officer.ok(f"{path_of(report)}/return", {"reasons": {f"lines.{one.code}": "unsupported"}})
    assert await operator.refused(f"{path_of(report)}/submit") == "report-unchanged"
    await _edit(operator, back, explanations={f"lines.{one.code}": "社保清单已补交"})
    again = await operator.ok(f"{path_of(report)}/submit")
    assert (again["status"], again["revision"], _figures(again)) == ("submitted", 2, lines)
    versions = (await operator.read(f"{path_of(report)}/revisions"))["items"]
    assert [version["explanations"].get(f"lines.{one.code}") for version in versions] == [None, "社保清单已补交"]


async def test_a_correction_of_lines_is_a_new_version_and_the_accepted_one_stays_until_then(desk: Desk) -> None:
    centre, operator, (one, other) = await _with(desk)
    form = full_form(bank_loans="5.00", enterprises_financed=1)
    report = await desk.report(centre, 2019, 1, AFTER_Q1, form, lines={one.code: {"loans_received": "5.00"}})
    path = f"{path_of(report)}/corrections"
    why = {"reason": "clerical_error", "statement": "贷款企业填错"}
    operator = operator.on(AFTER_Q2)
    assert await operator.refused(path, {**why, "lines": {other.code: {"loans_received": "1.00"}}}) == (
        "report-inconsistent"
    )
    same = {**why, "lines": {one.code: {"loans_received": "5.00"}}}
    assert await operator.refused(path, same) == "correction-changes-nothing"
    change = {one.code: {"loans_received": "4.00"}, other.code: {"loans_received": "1.00"}}
    asked = await operator.ok(path, {**why, "lines": change}, 201)
    assert _figures(asked) == change
    assert _figures(await operator.read(path_of(report))) == {one.code: {"loans_received": "5.00"}}
    approver = desk.caller("science_approver", today=AFTER_Q2)
    corrected = await approver.ok(f"{path}/{asked['id']}/approve")
    assert _figures(corrected) == change
    assert (corrected["revision"], corrected["late"]) == (2, False)


async def test_a_report_of_a_version_without_lines_takes_none_and_stays_as_it_is(desk: Desk) -> None:
    centre, operator, (one, _) = await _with(desk)
    report = await draft(operator, centre, form=full_form(bank_loans="5.00", enterprises_financed=1))
    await desk.of_version(report, 2)
    report = await operator.read(path_of(report))
    assert (report["form_version"], report["lines"], report["tenants"]) == (2, None, [])
    answer = await operator.patch(path_of(report), {"lines": {one.code: {"jobs": 1}}}, f'"{report["version"]}"')
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "lines")
    await operator.ok(f"{path_of(report)}/submit")
    await desk.caller("science_officer", today=AFTER_Q1).ok(f"{path_of(report)}/accept")


async def test_amounts_of_lines_are_entered_as_printed_too(desk: Desk) -> None:
    centre, operator, (one, _) = await _with(desk)
    lines = {one.code: {"revenue": "12.5", "equity_received": "12.5"}}
    report = await draft(operator, centre, lines=lines, printed=True)
    assert _figures(report) == {one.code: {"equity_received": "12.50", "revenue": "12500.00"}}


async def test_lines_are_locked_with_the_year(desk: Desk) -> None:
    centre, operator, (one, _) = await _with(desk)
    report = await draft(operator, centre)
    cycle = await desk.scored(2019, date(2020, 2, 3))
    await desk.announce(cycle["id"], date(2020, 2, 4))
    change = {"lines": {one.code: {"jobs": 1}}}
    answer = await operator.on(date(2020, 2, 5)).patch(path_of(report), change, f'"{report["version"]}"')
    assert (answer.status_code, answer.json()["code"]) == (409, "report-period-locked")


async def test_the_form_says_what_it_asks_of_each_enterprise(desk: Desk) -> None:
    auditor = desk.caller("auditor")
    form = await auditor.read(f"{REPORTS}/form", year=2019, quarter=1)
    assert [field["id"] for field in form["enterprise_lines"]][:2] == ["equity_received", "loans_received"]
    assert "lines_equity" in {check["id"] for check in form["checks"]}
    old = await auditor.read(f"{REPORTS}/form", year=2019, quarter=1, version=2)
    assert old["enterprise_lines"] == []
