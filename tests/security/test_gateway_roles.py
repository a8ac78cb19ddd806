"""The gateway's own routes: every role at every one of them, and every thing for its holder and for a stranger."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import uuid4

import pytest

from shared.auth import roles as r
from tests.security import routes
from tests.security.conftest import World
from tests.security.gateway_matrix import FINDS, HOLDER, MATRIX, WATCHED
from tests.security.things import Resident, furnish
from tests.security.wire import Answered, Asked, ask_all

Pairs = Mapping[str, tuple[Resident, Resident]]

ENDS_SESSIONS: Final = "POST /v1/auth/sessions/revoke"
NOWHERE: Final = {"id": "01900000-0000-7000-8000-00000000dead"}
LISTS: Final = ("/v1/webhooks", "/v1/api-keys", "/v1/delegations", "/v1/auth/sessions")


@pytest.fixture(scope="module")
def pairs(world: World) -> Pairs:
    return asyncio.run(furnish(world.database_url, world.town))


def test_the_matrix_names_every_route_with_its_roles() -> None:
    assert {route.name: route.roles for route in routes.GATEWAYS} == MATRIX


def test_whose_a_thing_is_is_said_for_every_route_that_names_one() -> None:
    assert {name for name in MATRIX if "{" in name} == FINDS.keys() | WATCHED
    assert FINDS.keys() & WATCHED == set()
    assert [name for name in WATCHED if not MATRIX[name] <= r.OVERSIGHT_ROLES] == []


def asks(resident: Resident | None, name: str, ids: Mapping[str, object]) -> Asked:
    """As the resident, with a version that nothing has, so that little changes."""
    method, _, path = name.partition(" ")
    target = re.sub(r"\{(\w+)\}", lambda found: str(ids.get(found[1], NOWHERE["id"])), path)
    headers = [(b"If-Match", b'"999"'), (b"Accept-Language", b"en"), (b"Idempotency-Key", uuid4().hex.encode())]
    if resident is not None:
        headers.append((b"Authorization", b"Bearer " + resident.person.token.encode()))
    body = b"" if method in ("GET", "DELETE") else BODIES.get(name.rpartition("/")[2], b"{}")
    return Asked(uuid4().hex, method, target, headers, body)


BODIES: Final = {"replay": b'{"topic": "registry.centre", "after": 0}'}


def code_of(answer: Answered) -> str:
    """The problem's code; empty for an answer that is none."""
    if answer.status < 400:
        return ""
    return str(json.loads(answer.body).get("code", ""))


async def test_lists_show_each_role_its_own_alone(world: World, pairs: Pairs) -> None:
    watch = {"/v1/webhooks": {r.AUDITOR}, "/v1/api-keys": set(r.OVERSIGHT_ROLES)}
    watch |= {"/v1/delegations": {r.AUDITOR, r.SECURITY_ADMIN}, "/v1/auth/sessions": set()}
    things = {"/v1/webhooks": "webhook_id", "/v1/api-keys": "key_id"}
    things |= {"/v1/delegations": "delegation_id", "/v1/auth/sessions": "session_id"}
    for path in LISTS:
        for role in sorted(MATRIX[f"GET {path}"] - watch[path]):
            mine, other = pairs[role]
            [answer] = await ask_all(world.url, [asks(mine, f"GET {path}?limit=200", {})], connections=1)
            shown = {item["id"] for item in json.loads(answer.body)["items"]}
            foreign = {str(one.things.get(things[path])) for pair in pairs.values() for one in pair if one is not mine}
            assert shown & foreign == set(), (path, role)
            assert str(mine.things.get(things[path], "")) in {*shown, ""}, (path, role)
            assert str(other.things.get(things[path], "none")) not in shown


def _questions(pairs: Pairs) -> Iterator[tuple[str, str, bool, bool, Resident, Mapping[str, object]]]:
    """Route, role, whether it is one's own, whether it is found, who asks, and for what."""
    for name, finds in FINDS.items():
        wanted = re.findall(r"\{(\w+)\}", name)
        for role in sorted(MATRIX[name] - {r.PUBLIC}):
            asker, other = pairs[role]
            if all(thing in asker.things for thing in wanted):
                yield name, role, True, HOLDER in finds, asker, asker.things
            held = other if all(thing in other.things for thing in wanted) else pairs[r.BANK][1]
            yield name, role, False, role in finds, asker, held.things


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_thing_is_found_by_its_holder_and_is_nowhere_for_a_stranger(world: World, pairs: Pairs) -> None:
    """Nowhere: in the very words that are said of a thing that nobody has."""
    wrong, strangers = [], 0
    for name, role, own, found, asker, ids in _questions(pairs):
        answer, nothing = await ask_all(world.url, [asks(asker, name, ids), asks(asker, name, {})], connections=1)
        whose = "own" if own else "a stranger's"
        if found:
            fine = answer.status not in (0, 401, 404, 500) and code_of(answer) != "forbidden"
        else:
            strangers += 1
            fine = answer.status == nothing.status == 404 and _said(answer) == _said(nothing)
        if not fine:
            wrong.append(f"{role}, {whose}: {name}: {answer.status} {answer.body[:200]!r}")
    assert wrong == []
    assert strangers > 100


def _said(answer: Answered) -> Mapping[str, Any]:
    told = json.loads(answer.body)
    return {name: told[name] for name in ("code", "title", "detail")}


async def test_part_of_one_thing_is_not_found_in_another(world: World, pairs: Pairs) -> None:
    """A delivery of a stranger's below one's own webhook."""
    wrong = []
    for name in (name for name in FINDS if "{delivery_id}" in name):
        for role in sorted(MATRIX[name] - {r.AUDITOR}):
            asker, other = pairs[role]
            ids = {**asker.things, "delivery_id": other.things["delivery_id"]}
            [answer] = await ask_all(world.url, [asks(asker, name, ids)], connections=1)
            if answer.status != 404:
                wrong.append(f"{role}: {name}: {answer.status}")
    assert wrong == []


async def test_the_three_duties_find_what_they_watch_over(world: World, pairs: Pairs) -> None:
    account = {"account_id": pairs[r.ENTERPRISE][1].person.id, "key_id": pairs[r.BANK][1].things["key_id"]}
    about = [name for name in WATCHED if "{account_id}" in name or "{key_id}" in name]
    names = [
        name
        for name in about
        if not name.endswith(("rights/confirm", "reset/confirm", "/refuse", "second-factor/reset"))
    ]
    wrong = []
    for name in sorted(names):
        for role in sorted(MATRIX[name]):
            [answer] = await ask_all(world.url, [asks(pairs[role][0], name, account)], connections=1)
            if answer.status in (0, 401, 500) or code_of(answer) in ("forbidden", "not-found"):
                wrong.append(f"{role}: {name}: {answer.status} {code_of(answer)}")
    assert wrong == []


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_each_role_enters_where_it_is_named_and_nowhere_else(world: World, pairs: Pairs) -> None:
    roles: list[str] = sorted(r.ALL_ROLES)
    names = [name for name in MATRIX if name != ENDS_SESSIONS] + [ENDS_SESSIONS]
    wrong = []
    for name in names:
        sent = [asks(pairs[role][0] if role != r.PUBLIC else None, name, {}) for role in roles]
        for role, answer in zip(roles, await ask_all(world.url, sent, connections=4), strict=True):
            code = code_of(answer)
            if role in MATRIX[name]:
                fine = answer.status not in (0, 401, 500) and code != "forbidden"
                fine = fine or name.endswith(("/auth/token", "/auth/password-reset"))
            else:
                fine = (answer.status, code) == ((401, "unauthenticated") if role == r.PUBLIC else (403, "forbidden"))
            if not fine:
                wrong.append(f"{role}: {name}: {answer.status} {code}")
    assert wrong == []
