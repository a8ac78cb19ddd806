"""Who finds what waiting: each step with those who may take it, and with nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import text

from services.evaluation.main import definition
from services.evaluation.targets.ledger import keep_targets
from shared.auth.roles import ALL_ROLES, PUBLIC
from tests.evaluation.cases import ANNOUNCED, DAYS, NOTICE, PUBLISHED, SIGNED, second_year
from tests.evaluation.known import Centre, Json
from tests.evaluation.support import Caller, Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

OFFICERS = {"science_officer", "industry_officer"}
APPROVERS = {"science_approver", "industry_approver"}
OPERATOR = {"centre_operator"}


async def tasks(caller: Caller, **params: object) -> list[Json]:
    found: list[Json] = (await caller.read("/v1/tasks", limit=200, **params))["items"]
    return found


async def kinds(caller: Caller) -> set[str]:
    return {task["kind"] for task in await tasks(caller)}


async def finders(desk: Desk, centre: Centre, kind: str, today: date) -> set[str]:
    """The roles whose holders, accounts without any past, find a task of the kind."""
    found = set()
    for role in sorted(ALL_ROLES - {PUBLIC}):
        caller = desk.caller(role, today=today, account=f"new-{role}", org=centre.operator_code, division="540102")
        if await tasks(caller, kind=kind):
            found.add(role)
    return found


def _gets() -> Iterator[str]:
    for router in definition.routers:
        for route in router.routes:
            if isinstance(route, APIRoute) and "GET" in (route.methods or ()):
                yield re.sub(r"\{\w+\}", "{id}", route.path)


async def test_every_task_leads_to_something_that_can_be_read() -> None:
    assert {source.link for source in definition.tasks} - set(_gets()) == set()


async def test_a_report_to_hand_in_waits_for_its_operator_alone(desk: Desk) -> None:
    centre, today = await desk.centre(), date(2019, 7, 10)
    assert await finders(desk, centre, "report_due", today) == OPERATOR
    stranger = desk.caller("centre_operator", today=today, org=(await desk.centre()).operator_code)
    due = [task for task in await tasks(stranger) if str(centre.id) in task["link"]]
    assert due == []
    task = (await tasks(desk.operator(centre, today), kind="report_due"))[0]
    assert (task["due_on"], task["overdue"]) == ("2019-04-15", True)
    assert task["title_en"].startswith("Quarterly report due: 2019, quarter 1")
    assert "2019 年第 1 季度" in task["title_zh"]


async def test_a_submitted_report_waits_for_officers_and_a_returned_one_for_its_operator(desk: Desk) -> None:
    centre, today = await desk.centre(), date(2019, 7, 10)
    report = await desk.report(centre, 2019, 2, today, accept=False)
    assert await finders(desk, centre, "report_to_review", today) == OFFICERS
    assert await finders(desk, centre, "report_returned", today) == set()
    path = f"/v1/quarterly-reports/{report['id']}"
    await desk.caller("science_officer", today=today).ok(f"{path}/return", {"reasons": {"jobs": "implausible"}})
    assert await finders(desk, centre, "report_to_review", today) == set()
    assert await finders(desk, centre, "report_returned", today) == OPERATOR
    (task,) = await tasks(desk.operator(centre, today), kind="report_returned")
    assert (task["link"], task["subject_id"], task["no"]) == (path, report["id"], report["no"])


async def test_a_report_of_a_year_on_public_notice_waits_for_nobody(desk: Desk) -> None:
    """Nor does one that was left unanswered when that did not yet keep the notice back."""
    centre, today = await desk.centre(), date(2020, 2, 3)
    report = await desk.report(centre, 2019, 2, date(2019, 7, 10), accept=False)
    cycle = await desk.scored(2019, today)
    officer = desk.caller("science_officer", today=today)
    assert len(await tasks(officer, kind="report_to_review")) == 1
    await officer.ok(f"/v1/quarterly-reports/{report['id']}/return", {"reasons": {"jobs": "implausible"}})
    await desk.announce(cycle["id"], today)
    async with desk.runtime.db.transaction() as session:
        await session.execute(text("UPDATE quarterly_report SET status = 'submitted'"))
    assert await tasks(officer, kind="report_to_review") == []


async def test_the_signatures_of_a_year_wait_for_the_right_bureau(desk: Desk) -> None:
    cycle, (centre,) = await second_year(desk)
    assert await finders(desk, centre, "results_to_approve", SIGNED) == APPROVERS
    assert await finders(desk, centre, "results_to_approve", ANNOUNCED) == set()
    scorer = desk.caller("science_officer", "science_approver", today=SIGNED)
    assert "results_to_approve" not in await kinds(scorer)
    path = f"/v1/evaluation-cycles/{cycle['id']}"
    await desk.caller("science_approver", today=SIGNED).ok(f"{path}/approve")
    assert await finders(desk, centre, "results_to_countersign", SIGNED) == {"industry_approver"}
    both = desk.caller("science_approver", "industry_approver", today=SIGNED)
    assert "results_to_countersign" not in await kinds(both)
    await desk.caller("industry_approver", today=SIGNED).ok(f"{path}/countersign")
    assert await finders(desk, centre, "results_to_publish", SIGNED) == APPROVERS


async def test_an_objection_waits_for_somebody_else_and_keeps_the_results_back(desk: Desk) -> None:
    _, (centre,) = await second_year(desk)
    evaluation = await desk.evaluation_of(centre, 2020)
    body = {"evaluation_id": evaluation["id"], "reason": "wrong_mark", "statement": "有误", "document_no": "异议1"}
    paper = desk.caller("industry_officer", today=ANNOUNCED)
    await paper.ok("/v1/objections", body, 201)
    assert await finders(desk, centre, "objection_to_answer", DAYS[0]) == OFFICERS
    assert "objection_to_answer" not in await kinds(paper)
    assert await finders(desk, centre, "results_to_approve", SIGNED) == set()


async def test_each_step_of_a_delisting_waits_for_those_who_may_take_it(desk: Desk) -> None:
    cycle, (centre,) = await second_year(desk)
    path = f"/v1/delistings/{(await desk.case_of(centre))['id']}"
    officer = desk.caller("science_officer", today=DAYS[0])
    assert await finders(desk, centre, "delisting_notice", DAYS[0]) == OFFICERS
    await officer.ok(f"{path}/notice-of-intent", NOTICE)
    assert await finders(desk, centre, "delisting_statement", DAYS[0]) == OPERATOR
    assert await finders(desk, centre, "delisting_statement", DAYS[1]) == set()
    assert await finders(desk, centre, "delisting_statement_over", DAYS[1]) == OFFICERS
    await officer.on(DAYS[1]).ok(f"{path}/statement", {"waived": True})
    assert await finders(desk, centre, "delisting_legal_review", DAYS[2]) == OFFICERS
    await desk.caller("industry_officer", today=DAYS[2]).ok(f"{path}/legal-review", {"document_no": "审1"})
    assert await finders(desk, centre, "delisting_to_decide", DAYS[3]) == APPROVERS
    for hand in ("science_officer", "industry_officer"):
        assert "delisting_to_decide" not in await kinds(desk.caller(hand, "science_approver", today=DAYS[3])), hand
    await desk.caller("science_approver", today=DAYS[3]).ok(f"{path}/decision", {"document_no": "摘1"})
    assert await finders(desk, centre, "delisting_to_countersign", DAYS[4]) == {"industry_approver"}
    decider = desk.caller("science_approver", "industry_approver", today=DAYS[4])
    assert "delisting_to_countersign" not in await kinds(decider)
    await desk.caller("industry_approver", today=DAYS[4]).ok(f"{path}/countersign")
    await desk.sign(cycle["id"], SIGNED)
    await desk.publish(cycle["id"], PUBLISHED)
    assert await finders(desk, centre, "delisting_to_serve", PUBLISHED) == OFFICERS


async def test_a_hearing_that_was_asked_for_is_held_before_the_review(desk: Desk) -> None:
    _, (centre,) = await second_year(desk)
    path = f"/v1/delistings/{(await desk.case_of(centre))['id']}"
    await desk.caller("science_officer", today=DAYS[0]).ok(f"{path}/notice-of-intent", NOTICE)
    operator = desk.operator(centre, date(2021, 2, 5))
    await operator.ok(f"{path}/hearing-request", {"document_no": "听1"})
    await operator.ok(f"{path}/statement", {"document_no": "陈述1"})
    assert await finders(desk, centre, "delisting_hearing", DAYS[2]) == OFFICERS
    assert await finders(desk, centre, "delisting_legal_review", DAYS[2]) == set()
    await desk.caller("science_officer", today=DAYS[2]).ok(f"{path}/hearing", {"minutes_no": "笔录1"})
    assert await finders(desk, centre, "delisting_legal_review", DAYS[2]) == OFFICERS


async def test_a_rectification_waits_to_be_served_and_then_for_its_centre(desk: Desk) -> None:
    _, (centre,) = await second_year(desk)
    today = date(2020, 4, 1)
    assert await finders(desk, centre, "rectification_to_serve", today) == OFFICERS
    assert await finders(desk, centre, "rectification_due", today) == set()
    order = (await desk.evaluation_of(centre, 2019))["rectification_id"]
    await desk.caller("science_officer", today=today).ok(f"/v1/rectifications/{order}/serve", NOTICE)
    assert await finders(desk, centre, "rectification_to_serve", today) == set()
    assert await finders(desk, centre, "rectification_due", today) == OPERATOR
    (task,) = await tasks(desk.operator(centre, today), kind="rectification_due")
    assert (task["subject_id"], task["since"], task["overdue"]) == (order, "2020-04-01", False)
    (late,) = await tasks(desk.operator(centre, date(2020, 9, 1)), kind="rectification_due")
    assert late["overdue"]


async def test_vetoes_and_exemptions_wait_for_a_second_person_and_the_other_bureau(desk: Desk) -> None:
    _, (centre,) = await second_year(desk)
    path = f"/v1/evaluations/{(await desk.evaluation_of(centre, 2020))['id']}"
    recorder = desk.caller("science_officer", today=ANNOUNCED)
    await recorder.ok(f"{path}/vetoes", {"code": "confirmed_falsification", "document_no": "查1"}, 201)
    assert await finders(desk, centre, "veto_to_decide", ANNOUNCED) == OFFICERS
    assert "veto_to_decide" not in await kinds(recorder)
    body = {"reason": "force_majeure", "document_no": "文1", "minutes_no": "纪要1"}
    exemption = await recorder.ok(f"{path}/exemptions", body, 201)
    assert await finders(desk, centre, "exemption_to_approve", ANNOUNCED) == APPROVERS
    proposer = desk.caller("science_officer", "science_approver", today=ANNOUNCED)
    assert "exemption_to_approve" not in await kinds(proposer)
    step = f"{path}/exemptions/{exemption['id']}/approve"
    await desk.caller("science_approver", today=ANNOUNCED).ok(step, {"outcome": "approved"})
    assert await finders(desk, centre, "exemption_to_countersign", ANNOUNCED) == {"industry_approver"}


async def test_figures_and_sheets_wait_for_a_second_person(desk: Desk) -> None:
    centre, today = await desk.centre(), date(2020, 1, 20)
    await keep_targets(desk.runtime)
    enterer = desk.caller("office_officer", "office_approver", today=today, account="enterer")
    target = (await enterer.read("/v1/targets", item="new_jobs"))["items"][0]
    figure = {"quarter": 4, "value": "8001", "document_no": "统1"}
    await enterer.ok(f"/v1/targets/{target['id']}/actuals", figure, 201)
    assert await finders(desk, centre, "target_figure_to_confirm", today) == {"office_approver", "science_approver"}
    assert "target_figure_to_confirm" not in await kinds(enterer)
    marks = {"activities": "0", "resource_sharing": "0", "membership": "0", "governance": "0"}
    drafter = desk.caller("education_officer", "education_approver", today=today, account="drafter")
    sheet = await drafter.ok("/v1/alliance-assessments", {"alliance": "sci", "year": 2019, "marks": marks}, 201)
    assert await finders(desk, centre, "alliance_sheet_to_confirm", today) == {"education_approver"}
    assert "alliance_sheet_to_confirm" not in await kinds(drafter)
    path = f"/v1/alliance-assessments/{sheet['id']}"
    approver = desk.caller("education_approver", today=today)
    await approver.ok(f"{path}/return", {"reason_code": "records_missing"})
    assert await finders(desk, centre, "alliance_sheet_returned", today) == {"education_officer"}
    answer = await drafter.patch(path, {"marks": marks}, '"2"')
    assert answer.status_code == 200
    await approver.ok(f"{path}/confirm")
    assert await finders(desk, centre, "alliance_sheet_to_publish", today) == {"education_approver"}


async def test_the_earliest_due_comes_first_and_a_cut_list_says_so(desk: Desk) -> None:
    centre, today = await desk.centre(), date(2019, 10, 20)
    operator = desk.operator(centre, today)
    found = await operator.read("/v1/tasks", limit=2)
    assert [task["due_on"] for task in found["items"]] == ["2019-04-15", "2019-07-15"]
    assert found["more"]
    whole = await operator.read("/v1/tasks", limit=3)
    assert not whole["more"]
    assert await tasks(operator, kind="veto_to_decide") == []
    assert (await operator.get("/v1/tasks", limit=0)).status_code == 422
    assert (await operator.get("/v1/tasks", since="2019-01-01")).status_code == 422


async def test_places_of_experts_that_nobody_fills_wait_for_officers(desk: Desk) -> None:
    centre, today = await desk.centre(), date(2020, 2, 3)
    await desk.report(centre, 2019, 1, date(2019, 4, 10))
    officer = desk.caller("science_officer", today=today)
    cycle = await officer.ok("/v1/evaluation-cycles", {"year": 2019}, 201)
    path = f"/v1/evaluation-cycles/{cycle['id']}"
    assert await finders(desk, centre, "expert_places_to_fill", today) == OFFICERS
    await desk.experts(1, today)
    await officer.ok(f"{path}/draws", {}, 201)
    assert await finders(desk, centre, "expert_places_to_fill", today) == OFFICERS
    await desk.experts(2, today)
    await officer.ok(f"{path}/draws", {}, 201)
    assert await finders(desk, centre, "expert_places_to_fill", today) == set()
    for number, mark in ((1, "90"), (2, "10")):
        (own,) = (await desk.expert(number, today).read("/v1/expert-assignments"))["items"]
        body = {"mark": mark, "evidence": "抽查"}
        await desk.expert(number, today).ok(f"/v1/expert-assignments/{own['id']}/mark", body)
    (third,) = await tasks(officer, kind="expert_places_to_fill")
    assert third["link"] == f"{path}/draws"
    await desk.experts(3, today)
    await officer.ok(f"{path}/draws", {}, 201)
    assert await finders(desk, centre, "expert_places_to_fill", today) == set()


async def test_every_role_is_answered_in_a_drawn_year_and_progress_with_every_filter(desk: Desk) -> None:
    centre, today = await desk.centre(), date(2020, 2, 3)
    await desk.report(centre, 2019, 1, date(2019, 4, 10))
    officer = desk.caller("science_officer", today=today)
    cycle = await officer.ok("/v1/evaluation-cycles", {"year": 2019}, 201)
    path = f"/v1/evaluation-cycles/{cycle['id']}"
    await desk.experts(2, today)
    await officer.ok(f"{path}/draws", {}, 201)
    for role in sorted(ALL_ROLES - {PUBLIC}):
        caller = desk.caller(role, today=today, org=centre.operator_code, division="540102")
        answer = await caller.get("/v1/tasks", limit=200)
        assert answer.status_code == 200, (role, answer.text)
    filters: list[dict[str, object]] = [{}, {"complete": True}, {"complete": False}, {"centre_id": centre.id}]
    filters += [{"missing": kind} for kind in ("reports", "self_report", "evidence", "marks", "score")]
    for caller in (officer, desk.operator(centre, today), desk.caller("division_officer", division="540102")):
        for wanted in filters:
            answer = await caller.get(f"{path}/progress", **wanted)
            assert answer.status_code == 200, (caller.roles, wanted, answer.text)


async def test_nobody_in_particular_and_no_service_has_tasks(desk: Desk) -> None:
    anonymous = desk.caller(PUBLIC, account="anonymous")
    assert (await anonymous.get("/v1/tasks")).status_code == 401
    assert (await desk.client.get("/v1/tasks")).status_code == 401
