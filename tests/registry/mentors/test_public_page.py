"""4.8-1: everybody sees the mentors who agreed, what they agreed to, and as long as they agree."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.registry.mentors.support import (
    DECREE,
    MENTORS,
    PAPER,
    TERM_END,
    appointed,
    as_mentor,
    at_centre,
    decider,
    hr,
    proposed,
)
from tests.registry.support import DAY, Caller, Json, Registry, expect, refused
from tests.registry.tenants.support import event_types

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHOWN = {"id", "no", "name", "fields", "organisation", "introduction", "centre_ids"}
ONE = timedelta(days=1)


async def shown_to(caller: Caller) -> list[Json]:
    items: list[Json] = expect(await caller.get(MENTORS), 200)["items"]
    return items


async def test_public_page_shows_what_the_consent_covers(registry: Registry) -> None:
    mentor = await appointed(registry)
    centre = await registry.listed()
    await at_centre(registry, mentor, centre)
    shown = expect(await registry.public.get(f"{MENTORS}/{mentor['id']}"), 200)
    assert set(shown) == SHOWN
    assert (shown["name"], shown["centre_ids"]) == ("央金·卓玛", [centre["id"]])
    for word in (mentor["person_ref"], mentor["person_id"], "138", "yangjin", "5678"):
        assert word not in (await registry.public.get(MENTORS)).text
    file = await registry.public.export(MENTORS, "text/csv")
    assert mentor["person_ref"] not in file.text


@pytest.mark.parametrize("missing", ["page", "both", "not_appointed"])
async def test_nobody_is_shown_who_did_not_agree_or_is_not_appointed(registry: Registry, missing: str) -> None:
    if missing == "not_appointed":
        mentor = await proposed(registry)
    else:
        mentor = await appointed(registry, consent=PAPER)
    assert await shown_to(registry.public) == []
    refused(await registry.public.get(f"{MENTORS}/{mentor['id']}"), 404, "not-found")
    assert len(await shown_to(hr(registry))) == 1


async def test_page_is_gone_the_moment_its_consent_is_taken_back(registry: Registry) -> None:
    mentor = await appointed(registry)
    own = as_mentor(registry, mentor)
    consents = f"/v1/persons/{mentor['person_id']}/consents"
    page = expect(await own.get(consents, purpose="mentor_public_page"), 200)["items"][0]
    assert len(await shown_to(registry.public)) == 1
    expect(await own.post(f"{consents}/{page['id']}/withdraw"), 200)
    assert await shown_to(registry.public) == []
    refused(await registry.public.get(f"{MENTORS}/{mentor['id']}"), 404, "not-found")
    assert expect(await own.get(f"{MENTORS}/{mentor['id']}"), 200)["status"] == "appointed"
    expect(await own.post(consents, {"purpose": "mentor_public_page"}), 201)
    assert len(await shown_to(registry.public)) == 1


async def test_page_ends_with_the_appointment(registry: Registry) -> None:
    await appointed(registry)
    assert len(await shown_to(registry.public.on(TERM_END))) == 1
    assert await shown_to(registry.public.on(TERM_END + ONE)) == []


async def test_appointment_ends_with_the_consent_to_be_a_mentor(registry: Registry) -> None:
    mentor = await appointed(registry)
    await at_centre(registry, mentor, await registry.listed())
    consents = f"/v1/persons/{mentor['person_id']}/consents"
    given = expect(await hr(registry).get(consents, purpose="mentor"), 200)["items"][0]
    body = {"channel": "paper", "document_no": "撤回函1号"}
    expect(await hr(registry).post(f"{consents}/{given['id']}/withdraw", body), 200)
    ended = expect(await hr(registry).get(f"{MENTORS}/{mentor['id']}"), 200)
    assert (ended["status"], ended["reason_code"], ended["ended_on"]) == ("ended", "consent_withdrawn", DAY.isoformat())
    link = expect(await hr(registry).get(f"{MENTORS}/{mentor['id']}/centres"), 200)["items"][0]
    assert link["until"] == DAY.isoformat()
    assert (await event_types(registry, mentor["id"]))[-1] == "mentor.ended"
    refused(await hr(registry).post(f"{consents}/{given['id']}/withdraw", body), 409, "consent-ended")


async def test_proposal_is_dropped_with_the_consent(registry: Registry) -> None:
    mentor = await proposed(registry)
    consents = f"/v1/persons/{mentor['person_id']}/consents"
    given = expect(await hr(registry).get(consents, purpose="mentor"), 200)["items"][0]
    body = {"channel": "paper", "document_no": "撤回函2号"}
    expect(await hr(registry).post(f"{consents}/{given['id']}/withdraw", body), 200)
    path = f"{MENTORS}/{mentor['id']}"
    assert expect(await hr(registry).get(path), 200)["status"] == "refused"
    refused(await decider(registry).post(f"{path}/appoint", DECREE), 409, "mentor-nothing-proposed")


async def test_filters_tell_nobody_what_it_does_not_see(registry: Registry) -> None:
    await appointed(registry, graduate_team=True)
    for query in ({"graduate_team": "true"}, {"status": "appointed"}):
        assert expect(await registry.public.get(MENTORS, **query), 200)["items"] == []
        assert len(expect(await hr(registry).get(MENTORS, **query), 200)["items"]) == 1
    assert len(expect(await registry.public.get(MENTORS, field="financing"), 200)["items"]) == 1
    assert expect(await registry.public.get(MENTORS, field="technology"), 200)["items"] == []
    refused(await registry.public.get(MENTORS, field="astrology"), 422, "validation-failed")
