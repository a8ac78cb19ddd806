"""A delisting's procedure, step by step, and the wait until every service has acted."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Final

from deploy.demo import tables
from deploy.demo.client import Caller, Json
from deploy.demo.story.world import Step, StoryBroken, World

_COMPLETE_SECONDS: Final = 30.0
_RECIPIENT: Final = "legal_representative"


async def tell_delisting(world: World, row: tables.Delisting, until: date) -> None:
    """Notice of intent, statement, hearing, legal review, decision, countersignature; after publication its service."""
    if row.notice_on > until:
        return
    found = await find_case(world, row)
    name = f"delisting/{found['no']}"
    path = f"/v1/delistings/{found['id']}"
    operator = world.holder("centre_operator", found["operator_code"])
    officer = world.bureau("science_officer")
    found = await world.walk(path, name, found, _until_hearing(row, operator, officer), until)
    if found["status"] == "statement" and not found["hearing_requested"] and row.hearing_requested_on <= until:
        body = {"document_no": row.hearing_request_no}
        step = Step("statement", row.hearing_requested_on, "hearing-request", operator, body)
        found = await world.walk(path, name, found, [step], until)
    found = await world.walk(path, name, found, _from_hearing(world, row), until)
    if found["status"] in ("published", "completed") and found["served_on"] is None:
        served = {"method": row.service_method, "recipient_role": _RECIPIENT}
        steps = [Step(found["status"], row.served_on, "service-record", officer, served)]
        found = await world.walk(path, name, found, steps, until)


def _until_hearing(row: tables.Delisting, operator: Caller, officer: Caller) -> list[Step]:
    notice = {"method": row.notice_method, "recipient_role": _RECIPIENT, "document_no": row.notice_no}
    return [
        Step("opened", row.notice_on, "notice-of-intent", officer, notice),
        Step("notice_of_intent", row.statement_on, "statement", operator, {"document_no": row.statement_no}),
    ]


def _from_hearing(world: World, row: tables.Delisting) -> list[Step]:
    officer, lawyer = world.bureau("science_officer"), world.bureau("science_officer", 1)
    decider, other = world.bureau("science_approver"), world.bureau("industry_approver")
    hearing = {"outcome": "held", "minutes_no": row.hearing_minutes_no}
    return [
        Step("statement", row.hearing_on, "hearing", officer, hearing),
        Step("hearing", row.legal_review_on, "legal-review", lawyer, {"document_no": row.legal_review_no}),
        Step("legal_review", row.decision_on, "decision", decider, {"document_no": row.decision_no}),
        Step("decision", row.countersigned_on, "countersign", other),
    ]


async def find_case(world: World, row: tables.Delisting) -> Json:
    """The case of the centre and year. Raises StoryBroken where the second fail opened none."""
    path, centre = "/v1/delistings", world.centres[row.centre]
    wanted: dict[str, str | int] = {"centre_id": centre["id"], "second_failed_year": row.year}
    async for found in world.api.items(path, world.auditor, **wanted):
        if found["status"] != "dropped":
            return found
    raise StoryBroken(f"{centre['name']} failed twice, but the evaluation of {row.year} opened no delisting case")


async def completed_case(world: World, row: tables.Delisting) -> Json:
    """The case with its timeline, once every service has confirmed. Raises StoryBroken after half a minute."""
    case_id = (await find_case(world, row))["id"]
    found: Json = {}
    for _ in range(round(_COMPLETE_SECONDS / 0.1)):
        found = await world.api.get(f"/v1/delistings/{case_id}", world.auditor)
        if found["status"] == "completed":
            return found
        await asyncio.sleep(0.1)
    late = ", ".join(part["service"] for part in found["participants"] if not part["confirmed"])
    raise StoryBroken(f"delisting case {found['no']} is not complete: {found['status']}, late: {late or 'nobody'}")
