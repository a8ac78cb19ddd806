"""Partners, cooperation agreements, joint carriers (2.1-1, 2.1-3) and good practice (5.2-1)."""

from __future__ import annotations

from datetime import date

from deploy.demo import tables
from deploy.demo.client import Json
from deploy.demo.story.world import Step, World


async def tell_partner(world: World, row: tables.Partner, until: date) -> None:
    """Entered once for all centres."""
    if row.registered_on > until or row.code in world.partners:
        return
    body = row.model_dump(include={"name", "code", "kind", "origin_province", "capital"})
    officer = world.bureau("science_officer")
    world.partners[row.code] = await world.api.post(
        "/v1/partners", officer, row.registered_on, body, key=f"partner/{row.code}"
    )


async def tell_agreement(world: World, row: tables.Agreement, until: date) -> None:
    """Put on file by the centre."""
    if row.recorded_on > until:
        return
    centre, codes = world.centres[row.centre], {partner.key: partner.code for partner in world.data.partners}
    if await _agreement(world, centre, row.document_no) is not None:
        return
    body = {
        "partner_id": world.partners[codes[row.partner]]["id"],
        "document_no": row.document_no,
        "subject": row.subject,
        "signed_on": row.signed_on.isoformat(),
        "valid_from": row.valid_from.isoformat(),
        "valid_until": row.valid_until and row.valid_until.isoformat(),
    }
    operator, path = world.holder("centre_operator", centre["operator_code"]), f"/v1/centres/{centre['id']}/agreements"
    await world.api.post(path, operator, row.recorded_on, body, key=f"agreement/{row.document_no}")


async def _agreement(world: World, centre: Json, document_no: str) -> Json | None:
    async for found in world.api.items(f"/v1/centres/{centre['id']}/agreements", world.auditor):
        if found["document_no"] == document_no:
            return found
    return None


async def tell_joint_carrier(world: World, row: tables.JointCarrier, until: date) -> None:
    """Recorded by the centre on the day it was set up."""
    centre = world.centres[row.centre]
    path = f"/v1/centres/{centre['id']}/joint-carriers"
    names = {found["name"] async for found in world.api.items(path, world.auditor)}
    agreement = await _agreement(world, centre, row.agreement)
    if row.set_up_on > until or row.name in names or agreement is None:
        return
    body = {
        "agreement_id": agreement["id"],
        "name": row.name,
        "kind": row.kind,
        "place_province": row.place_province,
        "set_up_on": row.set_up_on.isoformat(),
        "partner_capital": row.partner_capital,
    }
    operator = world.holder("centre_operator", centre["operator_code"])
    await world.api.post(path, operator, row.set_up_on, body, key=f"joint-carrier/{row.name}")


async def tell_practice(world: World, row: tables.Practice, until: date) -> None:
    """Written by the centre; taken in by the office's approver, published and made known by its officer."""
    if row.drafted_on > until:
        return
    centre = world.centres[row.centre]
    operator, officer = world.holder("centre_operator", centre["operator_code"]), world.bureau("office_officer")
    name, found = f"practice/{row.centre}/{row.title}", world.practices.get((row.centre, row.title))
    if found is None:
        body = {"title": row.title, "centre_id": centre["id"], "body": row.body}
        found = await world.api.post("/v1/practices", operator, row.drafted_on, body, key=name)
    steps = [
        Step("draft", row.submitted_on, "submit", operator),
        Step("submitted", row.returned_on, "return", officer, {"reason_code": row.return_reason}),
        Step("draft", row.resubmitted_on, "submit", operator),
        Step("submitted", row.approved_on, "approve", world.bureau("office_approver")),
        Step("approved", row.published_on, "publish", officer),
    ]
    path = f"/v1/practices/{found['id']}"
    found = await world.walk(path, name, found, steps, until)
    if found["status"] == "published" and row.publicised_on is not None and row.publicised_on <= until:
        found = await world.api.get(path, world.auditor)
        if not found["publications"]:
            body = {"medium": row.medium, "outlet": row.outlet, "publicised_on": row.publicised_on.isoformat()}
            found = await world.api.post(f"{path}/publicise", officer, row.publicised_on, body, key=f"{name}/known")
    world.practices[row.centre, row.title] = found
