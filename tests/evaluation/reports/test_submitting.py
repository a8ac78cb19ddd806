"""Warnings that need a word, two people at once, amounts as printed, and reports of the form's first version."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest
from sqlalchemy import text

from tests.evaluation.reports.support import AFTER_Q1, AFTER_Q2, REPORTS, draft, path_of
from tests.evaluation.support import Desk, full_form

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_jump_since_the_last_quarter_is_submitted_only_with_an_explanation(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.report(centre, 2019, 1, AFTER_Q1)
    operator = desk.operator(centre, AFTER_Q2)
    unrecorded = dict.fromkeys(("events_by_level", "attendance"), "登记尚未补全")
    report = await draft(operator, centre, 2, form=full_form(jobs=60), explanations=unrecorded)
    assert [(one["id"], one["severity"], one["limit"]) for one in report["faults"]] == [
        ("jobs_steady", "warning", "20")
    ]
    assert report["checks"]["passed"] is True
    problem = (await operator.post(f"{path_of(report)}/submit")).json()
    assert problem["code"] == "report-warnings-unexplained"
    assert "“People employed by incubatees” is 60" in problem["detail"]
    assert "[jobs_steady]" in problem["detail"]
    said = {"explanations": {"jobs_steady": "新引进两家企业"}}
    explained = (await operator.patch(path_of(report), said, f'"{report["version"]}"')).json()
    assert explained["faults"][0]["explanation"] == "新引进两家企业"
    await operator.ok(f"{path_of(report)}/submit")
    versions = (await operator.read(f"{path_of(report)}/revisions"))["items"]
    assert versions[0]["explanations"] == {"jobs_steady": "新引进两家企业", **unrecorded}


async def test_an_explanation_is_taken_back_by_null_and_names_a_check(desk: Desk) -> None:
    centre = await desk.centre()
    operator = desk.operator(centre, AFTER_Q1)
    report = await draft(operator, centre, explanations={"jobs_steady": "新引进两家企业"})
    back = await operator.patch(path_of(report), {"explanations": {"jobs_steady": None}}, f'"{report["version"]}"')
    assert back.json()["explanations"] == {}
    tag = back.headers["ETag"]
    for bad in ({"sunshine": "很好的理由"}, {"jobs_steady": "x"}, {"jobs_steady": "身份证11010519491231002X的员工"}):
        assert (await operator.patch(path_of(report), {"explanations": bad}, tag)).status_code == 422


async def test_of_two_people_who_edit_at_once_the_second_is_told_so_and_loses_nothing(desk: Desk) -> None:
    centre = await desk.centre()
    one, other = (
        desk.caller("centre_operator", today=AFTER_Q1, org=centre.operator_code, account=name) for name in ("a", "b")
    )
    report = await draft(one, centre)
    tag = f'"{report["version"]}"'
    answers = await asyncio.gather(
        one.patch(path_of(report), {"form": {"jobs": 1}}, tag), other.patch(path_of(report), {"form": {"jobs": 2}}, tag)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    kept = next(answer.json() for answer in answers if answer.status_code == 200)
    assert (await one.read(path_of(report)))["form"]["jobs"] == kept["form"]["jobs"]


async def test_of_two_people_who_decide_at_once_one_is_refused(desk: Desk) -> None:
    centre = await desk.centre()
    report = await desk.report(centre, 2019, 1, AFTER_Q1, accept=False)
    one, other = (desk.caller(f"{bureau}_officer", today=AFTER_Q1) for bureau in ("science", "industry"))
    answers = await asyncio.gather(
        one.post(f"{path_of(report)}/accept"), other.post(f"{path_of(report)}/return", {"reasons": {"jobs": "missing"}})
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_amounts_are_entered_as_printed_if_the_caller_says_so(desk: Desk) -> None:
    centre = await desk.centre()
    operator = desk.operator(centre, AFTER_Q1)
    report = await draft(operator, centre, form={"income_total": "12.5", "bank_loans": "12.5"}, printed=True)
    assert (report["form"]["income_total"], report["form"]["bank_loans"]) == ("12500.00", "12.50")
    plain = await operator.patch(path_of(report), {"form": {"income_total": "12.5"}}, f'"{report["version"]}"')
    assert plain.json()["form"]["income_total"] == "12.50"
    bad = {"form": {"income_total": "0.000001"}, "printed": True}
    assert (await operator.patch(path_of(report), bad, plain.headers["ETag"])).status_code == 422


async def test_a_report_of_the_first_version_stays_readable_correctable_and_scored(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.tenancy(centre, date(2019, 1, 10))
    operator = desk.operator(centre, AFTER_Q1)
    report = await draft(operator, centre, form=full_form())
    async with desk.runtime.db.transaction() as session:
        await session.execute(text("UPDATE quarterly_report SET form_version = 1"))
    old = await operator.read(path_of(report))
    assert (old["form_version"], len(old["form"]), old["unfilled"]) == (1, 21, [])
    bad = await operator.patch(path_of(report), {"form": {"ip_held": 1}}, f'"{old["version"]}"')
    assert bad.status_code == 422
    await operator.ok(f"{path_of(report)}/submit")
    await desk.caller("science_officer", today=AFTER_Q1).ok(f"{path_of(report)}/accept")
    (version,) = (await operator.read(f"{path_of(report)}/revisions"))["items"]
    assert (version["form_version"], version["filled"], version["fields"]) == (1, 21, 21)
    await desk.report(centre, 2019, 2, AFTER_Q2)
    await desk.scored(2019, date(2020, 2, 3))
    scored = await desk.evaluation_of(centre, 2019)
    assert float(scored["score"]) > 0
    totals = await desk.caller("auditor").read(f"{REPORTS}/totals", year=2019)
    assert (totals["reports"], totals["totals"]["confirmed_services"]) == (2, 10)


async def test_versions_are_compared_in_the_forms_order_and_only_with_those_that_exist(desk: Desk) -> None:
    centre = await desk.centre()
    report = await desk.report(centre, 2019, 1, AFTER_Q1, accept=False)
    officer, operator = desk.caller("science_officer", today=AFTER_Q1), desk.operator(centre, AFTER_Q1)
    reasons = {"reasons": {"jobs": "implausible", "mentors": "unsupported"}}
    assert await officer.refused(f"{path_of(report)}/return", {**reasons, "comments": {"attendance": "?!"}}, 422)
    returned = await officer.ok(f"{path_of(report)}/return", reasons)
    new = {"form": {"jobs": 19, "mentors": None}}
    assert (await operator.patch(path_of(report), new, f'"{returned["version"]}"')).status_code == 200
    await operator.ok(f"{path_of(report)}/submit")
    compared = await operator.read(f"{path_of(report)}/revisions/1/compare/2")
    assert [(one["field"], one["before"], one["after"]) for one in compared["changes"]] == [
        ("mentors", 2, None),
        ("jobs", 20, 19),
    ]
    assert (await operator.read(f"{path_of(report)}/revisions/2/compare/2"))["changes"] == []
    assert (await operator.get(f"{path_of(report)}/revisions/1/compare/3")).status_code == 404


async def test_an_empty_report_is_not_submitted_and_its_fields_are_named(desk: Desk) -> None:
    centre = await desk.centre()
    operator = desk.operator(centre, AFTER_Q1)
    report = await draft(operator, centre, form={"staff_total": 3})  # statistical fields do not make a report
    response = await operator.post(f"{path_of(report)}/submit")
    problem = response.json()
    assert (response.status_code, problem["code"], problem["clauses"]) == (409, "report-empty", ["2.3-2"])
    assert "“Mentors under an agreement”" in problem["detail"]
    assert len(problem["decision"]["results"][0]["inputs"]["missing"].split(", ")) == 21
    one = await operator.patch(path_of(report), {"form": {"jobs": 0}}, f'"{report["version"]}"')
    assert (await operator.ok(f"{path_of(report)}/submit"))["status"] == "submitted"
    assert one.status_code == 200


async def test_what_was_completed_after_the_due_day_is_told_so_and_in_time_is_by_the_first_version(desk: Desk) -> None:
    centre = await desk.centre()
    report = await desk.report(centre, 2019, 1, AFTER_Q1, full_form(mentors=None))
    path, may = path_of(report), date(2019, 5, 6)
    assert report["completed_on"] is None
    body = {"form": {"mentors": 2}, "reason": "omission", "statement": "漏报导师人数"}
    asked = await desk.operator(centre, may).ok(f"{path}/corrections", body, 201)
    decider = desk.caller("science_approver", today=may)
    corrected = await decider.ok(f"{path}/corrections/{asked['id']}/approve")
    assert (corrected["late"], corrected["first_submitted_on"]) == (False, AFTER_Q1.isoformat())
    assert corrected["completed_on"] == may.isoformat()
    versions = (await decider.read(f"{path}/revisions"))["items"]
    told = [[rule["message"] for rule in one["decision"]["results"]] for one in versions]
    assert told == [["report-in-time", "report-incomplete"], ["report-in-time", "report-completed-late"]]


async def test_a_returned_report_shows_why_until_it_is_submitted_again_changed_or_explained(desk: Desk) -> None:
    centre = await desk.centre()
    report = await desk.report(centre, 2019, 1, AFTER_Q1, accept=False)
    path, operator = path_of(report), desk.operator(centre, AFTER_Q1)
    assert report["returned"] is None
    why = {"reasons": {"bank_loans": "unsupported"}, "comments": {"bank_loans": "请附借款合同"}}
    await desk.caller("science_officer", today=AFTER_Q1).ok(f"{path}/return", why)
    shown = await operator.read(path)
    assert (shown["returned"]["reasons"], shown["returned"]["comments"]) == (why["reasons"], why["comments"])
    assert (await operator.read(f"{path}/revisions"))["items"][0]["returned"] == shown["returned"]
    assert await operator.refused(f"{path}/submit") == "report-unchanged"
    said = {"explanations": {"bank_loans": "合同已补交"}}
    assert (await operator.patch(path, said, f'"{shown["version"]}"')).status_code == 200
    assert (await operator.ok(f"{path}/submit"))["returned"] is None


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("zh", "“在孵企业（季末）”", "“接受专业培训的专职人员”"),
        ("en", "“Incubatees on the last day”", "“Specialist staff who were trained”"),
    ],
)
async def test_all_contradictions_are_named_by_title_in_the_readers_language(
    desk: Desk, language: str, first: str, second: str
) -> None:
    centre = await desk.centre()
    operator = desk.operator(centre, AFTER_Q1)
    report = await draft(operator, centre, form=full_form(incubatees=9, trained_staff=3))
    problem = (await operator.post(f"{path_of(report)}/submit", None, Accept_Language=language)).json()
    assert problem["code"] == "report-inconsistent"
    assert first in problem["detail"]
    assert second in problem["detail"]
    assert "trained_staff" not in problem["detail"]
    texts = [rule["text"] for rule in problem["decision"]["results"]]
    assert not [text for text in texts if "_" in text or "{" in text]
