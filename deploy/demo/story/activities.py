"""Activities of centres: entered, reported with a photograph, verified by a bureau, from then on counted (4.5-1)."""

from __future__ import annotations

import hashlib
import struct
import zlib
from datetime import date
from typing import Final

from deploy.demo import tables
from deploy.demo.client import Caller, Json
from deploy.demo.story.world import Step, World

_PATH: Final = "/v1/activities"
_BELOW_MUNICIPAL: Final = frozenset({"centre", "division"})
_SIDE: Final = 16


async def tell_centre_activity(world: World, row: tables.CentreActivity, until: date) -> None:
    """The office verifies what is of municipal level or above, the two bureaus by turns what is below."""
    if row.reported_on > until:
        return
    centre = world.centres[row.centre]
    operator = world.holder("centre_operator", centre["operator_code"])
    name, found = f"activity/{row.centre}/{row.title}", world.held.get((row.centre, row.title))
    if found is None:
        found = await world.api.post(_PATH, operator, row.reported_on, _entry(centre, row), key=name)
    path = f"{_PATH}/{found['id']}"
    held = Step("planned", row.reported_on, "hold", operator, {"heads": row.heads})
    found = await world.walk(path, name, found, [held], until)
    if found["status"] == "held":
        photo = await _photographed(world, row, operator, path, name)
        steps = [Step("held", row.reported_on, "submit", operator, {"photo_ids": [photo]})]
        found = await world.walk(path, name, found, steps, until)
    found = await world.walk(
        path, name, found, [Step("submitted", row.verified_on, "verify", _bureau(world, row))], until
    )
    world.held[row.centre, row.title] = found


def _entry(centre: Json, row: tables.CentreActivity) -> Json:
    return {
        "title": row.title,
        "organiser_kind": "centre",
        "centre_id": centre["id"],
        "level": row.level,
        "audiences": ["founders"],
        "place": row.place,
        "starts_at": f"{row.held_on}T14:30",
        "ends_at": f"{row.held_on}T17:00",
    }


def _bureau(world: World, row: tables.CentreActivity) -> Caller:
    if row.level not in _BELOW_MUNICIPAL:
        return world.bureau("office_officer")
    return world.bureau("science_officer" if row.held_on.month % 2 else "industry_officer")


async def _photographed(world: World, row: tables.CentreActivity, operator: Caller, path: str, name: str) -> str:
    """The id of the photograph that the report rests on; of an interrupted run, the one that is there."""
    shelf = f"{path}/documents"
    there = (await world.api.get(shelf, operator, today=row.reported_on))["items"]
    if there:
        return str(there[0]["id"])
    picture = await world.api.attach(
        shelf, operator, row.reported_on, picture_of(row.title), "activity.png", key=f"{name}/photo"
    )
    return str(picture["id"])


def picture_of(title: str) -> bytes:
    """A PNG of its own for each activity: a square in a pattern that its title makes."""
    pattern = hashlib.sha256(title.encode()).digest()
    rows = b"".join(b"\0" + bytes(pattern[(x + y) % len(pattern)] for x in range(_SIDE)) for y in range(_SIDE))
    head = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
