"""The project library over HTTP: from a draft with its owner's consent to the public page, by two people and by rounds
(4.8-4)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.registry.project_library.support import (
    CLAIMS,
    ITEMS,
    PAPER,
    ROUNDS,
    checked,
    checker,
    drafted,
    founder,
    hr,
    item_body,
    published,
    requested,
    step,
)
from tests.registry.support import DAY, Json, Registry, expect, refused
from tests.registry.tenants.support import PERSONS, event_types, fresh_card

pytestmark = pytest.mark.asyncio(loop_scope="session")

TOMORROW = DAY + timedelta(days=1)


async def consent_of(registry: Registry, person_id: str, item: Json) -> Json:
    found = expect(await registry.officer.get(f"{PERSONS}/{person_id}/consents"), 200)["items"]
    consent: Json = next(one for one in found if one["subject_id"] == item["id"])
    return consent


async def test_a_founders_project_is_published_by_somebody_else(registry: Registry) -> None:
    owner = await founder(registry)
    item = await drafted(registry, owner, project_id=owner.project["id"])
    assert (item["no"], item["status"], item["owner_ref"]) == ("LB-2019-0001", "draft", owner.ref)
    path = f"{ITEMS}/{item['id']}"
    assert (await consent_of(registry, owner.person["id"], item))["channel"] == "own_account"
    refused(await checker(registry).post(f"{path}/publish"), 409, "invalid-transition")
    await step(owner.itself, item, "submit")
    refused(await registry.public.get(path), 404, "not-found")
    await step(checker(registry), item, "check")
    assert expect(await registry.public.get(ITEMS), 200)["items"] == []
    await step(checker(registry), item, "publish")
    shown = expect(await registry.public.get(path), 200)
    assert shown["published_on"] == "2019-06-03"
    assert not {"owner_ref", "drafted_by", "project_id", "checked_by"} & set(shown)
    assert owner.ref not in str(shown)
    assert await event_types(registry, item["id"]) == [
        f"library_item.{name}" for name in ("drafted", "submitted", "checked", "published")
    ]


async def test_an_officers_draft_is_checked_and_published_by_another(registry: Registry) -> None:
    owner = {"name": "卓玛", "id_number": fresh_card(), "mobile": "13812345678"}
    body = item_body(owner=owner, consent=PAPER, owner_kind="school", school_document_no="藏大函〔2019〕3号")
    item = expect(await hr(registry).post(ITEMS, body), 201)
    await step(hr(registry), item, "submit")
    path = f"{ITEMS}/{item['id']}"
    drafter = registry.caller("hr_approver", account="0190a000-0000-7000-8000-0000000000b1")
    for verb in ("check", "publish"):
        refused(await drafter.post(f"{path}/{verb}"), 403, "four-eyes-required")
        await step(checker(registry), item, verb)
    shown = expect(await registry.public.get(path), 200)
    assert shown["owner_kind"] == "school"
    assert "138" not in str(shown)


@pytest.mark.parametrize(
    ("missing", "field"), [({"owner": None}, "owner"), ({"consent": None}, "consent")], ids=["owner", "paper"]
)
async def test_an_officer_names_the_owner_and_the_paper_of_the_consent(
    registry: Registry, missing: Json, field: str
) -> None:
    body = {**item_body(owner={"name": "卓玛", "id_number": fresh_card()}, consent=PAPER), **missing}
    problem = refused(await hr(registry).post(ITEMS, body), 422, "validation-failed")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_a_graduation_is_confirmed_before_the_project_is_handed_in(registry: Registry) -> None:
    owner = await founder(registry, graduated_on=None)
    item = await drafted(registry, owner)
    refused(await owner.itself.post(f"{ITEMS}/{item['id']}/submit"), 409, "library-owner-no-graduate")


async def test_a_project_on_record_is_offered_once_and_by_who_stands_behind_it(registry: Registry) -> None:
    owner, other = await founder(registry), await founder(registry, name="卓玛")
    item = await drafted(registry, owner, project_id=owner.project["id"])
    again = item_body(project_id=owner.project["id"])
    assert item["no"] in refused(await owner.itself.post(ITEMS, again), 409, "library-project-twice")["detail"]
    refused(await other.itself.post(ITEMS, again), 404, "not-found")
    paper = {"owner": {"person_ref": other.ref}, "consent": PAPER, "project_id": other.project["id"]}
    theirs = expect(await hr(registry).post(ITEMS, item_body(**paper)), 201)
    await step(hr(registry), theirs, "submit")
    strange = {"owner": {"person_ref": other.ref}, "consent": PAPER}
    expect(await owner.itself.post(f"{ITEMS}/{item['id']}/withdraw", {"reason_code": "given_up"}), 200)
    wrong = expect(await hr(registry).post(ITEMS, item_body(project_id=owner.project["id"], **strange)), 201)
    refused(await hr(registry).post(f"{ITEMS}/{wrong['id']}/submit"), 409, "library-owner-not-behind")


async def test_withdrawn_consent_takes_it_off_the_page_at_once(registry: Registry) -> None:
    owner, chooser = await founder(registry), await founder(registry, name="卓玛")
    item = await published(registry, owner)
    kept = await published(registry, owner, name="牦牛绒纺纱")
    claim = await requested(registry, item, chooser)
    consent = await consent_of(registry, owner.person["id"], item)
    path = f"{PERSONS}/{owner.person['id']}/consents/{consent['id']}/withdraw"
    expect(await owner.itself.post(path, {}), 200)
    refused(await registry.public.get(f"{ITEMS}/{item['id']}"), 404, "not-found")
    assert [one["id"] for one in expect(await registry.public.get(ITEMS), 200)["items"]] == [kept["id"]]
    whole = expect(await owner.itself.get(f"{ITEMS}/{item['id']}"), 200)
    assert (whole["status"], whole["reason_code"]) == ("withdrawn", "consent_withdrawn")
    ended = expect(await chooser.itself.get(f"{CLAIMS}/{claim['id']}"), 200)
    assert (ended["status"], ended["reason_code"]) == ("refused", "no_longer_offered")


async def test_a_consent_whose_time_is_over_shows_nothing_before_anybody_notices(registry: Registry) -> None:
    item = await published(registry, await founder(registry))
    path = f"{ITEMS}/{item['id']}"
    for day, status in ((date(2022, 6, 3), 200), (date(2022, 6, 4), 404)):
        assert (await registry.public.on(day).get(path)).status_code == status


async def test_sent_back_it_goes_the_whole_way_again(registry: Registry) -> None:
    owner = await founder(registry)
    item = await checked(registry, owner)
    path = f"{ITEMS}/{item['id']}"
    refused(await owner.itself.patch(path, {"stage": "tested"}, '"3"'), 409, "invalid-transition")
    await step(checker(registry), item, "return", {"reason_code": "unsupported", "remark": "请附检测报告。"})
    shown = expect(await owner.itself.get(path), 200)
    assert (shown["status"], shown["checked_by"], shown["remark"]) == ("draft", None, "请附检测报告。")
    expect(await owner.itself.patch(path, {"stage": "tested"}, f'"{shown["version"]}"'), 200)
    await step(owner.itself, item, "submit")
    refused(await checker(registry).post(f"{path}/publish"), 409, "invalid-transition")


async def test_a_round_publishes_what_was_checked_for_it_on_its_day(registry: Registry) -> None:
    planned = expect(
        await hr(registry).post(ROUNDS, {"title": "2019年第一批", "publishes_on": TOMORROW.isoformat()}), 201
    )
    path, here = f"{ROUNDS}/{planned['id']}", checker(registry)
    refused(await here.on(TOMORROW).post(f"{path}/publish"), 409, "library-round-empty")
    owner, other = await founder(registry), await founder(registry, name="卓玛")
    first = await drafted(registry, owner)
    await step(owner.itself, first, "submit")
    await step(here, first, "check", {"round_id": planned["id"]})
    second = await checked(registry, other, name="牦牛绒纺纱")
    assert (await step(here, second, "schedule", {"round_id": planned["id"]}))["round_id"] == planned["id"]
    assert expect(await registry.public.get(path), 200)["items"] == 2
    refused(await here.post(f"{path}/publish"), 409, "step-before-its-cause")
    consent = await consent_of(registry, other.person["id"], second)
    withdraw = f"{PERSONS}/{other.person['id']}/consents/{consent['id']}/withdraw"
    expect(await other.itself.post(withdraw, {}), 200)
    done = expect(await here.on(TOMORROW).post(f"{path}/publish"), 200)
    assert (done["status"], done["items"], done["published_on"]) == ("published", 1, TOMORROW.isoformat())
    shown = expect(await registry.public.on(TOMORROW).get(ITEMS, round_id=planned["id"]), 200)["items"]
    assert [one["id"] for one in shown] == [first["id"]]
    refused(await here.on(TOMORROW).post(f"{path}/publish"), 409, "invalid-transition")
    switches = expect(await owner.itself.get(f"{ITEMS}/{first['id']}/switches"), 200)["items"]
    assert [(one["public"], one["cause"], one["round_id"]) for one in switches] == [(True, "round", planned["id"])]


async def test_whoever_drafted_something_in_a_round_does_not_publish_it(registry: Registry) -> None:
    planned = expect(await hr(registry).post(ROUNDS, {"title": "第一批", "publishes_on": DAY.isoformat()}), 201)
    owner = await founder(registry)
    body = item_body(owner={"person_ref": owner.ref}, consent=PAPER)
    item = expect(await hr(registry).post(ITEMS, body), 201)
    await step(hr(registry), item, "submit")
    await step(checker(registry), item, "check", {"round_id": planned["id"]})
    refused(await hr(registry).post(f"{ROUNDS}/{planned['id']}/publish"), 403, "four-eyes-required")


async def test_the_switch_goes_off_and_on_and_keeps_its_days(registry: Registry) -> None:
    owner = await founder(registry)
    item = await published(registry, owner)
    here, path = checker(registry, on=TOMORROW), f"{ITEMS}/{item['id']}"
    off = await step(here, item, "switch-off", {"reason_code": "complaint"})
    assert (off["status"], off["published_on"], off["first_published_on"]) == ("switched_off", None, "2019-06-03")
    refused(await registry.public.on(TOMORROW).get(path), 404, "not-found")
    refused(await here.post(f"{path}/publish", {"published_on": "2019-06-03"}), 409, "step-before-its-cause")
    await step(here, item, "publish")
    switches = expect(await here.get(f"{path}/switches"), 200)["items"]
    assert [(one["public"], one["switched_on"]) for one in switches] == [
        (True, "2019-06-03"),
        (False, "2019-06-04"),
        (True, "2019-06-04"),
    ]
    for change in ("UPDATE library_switch SET public = false", "DELETE FROM library_switch"):
        with pytest.raises(DBAPIError):
            async with registry.db.transaction() as session:
                await session.execute(text(change))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "青稞"}, True),
        ({"q": "qkjz"}, True),
        ({"q": "牦牛"}, False),
        ({"industry": "C13"}, True),
        ({"industry": "C14"}, False),
        ({"province": "540000", "school": "青海"}, False),
        ({"province": "540000", "school": "西藏"}, True),
        ({"province": "110000"}, False),
        ({"stage": "prototype"}, True),
        ({"stage": "idea"}, False),
        ({"owner_kind": "school"}, False),
    ],
    ids=str,
)
async def test_public_search(registry: Registry, query: Json, found: bool) -> None:
    await published(registry, await founder(registry))
    assert bool(expect(await registry.public.get(ITEMS, **query), 200)["items"]) is found


@pytest.mark.parametrize("field", ["name", "summary"])
async def test_public_texts_hold_no_mobile_number(registry: Registry, field: str) -> None:
    owner = await founder(registry)
    problem = refused(
        await owner.itself.post(ITEMS, item_body(**{field: "联系电话138 1234 5678"})), 422, "validation-failed"
    )
    assert [error["field"] for error in problem["errors"]] == [field]
