"""Experts over HTTP: the pool, the draw, marks that nobody sees before all are in, recusal (2.3-2)."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from tests.evaluation.known import Centre, Json
from tests.evaluation.support import Caller, Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY = date(2020, 2, 3)
TASKS = "/v1/expert-assignments"
BODY = {"evidence": "抽查记录"}


async def _open(desk: Desk, experts: int = 2, centres: int = 1) -> tuple[list[Centre], str]:
    made = [await desk.centre() for _ in range(centres)]
    await desk.experts(experts, DAY)
    cycle = await desk.caller("science_officer", today=DAY).ok("/v1/evaluation-cycles", {"year": 2019}, 201)
    return made, f"/v1/evaluation-cycles/{cycle['id']}"


async def _drawn(desk: Desk, path: str, **body: object) -> Json:
    return await desk.caller("science_officer", today=DAY).ok(f"{path}/draws", body, 201)


async def _tasks(caller: Caller, **params: object) -> list[Json]:
    found: list[Json] = (await caller.read(TASKS, limit=200, **params))["items"]
    return found


async def _mark(desk: Desk, number: int, mark: str | None) -> Json:
    expert = desk.expert(number, DAY)
    (task,) = await _tasks(expert, status="assigned")
    return await expert.ok(f"{TASKS}/{task['id']}/mark", {"mark": mark, **BODY})


async def test_nobody_sees_a_mark_before_both_are_in(desk: Desk) -> None:
    _, path = await _open(desk)
    assert (await _drawn(desk, path))["assigned"] == 2
    first = await _mark(desk, 1, "80")
    assert (first["mark"], first["agreed"], first["slot"], first["draw_id"]) == ("80.00", False, None, None)
    officer, second = desk.caller("science_officer", today=DAY), desk.expert(2, DAY)
    shown = {task["status"]: (task["mark"], task["evidence"]) for task in await _tasks(officer)}
    assert shown == {"marked": (None, None), "assigned": (None, None)}
    assert (await second.get(f"{TASKS}/{first['id']}")).status_code == 404
    assert [task["expert_id"] for task in await _tasks(second)] != [first["expert_id"]]
    assert (await second.post(f"{TASKS}/{first['id']}/mark", {"mark": "1", **BODY})).status_code == 404
    log = "SELECT count(*) FROM event_log WHERE type LIKE 'evaluation.mark.%' OR data::text LIKE '%80.00%'"
    assert await desk.count(log) == 0
    await _mark(desk, 2, "70")
    assert {task["mark"] for task in await _tasks(officer)} == {"80.00", "70.00"}
    assert await desk.count("SELECT count(*) FROM expert_score WHERE mark = 75 AND spread = 10") == 1


async def test_marks_far_apart_go_to_a_third_whose_median_counts(desk: Desk) -> None:
    _, path = await _open(desk, experts=3)
    await _drawn(desk, path)
    officer = desk.caller("science_officer", today=DAY)
    accounts = {expert["id"]: expert["account_id"] for expert in (await officer.read("/v1/experts"))["items"]}
    numbers = [int(accounts[task["expert_id"]][-1]) for task in await _tasks(officer)]
    for number, mark in zip(numbers, ("90", "40"), strict=True):
        await _mark(desk, number, mark)
    (third,) = {1, 2, 3} - set(numbers)
    (task,) = await _tasks(desk.expert(third, DAY))
    assert (task["slot"], task["draw_id"]) == (None, None)
    assert [draw["kind"] for draw in (await officer.read(f"{path}/draws"))["items"]] == ["third", "draw"]
    assert await desk.count("SELECT count(*) FROM expert_score") == 0
    await _mark(desk, third, "50")
    assert await desk.count("SELECT count(*) FROM expert_score WHERE mark = 50 AND spread = 50") == 1


async def test_a_draw_by_a_seed_is_shown_and_can_be_repeated_by_anybody(desk: Desk) -> None:
    _, path = await _open(desk, experts=4, centres=6)
    draw = await _drawn(desk, path, seed="2020-notary-77")
    assert (draw["seed"], draw["wanted"], draw["assigned"], draw["unfilled"]) == ("2020-notary-77", 12, 12, [])
    officer = desk.caller("science_officer", today=DAY)
    shared = [expert["open_assignments"] for expert in (await officer.read("/v1/experts"))["items"]]
    assert shared == [3, 3, 3, 3]
    assert await officer.refused(f"{path}/draws") == "nothing-to-draw"


async def test_conflicts_keep_experts_from_draws_and_from_being_chosen(desk: Desk) -> None:
    (centre,), path = await _open(desk, experts=2)
    officer = desk.caller("science_officer", today=DAY)
    conflict = {"kind": "mentorship", "centre_id": str(centre.id)}
    one, two = (await officer.read("/v1/experts"))["items"]
    own = desk.expert(1, DAY) if one["account_id"] == "expert-1" else desk.expert(2, DAY)
    declared = await own.ok(f"/v1/experts/{one['id']}/conflicts", conflict, 201)
    assert (await own.post(f"/v1/experts/{two['id']}/conflicts", conflict)).status_code == 404
    evaluation = await desk.evaluation_of(centre, 2019)
    assert (await _drawn(desk, path))["unfilled"] == [evaluation["no"]]
    chosen = {"evaluation_id": evaluation["id"], "indicator": "filing_sample", "expert_id": one["id"]}
    response = await officer.post(TASKS, chosen)
    assert (response.status_code, response.json()["code"]) == (409, "expert-conflict-declared")
    assert response.json()["clauses"] == ["2.3-2"]
    assert await officer.refused(TASKS, {**chosen, "expert_id": two["id"]}) == "expert-assigned-before"
    over = f"/v1/experts/{one['id']}/conflicts/{declared['conflicts'][0]['id']}/end"
    await officer.ok(over, {"reason": "ended"})
    assert (await officer.ok(TASKS, chosen, 201))["expert_id"] == one["id"]


async def test_an_expert_of_the_operators_own_organisation_is_not_chosen(desk: Desk) -> None:
    (centre,), _ = await _open(desk, experts=0)
    expert, officer = desk.expert(9, DAY), desk.caller("science_officer", today=DAY)
    applied = await expert.ok("/v1/experts", {"org": centre.operator_code}, 201)
    assert await expert.refused("/v1/experts") == "expert-exists"
    evaluation = await desk.evaluation_of(centre, 2019)
    chosen = {"evaluation_id": evaluation["id"], "indicator": "filing_sample", "expert_id": applied["id"]}
    assert await officer.refused(TASKS, chosen, 404) == "not-found"
    await officer.ok(f"/v1/experts/{applied['id']}/appoint")
    assert await officer.refused(TASKS, chosen) == "expert-same-organisation"


async def test_a_conflict_declared_after_the_draw_stops_the_mark_and_recusal_brings_another(desk: Desk) -> None:
    (centre,), path = await _open(desk, experts=2)
    await _drawn(desk, path)
    expert = desk.expert(1, DAY)
    (task,) = await _tasks(expert)
    conflict = {"kind": "previous_employment", "org": centre.operator_code}
    await expert.ok(f"/v1/experts/{task['expert_id']}/conflicts", conflict, 201)
    address = f"{TASKS}/{task['id']}"
    assert await expert.refused(f"{address}/mark", {"mark": "50", **BODY}) == "expert-conflict-declared"
    await desk.experts(3, DAY)
    assert (await expert.ok(f"{address}/recuse", {"reason": "interest"}))["status"] == "recused"
    assert await expert.refused(f"{address}/mark", {"mark": "50", **BODY}) == "invalid-transition"
    (given,) = await _tasks(desk.expert(3, DAY))
    assert given["status"] == "assigned"
    officer = desk.caller("science_officer", today=DAY)
    await officer.ok(f"{TASKS}/{given['id']}/release", {"reason": "unavailable"})
    statuses = sorted(found["status"] for found in await _tasks(officer))
    assert statuses == ["assigned", "recused", "released"]


async def test_an_expert_reads_what_was_assigned_and_nothing_else(desk: Desk) -> None:
    (mine, other), path = await _open(desk, experts=2, centres=2)
    expert, officer = desk.expert(7, DAY), desk.caller("science_officer", today=DAY)
    applied = await expert.ok("/v1/experts", {}, 201)
    await officer.ok(f"/v1/experts/{applied['id']}/appoint")
    own, strange = await desk.evaluation_of(mine, 2019), await desk.evaluation_of(other, 2019)
    chosen = {"evaluation_id": own["id"], "indicator": "filing_sample", "expert_id": applied["id"]}
    await officer.ok(TASKS, chosen, 201)
    for part in ("", "/score-sheets", "/evidence"):
        assert (await expert.get(f"/v1/evaluations/{own['id']}{part}")).status_code == 200, part
        assert (await expert.get(f"/v1/evaluations/{strange['id']}{part}")).status_code == 404, part
    assert [found["id"] for found in (await expert.read("/v1/evaluations"))["items"]] == [own["id"]]
    body = {"indicator": "filing_sample", "mark": "50", **BODY}
    assert await expert.refused(f"/v1/evaluations/{own['id']}/expert-scores", body) == "marks-by-assignment"
    assert (await expert.get(f"{path}/draws")).status_code == 403


async def test_two_experts_who_mark_at_once_agree_once(desk: Desk) -> None:
    _, path = await _open(desk, experts=2, centres=4)
    await _drawn(desk, path)
    await desk.ok_score(path.rsplit("/", 1)[1], DAY)
    calls = []
    for number in (1, 2):
        expert = desk.expert(number, DAY)
        calls += [(expert, task["id"]) for task in await _tasks(expert)]
    await asyncio.gather(
        *(expert.ok(f"{TASKS}/{task}/mark", {"mark": "60", **BODY}) for expert, task in calls),
    )
    assert await desk.count("SELECT count(*) FROM expert_score") == 4
    ranks = "SELECT place, rank() OVER (ORDER BY vetoed, score DESC) AS due FROM evaluation"
    assert await desk.count(f"SELECT count(*) FROM ({ranks}) AS ranked WHERE place <> due") == 0


async def test_one_expert_marks_a_task_once_however_often_it_is_sent(desk: Desk) -> None:
    _, path = await _open(desk)
    await _drawn(desk, path)
    expert = desk.expert(1, DAY)
    (task,) = await _tasks(expert)
    sent = [expert.post(f"{TASKS}/{task['id']}/mark", {"mark": mark, **BODY}) for mark in ("10", "20", "30")]
    assert sorted(answer.status_code for answer in await asyncio.gather(*sent)) == [200, 409, 409]


async def test_marks_are_refused_after_the_term_until_a_second_person_extends_it(desk: Desk) -> None:
    _, path = await _open(desk)
    await _drawn(desk, path)
    officer, approver = desk.caller("science_officer"), desk.caller("science_approver")
    due_on = date.fromisoformat((await officer.read(path))["marking_due_on"])
    late = due_on.replace(day=due_on.day + 1)
    expert = desk.expert(1, late)
    (task,) = await _tasks(expert)
    address = f"{TASKS}/{task['id']}/mark"
    assert await expert.refused(address, {"mark": "50", **BODY}) == "marking-term-over"
    wanted = {"phase": "marking", "until": "2020-04-03", "reason": "other", "statement": "专家人数不足"}
    asked = await officer.on(late).ok(f"{path}/extensions", wanted, 201)
    step = f"{path}/extensions/{asked['id']}/approve"
    assert await officer.on(late).refused(step, status=403) == "forbidden"
    assert (await approver.on(late).ok(step))["marking_due_on"] == "2020-04-03"
    await expert.ok(address, {"mark": "50", **BODY})


async def test_somebody_who_leaves_the_pool_gives_back_what_is_not_marked(desk: Desk) -> None:
    _, path = await _open(desk, experts=2)
    await _drawn(desk, path)
    officer = desk.caller("science_officer", today=DAY)
    (task,) = await _tasks(desk.expert(1, DAY))
    await officer.ok(f"/v1/experts/{task['expert_id']}/end", {"reason": "own_wish"})
    assert (await officer.read(f"{TASKS}/{task['id']}"))["status"] == "released"
    await desk.experts(4, DAY)
    again = await _drawn(desk, path)
    assert (again["wanted"], again["assigned"]) == (1, 1)
