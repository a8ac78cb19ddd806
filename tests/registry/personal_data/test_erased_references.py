"""Nothing new refers to a person whose data were erased, also when both happen at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio
from httpx import Response
from sqlalchemy import func, select, update

from services.registry.persons.models import Consent, Graduation, Person, PersonLink
from services.registry.staff.models import CentreStaff
from tests.registry.centres.test_staff_and_self_checks import staff_body
from tests.registry.imports.files import as_csv
from tests.registry.mentors.support import MENTORS, hr, proposal
from tests.registry.personal_data.support import withdraw_all
from tests.registry.support import DAY, Registry, enterprise_body, expect, fresh_code, refused
from tests.registry.tenants.support import PROJECTS, fresh_card, project, project_body

pytestmark = pytest.mark.asyncio(loop_scope="session")

ENTERPRISES, NEXT = "/v1/enterprises", DAY + timedelta(days=1)


async def known(registry: Registry) -> tuple[str, str]:
    """Id and reference of somebody who was proposed as a mentor."""
    body = proposal(name="格桑梅朵卓嘎", id_number=fresh_card())
    mentor = expect(await hr(registry).post(MENTORS, body), 201)
    person = expect(await hr(registry).get(f"/v1/persons/{mentor['person_id']}"), 200)
    return mentor["person_id"], person["person_ref"]


@pytest_asyncio.fixture(loop_scope="session")
async def erased(registry: Registry) -> tuple[str, str]:
    """Id and reference of somebody who took everything back, and was erased the day after."""
    person_id, ref = await known(registry)
    await withdraw_all(registry, person_id)
    assert expect(await registry.officer.on(NEXT).post("/v1/persons/erase-due"), 200)["persons_erased"] == 1
    return person_id, ref


async def test_no_enterprise_names_an_erased_person(registry: Registry, erased: tuple[str, str]) -> None:
    officer, ref = registry.officer.on(NEXT), erased[1]
    body = enterprise_body(legal_representative_ref=ref)
    problem = refused(await officer.post(ENTERPRISES, body), 409, "person-erased")
    assert "by name and number" in problem["detail"] or "按姓名和证件" in problem["detail"]
    firm = expect(await officer.post(ENTERPRISES, enterprise_body()), 201)
    path, change = f"{ENTERPRISES}/{firm['id']}", {"legal_representative_ref": ref}
    refused(await officer.patch(path, change, if_match='"1"'), 409, "person-erased")
    proposed = {"changes": change, "evidence": ["变更通知书"]}
    await registry.admitted((await registry.listed())["id"], firm["id"])
    refused(await registry.operator.on(NEXT).post(f"{path}/changes", proposed), 409, "person-erased")
    assert expect(await officer.get(path), 200)["legal_representative_ref"] is None


async def test_what_was_proposed_before_is_not_confirmed_after_the_erasure(registry: Registry) -> None:
    person_id, ref = await known(registry)
    firm = await registry.enterprise()
    path = f"{ENTERPRISES}/{firm['id']}"
    sent = {"changes": {"legal_representative_ref": ref}, "evidence": ["变更通知书"]}
    await registry.admitted((await registry.listed())["id"], firm["id"])
    proposed = expect(await registry.operator.post(f"{path}/changes", sent), 201)
    await withdraw_all(registry, person_id)
    officer = registry.officer.on(NEXT)
    assert expect(await officer.post("/v1/persons/erase-due"), 200)["persons_erased"] == 1
    change_id = proposed.get("change_id") or proposed["id"]
    refused(await officer.post(f"{path}/changes/{change_id}/confirm"), 409, "person-erased")


async def test_no_project_names_an_erased_founder_nor_becomes_such_an_enterprise(
    registry: Registry, erased: tuple[str, str]
) -> None:
    officer, ref = registry.officer.on(NEXT), erased[1]
    refused(await officer.post(PROJECTS, project_body(founder_ref=ref)), 409, "person-erased")
    made = await project(registry)
    path = f"{PROJECTS}/{made['id']}"
    refused(await officer.patch(path, {"founder_ref": ref}, if_match='"1"'), 409, "person-erased")
    licence = {"code": fresh_code(), "registered_on": "2019-03-01", "legal_representative_ref": ref}
    refused(await officer.post(f"{path}/register", licence), 409, "person-erased")
    assert expect(await officer.get(path), 200)["status"] == "open"


async def test_a_file_of_enterprises_names_the_row_of_an_erased_person(
    registry: Registry, erased: tuple[str, str]
) -> None:
    head = ["code", "name", "industry_code", "division", "registered_on", "legal_representative_ref"]
    good = [fresh_code(), "拉萨甲科技有限公司", "I6510", "540102 城关区", "2018-12-03", None]
    bad = [fresh_code(), "拉萨乙科技有限公司", "I6510", "540102 城关区", "2018-12-03", erased[1]]
    result = await registry.officer.on(NEXT).upload("/v1/imports/enterprises", as_csv([head, good, bad]))
    told = refused(result, 422, "import-refused")
    assert [(one["row"], one["code"]) for one in told["problems"]] == [(3, "person-erased")]


async def test_no_centre_employs_and_no_bureau_graduates_an_erased_person(
    registry: Registry, erased: tuple[str, str]
) -> None:
    person_id, ref = erased
    officer, centre = registry.officer.on(NEXT), await registry.listed()
    entry = staff_body(name=None, id_number=None, person_ref=ref)
    answer = await officer.post(f"/v1/centres/{centre['id']}/staff", {k: v for k, v in entry.items() if v is not None})
    assert answer.status_code == 409, answer.text
    degree = {"school": "西藏大学", "graduated_on": "1999-06-30", "certificate_no": "证1号", "evidence": ["证"]}
    refused(await officer.post(f"/v1/persons/{person_id}/graduations", degree), 409, "person-erased")
    async with registry.db.transaction() as session:
        for table in (CentreStaff, Graduation, PersonLink):
            count = select(func.count()).where(table.person_id == UUID(person_id))
            assert await session.scalar(count) == 0, table


Ask = Callable[[Registry, str, str], Awaitable[Response]]


async def _named_by_an_enterprise(registry: Registry, _: str, ref: str) -> Response:
    return await registry.officer.post(ENTERPRISES, enterprise_body(legal_representative_ref=ref))


async def _linked(registry: Registry, _: str, ref: str) -> Response:
    firm = expect(await registry.officer.post(ENTERPRISES, enterprise_body()), 201)
    body = {"capacity": "member", "person_ref": ref}
    return await registry.officer.post(f"{ENTERPRISES}/{firm['id']}/persons", body)


async def _consenting(registry: Registry, person_id: str, _: str) -> Response:
    body = {"purpose": "mentor", "channel": "paper", "document_no": "同意书2号", "given_on": DAY.isoformat()}
    return await hr(registry).post(f"/v1/persons/{person_id}/consents", body)


async def _employed(registry: Registry, _: str, ref: str) -> Response:
    centre = await registry.listed()
    entry = staff_body(person_ref=ref)
    sent = {name: value for name, value in entry.items() if name not in ("name", "id_number")}
    return await registry.officer.post(f"/v1/centres/{centre['id']}/staff", sent)


@pytest.mark.parametrize("ask", [_named_by_an_enterprise, _linked, _consenting, _employed])
async def test_who_is_erased_while_somebody_names_it_is_named_by_nobody(registry: Registry, ask: Ask) -> None:
    person_id, ref = await known(registry)
    consents = select(func.count()).where(Consent.person_id == UUID(person_id))
    gone = {"name": "", "sealed_number": None, "key_id": None, "number_index": None, "place_known": None}
    async with registry.db.transaction() as session:
        before = await session.scalar(consents)
        await session.scalar(select(Person.id).where(Person.id == UUID(person_id)).with_for_update())
        asking = asyncio.create_task(_as_response(ask(registry, person_id, ref)))
        await asyncio.sleep(1.5)
        assert not asking.done(), "it did not wait for whoever is just being erased"
        erase = update(Person).where(Person.id == UUID(person_id)).values(erased_on=NEXT, **gone)
        await session.execute(erase)
    answer = await asyncio.wait_for(asking, 20)
    refused(answer, 409, "person-erased")
    async with registry.db.transaction() as session:
        assert await session.scalar(select(func.count()).where(PersonLink.person_id == UUID(person_id))) == 0
        assert await session.scalar(consents) == before


async def _as_response(asked: Awaitable[Response]) -> Response:
    return await asked
