"""Who finds what waiting at the registry: each step with those who may take it, and with nobody else."""

from __future__ import annotations

import re
from datetime import date

import pytest
from fastapi.routing import APIRoute

from services.registry.consumers import carry_out_decided
from services.registry.main import definition
from shared.auth import roles as r
from shared.runtime import Runtime
from tests.registry.around.support import LATER, recorded, tenant
from tests.registry.centres.test_measures import WHY
from tests.registry.centres.test_operators import applied as takeover_applied
from tests.registry.imports.test_earlier import CENTRES as EARLIER_CENTRES, approval, check
from tests.registry.imports.test_kinds import EARLIER, runtime
from tests.registry.support import ANNOUNCED, DAY, OPERATOR, Caller, Json, Registry, decided, expect, fresh_code
from tests.registry.test_ban_liftings import STAYED, banned, order
from tests.registry.test_tiers import DESIGNATION

__all__ = ["runtime"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

OFFICERS = {r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER}
APPROVERS = {r.SCIENCE_APPROVER, r.INDUSTRY_APPROVER}
OWN = {r.CENTRE_OPERATOR}


async def tasks(caller: Caller, kind: str) -> list[Json]:
    items: list[Json] = expect(await caller.get("/v1/tasks", kind=kind, limit=200), 200)["items"]
    return items


async def finders(registry: Registry, kind: str, today: date = DAY, org: str = OPERATOR) -> set[str]:
    """The roles whose holders, accounts without any past, find a task of the kind."""
    found = set()
    for role in sorted(r.ALL_ROLES - {r.PUBLIC}):
        caller = registry.caller(role, today=today, account=f"new-{role}", org=org, division="540121")
        if await tasks(caller, kind):
            found.add(role)
    return found


async def test_every_task_leads_to_something_that_can_be_read() -> None:
    readable = {
        re.sub(r"\{\w+\}", "{id}", route.path)
        for router in definition.routers
        for route in router.routes
        if isinstance(route, APIRoute) and "GET" in (route.methods or ())
    }
    links = {source.link for source in definition.tasks if source.kind not in ("notice_objection", "import_to_approve")}
    assert links - readable == set()
    assert {f"/v1/{kind}/{{id}}/notice" for kind in ("centres", "tier-applications")} <= readable


async def test_a_centre_on_its_way_waits_for_each_step_s_people(registry: Registry) -> None:
    day = ANNOUNCED.isoformat()
    path = f"/v1/centres/{(await registry.draft())['id']}"
    assert await finders(registry, "centre_to_review") == set()
    expect(await registry.second_officer.post(f"{path}/submit", {"applied_on": day}), 200)
    assert await finders(registry, "centre_to_review") == OFFICERS
    expect(await registry.officer.post(f"{path}/review", {"reviewed_on": day}), 200)
    assert await finders(registry, "centre_to_announce") == OFFICERS
    expect(await registry.officer.post(f"{path}/announce", {"starts_on": day}), 200)
    assert await finders(registry, "centre_to_list", ANNOUNCED) == set()
    assert await finders(registry, "centre_to_list") == APPROVERS
    for hand in (registry.officer, registry.second_officer):
        both = registry.caller(*hand.roles, r.SCIENCE_APPROVER)
        assert await tasks(both, "centre_to_list") == []


async def test_an_objection_is_answered_before_a_case_waits_for_its_decision(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.announced())['id']}/notice/objections"
    sent = {"text": "面积不实。", "signatory": "张某", "received_on": ANNOUNCED.isoformat()}
    objection = expect(await registry.officer.post(path, sent), 201)
    assert await finders(registry, "centre_to_list") == set()
    assert await finders(registry, "notice_objection") == OFFICERS
    (task,) = await tasks(registry.officer, "notice_objection")
    assert task["link"] == path.removesuffix("/objections")
    answer = {"outcome": "dismissed", "text": "已核实。"}
    expect(await registry.officer.post(f"{path}/{objection['id']}/answer", answer), 200)
    assert await finders(registry, "notice_objection") == set()
    assert await finders(registry, "centre_to_list") == APPROVERS


async def test_a_returned_centre_waits_for_its_own_operator(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.submitted())['id']}"
    expect(await registry.officer.post(f"{path}/return", {"reason_code": "materials_incomplete"}), 200)
    assert await finders(registry, "centre_returned") == OWN
    assert await finders(registry, "centre_returned", org=fresh_code()) == set()


async def test_titles_wait_like_centres(registry: Registry) -> None:
    centre = await registry.listed()
    await registry.applied(centre["id"])
    assert await finders(registry, "title_to_review") == OFFICERS
    await registry.reviewed(centre["id"], "tech_incubator")
    assert await finders(registry, "title_to_announce") == OFFICERS
    await registry.grantable(centre["id"], "entrepreneurship_base")
    assert await finders(registry, "title_to_grant") == APPROVERS
    applicant = registry.caller(*registry.second_officer.roles, r.SCIENCE_APPROVER)
    assert await tasks(applicant, "title_to_grant") == []


async def test_a_tier_waits_for_its_officer(registry: Registry) -> None:
    centre = await registry.listed()
    body = {"centre_id": centre["id"], "tier": "specialised"}
    answer = await registry.operator.post("/v1/tier-applications", body)
    assert (await finders(registry, "tier_to_review") == OFFICERS) == (answer.status_code == 201), answer.text


async def test_proposals_wait_for_another_person(registry: Registry) -> None:
    centre = await registry.listed()
    path = f"/v1/centres/{centre['id']}"
    one = registry.caller(r.SCIENCE_OFFICER, r.SCIENCE_APPROVER, account="one-person")
    expect(await one.post(f"{path}/propose-suspension", WHY), 200)
    expect(await one.post(f"{path}/designations", DESIGNATION), 201)
    title = await registry.granted(centre["id"])
    expect(await one.post(f"/v1/qualifications/{title['id']}/propose-suspension", {"reason_code": "inspection"}), 200)
    for kind in ("measure_to_decide", "designation_to_confirm", "title_measure_to_decide"):
        assert await finders(registry, kind) == APPROVERS, kind
        assert await tasks(one, kind) == [], kind


async def test_a_takeover_waits_for_three_people(registry: Registry) -> None:
    centre = await registry.listed()
    path = await takeover_applied(registry, centre["id"], fresh_code())
    assert await finders(registry, "operator_to_review") == OFFICERS
    assert await tasks(registry.second_officer, "operator_to_review") == []
    expect(await registry.officer.post(f"{path}/review"), 200)
    assert await finders(registry, "operator_to_approve") == APPROVERS
    reviewer = registry.caller(*registry.officer.roles, r.SCIENCE_APPROVER)
    assert await tasks(reviewer, "operator_to_approve") == []


async def test_filings_and_long_stays_wait_for_the_centre_s_operator(registry: Registry) -> None:
    served = await tenant(registry)
    assert await finders(registry, "filing_due") == OWN
    assert await finders(registry, "filing_due", org=fresh_code()) == set()
    (task,) = await tasks(registry.operator.on(date(2019, 9, 2)), "filing_due")
    assert (task["due_on"], task["overdue"]) == (served.tenancy["filing_due_on"], True)
    last = date.fromisoformat(served.tenancy["stay_until"])
    assert await finders(registry, "stay_ending") == set()
    assert await finders(registry, "stay_ending", last) == OWN


async def test_a_service_waits_for_the_enterprise_that_had_it(registry: Registry) -> None:
    served = await tenant(registry)
    await recorded(registry, served)
    code = served.enterprise["code"]
    assert await finders(registry, "service_to_confirm", LATER, org=code) == {r.ENTERPRISE}
    assert await finders(registry, "service_to_confirm", LATER, org=fresh_code()) == set()


async def test_a_delisting_leaves_moves_and_notices_behind(registry: Registry) -> None:
    served = await tenant(registry)
    day = date(2021, 3, 1)
    assert await finders(registry, "tenant_to_move", day) == set()
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(served.centre["id"])])
    assert await finders(registry, "tenant_to_move", day) == OWN
    assert await finders(registry, "move_due", day, org=served.enterprise["code"]) == {r.ENTERPRISE}
    assert await finders(registry, "stay_ending", date(2030, 1, 1)) == set()


async def test_what_a_division_owes_waits_for_its_own_officer(registry: Registry) -> None:
    expect(await registry.auditor.get("/v1/divisions"), 200)
    assert await finders(registry, "division_paper_due", date(2019, 4, 1)) == {r.DIVISION_OFFICER}
    own = registry.caller(r.DIVISION_OFFICER, today=date(2019, 4, 1), division="540121")
    pages = expect(await registry.auditor.get("/v1/divisions", code="540121"), 200)["items"]
    assert {task["subject_id"] for task in await tasks(own, "division_paper_due")} == {pages[0]["id"]}


async def test_a_change_of_an_enterprise_waits_for_an_officer(registry: Registry) -> None:
    served = await tenant(registry)
    proposal = {"changes": {"name": "拉萨新名科技有限公司"}}
    expect(await registry.operator.post(f"/v1/enterprises/{served.enterprise['id']}/changes", proposal), 201)
    assert await finders(registry, "enterprise_change_to_decide") == OFFICERS


async def test_a_checked_file_waits_for_another_person_until_it_is_too_late(
    registry: Registry, runtime: Runtime
) -> None:
    address, _ = await check(registry, runtime, EARLIER_CENTRES, EARLIER)
    assert await finders(registry, "import_to_approve") == APPROVERS
    uploader = registry.caller(*registry.officer.roles, r.SCIENCE_APPROVER)
    assert await tasks(uploader, "import_to_approve") == []
    (task,) = await tasks(registry.approver, "import_to_approve")
    assert (task["link"], task["due_on"]) == (address, "2019-07-03")
    assert await finders(registry, "import_to_approve", date(2019, 7, 3)) == APPROVERS
    assert await finders(registry, "import_to_approve", date(2019, 7, 4)) == set()
    expect(await registry.approver.post(approval(EARLIER_CENTRES, address)), 202)
    assert await finders(registry, "import_to_approve") == set()


async def test_an_order_on_a_ban_waits_for_the_other_bureau(registry_after_2020: Registry) -> None:
    registry = registry_after_2020
    _, ban = await banned(registry)
    expect(await registry.officer.on(STAYED).post(f"{ban}/liftings", order("stay", STAYED)), 201)
    assert await finders(registry, "ban_order_to_confirm", STAYED) == {r.INDUSTRY_APPROVER}


async def test_a_notice_upward_waits_for_officers(registry: Registry) -> None:
    centre = await registry.listed()
    await registry.granted(centre["id"], "tech_incubator", "regional")
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(centre["id"])])
    assert await finders(registry, "upward_notice_due", date(2021, 3, 2)) == OFFICERS
