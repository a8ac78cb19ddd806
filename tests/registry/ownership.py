"""Whose a thing is: each role asks for it as somebody who has a part in it, and as a stranger.

A table says which roles find the thing there. Everybody else is told the same as about a thing that nobody has, and a
stale version is sent along so that nothing changes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final
from uuid import uuid4

from fastapi.routing import APIRoute
from httpx import Response

from services.registry import main
from shared.auth import roles as r
from tests.registry.endpoints import Endpoint, ask
from tests.registry.matrix import MATRIX
from tests.registry.support import DAY, STRANGER, Json, Registry

Finds = Mapping[str, Collection[str]]
"""By method and address, ids as `{}`: the roles that find the thing, those with a scope only where it is theirs."""

OPEN: Final = frozenset(r.ALL_ROLES)
"""Everybody finds it whom the endpoint lets in, strangers too."""

STRANGERS: Final = {
    r.CENTRE_OPERATOR: {"org": STRANGER},
    r.ENTERPRISE: {"org": STRANGER},
    r.FOUNDER: {"person_ref": "p-somebody-else"},
    r.MENTOR: {"person_ref": "p-somebody-else"},
    r.DIVISION_OFFICER: {"division": "540103"},
    r.DIVISION_APPROVER: {"division": "540103"},
}
_CHANGED_NOTHING: Final = (200, 201, 204, 409, 412, 422)


@dataclass(frozen=True)
class Room:
    """Things by the address up to their id, and the scopes of those whom they belong to; `bodies` are sent in place of
    the matrix's where those name a second thing or would change something."""

    registry: Registry
    things: Mapping[str, str]
    own: Mapping[str, Mapping[str, str]]
    strangers: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: STRANGERS)
    today: date = DAY
    version: str = "999"
    bodies: Mapping[str, Json] = field(default_factory=dict)


def form_of(path: str) -> str:
    """The path without the names of its ids."""
    return re.sub(r"\{\w+\}", "{}", path)


def routes_with_ids(pattern: str) -> set[str]:
    """The application's routes below the addresses of the pattern that name a thing."""
    routes = (route for router in main.definition.routers for route in router.routes)
    found = [route for route in routes if isinstance(route, APIRoute) and "{" in route.path]
    return {
        f"{method} {form_of(route.path)}"
        for route in found
        for method in route.methods or ()
        if re.match(pattern, route.path)
    }


def shelf(of: str, reads: Collection[str], writes: Collection[str]) -> dict[str, Collection[str]]:
    """The documents of a case."""
    one = f"{of}/documents/{{}}"
    return {
        f"GET {of}/documents": reads,
        f"POST {of}/documents": writes,
        f"GET {one}": reads,
        f"GET {one}/content": reads,
        f"DELETE {one}": writes,
    }


async def wrong_answers(
    room: Room, role: str, finds: Finds, *, refused: Mapping[str, Collection[str]] | None = None
) -> list[str]:
    """What the role is told otherwise than the table says; `refused` are the roles that find the thing and get 403."""
    wrong = []
    for endpoint in MATRIX:
        line = f"{endpoint.method} {form_of(endpoint.path)}"
        if line not in finds or role not in endpoint.allowed:
            continue
        asked = replace(endpoint, body=room.bodies.get(line, endpoint.body))
        for whose, scope in _sides(room, role):
            theirs = whose == "own"
            answer = await _answer(room, role, scope, asked, room.things)
            if theirs and role in (refused or {}).get(line, ()):
                fine = answer.status_code == 403
            elif finds[line] == OPEN or (theirs and role in finds[line]):
                fine = answer.status_code in ((200,) if endpoint.method == "GET" else _CHANGED_NOTHING)
            else:
                nowhere = {place: str(uuid4()) if _is_id(thing) else thing for place, thing in room.things.items()}
                unknown = await _answer(room, role, scope, asked, nowhere)
                fine = answer.status_code == 404 and answer.json()["detail"] == unknown.json()["detail"]
            if not fine:
                wrong.append(f"{role}, {whose}: {line} {answer.status_code} {answer.text[:300]}")
    return wrong


def _sides(room: Room, role: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    yield "own", room.own.get(role, {})
    if role in room.strangers:
        yield "a stranger's", room.strangers[role]


def _is_id(thing: str) -> bool:
    return len(thing) == len(str(uuid4()))


async def _answer(
    room: Room, role: str, scope: Mapping[str, str], endpoint: Endpoint, things: Mapping[str, str]
) -> Response:
    account = "anonymous" if role == r.PUBLIC else f"asks-{role}"
    caller = room.registry.caller(role, today=room.today, account=account, **scope)
    return await ask(caller, endpoint, _with_ids(endpoint.path, things), version=room.version)


def _with_ids(path: str, things: Mapping[str, str]) -> str:
    """The path with the ids of the things."""
    form, placed = form_of(path), ""
    places = [form[: found.end()] for found in re.finditer(r"\{\}", form)]
    for before, place in zip(["", *places], places, strict=False):
        placed += place[len(before) : -2] + things[place]
    return placed + form[len(places[-1]) :]
