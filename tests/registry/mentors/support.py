"""Short ways to mentors."""

from __future__ import annotations

from datetime import date

from tests.registry.support import DAY, OPERATOR, Caller, Json, Registry, expect
from tests.registry.tenants.support import fresh_card

MENTORS, SESSIONS = "/v1/mentors", "/v1/mentors/sessions"
TERM_END = date(2021, 6, 2)
"""The last day of a term of 24 months that begins on `DAY`."""
DECREE: Json = {"document_no": "拉人社发〔2019〕31号"}
PAPER: Json = {"given_on": "2019-06-01", "document_no": "同意书1号"}


def hr(registry: Registry, *, on: date = DAY) -> Caller:
    """Proposes."""
    return registry.caller("hr_officer", today=on, account="0190a000-0000-7000-8000-0000000000a1")


def decider(registry: Registry, *, on: date = DAY) -> Caller:
    """Appoints."""
    return registry.caller("hr_approver", today=on, account="0190a000-0000-7000-8000-0000000000a2")


def as_mentor(registry: Registry, mentor: Json, *, on: date = DAY) -> Caller:
    """The mentor itself."""
    account = "0190a000-0000-7000-8000-0000000000a3"
    return registry.caller("mentor", today=on, account=account, person_ref=mentor["person_ref"])


def proposal(**changes: object) -> Json:
    """A proposal, valid in every field, with the consent on paper."""
    return {
        "name": "央金·卓玛",
        "id_number": fresh_card(),
        "mobile": "138 1234 5678",
        "email": "yangjin@example.org",
        "fields": ["financing", "marketing"],
        "organisation": "西藏大学经济与管理学院",
        "introduction": "二十年投融资经验。",
        "graduate_team": True,
        "from_on": DAY.isoformat(),
        "consent": {**PAPER, "public_page": True},
        **changes,
    }


async def proposed(registry: Registry, *, on: date = DAY, **changes: object) -> Json:
    """Somebody proposed."""
    return expect(await hr(registry, on=on).post(MENTORS, proposal(**changes)), 201)


async def appointed(registry: Registry, *, on: date = DAY, **changes: object) -> Json:
    """A mentor from `on` for the longest term."""
    given = {"from_on": on.isoformat(), **changes}
    mentor = await proposed(registry, on=on, **given)
    return expect(await decider(registry, on=on).post(f"{MENTORS}/{mentor['id']}/appoint", DECREE), 200)


async def at_centre(registry: Registry, mentor: Json, centre: Json, *, on: date = DAY) -> Json:
    """The mentor works with the centre from `on`."""
    body = {"centre_id": centre["id"]}
    return expect(await hr(registry, on=on).post(f"{MENTORS}/{mentor['id']}/centres", body), 201)


async def advising(registry: Registry) -> tuple[Json, Json, Json]:
    """A mentor at a listed centre, and an enterprise that has been its tenant since `DAY`."""
    centre = await registry.listed()
    enterprise = await registry.enterprise()
    await registry.admitted(centre["id"], enterprise["id"])
    mentor = await appointed(registry)
    await at_centre(registry, mentor, centre)
    return mentor, centre, enterprise


def advice(mentor: Json, centre: Json, enterprise: Json, **changes: object) -> Json:
    """Two hours on `DAY`."""
    return {
        "mentor_id": mentor["id"],
        "centre_id": centre["id"],
        "enterprise_id": enterprise["id"],
        "held_on": DAY.isoformat(),
        "hours": "2.0",
        "field": "financing",
        "topic": "商业计划书修改",
        **changes,
    }


def speaks_for(registry: Registry, enterprise: Json) -> Caller:
    """The enterprise's account."""
    return registry.caller("enterprise", account=f"firm-{enterprise['code']}", org=enterprise["code"])


def operator(registry: Registry) -> Caller:
    """The centre's operator."""
    return registry.caller("centre_operator", account="operator-1", org=OPERATOR)
