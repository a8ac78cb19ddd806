"""Activities through an alliance: by its members, and once whoever holds them together (4.5, 4.6)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.registry.activities.support import ACTIVITIES, AFTER, activity_body, held, photographed, submitted
from tests.registry.alliances.support import SPACES, lead, member
from tests.registry.support import Caller, Json, Registry, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

YEAR_END = date(2019, 12, 31)


async def belonging(registry: Registry) -> Json:
    """A centre that is a member of the alliance of maker spaces."""
    centre = await registry.listed()
    await member(registry, centre)
    return centre


async def reported(registry: Registry, activity: Json, by: Caller | None = None) -> tuple[str, Json]:
    operator = by or registry.operator.on(AFTER)
    photo = await photographed(operator, activity)
    return f"{ACTIVITIES}/{activity['id']}", {"photo_ids": [photo]}


async def test_only_a_member_names_the_alliance(registry: Registry) -> None:
    centre = await registry.listed()
    body = activity_body(centre["id"], alliance=SPACES)
    refused(await registry.operator.post(ACTIVITIES, body), 409, "activity-alliance-no-member")
    refused(await registry.officer.post(ACTIVITIES, body), 409, "activity-alliance-no-member")
    plain = expect(await registry.operator.post(ACTIVITIES, activity_body(centre["id"])), 201)
    tag = f'"{plain["version"]}"'
    answer = await registry.operator.patch(f"{ACTIVITIES}/{plain['id']}", {"alliance": SPACES}, tag)
    refused(answer, 409, "activity-alliance-no-member")
    await member(registry, centre)
    assert expect(await registry.operator.post(ACTIVITIES, body), 201)["alliance"] == SPACES


async def test_a_second_centre_is_no_second_piece_of_the_alliance_s_work(registry: Registry) -> None:
    first, second = await belonging(registry), await belonging(registry)
    done = await submitted(registry, centre=first, alliance=SPACES, organiser_role="host")
    activity = await held(registry, centre=second, alliance=SPACES, organiser_role="host")
    path, report = await reported(registry, activity)
    found = refused(await registry.operator.on(AFTER).post(f"{path}/submit", report), 409, "activity-alliance-recorded")
    assert done["no"] in found["detail"]
    dry = expect(await registry.operator.on(AFTER).post(f"{path}/eligibility", report), 200)
    assert not dry["ready"]
    tag = f'"{activity["version"]}"'
    expect(await registry.operator.on(AFTER).patch(path, {"organiser_role": "assist"}, tag), 200)
    assert expect(await registry.operator.on(AFTER).post(f"{path}/submit", report), 200)["status"] == "submitted"


async def test_the_city_counts_what_several_hold_together_once(registry: Registry) -> None:
    office = registry.caller("office_officer", today=AFTER)
    for role, heads in (("host", 42), ("organise", 30), ("assist", 12)):
        activity = await held(registry, heads=heads, centre=await registry.listed(), organiser_role=role)
        path, report = await reported(registry, activity)
        expect(await registry.operator.on(AFTER).post(f"{path}/submit", report), 200)
        expect(await office.post(f"{path}/verify"), 200)
    answer = expect(await registry.officer.on(YEAR_END).get("/v1/coverage/ecosystem", on=YEAR_END), 200)
    numbers = {(one["area"], one["item"], one["word"]): one["count"] for one in answer["counters"]}
    assert numbers["activities", "by_level", "centre"] == 1
    assert numbers["activities", "attendance", None] == 42


async def test_the_lead_is_no_member_and_holds_what_it_leads(registry: Registry) -> None:
    body = activity_body(None, organiser_kind="alliance", alliance=SPACES)
    assert expect(await lead(registry, SPACES).post(ACTIVITIES, body), 201)["alliance"] == SPACES
