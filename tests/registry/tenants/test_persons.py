"""Persons: numbers sealed, masked, found blindly, and nowhere else; keys that change."""

from __future__ import annotations

import json
import logging

import pytest
from sqlalchemy import text, update

from services.registry.persons.models import Person
from services.registry.persons.sealing import seal_anew
from shared import sealing as person_keys
from shared.sealing import KeyringFile
from tests.registry.support import Json, Registry, expect, refused
from tests.registry.tenants.support import ENTERPRISES, PERSONS, PROJECTS, event_types, fresh_card, project
from tests.support.tokens import Keys

pytestmark = pytest.mark.asyncio(loop_scope="session")

REASON: Json = {"reason_code": "loan_screening", "document_no": "拉人社函〔2019〕8号"}


async def linked(registry: Registry, card: str | None = None, **changes: object) -> Json:
    """An enterprise's founder, named by an officer."""
    enterprise = await registry.enterprise()
    body = {"capacity": "founder", "name": "扎西·次仁", "id_number": card or fresh_card(), **changes}
    return expect(await registry.officer.post(f"{ENTERPRISES}/{enterprise['id']}/persons", body), 201)


async def stored_in_the_clear(registry: Registry, card: str) -> bool:
    """Whether the number stands in any row of any table, bytes (shown in hexadecimal) included."""
    everything = await everything_stored(registry)
    return card in everything or card.encode().hex() in everything


async def everything_stored(registry: Registry) -> str:
    """All rows of all tables of the registry, as text."""
    async with registry.db.transaction() as session:
        names = (await session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))).all()
        rows = [await session.scalar(text(f'SELECT string_agg(t::text, chr(10)) FROM "{name}" t')) for name in names]
    return "\n".join(filter(None, rows))


async def test_number_is_masked_in_answers_and_in_the_clear_nowhere(
    registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    card = fresh_card()
    caplog.set_level(logging.DEBUG)
    link = await linked(registry, card)
    person = link["person"]
    assert person["id_number"] == "*" * 14 + card[-4:]
    path = f"{PERSONS}/{person['id']}"
    answers = [
        await registry.officer.get(path),
        await registry.auditor.get(PERSONS),
        await registry.officer.post(f"{PERSONS}/find", {"id_number": card}),
        await registry.officer.get(f"{ENTERPRISES}/{link['enterprise_id']}/persons"),
        await registry.officer.post(f"{ENTERPRISES}/{link['enterprise_id']}/persons", {"id_number": card}),
        await registry.officer.post(f"{PERSONS}/find", {"id_number": card, "extra": card}),
        await registry.officer.post(f"{PERSONS}/find", {"id_number": [card]}),
        await registry.officer.post(f"{PERSONS}/find", {"id_number": f"{card} {card} {card}"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 422, 422, 422, 422]
    assert not [answer.url for answer in answers if card in answer.text]
    assert person["person_ref"] in await everything_stored(registry)
    assert not await stored_in_the_clear(registry, card)
    assert card not in caplog.text
    assert await event_types(registry, person["id"]) == ["person.registered", "person.linked"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("540102199001010071", "校验位"),
        ("54010219901301007X", "校验位"),
        ("12345", "17 位"),
        ("５４０１０２１９９００１０１００７０", "17 位"),
        ("540102209901010076", "校验位"),
    ],
)
async def test_wrong_number_is_refused_without_repeating_it(registry: Registry, wrong: str, told: str) -> None:
    enterprise = await registry.enterprise()
    body = {"capacity": "founder", "name": "扎西", "id_number": wrong}
    response = await registry.officer.post(f"{ENTERPRISES}/{enterprise['id']}/persons", body)
    problem = refused(response, 422, "validation-failed")
    assert wrong not in response.text
    [error] = problem["errors"]
    assert error["field"] == "id_number"
    assert told in error["message"]


async def test_same_number_is_the_same_person_under_the_same_name_only(registry: Registry) -> None:
    card = fresh_card()
    first = await linked(registry, card)
    second = await linked(registry, card.lower())
    assert second["person"]["id"] == first["person"]["id"]
    enterprise = await registry.enterprise()
    path = f"{ENTERPRISES}/{enterprise['id']}/persons"
    other_name = {"capacity": "founder", "name": "卓玛", "id_number": card}
    response = await registry.officer.post(path, other_name)
    refused(response, 409, "person-known-otherwise")
    assert "扎西" not in response.text
    by_ref = {"capacity": "founder", "person_ref": first["person"]["person_ref"]}
    assert expect(await registry.officer.post(path, by_ref), 201)["person"]["id"] == first["person"]["id"]
    refused(await registry.officer.post(path, by_ref), 409, "person-already-linked")
    refused(await registry.officer.post(path, {"capacity": "founder", "person_ref": "nobody"}), 404, "not-found")


async def test_revealing_is_for_named_roles_with_a_reason_and_leaves_an_event(registry: Registry) -> None:
    card = fresh_card()
    person = (await linked(registry, card))["person"]
    path = f"{PERSONS}/{person['id']}/reveal"
    clerk = registry.caller("hr_officer")
    for caller in (registry.officer, registry.auditor, registry.operator, registry.caller("admin")):
        refused(await caller.post(path, REASON), 403, "forbidden")
    refused(await clerk.post(path, {"document_no": "x"}), 422, "validation-failed")
    response = await clerk.post(path, {**REASON, "remark": "贷款审核"}, Idempotency_Key="reveal-1")
    assert expect(response, 200)["id_number"] == card
    assert response.headers["Cache-Control"] == "private, no-store"
    assert (await event_types(registry, person["id"]))[-1] == "person.revealed"
    assert not await stored_in_the_clear(registry, card)  # neither in the event nor beside the idempotency key
    [*_, entry] = expect(await registry.auditor.get(f"{PERSONS}/{person['id']}/history"), 200)["items"]
    assert REASON["reason_code"] in json.dumps(entry)
    refused(await registry.operator.get(f"{PERSONS}/{person['id']}/history"), 403, "forbidden")
    nameless = (await linked(registry, id_number=None))["person"]
    refused(await clerk.post(f"{PERSONS}/{nameless['id']}/reveal", REASON), 409, "person-has-no-number")


async def test_persons_are_seen_by_those_behind_whose_enterprise_they_stand(registry: Registry) -> None:
    enterprise = await registry.enterprise()
    await registry.admitted((await registry.listed())["id"], enterprise["id"])
    body = {"capacity": "legal_representative", "name": "扎西", "id_number": fresh_card()}
    link = expect(await registry.operator.post(f"{ENTERPRISES}/{enterprise['id']}/persons", body), 201)
    person = link["person"]
    path = f"{PERSONS}/{person['id']}"
    itself = registry.caller("enterprise", org=enterprise["code"])
    oneself = registry.caller("founder", person_ref=person["person_ref"])
    for caller in (registry.operator, itself, oneself, registry.caller("hr_approver"), registry.approver):
        expect(await caller.get(path), 200)
    for caller in (registry.stranger, registry.caller("founder", person_ref="person-1")):
        refused(await caller.get(path), 404, "not-found")
    for caller in (registry.caller("treasury_officer"), registry.caller("division_officer", division="540102")):
        refused(await caller.get(path), 403, "forbidden")
    for caller in (registry.operator, itself):
        refused(await caller.get(PERSONS), 403, "forbidden")
    assert (
        expect(await itself.get(f"{ENTERPRISES}/{enterprise['id']}"), 200)["legal_representative_ref"]
        == (person["person_ref"])
    )


async def test_next_legal_representative_ends_the_one_before(registry: Registry) -> None:
    enterprise = await registry.enterprise()
    await registry.admitted((await registry.listed())["id"], enterprise["id"])
    path = f"{ENTERPRISES}/{enterprise['id']}/persons"
    first = {"capacity": "legal_representative", "name": "扎西", "since": "2019-01-02"}
    link = expect(await registry.officer.post(path, first), 201)
    refused(await registry.officer.post(f"{path}/{link['id']}/end", {}), 409, "legal-representative-stays")
    following = {"capacity": "legal_representative", "name": "卓玛"}
    refused(await registry.operator.post(path, following), 409, "change-needs-confirmation")
    itself = registry.caller("enterprise", org=enterprise["code"])
    expect(await itself.post(path, following), 201)
    for day, name in [("2019-06-02", "扎西"), ("2019-06-03", "卓玛")]:
        [row] = expect(await itself.get(path, on=day, capacity="legal_representative"), 200)["items"]
        assert row["person"]["name"] == name, day
    assert (await event_types(registry, link["person"]["id"]))[-1] == "person.unlinked"


async def test_first_founder_of_a_project_signs_in_for_it(registry: Registry) -> None:
    made = await project(registry)
    path = f"{PROJECTS}/{made['id']}/persons"
    link = expect(await registry.officer.post(path, {"capacity": "founder", "name": "央金"}), 201)
    founder = registry.caller("founder", person_ref=link["person"]["person_ref"])
    assert expect(await founder.get(f"{PROJECTS}/{made['id']}"), 200)["founder_ref"] == link["person"]["person_ref"]
    wrong = {"capacity": "legal_representative", "name": "央金"}
    refused(await founder.post(path, wrong), 422, "validation-failed")
    assert expect(await founder.post(f"{path}/{link['id']}/end", {}), 200)["until"] == "2019-06-03"


async def test_officer_gives_a_new_person_the_reference_in_use(registry: Registry) -> None:
    enterprise = await registry.enterprise(legal_representative_ref="demo-person-0001")
    path = f"{ENTERPRISES}/{enterprise['id']}/persons"
    body = {
        "capacity": "legal_representative",
        "person_ref": "demo-person-0001",
        "name": "扎西",
        "id_number": fresh_card(),
    }
    await registry.admitted((await registry.listed())["id"], enterprise["id"])
    refused(await registry.operator.post(path, body), 409, "person-not-matched")
    assert expect(await registry.officer.post(path, body), 201)["person"]["person_ref"] == "demo-person-0001"


async def test_graduate_counts_once_another_has_checked_the_papers(registry: Registry) -> None:
    person = (await linked(registry))["person"]
    path = f"{PERSONS}/{person['id']}/graduations"
    body = {
        "school": "西藏大学",
        "graduated_on": "2018-06-30",
        "certificate_no": "106945201805000001",
        "evidence": ["毕业证"],
    }
    refused(await registry.officer.post(path, {**body, "evidence": []}), 422, "validation-failed")
    refused(await registry.officer.post(path, {**body, "graduated_on": "2019-06-04"}), 422, "validation-failed")
    graduation = expect(await registry.officer.post(path, body), 201)
    refused(await registry.officer.post(path, body), 409, "graduation-already-recorded")
    refused(await registry.officer.post(f"{path}/{graduation['id']}/confirm"), 403, "four-eyes-required")
    confirmed = expect(await registry.caller("hr_officer").post(f"{path}/{graduation['id']}/confirm"), 200)
    assert confirmed["confirmed_on"] == "2019-06-03"
    async with registry.db.transaction() as session:
        query = text("SELECT data FROM event_log WHERE aggregate_id = :id ORDER BY seq DESC LIMIT 1")
        assert json.loads(await session.scalar(query, {"id": person["id"]}))["graduate"] is True


async def test_number_is_added_and_corrected_but_never_doubled(registry: Registry) -> None:
    card = fresh_card()
    await linked(registry, card)
    other = (await linked(registry, id_number=None))["person"]
    path = f"{PERSONS}/{other['id']}"
    refused(await registry.officer.patch(path, {"id_number": card}, '"2"'), 409, "person-known-otherwise")
    right = fresh_card()
    changed = expect(await registry.officer.patch(path, {"name": "次仁", "id_number": right}, '"2"'), 200)
    assert (changed["name"], changed["id_number"][-4:]) == ("次仁", right[-4:])
    found = expect(await registry.officer.post(f"{PERSONS}/find", {"id_number": right}), 200)
    assert found["id"] == other["id"]
    refused(await registry.officer.post(f"{PERSONS}/find", {"id_number": fresh_card()}), 404, "not-found")


async def test_numbers_are_sealed_anew_under_a_new_key_and_read_all_the_while(registry: Registry, keys: Keys) -> None:
    cards = [fresh_card() for _ in range(3)]
    persons = [(await linked(registry, card))["person"] for card in cards]
    path, before = keys.person_keys, keys.person_keys.read_text()
    clerk = registry.caller("hr_officer")

    async def revealed() -> list[str]:
        answers = [await clerk.post(f"{PERSONS}/{person['id']}/reveal", REASON) for person in persons]
        return [expect(answer, 200)["id_number"] for answer in answers]

    try:
        path.write_text(person_keys.with_new_key(before))
        assert await revealed() == cards  # the old key still opens
        ring = KeyringFile(path).ring()
        assert await seal_anew(registry.db, ring) == 3
        assert await seal_anew(registry.db, ring) == 0
        path.write_text(person_keys.without_keys(path.read_text(), set()))
        assert await revealed() == cards  # the old key is gone
        assert expect(await clerk.post(f"{PERSONS}/find", {"id_number": cards[0]}), 200)["id"] == persons[0]["id"]
        path.write_text(before)
        refused(await clerk.post(f"{PERSONS}/{persons[0]['id']}/reveal", REASON), 503, "person-keys-missing")
        assert await seal_anew(registry.db, KeyringFile(path).ring()) == 0  # nothing is lost by a missing key
    finally:
        path.write_text(before)


async def test_sealed_number_moved_to_another_row_does_not_open(registry: Registry) -> None:
    first, second = (await linked(registry))["person"], (await linked(registry))["person"]
    async with registry.db.transaction() as session:
        row = await session.get_one(Person, first["id"])
        moved = update(Person).where(Person.id == second["id"]).values(sealed_number=row.sealed_number)
        await session.execute(moved)
    response = await registry.caller("hr_officer").post(f"{PERSONS}/{second['id']}/reveal", REASON)
    assert response.status_code == 500
