"""The matrix of roles, endpoints and objects: what is one's own opens, what is somebody else's is not there.

`test_access` asks every endpoint as every role without an object. Here two sides have the same things each, and every
role that an endpoint lets in asks for both. A path with an id that `world` does not make fails
`test_every_object_is_made_or_excused`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from services.registry.main import build
from shared.auth import roles as r
from tests.registry.around.support import DIVISIONS, PARTNERS, PRACTICES, SERVICES
from tests.registry.conftest import running, settings_for
from tests.registry.endpoints import Endpoint, ask
from tests.registry.matrix import CENTRES, MATRIX, TENANCIES, TITLES
from tests.registry.support import OPERATOR, STRANGER, Caller, Registry, expect, fresh_code
from tests.registry.tenants.support import project_body
from tests.support.postgres import Cluster
from tests.support.tokens import Keys

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHUT = (401, 403, 404)
QUALIFICATIONS, ENTERPRISES, BANS, PROJECTS = "/v1/qualifications", "/v1/enterprises", "/v1/bans", "/v1/projects"

DIVISION = {r.DIVISION_OFFICER, r.DIVISION_APPROVER}
SEES_ALL = (r.BUREAU_ROLES - DIVISION) | {r.AUDITOR}
CARRIER_SIDE = {r.CENTRE_OPERATOR, *DIVISION}
TENANTS_OWN = {
    r.ENTERPRISE: (ENTERPRISES, TENANCIES, SERVICES),
    r.FOUNDER: (ENTERPRISES, TENANCIES, SERVICES, PROJECTS),
}
"""Things that an enterprise and its founder have a part in."""

WRITES_PAPERS = {r.CENTRE_OPERATOR, r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER}
"""Others who read a case find no documents to add or to take away."""


@dataclass(frozen=True)
class Side:
    """Somebody with one of each thing; `things` by the path up to the thing's id."""

    operator: str
    division: str
    enterprise: str
    things: dict[str, str]

    def caller(self, registry: Registry, role: str) -> Caller:
        scopes: dict[str, dict[str, str]] = {
            r.CENTRE_OPERATOR: {"org": self.operator},
            r.ENTERPRISE: {"org": self.enterprise},
            r.FOUNDER: {"person_ref": f"person-{self.division}"},
            r.DIVISION_OFFICER: {"division": self.division},
            r.DIVISION_APPROVER: {"division": self.division},
        }
        caller = registry.caller(role, account=f"{role}-{self.division}")
        caller.scope = scopes.get(role, {})
        return caller


async def side(registry: Registry, operator: str, division: str) -> Side:
    """A draft, and a listed centre with a title, an application, a tenant, what it did for it, and a good practice."""
    places: dict[str, Any] = {"operator_code": operator, "owner_division": division, "site_division": division}
    draft, centre = await registry.draft(**places), await registry.listed(**places)
    title = await registry.granted(centre["id"], "maker_space")
    application = await registry.applied(centre["id"], "tech_incubator")
    code, founder = fresh_code(), f"person-{division}"
    enterprise = await registry.enterprise(code=code, division=division, legal_representative_ref=founder)
    tenancy = await registry.admitted(centre["id"], enterprise["id"], on=date.fromisoformat(centre["listed_on"]))
    made = Side(operator, division, code, {})
    own = made.caller(registry, r.CENTRE_OPERATOR)
    served = {"centre_id": centre["id"], "enterprise_id": enterprise["id"], "provided_on": centre["listed_on"]}
    record = await own.post(SERVICES, {**served, "type": "training", "title": "财税培训", "hours": "2.5"})
    practice = await own.post(PRACTICES, {"title": "一站式代办", "centre_id": centre["id"], "body": "一次办结。"})
    project = await own.post(PROJECTS, project_body(division=division, founder_ref=founder))
    partner = {"name": f"启迪{division}", "kind": "service_agency", "origin_province": "110000", "capital": "1.00"}
    pages = expect(await registry.officer.get(DIVISIONS), 200)["items"]
    ids = {
        CENTRES: draft["id"],
        TITLES: application["id"],
        QUALIFICATIONS: title["id"],
        ENTERPRISES: enterprise["id"],
        TENANCIES: tenancy["id"],
        SERVICES: expect(record, 201)["id"],
        PRACTICES: expect(practice, 201)["id"],
        PROJECTS: expect(project, 201)["id"],
        PARTNERS: expect(await own.post(PARTNERS, partner), 201)["id"],
        DIVISIONS: next(page["id"] for page in pages if page["code"] == division),
    }
    for prefix in {prefix for endpoint in MATRIX for prefix in ids_of(endpoint.path)}:
        collection = collection_of(prefix)
        if prefix.count("{") == 1 and collection in ids:
            made.things[prefix] = ids[collection]
    had_a_notice = {CENTRES: centre, TITLES: title}
    made.things.update({f"{case}/{{subject_id}}": thing["id"] for case, thing in had_a_notice.items()})
    return made


ELSEWHERE = {
    "/v1/project-library": "owners, officers and what is public: project_library/test_library_objects",
    "/v1/library-claims": "founders, owners and who follows up: project_library/test_library_objects",
    "/v1/library-rounds": "open to everybody: project_library/test_library_objects",
    "/v1/graduate-platform": "parties and centres: project_library/test_library_objects",
    "/v1/alliances": "open to everybody, their lead to one bureau: alliances/test_lead_and_talent",
    "/v1/alliance-members": "members, their lead bureau and the public: alliances/test_alliance_objects",
    "/v1/talent-arrivals": "hosts and lead bureaus: alliances/test_alliance_objects",
    "/v1/pairings": "enterprises and one bureau: alliances/test_alliance_objects",
    "/v1/communities": "divisions, their centres and the public: alliances/test_alliance_objects",
    "/v1/community-reports": "their authors and divisions: alliances/test_alliance_objects",
    "/internal/centres": "for services, whose tokens carry no role",
    BANS: "a ban ends its centre: test_bans, test_ban_liftings, test_history",
    "/v1/tier-applications": "needs a year of services: test_tiers",
    "/v1/activities": "organisers, leads and verifiers: activities/test_activity_objects",
    "/v1/activity-winners": "keepers and leads of their activities: activities/test_activity_objects",
    "/v1/activity-series": "open to everybody, years to who leads them: activities/test_activity_objects",
    "/v1/mentors": "mentors, their centres and the bureaus: mentors/test_mentor_objects",
    "/v1/mentors/sessions": "mentors, centres and who was advised: mentors/test_mentor_objects",
    "/v1/trainings": "who keeps the course: trainings/test_training_objects",
    "/v1/training-sessions": "who keeps, runs and attends them: trainings/test_training_objects",
    "/v1/training-enrolments": "parties and who runs the session: trainings/test_training_objects",
    "/v1/training-certificates": "as their enrolments: trainings/test_training_objects",
    "/v1/persons": "person by person: test_persons; consents, contacts and exports: mentors/test_mentor_objects",
    "/v1/imports": "kinds and not ids: tests of imports",
    "/v1/operations/registry-": "the asker's own: tests of imports",
    "/v1/qualifications/upward-notices": "come with a delisting: test_titles_in_force",
}
"""Collections of which no side has a thing, and where they are tried."""

OPEN = {
    f"GET {QUALIFICATIONS}/{{qualification_id}}",
    *(f"{method} {case}/{{subject_id}}/notice/objections" for method in ("GET", "POST") for case in (CENTRES, TITLES)),
    *(f"GET {case}/{{subject_id}}/notice" for case in (CENTRES, TITLES)),
    f"GET {PARTNERS}/{{partner_id}}",
    f"GET {PARTNERS}/{{thing_id}}/history",
}
"""Registers that everybody reads whom the endpoint lets in, strangers' entries too."""


NAMES_ANOTHER = {
    f"POST {CENTRES}/{{centre_id}}/agreements",
    f"POST {CENTRES}/{{centre_id}}/joint-carriers",
    f"POST {CENTRES}/{{centre_id}}/carriers",
    f"POST {ENTERPRISES}/{{enterprise_id}}/stages",
    f"POST {ENTERPRISES}/{{enterprise_id}}/merge",
    f"POST {TENANCIES}/{{tenancy_id}}/transfer",
    f"GET {PROJECTS}/{{project_id}}/tenancy",
}
"""They ask for, or their bodies name, a second thing that nobody has: 404 for that."""


def ids_of(path: str) -> Iterator[str]:
    """The path up to each of its ids."""
    for found in re.finditer(r"\{\w+\}", path):
        yield path[: found.end()]


def with_ids(path: str, things: dict[str, str]) -> str:
    """The path with its ids filled in, the last first, so that the keys stay as they are written."""
    for prefix in reversed(list(ids_of(path))):
        path = prefix[: prefix.rindex("{")] + things.get(prefix, str(uuid4())) + path[len(prefix) :]
    return path


def collection_of(path: str) -> str:
    """Where the first id of a path belongs: `/v1/centres`."""
    return path[: path.index("{")].rstrip("/")


WITH_OBJECT = [endpoint for endpoint in MATRIX if "{" in endpoint.path]
ASKED = [endpoint for endpoint in WITH_OBJECT if collection_of(endpoint.path) not in ELSEWHERE]


def shut(role: str, endpoint: Endpoint, *, own: bool) -> bool:
    """Whether the thing is not there for the role: somebody else's, or anybody's for a role that has no part in it."""
    if role in SEES_ALL or f"{endpoint.method} {endpoint.path}" in OPEN:
        return False
    carrier_side = CARRIER_SIDE - {r.CENTRE_OPERATOR} if endpoint.path.startswith(DIVISIONS) else CARRIER_SIDE
    has_part = role in carrier_side or endpoint.path.startswith(TENANTS_OWN.get(role, ()))
    return not (own and has_part)


def as_declared(role: str, endpoint: Endpoint, status: int, *, own: bool) -> bool:
    """A thing within a thing has an id that nothing has: there 404 is right for everybody, and nothing else is asked
    of it than that strangers get no other answer."""
    if not own and role == r.CENTRE_OPERATOR and endpoint.method == "PATCH" and endpoint.path.startswith(PARTNERS):
        return status == 403  # who is in the register is known; who entered it keeps it
    if shut(role, endpoint, own=own):
        return status == 404
    if endpoint.method != "GET" and endpoint.path.endswith("/documents") and role not in WRITES_PAPERS:
        return status in (201, 404, 422)
    if endpoint.path.count("{") > 1 or f"{endpoint.method} {endpoint.path}" in NAMES_ANOTHER:
        return status == 404 or (status < 500 and status not in SHUT)
    return status == 200 if endpoint.method == "GET" else status < 500 and status not in SHUT


@dataclass(frozen=True)
class World:
    """The registry with two sides. Nothing that the matrix asks changes it: it sends a stale version along."""

    registry: Registry
    ours: Side
    theirs: Side


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(postgres: Cluster, keys: Keys) -> AsyncIterator[World]:
    """In a database of its own, which no other test empties."""
    async with running(build(settings_for(postgres.service_database("registry"), keys)), keys) as registry:
        yield World(registry, await side(registry, OPERATOR, "540102"), await side(registry, STRANGER, "540103"))


async def test_every_object_is_made_or_tried_elsewhere(world: World) -> None:
    asked = {collection_of(endpoint.path) for endpoint in WITH_OBJECT}
    made = {collection_of(prefix) for prefix in world.ours.things}
    assert asked == made | set(ELSEWHERE)


@pytest.mark.parametrize("role", sorted(r.ALL_ROLES - {r.PUBLIC}))
async def test_ones_own_opens_and_a_strangers_is_not_there(world: World, role: str) -> None:
    caller, wrong = world.ours.caller(world.registry, role), []
    for endpoint in ASKED:
        if role not in endpoint.allowed:
            continue
        for whose in (world.ours, world.theirs):
            answer = await ask(caller, endpoint, with_ids(endpoint.path, whose.things), version="999")
            if not as_declared(role, endpoint, answer.status_code, own=whose is world.ours):
                side_asked = "own" if whose is world.ours else "foreign"
                wrong.append((endpoint.method, endpoint.path, side_asked, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))
