"""From public notice to publication over HTTP: who, when, and what a result sets in motion."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.evaluation.known import Centre, Json
from tests.evaluation.support import Caller, Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCORED = date(2020, 2, 3)
ANNOUNCED = date(2020, 2, 4)
NOTICE_UNTIL = date(2020, 2, 11)
PUBLISHED = date(2020, 2, 12)


async def _ready(desk: Desk, centres: int = 1) -> tuple[Json, list[Centre]]:
    """A countersigned 2019 of centres that all fail, having reported nothing."""
    made = [await desk.centre() for _ in range(centres)]
    cycle = await desk.scored(2019, SCORED, marks=False)
    await desk.announce(cycle["id"], ANNOUNCED)
    await desk.sign(cycle["id"], PUBLISHED)
    return cycle, made


async def test_the_notice_has_its_end_and_nothing_is_signed_before_it(desk: Desk) -> None:
    await desk.centre()
    cycle = await desk.scored(2019, SCORED, marks=False)
    announced = await desk.announce(cycle["id"], ANNOUNCED)
    assert (announced["notice_until"], announced["first_publication_day"]) == ("2020-02-11", "2020-02-12")
    assert announced["objections_until"] == "2020-02-11"
    path = f"/v1/evaluation-cycles/{cycle['id']}"
    approver = desk.caller("science_approver", today=NOTICE_UNTIL)
    response = await approver.post(f"{path}/approve")
    assert (response.status_code, response.json()["code"]) == (409, "public-notice-running")
    assert "2020-02-12" in response.json()["detail"]
    assert await approver.refused(f"{path}/publish", {"document_no": "文1"}) == "invalid-transition"


async def test_a_backdated_publication_may_not_fall_into_the_notice_either(desk: Desk) -> None:
    cycle, _ = await _ready(desk)
    approver = desk.caller("science_approver", today=date(2020, 3, 2))
    path = f"/v1/evaluation-cycles/{cycle['id']}/publish"
    early = {"document_no": "文1", "published_on": NOTICE_UNTIL.isoformat()}
    response = await approver.post(path, early)
    assert (response.status_code, response.json()["code"]) == (409, "public-notice-running")
    assert response.json()["decision"]["results"][0]["inputs"]["first_possible_day"] == "2020-02-12"
    future = {"document_no": "文1", "published_on": "2020-03-03"}
    assert await approver.refused(path, future, 422) == "effective-date-in-future"


async def test_who_scored_does_not_approve_and_the_other_bureau_countersigns(desk: Desk) -> None:
    await desk.centre()
    cycle = await desk.scored(2019, SCORED, marks=False)
    await desk.announce(cycle["id"], ANNOUNCED)
    path = f"/v1/evaluation-cycles/{cycle['id']}"
    scorer = desk.caller("science_officer", "science_approver", today=PUBLISHED)
    assert await scorer.refused(f"{path}/approve", status=403) == "four-eyes-required"
    await desk.caller("science_approver", today=PUBLISHED).ok(f"{path}/approve")
    colleague = desk.caller("science_approver", today=PUBLISHED, account="0190a000-0000-7000-8000-00000000000b")
    assert await colleague.refused(f"{path}/countersign") == "countersignature-by-other-bureau"
    both = desk.caller("science_approver", "industry_approver", today=PUBLISHED)
    assert await both.refused(f"{path}/countersign", status=403) == "four-eyes-required"
    await desk.caller("industry_approver", today=PUBLISHED).ok(f"{path}/countersign")
    assert await scorer.refused(f"{path}/publish", {"document_no": "文1"}, 403) == "four-eyes-required"
    for role in ("science_officer", "office_approver", "division_approver", "admin"):
        await desk.caller(role, today=PUBLISHED).refused(f"{path}/publish", {"document_no": "文1"}, 403)


async def test_an_announcement_needs_scores_marks_and_nothing_accepted_since(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.report(centre, 2019, 1, date(2019, 4, 10))
    cycle = await desk.scored(2019, SCORED, marks=False)
    path = f"/v1/evaluation-cycles/{cycle['id']}"
    officer = desk.caller("science_officer", today=ANNOUNCED)
    response = await officer.post(f"{path}/announce")
    assert response.json()["code"] == "evaluation-incomplete"
    assert response.json()["decision"]["results"][0]["inputs"] == {
        "unscored": 0,
        "unmarked": 1,
        "outdated": 0,
        "under_review": 0,
    }
    await desk.mark_all(cycle["id"], SCORED)
    await desk.report(centre, 2019, 2, SCORED)
    preview = await officer.read(f"{path}/preview")
    assert (preview["completeness"]["unmarked"], preview["completeness"]["outdated"]) == (0, 1)
    assert await officer.refused(f"{path}/announce") == "evaluation-incomplete"
    await desk.ok_score(cycle["id"], SCORED)
    await officer.ok(f"{path}/announce")
    assert await officer.refused(f"{path}/score") == "invalid-transition"


async def test_a_fail_orders_a_rectification_and_stands_in_the_years_circular(desk: Desk) -> None:
    cycle, (centre,) = await _ready(desk)
    operation = await desk.publish(cycle["id"], PUBLISHED)
    assert operation["result"] == {"cycle_id": cycle["id"], "complete": True, "left_out": 0}
    evaluation = await desk.evaluation_of(centre, 2019)
    assert evaluation["status"] == "published"
    order = await desk.operator(centre, PUBLISHED).read(f"/v1/rectifications/{evaluation['rectification_id']}")
    assert (order["status"], order["ordered_on"], order["due_on"]) == ("ordered", "2020-02-12", "2020-05-12")
    public = desk.caller("public", account="anonymous")
    circular = (await public.read("/v1/circulars", year=2019))["items"][0]
    lines = (await public.read(f"/v1/circulars/{circular['id']}"))["lines"]
    assert [(line["centre_id"], line["evaluation_id"]) for line in lines] == [(str(centre.id), evaluation["id"])]
    assert [kind.split(".")[2] for kind in await desk.events(evaluation["id"])] == ["enrolled", "scored", "published"]
    assert [kind.split(".")[2] for kind in await desk.events(cycle["id"])] == [
        "opened",
        "scoring_begun",
        "scored",
        "announced",
        "approved",
        "countersigned",
        "publication_begun",
        "published",
    ]


async def test_results_are_public_once_published_and_their_sheets_are_not(desk: Desk) -> None:
    cycle, (centre,) = await _ready(desk)
    public, stranger = desk.caller("public", account="anonymous"), desk.caller("centre_operator", org="X")
    evaluation = await desk.evaluation_of(centre, 2019)
    path = f"/v1/evaluations/{evaluation['id']}"
    assert (await public.get(path)).status_code == 404
    own = desk.operator(centre, PUBLISHED)
    assert (await own.read(path))["grade"] == "fail"  # on public notice, the centre itself may look
    await desk.publish(cycle["id"], PUBLISHED)
    shown = await public.read(path)
    assert (shown["grade"], shown["document_no"]) == ("fail", f"虚构发〔2020〕{cycle['id'][-8:]}号")
    assert "decision" not in shown
    assert (await public.read("/v1/evaluations", year=2019))["items"] == [shown]
    assert (await stranger.get(f"{path}/score-sheets")).status_code == 404
    assert (await public.get(f"{path}/score-sheets")).status_code == 401
    assert len((await own.read(f"{path}/score-sheets"))["items"]) == 1


async def test_publishing_again_answers_the_same_operation_and_changes_nothing(desk: Desk) -> None:
    cycle, (centre,) = await _ready(desk)
    first = await desk.publish(cycle["id"], PUBLISHED)
    again = await desk.publish(cycle["id"], PUBLISHED)
    assert again == first
    approver = desk.caller("science_approver", today=PUBLISHED)
    other = {"document_no": "另一文号"}
    path = f"/v1/evaluation-cycles/{cycle['id']}/publish"
    assert await approver.refused(path, other) == "published-under-another-document"
    evaluation = await desk.evaluation_of(centre, 2019)
    single = await approver.ok(f"/v1/evaluations/{evaluation['id']}/publish")
    assert single["version"] == evaluation["version"]
    assert await desk.count("SELECT count(*) FROM rectification") == 1
    assert await desk.count("SELECT count(*) FROM event_log WHERE type LIKE 'evaluation.result.published%'") == 1


async def _signed_2020(desk: Desk) -> str:
    cycle = await desk.scored(2020, date(2021, 1, 18), marks=False)
    await desk.announce(cycle["id"], date(2021, 1, 19))
    await desk.sign(cycle["id"], date(2021, 2, 1))
    return str(cycle["id"])


async def test_a_fail_after_the_editions_end_names_its_continuation_basis(desk_until_2020: Desk) -> None:
    desk = desk_until_2020
    await desk.centre(listed_on=date(2020, 1, 2))
    cycle = await _signed_2020(desk)
    approver = desk.caller("science_approver", today=date(2021, 2, 1))
    path = f"/v1/evaluation-cycles/{cycle}"
    response = await approver.post(f"{path}/publish", {"document_no": "文1"})
    problem = response.json()
    assert (response.status_code, problem["code"], problem["clauses"]) == (409, "continuation-basis-missing", ["6-1"])
    assert (await approver.read(path))["status"] == "countersigned"
    done = await desk.publish(cycle, date(2021, 2, 1), continuation_basis="虚构发〔2021〕3号")
    assert done["result"]["complete"] is True
    assert (await approver.read(path))["continuation_basis"] == "虚构发〔2021〕3号"


async def test_a_year_without_a_fail_is_published_after_the_end_without_a_basis(desk_until_2020: Desk) -> None:
    await desk_until_2020.centre(listed_on=date(2020, 12, 1))
    cycle = await _signed_2020(desk_until_2020)
    assert (await desk_until_2020.publish(cycle, date(2021, 2, 1)))["result"]["complete"] is True


async def test_an_edition_that_continues_the_other_names_the_basis_by_itself(desk: Desk) -> None:
    await desk.centre(listed_on=date(2020, 1, 2))
    cycle = await _signed_2020(desk)
    await desk.publish(cycle, date(2021, 2, 1))
    shown = await desk.caller("auditor").read(f"/v1/evaluation-cycles/{cycle}")
    assert shown["continuation_basis"] == desk.runtime.editions.get("lhasa-demo-2021").continuation_basis


async def test_two_years_are_not_published_under_one_document(desk: Desk) -> None:
    await desk.centre(listed_on=date(2019, 12, 2))
    first = await desk.scored(2019, SCORED)
    await desk.announce(first["id"], ANNOUNCED)
    await desk.sign(first["id"], PUBLISHED)
    await desk.publish(first["id"], PUBLISHED, document_no="文1")
    second = await _signed_2020(desk)
    approver = desk.caller("science_approver", today=date(2021, 2, 1))
    again = {"document_no": "文1"}
    assert await approver.refused(f"/v1/evaluation-cycles/{second}/publish", again) == "document-no-used"


async def test_a_result_that_is_no_fail_completes_without_a_circular_line(desk: Desk) -> None:
    centre = await desk.centre(listed_on=date(2019, 12, 2))
    cycle = await desk.scored(2019, SCORED)
    await desk.announce(cycle["id"], ANNOUNCED)
    await desk.sign(cycle["id"], PUBLISHED)
    await desk.publish(cycle["id"], PUBLISHED)
    evaluation = await desk.evaluation_of(centre, 2019)
    assert (evaluation["grade"], evaluation["consecutive_fails"]) == ("not_graded", 0)
    circular = (await desk.caller("auditor").read("/v1/circulars"))["items"][0]
    assert (await desk.caller("auditor").read(f"/v1/circulars/{circular['id']}"))["lines"] == []


async def test_an_upheld_objection_has_the_centre_scored_again_and_may_lift_it(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.report(centre, 2019, 1, date(2019, 4, 10))
    cycle = await desk.scored(2019, SCORED)
    await desk.announce(cycle["id"], ANNOUNCED)
    evaluation = await desk.evaluation_of(centre, 2019)
    operator = desk.operator(centre, ANNOUNCED + timedelta(days=1))
    body = {
        "evaluation_id": evaluation["id"],
        "reason": "wrong_mark",
        "statement": "抽查记录有误",
        "indicators": ["filing_sample"],
        "document_no": "异议1",
    }
    unnumbered = await operator.post("/v1/objections", {**body, "document_no": None})
    assert (unnumbered.status_code, "document_no" in unnumbered.json()["errors"][0]["message"]) == (422, True)
    assert await operator.on(PUBLISHED).refused("/v1/objections", body) == "objection-term-over"
    objection = await operator.ok("/v1/objections", body, 201)
    path = f"/v1/evaluation-cycles/{cycle['id']}"
    approver = desk.caller("science_approver", today=PUBLISHED)
    assert await approver.refused(f"{path}/approve") == "objections-unanswered"
    officer = desk.caller("industry_officer", today=PUBLISHED)
    again = f"/v1/objections/{objection['id']}/re-mark"
    assert await officer.refused(again, {"indicator": "filing_sample"}) == "invalid-transition"
    answer = {"outcome": "upheld", "document_no": "答复1", "rescore": True}
    answered = await officer.ok(f"/v1/objections/{objection['id']}/answer", answer)
    assert (answered["status"], answered["rescored"], answered["statement"]) == ("upheld", True, "抽查记录有误")
    sheets = (await operator.read(f"/v1/evaluations/{evaluation['id']}/score-sheets"))["items"]
    assert (answered["sheet_after_id"], answered["sheet_before_id"]) == (sheets[0]["id"], sheets[1]["id"])
    await desk.experts(4, PUBLISHED)
    await officer.ok(again, {"indicator": "filing_sample"})
    assert await officer.refused(again, {"indicator": "filing_sample"}) == "marks-outstanding"
    assert await approver.refused(f"{path}/approve") == "marks-outstanding"
    for number in (3, 4):
        expert = desk.expert(number, PUBLISHED)
        (task,) = (await expert.read("/v1/expert-assignments", status="assigned"))["items"]
        await expert.ok(f"/v1/expert-assignments/{task['id']}/mark", {"mark": "0", "evidence": "复核"})
    sheets = (await operator.read(f"/v1/evaluations/{evaluation['id']}/score-sheets"))["items"]
    assert len(sheets) == 3
    assert (await operator.read(f"/v1/objections/{objection['id']}"))["sheet_after_id"] == sheets[0]["id"]
    await approver.ok(f"{path}/approve")


async def test_an_expert_missing_for_a_second_marking_is_drawn_or_chosen_during_the_public_notice(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.report(centre, 2019, 1, date(2019, 4, 10))
    cycle = await desk.scored(2019, SCORED)
    await desk.announce(cycle["id"], ANNOUNCED)
    evaluation = await desk.evaluation_of(centre, 2019)
    letter = {
        "evaluation_id": evaluation["id"],
        "reason": "wrong_mark",
        "statement": "抽查有误",
        "document_no": "异议1",
    }
    objection = await desk.operator(centre, ANNOUNCED).ok("/v1/objections", letter, 201)
    officer = desk.caller("industry_officer", today=ANNOUNCED)
    await officer.ok(f"/v1/objections/{objection['id']}/answer", {"outcome": "upheld", "document_no": "答复1"})
    draws = f"/v1/evaluation-cycles/{cycle['id']}/draws"
    assert await officer.refused(draws) == "nothing-to-draw"
    again = f"/v1/objections/{objection['id']}/re-mark"
    assert await officer.refused(again, {"indicator": "filing_sample"}) == "nobody-to-mark-anew"
    await desk.experts(3, ANNOUNCED)
    assert await _waiting(officer, "expert_places_to_fill") == []
    await officer.ok(again, {"indicator": "filing_sample"})
    assert await _waiting(officer, "expert_places_to_fill") == [draws]
    approver = desk.caller("science_approver", today=PUBLISHED)
    assert await approver.refused(f"/v1/evaluation-cycles/{cycle['id']}/approve") == "marks-outstanding"
    assert await _waiting(approver, "results_to_approve") == []
    assert await _waiting(approver, "expert_places_to_fill") == []
    await desk.experts(5, ANNOUNCED)
    drawn = await officer.ok(draws, {}, 201)
    assert (drawn["wanted"], drawn["assigned"]) == (1, 1)
    assert await _waiting(officer, "expert_places_to_fill") == []
    (task,) = (await officer.read("/v1/expert-assignments", status="assigned"))["items"][:1]
    await officer.ok(f"/v1/expert-assignments/{task['id']}/release", {"reason": "unavailable"})
    live = (await officer.read("/v1/expert-assignments", status="assigned"))["items"]
    assert len({found["expert_id"] for found in live}) == 2


async def _waiting(caller: Caller, kind: str) -> list[str]:
    return [task["link"] for task in (await caller.read("/v1/tasks", kind=kind))["items"]]


async def test_an_anonymous_objection_is_kept_as_a_lead_that_the_centre_does_not_see(desk: Desk) -> None:
    centre = await desk.centre()
    cycle = await desk.scored(2019, SCORED, marks=False)
    await desk.announce(cycle["id"], ANNOUNCED)
    evaluation = await desk.evaluation_of(centre, 2019)
    body = {"evaluation_id": evaluation["id"], "reason": "circumstances", "statement": "匿名来信", "signed": False}
    officer = desk.caller("science_officer", today=ANNOUNCED)
    lead = await officer.ok("/v1/objections", body, 201)
    assert lead["status"] == "lead"
    second = desk.caller("industry_officer", today=ANNOUNCED)
    answer = {"outcome": "rejected", "document_no": "答复1"}
    assert await second.refused(f"/v1/objections/{lead['id']}/answer", answer) == "invalid-transition"
    assert (await desk.operator(centre, ANNOUNCED).get(f"/v1/objections/{lead['id']}")).status_code == 404
    await desk.sign(cycle["id"], PUBLISHED)
