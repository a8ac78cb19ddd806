"""What a party says of a person that it does not see: a claim, which opens nothing before it is confirmed."""

from __future__ import annotations

import pytest

from tests.registry.support import Json, Registry, expect, refused
from tests.registry.tenants.support import (
    ENTERPRISES,
    PERSONS,
    PROJECTS,
    event_types,
    fresh_card,
    project_body,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = "扎西·次仁"
HIDDEN: Json = {
    "id": None,
    "version": None,
    "person_ref": None,
    "id_number": None,
    "place_known": None,
    "erased_on": None,
}


async def known_person(registry: Registry, card: str) -> Json:
    """A founder whom an officer has named behind somebody else's enterprise."""
    enterprise = await registry.enterprise()
    body = {"capacity": "founder", "name": NAME, "id_number": card}
    named = expect(await registry.officer.post(f"{ENTERPRISES}/{enterprise['id']}/persons", body), 201)
    person: Json = named["person"]
    return person


async def strangers_project(registry: Registry) -> str:
    """The address of the persons of a project that the stranger has entered."""
    made = expect(await registry.stranger.post(PROJECTS, project_body()), 201)
    return f"{PROJECTS}/{made['id']}/persons"


async def test_number_without_the_name_is_refused_to_parties(registry: Registry) -> None:
    card = fresh_card()
    await known_person(registry, card)
    path = await strangers_project(registry)
    answers = [
        await registry.stranger.post(path, {"capacity": "founder", "id_number": number})
        for number in (card, fresh_card())
    ]
    for answer in answers:
        problem = refused(answer, 422, "validation-failed")
        assert [error["field"] for error in problem["errors"]] == ["name"]
    assert expect(await registry.officer.post(path, {"capacity": "founder", "id_number": card}), 201)


async def test_whatever_does_not_fit_is_refused_to_parties_in_the_same_words(registry: Registry) -> None:
    card, other = fresh_card(), fresh_card()
    person = await known_person(registry, card)
    await known_person(registry, other)
    path = await strangers_project(registry)
    told = set()
    for sent in (
        {"name": "卓玛", "id_number": card},
        {"name": "卓玛", "person_ref": person["person_ref"]},
        {"name": NAME, "id_number": other, "person_ref": person["person_ref"]},
        {"name": NAME, "id_number": fresh_card(), "person_ref": person["person_ref"]},
        {"name": NAME, "person_ref": "nobody"},
        {"person_ref": "nobody"},
    ):
        answer = await registry.stranger.post(path, {"capacity": "founder", **sent})
        problem = refused(answer, 409, "person-not-matched")
        told.add((problem["title"], problem["detail"]))
    assert len(told) == 1
    assert expect(await registry.stranger.get(path), 200)["items"] == []


async def test_claim_shows_what_was_sent_and_opens_nothing(registry: Registry) -> None:
    card = fresh_card()
    person = await known_person(registry, card)
    path = await strangers_project(registry)
    sent = {"capacity": "founder", "name": NAME, "id_number": card}
    link = expect(await registry.stranger.post(path, sent), 201)
    assert link["status"] == "claimed"
    assert link["person"] == {**HIDDEN, "name": NAME}
    for below in ("", "/graduations"):
        refused(await registry.stranger.get(f"{PERSONS}/{person['id']}{below}"), 404, "not-found")
    degree = {"school": "西藏大学", "graduated_on": "2018-06-30", "certificate_no": "1", "evidence": ["毕业证"]}
    refused(await registry.stranger.post(f"{PERSONS}/{person['id']}/graduations", degree), 404, "not-found")
    expect(await registry.officer.patch(f"{PERSONS}/{person['id']}", {"name": "扎西"}, '"3"'), 200)
    [listed] = expect(await registry.stranger.get(path), 200)["items"]
    assert listed["person"] == {**HIDDEN, "name": NAME}  # a name corrected since is not told
    assert expect(await registry.stranger.get(path.removesuffix("/persons")), 200)["founder_ref"] is None
    [whole] = expect(await registry.officer.get(path), 200)["items"]
    assert (whole["status"], whole["person"]["id"]) == ("claimed", person["id"])
    by_ref = {"capacity": "member", "person_ref": person["person_ref"]}
    assert expect(await registry.stranger.post(path, by_ref), 201)["person"] == {**HIDDEN, "name": None}
    refused(await registry.stranger.post(path, {**sent, "name": "扎西"}), 409, "person-already-linked")


@pytest.mark.parametrize("who", ["officer", "oneself"])
async def test_officer_or_the_person_confirms_and_then_it_counts(registry: Registry, who: str) -> None:
    card = fresh_card()
    person = await known_person(registry, card)
    path = await strangers_project(registry)
    link = expect(await registry.stranger.post(path, {"capacity": "founder", "name": NAME, "id_number": card}), 201)
    below = f"{PERSONS}/{person['id']}/links"
    confirm = f"{below}/{link['id']}/confirm"
    refused(await registry.stranger.post(confirm), 403, "forbidden")
    another = registry.caller("founder", person_ref="person-1")
    refused(await another.post(confirm), 404, "not-found")
    refused(await another.get(below), 404, "not-found")
    oneself = registry.caller("founder", person_ref=person["person_ref"])
    assert [item["status"] for item in expect(await oneself.get(below), 200)["items"]] == ["confirmed", "claimed"]
    caller = registry.officer if who == "officer" else oneself
    assert expect(await caller.post(confirm), 200)["status"] == "confirmed"
    assert expect(await caller.post(confirm), 200)["status"] == "confirmed"
    assert (await event_types(registry, person["id"]))[-2:] == ["person.linked", "person.link_confirmed"]
    shown = expect(await registry.stranger.get(f"{PERSONS}/{person['id']}"), 200)
    assert (shown["name"], shown["id_number"][-4:]) == (NAME, card[-4:])
    project = expect(await registry.stranger.get(path.removesuffix("/persons")), 200)
    assert project["founder_ref"] == person["person_ref"]


async def test_whoever_claimed_it_cannot_confirm_it(registry: Registry) -> None:
    card = fresh_card()
    person = await known_person(registry, card)
    path = await strangers_project(registry)
    link = expect(await registry.stranger.post(path, {"capacity": "founder", "name": NAME, "id_number": card}), 201)
    both = registry.caller("science_officer", account="account-centre_operator")
    answer = await both.post(f"{PERSONS}/{person['id']}/links/{link['id']}/confirm")
    refused(answer, 403, "four-eyes-required")


async def test_claimed_legal_representative_takes_nobodys_place(registry: Registry) -> None:
    card = fresh_card()
    person = await known_person(registry, card)
    enterprise = await registry.enterprise()
    itself = registry.caller("enterprise", org=enterprise["code"])
    path = f"{ENTERPRISES}/{enterprise['id']}"
    present = {"capacity": "legal_representative", "name": "卓玛"}
    first = expect(await itself.post(f"{path}/persons", present), 201)
    assert first["status"] == "confirmed"  # newly registered, so its own
    ref = first["person"]["person_ref"]
    following = {"capacity": "legal_representative", "name": NAME, "id_number": card}
    claim = expect(await itself.post(f"{path}/persons", following), 201)
    assert claim["status"] == "claimed"
    assert expect(await itself.get(path), 200)["legal_representative_ref"] == ref
    confirm = f"{PERSONS}/{person['id']}/links/{claim['id']}/confirm"
    oneself = registry.caller("founder", person_ref=person["person_ref"])
    refused(await oneself.post(confirm), 409, "change-needs-confirmation")
    expect(await registry.officer.post(confirm), 200)
    assert expect(await itself.get(path), 200)["legal_representative_ref"] == person["person_ref"]
    ended = [row["until"] is not None for row in expect(await itself.get(f"{path}/persons"), 200)["items"]]
    assert ended == [True, False]


async def test_claim_can_be_taken_back_and_not_confirmed_then(registry: Registry) -> None:
    card = fresh_card()
    person = await known_person(registry, card)
    path = await strangers_project(registry)
    link = expect(await registry.stranger.post(path, {"capacity": "founder", "name": NAME, "id_number": card}), 201)
    gone = expect(await registry.stranger.post(f"{path}/{link['id']}/end", {}), 200)
    assert gone["person"] == {**HIDDEN, "name": NAME}
    answer = await registry.officer.post(f"{PERSONS}/{person['id']}/links/{link['id']}/confirm")
    refused(answer, 404, "not-found")
    refused(await registry.stranger.get(f"{PERSONS}/{person['id']}"), 404, "not-found")


async def test_person_that_a_party_sees_already_is_linked_at_once(registry: Registry) -> None:
    card, path = fresh_card(), await strangers_project(registry)
    sent = {"capacity": "founder", "name": NAME, "id_number": card}
    first = expect(await registry.stranger.post(path, sent), 201)
    assert (first["status"], first["person"]["id_number"][-4:]) == ("confirmed", card[-4:])
    expect(await registry.stranger.get(f"{PERSONS}/{first['person']['id']}"), 200)
    second = expect(await registry.stranger.post(await strangers_project(registry), sent), 201)
    assert (second["status"], second["person"]["id"]) == ("confirmed", first["person"]["id"])
