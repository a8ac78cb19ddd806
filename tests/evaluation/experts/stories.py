"""Every step of experts, self-reports, later last days and reopenings, for the tests that watch all steps."""

from __future__ import annotations

from datetime import date

from shared.calendar import add_working_days
from shared.policy.edition import load_editions
from tests.evaluation.known import Centre, Json
from tests.evaluation.support import Caller, Desk

TASKS = "/v1/expert-assignments"
WHY = {"reason": "error_found", "statement": "发现计算依据有误"}
DIMENSIONS = tuple(load_editions(None).get("lhasa-2019").rubric.dimensions)


async def _given(expert: Caller) -> list[Json]:
    found: list[Json] = (await expert.read(TASKS, status="assigned"))["items"]
    return found


async def mark_given(desk: Desk, on: date, numbers: range, mark: str = "50") -> None:
    """Whatever is assigned to these experts."""
    for number in numbers:
        expert = desk.expert(number, on)
        for task in await _given(expert):
            await expert.ok(f"{TASKS}/{task['id']}/mark", {"mark": mark, "evidence": "复核"})


async def expert_story(desk: Desk, centre: Centre, cycle_id: str, on: date) -> None:
    """In an open year that nobody marks yet: pool, conflicts, draw, mark, recusal, release, choice by hand."""
    path, officer = f"/v1/evaluation-cycles/{cycle_id}", desk.caller("science_officer", today=on)
    await desk.experts(5, on)
    leaving = await desk.expert(9, on).ok("/v1/experts", {}, 201)
    await officer.ok(f"/v1/experts/{leaving['id']}/end", {"reason": "not_qualified"})
    expert = desk.expert(1, on)
    (own,) = (await expert.read("/v1/experts"))["items"]
    conflict = {"kind": "kinship", "centre_id": str(centre.id)}
    declared = await expert.ok(f"/v1/experts/{own['id']}/conflicts", conflict, 201)
    over = f"/v1/experts/{own['id']}/conflicts/{declared['conflicts'][-1]['id']}/end"
    await officer.ok(over, {"reason": "entered_in_error"})
    await officer.ok(f"{path}/enrol")
    await officer.ok(f"{path}/draws", {}, 201)
    tasks = (await officer.read(TASKS, cycle_id=cycle_id, status="assigned"))["items"]
    await officer.ok(f"{TASKS}/{tasks[0]['id']}/release", {"reason": "overdue"})
    accounts = {found["id"]: found["account_id"] for found in (await officer.read("/v1/experts"))["items"]}
    aside = desk.caller("expert", today=on, account=accounts[tasks[1]["expert_id"]])
    await aside.ok(f"{TASKS}/{tasks[1]['id']}/recuse", {"reason": "interest"})
    late = await desk.centre()
    await officer.ok(f"{path}/enrol")
    chosen = {"evaluation_id": (await desk.evaluation_of(late, on.year))["id"], "indicator": "filing_sample"}
    await officer.ok(TASKS, {**chosen, "expert_id": own["id"]}, 201)


async def self_report_story(desk: Desk, centre: Centre, on: date) -> None:
    """Drafted, changed, handed in and returned."""
    path = f"/v1/evaluations/{(await desk.evaluation_of(centre, on.year))['id']}/self-report"
    operator = desk.operator(centre, on)
    draft = await operator.ok(path, {"statements": {DIMENSIONS[0]: "情况"}}, 201)
    whole = {"statements": dict.fromkeys(DIMENSIONS, "情况")}
    assert (await operator.patch(path, whole, f'"{draft["version"]}"')).status_code == 200
    await operator.ok(f"{path}/submit")
    back = {"reason": "incomplete", "comment": "请补充"}
    await desk.caller("science_officer", today=on).ok(f"{path}/return", back)


async def extension_story(desk: Desk, cycle_id: str, on: date) -> None:
    """One later last day refused, one granted."""
    path, officer = f"/v1/evaluation-cycles/{cycle_id}", desk.caller("science_officer", today=on)
    approver = desk.caller("science_approver", today=on)
    due_on = date.fromisoformat((await officer.read(path))["marking_due_on"])
    until = add_working_days(due_on, 3).day.isoformat()
    for verb in ("refuse", "approve"):
        asked = await officer.ok(f"{path}/extensions", {"phase": "marking", "until": until, **WHY}, 201)
        await approver.ok(f"{path}/extensions/{asked['id']}/{verb}")


async def reopening_story(desk: Desk, cycle_id: str, on: date) -> None:
    """From the notice back to the scores, once refused, and announced anew."""
    path, officer = f"/v1/evaluation-cycles/{cycle_id}", desk.caller("science_officer", today=on)
    for verb in ("refuse", "approve"):
        asked = await officer.ok(f"{path}/reopenings", WHY, 201)
        await desk.caller("science_approver", today=on).ok(f"{path}/reopenings/{asked['id']}/{verb}")
    await desk.announce(cycle_id, on)
