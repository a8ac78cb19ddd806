"""Role by endpoint by owner for mentors, their sessions, and what a person agreed to: a stranger finds nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

import pytest
import pytest_asyncio

from services.registry.main import build
from shared.auth import roles as r
from tests.registry.conftest import running, settings_for
from tests.registry.matrix_mentors import BUREAUS, CITY, DECIDERS, DIVISIONS, LEADS, WHOLE
from tests.registry.mentors.support import MENTORS, PAPER, SESSIONS, advice, appointed, as_mentor, at_centre
from tests.registry.ownership import Finds, Room, routes_with_ids, shelf, wrong_answers
from tests.registry.support import OPERATOR, Json, Registry, expect
from tests.registry.tenants.support import PERSONS, project
from tests.support.postgres import Cluster
from tests.support.tokens import Keys

pytestmark = pytest.mark.asyncio(loop_scope="session")

M, S, P = f"{MENTORS}/{{}}", f"{SESSIONS}/{{}}", f"{PERSONS}/{{}}"
LINK = f"{M}/centres/{{}}"
ROOM = r"/v1/mentors/|/v1/persons/\{\w+\}/(consents|contacts|exports)"
MOBILE = "13812345678"
PDF = b"%PDF-1.7\n" + b"x" * 100


def of_session(recorder: str, advised: str) -> dict[str, Collection[str]]:
    """Recorded by the one, for the other."""
    reads = CITY | DIVISIONS | {r.CENTRE_OPERATOR, r.MENTOR, advised}
    return {
        f"GET {S}": reads,
        f"GET {S}/history": reads,
        f"POST {S}/confirm": {advised},
        f"POST {S}/contest": {advised},
        f"POST {S}/withdraw": {recorder},
    }


def of_person(itself: str) -> dict[str, Collection[str]]:
    """Nobody but the person and the bureaus."""
    reads = BUREAUS | {r.AUDITOR, itself}
    return {
        f"GET {P}/consents": reads,
        f"POST {P}/consents": reads,
        f"POST {P}/consents/{{}}/withdraw": reads,
        f"GET {P}/contacts": reads,
        f"POST {P}/contacts": reads,
        f"DELETE {P}/contacts/{{}}": reads,
        f"POST {P}/contacts/reveal": reads,
        f"GET {P}/exports": reads,
    }


FINDS: Finds = {
    f"GET {M}": WHOLE,
    f"PATCH {M}": LEADS | {r.MENTOR},
    f"POST {M}/reappoint": LEADS,
    f"POST {M}/appoint": DECIDERS,
    f"POST {M}/refuse": DECIDERS,
    f"POST {M}/end": DECIDERS,
    f"POST {M}/resign": {r.MENTOR},
    f"GET {M}/terms": WHOLE,
    f"GET {M}/centres": WHOLE,
    f"POST {M}/centres": LEADS | {r.CENTRE_OPERATOR},
    f"POST {LINK}/end": LEADS | {r.CENTRE_OPERATOR, r.MENTOR},
    f"GET {LINK}/history": WHOLE,
    f"GET {M}/history": WHOLE,
    **shelf(M, LEADS | DECIDERS | {r.AUDITOR, r.MENTOR}, LEADS),
    **of_session(r.MENTOR, r.ENTERPRISE),
    **of_person(r.MENTOR),
}
"""A mentor who did not agree to a public page, its own session for an enterprise of the centre, and its person."""

ADVISED: Finds = {**of_session(r.CENTRE_OPERATOR, r.FOUNDER), **of_person(r.FOUNDER)}
"""A session for a project that the centre recorded, and the founder's person."""


@dataclass(frozen=True)
class World:
    """What the mentor has, and what the founder has."""

    mentors: Room
    founders: Room


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(postgres: Cluster, keys: Keys) -> AsyncIterator[World]:
    async with running(build(settings_for(postgres.service_database("registry"), keys)), keys) as registry:
        yield await _made(registry)


async def _made(registry: Registry) -> World:
    centre, enterprise = await registry.listed(), await registry.enterprise()
    await registry.admitted(centre["id"], enterprise["id"])
    mentor = await appointed(registry, consent=PAPER, email=None)
    link = await at_centre(registry, mentor, centre)
    own_session = await as_mentor(registry, mentor).post(SESSIONS, advice(mentor, centre, enterprise))
    paper = await registry.officer.upload(f"{MENTORS}/{mentor['id']}/documents", PDF, "证书.pdf")
    consents = await _consents(registry, mentor["person_id"])

    team = await project(registry)
    named = {"capacity": "founder", "name": "达瓦"}
    behind = expect(await registry.officer.post(f"/v1/projects/{team['id']}/persons", named), 201)["person"]
    stay = {"centre_id": centre["id"], "project_id": team["id"], "agreement_no": "RZ-2"}
    expect(await registry.officer.post("/v1/tenancies", stay), 201)
    body = {**advice(mentor, centre, {"id": None}), "project_id": team["id"]}
    for_team = await registry.operator.post(SESSIONS, body)
    known = expect(await registry.officer.get(PERSONS, person_ref=behind["person_ref"]), 200)["items"]
    founder = f"{PERSONS}/{known[0]['id']}"
    expect(await registry.officer.post(f"{founder}/contacts", {"mobile": MOBILE}), 200)
    agreed = {"purpose": "training", "channel": "paper", **PAPER}
    expect(await registry.officer.post(f"{founder}/consents", agreed), 201)

    things = {
        M: mentor["id"],
        LINK: link["id"],
        f"{M}/documents/{{}}": expect(paper, 201)["id"],
        S: expect(own_session, 201)["id"],
        P: mentor["person_id"],
        f"{P}/consents/{{}}": consents[0]["id"],
        f"{P}/contacts/{{}}": "email",
    }
    own = {
        r.CENTRE_OPERATOR: {"org": OPERATOR},
        r.MENTOR: {"person_ref": mentor["person_ref"]},
        r.ENTERPRISE: {"org": enterprise["code"]},
        r.FOUNDER: {"person_ref": behind["person_ref"]},
        r.DIVISION_OFFICER: {"division": "540102"},
        r.DIVISION_APPROVER: {"division": "540102"},
    }
    bodies: dict[str, Json] = {
        f"POST {M}/centres": {"centre_id": centre["id"]},
        f"POST {LINK}/end": {"until": "2019-06-02"},
        f"POST {P}/consents": {"purpose": "mentor", "given_on": "2019-12-31"},
        f"POST {P}/consents/{{}}/withdraw": {"channel": "paper"},
    }
    second = {
        S: expect(for_team, 201)["id"],
        P: known[0]["id"],
        f"{P}/consents/{{}}": (await _consents(registry, known[0]["id"]))[0]["id"],
    }
    return World(Room(registry, things, own, bodies=bodies), Room(registry, {**things, **second}, own, bodies=bodies))


async def _consents(registry: Registry, person_id: str) -> list[Json]:
    return list(expect(await registry.officer.get(f"{PERSONS}/{person_id}/consents"), 200)["items"])


async def test_every_route_with_a_mentor_a_session_or_a_person_says_who_finds_it() -> None:
    assert routes_with_ids(ROOM) == set(FINDS)


@pytest.mark.parametrize("role", sorted(r.ALL_ROLES))
async def test_ones_own_opens_and_a_strangers_is_not_there(world: World, role: str) -> None:
    assert await wrong_answers(world.mentors, role, FINDS) == []


@pytest.mark.parametrize("role", sorted(r.ALL_ROLES))
async def test_who_was_advised_and_who_recorded_it_are_told_apart(world: World, role: str) -> None:
    assert await wrong_answers(world.founders, role, ADVISED) == []
