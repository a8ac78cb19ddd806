"""Accepted reports change by correction: asked for, decided by another person, kept version by version."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest
from sqlalchemy import text

from tests.evaluation.known import Json, fresh_code
from tests.evaluation.reports.support import AFTER_Q1, AFTER_Q2, REPORTS, draft, path_of
from tests.evaluation.support import OFFICER, WAITING_FOR_A_ROW, Desk, full_form
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

UNRECORDED = {"mentors": "登记尚未补全"}
WRONG = {"form": {"jobs": 25}, "reason": "clerical_error", "statement": "漏计五名从业人员"}


async def _requested(desk: Desk, **changes: object) -> tuple[Json, Json, str]:
    centre = await desk.centre()
    report = await desk.report(centre, 2019, 1, AFTER_Q1)
    path = path_of(report)
    asked = await desk.operator(centre, AFTER_Q2).ok(f"{path}/corrections", {**WRONG, **changes}, 201)
    return report, asked, f"{path}/corrections/{asked['id']}"


async def test_an_approved_correction_is_a_new_accepted_version_and_the_one_before_is_kept(desk: Desk) -> None:
    report, asked, path = await _requested(desk)
    assert (asked["status"], asked["of_revision"], asked["form"]) == ("requested", 1, {"jobs": 25})
    approver = desk.caller("science_approver", today=AFTER_Q2)
    corrected = await approver.ok(f"{path}/approve")
    assert (corrected["status"], corrected["revision"], corrected["form"]["jobs"]) == ("accepted", 2, 25)
    assert (corrected["late"], corrected["first_submitted_on"]) == (False, AFTER_Q1.isoformat())
    versions = (await approver.read(f"{path_of(report)}/revisions"))["items"]
    assert [(one["form"]["jobs"], one["correction_id"]) for one in versions] == [(20, None), (25, asked["id"])]
    compared = await approver.read(f"{path_of(report)}/revisions/1/compare/2")
    changes = [(one["field"], one["before"], one["after"]) for one in compared["changes"]]
    assert changes == [("jobs", 20, 25)]
    listed = (await approver.read(f"{path_of(report)}/corrections"))["items"]
    assert [(one["status"], one["revision"], one["decided_on"]) for one in listed] == [
        ("approved", 2, AFTER_Q2.isoformat())
    ]
    assert (await desk.events(report["id"]))[-2:] == [
        "evaluation.report.correction_requested.v1",
        "evaluation.report.corrected.v1",
    ]


async def test_a_refused_correction_leaves_the_report_and_another_may_be_asked_for(desk: Desk) -> None:
    report, _, path = await _requested(desk)
    approver = desk.caller("industry_approver", today=AFTER_Q2)
    kept = await approver.ok(f"{path}/refuse", {"answer": "证明材料不足"})
    assert (kept["revision"], kept["form"]["jobs"]) == (1, 20)
    assert await approver.refused(f"{path}/approve") == "invalid-transition"
    officer = desk.caller("science_officer", today=AFTER_Q2)
    await officer.ok(f"{path_of(report)}/corrections", WRONG, 201)


async def test_one_request_at_a_time_which_must_change_something(desk: Desk) -> None:
    report, _, _ = await _requested(desk)
    officer = desk.caller("science_officer", today=AFTER_Q2)
    path = f"{path_of(report)}/corrections"
    assert await officer.refused(path, WRONG) == "correction-requested-already"
    other = await desk.centre()
    second = await desk.report(other, 2019, 1, AFTER_Q1)
    same = {**WRONG, "form": {"jobs": 20}}
    assert await officer.refused(f"{path_of(second)}/corrections", same) == "correction-changes-nothing"
    levels = {
        **WRONG,
        "form": {"events_by_level": {**second["form"]["events_by_level"], "national": 0}, "ip_held": None},
    }
    assert await officer.refused(f"{path_of(second)}/corrections", levels) == "correction-changes-nothing"
    assert await officer.refused(f"{path_of(second)}/corrections", {**WRONG, "form": {}}, 422) == "validation-failed"


async def test_who_asks_does_not_decide_and_only_an_approver_does(desk: Desk) -> None:
    centre = await desk.centre()
    report = await desk.report(centre, 2019, 1, AFTER_Q1)
    path = f"{path_of(report)}/corrections"
    both = desk.caller("science_officer", "science_approver", today=AFTER_Q2, account=OFFICER)
    asked = await both.ok(path, WRONG, 201)
    assert await both.refused(f"{path}/{asked['id']}/approve", status=403) == "four-eyes-required"
    assert await desk.operator(centre, AFTER_Q2).refused(f"{path}/{asked['id']}/approve", status=403) == "forbidden"
    stranger = desk.caller("centre_operator", today=AFTER_Q2, org=fresh_code())
    assert await stranger.refused(path, WRONG, 404) == "not-found"
    early = {"decided_on": "2019-04-30"}
    approver = desk.caller("science_approver", today=AFTER_Q2)
    assert await approver.refused(f"{path}/{asked['id']}/approve", early) == "date-before-step"


async def test_a_correction_is_checked_like_a_submission(desk: Desk) -> None:
    centre = await desk.centre()
    report = await desk.report(centre, 2019, 1, AFTER_Q1)
    officer = desk.caller("science_officer", today=AFTER_Q2)
    path = f"{path_of(report)}/corrections"
    assert await officer.refused(path, {**WRONG, "form": {"trained_staff": 3}}) == "report-inconsistent"
    assert await officer.refused(path, {**WRONG, "form": {"sunshine": 3}}, 422) == "validation-failed"
    money = {**WRONG, "form": {"income_total": "12.5"}, "printed": True}
    assert (await officer.ok(path, money, 201))["form"] == {"income_total": "12500.00"}


async def test_a_draft_is_edited_and_not_corrected(desk: Desk) -> None:
    centre = await desk.centre()
    report = await draft(desk.operator(centre, AFTER_Q1), centre)
    officer = desk.caller("science_officer", today=AFTER_Q2)
    assert await officer.refused(f"{path_of(report)}/corrections", WRONG) == "invalid-transition"


async def test_two_approvers_at_once_make_one_version(desk: Desk) -> None:
    report, _, path = await _requested(desk)
    approvers = [desk.caller(f"{bureau}_approver", today=AFTER_Q2) for bureau in ("science", "industry")]
    answers = await asyncio.gather(*(approver.post(f"{path}/approve") for approver in approvers))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert (await approvers[0].read(path_of(report)))["revision"] == 2


async def test_once_results_are_announced_a_year_changes_by_correction_only(desk: Desk) -> None:
    centre, today = await desk.centre(), date(2020, 2, 3)
    accepted = await desk.report(centre, 2019, 1, AFTER_Q1)
    waiting = await desk.report(centre, 2019, 2, AFTER_Q2, accept=False)
    operator, officer = desk.operator(centre, today), desk.caller("science_officer", today=today)
    begun = await draft(desk.operator(centre, date(2019, 10, 8)), centre, 3, form=full_form())
    cycle = await desk.scored(2019, date(2020, 1, 20))
    said = {"explanations": dict.fromkeys(("events_by_level", "attendance"), "登记尚未补全")}
    await operator.patch(path_of(begun), said, f'"{begun["version"]}"')
    await operator.ok(f"{path_of(begun)}/submit")  # opening and scoring lock nothing yet
    await desk.ok_score(cycle["id"], today)
    announce = f"/v1/evaluation-cycles/{cycle['id']}/announce"
    assert await officer.refused(announce) == "evaluation-incomplete"  # nobody has answered what was sent
    sent_back = {"reasons": {"jobs": "implausible"}}
    for report in (waiting, begun):
        await officer.ok(f"{path_of(report)}/return", sent_back)
    await desk.ok_score(cycle["id"], today)
    await desk.announce(cycle["id"], today)

    assert (await officer.read(path_of(accepted)))["locked"] is True
    body = {"centre_id": str(centre.id), "year": 2019, "quarter": 4, "form": full_form()}
    assert await operator.refused(REPORTS, body) == "report-period-locked"
    for report in (waiting, begun):
        assert await operator.refused(f"{path_of(report)}/submit") == "report-period-locked"
    asked = await operator.ok(
        f"{path_of(accepted)}/corrections", {**WRONG, "form": {"mentors": 3}, "explanations": UNRECORDED}, 201
    )
    approver = desk.caller("science_approver", today=today)
    corrected = await approver.ok(f"{path_of(accepted)}/corrections/{asked['id']}/approve")
    assert corrected["form"]["mentors"] == 3
    next_year = {"centre_id": str(centre.id), "year": 2020, "quarter": 1}
    await operator.ok(REPORTS, next_year, 201)


@pytest.mark.parametrize("step", ["accept", "correct"])
async def test_a_version_is_counted_by_a_score_or_accepted_after_it(desk: Desk, step: str) -> None:
    """Accepted while the score is being computed, it would be in no score, and nobody would be told."""
    centre, today = await desk.centre(), date(2020, 2, 3)
    if step == "accept":
        report = await desk.report(centre, 2019, 1, AFTER_Q1, accept=False)
        path, decider = f"{path_of(report)}/accept", "science_officer"
    else:
        report = await desk.report(centre, 2019, 1, AFTER_Q1)
        body = {**WRONG, "form": {"mentors": 3}, "explanations": UNRECORDED}
        asked = await desk.operator(centre, today).ok(f"{path_of(report)}/corrections", body, 201)
        path, decider = f"{path_of(report)}/corrections/{asked['id']}/approve", "science_approver"
    await desk.scored(2019, today)
    async with desk.runtime.db.transaction() as scoring:
        await scoring.execute(text("SELECT id FROM evaluation FOR UPDATE"))
        accepted = asyncio.create_task(desk.caller(decider, today=today).post(path))

        async def waiting() -> bool:
            return await desk.count(WAITING_FOR_A_ROW) == 1

        await eventually(waiting)
        await scoring.execute(text("UPDATE evaluation SET scored_at = clock_timestamp()"))
    assert (await accepted).status_code == 200
    cycle_id = (await desk.evaluation_of(centre, 2019))["cycle_id"]
    announce = f"/v1/evaluation-cycles/{cycle_id}/announce"
    assert await desk.caller("science_officer", today=today).refused(announce) == "evaluation-incomplete"


async def test_scores_that_are_computed_again_see_the_corrected_version(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.tenancy(centre, date(2019, 1, 10))
    for quarter, day in ((1, AFTER_Q1), (2, AFTER_Q2), (3, date(2019, 10, 9))):
        await desk.report(centre, 2019, quarter, day)
    report = await desk.report(centre, 2019, 4, date(2020, 1, 8))
    cycle = await desk.scored(2019, date(2020, 1, 20))
    before = await desk.evaluation_of(centre, 2019)
    body = {**WRONG, "form": {"enterprises_with_ip": 0}}
    asked = await desk.caller("science_officer", today=date(2020, 1, 21)).ok(
        f"{path_of(report)}/corrections", body, 201
    )
    approver = desk.caller("science_approver", today=date(2020, 1, 21))
    await approver.ok(f"{path_of(report)}/corrections/{asked['id']}/approve")
    await desk.ok_score(cycle["id"], date(2020, 1, 22))
    after = await desk.evaluation_of(centre, 2019)
    assert float(after["score"]) < float(before["score"])


async def test_a_reason_too_short_is_told_in_characters(desk: Desk) -> None:
    centre = await desk.centre()
    report = await draft(desk.operator(centre, AFTER_Q1), centre)
    sent = {"form": {"jobs": 3}, "reason": "clerical_error", "statement": " x "}
    refused = await desk.operator(centre, AFTER_Q1).post(f"{path_of(report)}/corrections", sent)
    fault = refused.json()["errors"][0]
    assert (refused.status_code, fault["field"]) == (422, "statement")
    assert "2" in fault["message"]
    assert not any(word in fault["message"] for word in ("items", "项"))
