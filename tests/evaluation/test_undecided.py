"""A year is not approved while a veto or an exemption waits for somebody: afterwards nothing could decide it."""

from __future__ import annotations

import asyncio
from datetime import date
from uuid import UUID

import pytest
from httpx import Response
from sqlalchemy import text

from tests.evaluation.known import Centre, Json
from tests.evaluation.support import WAITING_FOR_A_ROW, Desk
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCORED = date(2020, 2, 3)
ANNOUNCED = date(2020, 2, 4)
SIGNED = date(2020, 2, 12)
EXEMPTION = {"reason": "force_majeure", "document_no": "文1"}
Call = tuple[str, str, object]
"""Role, path and body."""


async def _announced(desk: Desk, centres: int) -> tuple[Json, list[Centre], list[Json]]:
    """A year on public notice, its centres and their evaluations."""
    made = [await desk.centre() for _ in range(centres)]
    cycle = await desk.scored(2019, SCORED, marks=False)
    await desk.announce(cycle["id"], ANNOUNCED)
    return cycle, made, [await desk.evaluation_of(centre, 2019) for centre in made]


async def _counted(desk: Desk, cycle: Json) -> tuple[int, int]:
    preview = await desk.caller("auditor").read(f"/v1/evaluation-cycles/{cycle['id']}/preview")
    counted = preview["completeness"]
    return counted["vetoes_undecided"], counted["exemptions_undecided"]


@pytest.mark.parametrize("outcome", ["confirmed", "dismissed"])
async def test_a_year_is_approved_only_once_every_veto_is_confirmed_or_dismissed(desk: Desk, outcome: str) -> None:
    cycle, _, (one, other) = await _announced(desk, 2)
    officer = desk.caller("science_officer", today=ANNOUNCED)
    vetoes = []
    for evaluation, code in (
        (one, "confirmed_falsification"),
        (one, "confirmed_diversion"),
        (other, "confirmed_diversion"),
    ):
        path = f"/v1/evaluations/{evaluation['id']}/vetoes"
        vetoes.append((path, await officer.ok(path, {"code": code, "document_no": "查1"}, 201)))
    assert await _counted(desk, cycle) == (3, 0)
    approver = desk.caller("science_approver", today=SIGNED)
    approve = f"/v1/evaluation-cycles/{cycle['id']}/approve"
    response = await approver.post(approve)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (409, "vetoes-undecided")
    assert f": 3 ({one['no']}, {other['no']})" in problem["detail"]
    second = desk.caller("industry_officer", today=SIGNED)
    for path, veto in vetoes:
        assert await approver.refused(approve) == "vetoes-undecided"
        await second.ok(f"{path}/{veto['id']}/decide", {"outcome": outcome})
    assert await _counted(desk, cycle) == (0, 0)
    await approver.ok(approve)


async def test_a_year_is_approved_only_once_every_exemption_is_granted_or_refused(desk: Desk) -> None:
    cycle, _, (granted, refused) = await _announced(desk, 2)
    officer = desk.caller("science_officer", today=ANNOUNCED)
    one, other = desk.caller("science_approver", today=SIGNED), desk.caller("industry_approver", today=SIGNED)
    steps = []
    for evaluation in (granted, refused):
        path = f"/v1/evaluations/{evaluation['id']}/exemptions"
        exemption = await officer.ok(path, EXEMPTION, 201)
        steps.append(f"{path}/{exemption['id']}")
    approve = f"/v1/evaluation-cycles/{cycle['id']}/approve"
    response = await one.post(approve)
    assert (response.status_code, response.json()["code"]) == (409, "exemptions-undecided")
    assert f": 2 ({granted['no']}, {refused['no']})" in response.json()["detail"]
    await one.ok(f"{steps[0]}/approve")
    await one.ok(f"{steps[1]}/approve", {"outcome": "refused"})
    assert await _counted(desk, cycle) == (0, 1)
    assert await one.refused(approve) == "exemptions-undecided"
    await other.ok(f"{steps[0]}/countersign")
    await one.ok(approve)


async def _in_turn(desk: Desk, cycle: Json, calls: list[Call]) -> list[Response]:
    """Post while the cycle's row is held, so that all wait for it one behind the other; then let go."""
    waiting = text(WAITING_FOR_A_ROW)
    hold = text("SELECT 1 FROM evaluation_cycle WHERE id = :id FOR UPDATE")
    posted: list[asyncio.Task[Response]] = []

    async def queued() -> bool:
        async with desk.runtime.db.transaction() as session:
            return bool((await session.execute(waiting)).scalar_one() == len(posted))

    async with desk.runtime.db.transaction() as session:
        await session.execute(hold, {"id": UUID(cycle["id"])})
        for role, path, body in calls:
            posted.append(asyncio.create_task(desk.caller(role, today=SIGNED).post(path, body)))
            await eventually(queued)
    return await asyncio.gather(*posted)


@pytest.mark.parametrize("first", ["exemption", "veto", "approval"])
async def test_of_a_proposal_and_the_approval_at_the_same_moment_the_first_one_counts(desk: Desk, first: str) -> None:
    cycle, _, (evaluation,) = await _announced(desk, 1)
    approval: Call = ("science_approver", f"/v1/evaluation-cycles/{cycle['id']}/approve", {})
    path = f"/v1/evaluations/{evaluation['id']}"
    veto: Call = ("science_officer", f"{path}/vetoes", {"code": "confirmed_diversion", "document_no": "查1"})
    exemption: Call = ("science_officer", f"{path}/exemptions", EXEMPTION)
    calls = {
        "exemption": [exemption, approval],
        "veto": [veto, approval],
        "approval": [approval, exemption],
    }[first]
    answers = await _in_turn(desk, cycle, calls)
    refused = {"exemption": "exemptions-undecided", "veto": "vetoes-undecided", "approval": "invalid-transition"}
    assert answers[0].is_success
    assert (answers[1].status_code, answers[1].json()["code"]) == (409, refused[first])
    waits = sum(await _counted(desk, cycle))
    assert waits == (0 if first == "approval" else 1)
