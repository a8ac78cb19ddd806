"""An alliance's year: what it did, its assessment, and the money for it (4.6-2, 4.6-3)."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Final

from deploy.demo import tables
from deploy.demo.client import ApiRefused, Json
from deploy.demo.story.world import Step, StoryBroken, World

_SHEETS: Final = "/v1/alliance-assessments"
_PATH: Final = "/v1/alliance-support"
_UNHEARD: Final = "alliance-not-assessed"
_TRIES, _PAUSE_SECONDS = 100, 0.1


async def tell_activity(world: World, row: tables.AllianceActivity, until: date) -> None:
    """Put on record by the bureau that leads the alliance."""
    key = row.alliance, row.title
    if row.recorded_on > until or key in world.activities:
        return
    body = {
        "alliance": row.alliance,
        "kind": row.kind,
        "held_on": row.held_on.isoformat(),
        "title": row.title,
        "participants": row.participants,
        "evidence": [row.evidence],
    }
    officer, name = world.bureau("industry_officer"), f"alliance-activity/{row.alliance}/{row.title}"
    world.activities[key] = await world.api.post(f"{_SHEETS}/records", officer, row.recorded_on, body, key=name)


async def tell_support(world: World, row: tables.AllianceSupport, until: date) -> None:
    """Assessed first; then applied for by one person, reviewed, announced, approved and paid by others."""
    if row.drafted_on > until:
        return
    await _assess(world, row, until)
    if row.applied_on > until:
        return
    key = row.alliance, row.year
    name, found = f"alliance-support/{row.alliance}/{row.year}", world.supports.get(key)
    if found is None:
        found = await _apply(world, row, name)
    path, second = f"{_PATH}/{found['id']}", world.bureau("industry_officer", 1)
    found = await world.walk(path, name, found, [Step("applied", row.reviewed_on, "review", second)], until)
    if found["status"] == "reviewed" and row.announced_on <= until:
        await world.api.post(f"{path}/notice", second, row.announced_on, key=f"{name}/notice")
    approved = {"amount": row.amount, "document_no": row.document_no, "minutes_no": row.minutes_no}
    steps = [
        Step("reviewed", row.approved_on, "approve", world.bureau("industry_approver"), approved),
        Step("approved", row.paid_on, "pay", world.bureau("treasury_officer"), {"reference": row.reference}),
    ]
    world.supports[key] = await world.walk(path, name, found, steps, until)


async def _assess(world: World, row: tables.AllianceSupport, until: date) -> None:
    key = row.alliance, row.year
    name, found = f"alliance-assessment/{row.alliance}/{row.year}", world.sheets.get(key)
    if found is None:
        marks = dict(mark.split("=") for mark in row.marks)
        body = {"alliance": row.alliance, "year": row.year, "marks": marks}
        found = await world.api.post(_SHEETS, world.bureau("industry_officer"), row.drafted_on, body, key=name)
    approver = world.bureau("industry_approver")
    steps = [
        Step("drafted", row.confirmed_on, "confirm", approver),
        Step("confirmed", row.published_on, "publish", approver, {"document_no": row.assessment_no}),
    ]
    world.sheets[key] = await world.walk(f"{_SHEETS}/{found['id']}", name, found, steps, until)


async def _apply(world: World, row: tables.AllianceSupport, name: str) -> Json:
    """As soon as finance has heard that the assessment was published."""
    officer, body = world.bureau("industry_officer"), _application(world, row)
    for _ in range(_TRIES):
        try:
            return await world.api.post(_PATH, officer, row.applied_on, body, key=name)
        except ApiRefused as refused:
            if refused.code != _UNHEARD:
                raise
        await asyncio.sleep(_PAUSE_SECONDS)
    raise StoryBroken(f"finance has not heard of the assessment {row.assessment_no}, which was published")


def _application(world: World, row: tables.AllianceSupport) -> Json:
    cited = [found["id"] for (alliance, _), found in sorted(world.activities.items()) if alliance == row.alliance]
    return {
        "alliance": row.alliance,
        "year": row.year,
        "amount": row.amount,
        "record_ids": cited,
        "recipient_code": row.recipient_code,
        "recipient_name": row.recipient_name,
    }
