"""Delisting cases over HTTP before publication: opened, taken through the procedure, dropped (2.3-5)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.evaluation.cases import ANNOUNCED, DAYS, NOTICE, PUBLISHED, SIGNED, second_year, standing
from tests.evaluation.known import Centre, Json
from tests.evaluation.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def take_over(desk: Desk, centre: Centre, day: date, code: str) -> None:
    """Another operator runs the centre from the day on."""
    await desk.amend(centre, day, operator_code=code, operator_name="接手公司", operator_since=day)


async def test_a_preliminary_second_fail_opens_a_case_against_the_operator_of_31_december(desk: Desk) -> None:
    centre = await desk.centre()
    first_operator = centre.operator_code
    await take_over(desk, centre, date(2020, 12, 31), "91540100MA6T0000X1")
    last_operator = centre.operator_code
    await take_over(desk, centre, date(2021, 1, 1), "91540100MA6T0000X2")
    first = await desk.scored(2019, date(2020, 2, 3), marks=False)
    await desk.announce(first["id"], date(2020, 2, 4))
    assert (await desk.caller("auditor").read("/v1/delistings"))["items"] == []
    await desk.sign(first["id"], date(2020, 2, 12))
    await desk.publish(first["id"], date(2020, 2, 12))
    second = await desk.scored(2020, date(2021, 1, 25), marks=False)
    assert (await desk.caller("auditor").read("/v1/delistings"))["items"] == []
    await desk.announce(second["id"], ANNOUNCED)
    case = await desk.case_of(centre)
    assert (case["operator_code"], case["operator_barred"]) == (last_operator, True)
    assert first_operator != last_operator
    assert case["no"].startswith("DL-2021-")
    assert case["steps"][0]["rules"] == ["delisting.consecutive_failures", "delisting.operator_of_record"]
    assert case["steps"][0]["clauses"] == ["2.3-5", "2.3-6"]


async def test_each_step_comes_in_its_order_and_its_term(desk: Desk) -> None:
    cycle, (centre,) = await second_year(desk)
    case = await desk.case_of(centre)
    path = f"/v1/delistings/{case['id']}"
    officer = desk.caller("science_officer", today=DAYS[0])
    operator = desk.operator(centre, DAYS[0])
    assert await officer.refused(f"{path}/statement", {"waived": True}) == "invalid-transition"
    assert await officer.refused(f"{path}/notice-of-intent", {**NOTICE, "method": "pigeon"}, 422)
    before = {**NOTICE, "served_on": "2021-01-27"}
    assert await officer.refused(f"{path}/notice-of-intent", before) == "date-before-step"
    served = await officer.ok(f"{path}/notice-of-intent", NOTICE)
    assert (served["statement_due_on"], served["hearing_request_due_on"]) == ("2021-02-05", "2021-02-05")
    assert await officer.refused(f"{path}/notice-of-intent", NOTICE) == "invalid-transition"
    assert await officer.on(date(2021, 2, 5)).refused(f"{path}/statement", {"waived": True}) == "statement-term-running"
    assert await operator.refused(f"{path}/statement", {"waived": True}, 403) == "forbidden"
    dated = {"document_no": "陈述1", "received_on": "2021-01-29"}
    assert await operator.refused(f"{path}/statement", dated, 422) == "effective-date-not-allowed"
    late = operator.on(date(2021, 2, 8))
    assert await late.refused(f"{path}/statement", {"document_no": "陈述1"}) == "statement-term-over"
    await operator.on(date(2021, 2, 5)).ok(f"{path}/statement", {"document_no": "陈述1"})
    review = {"document_no": "审1"}
    assert await officer.on(date(2021, 2, 5)).refused(f"{path}/legal-review", review) == "hearing-term-running"
    assert await late.refused(f"{path}/hearing-request", {"document_no": "听1"}) == "hearing-term-over"
    assert await officer.on(DAYS[2]).refused(f"{path}/hearing", {"minutes_no": "笔录1"}) == "hearing-not-requested"
    insufficient = {**review, "outcome": "insufficient"}
    again = await officer.on(DAYS[2]).ok(f"{path}/legal-review", insufficient)
    assert again["status"] == "statement"
    await officer.on(DAYS[2]).ok(f"{path}/legal-review", review)
    approver, other = desk.caller("science_approver", today=DAYS[3]), desk.caller("industry_approver", today=DAYS[4])
    assert await other.refused(f"{path}/countersign") == "invalid-transition"
    hands = desk.caller("science_officer", "science_approver", today=DAYS[3])
    assert await hands.refused(f"{path}/decision", {"document_no": "摘1"}, 403) == "four-eyes-required"
    decided = await approver.ok(f"{path}/decision", {"document_no": "摘1"})
    assert (decided["decision_no"], decided["decided_bureau"]) == ("摘1", "science")
    colleague = desk.caller("science_approver", today=DAYS[4], account="0190a000-0000-7000-8000-00000000000c")
    assert await colleague.refused(f"{path}/countersign") == "countersignature-by-other-bureau"
    assert (await desk.case_of(centre))["missing_steps"] == ["countersignature"]
    await other.ok(f"{path}/countersign")
    shown = await desk.case_of(centre)
    assert shown["missing_steps"] == []
    assert [(step["step"], step["outcome"]) for step in shown["steps"]] == [
        ("opened", None),
        ("notice_of_intent", "served"),
        ("statement", "received"),
        ("legal_review", "insufficient"),
        ("legal_review", "sufficient"),
        ("decision", "decided"),
        ("countersignature", "countersigned"),
    ]
    assert await officer.on(SIGNED).refused(f"{path}/service-record", {**NOTICE, "document_no": "x"}, 422)
    assert cycle["status"] == "scored"


async def test_a_hearing_asked_for_in_time_must_be_held_or_withdrawn(desk: Desk) -> None:
    _, (centre,) = await second_year(desk)
    path = f"/v1/delistings/{(await desk.case_of(centre))['id']}"
    officer, operator = desk.caller("science_officer", today=DAYS[0]), desk.operator(centre, date(2021, 2, 5))
    await officer.ok(f"{path}/notice-of-intent", NOTICE)
    requested = await operator.ok(f"{path}/hearing-request", {"document_no": "听1"})
    assert (requested["status"], requested["hearing_requested"]) == ("notice_of_intent", True)
    twice = await operator.post(f"{path}/hearing-request", {"document_no": "听1"})
    assert (twice.status_code, twice.json()["code"]) == (409, "hearing-already-requested")
    assert "2021-02-05" in twice.json()["detail"]
    await operator.ok(f"{path}/statement", {"document_no": "陈述1"})
    later = officer.on(DAYS[2])
    assert await later.refused(f"{path}/legal-review", {"document_no": "审1"}) == "hearing-outstanding"
    await later.ok(f"{path}/hearing", {"minutes_no": "笔录1"})
    await later.ok(f"{path}/legal-review", {"document_no": "审1"})


Step = tuple[date, str, Json]
SERVED: Step = (DAYS[0], "notice-of-intent", NOTICE)
WAIVED: Step = (DAYS[1], "statement", {"waived": True})
HELD: Step = (DAYS[2], "hearing", {"minutes_no": "笔录1"})
INSUFFICIENT: Step = (DAYS[2], "legal-review", {"document_no": "审1", "outcome": "insufficient"})
REVIEWED: Step = (DAYS[2], "legal-review", {"document_no": "审2"})


@pytest.mark.parametrize("own", [SERVED, WAIVED, HELD, INSUFFICIENT, REVIEWED], ids=lambda step: str(step[1]))
async def test_whoever_took_a_step_of_the_case_neither_decides_nor_countersigns(desk: Desk, own: Step) -> None:
    _, (centre,) = await second_year(desk)
    path = f"/v1/delistings/{(await desk.case_of(centre))['id']}"
    both = desk.caller("science_officer", "science_approver", "industry_approver", account="both")
    officer = desk.caller("industry_officer")
    for step in (SERVED, WAIVED, HELD, INSUFFICIENT, REVIEWED):
        if step is HELD and own is not HELD:
            continue
        day, verb, body = step
        await (both if step is own else officer).on(day).ok(f"{path}/{verb}", body)
        if step is SERVED and own is HELD:
            await desk.operator(centre, DAYS[0]).ok(f"{path}/hearing-request", {"document_no": "听1"})
    decision = {"document_no": "摘1"}
    assert await both.on(DAYS[3]).refused(f"{path}/decision", decision, 403) == "four-eyes-required"
    await desk.caller("science_approver", today=DAYS[3]).ok(f"{path}/decision", decision)
    assert await both.on(DAYS[4]).refused(f"{path}/countersign", status=403) == "four-eyes-required"
    await desk.caller("industry_approver", today=DAYS[4]).ok(f"{path}/countersign")


async def test_whoever_decided_does_not_countersign_for_the_other_bureau(desk: Desk) -> None:
    _, (centre,) = await second_year(desk)
    path = f"/v1/delistings/{(await desk.case_of(centre))['id']}"
    for day, verb, body in (SERVED, WAIVED, REVIEWED):
        await desk.caller("science_officer", today=day).ok(f"{path}/{verb}", body)
    both = desk.caller("science_approver", "industry_approver", account="both")
    await both.on(DAYS[3]).ok(f"{path}/decision", {"document_no": "摘1"})
    assert await both.on(DAYS[4]).refused(f"{path}/countersign", status=403) == "four-eyes-required"


async def test_a_case_is_seen_by_the_bureaus_the_division_and_its_operator_only(desk: Desk) -> None:
    _, (centre,) = await second_year(desk)
    path = f"/v1/delistings/{(await desk.case_of(centre))['id']}"
    assert (await desk.operator(centre, ANNOUNCED).get(path)).status_code == 200
    assert (await desk.caller("division_officer", division="540102").get(path)).status_code == 200
    assert (await desk.caller("division_officer", division="540121").get(path)).status_code == 404
    assert (await desk.caller("centre_operator", org="X").get(path)).status_code == 404
    assert (await desk.caller("public", account="anonymous").get(path)).status_code == 401


async def test_a_second_fail_that_does_not_become_final_drops_its_case(desk: Desk) -> None:
    cycle, (centre,) = await second_year(desk)
    case = await desk.case_of(centre)
    evaluation = await desk.evaluation_of(centre, 2020)
    path = f"/v1/evaluations/{evaluation['id']}/exemptions"
    officer = desk.caller("industry_officer", today=ANNOUNCED)
    body = {"reason": "government_closure", "document_no": "文1"}
    assert await officer.refused(path, body) == "exemption-minutes-missing"
    exemption = await officer.ok(path, {**body, "minutes_no": "纪要1"}, 201)
    step = f"{path}/{exemption['id']}"
    await desk.caller("science_approver", today=ANNOUNCED).ok(f"{step}/approve")
    await desk.caller("industry_approver", today=ANNOUNCED).ok(f"{step}/countersign")
    dropped = await desk.case_of(centre)
    assert (dropped["id"], dropped["status"], dropped["missing_steps"]) == (case["id"], "dropped", [])
    assert (await desk.events(case["id"]))[-1] == "evaluation.delisting.dropped.v1"
    notice = f"/v1/delistings/{case['id']}/notice-of-intent"
    assert await desk.caller("science_officer", today=ANNOUNCED).refused(notice, NOTICE) == "invalid-transition"
    await desk.sign(cycle["id"], SIGNED)
    await desk.publish(cycle["id"], PUBLISHED)
    assert (await desk.evaluation_of(centre, 2020))["grade"] == "exempt"
    assert (await standing(desk, centre))["standing"] == "rectification_open"
