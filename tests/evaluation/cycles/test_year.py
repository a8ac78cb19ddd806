"""A year over HTTP: self-reports, progress, what changed in the scores, later last days, going back, and the lock."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from shared.policy.edition import load_editions
from tests.evaluation.known import Centre, Json
from tests.evaluation.rubrics.drafts import PDF
from tests.evaluation.support import Caller, Desk, full_form

pytestmark = pytest.mark.asyncio(loop_scope="session")

OPENED, SCORED, ANNOUNCED, SIGNED = date(2020, 2, 3), date(2020, 2, 10), date(2020, 2, 11), date(2020, 3, 2)
DIMENSIONS = tuple(load_editions(None).get("lhasa-2019").rubric.dimensions)
WHOLE = {"statements": dict.fromkeys(DIMENSIONS, "本年度情况说明")}
WHY = {"reason": "error_found", "statement": "发现计算依据有误"}


async def _open(desk: Desk, on: date = OPENED) -> tuple[Centre, str, str]:
    """A centre, its year's address and its evaluation's."""
    centre = await desk.centre()
    await desk.report(centre, 2019, 1, date(2019, 4, 10))
    cycle = await desk.caller("science_officer", today=on).ok("/v1/evaluation-cycles", {"year": 2019}, 201)
    evaluation = await desk.evaluation_of(centre, 2019)
    return centre, f"/v1/evaluation-cycles/{cycle['id']}", f"/v1/evaluations/{evaluation['id']}"


async def _approved(desk: Desk) -> tuple[Centre, str, str]:
    """The same year, announced and approved by one bureau."""
    centre, path, evaluation = await _open(desk)
    cycle_id = path.rsplit("/", 1)[1]
    await desk.mark_all(cycle_id, OPENED)
    await desk.ok_score(cycle_id, SCORED)
    await desk.announce(cycle_id, ANNOUNCED)
    await desk.caller("science_approver", today=SIGNED).ok(f"{path}/approve")
    return centre, path, evaluation


async def test_a_self_report_is_handed_in_returned_and_handed_in_again(desk: Desk) -> None:
    centre, _, evaluation = await _open(desk)
    path, operator = f"{evaluation}/self-report", desk.operator(centre, OPENED)
    officer = desk.caller("science_officer", today=OPENED)
    assert (await operator.get(path)).status_code == 404
    draft = await operator.ok(path, {"statements": {DIMENSIONS[0]: "情况"}}, 201)
    assert (draft["status"], draft["missing"], draft["locked"]) == ("draft", list(DIMENSIONS[1:]), False)
    assert await operator.refused(path, WHOLE) == "self-report-exists"
    assert await operator.refused(f"{path}/submit") == "self-report-incomplete"
    assert (await operator.patch(path, WHOLE)).status_code == 428
    assert (await operator.patch(path, {"statements": {"unknown": "x"}}, '"1"')).status_code == 422
    assert (await operator.patch(path, WHOLE, '"1"')).status_code == 200
    document = (await operator.upload(f"{evaluation}/documents", PDF, "协议.pdf")).json()
    await operator.ok(f"{evaluation}/evidence", {"indicator": "mentors", "document_id": document["id"]}, 201)
    submitted = await operator.ok(f"{path}/submit")
    assert (submitted["late"], "mentors" in submitted["evidence_missing"]) == (False, False)
    assert (await operator.patch(path, WHOLE, f'"{submitted["version"]}"')).status_code == 409
    back = {"reason": "unclear", "comment": "请补充毕业企业去向"}
    assert (await officer.ok(f"{path}/return", back))["return_comment"] == "请补充毕业企业去向"
    assert (await operator.ok(f"{path}/submit"))["revision"] == 2
    revisions = (await officer.read(f"{path}/revisions"))["items"]
    assert [(found["revision"], found["evidence"]["mentors"]) for found in revisions] == [
        (2, [document["id"]]),
        (1, [document["id"]]),
    ]


async def test_somebody_elses_self_report_does_not_exist(desk: Desk) -> None:
    centre, _, evaluation = await _open(desk)
    await desk.operator(centre, OPENED).ok(f"{evaluation}/self-report", WHOLE, 201)
    stranger = desk.operator(await desk.centre(), OPENED)
    for verb in ("", "/submit"):
        body = WHOLE if verb == "" else None
        assert (await stranger.post(f"{evaluation}/self-report{verb}", body)).status_code == 404
    assert (await stranger.get(f"{evaluation}/self-report")).status_code == 404
    assert (await stranger.patch(f"{evaluation}/self-report", WHOLE, '"1"')).status_code == 404
    assert (await desk.expert(1, OPENED).get(f"{evaluation}/self-report")).status_code == 404


async def test_after_the_last_day_what_was_handed_in_is_locked_and_what_is_missing_comes_late(desk: Desk) -> None:
    centre, path, evaluation = await _open(desk)
    other = await desk.centre()
    officer = desk.caller("science_officer", today=OPENED)
    assert (await officer.read(f"{path}/progress"))["counts"]["not_enrolled"] == 1
    await officer.ok(f"{path}/enrol")
    due_on = date.fromisoformat((await officer.read(path))["self_report_due_on"])
    report = f"{evaluation}/self-report"
    await desk.operator(centre, due_on).ok(report, WHOLE, 201)
    assert (await desk.operator(centre, due_on).ok(f"{report}/submit"))["late"] is False
    late = due_on + timedelta(days=1)
    back = {"reason": "unclear", "comment": "请补充"}
    assert await officer.on(late).refused(f"{report}/return", back) == "self-report-locked"
    second = f"/v1/evaluations/{(await desk.evaluation_of(other, 2019))['id']}/self-report"
    await desk.operator(other, late).ok(second, WHOLE, 201)
    assert (await desk.operator(other, late).ok(f"{second}/submit"))["late"] is True
    assert (await officer.on(late).read(f"{path}/progress"))["counts"]["self_reports_late"] == 1


async def test_progress_says_what_is_missing_of_whom_in_the_callers_scope(desk: Desk) -> None:
    centre, path, evaluation = await _open(desk)
    await desk.report(centre, 2019, 2, date(2019, 7, 10), accept=False)
    officer, operator = desk.caller("science_officer", today=OPENED), desk.operator(centre, OPENED)
    progress = await officer.read(f"{path}/progress")
    (item,) = progress["items"]
    assert item["missing"] == ["reports", "self_report", "evidence", "marks", "score"]
    assert (item["reports_missing"], item["complete"]) == ([2, 3, 4], False)
    assert "mentors" in item["evidence_missing"]
    assert [term["phase"] for term in progress["terms"]] == ["self_report", "marking", "notice", "objections"]
    await operator.ok(f"{evaluation}/self-report", WHOLE, 201)
    await operator.ok(f"{evaluation}/self-report/submit")
    await desk.experts(2, OPENED)
    await officer.ok(f"{path}/draws", {}, 201)
    counts = (await officer.read(f"{path}/progress"))["counts"]
    assert (counts["without_self_report"], counts["marks_assigned"], counts["marks_given"]) == (0, 2, 0)
    assert (await officer.read(f"{path}/progress", missing="self_report"))["items"] == []
    assert len((await operator.read(f"{path}/progress", missing="marks"))["items"]) == 1
    stranger = desk.operator(await desk.centre(), OPENED)
    seen = await stranger.read(f"{path}/progress")
    assert (seen["items"], seen["counts"]["centres"], seen["counts"]["not_enrolled"]) == ([], 0, 1)
    assert (await desk.caller("division_officer", division="540121").read(f"{path}/progress"))["items"] == []
    assert (await desk.expert(1, OPENED).get(f"{path}/progress")).status_code == 403


async def test_scoring_again_shows_which_numbers_and_records_changed(desk: Desk) -> None:
    centre, path, evaluation = await _open(desk)
    cycle_id = path.rsplit("/", 1)[1]
    await desk.mark_all(cycle_id, OPENED)
    await desk.ok_score(cycle_id, OPENED)
    officer = desk.caller("science_officer", today=SCORED)
    assert (await officer.get(f"{evaluation}/score-changes")).json()["code"] == "nothing-to-compare"
    await desk.report(centre, 2019, 2, SCORED, full_form(jobs=30))
    await desk.ok_score(cycle_id, SCORED)
    changes = await officer.read(f"{evaluation}/score-changes")
    rise = Decimal(changes["after"]["score"]) - Decimal(changes["before"]["score"])
    assert (Decimal(changes["difference"]), rise > 0) == (rise, True)
    by_name = {change["indicator"]: change for change in changes["indicators"]}
    jobs = {change["name"]: (change["before"], change["after"]) for change in by_name["jobs"]["inputs"]}
    assert jobs["jobs"] == ("20", "30")
    assert "filing_sample" not in by_name
    (records,) = [found for found in changes["records"] if found["kind"] == "report_revisions"]
    assert (records["added_total"], records["removed_total"]) == (1, 0)
    (line,) = (await officer.read(f"{path}/score-changes"))["items"]
    assert line["difference"] == changes["difference"]
    await desk.ok_score(cycle_id, SCORED)
    assert (await officer.read(f"{path}/score-changes"))["items"] == []
    assert len((await officer.read(f"{path}/score-changes", changed="false"))["items"]) == 1
    named = await officer.read(f"{evaluation}/score-changes", before=changes["before"]["id"])
    assert named["difference"] == changes["difference"]
    strange = {"before": changes["evaluation_id"]}
    assert (await officer.get(f"{evaluation}/score-changes", **strange)).status_code == 404
    assert (await desk.operator(centre, SCORED).get(f"{evaluation}/score-changes")).status_code == 404


async def test_a_later_last_day_needs_a_second_person_and_holds_once_granted(desk: Desk) -> None:
    _, path, _ = await _open(desk)
    officer, approver = desk.caller("science_officer", today=OPENED), desk.caller("science_approver", today=OPENED)
    before = (await officer.read(path))["self_report_due_on"]
    wanted = {"phase": "self_report", "until": "2020-03-10", **WHY}
    assert await officer.refused(f"{path}/extensions", {**wanted, "until": "2020-03-08"}) == "extension-out-of-bounds"
    assert await officer.refused(f"{path}/extensions", {**wanted, "phase": "notice"}) == "invalid-transition"
    asked = await officer.ok(f"{path}/extensions", wanted, 201)
    assert await officer.refused(f"{path}/extensions", wanted) == "change-proposed-already"
    both = desk.caller("science_officer", "science_approver", today=OPENED)
    step = f"{path}/extensions/{asked['id']}"
    assert await both.refused(f"{step}/approve", status=403) == "four-eyes-required"
    assert (await officer.read(path))["self_report_due_on"] == before
    assert (await approver.ok(f"{step}/approve"))["self_report_due_on"] == "2020-03-10"
    assert await approver.refused(f"{step}/refuse") == "invalid-transition"
    (shown,) = (await officer.read(f"{path}/extensions"))["items"]
    assert (shown["status"], shown["due_before"], shown["due_on"]) == ("approved", before, "2020-03-10")


async def test_an_extended_notice_takes_objections_to_its_new_last_day_and_signs_after_it(desk: Desk) -> None:
    centre, path, evaluation = await _open(desk)
    cycle_id = path.rsplit("/", 1)[1]
    await desk.mark_all(cycle_id, OPENED)
    await desk.ok_score(cycle_id, SCORED)
    await desk.announce(cycle_id, ANNOUNCED)
    officer = desk.caller("science_officer", today=ANNOUNCED)
    wanted = {"phase": "notice", "until": "2020-02-28", **WHY}
    asked = await officer.ok(f"{path}/extensions", wanted, 201)
    step = f"{path}/extensions/{asked['id']}/approve"
    cycle = await desk.caller("science_approver", today=ANNOUNCED).ok(step)
    assert (cycle["notice_until"], cycle["objections_until"]) == ("2020-02-28", "2020-02-28")
    assert cycle["first_publication_day"] == "2020-02-29"
    body = {
        "evaluation_id": evaluation.rsplit("/", 1)[1],
        "reason": "wrong_data",
        "statement": "有误",
        "document_no": "异议1",
    }
    late = desk.operator(centre, date(2020, 2, 29))
    assert await late.refused("/v1/objections", body) == "objection-term-over"
    await late.on(date(2020, 2, 28)).ok("/v1/objections", body, 201)
    approver = desk.caller("science_approver", today=date(2020, 2, 28))
    assert await approver.refused(f"{path}/approve") == "public-notice-running"


async def _refused_changes(desk: Desk, centre: Centre, evaluation: str) -> dict[str, str]:
    """What everybody who could change something of the year gets for an answer."""
    officer, operator = desk.caller("science_officer", today=SIGNED), desk.operator(centre, SIGNED)
    report = (await officer.read("/v1/quarterly-reports", centre_id=centre.id))["items"][0]
    corrections = f"/v1/quarterly-reports/{report['id']}/corrections"
    wrong = {"form": {"jobs": 21}, "reason": "clerical_error", "statement": "漏计一人"}
    asked = await operator.ok(corrections, wrong, 201)
    attempts: dict[str, tuple[Caller, str, Json]] = {
        "veto": (officer, f"{evaluation}/vetoes", {"code": "confirmed_falsification", "document_no": "查1"}),
        "exemption": (officer, f"{evaluation}/exemptions", {"reason": "force_majeure", "document_no": "文1"}),
        "self_report": (operator, f"{evaluation}/self-report", WHOLE),
        "correction": (desk.caller("science_approver", today=SIGNED), f"{corrections}/{asked['id']}/approve", {}),
        "late_centres": (officer, f"/v1/evaluation-cycles/{await _cycle_of(desk, centre)}/enrol", {}),
        "draw": (officer, f"/v1/evaluation-cycles/{await _cycle_of(desk, centre)}/draws", {}),
    }
    return {name: await caller.refused(path, body) for name, (caller, path, body) in attempts.items()}


async def _cycle_of(desk: Desk, centre: Centre) -> str:
    return str((await desk.evaluation_of(centre, 2019))["cycle_id"])


async def test_after_approval_nothing_changes_unless_a_second_person_takes_the_year_back(desk: Desk) -> None:
    centre, path, evaluation = await _approved(desk)
    locked = await _refused_changes(desk, centre, evaluation)
    assert locked.pop("correction") == "results-signed"
    assert set(locked.values()) == {"invalid-transition"}
    officer, approver = desk.caller("science_officer", today=SIGNED), desk.caller("industry_approver", today=SIGNED)
    asked = await officer.ok(f"{path}/reopenings", WHY, 201)
    assert (asked["from_status"], asked["to_status"]) == ("approved", "announced")
    step = f"{path}/reopenings/{asked['id']}"
    both = desk.caller("science_officer", "science_approver", today=SIGNED)
    assert await both.refused(f"{step}/approve", status=403) == "four-eyes-required"
    cycle = await approver.ok(f"{step}/approve")
    assert (cycle["status"], cycle["approved_on"]) == ("announced", None)
    (shown,) = (await officer.read(f"{path}/reopenings"))["items"]
    assert (shown["status"], shown["undone"]["approved_bureau"]) == ("approved", "science")
    veto = {"code": "confirmed_falsification", "document_no": "查1"}
    await officer.ok(f"{evaluation}/vetoes", veto, 201)
    assert await desk.events(path.rsplit("/", 1)[1], "%reopen%") == [
        "evaluation.cycle.reopening_proposed.v1",
        "evaluation.cycle.reopened.v1",
    ]


async def test_a_year_goes_back_from_the_notice_to_its_scores_and_is_announced_anew(desk: Desk) -> None:
    centre, path, evaluation = await _open(desk)
    cycle_id = path.rsplit("/", 1)[1]
    await desk.mark_all(cycle_id, OPENED)
    await desk.ok_score(cycle_id, SCORED)
    officer, approver = desk.caller("science_officer", today=SIGNED), desk.caller("science_approver", today=SIGNED)
    assert await officer.refused(f"{path}/reopenings", WHY) == "invalid-transition"
    await desk.announce(cycle_id, ANNOUNCED)
    asked = await officer.ok(f"{path}/reopenings", WHY, 201)
    cycle = await approver.ok(f"{path}/reopenings/{asked['id']}/approve")
    assert (cycle["status"], cycle["notice_until"], cycle["objections_until"]) == ("scored", None, None)
    hidden = await desk.operator(centre, SIGNED).read(evaluation)
    assert (hidden["status"], hidden["score"], hidden["grade"]) == ("pending", None, None)
    await desk.ok_score(cycle_id, SIGNED)
    again = await desk.announce(cycle_id, SIGNED)
    assert (again["status"], again["announced_on"]) == ("announced", SIGNED.isoformat())


async def test_a_refused_reopening_and_one_overtaken_by_publication_change_nothing(desk: Desk) -> None:
    _, path, _ = await _approved(desk)
    officer, approver = desk.caller("science_officer", today=SIGNED), desk.caller("science_approver", today=SIGNED)
    first = await officer.ok(f"{path}/reopenings", WHY, 201)
    assert (await approver.ok(f"{path}/reopenings/{first['id']}/refuse"))["status"] == "approved"
    second = await officer.ok(f"{path}/reopenings", WHY, 201)
    await desk.caller("industry_approver", today=SIGNED).ok(f"{path}/countersign")
    await desk.publish(path.rsplit("/", 1)[1], SIGNED)
    assert await approver.refused(f"{path}/reopenings/{second['id']}/approve") == "invalid-transition"
    assert (await officer.read(path))["status"] == "published"
    assert await officer.refused(f"{path}/reopenings", WHY) == "invalid-transition"


async def test_a_centre_recorded_late_is_enrolled_on_demand(desk: Desk) -> None:
    _, path, _ = await _open(desk)
    late = await desk.centre()
    officer = desk.caller("science_officer", today=OPENED)
    named = (await officer.read(f"{path}/progress"))["not_enrolled"]
    assert [centre["id"] for centre in named] == [str(late.id)]
    await officer.ok(f"{path}/enrol")
    progress = await officer.read(f"{path}/progress")
    assert (progress["not_enrolled"], progress["counts"]["centres"]) == ([], 2)
