"""The barred operator applies under a new name: refused while the ban runs, accepted afterwards (2.3-6)."""

from __future__ import annotations

from datetime import date

from deploy.demo import tables
from deploy.demo.client import ApiRefused, Json
from deploy.demo.story.world import Refusal, Step, StoryBroken, World

BAN = "carrier-ban-in-force"


async def tell_comeback(world: World, row: tables.Comeback, until: date) -> None:
    """One attempt. A refusal changes nothing, so it is asked for every time, and its body kept for the summary."""
    if row.expected == "refused":
        await _refused(world, row)
    else:
        await _accepted(world, row, until)


async def _refused(world: World, row: tables.Comeback) -> None:
    operator = world.holder("centre_operator", row.operator_code)
    try:
        await world.api.post("/v1/centres", operator, row.applied_on, _profile(row), key=f"comeback/{row.applied_on}")
    except ApiRefused as refused:
        if refused.code != BAN:
            raise
        world.refusals[row.applied_on] = Refusal(row.applied_on, row.name, refused.problem)
    else:
        raise StoryBroken(f"{row.name} was registered on {row.applied_on}, though its operator is barred that day")


async def _accepted(world: World, row: tables.Comeback, until: date) -> None:
    operator = world.holder("centre_operator", row.operator_code)
    name = f"centre/{row.operator_code}/{row.name}"
    found = [
        centre
        async for centre in world.api.items("/v1/centres", world.auditor, operator_code=row.operator_code)
        if centre["name"] == row.name
    ]
    centre = found[0] if found else None
    if centre is None:
        body = _profile(row)
        centre = await world.api.post("/v1/centres", operator, row.applied_on, body, key=f"{name}/register")
    approver = world.bureau("industry_approver")
    steps = [
        Step("draft", row.applied_on, "submit", operator),
        Step("submitted", row.reviewed_on, "review", world.bureau("science_officer")),
        Step("reviewed", row.reviewed_on, "announce", world.bureau("science_officer")),
        Step("announced", row.listed_on, "list", approver, {"document_no": row.document_no}),
    ]
    world.comeback = await world.walk(f"/v1/centres/{centre['id']}", name, centre, steps, until)


def _profile(row: tables.Comeback) -> Json:
    names = (
        "name",
        "operator_code",
        "operator_name",
        "tier",
        "owner_division",
        "site_division",
        "industry_code",
    )
    return {
        **{name: getattr(row, name) for name in names},
        "service_kinds": list(row.service_kinds),
        "total_area_m2": str(row.total_area_m2),
        "incubation_area_m2": str(row.incubation_area_m2),
    }
