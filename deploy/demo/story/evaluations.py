"""The yearly evaluation from its opening to its publication, and the rectifications that follow."""

from __future__ import annotations

from datetime import date
from typing import Final

from deploy.demo import tables
from deploy.demo.client import Caller, Json
from deploy.demo.story.delistings import completed_case
from deploy.demo.story.experts import mark_year
from deploy.demo.story.operations import finished
from deploy.demo.story.world import Step, StoryBroken, World

_RECIPIENT: Final = "legal_representative"
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
    await finished(world, operation, path)
    return await world.api.get(path, world.auditor)


async def _prepare(world: World, row: tables.Evaluation, cycle: Json) -> None:
    """What has to be known before the scoring: exemptions, and the experts' marks for every centre."""
    evaluations = {
        found["centre_id"]: found
        async for found in world.api.items("/v1/evaluations", world.auditor, cycle_id=cycle["id"])
    }

    async def exempt(world: World, exemption: tables.Exemption, _: date) -> None:
        await _exempt(world, exemption, evaluations[world.centres[exemption.centre]["id"]])

    exemptions = [exemption for exemption in world.data.exemptions if exemption.year == row.year]
    await world.each(exemptions, exempt, row.scored_on)
    await mark_year(world, cycle, {centre["id"]: key for key, centre in world.centres.items()}, row.marked_on)


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
    """Served by one bureau; the centre reports, the other bureau rejects it or inspects, and another person accepts."""
    if row.served_on > until:
        return
    centre = world.centres[row.centre]
    wanted: dict[str, str | int] = {"centre_id": centre["id"], "year": row.year}
    orders = [found async for found in world.api.items("/v1/rectifications", world.auditor, **wanted)]
    if not orders:
        raise StoryBroken(f"{centre['name']} failed in {row.year}, but nothing was ordered")
    operator = world.holder("centre_operator", centre["operator_code"])
    officer, inspector = world.bureau("science_officer"), world.bureau("industry_officer")
    path, name = f"/v1/rectifications/{orders[0]['id']}", f"rectification/{orders[0]['no']}"
    found = await _served(world, row, path, name)
    evidence, again = {"evidence": [row.evidence]}, {"evidence": [f"{row.evidence}-补充"]}
    inspection = {
        "record_no": row.inspection_no,
        "units": ["示例市科技局", "示例市工信局"],
        "findings": [{"item_id": item["id"], "outcome": "remedied"} for item in found["items"]],
    }
    steps = [
        Step("ordered", row.submitted_on, "submit", operator, evidence),
        Step("submitted", row.rejected_on, "reject", inspector, {"reason": row.rejected_reason}),
        Step("rejected", row.resubmitted_on, "submit", operator, again),
        Step("submitted", row.inspected_on, "inspect", inspector, inspection),
        Step("inspected", row.accepted_on, "accept", officer, {"document_no": row.acceptance_no}),
    ]
    await world.walk(path, name, found, steps, until)


async def _served(world: World, row: tables.Rectification, path: str, name: str) -> Json:
    """The order with its items, served if it was not yet."""
    found = await world.api.get(path, world.auditor)
    if found["served_on"] is None:
        body = {"method": "direct", "recipient_role": _RECIPIENT, "document_no": row.notice_no}
        await world.api.post(f"{path}/serve", world.bureau("science_officer"), row.served_on, body, key=f"{name}/serve")
        found = await world.api.get(path, world.auditor)
    return found
