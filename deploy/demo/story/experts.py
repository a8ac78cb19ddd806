"""Experts of the evaluation: taken into the pool, drawn for what is to be marked, marking without knowing of each other
(2.3-2)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from deploy.demo import tables
from deploy.demo.client import Caller, Json
from deploy.demo.story.world import StoryBroken, World

_ASSIGNMENTS: Final = "/v1/expert-assignments"
_NOTHING_TO_CHECK: Final = "示例抽查记录-已离册无可抽查"
_NOT_OF_THE_STORY: Final = "示例抽查记录-非演示中心，未抽查"
_ROUNDS: Final = 3
"""Two experts for each mark, and a third one for those that lie too far apart."""


async def tell_expert(world: World, row: tables.Expert, until: date) -> None:
    """Applies with own account and conflicts of interest; appointed by the bureau."""
    if row.applied_on > until:
        return
    caller, name = world.callers[row.username], f"expert/{row.username}"
    found = await _own(world, caller)
    if found is None:
        conflicts = []
        if row.conflict_centre in world.centres:
            conflicts = [{"kind": row.conflict_kind, "centre_id": world.centres[row.conflict_centre]["id"]}]
        body = {"conflicts": conflicts}
        found = await world.api.post("/v1/experts", caller, row.applied_on, body, key=name)
    if found["status"] == "applied" and row.appointed_on <= until:
        path, officer = f"/v1/experts/{found['id']}/appoint", world.bureau("science_officer")
        await world.api.post(path, officer, row.appointed_on, key=f"{name}/appoint")


async def _own(world: World, caller: Caller) -> Json | None:
    return next(iter([found async for found in world.api.items("/v1/experts", caller)]), None)


async def mark_year(world: World, cycle: Json, centres: dict[str, str], marked_on: date) -> None:
    """Drawn once, then everybody marks what is theirs until nothing is left. `centres` names them by id; other
    centres of the year get no mark, and marks of other experts are theirs."""
    pool = {}
    for row in world.data.experts:
        own = await _own(world, world.callers[row.username])
        if own is not None:
            pool[own["id"]] = world.callers[row.username]
    given = [found async for found in world.api.items(_ASSIGNMENTS, world.auditor, cycle_id=cycle["id"])]
    if not given:
        path, key = f"/v1/evaluation-cycles/{cycle['id']}/draws", f"draw/{cycle['year']}"
        draw = await world.api.post(
            path, world.bureau("science_officer"), marked_on, {"seed": key.replace("/", "-")}, key=key
        )
        if draw["unfilled"]:
            raise StoryBroken(f"no expert is left for {', '.join(draw['unfilled'])}")
    for _ in range(_ROUNDS):
        query = {"cycle_id": cycle["id"], "status": "assigned"}
        given = [task async for task in world.api.items(_ASSIGNMENTS, world.auditor, **query)]
        tasks = [task for task in given if task["expert_id"] in pool]
        if not tasks:
            return

        async def mark(world: World, task: Json, day: date) -> None:
            centre = centres.get(task["centre_id"])
            row = None if centre is None else _row(world, centre, task)
            body = {"mark": None, "evidence": _NOT_OF_THE_STORY if centre is None else _NOTHING_TO_CHECK}
            if row is not None:
                body = {"mark": _mark(row, task["slot"]), "evidence": f"{row.evidence}-{task['slot']}"}
            path = f"{_ASSIGNMENTS}/{task['id']}/mark"
            await world.api.post(path, pool[task["expert_id"]], day, body, key=f"mark/{task['id']}")

        await world.each(tasks, mark, marked_on)


def _row(world: World, centre: str, task: Json) -> tables.Mark | None:
    """None for a centre that left the list in the year: nothing of it is there to be checked."""
    wanted = centre, task["year"], task["indicator"]
    return next((row for row in world.data.marks if (row.centre, row.year, row.indicator) == wanted), None)


def _mark(row: tables.Mark, slot: int) -> str:
    """The two first ones lie as far apart as the row says, evenly around its mark; a third one meets it."""
    apart = {1: -row.apart, 2: row.apart}.get(slot, Decimal(0))
    return str(min(Decimal(100), max(Decimal(0), Decimal(row.mark) + apart)))
