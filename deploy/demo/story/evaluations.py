"""The yearly evaluation from its opening to its publication, and the rectifications that follow."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Final

from deploy.demo import tables
from deploy.demo.client import Caller, Json
from deploy.demo.story.delistings import completed_case
from deploy.demo.story.world import Step, StoryBroken, World

_OPERATION_SECONDS: Final = 60.0
_CYCLES: Final = "/v1/evaluation-cycles"


async def tell_evaluation(world: World, row: tables.Evaluation, until: date) -> None:
    """Opened, experts' marks and exemptions entered, scored, announced, approved by both bureaus, published."""
    officer, name = world.bureau("science_officer"), f"evaluation/{row.year}"
    cycle = world.cycles.get(row.year)
    if cycle is None:
        if row.opened_on > until:
            return
        cycle = await world.api.post(_CYCLES, officer, row.opened_on, {"year": row.year}, key=f"{name}/open")
    path = f"{_CYCLES}/{cycle['id']}"
    if cycle["status"] in ("scoring", "publishing"):
        cycle = await _follow(world, path, await world.api.get(f"/v1/operations/{cycle['operation']}", world.auditor))
    if cycle["status"] == "open" and row.scored_on <= until:
        await _prepare(world, row, cycle)
        cycle = await _work(world, path, officer, row.scored_on, "score", {}, f"{name}/score")
    steps = [
        Step("scored", row.announced_on, "announce", officer),
        Step("announced", row.approved_on, "approve", world.bureau("science_approver")),
        Step("approved", row.countersigned_on, "countersign", world.bureau("industry_approver")),
    ]
    cycle = await world.walk(path, name, cycle, steps, until)
    if cycle["status"] == "countersigned" and row.published_on <= until:
        body = {"document_no": row.document_no}
        if row.continuation_basis is not None:
            body["continuation_basis"] = row.continuation_basis
        publisher = world.bureau("science_approver", 1)
        cycle = await _work(world, path, publisher, row.published_on, "publish", body, f"{name}/publish")
        for delisting in world.data.delistings:
            if delisting.year == row.year:
                await completed_case(world, delisting)
    world.cycles[row.year] = cycle


async def _work(world: World, path: str, caller: Caller, day: date, verb: str, body: Json, key: str) -> Json:
    """Ask for a long piece of work, follow it to its end, and return the cycle as it then is."""
    return await _follow(world, path, await world.api.post(f"{path}/{verb}", caller, day, body, key=key))


async def _follow(world: World, path: str, operation: Json) -> Json:
    for _ in range(round(_OPERATION_SECONDS / 0.1)):
        if operation["status"] != "running":
            break
        await asyncio.sleep(0.1)
        operation = await world.api.get(f"/v1/operations/{operation['id']}", world.auditor)
    if operation["status"] != "done" or operation["errors"]:
        kind, problem = operation["kind"], operation["errors"] or "too slow"
        raise StoryBroken(f"{kind} of {path} ended as {operation['status']}: {problem}")
    return await world.api.get(path, world.auditor)


async def _prepare(world: World, row: tables.Evaluation, cycle: Json) -> None:
    """What has to be known before the scoring: exemptions, and an expert's mark for every centre."""
    evaluations = {
        found["centre_id"]: found
        async for found in world.api.items("/v1/evaluations", world.auditor, cycle_id=cycle["id"])
    }

    async def exempt(world: World, exemption: tables.Exemption, _: date) -> None:
        await _exempt(world, exemption, evaluations[world.centres[exemption.centre]["id"]])

    async def mark(world: World, mark: tables.Mark, _: date) -> None:
        evaluation = evaluations[world.centres[mark.centre]["id"]]
        body = {"indicator": mark.indicator, "mark": mark.mark, "evidence": mark.evidence}
        path, key = f"/v1/evaluations/{evaluation['id']}/expert-scores", f"mark/{evaluation['no']}/{mark.indicator}"
        await world.api.post(path, world.callers["expert"], row.marked_on, body, key=key)

    exemptions = [exemption for exemption in world.data.exemptions if exemption.year == row.year]
    marks = [mark for mark in world.data.marks if mark.year == row.year]
    await world.each(exemptions, exempt, row.scored_on)
    await world.each(marks, mark, row.scored_on)


async def _exempt(world: World, row: tables.Exemption, evaluation: Json) -> None:
    """Proposed by one officer, approved by one bureau, countersigned by the other."""
    base = f"/v1/evaluations/{evaluation['id']}"
    entered = (await world.api.get(base, world.auditor))["exemptions"]
    found = next((exemption for exemption in entered if exemption["status"] != "refused"), None)
    name = f"exemption/{evaluation['no']}"
    if found is None:
        body = {"reason": row.reason, "document_no": row.document_no, "minutes_no": row.minutes_no}
        officer = world.bureau("science_officer")
        found = await world.api.post(f"{base}/exemptions", officer, row.proposed_on, body, key=name)
    steps = [
        Step("proposed", row.approved_on, "approve", world.bureau("science_approver")),
        Step("approved", row.countersigned_on, "countersign", world.bureau("industry_approver")),
    ]
    await world.walk(f"{base}/exemptions/{found['id']}", name, found, steps, row.countersigned_on)


async def tell_rectification(world: World, row: tables.Rectification, until: date) -> None:
    """The centre hands in its evidence; a bureau accepts it, or rejects it and sees it again."""
    if row.submitted_on is None or row.submitted_on > until:
        return
    centre = world.centres[row.centre]
    wanted: dict[str, str | int] = {"centre_id": centre["id"], "year": row.year}
    orders = [found async for found in world.api.items("/v1/rectifications", world.auditor, **wanted)]
    if not orders:
        raise StoryBroken(f"{centre['name']} failed in {row.year}, but nothing was ordered")
    operator = world.holder("centre_operator", centre["operator_code"])
    officer = world.bureau("industry_officer")
    evidence, again = {"evidence": [row.evidence]}, {"evidence": [f"{row.evidence}-补充"]}
    steps = [
        Step("ordered", row.submitted_on, "submit", operator, evidence),
        Step("submitted", row.rejected_on, "reject", officer, {"reason": row.rejected_reason}),
        Step("rejected", row.resubmitted_on, "submit", operator, again),
        Step("submitted", row.accepted_on, "accept", officer, {"document_no": row.acceptance_no}),
    ]
    name = f"rectification/{orders[0]['no']}"
    await world.walk(f"/v1/rectifications/{orders[0]['id']}", name, orders[0], steps, until)
