"""Choosing a project of the library: asked for, given to one, followed up, and what becomes of it (4.8-4)."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from services.registry.persons.models import Consent
from tests.registry.mentors.support import appointed, as_mentor
from tests.registry.project_library.support import (
    CLAIMS,
    ITEMS,
    checker,
    chosen,
    founder,
    hr,
    published,
    requested,
    step,
)
from tests.registry.support import DAY, Json, Registry, enterprise_body, expect, refused
from tests.registry.tenants.support import ENTERPRISES, PERSONS, event_types

pytestmark = pytest.mark.asyncio(loop_scope="session")

VISIT: Json = {"kind": "visit", "held_on": "2019-07-01", "note": "已看厂房，设备到位。"}
JULY = date(2019, 7, 1)
LAST = date(2019, 11, 30)
"""180 days after `DAY`."""


async def test_the_owner_gives_the_project_to_one_founder(registry: Registry) -> None:
    case = await chosen(registry)
    assert (case.claim["status"], case.claim["no"]) == ("claimed", "LC-2019-0001")
    assert (case.claim["next_due_on"], case.claim["last_day"]) == ("2019-07-03", LAST.isoformat())
    refused(await registry.public.get(f"{ITEMS}/{case.item['id']}"), 404, "not-found")
    seen = expect(await case.chooser.itself.get(f"{ITEMS}/{case.item['id']}"), 200)
    assert seen["status"] == "claimed"
    assert "owner_ref" not in seen
    assert await event_types(registry, case.claim["id"]) == ["library_claim.requested", "library_claim.accepted"]


async def test_a_dry_run_names_every_rule_and_records_nothing(registry: Registry) -> None:
    owner = await founder(registry)
    item = await published(registry, owner)
    path = f"{ITEMS}/{item['id']}/eligibility"
    late = await founder(registry, graduated_on="2014-06-02", name="卓玛")
    asked = expect(await late.itself.post(path), 200)
    assert asked["eligible"] is False
    failed = [one["message"] for one in asked["decision"]["results"] if not one["passed"]]
    assert failed == ["library-claimant-graduated-earlier"]
    assert expect(await hr(registry).post(path, {"person_ref": late.ref}), 200)["eligible"] is False
    own = expect(await owner.itself.post(path), 200)
    assert [one["rule"] for one in own["decision"]["results"] if not one["passed"]] == ["library.not_ones_own"]
    assert expect(await late.itself.get(CLAIMS), 200)["items"] == []
    refused(await late.itself.post(f"{ITEMS}/{item['id']}/claims", {"plan": "试产"}), 409, failed[0])


async def test_nobody_asks_twice_nor_answers_its_own_request(registry: Registry) -> None:
    owner, chooser = await founder(registry), await founder(registry, name="卓玛")
    item = await published(registry, owner)
    body = {"plan": "试产", "person_ref": chooser.ref, "document_no": "申请1号"}
    claim = expect(await hr(registry).post(f"{ITEMS}/{item['id']}/claims", body), 201)
    again = refused(
        await chooser.itself.post(f"{ITEMS}/{item['id']}/claims", {"plan": "试产"}), 409, "library-claim-twice"
    )
    assert claim["no"] in again["detail"]
    path = f"{CLAIMS}/{claim['id']}"
    refused(await hr(registry).post(f"{path}/accept", {"document_no": "答复1号"}), 403, "four-eyes-required")
    refused(await chooser.itself.post(f"{path}/accept"), 404, "not-found")
    paper = await registry.officer.post(f"{path}/accept")
    assert [error["field"] for error in refused(paper, 422, "validation-failed")["errors"]] == ["document_no"]
    expect(await registry.officer.post(f"{path}/accept", {"document_no": "答复1号"}), 200)


async def test_the_other_requests_end_when_one_is_accepted(registry: Registry) -> None:
    owner, first, second = await founder(registry), await founder(registry), await founder(registry, name="卓玛")
    item = await published(registry, owner)
    one, two = await requested(registry, item, first), await requested(registry, item, second)
    await step(owner.itself, two, "accept", at=CLAIMS)
    ended = expect(await first.itself.get(f"{CLAIMS}/{one['id']}"), 200)
    assert (ended["status"], ended["reason_code"]) == ("refused", "another_chosen")
    refused(await owner.itself.post(f"{CLAIMS}/{one['id']}/accept"), 409, "invalid-transition")


async def test_of_two_accepted_at_once_one_has_the_project(registry: Registry) -> None:
    owner = await founder(registry)
    item = await published(registry, owner)
    choosers = [await founder(registry, name=f"创业者{n}") for n in range(4)]
    claims = [await requested(registry, item, one) for one in choosers]
    answers = await asyncio.gather(*(owner.itself.post(f"{CLAIMS}/{claim['id']}/accept") for claim in claims))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    current = expect(await registry.officer.get(CLAIMS, item_id=item["id"], status="claimed"), 200)["items"]
    assert len(current) == 1


async def test_a_founder_has_one_project_at_a_time_even_if_two_owners_accept_at_once(registry: Registry) -> None:
    owners = [await founder(registry), await founder(registry, name="卓玛")]
    chooser = await founder(registry, name="央金")
    items = [await published(registry, owner) for owner in owners]
    claims = [await requested(registry, item, chooser) for item in items]
    answers = await asyncio.gather(
        *(owner.itself.post(f"{CLAIMS}/{claim['id']}/accept") for owner, claim in zip(owners, claims, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    refused(next(answer for answer in answers if answer.status_code == 409), 409, "library-claims-at-most")


async def test_a_request_is_taken_back_or_refused_with_a_reason(registry: Registry) -> None:
    owner, first, second = await founder(registry), await founder(registry), await founder(registry, name="卓玛")
    item = await published(registry, owner)
    one, two = await requested(registry, item, first), await requested(registry, item, second)
    refused(await second.itself.post(f"{CLAIMS}/{one['id']}/take-back"), 404, "not-found")
    assert (await step(first.itself, one, "take-back", at=CLAIMS))["status"] == "taken_back"
    unknown = await owner.itself.post(f"{CLAIMS}/{two['id']}/refuse", {"reason_code": "no_reason"})
    refused(unknown, 422, "validation-failed")
    body = {"reason_code": "plan_not_convincing", "remark": "缺少市场分析。"}
    await step(owner.itself, two, "refuse", body, at=CLAIMS)
    assert expect(await second.itself.get(f"{CLAIMS}/{two['id']}"), 200)["remark"] == "缺少市场分析。"
    await requested(registry, item, first)


async def test_centre_mentor_and_bureau_follow_up_and_the_owner_does_not_read_it(registry: Registry) -> None:
    case = await chosen(registry)
    path = f"{CLAIMS}/{case.claim['id']}"
    mentor = await appointed(registry)
    stranger = as_mentor(registry, mentor, on=JULY)
    refused(await stranger.post(f"{path}/follow-ups", VISIT), 404, "not-found")
    refused(await hr(registry).post(f"{path}/assign", {"mentor_ref": case.owner.ref}), 404, "not-found")
    await step(hr(registry), case.claim, "assign", {"mentor_ref": mentor["person_ref"]}, at=CLAIMS)
    callers = (registry.operator.on(JULY), stranger, hr(registry, on=JULY))
    for caller in callers:
        claim = expect(await caller.post(f"{path}/follow-ups", VISIT), 201)
        assert (claim["last_follow_up_on"], claim["next_due_on"]) == ("2019-07-01", "2019-09-29")
        assert claim["last_day"] == "2019-12-28"
    log = expect(await case.chooser.itself.get(f"{path}/follow-ups"), 200)["items"]
    assert [one["followed_by"] for one in log] == ["centre", "mentor", "bureau"]
    expect(await case.owner.itself.get(path), 200)
    refused(await case.owner.itself.get(f"{path}/follow-ups"), 404, "not-found")
    refused(await registry.stranger.get(f"{path}/follow-ups"), 404, "not-found")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"held_on": "2019-06-02"}, 409, "library-follow-up-outside"),
        ({"held_on": "2019-06-03"}, 201, None),
        ({"held_on": "2019-07-02"}, 422, "validation-failed"),
        ({"next_due_on": "2019-07-01"}, 422, "validation-failed"),
        ({"next_due_on": "2019-09-29"}, 201, None),
        ({"next_due_on": "2019-09-30"}, 422, "validation-failed"),
        ({"kind": "party"}, 422, "validation-failed"),
        ({"note": "电话13812345678"}, 422, "validation-failed"),
    ],
    ids=str,
)
async def test_days_and_words_of_a_follow_up(registry: Registry, change: Json, status: int, code: str | None) -> None:
    case = await chosen(registry)
    answer = await registry.operator.on(JULY).post(f"{CLAIMS}/{case.claim['id']}/follow-ups", {**VISIT, **change})
    assert answer.status_code == status, answer.text
    assert answer.json().get("code") == code


async def test_a_choice_without_follow_up_lapses_on_the_day_after_its_last(registry: Registry) -> None:
    case = await chosen(registry)
    after = LAST + timedelta(days=1)
    overdue = expect(await registry.operator.on(JULY).get(CLAIMS, overdue="true"), 200)["items"]
    assert overdue == []
    assert expect(await registry.operator.on(LAST).get(CLAIMS, overdue="true"), 200)["items"][0]["overdue"] is True
    for day, count in ((LAST, 0), (after, 1), (after, 0)):
        assert expect(await hr(registry, on=day).post(f"{CLAIMS}/lapse"), 200) == {"lapsed": count}
    ended = expect(await case.chooser.itself.get(f"{CLAIMS}/{case.claim['id']}"), 200)
    assert (ended["status"], ended["ended_on"]) == ("lapsed", after.isoformat())
    again = await step(checker(registry, on=after), case.item, "publish")
    assert (again["status"], again["claim_id"]) == ("published", None)


async def test_given_up_it_is_published_again_and_chosen_by_another(registry: Registry) -> None:
    case = await chosen(registry)
    path = f"{CLAIMS}/{case.claim['id']}/abandon"
    refused(await case.owner.itself.post(path, {"reason_code": "no_market"}), 404, "not-found")
    refused(await case.chooser.itself.post(path, {"reason_code": "bored"}), 422, "validation-failed")
    given_up = expect(await case.chooser.itself.post(path, {"reason_code": "no_market"}), 200)
    assert (given_up["status"], given_up["reason_code"]) == ("abandoned", "no_market")
    refused(await registry.public.get(f"{ITEMS}/{case.item['id']}"), 404, "not-found")
    await step(checker(registry), case.item, "publish")
    expect(await registry.public.get(f"{ITEMS}/{case.item['id']}"), 200)
    claim = await requested(registry, case.item, await founder(registry, name="央金"))
    await step(case.owner.itself, claim, "accept", at=CLAIMS)


async def test_success_links_the_enterprise_that_the_founder_registered(registry: Registry) -> None:
    case = await chosen(registry)
    path = f"{CLAIMS}/{case.claim['id']}/succeed"
    older = await registry.enterprise(registered_on="2019-06-02", legal_representative_ref=case.chooser.ref)
    here = registry.operator.on(JULY)
    refused(await here.post(path, {"enterprise_id": older["id"]}), 409, "library-registered-before")
    licence = enterprise_body(name="拉萨青稞饲料有限公司", registered_on="2019-06-20")
    firm = expect(await registry.officer.on(JULY).post(ENTERPRISES, licence), 201)
    refused(await here.post(path, {"enterprise_code": firm["code"]}), 409, "library-founder-not-behind")
    link = {"capacity": "legal_representative", "person_ref": case.chooser.ref}
    expect(await registry.officer.on(JULY).post(f"{ENTERPRISES}/{firm['id']}/persons", link), 201)
    refused(await here.post(path, {}), 422, "validation-failed")
    done = expect(await here.post(path, {"enterprise_code": firm["code"]}), 200)
    assert (done["status"], done["enterprise_id"], done["ended_on"]) == ("succeeded", firm["id"], "2019-07-01")
    assert expect(await case.owner.itself.get(f"{ITEMS}/{case.item['id']}"), 200)["status"] == "succeeded"
    refused(await checker(registry).post(f"{ITEMS}/{case.item['id']}/publish"), 409, "invalid-transition")


async def test_the_founders_consent_withdrawn_gives_the_project_back(registry: Registry) -> None:
    case = await chosen(registry)
    person = case.chooser.person["id"]
    consents = expect(await case.chooser.itself.get(f"{PERSONS}/{person}/consents"), 200)["items"]
    mine = next(one for one in consents if one["subject_id"] == case.claim["id"])
    expect(await case.chooser.itself.post(f"{PERSONS}/{person}/consents/{mine['id']}/withdraw", {}), 200)
    ended = expect(await registry.officer.get(f"{CLAIMS}/{case.claim['id']}"), 200)
    assert (ended["status"], ended["reason_code"]) == ("abandoned", "consent_withdrawn")
    assert expect(await registry.officer.get(f"{ITEMS}/{case.item['id']}"), 200)["status"] == "switched_off"


async def test_the_owners_consent_withdrawn_meanwhile_keeps_it_off_the_page_afterwards(registry: Registry) -> None:
    case = await chosen(registry)
    person = case.owner.person["id"]
    consents = expect(await case.owner.itself.get(f"{PERSONS}/{person}/consents"), 200)["items"]
    mine = next(one for one in consents if one["subject_id"] == case.item["id"])
    expect(await case.owner.itself.post(f"{PERSONS}/{person}/consents/{mine['id']}/withdraw", {}), 200)
    assert expect(await registry.officer.get(f"{ITEMS}/{case.item['id']}"), 200)["status"] == "claimed"
    await step(case.chooser.itself, case.claim, "abandon", {"reason_code": "team"}, at=CLAIMS)
    left = expect(await registry.officer.get(f"{ITEMS}/{case.item['id']}"), 200)
    assert (left["status"], left["reason_code"]) == ("withdrawn", "consent_withdrawn")


async def test_the_year_in_numbers(registry: Registry) -> None:
    case = await chosen(registry)
    await published(registry, case.owner, name="牦牛绒纺纱")
    expect(await registry.operator.on(JULY).post(f"{CLAIMS}/{case.claim['id']}/follow-ups", VISIT), 201)
    counted = expect(await registry.officer.get(f"{ITEMS}/counts", year=2019), 200)
    assert counted == {
        "year": 2019,
        "first_published": 2,
        "published": 2,
        "public_at_the_end": 1,
        "claimed": 1,
        "in_follow_up_at_the_end": 1,
        "follow_ups": 1,
        "succeeded": 0,
        "abandoned": 0,
        "abandoned_by_reason": {},
        "lapsed": 0,
    }
    expect(
        await registry.operator.on(JULY).post(f"{CLAIMS}/{case.claim['id']}/abandon", {"reason_code": "no_funding"}),
        200,
    )
    counted = expect(await registry.officer.get(f"{ITEMS}/counts", year=2019), 200)
    assert (counted["in_follow_up_at_the_end"], counted["abandoned_by_reason"]) == (0, {"no_funding": 1})
    assert expect(await registry.officer.get(f"{ITEMS}/counts", year=2020), 200)["claimed"] == 0


async def test_export_with_contacts_is_recorded(registry: Registry) -> None:
    case = await chosen(registry)
    body = {"reason_code": "follow_up", "document_no": "拉人社函〔2019〕8号", "format": "csv"}
    answer = await hr(registry).post(f"{CLAIMS}/export", body)
    assert answer.status_code == 200
    assert "卓玛" in answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    taken = expect(await registry.officer.get(f"{PERSONS}/{case.chooser.person['id']}/exports"), 200)["items"]
    assert [one["subject_kind"] for one in taken] == ["library_claims"]
    listed = await hr(registry).export(CLAIMS, "text/csv")
    assert "卓玛" not in listed.text


async def test_export_needs_a_reason_and_leaves_out_who_does_not_agree_any_more(registry: Registry) -> None:
    case = await chosen(registry)
    body = {"reason_code": "follow_up", "document_no": "拉人社函〔2019〕8号", "format": "csv"}
    refused(await hr(registry).post(f"{CLAIMS}/export", {**body, "reason_code": "curiosity"}), 422, "validation-failed")
    refused(await registry.operator.post(f"{CLAIMS}/export", body), 403, "forbidden")
    before = (await hr(registry).post(f"{CLAIMS}/export", body)).text
    assert "卓玛" in before
    assert "扎西·次仁" in before
    async with registry.db.transaction() as session:
        of_owner = Consent.person_id == UUID(case.owner.person["id"])
        await session.execute(update(Consent).where(of_owner).values(retain_until=Consent.given_on))
    later = hr(registry, on=DAY + timedelta(days=1))
    after = (await later.post(f"{CLAIMS}/export", body)).text
    assert "卓玛" in after
    assert "扎西·次仁" not in after
    for person, times in ((case.chooser.person, 2), (case.owner.person, 1)):
        taken = expect(await registry.officer.get(f"{PERSONS}/{person['id']}/exports"), 200)["items"]
        assert len(taken) == times
