"""Role by endpoint by owner in training: courses, sessions, enrolments and certificates; a stranger finds nothing but
what everybody reads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio

from services.registry.main import build
from shared.auth import roles as r
from tests.registry.conftest import running, settings_for
from tests.registry.matrix_trainings import CITY, DECIDERS, LEADS
from tests.registry.ownership import OPEN, Finds, Room, routes_with_ids, shelf, wrong_answers
from tests.registry.support import OPERATOR, Caller, Json, Registry, expect
from tests.registry.tenants.support import fresh_card
from tests.registry.trainings.support import CERTIFICATES, COURSES, ENROLMENTS, HELD, SESSIONS, School
from tests.support.postgres import Cluster
from tests.support.tokens import Keys

pytestmark = pytest.mark.asyncio(loop_scope="session")

C, S, E, Z = (f"{collection}/{{}}" for collection in (COURSES, SESSIONS, ENROLMENTS, CERTIFICATES))
PDF = b"%PDF-1.7\n" + b"x" * 100
PAPER = {"consent_document_no": "同意书-1"}

KEEPS = LEADS | {r.CENTRE_OPERATOR}
RUNS = KEEPS | {r.MENTOR}
"""The session is at the operator's centre, and the mentor is its trainer."""


def of_course(found_by: Collection[str]) -> dict[str, Collection[str]]:
    """At the operator's centre; a published one is found by everybody."""
    reads = CITY | {r.CENTRE_OPERATOR}
    return {
        f"GET {C}": found_by,
        f"PATCH {C}": KEEPS,
        f"POST {C}/publish": DECIDERS,
        f"POST {C}/close": KEEPS,
        f"GET {C}/history": reads,
        **shelf(C, reads, KEEPS),
    }


def of_enrolment(party: str, *, at: Collection[str] = (), by: Collection[str] = ()) -> dict[str, Collection[str]]:
    """Enrolled by the party, in a session that is kept `at` and run `by` somebody besides the lead bureaus."""
    reads = CITY | {party, *at, *by}
    return {
        f"GET {E}": reads,
        f"GET {E}/history": reads,
        f"POST {E}/cancel": LEADS | {party, *at},
        f"POST {E}/acknowledge": {party},
        f"POST {E}/record-attendance": LEADS | {*at, *by},
        f"POST {E}/strike-attendance": LEADS | {*at, *by},
        f"GET {Z}": reads,
        f"GET {Z}/history": reads,
        f"POST {Z}/revoke": DECIDERS,
    }


FINDS: Finds = {
    **of_course(OPEN),
    f"GET {S}": OPEN,
    f"PATCH {S}": KEEPS,
    f"POST {S}/cancel": KEEPS,
    f"POST {S}/complete": KEEPS,
    f"POST {S}/issue-certificates": KEEPS,
    f"GET {S}/history": CITY | KEEPS,
    f"GET {S}/results": CITY | RUNS,
    f"POST {S}/open-attendance": RUNS,
    f"POST {S}/close-attendance": RUNS,
    f"GET {S}/attendance-token": RUNS,
    f"GET {S}/attendance-code": RUNS,
    f"POST {S}/export": DECIDERS,
    f"POST {S}/enrol": OPEN,
    f"POST {S}/attend": OPEN,
    f"POST {S}/evaluate": OPEN,
    **of_enrolment(r.ENTERPRISE, at={r.CENTRE_OPERATOR}, by={r.MENTOR}),
}
"""Published, at the operator's centre, with the mentor as the trainer and somebody of the enterprise enrolled."""

REFUSED = {f"POST {S}/attend": {r.CENTRE_OPERATOR}, f"POST {S}/evaluate": {r.CENTRE_OPERATOR}}
"""Whoever runs a session neither attends nor judges it."""

DRAFTED: Finds = {line: who for line, who in of_course(CITY | KEEPS).items() if not line.startswith("DELETE")}
"""A draft is nobody else's. What takes a paper out of it would do so."""

ELSEWHERE: dict[str, Finds] = {"founder": of_enrolment(r.FOUNDER), "staff": of_enrolment(r.CENTRE_OPERATOR)}
"""A founder, and one of the centre's staff, in a session of the bureau's own without a trainer."""


@dataclass(frozen=True)
class World:
    """The centre's training, its draft, and what the bureau's session has, by who was enrolled."""

    given: Room
    drafted: Room
    elsewhere: dict[str, Room]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(postgres: Cluster, keys: Keys) -> AsyncIterator[World]:
    async with running(build(settings_for(postgres.service_database("registry"), keys)), keys) as registry:
        yield await _made(registry)


async def _made(registry: Registry) -> World:
    school, operator = School(registry), registry.operator
    centre, enterprise = await registry.listed(), await registry.enterprise()
    [trainer, founder] = await school.founders(2)
    firm = registry.caller(r.ENTERPRISE, org=enterprise["code"])

    course = await school.course(centre_id=centre["id"])
    outline = {"title": "财税", "audience": "founders", "summary": "纳税申报", "centre_id": centre["id"]}
    draft = expect(await operator.post(COURSES, outline), 201)
    given = await school.session(course=course, trainer_ref=trainer.scope["person_ref"])
    employee = {"name": "央金", "id_number": fresh_card(), **PAPER}
    enrolled = await _enrolled(firm, given, employee)
    past = await school.session(course=course, trainer_ref=trainer.scope["person_ref"])
    attended = await _enrolled(firm, past, employee)
    certificates = await _certified(school, past, [attended])
    await school.opened(given)

    staff = {"name": "次仁", "id_number": fresh_card(), "role": "manager", "full_time": False, "from_on": "2019-06-03"}
    member = expect(await operator.post(f"/v1/centres/{centre['id']}/staff", staff), 201)
    other = await school.session()
    of_founder = await school.enrolled(founder, other)
    of_staff = await _enrolled(operator, other, {"staff_id": member["id"], **PAPER})
    certificates |= await _certified(school, other, [of_founder, of_staff])

    own = {
        r.CENTRE_OPERATOR: {"org": OPERATOR},
        r.MENTOR: trainer.scope,
        r.ENTERPRISE: {"org": enterprise["code"]},
        r.FOUNDER: founder.scope,
        r.DIVISION_OFFICER: {"division": "540102"},
        r.DIVISION_APPROVER: {"division": "540102"},
    }
    things = {
        C: course["id"],
        f"{C}/documents/{{}}": await _paper(operator, course),
        S: given["id"],
        E: enrolled["id"],
        Z: certificates[attended["id"]],
    }
    room = Room(registry, things, own, today=HELD)
    return World(
        room,
        replace(room, things={C: draft["id"], f"{C}/documents/{{}}": await _paper(operator, draft)}),
        {
            name: replace(room, things={E: one["id"], Z: certificates[one["id"]]})
            for name, one in {"founder": of_founder, "staff": of_staff}.items()
        },
    )


async def _enrolled(caller: Caller, training: Json, who: Json) -> Json:
    return expect(await caller.post(f"{SESSIONS}/{training['id']}/enrol", who), 201)


async def _certified(school: School, training: Json, enrolments: list[Json]) -> dict[str, str]:
    """The certificates by their enrolments, everybody counted by hand."""
    by_hand = {"meeting": 1, "reason_code": "no_phone"}
    for one in enrolments:
        expect(await school.officer.on(HELD).post(f"{ENROLMENTS}/{one['id']}/record-attendance", by_hand), 200)
    await school.completed(training)
    return {one["enrolment_id"]: one["id"] for one in await school.certified(training)}


async def _paper(caller: Caller, course: Json) -> str:
    return str(expect(await caller.upload(f"{COURSES}/{course['id']}/documents", PDF, "讲义.pdf"), 201)["id"])


async def test_every_route_of_training_with_an_id_says_who_finds_it() -> None:
    assert routes_with_ids(r"/v1/training(s|-sessions|-enrolments|-certificates)/") == set(FINDS)


@pytest.mark.parametrize("role", sorted(r.ALL_ROLES))
async def test_ones_own_opens_and_a_strangers_is_not_there(world: World, role: str) -> None:
    assert await wrong_answers(world.given, role, FINDS, refused=REFUSED) == []


@pytest.mark.parametrize("role", sorted(r.ALL_ROLES))
async def test_a_draft_is_known_to_who_gives_it_and_the_citys_bureaus(world: World, role: str) -> None:
    assert await wrong_answers(world.drafted, role, DRAFTED) == []


@pytest.mark.parametrize("name", sorted(ELSEWHERE))
async def test_who_was_enrolled_elsewhere_is_its_own_partys(world: World, name: str) -> None:
    room = world.elsewhere[name]
    wrong = [line for role in sorted(r.ALL_ROLES) for line in await wrong_answers(room, role, ELSEWHERE[name])]
    assert wrong == []
