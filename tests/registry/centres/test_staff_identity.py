"""Whoever is on a staff register is a person on record, once, under whatever centre (4.1-2)."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.registry.centres.test_staff_and_self_checks import staff_body
from tests.registry.support import STRANGER, Json, Registry, enterprise_body, expect, refused
from tests.registry.tenants.support import fresh_card

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def register_of(registry: Registry, **changes: object) -> str:
    return f"/v1/centres/{(await registry.draft(**changes))['id']}/staff"


def by_reference(reference: str, **changes: object) -> Json:
    rest = {"role": "manager", "full_time": True, "from_on": "2019-03-01"}
    return {"person_ref": reference, **rest, **changes}


async def test_a_reference_of_nobody_is_refused(registry: Registry) -> None:
    path = await register_of(registry)
    for caller in (registry.operator, registry.officer):
        refused(await caller.post(path, by_reference("nobody")), 409, "staff-person-unknown")
    assert expect(await registry.officer.get(path), 200)["items"] == []
    assert expect(await registry.officer.get("/v1/persons"), 200)["items"] == []


async def test_one_person_is_full_time_at_one_centre_whoever_enters_him(registry: Registry) -> None:
    here, there = await register_of(registry), await register_of(registry, operator_code=STRANGER)
    entry = expect(await registry.operator.post(here, staff_body()), 201)
    assert entry["person_ref"].startswith("p-")
    refused(await registry.stranger.post(there, staff_body()), 409, "staff-full-time-elsewhere")
    second = expect(await registry.stranger.post(there, staff_body(full_time=False)), 201)
    assert second["person_ref"] == entry["person_ref"]
    [person] = expect(await registry.officer.get("/v1/persons"), 200)["items"]
    assert (person["name"], person["person_ref"]) == ("次仁", entry["person_ref"])
    expect(await registry.operator.post(f"{here}/{entry['id']}/leave", {"until_on": "2019-04-30"}), 200)
    expect(await registry.stranger.post(f"{there}/{second['id']}/leave", {"until_on": "2019-04-30"}), 200)
    again = by_reference(entry["person_ref"], from_on="2019-05-01")
    expect(await registry.stranger.post(there, again), 201)
    refused(await registry.operator.post(here, again), 409, "staff-full-time-elsewhere")


async def test_a_number_is_kept_sealed_and_opens_nothing(registry: Registry) -> None:
    here, there = await register_of(registry), await register_of(registry, operator_code=STRANGER)
    card = fresh_card()
    entry = expect(await registry.operator.post(here, staff_body(id_number=card)), 201)
    refused(await registry.stranger.post(there, staff_body(name="扎西", id_number=card)), 409, "person-not-matched")
    expect(await registry.stranger.post(there, staff_body(id_number=card, full_time=False)), 201)
    [person] = expect(await registry.officer.get("/v1/persons"), 200)["items"]
    assert person["id_number"].endswith(card[-4:])
    assert card not in str(person)
    for caller in (registry.operator, registry.stranger):
        refused(await caller.get(f"/v1/persons/{person['id']}"), 404, "not-found")
    async with registry.db.transaction() as session:
        told = (await session.scalars(text("SELECT data FROM event_log"))).all()
    assert entry["person_ref"] in "".join(told)
    assert not any(card in data or "次仁" in data for data in told)


async def test_an_operator_names_by_reference_only_whom_it_knows(registry: Registry) -> None:
    here, there = await register_of(registry), await register_of(registry, operator_code=STRANGER)
    entry = expect(await registry.operator.post(here, staff_body(full_time=False)), 201)
    unknown = refused(await registry.stranger.post(there, by_reference("nobody")), 409, "staff-person-unknown")
    unseen = await registry.stranger.post(there, by_reference(entry["person_ref"]))
    assert refused(unseen, 409, "staff-person-unknown")["detail"] == unknown["detail"]
    own = await register_of(registry)
    wrong = by_reference(entry["person_ref"], name="扎西")
    refused(await registry.operator.post(own, wrong), 409, "person-not-matched")
    expect(await registry.operator.post(own, by_reference(entry["person_ref"])), 201)
    expect(await registry.officer.post(there, by_reference(entry["person_ref"], full_time=False)), 201)


async def test_an_operator_enters_nobody_without_a_number(registry: Registry) -> None:
    path = await register_of(registry)
    for sent, missing in (
        ({"id_number": None}, ["id_number"]),
        ({"name": None}, ["name"]),
        ({"name": None, "id_number": None}, ["name", "id_number"]),
    ):
        problem = refused(await registry.operator.post(path, staff_body(**sent)), 422, "validation-failed")
        assert [error["field"] for error in problem["errors"]] == missing
    enterprise = expect(await registry.operator.post("/v1/enterprises", enterprise_body()), 201)
    founder = {"capacity": "founder", "name": "旦增"}
    link = expect(await registry.operator.post(f"/v1/enterprises/{enterprise['id']}/persons", founder), 201)
    reference = link["person"]["person_ref"]
    refused(await registry.operator.post(path, by_reference(reference)), 409, "staff-person-without-number")
    expect(await registry.officer.post(path, by_reference(reference)), 201)


async def test_the_database_asks_for_a_person_but_not_of_entries_from_before(
    registry: Registry,
) -> None:
    path = await register_of(registry)
    entry = expect(await registry.operator.post(path, staff_body()), 201)
    for change, constraint in (
        (f"person_id = '{uuid4()}'", "fk_centre_staff_person_id"),
        ("person_id = NULL", "ck_centre_staff_somebody_on_record"),
    ):
        with pytest.raises(Exception, match=constraint):
            async with registry.db.transaction() as session:
                await session.execute(text(f"UPDATE centre_staff SET {change}"))
    async with registry.db.transaction() as session:
        old = "UPDATE centre_staff SET person_id = NULL, person_ref = 'nobody', before_persons = true"
        await session.execute(text(old))
    left = expect(await registry.operator.post(f"{path}/{entry['id']}/leave", {"until_on": "2019-05-31"}), 200)
    assert left["person_ref"] == "nobody"


async def test_two_references_to_one_person_are_still_one_person(registry: Registry) -> None:
    """The index by person, where the one by reference would let it pass."""
    here, there = await register_of(registry), await register_of(registry)
    expect(await registry.officer.post(here, staff_body()), 201)
    second = expect(await registry.officer.post(there, staff_body(full_time=False)), 201)
    change = "UPDATE centre_staff SET person_ref = 'other', full_time = true WHERE id = :id"
    with pytest.raises(Exception, match="ex_centre_staff_full_time_person"):
        async with registry.db.transaction() as session:
            await session.execute(text(change), {"id": second["id"]})
