"""Whoever agreed and took it back: what the library kept about the person is gone, the steps stay (4.8-4)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from services.registry.persons.models import Person
from tests.registry.project_library.support import (
    CLAIMS,
    ITEMS,
    PAPER,
    founder,
    hr,
    item_body,
    published,
    step,
)
from tests.registry.support import Json, Registry, expect, refused
from tests.registry.tenants.support import PERSONS, event_types, fresh_card

pytestmark = pytest.mark.asyncio(loop_scope="session")

JULY = date(2019, 7, 1)
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


async def graduate_of_a_school(registry: Registry) -> tuple[Json, str]:
    """Somebody whom only the library knows: a school's project with its paper, and a confirmed graduation."""
    owner = {"name": "白玛央金", "id_number": fresh_card(), "mobile": "13812345678"}
    body = item_body(
        owner=owner,
        consent=PAPER,
        owner_kind="school",
        school_document_no="藏大函3号",
        name="白玛央金藏药浴足包",
        summary="白玛央金研制。",
    )
    item = expect(await hr(registry).post(ITEMS, body), 201)
    expect(await hr(registry).upload(f"{ITEMS}/{item['id']}/documents", PDF, "白玛央金同意书.pdf"), 201)
    found = expect(await registry.officer.get(PERSONS, person_ref=item["owner_ref"]), 200)["items"][0]
    path = f"{PERSONS}/{found['id']}/graduations"
    papers = {"school": "西藏大学", "graduated_on": "2018-06-30", "certificate_no": "10694-9", "evidence": ["毕业证"]}
    entered = expect(await registry.officer.post(path, papers), 201)
    expect(await registry.second_officer.post(f"{path}/{entered['id']}/confirm"), 200)
    return item, found["id"]


async def test_erasure_takes_papers_plan_notes_and_remarks_and_leaves_the_steps(registry: Registry) -> None:
    item, person_id = await graduate_of_a_school(registry)
    centre, other = await registry.listed(), await founder(registry)
    wanted = await published(registry, other)
    asked = {
        "plan": "白玛央金的计划",
        "person_ref": item["owner_ref"],
        "document_no": "申请2号",
        "centre_id": centre["id"],
    }
    claim = expect(await hr(registry).post(f"{ITEMS}/{wanted['id']}/claims", asked), 201)
    await step(other.itself, claim, "accept", at=CLAIMS)
    path, here = f"{CLAIMS}/{claim['id']}", registry.operator.on(JULY)
    visit = {"kind": "visit", "held_on": "2019-06-20", "note": "走访白玛央金。"}
    expect(await here.post(f"{path}/follow-ups", visit), 201)
    await step(here, claim, "abandon", {"reason_code": "team", "remark": "白玛央金离开。"}, at=CLAIMS)
    erase = f"{PERSONS}/erase-due"
    assert expect(await registry.officer.on(JULY).post(erase), 200)["persons_erased"] == 0
    for consent in expect(await registry.officer.get(f"{PERSONS}/{person_id}/consents"), 200)["items"]:
        back = {"channel": "paper", "document_no": "撤回1号"}
        expect(
            await registry.officer.on(JULY).post(f"{PERSONS}/{person_id}/consents/{consent['id']}/withdraw", back), 200
        )
    assert expect(await registry.officer.on(JULY).post(erase), 200)["persons_erased"] == 1
    async with registry.db.transaction() as session:
        assert await session.scalar(select(Person.name).where(Person.ref == item["owner_ref"])) == ""
    answers = [
        await registry.officer.get(f"{ITEMS}/{item['id']}"),
        await registry.officer.get(f"{ITEMS}/{item['id']}/documents"),
        await registry.officer.get(path),
        await registry.officer.get(f"{path}/follow-ups"),
    ]
    assert all(answer.status_code == 200 and "白玛央金" not in answer.text for answer in answers)
    assert answers[1].json()["items"] == []
    assert (answers[2].json()["plan"], answers[3].json()["items"][0]["note"]) == (None, None)
    assert (answers[0].json()["status"], answers[2].json()["status"]) == ("withdrawn", "abandoned")
    assert (await event_types(registry, claim["id"]))[-1] == "library_claim.abandoned"
    again = item_body(owner={"person_ref": item["owner_ref"]}, consent=PAPER)
    refused(await hr(registry).post(ITEMS, again), 409, "person-erased")


async def test_a_founder_who_has_a_project_is_kept_as_long(registry: Registry) -> None:
    item, person_id = await graduate_of_a_school(registry)
    wanted = await published(registry, other := await founder(registry))
    asked = {"plan": "试产", "person_ref": item["owner_ref"], "document_no": "申请2号"}
    claim = expect(await hr(registry).post(f"{ITEMS}/{wanted['id']}/claims", asked), 201)
    await step(other.itself, claim, "accept", at=CLAIMS)
    consents = expect(await registry.officer.get(f"{PERSONS}/{person_id}/consents"), 200)["items"]
    offered = next(one for one in consents if one["subject_id"] == item["id"])
    back = {"channel": "paper", "document_no": "撤回1号"}
    expect(await registry.officer.post(f"{PERSONS}/{person_id}/consents/{offered['id']}/withdraw", back), 200)
    assert expect(await registry.officer.post(f"{PERSONS}/erase-due"), 200)["persons_erased"] == 0
    assert expect(await registry.officer.get(f"{CLAIMS}/{claim['id']}"), 200)["status"] == "claimed"
