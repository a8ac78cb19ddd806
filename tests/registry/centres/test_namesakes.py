"""No two centres on the list have one name; an officer is asked about a namesake on a staff register."""

from __future__ import annotations

import asyncio

import pytest

from tests.registry.support import DAY, STRANGER, Json, Registry, centre_body, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = "拉萨梦创双创中心"
LISTING = {"document_no": "拉科发〔2019〕12号"}


async def test_a_name_on_the_list_is_refused_at_registration_and_amendment(registry: Registry) -> None:
    listed = await registry.listed(name=NAME)
    for name in (NAME, f" {NAME} "):
        body = centre_body(name=name, operator_code=STRANGER)
        problem = refused(await registry.officer.post("/v1/centres", body), 409, "centre-name-taken")
        assert listed["no"] in problem["detail"]
    draft = await registry.draft(operator_code=STRANGER)
    path = f"/v1/centres/{draft['id']}"
    refused(await registry.officer.patch(path, {"name": NAME}, '"1"'), 409, "centre-name-taken")
    expect(await registry.officer.patch(path, {"name": f"{NAME}（林周）"}, '"1"'), 200)


async def test_of_two_applications_under_a_name_one_is_listed(registry: Registry) -> None:
    one = await registry.announced(name=NAME)
    other = await registry.announced(name=NAME, operator_code=STRANGER)
    both = [registry.approver.on(DAY).post(f"/v1/centres/{made['id']}/list", LISTING) for made in (one, other)]
    answers = await asyncio.gather(*both)
    assert sorted(answer.status_code for answer in answers) == [200, 409], [answer.text for answer in answers]
    [lost] = [answer for answer in answers if answer.status_code == 409]
    refused(lost, 409, "centre-name-taken")


async def test_a_listed_centre_takes_no_name_of_another(registry: Registry) -> None:
    await registry.listed(name=NAME)
    centre = await registry.listed()
    body = {"name": NAME, "reason_code": "renaming"}
    path = f"/v1/centres/{centre['id']}/profile-changes"
    refused(await registry.officer.post(path, body), 409, "centre-name-taken")


def entry(**changes: object) -> Json:
    return {"role": "manager", "full_time": False, "from_on": "2019-03-01", **changes}


async def test_an_officer_is_asked_whether_a_namesake_is_somebody_else(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}/staff"
    first = expect(await registry.officer.post(path, entry(name="次仁")), 201)
    problem = refused(await registry.officer.post(path, entry(name="次仁")), 409, "staff-namesake")
    assert first["person_ref"] in problem["detail"]
    same = entry(person_ref=first["person_ref"])
    refused(await registry.officer.post(path, same), 409, "staff-already-there")
    second = expect(await registry.officer.post(path, entry(name="次仁", another_person=True)), 201)
    assert second["person_ref"] != first["person_ref"]
    elsewhere = f"/v1/centres/{(await registry.draft())['id']}/staff"
    expect(await registry.officer.post(elsewhere, entry(name="次仁")), 201)


async def test_two_entries_of_one_name_at_once_are_one(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}/staff"
    answers = await asyncio.gather(*(registry.officer.post(path, entry(name="次仁")) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 409], [answer.text for answer in answers]
