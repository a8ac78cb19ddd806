"""Short ways to projects of the library and to who chose them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import count

from tests.registry.support import DAY, OPERATOR, Caller, Json, Registry, expect
from tests.registry.tenants.support import PERSONS, PROJECTS, fresh_card, project_body

ITEMS, CLAIMS, ROUNDS, PLATFORM = (
    "/v1/project-library",
    "/v1/library-claims",
    "/v1/library-rounds",
    "/v1/graduate-platform",
)
PAPER: Json = {"given_on": "2019-06-01", "document_no": "同意书7号"}

_accounts = count(1)


def account() -> str:
    """An account that nobody else has."""
    return f"0190b000-0000-7000-8000-{next(_accounts):012d}"


@dataclass
class Founder:
    """A person with a project on record, and the account that signs in for it."""

    person: Json
    project: Json
    itself: Caller

    @property
    def ref(self) -> str:
        ref: str = self.person["person_ref"]
        return ref


def hr(registry: Registry, *, on: date = DAY) -> Caller:
    """Drafts, and enters what came on paper."""
    return registry.caller("hr_officer", today=on, account="0190a000-0000-7000-8000-0000000000b1")


def checker(registry: Registry, *, on: date = DAY) -> Caller:
    """Checks and publishes."""
    return registry.caller("hr_approver", today=on, account="0190a000-0000-7000-8000-0000000000b2")


async def founder(registry: Registry, *, graduated_on: str | None = "2018-06-30", name: str = "扎西·次仁") -> Founder:
    """A founder, a graduate as confirmed unless `graduated_on` is None."""
    project = expect(await registry.officer.post(PROJECTS, project_body()), 201)
    body = {"capacity": "founder", "name": name, "id_number": fresh_card()}
    link = expect(await registry.officer.post(f"{PROJECTS}/{project['id']}/persons", body), 201)
    person = link["person"]
    if graduated_on is not None:
        path = f"{PERSONS}/{person['id']}/graduations"
        papers = {
            "school": "西藏大学",
            "graduated_on": graduated_on,
            "certificate_no": "10694-1",
            "evidence": ["毕业证"],
        }
        entered = expect(await registry.officer.post(path, papers), 201)
        expect(await registry.second_officer.post(f"{path}/{entered['id']}/confirm"), 200)
    itself = registry.caller("founder", account=account(), person_ref=person["person_ref"])
    return Founder(person, project, itself)


def item_body(**changes: object) -> Json:
    """A project for the library, valid in every field."""
    return {
        "name": "青稞酒渣饲料",
        "summary": "以青稞酒渣制牛羊饲料，已有小样。",
        "industry_code": "C1329",
        "stage": "prototype",
        "province": "540000",
        "school": "西藏大学",
        **changes,
    }


async def drafted(registry: Registry, owner: Founder, **changes: object) -> Json:
    """A founder's own draft."""
    return expect(await owner.itself.post(ITEMS, item_body(**changes)), 201)


async def step(caller: Caller, thing: Json, verb: str, body: object = None, *, at: str = ITEMS) -> Json:
    """A step that works."""
    return expect(await caller.post(f"{at}/{thing['id']}/{verb}", body), 200)


async def checked(registry: Registry, owner: Founder, **changes: object) -> Json:
    """Submitted by its owner and checked by an officer."""
    item = await drafted(registry, owner, **changes)
    await step(owner.itself, item, "submit")
    return await step(checker(registry), item, "check")


async def published(registry: Registry, owner: Founder, **changes: object) -> Json:
    """On the public page since `DAY`."""
    return await step(checker(registry), await checked(registry, owner, **changes), "publish")


async def requested(registry: Registry, item: Json, who: Founder, **changes: object) -> Json:
    """A founder's request."""
    body = {"plan": "先试产，再向合作社推广。", **changes}
    return expect(await who.itself.post(f"{ITEMS}/{item['id']}/claims", body), 201)


@dataclass
class Chosen:
    """A project that a founder has since `DAY`, followed up by the operator's centre."""

    owner: Founder
    chooser: Founder
    centre: Json
    item: Json
    claim: Json


async def chosen(registry: Registry) -> Chosen:
    """A project of the library with its founder."""
    owner, chooser, centre = await founder(registry), await founder(registry, name="卓玛"), await registry.listed()
    assert centre["operator_code"] == OPERATOR
    item = await published(registry, owner)
    claim = await requested(registry, item, chooser, centre_id=centre["id"])
    claim = await step(owner.itself, claim, "accept", at=CLAIMS)
    return Chosen(owner, chooser, centre, item, claim)
