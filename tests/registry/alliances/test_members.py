"""Memberships over HTTP: nobody joins without its own consent, and everybody may leave (4.6-1, 4.7-1)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from services.registry.alliances.models import AllianceMember
from services.registry.consumers import carry_out_decided
from tests.registry.alliances.support import (
    ALLIANCES,
    MEMBERS,
    SCI,
    SPACES,
    applied,
    firm,
    lead,
    member,
    partner,
    school,
)
from tests.registry.around.support import events_of
from tests.registry.support import DAY, SECOND_OFFICER, Caller, Json, Registry, decided, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

LATER = date(2019, 7, 1)
REMOVAL = {"reason_code": "inactive"}


async def overwrite(registry: Registry, member: Json, **values: object) -> None:
    """Change the row behind the application's back."""
    async with registry.db.transaction() as session:
        await session.execute(update(AllianceMember).values(**values).where(AllianceMember.id == UUID(member["id"])))


async def test_a_centre_joins_by_its_own_application_and_the_leads_acceptance(registry: Registry) -> None:
    asked = await applied(registry)
    path = f"{MEMBERS}/{asked['id']}"
    assert (asked["no"], asked["status"], asked["initiative"]) == ("AM-2019-0001", "applied", "member")
    refused(await registry.public.get(path), 404, "not-found")
    refused(await lead(registry, SCI).post(f"{path}/accept"), 403, "forbidden")
    joined = expect(await lead(registry, SPACES).post(f"{path}/accept"), 200)
    assert (joined["status"], joined["joined_on"], joined["left_on"]) == ("active", "2019-06-03", None)
    shown = expect(await registry.public.get(path), 200)
    assert shown["name"] == asked["name"]
    assert not {"consented_by", "accepted_by", "status"} & set(shown)
    assert await events_of(registry, asked["id"]) == ["alliance_member.applied.v1", "alliance_member.joined.v1"]


async def test_whoever_consented_does_not_accept(registry: Registry) -> None:
    asked = await applied(registry)
    await overwrite(registry, asked, consented_by=SECOND_OFFICER)
    path = f"{MEMBERS}/{asked['id']}/accept"
    refused(await lead(registry, SPACES).post(path), 403, "four-eyes-required")
    with pytest.raises(IntegrityError, match="four_eyes"):
        await overwrite(registry, asked, accepted_by=SECOND_OFFICER, accepted_on=DAY)


async def test_an_invited_enterprise_is_no_member_until_it_consents(registry: Registry) -> None:
    enterprise, itself = await firm(registry)
    _, stranger = await firm(registry)
    body = {"alliance": SCI, "kind": "enterprise", "enterprise_id": enterprise["id"]}
    asked = expect(await lead(registry, SCI).post(MEMBERS, body), 201)
    path = f"{MEMBERS}/{asked['id']}"
    assert (asked["status"], asked["initiative"], asked["consented_on"]) == ("invited", "lead", None)
    refused(await lead(registry, SCI, "approver").post(f"{path}/accept"), 409, "invalid-transition")
    refused(await stranger.post(f"{path}/consent"), 404, "not-found")
    assert expect(await itself.post(f"{path}/consent"), 200)["status"] == "active"


async def test_an_invitation_can_be_declined_without_a_reason_and_taken_back(registry: Registry) -> None:
    enterprise, itself = await firm(registry)
    body = {"alliance": SCI, "kind": "enterprise", "enterprise_id": enterprise["id"]}
    first = expect(await lead(registry, SCI).post(MEMBERS, body), 201)
    refused(await lead(registry, SCI).post(MEMBERS, body), 409, "membership-asked-for")
    assert expect(await itself.post(f"{MEMBERS}/{first['id']}/decline"), 200)["status"] == "declined"
    second = expect(await lead(registry, SCI).post(MEMBERS, body), 201)
    refused(await itself.post(f"{MEMBERS}/{second['id']}/withdraw"), 409, "invalid-transition")
    assert expect(await lead(registry, SCI).post(f"{MEMBERS}/{second['id']}/withdraw"), 200)["status"] == "withdrawn"


async def test_a_school_joins_on_paper_and_two_people_see_to_it(registry: Registry) -> None:
    found = await partner(registry)
    body = {"alliance": SCI, "kind": "school", "partner_id": found["id"]}
    refused(await lead(registry, SCI).post(MEMBERS, body), 409, "member-consent-missing")
    refused(await lead(registry, SPACES).post(MEMBERS, {**body, "consent_document_no": "1"}), 403, "forbidden")
    refused(await registry.operator.post(MEMBERS, {**body, "consent_document_no": "1"}), 404, "not-found")
    asked = expect(await lead(registry, SCI).post(MEMBERS, {**body, "consent_document_no": "同意书1号"}), 201)
    path = f"{MEMBERS}/{asked['id']}"
    refused(await lead(registry, SCI).post(f"{path}/accept"), 403, "four-eyes-required")
    joined = expect(await lead(registry, SCI, "approver").post(f"{path}/accept"), 200)
    assert (joined["province"], joined["name"]) == ("320000", "南京大学")


async def test_the_type_says_which_record_a_member_is(registry: Registry) -> None:
    centre = await registry.listed()
    body = {"alliance": SCI, "kind": "school", "centre_id": centre["id"]}
    refused(await registry.operator.post(MEMBERS, body), 409, "member-type-wrong")
    body = {"alliance": SPACES, "kind": "school", "centre_id": centre["id"]}
    refused(await registry.operator.post(MEMBERS, body), 422, "validation-failed")
    refused(await registry.operator.post(MEMBERS, {**body, "partner_id": centre["id"]}), 422, "validation-failed")
    space = {"alliance": SPACES, "kind": "maker_space", "centre_id": centre["id"]}
    refused(await registry.operator.post(MEMBERS, space), 409, "member-title-missing")
    await registry.granted(centre["id"], "maker_space")
    assert expect(await registry.operator.post(MEMBERS, space), 201)["kind"] == "maker_space"


async def test_only_a_listed_centre_joins_and_another_operators_is_not_there(registry: Registry) -> None:
    draft, centre = await registry.draft(), await registry.listed()
    body = {"alliance": SPACES, "kind": "centre"}
    refused(await registry.operator.post(MEMBERS, {**body, "centre_id": draft["id"]}), 409, "member-centre-not-listed")
    refused(await registry.stranger.post(MEMBERS, {**body, "centre_id": centre["id"]}), 404, "not-found")


async def test_a_party_is_a_member_once_at_a_time_and_may_come_back(registry: Registry) -> None:
    centre = await registry.listed()
    joined = await member(registry, centre)
    body = {"alliance": SPACES, "kind": "centre", "centre_id": centre["id"]}
    refused(await registry.operator.post(MEMBERS, body), 409, "already-a-member")
    left = expect(await registry.operator.post(f"{MEMBERS}/{joined['id']}/leave"), 200)
    assert (left["status"], left["left_on"]) == ("left", "2019-06-03")
    again = expect(await registry.operator.post(MEMBERS, body), 201)
    path = f"{MEMBERS}/{again['id']}/accept"
    refused(await lead(registry, SPACES).post(path), 409, "already-a-member")
    back = expect(await lead(registry, SPACES).on(date(2019, 6, 4)).post(path), 200)
    assert back["joined_on"] == "2019-06-04"


async def test_a_member_leaves_when_it_wants_even_while_its_removal_waits(registry: Registry) -> None:
    joined = await member(registry)
    path = f"{MEMBERS}/{joined['id']}"
    expect(await lead(registry, SPACES).post(f"{path}/propose-removal", REMOVAL), 200)
    refused(await lead(registry, SPACES).post(f"{path}/leave"), 403, "forbidden")
    refused(await registry.stranger.post(f"{path}/leave"), 404, "not-found")
    dated = {"left_on": "2019-06-03"}
    refused(await registry.operator.post(f"{path}/leave", dated), 422, "effective-date-not-allowed")
    left = expect(await registry.operator.post(f"{path}/leave"), 200)
    assert (left["status"], left["reason_code"], left["removal_proposed_on"]) == ("left", None, None)


async def test_a_removal_needs_a_reason_a_document_and_another_person(registry: Registry) -> None:
    joined = await member(registry)
    path, document = f"{MEMBERS}/{joined['id']}", {"document_no": "拉经信〔2019〕8号"}
    approver = lead(registry, SPACES, "approver")
    refused(await approver.post(f"{path}/remove", document), 409, "removal-not-proposed")
    wrong = {"reason_code": "disliked"}
    refused(await lead(registry, SPACES).post(f"{path}/propose-removal", wrong), 422, "validation-failed")
    expect(await lead(registry, SPACES).post(f"{path}/propose-removal", REMOVAL), 200)
    refused(await lead(registry, SPACES).post(f"{path}/propose-removal", REMOVAL), 409, "removal-proposed")
    same = registry.caller("industry_approver", account=SECOND_OFFICER)
    refused(await same.post(f"{path}/remove", document), 403, "four-eyes-required")
    expect(await approver.post(f"{path}/drop-removal"), 200)
    expect(await lead(registry, SPACES).post(f"{path}/propose-removal", REMOVAL), 200)
    gone = expect(await approver.post(f"{path}/remove", document), 200)
    assert (gone["status"], gone["reason_code"], gone["left_on"]) == ("removed", "inactive", "2019-06-03")


async def test_a_partners_letter_ends_its_membership(registry: Registry) -> None:
    joined = await school(registry)
    path = f"{MEMBERS}/{joined['id']}/leave"
    refused(await lead(registry, SCI).post(path), 422, "validation-failed")
    assert expect(await lead(registry, SCI).post(path, {"document_no": "退会函"}), 200)["status"] == "left"


async def test_the_public_reads_the_members_of_a_day_by_province(registry: Registry) -> None:
    joined = await school(registry)
    await school(registry, "北京大学", "110000")
    expect(await lead(registry, SCI).on(LATER).post(f"{MEMBERS}/{joined['id']}/leave", {"document_no": "退会函"}), 200)
    public = registry.public.on(date(2019, 8, 1))

    async def names(**params: object) -> list[str]:
        return [item["name"] for item in expect(await public.get(MEMBERS, **params), 200)["items"]]

    assert await names() == ["北京大学"]
    assert await names(on="2019-07-01") == ["南京大学", "北京大学"]
    assert await names(on="2019-07-01", province="320000") == ["南京大学"]
    assert await names(on="2019-06-02") == []
    assert await names(on="2019-07-01", q="njdx") == ["南京大学"]
    refused(await public.get(MEMBERS, on="2019-08-02"), 422, "validation-failed")
    shown = expect(await public.get(ALLIANCES, kind=SCI, on="2019-07-01"), 200)["items"][0]
    assert (shown["members"], shown["members_by_type"]["school"]) == (2, 2)
    assert shown["members_by_province"] == {"110000": 1, "320000": 1}
    assert shown["lead_body"] == "拉萨市第二中等职业技术学校"


async def test_a_delisted_centre_is_a_member_no_more_and_its_application_is_over(registry: Registry) -> None:
    centre, other = await registry.listed(), await registry.listed()
    joined, asked = await member(registry, centre), await applied(registry, other)
    for one in (centre, other):
        async with registry.db.transaction() as session:
            await carry_out_decided(session, [decided(one["id"])])
    gone = expect(await registry.auditor.on(date(2021, 3, 1)).get(f"{MEMBERS}/{joined['id']}"), 200)
    assert (gone["status"], gone["left_on"], gone["reason_code"]) == ("ended", "2021-03-01", "centre_delisted")
    over = expect(await registry.auditor.on(date(2021, 3, 1)).get(f"{MEMBERS}/{asked['id']}"), 200)
    assert (over["status"], over["reason_code"]) == ("refused", "centre_delisted")
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(centre["id"], case_id=None)])
    assert (await events_of(registry, joined["id"]))[-1] == "alliance_member.ended.v1"
    assert (await events_of(registry, joined["id"])).count("alliance_member.ended.v1") == 1


async def test_the_database_holds_one_membership_at_a_time(registry: Registry) -> None:
    centre = await registry.listed()
    joined = await member(registry, centre)
    expect(await registry.operator.post(f"{MEMBERS}/{joined['id']}/leave"), 200)
    body = {"alliance": SPACES, "kind": "centre", "centre_id": centre["id"]}
    again = expect(await registry.operator.on(LATER).post(MEMBERS, body), 201)
    expect(await lead(registry, SPACES).on(LATER).post(f"{MEMBERS}/{again['id']}/accept"), 200)
    with pytest.raises(IntegrityError, match="once_at_a_time"):
        await overwrite(registry, joined, left_on=LATER)


async def test_tasks_tell_who_answers(registry: Registry) -> None:
    asked = await applied(registry)

    async def kinds(caller: Caller) -> list[str]:
        answer = expect(await caller.get("/v1/tasks"), 200)
        return [item["kind"] for item in answer["items"] if item["subject_id"] == asked["id"]]

    assert await kinds(lead(registry, SPACES)) == ["member_to_accept"]
    assert await kinds(lead(registry, SCI)) == []
    expect(await lead(registry, SPACES).post(f"{MEMBERS}/{asked['id']}/accept"), 200)
    expect(await lead(registry, SPACES).post(f"{MEMBERS}/{asked['id']}/propose-removal", REMOVAL), 200)
    assert await kinds(lead(registry, SPACES, "approver")) == ["member_to_remove"]
