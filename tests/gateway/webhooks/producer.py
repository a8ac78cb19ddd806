"""A service whose one log the test writes: the file named by LOG says how long it is, of which epoch, or that the
service is away. Most events are public; every tenth is not, in turn one for bureaus and an internal one."""

import asyncio
import json
import os
from pathlib import Path
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from tests.gateway.upstream import claims_of, respond

TOPIC = "registry.centre"
PUBLIC = "registry.centre.listed.v1"
INTERNAL = "registry.centre.submitted.v1"
BUREAU = "registry.centre.remedy_applied.v1"


def type_of(position: int) -> str:
    if position % 10:
        return PUBLIC
    return INTERNAL if position % 20 else BUREAU


def id_of(position: int) -> str:
    return f"0190a000-0000-7000-8000-{position:012d}"


def event(position: int, epoch: int) -> dict[str, object]:
    return {
        "position": position,
        "epoch": epoch,
        "hash": f"{position:064x}",
        "attributes": {
            "specversion": "1.0",
            "id": id_of(position),
            "source": "/registry",
            "type": type_of(position),
            "subject": "0190a000-0000-7000-8000-000000000001",
            "time": "2019-03-18T00:00:00.000Z",
            "datacontenttype": "application/json",
            "aggregateversion": str(position),
            "effectiveon": "2019-03-18",
            "actor": "0190a000-0000-7000-8000-0000000000aa",
        },
        "data": '{"name":"梦创 \\u4e2d\\u5fc3", "total_area_m2":"1000.0"}',
    }


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        for answer in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{answer}.complete"})
        return
    if scope["path"] != f"/internal/events/{TOPIC}":
        await respond(send, {}, 200 if scope["path"] == "/readyz" else 404)
        return
    state = json.loads(await asyncio.to_thread(Path(os.environ["LOG"]).read_text))
    if state.get("away") or claims_of(scope).get("internal") is not True:
        await respond(send, {}, 503)
        return
    query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
    after, limit = int(query["after"]), int(query["limit"])
    positions = range(after + 1, min(state["head"], after + limit) + 1)
    items = [event(position, state["epoch"]) for position in positions]
    page = {"topic": TOPIC, "epoch": state["epoch"], "head": state["head"], "items": items}
    await respond(send, {**page, "after_hash": f"{after:064x}" if after else ""})
