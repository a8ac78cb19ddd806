"""What waits for experts, centres and approvers in a running year."""

from __future__ import annotations

from datetime import date

import pytest

from tests.evaluation.experts.stories import DIMENSIONS, WHY
from tests.evaluation.support import Caller, Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY = date(2020, 2, 3)


async def _kinds(caller: Caller) -> dict[str, str]:
    """Kinds of what waits, with their links."""
    found = (await caller.read("/v1/tasks", limit=200))["items"]
    return {task["kind"]: task["link"] for task in found}


async def test_everybody_finds_the_own_part_of_a_running_year_and_nobody_the_others(desk: Desk) -> None:
    centre = await desk.centre()
    officer, approver = desk.caller("science_officer", today=DAY), desk.caller("science_approver", today=DAY)
    applied = await desk.expert(1, DAY).ok("/v1/experts", {}, 201)
    assert (await _kinds(officer))["expert_to_appoint"] == f"/v1/experts/{applied['id']}"
    await desk.experts(2, DAY)
    await officer.ok(f"/v1/experts/{applied['id']}/appoint")
    assert "expert_to_appoint" not in await _kinds(officer)
    cycle = await officer.ok("/v1/evaluation-cycles", {"year": 2019}, 201)
    path = f"/v1/evaluation-cycles/{cycle['id']}"
    await officer.ok(f"{path}/draws", {}, 201)
    (task,) = (await desk.expert(1, DAY).read("/v1/expert-assignments"))["items"]
    assert await _kinds(desk.expert(1, DAY)) == {"marks_to_give": f"/v1/expert-assignments/{task['id']}"}
    assert "marks_to_give" not in await _kinds(desk.expert(3, DAY))
    evaluation = f"/v1/evaluations/{(await desk.evaluation_of(centre, 2019))['id']}"
    operator = desk.operator(centre, DAY)
    assert (await _kinds(operator))["self_report_due"] == f"{evaluation}/evidence"
    assert "self_report_due" not in await _kinds(desk.operator(await desk.centre(), DAY))
    await operator.ok(f"{evaluation}/self-report", {"statements": dict.fromkeys(DIMENSIONS, "情况")}, 201)
    assert (await _kinds(operator))["self_report_due"] == f"{evaluation}/self-report"
    await operator.ok(f"{evaluation}/self-report/submit")
    assert "self_report_due" not in await _kinds(operator)
    wanted = {"phase": "self_report", "until": "2020-03-10", **WHY}
    asked = await officer.ok(f"{path}/extensions", wanted, 201)
    assert (await _kinds(approver))["cycle_extension_to_approve"] == f"{path}/extensions"
    both = desk.caller("science_officer", "science_approver", today=DAY)
    assert "cycle_extension_to_approve" not in await _kinds(both)
    await approver.ok(f"{path}/extensions/{asked['id']}/approve")
    assert "cycle_extension_to_approve" not in await _kinds(approver)


async def test_a_reopening_waits_for_another_approver(desk: Desk) -> None:
    await desk.centre()
    cycle = await desk.scored(2019, DAY)
    await desk.announce(cycle["id"], DAY)
    officer, approver = desk.caller("science_officer", today=DAY), desk.caller("industry_approver", today=DAY)
    path = f"/v1/evaluation-cycles/{cycle['id']}"
    asked = await officer.ok(f"{path}/reopenings", WHY, 201)
    assert (await _kinds(approver))["reopening_to_approve"] == f"{path}/reopenings"
    assert "reopening_to_approve" not in await _kinds(officer)
    await approver.ok(f"{path}/reopenings/{asked['id']}/refuse")
    assert "reopening_to_approve" not in await _kinds(approver)
