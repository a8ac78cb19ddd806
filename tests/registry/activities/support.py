"""Short ways to activities in each state."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from shared.kernel_tables import event_log
from tests.registry.support import DAY, Caller, Json, Registry, expect

ACTIVITIES, SERIES, WINNERS = "/v1/activities", "/v1/activity-series", "/v1/activity-winners"
JPEG = b"\xff\xd8\xff\xe0" + b"p" * 400
PDF = b"%PDF-1.7\n" + b"x" * 400
AFTER = DAY + timedelta(days=1)


def activity_body(centre_id: str | None, **changes: Any) -> Json:
    """A salon of one's own centre on the afternoon of `DAY`, valid in every field."""
    return {
        "title": "创业沙龙（第十二期）",
        "organiser_kind": "centre",
        "centre_id": centre_id,
        "level": "centre",
        "audiences": ["founders"],
        "place": "城关双创中心二楼路演厅",
        "starts_at": "2019-06-03T14:30:00+08:00",
        "ends_at": "2019-06-03T17:00:00+08:00",
        **changes,
    }


def on(day: date, **changes: Any) -> Json:
    """The times of an afternoon."""
    return {"starts_at": f"{day}T14:30", "ends_at": f"{day}T17:00", **changes}


async def belongs(registry: Registry, centre: Json, alliance: str) -> None:
    """The operator's centre is a member of the alliance, if it was not before."""
    members = "/v1/alliance-members"
    known = expect(await registry.officer.get(members, centre_id=centre["id"], alliance=alliance), 200)["items"]
    if any(one["status"] == "active" for one in known):
        return
    lead = {"maker_spaces": "industry_officer", "sci": "education_officer"}[alliance]
    asked = expect(
        await registry.operator.post(members, {"alliance": alliance, "kind": "centre", "centre_id": centre["id"]}), 201
    )
    expect(await registry.caller(lead).post(f"{members}/{asked['id']}/accept"), 200)


async def planned(registry: Registry, centre: Json | None = None, **changes: Any) -> Json:
    """Entered by the operator of a listed centre, which is a member of the alliance that it names."""
    centre = centre or await registry.listed()
    if (alliance := changes.get("alliance")) is not None:
        await belongs(registry, centre, alliance)
    return expect(await registry.operator.post(ACTIVITIES, activity_body(centre["id"], **changes)), 201)


async def held(registry: Registry, heads: int = 42, by: Caller | None = None, **changes: Any) -> Json:
    """Its attendance entered on the day after."""
    activity = await planned(registry, **changes)
    caller = by or registry.operator.on(date.fromisoformat(activity["ended_on"]) + timedelta(days=1))
    return expect(await caller.post(f"{ACTIVITIES}/{activity['id']}/hold", {"heads": heads}), 200)


async def photographed(caller: Caller, activity: Json, content: bytes | None = None) -> str:
    """The id of a photograph on its shelf, of its own unless the content is given."""
    content = JPEG + uuid4().bytes if content is None else content
    path = f"{ACTIVITIES}/{activity['id']}/documents"
    return str(expect(await caller.upload(path, content, "现场.jpg"), 201)["id"])


async def submitted(registry: Registry, **changes: Any) -> Json:
    """Reported by the operator on the day after."""
    activity = await held(registry, **changes)
    day = date.fromisoformat(activity["ended_on"]) + timedelta(days=1)
    operator = registry.operator.on(day)
    photo = await photographed(operator, activity)
    return expect(await operator.post(f"{ACTIVITIES}/{activity['id']}/submit", {"photo_ids": [photo]}), 200)


async def verified(registry: Registry, **changes: Any) -> Json:
    """Verified by the office, which verifies every level."""
    activity = await submitted(registry, **changes)
    office = registry.caller("office_officer", today=date.fromisoformat(activity["submitted_on"]))
    return expect(await office.post(f"{ACTIVITIES}/{activity['id']}/verify"), 200)


async def events_of(registry: Registry, thing: Json) -> list[str]:
    """The types of its events, in order."""
    query = select(event_log.c.type).where(event_log.c.aggregate_id == thing["id"]).order_by(event_log.c.seq)
    async with registry.db.transaction() as session:
        return [name.split(".")[2] for name in await session.scalars(query)]


def as_one(registry: Registry, role: str, scope: dict[str, str]) -> Caller:
    """An account of the role with that scope."""
    caller = registry.caller(role)
    caller.scope = dict(scope)
    return caller
