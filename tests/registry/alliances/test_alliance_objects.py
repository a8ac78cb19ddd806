"""Who reaches which membership, talent, pair, community and report: strangers find nothing but what is public."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from services.registry.main import build
from shared.auth import roles as r
from tests.registry.alliances.support import MEMBERS, SPACES, TALENT, community, firm, lead, pair, report, school
from tests.registry.conftest import running, settings_for
from tests.registry.endpoints import Endpoint, ask
from tests.registry.matrix_alliances import ALLIANCES_AND_COMMUNITIES, COMMUNITIES, PAIRS, REPORTS
from tests.registry.support import STRANGER, Caller, Registry, expect
from tests.support.postgres import Cluster
from tests.support.tokens import Keys

pytestmark = pytest.mark.asyncio(loop_scope="session")

OPEN = {f"GET {MEMBERS}/{{member_id}}", f"GET {COMMUNITIES}/{{community_id}}"}
"""What everybody reads of a member and of an open community."""

BUREAU_STEPS = {"industry_officer", "industry_approver", "education_officer", "education_approver"}


@dataclass(frozen=True)
class World:
    """One of each thing, and the accounts of its owner and of a stranger by role."""

    registry: Registry
    things: dict[str, str]
    owners: dict[str, Caller]
    strangers: dict[str, Caller]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(postgres: Cluster, keys: Keys) -> AsyncIterator[World]:
    """In a database of its own, which no other test empties."""
    settings = settings_for(postgres.service_database("registry"), keys)
    async with running(build(settings), keys) as registry:
        yield await _made(registry)


async def _made(registry: Registry) -> World:
    centre = await registry.listed(operator_code=STRANGER, owner_division="540103", site_division="540103")
    asked = {"alliance": SPACES, "kind": "centre", "centre_id": centre["id"]}
    member = expect(await registry.stranger.post(MEMBERS, asked), 201)
    expect(await lead(registry, SPACES).post(f"{MEMBERS}/{member['id']}/accept"), 200)
    around = await community(registry, centre, "540103")
    written = await report(registry.stranger, around)
    proposed, itself = await pair(registry)
    from_school = {"member_id": (await school(registry))["id"], "centre_id": centre["id"], "kind": "teacher"}
    came = {**from_school, "heads": 2, "arrived_on": "2019-06-03", "document_no": "协议"}
    arrival = expect(await registry.stranger.post(TALENT, came), 201)
    ids = {MEMBERS: member, TALENT: arrival, PAIRS: proposed, COMMUNITIES: around, REPORTS: written}
    _, other_firm = await firm(registry)
    return World(
        registry,
        {collection: thing["id"] for collection, thing in ids.items()},
        {
            r.CENTRE_OPERATOR: registry.stranger,
            r.ENTERPRISE: itself,
            r.DIVISION_OFFICER: registry.caller("division_officer", division="540103", account="another"),
            r.DIVISION_APPROVER: registry.caller("division_approver", division="540103", account="one more"),
        },
        {
            r.CENTRE_OPERATOR: registry.operator,
            r.ENTERPRISE: other_firm,
            r.FOUNDER: registry.caller("founder", person_ref="person-77"),
            r.DIVISION_OFFICER: registry.caller("division_officer", account="somebody", division="540121"),
            r.DIVISION_APPROVER: registry.caller("division_approver", account="somebody", division="540121"),
        },
    )


WITH_ID = [endpoint for endpoint in ALLIANCES_AND_COMMUNITIES if "{" in endpoint.path]


def collection_of(endpoint: Endpoint) -> str:
    return endpoint.path[: endpoint.path.index("/{")]


def place(world: World, endpoint: Endpoint) -> str:
    """The endpoint's address with the id of the thing that was made."""
    after = endpoint.path[endpoint.path.index("}") + 1 :]
    return f"{collection_of(endpoint)}/{world.things[collection_of(endpoint)]}{after}"


@pytest.mark.parametrize("role", [r.CENTRE_OPERATOR, r.ENTERPRISE, r.FOUNDER, r.DIVISION_OFFICER, r.DIVISION_APPROVER])
async def test_a_stranger_finds_only_what_is_public(world: World, role: str) -> None:
    wrong = []
    for endpoint in WITH_ID:
        collection = collection_of(endpoint)
        if role not in endpoint.allowed or collection not in world.things:
            continue
        answer = await ask(world.strangers[role], endpoint, place(world, endpoint), version="999")
        wanted = 200 if f"{endpoint.method} {endpoint.path}" in OPEN else 404
        if answer.status_code != wanted:
            wrong.append((endpoint.method, endpoint.path, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))


OWN = {
    r.CENTRE_OPERATOR: (MEMBERS, TALENT, COMMUNITIES, REPORTS),
    r.ENTERPRISE: (PAIRS,),
    r.DIVISION_OFFICER: (MEMBERS, TALENT, COMMUNITIES),
    r.DIVISION_APPROVER: (MEMBERS, TALENT, COMMUNITIES),
}
"""A report is its author's while it is a draft."""


@pytest.mark.parametrize("role", sorted(OWN))
async def test_ones_own_opens(world: World, role: str) -> None:
    wrong = []
    for endpoint in WITH_ID:
        collection = collection_of(endpoint)
        if role not in endpoint.allowed or collection not in OWN[role]:
            continue
        answer = await ask(world.owners[role], endpoint, place(world, endpoint), version="999")
        fine = answer.status_code == 200 if endpoint.method == "GET" else answer.status_code in (409, 412, 422)
        if not fine:
            wrong.append((endpoint.method, endpoint.path, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))


async def test_the_bureau_of_the_other_alliance_has_no_hand_in_it(world: World) -> None:
    """The maker spaces' member is the industry bureau's; the pair is the education bureau's."""
    shut = {MEMBERS: "education", PAIRS: "industry"}
    wrong = []
    for endpoint in WITH_ID:
        collection = collection_of(endpoint)
        if endpoint.method == "GET" or collection not in shut:
            continue
        for role in sorted(endpoint.allowed & BUREAU_STEPS):
            if not role.startswith(shut[collection]):
                continue
            answer = await ask(world.registry.caller(role), endpoint, place(world, endpoint), version="999")
            if answer.status_code not in (403, 404):
                wrong.append((role, endpoint.path, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))
