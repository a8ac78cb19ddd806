"""Consents: given by the person or on paper, asked for, taken back, and over with their last day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.registry.persons.consents import keep_until, require_consent
from services.registry.persons.contacts import person_with_contact
from services.registry.persons.models import Person
from services.registry.persons.numbers import keyring_of
from services.registry.persons.schemas import NamedContact
from shared.auth.principal import Principal
from shared.errors import DomainError
from tests.registry.mentors.support import MENTORS, PAPER, TERM_END, appointed, as_mentor, hr, proposed
from tests.registry.personal_data.support import runtime
from tests.registry.support import DAY, Caller, Json, Registry, expect, refused
from tests.registry.tenants.support import event_types, fresh_card

pytestmark = pytest.mark.asyncio(loop_scope="session")

ONE = timedelta(days=1)
LAST = date(2022, 6, 3)
"""36 months after `DAY`."""
DUE = "/v1/persons/erase-due"


async def someone(registry: Registry, **changes: object) -> Json:
    """A person of whom nothing is kept but a name and a number: linked by mistake, and the link is over."""
    enterprise = await registry.enterprise()
    path = f"/v1/enterprises/{enterprise['id']}/persons"
    body = {"capacity": "member", "name": "洛桑", "id_number": fresh_card(), "since": "2019-06-01", **changes}
    link = expect(await registry.officer.post(path, body), 201)
    expect(await registry.officer.post(f"{path}/{link['id']}/end", {"until": "2019-06-02"}), 200)
    person: Json = link["person"]
    return person


def oneself(registry: Registry, person: Json, *, on: date = DAY) -> Caller:
    return registry.caller("founder", today=on, person_ref=person["person_ref"])


async def agreed(registry: Registry, person: Json, purpose: str = "training") -> Json:
    path = f"/v1/persons/{person['id']}/consents"
    return expect(await oneself(registry, person).post(path, {"purpose": purpose}), 201)


async def erased(registry: Registry, day: date) -> tuple[int, int]:
    done = expect(await registry.officer.on(day).post(DUE), 200)
    return done["consents_lapsed"], done["persons_erased"]


async def test_person_agrees_and_takes_it_back(registry: Registry) -> None:
    person = await someone(registry)
    consent = await agreed(registry, person)
    assert (consent["channel"], consent["retain_until"], consent["open"]) == ("own_account", LAST.isoformat(), True)
    path = f"/v1/persons/{person['id']}/consents"
    back = expect(await oneself(registry, person).post(f"{path}/{consent['id']}/withdraw"), 200)
    assert (back["withdrawn_on"], back["open"]) == (DAY.isoformat(), False)
    refused(await oneself(registry, person).post(f"{path}/{consent['id']}/withdraw"), 409, "consent-ended")
    assert (await event_types(registry, person["id"]))[-2:] == ["person.consent_given", "person.consent_withdrawn"]
    assert expect(await oneself(registry, person).get(path, open="true"), 200)["items"] == []


async def test_nobody_agrees_for_another(registry: Registry) -> None:
    person, stranger = await someone(registry), await someone(registry, name="达瓦")
    path = f"/v1/persons/{person['id']}/consents"
    refused(await oneself(registry, stranger).post(path, {"purpose": "training"}), 404, "not-found")
    refused(await oneself(registry, stranger).get(path), 404, "not-found")
    refused(await hr(registry).post(path, {"purpose": "training"}), 409, "consent-not-own")
    refused(await hr(registry).post(path, {"purpose": "training", "channel": "paper"}), 422, "validation-failed")
    on_paper = {"purpose": "training", "channel": "paper", "document_no": "同意书2号", "given_on": "2019-05-01"}
    given = expect(await hr(registry).post(path, on_paper), 201)
    assert given["retain_until"] == "2022-05-01"
    refused(await oneself(registry, stranger).post(f"{path}/{given['id']}/withdraw"), 404, "not-found")


@pytest.mark.parametrize(
    "changes",
    [{"purpose": "advertising"}, {"channel": "hearsay", "document_no": "1"}, {"given_on": "2019-06-04"}],
    ids=["purpose", "channel", "tomorrow"],
)
async def test_consent_is_to_something_that_the_edition_has(registry: Registry, changes: Json) -> None:
    person = await someone(registry)
    body = {"purpose": "training", "channel": "paper", "document_no": "同意书3号", **changes}
    refused(
        await hr(registry).post(f"/v1/persons/{person['id']}/consents", body),
        422,
        "effective-date-in-future" if "given_on" in changes else "validation-failed",
    )


async def test_given_again_it_is_kept_for_as_much_longer(registry: Registry) -> None:
    person = await someone(registry)
    first = await agreed(registry, person)
    path, later = f"/v1/persons/{person['id']}/consents", DAY + timedelta(days=30)
    again = expect(await oneself(registry, person, on=later).post(path, {"purpose": "training"}), 201)
    assert (again["id"], again["retain_until"]) == (first["id"], "2022-07-03")
    assert len(expect(await hr(registry).get(path), 200)["items"]) == 1


async def test_older_paper_does_not_bring_back_what_was_taken_back(registry: Registry) -> None:
    person = await someone(registry)
    consent = await agreed(registry, person)
    path = f"/v1/persons/{person['id']}/consents"
    expect(await oneself(registry, person).post(f"{path}/{consent['id']}/withdraw"), 200)
    paper = {"purpose": "training", "channel": "paper", "document_no": "同意书1号"}
    clerk, before = hr(registry), (DAY - ONE).isoformat()
    answer = await clerk.post(path, {**paper, "given_on": before})
    assert DAY.isoformat() in refused(answer, 409, "consent-withdrawn-since")["detail"]
    expect(await clerk.post(path, {**paper, "purpose": "mentor", "given_on": before}), 201)
    expect(await clerk.post(path, {**paper, "given_on": DAY.isoformat()}), 201)


async def test_consent_is_asked_for_by_purpose_and_day(registry: Registry) -> None:
    person = await someone(registry)
    await agreed(registry, person)

    async def code(purpose: str, day: date) -> str:
        async with registry.db.transaction() as session:
            try:
                await require_consent(session, person["id"], purpose, day)
            except DomainError as error:
                return error.code
        return ""

    assert [await code("training", day) for day in (DAY - ONE, DAY, LAST, LAST + ONE)] == [
        "consent-missing",
        "",
        "",
        "consent-missing",
    ]
    assert await code("mentor", DAY) == "consent-missing"


@pytest.mark.parametrize(
    ("day", "done"),
    [(LAST - ONE, (0, 0)), (LAST, (0, 0)), (LAST + ONE, (1, 1))],
    ids=["day-before", "last-day", "day-after"],
)
async def test_data_are_kept_through_the_last_day(registry: Registry, day: date, done: tuple[int, int]) -> None:
    person = await someone(registry)
    await agreed(registry, person)
    assert await erased(registry, day) == done
    assert await erased(registry, day) == (0, 0)
    shown = expect(await hr(registry, on=day).get(f"/v1/persons/{person['id']}"), 200)
    assert (shown["erased_on"] is not None) is (done[1] == 1)


async def test_taken_back_it_is_erased_at_once_unless_there_is_another_ground(registry: Registry) -> None:
    person = await someone(registry)
    consents = [await agreed(registry, person), await agreed(registry, person, "project_library")]
    path = f"/v1/persons/{person['id']}/consents"
    expect(await oneself(registry, person).post(f"{path}/{consents[0]['id']}/withdraw"), 200)
    assert await erased(registry, DAY) == (0, 0)
    expect(await oneself(registry, person).post(f"{path}/{consents[1]['id']}/withdraw"), 200)
    assert await erased(registry, DAY) == (0, 1)


@pytest.mark.parametrize("ground", ["member", "legal_representative", "founder", "staff", "mentor"])
async def test_person_is_kept_as_long_as_there_is_a_ground(registry: Registry, ground: str) -> None:
    person = await someone(registry)
    consent = await agreed(registry, person)
    ref = {"person_ref": person["person_ref"]}
    if ground == "staff":
        centre = await registry.listed()
        body = {**ref, "role": "manager", "full_time": True, "from_on": "2019-06-01"}
        held = f"/v1/centres/{centre['id']}/staff"
        work = expect(await registry.officer.post(held, body), 201)
        end, ending = f"{held}/{work['id']}/leave", {"until_on": DAY.isoformat()}
    elif ground == "mentor":
        mentor = await appointed(registry, **{**ref, "name": "洛桑", "id_number": None, "consent": PAPER})
        end, ending = f"{MENTORS}/{mentor['id']}/resign", {}
    else:
        enterprise = await registry.enterprise()
        held = f"/v1/enterprises/{enterprise['id']}/persons"
        link = expect(await registry.officer.post(held, {**ref, "capacity": ground}), 201)
        end, ending = f"{held}/{link['id']}/end", {"until": DAY.isoformat()}
    path = f"/v1/persons/{person['id']}/consents"
    expect(await oneself(registry, person).post(f"{path}/{consent['id']}/withdraw"), 200)
    assert await erased(registry, DAY) == (0, 0)
    if ground in ("legal_representative", "mentor"):
        return
    expect(await registry.officer.post(end, ending), 200)
    assert await erased(registry, DAY) == (0, 0)
    assert await erased(registry, DAY + ONE) == (0, 1)


async def test_mentor_is_kept_until_36_months_after_the_term(registry: Registry) -> None:
    mentor = await appointed(registry)
    consents = expect(await hr(registry).get(f"/v1/persons/{mentor['person_id']}/consents"), 200)["items"]
    kept = {one["purpose"]: one["retain_until"] for one in consents}
    assert kept == {"mentor": "2024-06-02", "mentor_public_page": "2022-06-01"}
    assert date.fromisoformat(kept["mentor"]) > TERM_END


async def test_unfinished_business_is_left_for_the_next_run(registry: Registry) -> None:
    """A person whose row somebody holds is not waited for."""
    person = await someone(registry)
    consent = await agreed(registry, person)
    path = f"/v1/persons/{person['id']}/consents"
    expect(await oneself(registry, person).post(f"{path}/{consent['id']}/withdraw"), 200)
    async with registry.db.transaction() as session:
        await session.get_one(Person, person["id"], with_for_update=True)
        assert await erased(registry, DAY) == (0, 0)
    assert await erased(registry, DAY) == (0, 1)


async def test_own_record_shows_what_is_kept_and_who_took_it(registry: Registry) -> None:
    mentor = await appointed(registry)
    own = as_mentor(registry, mentor)
    kept = expect(await own.get("/v1/persons/self"), 200)
    assert (kept["mobile"], kept["email"], kept["id_number"][:14]) == ("138****5678", "y***@example.org", "*" * 14)
    refused(await as_mentor(registry, {"person_ref": "p-nobody"}).get("/v1/persons/self"), 404, "not-found")
    why = {"reason_code": "appointment", "document_no": "函9号", "format": "csv"}
    refused(await hr(registry).post(f"{MENTORS}/export", {**why, "reason_code": "curiosity"}), 422, "validation-failed")
    answer = await hr(registry).post(f"{MENTORS}/export", why, Idempotency_Key="export")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "+8613812345678" in answer.text
    taken = expect(await own.get(f"/v1/persons/{mentor['person_id']}/exports"), 200)["items"]
    assert [(one["reason_code"], one["document_no"], one["exported_by"]) for one in taken] == [
        ("appointment", "函9号", None)
    ]
    read = expect(await registry.auditor.get(f"/v1/persons/{mentor['person_id']}/exports"), 200)["items"]
    assert read[0]["exported_by"] == hr(registry).account
    assert await event_types(registry, taken[0]["id"]) == ["person.exported"]
    sheet = await hr(registry).post(f"{MENTORS}/export", {**why, "format": "xlsx"})
    assert sheet.content[:2] == b"PK"


async def test_contact_is_shown_whole_for_a_reason_and_changed_by_oneself(registry: Registry) -> None:
    mentor = await proposed(registry)
    path, own = f"/v1/persons/{mentor['person_id']}/contacts", as_mentor(registry, mentor)
    why = {"kind": "mobile", "reason_code": "appointment", "document_no": "函9号"}
    shown = await registry.caller("hr_approver").post(f"{path}/reveal", why)
    assert expect(shown, 200)["contact"] == "+8613812345678"
    assert shown.headers["Cache-Control"] == "private, no-store"
    assert (await event_types(registry, mentor["person_id"]))[-1] == "person.revealed"
    for bad in ("0891-6322222", "13812345678x", "13812345678 x9", "手机13812345678", "tel:13812345678"):
        refused(await own.post(path, {"mobile": bad}), 422, "validation-failed")
    version = expect(await own.get("/v1/persons/self"), 200)["version"]
    assert expect(await own.post(path, {"mobile": "+86 13812345678"}), 200)["mobile"] == "138****5678"
    assert expect(await own.get("/v1/persons/self"), 200)["version"] == version
    assert expect(await own.post(path, {"mobile": "13900001111"}), 200)["mobile"] == "139****1111"
    assert (await own.delete(f"{path}/email")).status_code == 204
    assert expect(await own.get(path), 200) == {"mobile": "139****1111", "email": None}
    refused(await as_mentor(registry, {"person_ref": "p-other"}).get(path), 404, "not-found")


async def test_party_cannot_take_over_where_somebody_is_reached(registry: Registry) -> None:
    """Naming a person that one does not see leaves the contact on file as it is."""
    card = fresh_card()
    mentor = await proposed(registry, id_number=card)
    found = runtime(registry)
    party = _principal("enterprise")
    sent = NamedContact.model_validate({"name": "央金·卓玛", "id_number": card, "mobile": "13900001111"})
    async with registry.db.transaction() as session:
        person, seen = await person_with_contact(session, found, keyring_of(found), party, sent)
    assert (str(person.id), seen) == (mentor["person_id"], False)
    shown = expect(await hr(registry).get(f"/v1/persons/{mentor['person_id']}/contacts"), 200)
    assert shown["mobile"] == "138****5678"


async def test_consent_that_is_needed_longer_is_kept_longer(registry: Registry) -> None:
    person = await someone(registry)
    await agreed(registry, person)
    longer = LAST + timedelta(days=100)
    async with registry.db.transaction() as session:
        row = await session.get_one(Person, person["id"])
        await keep_until(session, _principal("hr_officer"), row, "training", longer)
        await keep_until(session, _principal("hr_officer"), row, "training", DAY)
    assert await erased(registry, longer) == (0, 0)
    assert await erased(registry, longer + ONE) == (1, 1)


def _principal(role: str) -> Principal:
    return Principal(
        account_id="somebody",
        roles=frozenset({role}),
        org="91540100MA6T1A2B3C",
        division=None,
        provider=None,
        bank=None,
        person_ref=None,
        today=DAY,
        simulated=True,
        correlation_id="c",
        issuer="gateway",
        internal=False,
    )


async def test_standing_behind_an_enterprise_that_left_long_ago_is_no_ground_any_more(registry: Registry) -> None:
    centre, enterprise = await registry.listed(), await registry.enterprise()
    stay = await registry.filed(centre["id"], enterprise["id"])
    path = f"/v1/enterprises/{enterprise['id']}/persons"
    body = {"capacity": "member", "name": "洛桑旺堆", "id_number": fresh_card(), "since": "2019-06-01"}
    person = expect(await registry.officer.post(path, body), 201)["person"]
    left = date(2027, 6, 3)
    expect(await registry.officer.on(left).post(f"/v1/tenancies/{stay['id']}/exit", {"reason_code": "moved_out"}), 200)
    last = date(2032, 6, 3)
    assert await erased(registry, last) == (0, 0)
    assert await erased(registry, last + ONE) == (0, 1)
    kept = expect(await registry.officer.get(f"/v1/persons/{person['id']}"), 200)
    assert (kept["name"], kept["erased_on"]) == ("", (last + ONE).isoformat())
