"""Role by endpoint by owner in the library and on the platform: what is one's own opens, what is somebody else's is not
there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date

import pytest
import pytest_asyncio

from services.registry.main import build
from shared.auth import roles as r
from tests.registry.conftest import running, settings_for
from tests.registry.endpoints import Endpoint, ask
from tests.registry.matrix_library import CLAIM, EDITORS, ITEM, LIBRARIANS, LIBRARY, PLATFORM, ROUNDS, STAGE
from tests.registry.mentors.support import appointed
from tests.registry.project_library.support import CLAIMS, ITEMS, Chosen, chosen, hr, step
from tests.registry.support import OPERATOR, STRANGER, Caller, Registry, expect
from tests.support.postgres import Cluster
from tests.support.tokens import Keys

pytestmark = pytest.mark.asyncio(loop_scope="session")

SEES_ALL = (r.BUREAU_ROLES - {r.DIVISION_OFFICER, r.DIVISION_APPROVER}) | {r.AUDITOR}
SHUT = (401, 403, 404)

OWNER, CHOOSER, CENTRE, MENTOR, DIVISION, OTHER = "owner", "chooser", "centre", "mentor", "division", "stranger"

OPENS: dict[tuple[str, str], set[str]] = {
    ("GET", ITEM): {OWNER, CHOOSER, CENTRE, MENTOR, DIVISION},
    ("GET", f"{ITEM}/switches"): {OWNER},
    ("PATCH", ITEM): {OWNER},
    ("POST", f"{ITEM}/submit"): {OWNER},
    ("POST", f"{ITEM}/withdraw"): {OWNER},
    ("POST", f"{ITEM}/eligibility"): {OWNER, CHOOSER},
    ("POST", f"{ITEM}/claims"): {OWNER, CHOOSER},
    ("GET", f"{ITEMS}/{{thing_id}}/history"): {OWNER},
    ("GET", CLAIM): {OWNER, CHOOSER, CENTRE, MENTOR, DIVISION},
    ("POST", f"{CLAIM}/accept"): {OWNER},
    ("POST", f"{CLAIM}/refuse"): {OWNER},
    ("POST", f"{CLAIM}/take-back"): {CHOOSER},
    ("GET", f"{CLAIM}/follow-ups"): {CHOOSER, CENTRE, MENTOR, DIVISION},
    ("POST", f"{CLAIM}/follow-ups"): {CENTRE, MENTOR},
    ("POST", f"{CLAIM}/succeed"): {CENTRE},
    ("POST", f"{CLAIM}/abandon"): {CHOOSER, CENTRE},
    ("GET", f"{CLAIMS}/{{thing_id}}/history"): {OWNER, CHOOSER, CENTRE, MENTOR, DIVISION},
    ("GET", STAGE): {OWNER, CENTRE, DIVISION},
    ("POST", f"{STAGE}/confirm"): {OWNER},
    ("POST", f"{STAGE}/contest"): {OWNER},
    ("POST", f"{STAGE}/correct"): {CENTRE},
    ("GET", f"{PLATFORM}/{{thing_id}}/history"): {OWNER, CENTRE, DIVISION},
}
"""Who finds the thing there, by their part in it; officers write, and bureaus read, all of them. The project is chosen
and no longer public."""


@dataclass(frozen=True)
class World:
    """A project that a founder has, with its centre and mentor, and a trial of the owner's product."""

    registry: Registry
    case: Chosen
    parts: dict[str, Caller]
    ids: dict[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(postgres: Cluster, keys: Keys) -> AsyncIterator[World]:
    async with running(build(settings_for(postgres.service_database("registry"), keys)), keys) as registry:
        case = await chosen(registry)
        mentor = await appointed(registry)
        await step(hr(registry), case.claim, "assign", {"mentor_ref": mentor["person_ref"]}, at=CLAIMS)
        trial = {
            "stage": "trial",
            "kind": "bench_test",
            "product": "青稞饲料",
            "project_id": case.owner.project["id"],
            "centre_id": case.centre["id"],
            "started_on": "2019-06-03",
            "document_no": "试1",
        }
        stage = expect(await hr(registry).post(PLATFORM, trial), 201)
        planned = {"title": "第一批", "publishes_on": "2019-06-28"}
        round_id = expect(await hr(registry).post(ROUNDS, planned), 201)["id"]
        parts = {
            OWNER: case.owner.itself,
            CHOOSER: case.chooser.itself,
            CENTRE: registry.caller(r.CENTRE_OPERATOR, org=OPERATOR),
            MENTOR: registry.caller(r.MENTOR, person_ref=mentor["person_ref"]),
            DIVISION: registry.caller(r.DIVISION_OFFICER, division="540102"),
        }
        ids = {ITEMS: case.item["id"], CLAIMS: case.claim["id"], ROUNDS: round_id, PLATFORM: stage["id"]}
        yield World(registry, case, parts, ids)


def _path(endpoint: Endpoint, ids: dict[str, str]) -> str:
    start = endpoint.path.index("{")
    return (
        endpoint.path[:start] + ids[endpoint.path[:start].rstrip("/")] + endpoint.path[endpoint.path.index("}") + 1 :]
    )


STRANGERS = {
    r.FOUNDER: {"person_ref": "p-somebody-else"},
    r.CENTRE_OPERATOR: {"org": STRANGER},
    r.MENTOR: {"person_ref": "p-somebody-else"},
    r.ENTERPRISE: {"org": STRANGER},
    r.DIVISION_OFFICER: {"division": "540103"},
    r.DIVISION_APPROVER: {"division": "540103"},
}
WITH_OBJECT = [endpoint for endpoint in LIBRARY if "{" in endpoint.path]


async def test_every_endpoint_with_an_object_says_who_finds_it() -> None:
    for_all = {(one.method, one.path) for one in WITH_OBJECT if one.allowed <= EDITORS or one.path.startswith(ROUNDS)}
    assert set(OPENS) | for_all == {(endpoint.method, endpoint.path) for endpoint in WITH_OBJECT}


@pytest.mark.parametrize("part", [OWNER, CHOOSER, CENTRE, MENTOR, DIVISION])
async def test_those_who_take_part_find_what_is_theirs(world: World, part: str) -> None:
    caller, wrong = world.parts[part], []
    for endpoint in WITH_OBJECT:
        if caller.roles[0] not in endpoint.allowed or endpoint.path.startswith(ROUNDS):
            continue
        status = (await ask(caller, endpoint, _path(endpoint, world.ids), version="999")).status_code
        if (status == 404) is (part in OPENS[endpoint.method, endpoint.path]):
            wrong.append((endpoint.method, endpoint.path, status))
    assert not wrong


@pytest.mark.parametrize("role", sorted(STRANGERS))
async def test_strangers_find_nothing(world: World, role: str) -> None:
    caller = world.registry.caller(role, account=f"0190c000-{role}")
    caller.scope = dict(STRANGERS[role])
    for endpoint in WITH_OBJECT:
        if role in endpoint.allowed and not endpoint.path.startswith(ROUNDS):
            answer = await ask(caller, endpoint, _path(endpoint, world.ids), version="999")
            assert answer.status_code == 404, (endpoint, answer.text)


@pytest.mark.parametrize("role", sorted(SEES_ALL))
async def test_bureaus_find_all_of_it(world: World, role: str) -> None:
    caller = world.registry.caller(role, account=f"0190c000-{role}")
    for endpoint in WITH_OBJECT:
        if role in endpoint.allowed:
            answer = await ask(caller, endpoint, _path(endpoint, world.ids), version="999")
            assert answer.status_code not in SHUT, (endpoint, answer.text)


async def test_rounds_are_open_to_everybody(world: World) -> None:
    path = f"{ROUNDS}/{world.ids[ROUNDS]}"
    assert expect(await world.registry.public.get(path), 200)["status"] == "planned"
    assert {r.HR_OFFICER, r.SCIENCE_OFFICER} == LIBRARIANS


@pytest.mark.parametrize(
    ("part", "kinds"),
    [(CENTRE, {"library_follow_up_due"}), (MENTOR, {"library_follow_up_due"}), (OWNER, {"platform_stage_to_confirm"})],
)
async def test_tasks_reach_who_acts_next(world: World, part: str, kinds: set[str]) -> None:
    found = expect(await world.parts[part].on(date(2019, 7, 4)).get("/v1/tasks"), 200)["items"]
    ours = {one["kind"]: one for one in found if one["kind"].startswith(("library_", "platform_"))}
    assert set(ours) == kinds
    if "library_follow_up_due" in kinds:
        assert (ours["library_follow_up_due"]["due_on"], ours["library_follow_up_due"]["overdue"]) == (
            "2019-07-03",
            True,
        )
