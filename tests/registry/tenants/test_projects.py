"""Projects and teams without a code: hosted, registered under one, and found again."""

from __future__ import annotations

from datetime import date

import pytest

from tests.registry.support import STRANGER, Registry, expect, fresh_code, refused
from tests.registry.tenants.support import PROJECTS, TENANCIES, event_types, project, project_body

pytestmark = pytest.mark.asyncio(loop_scope="session")

LATER = date(2019, 9, 2)


async def test_project_is_hosted_and_goes_on_under_a_code_with_its_history(registry: Registry) -> None:
    centre = await registry.listed()
    founder = registry.caller("founder", person_ref="person-9")
    made = expect(await registry.operator.post(PROJECTS, project_body(founder_ref="person-9")), 201)
    body = {"centre_id": centre["id"], "project_id": made["id"], "agreement_no": "RZ-P1"}
    tenancy = expect(await registry.operator.post(TENANCIES, body), 201)
    assert (tenancy["enterprise_id"], tenancy["project_id"]) == (None, made["id"])
    refused(await registry.operator.post(TENANCIES, body), 409, "tenancy-overlaps")
    graduate = {"claim": {"criterion": "operating", "insured_jobs": 3, "own_premises": True}, "evidence": ["附件"]}
    path = f"{TENANCIES}/{tenancy['id']}"
    refused(await registry.operator.post(f"{path}/graduate", graduate), 409, "graduation-needs-registration")
    assert expect(await founder.get(path), 200)["id"] == tenancy["id"]

    licence = {"code": fresh_code(), "registered_on": "2019-08-20", "name": "拉萨唐卡数字科技有限公司"}
    registered = expect(await registry.operator.on(LATER).post(f"{PROJECTS}/{made['id']}/register", licence), 200)
    assert (registered["status"], registered["enterprise_id"]) == ("registered", made["id"])
    enterprise = expect(await registry.officer.get(f"/v1/enterprises/{made['id']}"), 200)
    assert (enterprise["code"], enterprise["legal_representative_ref"]) == (licence["code"], "person-9")
    for address in (f"/v1/enterprises/{made['id']}/tenancy", f"{PROJECTS}/{made['id']}/tenancy"):
        found = expect(await registry.officer.on(LATER).get(address, on="2019-06-03"), 200)
        assert (found["id"], found["enterprise_id"], found["project_id"]) == (tenancy["id"], made["id"], made["id"])
    again = {"centre_id": centre["id"], "enterprise_code": licence["code"], "agreement_no": "RZ-P2"}
    refused(await registry.operator.on(LATER).post(TENANCIES, again), 409, "tenancy-overlaps")
    assert (await event_types(registry, made["id"])) == [
        "project.opened",
        "enterprise.registered",
        "project.registered",
    ]
    assert (await event_types(registry, tenancy["id"])) == ["tenancy.admitted", "tenancy.reassigned"]
    itself = registry.caller("enterprise", org=licence["code"])
    graduated = await itself.on(LATER).post(f"{path}/graduate", graduate)
    assert graduated.status_code == 403
    late = registry.operator.on(date(2021, 8, 20))
    expect(await late.post(f"{path}/file"), 200)
    expect(await late.post(f"{path}/graduate", graduate), 200)  # its age at entry was none: it was a project


async def test_code_that_is_known_is_joined_by_an_officer_alone(registry: Registry) -> None:
    centre, other = await registry.listed(), await registry.listed(operator_code=STRANGER)
    known = await registry.enterprise()
    made = expect(await registry.operator.post(PROJECTS, project_body()), 201)
    body = {"centre_id": centre["id"], "project_id": made["id"], "agreement_no": "RZ-P1"}
    tenancy = expect(await registry.operator.post(TENANCIES, body), 201)
    licence = {"code": known["code"], "registered_on": known["registered_on"]}
    path = f"{PROJECTS}/{made['id']}/register"
    refused(await registry.operator.post(path, licence), 409, "enterprise-registered-elsewhere")
    clash = await registry.admitted(other["id"], known["id"])
    refused(await registry.officer.post(path, licence), 409, "tenancies-overlap-after-merge")
    left = await registry.officer.post(f"{TENANCIES}/{tenancy['id']}/exit", {"reason_code": "moved_out"})
    expect(left, 200)
    refused(await registry.officer.post(path, licence), 409, "tenancies-overlap-after-merge")  # the day itself
    assert clash["admitted_on"] == "2019-06-03"
    assert expect(await registry.officer.get(f"{PROJECTS}/{made['id']}"), 200)["status"] == "open"


async def test_joining_a_known_code_moves_the_stays(registry: Registry) -> None:
    centre, known = await registry.listed(), await registry.enterprise()
    made = await project(registry)
    body = {"centre_id": centre["id"], "project_id": made["id"], "agreement_no": "RZ-P1"}
    tenancy = expect(await registry.officer.post(TENANCIES, body), 201)
    licence = {"code": known["code"], "registered_on": known["registered_on"]}
    joined = expect(await registry.officer.post(f"{PROJECTS}/{made['id']}/register", licence), 200)
    assert joined["enterprise_id"] == known["id"]
    found = expect(await registry.officer.get(f"/v1/enterprises/{known['id']}/tenancy"), 200)
    assert found["id"] == tenancy["id"]
    refused(await registry.officer.post(f"{PROJECTS}/{made['id']}/register", licence), 409, "invalid-transition")


async def test_founder_enters_its_own_project_and_nobody_elses(registry: Registry) -> None:
    founder = registry.caller("founder", person_ref="person-7")
    own = expect(await founder.post(PROJECTS, project_body(founder_ref="person-8")), 201)
    assert own["founder_ref"] == "person-7"
    await project(registry, founder_ref="person-8")
    assert [item["id"] for item in expect(await founder.get(PROJECTS), 200)["items"]] == [own["id"]]
    taken = await founder.patch(f"{PROJECTS}/{own['id']}", {"founder_ref": "person-8"}, '"1"')
    refused(taken, 409, "founder-is-set")
    assert expect(await founder.patch(f"{PROJECTS}/{own['id']}", {"team_size": 9}, '"1"'), 200)["team_size"] == 9


async def test_project_at_a_centre_is_not_closed(registry: Registry) -> None:
    centre, made = await registry.listed(), await project(registry)
    body = {"centre_id": centre["id"], "project_id": made["id"], "agreement_no": "RZ-P1"}
    tenancy = expect(await registry.officer.post(TENANCIES, body), 201)
    assert len(expect(await registry.officer.get(PROJECTS, hosted="true"), 200)["items"]) == 1
    path = f"{PROJECTS}/{made['id']}/close"
    refused(await registry.officer.post(path, {"reason_code": "given_up"}), 409, "project-still-hosted")
    expect(await registry.officer.post(f"{TENANCIES}/{tenancy['id']}/exit", {"reason_code": "ceased"}), 200)
    closed = expect(await registry.officer.post(path, {"reason_code": "given_up"}), 200)
    assert (closed["status"], closed["closed_on"]) == ("closed", "2019-06-03")
    refused(await registry.officer.post(TENANCIES, body), 409, "invalid-transition")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"team_size": 0}, "team_size"),
        ({"team_size": "4"}, "team_size"),
        ({"division": "110101"}, "division"),
        ({"started_on": "2019-06-04"}, "started_on"),
        ({"founder_ref": "540102199001011234"}, "founder_ref"),
        ({"code": "x"}, "code"),
    ],
)
async def test_wrong_field_of_a_project_is_named(registry: Registry, change: dict[str, object], field: str) -> None:
    problem = refused(await registry.officer.post(PROJECTS, project_body(**change)), 422, "validation-failed")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_strange_operator_does_not_see_the_project(registry: Registry) -> None:
    made = expect(await registry.operator.post(PROJECTS, project_body()), 201)
    refused(await registry.stranger.get(f"{PROJECTS}/{made['id']}"), 404, "not-found")
    host = await registry.listed(operator_code=STRANGER)
    body = {"centre_id": host["id"], "project_id": made["id"], "agreement_no": "RZ-P1"}
    refused(await registry.stranger.post(TENANCIES, body), 404, "not-found")
