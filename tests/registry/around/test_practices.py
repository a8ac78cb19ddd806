"""The library of good practice over HTTP."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from services.registry.practices.models import Practice
from tests.registry.around.support import LATER, PRACTICES, events_of
from tests.registry.support import OFFICER, SECOND_OFFICER, Caller, Json, Registry, expect, fresh_code, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

REASON = {"reason_code": "incomplete"}


def practice_body(centre: Json, **changes: object) -> Json:
    return {"title": "一站式代办", "centre_id": centre["id"], "body": "企业到窗口一次办结。", **changes}


async def drafted(registry: Registry, author: Caller | None = None) -> Json:
    centre = await registry.listed()
    return expect(await (author or registry.operator).post(PRACTICES, practice_body(centre)), 201)


async def step(caller: Caller, practice: Json, verb: str, body: object = None) -> Json:
    return expect(await caller.post(f"{PRACTICES}/{practice['id']}/{verb}", body), 200)


async def published(registry: Registry) -> Json:
    practice = await drafted(registry)
    await step(registry.operator, practice, "submit")
    await step(registry.approver, practice, "approve")
    return await step(registry.officer, practice, "publish")


async def test_a_case_goes_from_draft_to_public_by_two_people(registry: Registry) -> None:
    practice = await drafted(registry)
    path = f"{PRACTICES}/{practice['id']}"
    assert (practice["no"], practice["status"]) == ("GP-2019-0001", "draft")
    refused(await registry.approver.post(f"{path}/approve"), 409, "invalid-transition")
    assert (await step(registry.operator, practice, "submit"))["submitted_on"] == "2019-06-03"
    refused(await registry.officer.post(f"{path}/publish"), 409, "invalid-transition")
    await step(registry.approver, practice, "approve")
    for unseen in (registry.public, registry.stranger):
        refused(await unseen.get(path), 404, "not-found")
        assert expect(await unseen.get(PRACTICES), 200)["items"] == []
    await step(registry.officer, practice, "publish")
    shown = expect(await registry.public.get(path), 200)
    assert shown["body"] == "企业到窗口一次办结。"
    assert "drafted_by" not in shown
    assert expect(await registry.operator.get(path), 200)["approved_on"] == "2019-06-03"
    assert await events_of(registry, practice["id"]) == [
        "practice.drafted.v1",
        "practice.submitted.v1",
        "practice.approved.v1",
        "practice.published.v1",
    ]


async def test_whoever_drafted_or_submitted_does_not_approve(registry: Registry) -> None:
    practice = await drafted(registry, registry.officer)
    await step(registry.second_officer, practice, "submit")
    for account in (OFFICER, SECOND_OFFICER):
        both = registry.caller("science_approver", account=account)
        refused(await both.post(f"{PRACTICES}/{practice['id']}/approve"), 403, "four-eyes-required")
    await step(registry.approver, practice, "approve")


async def test_sent_back_it_is_a_draft_again(registry: Registry) -> None:
    practice = await drafted(registry)
    path = f"{PRACTICES}/{practice['id']}"
    await step(registry.operator, practice, "submit")
    refused(await registry.operator.patch(path, {"title": "新题"}, '"2"'), 409, "invalid-transition")
    returned = await step(registry.officer, practice, "return", {**REASON, "remark": "请补充数据。"})
    assert (returned["status"], returned["reason_code"], returned["submitted_on"]) == ("draft", "incomplete", None)
    assert expect(await registry.operator.get(path), 200)["remark"] == "请补充数据。"
    refused(await registry.operator.patch(path, {"title": "新题"}), 428, "precondition-required")
    refused(await registry.operator.patch(path, {"title": None}, '"3"'), 422, "validation-failed")
    assert expect(await registry.operator.patch(path, {"title": "新题"}, '"3"'), 200)["title"] == "新题"
    again = await step(registry.operator, practice, "submit")
    assert again["reason_code"] is None


async def test_withdrawn_it_is_no_longer_public(registry: Registry) -> None:
    practice = await published(registry)
    path = f"{PRACTICES}/{practice['id']}"
    refused(await registry.officer.post(f"{path}/withdraw", {}), 422, "validation-failed")
    await step(registry.officer, practice, "withdraw", REASON)
    refused(await registry.public.get(path), 404, "not-found")
    assert expect(await registry.operator.get(path), 200)["status"] == "withdrawn"
    refused(await registry.officer.post(f"{path}/publish"), 409, "invalid-transition")


async def test_the_log_says_where_a_published_case_was_made_known(registry: Registry) -> None:
    practice = await published(registry)
    path = f"{PRACTICES}/{practice['id']}/publicise"
    entry = {"medium": "site_meeting", "outlet": "城关区现场会", "publicised_on": "2019-06-20"}
    officer = registry.officer.on(LATER)
    refused(await officer.post(path, {**entry, "medium": "leaflet"}), 422, "validation-failed")
    refused(await officer.post(path, {**entry, "link": "javascript:alert(1)"}), 422, "validation-failed")
    refused(await officer.post(path, {**entry, "publicised_on": "2019-07-02"}), 422, "effective-date-in-future")
    refused(await officer.post(path, {**entry, "publicised_on": "2019-06-02"}), 409, "step-before-its-cause")
    refused(await registry.operator.on(LATER).post(path, entry), 403, "forbidden")
    expect(await officer.post(path, {**entry, "publicised_on": "2019-06-28"}), 200)
    web = {
        "medium": "website",
        "outlet": "拉萨市科技局",
        "publicised_on": "2019-06-20",
        "link": "https://kjj.lasa.gov.cn/a",
    }
    expect(await officer.post(path, web), 200)
    log = expect(await registry.public.get(f"{PRACTICES}/{practice['id']}"), 200)["publications"]
    assert [(line["medium"], line["publicised_on"]) for line in log] == [
        ("website", "2019-06-20"),
        ("site_meeting", "2019-06-28"),
    ]
    assert (await events_of(registry, practice["id"]))[-2:] == ["practice.publicised.v1"] * 2


async def test_only_published_cases_go_into_the_log(registry: Registry) -> None:
    practice = await drafted(registry)
    entry = {"medium": "website", "outlet": "网站", "publicised_on": "2019-06-03"}
    refused(await registry.officer.post(f"{PRACTICES}/{practice['id']}/publicise", entry), 409, "invalid-transition")


async def test_authors_write_about_their_own_centres(registry: Registry) -> None:
    centre = await registry.listed()
    practice = expect(await registry.operator.post(PRACTICES, practice_body(centre)), 201)
    path = f"{PRACTICES}/{practice['id']}"
    county = registry.caller("division_officer", division="540102")
    expect(await county.post(PRACTICES, practice_body(centre)), 201)
    expect(await registry.caller("office_officer").post(PRACTICES, practice_body(centre)), 201)
    strange = [
        registry.stranger,
        registry.caller("division_officer", division="540121"),
        registry.caller("auditor", "centre_operator", org=fresh_code()),
        registry.caller("centre_operator"),
    ]
    for caller in strange:
        refused(await caller.post(PRACTICES, practice_body(centre)), 404, "not-found")
        refused(await caller.patch(path, {"title": "新题"}, '"1"'), 404, "not-found")
        refused(await caller.post(f"{path}/submit"), 404, "not-found")
    refused(await registry.stranger.get(path), 404, "not-found")
    expect(await registry.auditor.get(path), 200)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"body": ""}, "body"),
        ({"body": "做" * 50_001}, "body"),
        ({"attachment_ids": []}, "attachment_ids"),
        ({"status": "published"}, "status"),
    ],
)
async def test_wrong_field_is_named(registry: Registry, changes: dict[str, object], field: str) -> None:
    centre = await registry.listed()
    response = await registry.operator.post(PRACTICES, practice_body(centre, **changes))
    problem = refused(response, 422, "validation-failed")
    assert [error["field"] for error in problem["errors"]] == [field]


PAPER = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


async def uploaded(registry: Registry, practice: Json, name: str = "a.pdf") -> str:
    response = await registry.operator.upload(f"{PRACTICES}/{practice['id']}/documents", PAPER, name)
    return str(expect(response, 201)["id"])


async def test_of_its_documents_those_named_are_shown_with_a_published_case(registry: Registry) -> None:
    practice = await drafted(registry)
    path = f"{PRACTICES}/{practice['id']}"
    shown, kept = await uploaded(registry, practice), await uploaded(registry, practice, "b.pdf")
    named = expect(await registry.operator.patch(path, {"attachment_ids": [shown]}, '"1"'), 200)
    assert named["attachment_ids"] == [shown]
    refused(await registry.public.get(f"{path}/attachments/{shown}"), 404, "not-found")
    await step(registry.operator, practice, "submit")
    await step(registry.approver, practice, "approve")
    await step(registry.officer, practice, "publish")
    file = await registry.public.get(f"{path}/attachments/{shown}")
    assert (file.status_code, file.content) == (200, PAPER)
    assert file.headers["Content-Disposition"].startswith("attachment")
    refused(await registry.public.get(f"{path}/attachments/{kept}"), 404, "not-found")
    await step(registry.officer, practice, "withdraw", REASON)
    refused(await registry.public.get(f"{path}/attachments/{shown}"), 404, "not-found")


async def test_attachments_are_documents_of_the_case_named_once(registry: Registry) -> None:
    practice = await drafted(registry)
    other = expect(await registry.operator.post(PRACTICES, practice_body({"id": practice["centre_id"]})), 201)
    path, mine, foreign = (
        f"{PRACTICES}/{practice['id']}",
        await uploaded(registry, practice),
        await uploaded(registry, other),
    )
    for ids in ([foreign], [str(uuid4())], [mine, mine]):
        problem = refused(await registry.operator.patch(path, {"attachment_ids": ids}, '"1"'), 422, "validation-failed")
        assert [error["field"] for error in problem["errors"]] == ["attachment_ids"]


async def test_a_case_whose_attachment_is_gone_is_not_handed_in(registry: Registry) -> None:
    practice = await drafted(registry)
    path, document = f"{PRACTICES}/{practice['id']}", await uploaded(registry, practice)
    expect(await registry.operator.patch(path, {"attachment_ids": [document]}, '"1"'), 200)
    assert (await registry.operator.delete(f"{path}/documents/{document}")).status_code == 204
    refused(await registry.operator.post(f"{path}/submit"), 409, "attachment-missing")


async def test_history_is_for_those_who_see_the_whole_case(registry: Registry) -> None:
    practice = await published(registry)
    path = f"{PRACTICES}/{practice['id']}/history"
    entries = expect(await registry.operator.get(path), 200)["items"]
    assert [entry["type"] for entry in entries][-1] == "registry.practice.published.v1"
    refused(await registry.stranger.get(path), 404, "not-found")


async def test_list_finds_by_state_and_part_of_the_title(registry: Registry) -> None:
    practice = await published(registry)
    for params in ({"title": "代办"}, {"status": "published"}, {"no": practice["no"]}, {"sort": "-drafted"}):
        items = expect(await registry.public.get(PRACTICES, **params), 200)["items"]
        assert [item["id"] for item in items] == [practice["id"]]
    assert expect(await registry.public.get(PRACTICES, title="飞地"), 200)["items"] == []


@pytest.mark.parametrize(
    "values", [{"status": "shown"}, {"status": "published"}, {"approved_by": "account-centre_operator"}]
)
async def test_the_database_refuses_what_the_rules_refuse(registry: Registry, values: dict[str, object]) -> None:
    practice = await drafted(registry)
    change = update(Practice).where(Practice.id == UUID(practice["id"])).values(values)
    async with registry.db.sessions() as session:
        with pytest.raises(IntegrityError, match="ck_practice"):
            await session.execute(change)
