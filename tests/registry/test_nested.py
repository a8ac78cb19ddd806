"""A thing within a thing is found under its own parent alone, on every route that names both.

The routes are read from the application: one whose second id nothing here is made for fails
`test_every_nested_route_is_tried`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

import pytest
import pytest_asyncio
from fastapi.routing import APIRoute

from services.registry import main
from services.registry.consumers import carry_out_decided
from shared.auth import roles as r
from tests.registry.activities import support as activities
from tests.registry.alliances import support as alliances
from tests.registry.centres.test_staff_and_self_checks import answers
from tests.registry.conftest import running, settings_for
from tests.registry.endpoints import Endpoint, ask
from tests.registry.matrix import DEGREE, FLAG, MATRIX, PERMIT, PROPOSAL
from tests.registry.matrix_library import TRIAL
from tests.registry.matrix_titles import NATIONAL
from tests.registry.mentors import support as mentors
from tests.registry.project_library import support as library
from tests.registry.support import DAY, OPERATOR, Caller, Json, Registry, decided, expect, fresh_code
from tests.registry.tenants.support import PERSONS, fresh_card, project
from tests.registry.test_tiers import ready
from tests.support.postgres import Cluster
from tests.support.tokens import Keys

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

NO_THING: Final = {
    "/v1/qualifications/{}/measures/{}": "a kind and no id",
    "/v1/imports/{}/{}": "an operation under the name of its kind: tests of imports",
    "/v1/persons/{}/contacts/{}": "a kind and no id",
}
"""Second places that are no id of a thing within the first."""

PDF = b"%PDF-1.7\n" + b"x" * 100


def nested() -> list[str]:
    """The paths of the application with more than one id."""
    routes = (route for router in main.definition.routers for route in router.routes)
    paths = {route.path for route in routes if isinstance(route, APIRoute)}
    return sorted(path for path in paths if path.count("{") > 1)


def form_of(path: str) -> str:
    """The path up to its second id, the names of the ids left out."""
    named = re.sub(r"\{\w+\}", "{}", path)
    return named[: named.rindex("{}") + 2]


ASKED = [endpoint for endpoint in MATRIX if endpoint.path.count("{") > 1 and form_of(endpoint.path) not in NO_THING]


@dataclass
class Family:
    """A parent of each kind, by its collection, and a thing of each kind within it, by the form of its path."""

    parents: dict[str, str] = field(default_factory=dict)
    things: dict[str, str] = field(default_factory=dict)

    async def add(self, caller: Caller, collection: str, parent: Json, below: str, body: Json) -> Json:
        """Make a thing under `/v1/<collection>/{id}/<below>`."""
        path = f"/v1/{collection}/{parent['id']}/{below}"
        made = expect(await caller.post(path, body), 201)
        self.put(collection, parent, below, made)
        return made

    async def add_document(self, caller: Caller, collection: str, parent: Json) -> Json:
        made = expect(await caller.upload(f"/v1/{collection}/{parent['id']}/documents", PDF, "材料.pdf"), 201)
        self.put(collection, parent, "documents", made)
        return made

    def put(self, collection: str, parent: Json, below: str, made: Json) -> None:
        form = f"/v1/{collection}/{{}}/{below}/{{}}"
        self.parents[form], self.things[form] = parent["id"], made["id"]


async def family(registry: Registry, name: str) -> Family:
    """Everything once. Both families are of one operator, and the same people ask: nothing but the place differs."""
    made, officer, operator = Family(), registry.officer, registry.operator
    centre = await ready(registry, name=f"{name}双创中心")
    await _of_centre(registry, made, centre, name)
    objection = {"signatory": "次仁", "text": "场地与申报不符。"}
    announced = await registry.announced(name=f"{name}公示中心", on=DAY)
    title = await registry.reviewed((await registry.listed(name=f"{name}众创中心"))["id"])
    expect(await officer.post(f"/v1/qualification-applications/{title['id']}/announce"), 200)
    tier = expect(await operator.post("/v1/tier-applications", {"centre_id": centre["id"], "tier": "specialised"}), 201)
    for step in ("review", "announce"):
        expect(await officer.post(f"/v1/tier-applications/{tier['id']}/{step}"), 200)
    for collection, case in (
        ("centres", announced),
        ("qualification-applications", title),
        ("tier-applications", tier),
    ):
        await made.add(operator, collection, case, "notice/objections", objection)
    await _of_tenants(registry, made, centre, name)
    await _papers(registry, made, centre, title, tier, name)
    await _of_programmes(registry, made, centre, name)
    await _of_library(registry, made, centre, name)
    return made


async def _of_centre(registry: Registry, made: Family, centre: Json, name: str) -> None:
    officer = registry.officer
    partner = {"name": f"启迪{name}", "kind": "service_agency", "origin_province": "110000", "capital": "1.00"}
    partner_id = expect(await officer.post("/v1/partners", partner), 201)["id"]
    signed = {"document_no": f"XY-{name}", "subject": "共建", "signed_on": "2019-06-03", "valid_from": "2019-06-03"}
    agreement = await made.add(officer, "centres", centre, "agreements", {"partner_id": partner_id, **signed})
    joint = {
        "agreement_id": agreement["id"],
        "name": f"藏青众创{name}",
        "kind": "maker_space",
        "place_province": "540000",
        "set_up_on": "2019-06-03",
        "partner_capital": "1.00",
    }
    await made.add(officer, "centres", centre, "joint-carriers", joint)
    carrier = {"kind": "maker_space", "name": f"河谷众创空间{name}", "division": "540102"}
    link = {"carrier": carrier, "linked_on": "2019-06-03"}
    linked = await made.add(officer, "centres", centre, "carriers", link)
    made.parents["carrier"] = linked["carrier"]["id"]
    staff = {"person_ref": f"person-{name.encode().hex()}", "name": "次仁", "role": "manager", "full_time": False}
    await made.add(officer, "centres", centre, "staff", {**staff, "from_on": "2019-06-03"})
    await made.add(officer, "centres", centre, "self-checks", {"year": 2019, "answers": answers()})
    await made.add(officer, "centres", centre, "designations", NATIONAL)
    taken = {"to_code": fresh_code(), "to_name": "拉萨新程孵化有限公司", "reason_code": "transfer", "agreement_no": "1"}
    await made.add(officer, "centres", centre, "operator-changes", taken)
    renamed = {"name": f"城关双创中心{name}址", "reason_code": "renaming"}
    await made.add(officer, "centres", centre, "profile-changes", renamed)


async def _of_tenants(registry: Registry, made: Family, centre: Json, name: str) -> None:
    officer = registry.officer
    enterprise = await registry.enterprise(name=f"拉萨{name}有限公司")
    tenancy = await registry.admitted(centre["id"], enterprise["id"])
    stage = {"carrier_id": made.parents.pop("carrier"), "began_on": "2019-06-03", "evidence": "入孵协议"}
    await made.add(officer, "enterprises", enterprise, "stages", stage)
    flag = {**FLAG, "certificate_no": f"GR-{name}"}
    await made.add(officer, "enterprises", enterprise, "technology-flags", flag)
    await made.add(officer, "enterprises", enterprise, "permits", PERMIT)
    await made.add(registry.operator, "enterprises", enterprise, "changes", PROPOSAL)
    founder = {"capacity": "founder", "name": "扎西", "id_number": fresh_card()}
    behind = await made.add(officer, "enterprises", enterprise, "persons", founder)
    made.put("persons", behind["person"], "links", behind)
    await made.add(officer, "persons", behind["person"], "graduations", DEGREE)
    team = await project(registry, name=f"{name}团队")
    await made.add(officer, "projects", team, "persons", {"capacity": "founder", "name": "央金"})
    await made.add_document(officer, "enterprises", enterprise)
    await made.add_document(officer, "tenancies", tenancy)


async def _papers(registry: Registry, made: Family, centre: Json, title: Json, tier: Json, name: str) -> None:
    officer = registry.officer
    pages = expect(await officer.get("/v1/divisions"), 200)["items"]
    page = next(page for page in pages if page["code"] == {"甲": "540102", "乙": "540103"}[name])
    paper = next(paper for paper in page["papers"] if paper["kind"] == "plan")
    made.put("divisions", page, "papers", paper)
    body = {"title": f"{name}一站式代办", "centre_id": centre["id"], "body": "一次办结。"}
    practice = expect(await officer.post("/v1/practices", body), 201)
    for collection, case in (
        ("centres", centre),
        ("qualification-applications", title),
        ("tier-applications", tier),
        ("divisions", page),
    ):
        await made.add_document(officer, collection, case)
    course = {"title": f"{name}财税实务", "audience": "founders", "summary": "纳税申报。"}
    made_course = expect(await officer.post("/v1/trainings", course), 201)
    await made.add_document(officer, "trainings", made_course)
    await made.add_document(registry.operator, "alliance-members", await alliances.applied(registry, centre))
    paired, firm = await alliances.pair(registry, f"{name}制药")
    await made.add_document(firm, "pairings", paired)
    written = await alliances.report(registry.operator, await alliances.community(registry, centre))
    await made.add_document(registry.operator, "community-reports", written)
    attachment = await made.add_document(officer, "practices", practice)
    expect(await officer.patch(f"/v1/practices/{practice['id']}", {"attachment_ids": [attachment["id"]]}, '"1"'), 200)
    made.put("practices", practice, "attachments", attachment)


async def _of_programmes(registry: Registry, made: Family, centre: Json, name: str) -> None:
    """Activities, a year of a brand, a mentor at the centre, and what it agreed to."""
    await made.add_document(registry.operator, "activities", await activities.planned(registry, centre))
    led = registry.caller("industry_officer", account="brands")
    [brand] = [
        one
        for one in expect(await led.get(activities.SERIES), 200)["items"]
        if one["code"] == {"甲": "forum", "乙": "salon"}[name]
    ]
    year = {"year": 2019, "title": f"{name}届", "planned_from": "2019-03-01", "planned_until": "2019-06-30"}
    await made.add(led, "activity-series", brand, "years", {**year, "alliance": "maker_spaces"})
    mentor = await mentors.appointed(registry)
    made.put("mentors", mentor, "centres", await mentors.at_centre(registry, mentor, centre))
    await made.add_document(mentors.hr(registry), "mentors", mentor)
    [person] = expect(await registry.officer.get(PERSONS, person_ref=mentor["person_ref"]), 200)["items"]
    consents = expect(await registry.officer.get(f"{PERSONS}/{person['id']}/consents", open="true"), 200)["items"]
    made.put("persons", person, "consents", next(one for one in consents if one["purpose"] == "mentor_public_page"))


async def _of_library(registry: Registry, made: Family, centre: Json, name: str) -> None:
    """A project of the library, and a trial of a product."""
    owner = await library.founder(registry, name=f"次仁{name}")
    await made.add_document(owner.itself, "project-library", await library.drafted(registry, owner))
    hosted = {"centre_id": centre["id"], "project_id": owner.project["id"], "agreement_no": f"RZ-{name}"}
    expect(await registry.officer.post("/v1/tenancies", hosted), 201)
    trial = {**TRIAL, "project_id": owner.project["id"], "centre_id": centre["id"]}
    tried = expect(await registry.operator.post(library.PLATFORM, trial), 201)
    await made.add_document(registry.operator, "graduate-platform", tried)


async def banned(registry: Registry, made: Family, name: str) -> None:
    """A centre of its own operator, delisted, with an order against its ban."""
    operator = fresh_code()
    centre = await registry.listed(name=f"{name}旧中心", operator_code=operator)
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(centre["id"], operator=operator, on=DAY)])
    [ban] = expect(await registry.officer.get("/v1/bans", centre_id=centre["id"]), 200)["items"]
    stay = {"kind": "stay", "issuer": "拉萨市中级人民法院", "effective_on": "2019-06-03", "document_no": f"行初{name}"}
    await made.add(registry.officer, "bans", ban, "liftings", stay)


@dataclass(frozen=True)
class World:
    registry: Registry
    one: Family
    other: Family


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(postgres: Cluster, keys: Keys) -> AsyncIterator[World]:
    """In a database of its own, which no other test empties."""
    settings = settings_for(postgres.service_database("registry"), keys)
    async with running(main.build(settings), keys) as registry:
        families = []
        for name in ("甲", "乙"):
            made = await family(registry, name)
            await banned(registry, made, name)
            families.append(made)
        yield World(registry, *families)


def everybody(registry: Registry) -> Caller:
    """Somebody who may do everything: only the place of a thing can shut a door on him."""
    roles = (r.INDUSTRY_OFFICER, r.INDUSTRY_APPROVER, r.SCIENCE_OFFICER, r.SCIENCE_APPROVER, r.HR_APPROVER)
    return registry.caller(*roles, r.CENTRE_OPERATOR, account="everybody", org=OPERATOR)


def placed(endpoint: Endpoint, parents: Family, things: Family) -> str:
    form = form_of(endpoint.path)
    ids = iter((parents.parents[form], things.things[form]))
    return re.sub(r"\{\w+\}", lambda _: next(ids), endpoint.path)


async def test_every_nested_route_is_tried(world: World) -> None:
    forms = {form_of(path) for path in nested()}
    assert forms == set(world.one.things) | set(NO_THING)
    assert set(world.one.things) == set(world.other.things)
    assert {endpoint.path for endpoint in ASKED} == {path for path in nested() if form_of(path) not in NO_THING}


async def test_a_thing_of_another_parent_is_not_there(world: World) -> None:
    caller, wrong = everybody(world.registry), []
    for endpoint in ASKED:
        for parents, things in ((world.one, world.other), (world.other, world.one)):
            path = placed(endpoint, parents, things)
            if endpoint.method == "POST":
                answer = await caller.post(path, endpoint.body)
            else:
                answer = await ask(caller, endpoint, path, version="999")
            if answer.status_code != 404:
                wrong.append((endpoint.method, endpoint.path, answer.status_code, answer.text[:200]))
    assert not wrong, "\n".join(map(str, wrong))


async def test_the_same_thing_is_there_under_its_own(world: World) -> None:
    """So that the 404 of the test before is about the place."""
    caller, missing = everybody(world.registry), []
    for endpoint in sorted(ASKED, key=lambda endpoint: (endpoint.method == "DELETE", endpoint.path.endswith("/end"))):
        answer = await ask(caller, endpoint, placed(endpoint, world.one, world.one), version="999")
        if answer.status_code in (403, 404, 422) or answer.status_code >= 500:
            missing.append((endpoint.method, endpoint.path, answer.status_code, answer.text[:200]))
    assert not missing, "\n".join(map(str, missing))
