"""Angels who are natural persons: members by their own consent, named to nobody who need not know (4.6-1)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shared.calendar import add_months
from tests.registry.alliances.support import ALLIANCES, MEMBERS, SCI, SPACES, firm, lead, member, partner
from tests.registry.around.support import events_of
from tests.registry.personal_data.support import where_stored, withdraw_all
from tests.registry.support import DAY, SECOND_OFFICER, Caller, Json, Registry, expect, refused
from tests.registry.tenants.support import events, fresh_card

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = "次仁多吉旺堆"
MOBILE = "13989071234"
DUE = "/v1/persons/erase-due"
RETENTION = 36


def body(**changes: object) -> Json:
    person = {"name": NAME, "id_number": fresh_card(), "mobile": MOBILE}
    paper = {"consent_document_no": "同意书7号"}
    return {"alliance": SPACES, "kind": "angel", "person": person, **paper, **changes}


async def angel(registry: Registry, **changes: object) -> Json:
    """A natural person who is a member since `DAY`."""
    asked = expect(await lead(registry, SPACES).post(MEMBERS, body(**changes)), 201)
    path = f"{MEMBERS}/{asked['id']}/accept"
    return expect(await lead(registry, SPACES, "approver").post(path), 200)


async def names(caller: Caller, **params: object) -> list[str]:
    return [item["name"] for item in expect(await caller.get(MEMBERS, **params), 200)["items"]]


async def consents(registry: Registry, person_id: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = expect(
        await registry.caller("hr_officer").get(f"/v1/persons/{person_id}/consents"), 200
    )["items"]
    return items


async def test_a_person_joins_by_its_signed_consent_and_two_people_see_to_it(registry: Registry) -> None:
    officer = lead(registry, SPACES)
    unsigned = {key: value for key, value in body().items() if key != "consent_document_no"}
    refused(await officer.post(MEMBERS, unsigned), 409, "member-consent-missing")
    refused(await registry.operator.post(MEMBERS, body()), 404, "not-found")
    refused(await lead(registry, SCI).post(MEMBERS, body()), 403, "forbidden")
    refused(await officer.post(MEMBERS, body(kind="investor")), 409, "member-type-wrong")
    assert expect(await registry.caller("hr_officer").get("/v1/persons", name=NAME), 200)["items"] == []
    asked = expect(await officer.post(MEMBERS, body()), 201)
    assert (asked["status"], asked["consent_document_no"], asked["name"]) == ("applied", "同意书7号", NAME)
    path = f"{MEMBERS}/{asked['id']}/accept"
    same = registry.caller("industry_approver", account=SECOND_OFFICER)
    refused(await same.post(path), 403, "four-eyes-required")
    assert expect(await lead(registry, SPACES, "approver").post(path), 200)["status"] == "active"
    [consent] = await consents(registry, asked["person_id"])
    assert (consent["purpose"], consent["subject_id"]) == ("alliance_contact", asked["id"])


async def test_an_angel_is_still_an_organisation_of_the_register_as_well(registry: Registry) -> None:
    found = await partner(registry, "藏青天使投资", kind="venture_capital")
    sent = {"alliance": SPACES, "kind": "angel", "partner_id": found["id"], "consent_document_no": "同意书8号"}
    assert expect(await lead(registry, SPACES).post(MEMBERS, sent), 201)["person_id"] is None


async def test_everybody_reads_how_many_people_are_members_and_not_who(registry: Registry) -> None:
    hidden = await angel(registry)
    await member(registry)
    shown = expect(await registry.public.get(ALLIANCES, kind=SPACES), 200)["items"][0]
    assert (shown["members"], shown["natural_persons"], shown["members_by_type"]["angel"]) == (2, 1, 1)
    assert NAME not in await names(registry.public)
    refused(await registry.public.get(f"{MEMBERS}/{hidden['id']}"), 404, "not-found")
    refused(await registry.operator.get(f"{MEMBERS}/{hidden['id']}"), 404, "not-found")
    assert NAME in await names(lead(registry, SPACES), alliance=SPACES, kind="angel")
    assert await names(registry.caller("finance_officer"), kind="angel") == ["次***"]


async def test_who_agreed_to_it_is_named_to_everybody_until_the_consent_ends(registry: Registry) -> None:
    joined = await angel(registry, show_name=True)
    read = expect(await registry.public.get(f"{MEMBERS}/{joined['id']}"), 200)
    assert (read["name"], set(read) & {"person_id", "person_ref", "consent_document_no"}) == (NAME, set())
    await withdraw_all(registry, joined["person_id"])
    assert NAME not in await names(registry.public, on=DAY)


async def test_the_events_that_everybody_reads_do_not_say_who_it_is_nor_why_it_went(registry: Registry) -> None:
    joined = await angel(registry, show_name=True)
    await withdraw_all(registry, joined["person_id"])
    told = [data for _, data in await events(registry, joined["id"])]
    assert len(told) == len(["applied", "joined", "ended"])
    words = (joined["person_ref"], joined["person_id"], NAME, "同意书7号", "consent_withdrawn")
    assert [word for data in told for word in words if word in data] == []


async def test_show_name_is_for_people(registry: Registry) -> None:
    centre = await registry.listed()
    sent = {"alliance": SPACES, "kind": "centre", "centre_id": centre["id"], "show_name": True}
    refused(await registry.operator.post(MEMBERS, sent), 422, "validation-failed")


async def test_a_consent_taken_back_ends_the_membership_and_its_record_stays(registry: Registry) -> None:
    joined = await angel(registry)
    asked = expect(
        await lead(registry, SPACES).post(MEMBERS, body(person={"name": "卓玛", "id_number": fresh_card()})), 201
    )
    for one in (joined, asked):
        await withdraw_all(registry, one["person_id"])
    gone = expect(await registry.auditor.get(f"{MEMBERS}/{joined['id']}"), 200)
    assert (gone["status"], gone["reason_code"], gone["left_on"]) == ("ended", "consent_withdrawn", DAY.isoformat())
    over = expect(await registry.auditor.get(f"{MEMBERS}/{asked['id']}"), 200)
    assert (over["status"], over["reason_code"]) == ("refused", "consent_withdrawn")
    steps = ["applied", "joined", "ended"]
    assert await events_of(registry, joined["id"]) == [f"alliance_member.{step}.v1" for step in steps]
    counted = expect(await registry.public.get(ALLIANCES, kind=SPACES, on=DAY), 200)["items"][0]
    assert counted["natural_persons"] == 1
    path = f"{MEMBERS}/{asked['id']}/accept"
    refused(await lead(registry, SPACES, "approver").post(path), 409, "invalid-transition")


async def test_erasure_takes_the_person_out_and_leaves_the_membership(registry: Registry) -> None:
    card = fresh_card()
    joined = await angel(registry, person={"name": NAME, "id_number": card, "mobile": MOBILE})
    why = {"reason_code": "inactive", "remark": f"{NAME}多次缺席，电话 {MOBILE}"}
    expect(await lead(registry, SPACES).post(f"{MEMBERS}/{joined['id']}/propose-removal", why), 200)
    words = [NAME, card, MOBILE]
    assert {place.partition(".")[0] for place in await where_stored(registry, words)} >= {"person", "case_remark"}
    await withdraw_all(registry, joined["person_id"])
    assert expect(await registry.officer.post(DUE), 200)["persons_erased"] == 1
    assert await where_stored(registry, words) == set()
    kept = expect(await lead(registry, SPACES).get(f"{MEMBERS}/{joined['id']}"), 200)
    assert (kept["name"], kept["status"], kept["person_ref"]) == ("", "ended", joined["person_ref"])


async def test_the_consent_of_a_member_does_not_lapse_and_counts_again_from_the_end(registry: Registry) -> None:
    joined = await angel(registry)
    later = add_months(DAY, RETENTION + 1)
    assert expect(await registry.officer.on(later).post(DUE), 200)["consents_lapsed"] == 0
    assert expect(await registry.auditor.on(later).get(f"{MEMBERS}/{joined['id']}"), 200)["status"] == "active"
    letter = {"document_no": "退会函1号", "left_on": later.isoformat()}
    left = expect(await lead(registry, SPACES).on(later).post(f"{MEMBERS}/{joined['id']}/leave", letter), 200)
    assert (left["status"], left["left_on"]) == ("left", later.isoformat())
    [consent] = await consents(registry, joined["person_id"])
    assert consent["retain_until"] == add_months(later, RETENTION).isoformat()
    over = add_months(later, RETENTION + 1)
    done = expect(await registry.officer.on(over).post(DUE), 200)
    assert (done["consents_lapsed"], done["persons_erased"]) == (1, 1)


async def test_a_request_whose_consent_lapses_is_over(registry: Registry) -> None:
    asked = expect(await lead(registry, SPACES).post(MEMBERS, body()), 201)
    over = add_months(DAY, RETENTION + 1)
    assert expect(await registry.officer.on(over).post(DUE), 200)["consents_lapsed"] == 1
    read = expect(await registry.auditor.on(over).get(f"{MEMBERS}/{asked['id']}"), 200)
    assert (read["status"], read["reason_code"]) == ("refused", "consent_lapsed")


async def test_a_person_is_a_member_once_at_a_time(registry: Registry) -> None:
    card = fresh_card()
    again = body(person={"name": NAME, "id_number": card})
    expect(await lead(registry, SPACES).post(MEMBERS, again), 201)
    refused(await lead(registry, SPACES).post(MEMBERS, again), 409, "membership-asked-for")


async def test_an_enterprise_that_ceased_is_a_member_no_more(registry: Registry) -> None:
    enterprise, itself = await firm(registry)
    tenancy = await registry.filed((await registry.listed())["id"], enterprise["id"])
    sent = {"alliance": SCI, "kind": "enterprise", "enterprise_id": enterprise["id"]}
    joined = expect(await itself.post(MEMBERS, sent), 201)
    expect(await lead(registry, SCI).post(f"{MEMBERS}/{joined['id']}/accept"), 200)
    path, day = f"/v1/tenancies/{tenancy['id']}/exit", date(2019, 6, 10)
    papers = {"reason_code": "ceased", "evidence": ["注销通知书"]}
    expect(await registry.officer.on(day).post(path, papers), 200)
    read = expect(await registry.auditor.on(day).get(f"{MEMBERS}/{joined['id']}"), 200)
    assert (read["status"], read["left_on"], read["reason_code"]) == ("ended", "2019-06-10", "enterprise_ceased")


async def test_an_enterprise_that_moves_out_stays_a_member(registry: Registry) -> None:
    enterprise, itself = await firm(registry)
    tenancy = await registry.filed((await registry.listed())["id"], enterprise["id"])
    sent = {"alliance": SCI, "kind": "enterprise", "enterprise_id": enterprise["id"]}
    joined = expect(await itself.post(MEMBERS, sent), 201)
    expect(await lead(registry, SCI).post(f"{MEMBERS}/{joined['id']}/accept"), 200)
    expect(await registry.officer.post(f"/v1/tenancies/{tenancy['id']}/exit", {"reason_code": "moved_out"}), 200)
    assert expect(await itself.get(f"{MEMBERS}/{joined['id']}"), 200)["status"] == "active"
