"""Rubrics of the bureaus: the policy edition's own, changed, put forward, approved by another person (2.3-2)."""

from __future__ import annotations

from datetime import date
from typing import Final

from deploy.demo import tables
from deploy.demo.client import Json
from deploy.demo.story.world import World

_RUBRICS: Final = "/v1/rubrics"
_COUNTED_FROM: Final = "counted_from"


async def tell_rubric(world: World, row: tables.Rubric, until: date) -> None:
    """From the draft to the approval."""
    if row.drafted_on > until:
        return
    officer, approver = world.bureau("science_officer"), world.bureau("science_approver")
    name, title = f"rubric/{row.first_year}", {"title_zh": row.title_zh, "title_en": row.title_en}
    known = (await world.api.get(_RUBRICS, world.auditor))["items"]
    found = next((one for one in known if one["title_zh"] == row.title_zh), None)
    if found is None:
        body = {"first_year": row.first_year, **title}
        found = await world.api.post(_RUBRICS, officer, row.drafted_on, body, key=f"{name}/draft")
    path = f"{_RUBRICS}/{found['id']}"
    indicators = found["values"]["indicators"]
    if found["status"] == "draft" and any(_COUNTED_FROM in indicator["params"] for indicator in indicators):
        change = {"indicators": [_by_form(indicator) for indicator in indicators]}
        found = await world.api.patch(path, officer, row.drafted_on, change, version=found["version"])
    if found["status"] == "draft":
        found = await world.api.post(f"{path}/submit", officer, row.drafted_on, key=f"{name}/submit")
    if found["status"] == "submitted" and row.approved_on <= until:
        body = {"document_no": row.document_no}
        await world.api.post(f"{path}/approve", approver, row.approved_on, body, key=f"{name}/approve")


def _by_form(indicator: Json) -> Json:
    params = {name: value for name, value in indicator["params"].items() if name != _COUNTED_FROM}
    return {**indicator, "params": params}
