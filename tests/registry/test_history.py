"""`…/history` and `?as_of=` over HTTP: who sees what of the past."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from services.registry.consumers import carry_out_decided
from tests.registry.support import (
    APPROVER,
    DAY,
    OPERATOR,
    Caller,
    Json,
    Registry,
    decided,
    expect,
    fresh_code,
    refused,
)
from tests.support.identifiers import make_identity_card

pytestmark = pytest.mark.asyncio(loop_scope="session")

LATER = date(2020, 6, 1)
DELISTED = date(2020, 3, 2)
ONE_DAY = timedelta(days=1)


async def history(caller: Caller, path: str, **params: object) -> list[Json]:
    items: list[Json] = expect(await caller.get(f"{path}/history", **params), 200)["items"]
    return items


async def delist(registry: Registry, centre_id: str, on: date = DELISTED) -> None:
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(centre_id, on=on)])


async def test_history_of_a_centre_tells_each_step(registry: Registry) -> None:
    centre = await registry.listed()
    path = f"/v1/centres/{centre['id']}"
    entries = await history(registry.auditor, path)
    assert [entry["version"] for entry in entries] == list(range(1, centre["version"] + 1))
    first, last = entries[0], entries[-1]
    assert first["type"] == "registry.centre.registered.v1"
    assert first["changes"]["status"] == {"before": None, "after": "draft"}
    assert last["type"] == "registry.centre.listed.v1"
    assert last["changes"]["status"]["after"] == "listed"
    assert last["changes"]["listed_on"] == {"before": None, "after": centre["listed_on"]}
    assert last["effective_on"] == centre["listed_on"]
    assert (last["actor"], last["actor_role"]) == (APPROVER, "bureau")
    assert last["edition"] == "lhasa-2019"
    assert last["rules"]
    assert last["clauses"]
    assert all(clause[0].isdigit() for clause in last["clauses"])
    assert "name" not in last["changes"]


async def test_history_comes_in_pages_by_version(registry: Registry) -> None:
    centre = await registry.listed()
    path = f"/v1/centres/{centre['id']}/history"
    page = expect(await registry.auditor.get(path, limit=2), 200)
    assert [entry["version"] for entry in page["items"]] == [1, 2]
    following = expect(await registry.auditor.get(path, limit=2, cursor=page["next"]), 200)
    assert [entry["version"] for entry in following["items"]] == [3, 4]
    latest = expect(await registry.auditor.get(path, limit=1, sort="-version"), 200)
    assert latest["items"][0]["version"] == centre["version"]


async def test_the_own_side_reads_who_acted_only_by_role(registry: Registry) -> None:
    listed = await registry.listed()
    own = registry.caller("centre_operator", org=OPERATOR, account="own-account")
    draft = expect(await own.post("/v1/centres", {**_profile(listed), "name": "自建双创中心"}), 201)
    entries = await history(own, f"/v1/centres/{draft['id']}")
    assert (entries[0]["actor"], entries[0]["actor_role"]) == ("own-account", "centre_operator")
    colleague = registry.caller("centre_operator", org=OPERATOR, account="a-colleague")
    assert [entry["actor"] for entry in await history(colleague, f"/v1/centres/{draft['id']}")] == [None]
    bureaus = await history(own, f"/v1/centres/{listed['id']}")
    assert {(entry["actor"], entry["actor_role"]) for entry in bureaus} == {(None, "bureau")}


async def test_what_followed_by_itself_is_the_systems(registry: Registry) -> None:
    centre = await registry.listed()
    await delist(registry, centre["id"])
    last = (await history(registry.operator.on(LATER), f"/v1/centres/{centre['id']}"))[-1]
    assert last["type"] == "registry.centre.delisted.v1"
    assert (last["actor"], last["actor_role"]) == (None, "system")
    assert "2.3-5" in last["clauses"]


async def test_history_is_for_those_who_read_the_whole_case(registry: Registry) -> None:
    centre = await registry.listed()
    title = await registry.granted(centre["id"])
    enterprise = await registry.enterprise()
    tenancy = await registry.admitted(centre["id"], enterprise["id"], on=date.fromisoformat(centre["listed_on"]))
    paths = [
        f"/v1/centres/{centre['id']}",
        f"/v1/qualifications/{title['id']}",
        f"/v1/qualification-applications/{title['id']}",
        f"/v1/tenancies/{tenancy['id']}",
    ]
    for path in paths:
        refused(await registry.stranger.get(f"{path}/history"), 404, "not-found")
        expect(await registry.public.get(f"{path}/history"), 401)
        assert await history(registry.operator, path)
    assert await history(registry.operator, f"/v1/enterprises/{enterprise['id']}")  # its tenant
    itself = registry.caller("enterprise", org=enterprise["code"])
    assert await history(itself, f"/v1/enterprises/{enterprise['id']}")
    assert await history(itself, f"/v1/tenancies/{tenancy['id']}")
    other = registry.caller("enterprise", org=fresh_code())
    refused(await other.get(f"/v1/enterprises/{enterprise['id']}/history"), 404, "not-found")
    refused(await other.get(f"/v1/tenancies/{tenancy['id']}/history"), 404, "not-found")
    refused(await registry.auditor.get(f"/v1/centres/{uuid4()}/history"), 404, "not-found")


async def test_history_of_a_ban_is_for_the_barred_and_the_bureaus(registry: Registry) -> None:
    centre = await registry.listed()
    await delist(registry, centre["id"])
    ban = expect(await registry.auditor.get("/v1/bans", centre_id=centre["id"]), 200)["items"][0]
    entries = await history(registry.operator.on(LATER), f"/v1/bans/{ban['id']}")
    assert entries[0]["effective_on"] == DELISTED.isoformat()
    refused(await registry.stranger.on(LATER).get(f"/v1/bans/{ban['id']}/history"), 404, "not-found")


@pytest.mark.parametrize(
    ("day", "status", "titles"),
    [
        (DELISTED - ONE_DAY, "listed", "active"),
        (DELISTED, "delisted", "revoked"),
        (DELISTED + ONE_DAY, "delisted", "revoked"),
    ],
)
async def test_the_day_of_a_delisting_is_the_first_delisted_one(
    registry: Registry, day: date, status: str, titles: str
) -> None:
    centre = await registry.listed()
    title = await registry.granted(centre["id"])
    await delist(registry, centre["id"])
    for caller in (registry.public.on(LATER), registry.auditor.on(LATER)):
        shown = expect(await caller.get(f"/v1/centres/{centre['id']}", as_of=day), 200)
        assert (shown["status"], shown["as_of"], shown["id"]) == (status, day.isoformat(), centre["id"])
        held = expect(await caller.get(f"/v1/qualifications/{title['id']}", as_of=day), 200)
        assert held["status"] == titles


async def test_the_public_sees_public_fields_from_the_first_public_day_on(registry: Registry) -> None:
    centre = await registry.listed()
    path, since = f"/v1/centres/{centre['id']}", date.fromisoformat(centre["listed_on"])
    shown = expect(await registry.public.on(LATER).get(path, as_of=since), 200)
    assert shown["name"] == centre["name"]
    assert "reason_code" not in shown
    before = refused(await registry.public.on(LATER).get(path, as_of=date(2019, 1, 2)), 404, "not-yet-on-that-day")
    assert "2019-01-02" in before["detail"]
    whole = expect(await registry.operator.on(LATER).get(path, as_of=since), 200)
    assert whole["status"] == "listed"
    assert "reason_code" in whole


async def test_a_title_is_not_public_on_the_days_of_its_application(registry: Registry) -> None:
    centre = await registry.listed()
    title = await registry.granted(centre["id"])
    granted = date.fromisoformat(title["granted_on"])
    path = f"/v1/qualifications/{title['id']}"
    assert expect(await registry.public.on(LATER).get(path, as_of=granted), 200)["status"] == "active"
    applied = date.fromisoformat(title["applied_on"])
    if applied < granted:
        problem = refused(await registry.public.on(LATER).get(path, as_of=applied), 404, "not-yet-on-that-day")
        assert granted.isoformat() in problem["detail"]


async def test_before_its_first_day_there_is_nothing_and_the_answer_says_since_when(registry: Registry) -> None:
    draft = await registry.draft()
    path = f"/v1/centres/{draft['id']}"
    problem = refused(await registry.officer.get(path, as_of=DAY - ONE_DAY), 404, "not-yet-on-that-day")
    assert DAY.isoformat() in problem["detail"]
    assert expect(await registry.officer.get(path, as_of=DAY), 200)["status"] == "draft"


async def test_no_state_of_the_future(registry: Registry) -> None:
    draft = await registry.draft()
    refused(await registry.officer.get(f"/v1/centres/{draft['id']}", as_of=DAY + ONE_DAY), 422, "validation-failed")


async def test_a_strangers_centre_has_no_past_either(registry: Registry) -> None:
    draft = await registry.draft()
    refused(await registry.stranger.get(f"/v1/centres/{draft['id']}", as_of=DAY), 404, "not-found")


async def test_a_tenancy_recorded_late_counts_from_its_day(registry: Registry) -> None:
    centre = await registry.listed()
    enterprise = await registry.enterprise()
    start = date.fromisoformat(centre["listed_on"])
    officer, end = registry.officer.on(LATER), start + timedelta(days=100)
    sent = {"centre_id": centre["id"], "enterprise_id": enterprise["id"], "agreement_no": "RZ-1"}
    admission = await officer.post("/v1/tenancies", {**sent, "admitted_on": (start + ONE_DAY).isoformat()})
    tenancy = expect(admission, 201)
    path = f"/v1/tenancies/{tenancy['id']}"
    expect(await officer.post(f"{path}/exit", {"reason_code": "moved_out", "exited_on": end.isoformat()}), 200)
    refused(await officer.get(path, as_of=start), 404, "not-yet-on-that-day")
    days = {start + ONE_DAY: "admitted", end - ONE_DAY: "admitted", end: "exited", LATER: "exited"}
    for day, status in days.items():
        shown = expect(await officer.get(path, as_of=day), 200)
        assert shown["status"] == status, day
    entries = await history(officer, path)
    assert [entry["effective_on"] for entry in entries] == [(start + ONE_DAY).isoformat(), end.isoformat()]
    assert entries[-1]["reason_code"] == "moved_out"
    assert all(entry["recorded_at"] > "2019-12-31" for entry in entries)


def _profile(centre: Json) -> Json:
    names = (
        "operator_code",
        "operator_name",
        "service_kinds",
        "tier",
        "owner_division",
        "site_division",
        "total_area_m2",
        "incubation_area_m2",
        "industry_code",
    )
    return {name: centre[name] for name in names}


async def test_an_amount_written_otherwise_is_no_change(registry: Registry) -> None:
    body = {"name": "启迪", "kind": "service_agency", "origin_province": "110000", "capital": "2000.00"}
    partner = expect(await registry.operator.post("/v1/partners", body), 201)
    path = f"/v1/partners/{partner['id']}"
    changed = {"name": "启迪之星", "capital": "2000"}
    expect(await registry.operator.patch(path, changed, f'"{partner["version"]}"'), 200)
    assert set((await history(registry.auditor, path))[-1]["changes"]) == {"name"}


async def test_things_within_a_centre_have_their_histories(registry: Registry) -> None:
    centre = await registry.listed()
    person = {"name": "次仁", "id_number": make_identity_card(9)}
    staff = {**person, "role": "manager", "full_time": True, "from_on": "2019-03-01"}
    partner = {"name": "启迪", "kind": "service_agency", "origin_province": "110000", "capital": "1.00"}
    agreement = {
        "partner_id": expect(await registry.operator.post("/v1/partners", partner), 201)["id"],
        "document_no": "XY-1",
        "subject": "共建",
        "signed_on": "2019-06-03",
        "valid_from": "2019-06-03",
    }
    link = {"carrier": {"kind": "maker_space", "name": "河谷众创空间", "division": "540102"}, "linked_on": "2019-06-03"}
    takeover = {"to_code": fresh_code(), "to_name": "新程", "reason_code": "transfer", "agreement_no": "1"}
    designation = {"issuer": "科技部", "designated_on": "2019-06-03", "document_no": "国科发〔2019〕1号"}
    for below, body, maker in (
        ("staff", staff, registry.operator),
        ("agreements", agreement, registry.operator),
        ("carriers", link, registry.operator),
        ("operator-changes", takeover, registry.operator),
        ("profile-changes", {"name": "新名", "reason_code": "renaming"}, registry.operator),
        ("designations", designation, registry.officer),
    ):
        path = f"/v1/centres/{centre['id']}/{below}"
        made = expect(await maker.post(path, body), 201)
        [entry] = await history(registry.operator, f"{path}/{made['id']}")
        assert entry["version"] == 1, below
        assert entry["changes"], below
        refused(await registry.stranger.get(f"{path}/{made['id']}/history"), 404, "not-found")


async def test_a_stored_decision_is_read_with_its_texts(registry: Registry) -> None:
    centre, enterprise = await registry.listed(), await registry.enterprise()
    tenancy = await registry.admitted(centre["id"], enterprise["id"])
    path = f"/v1/tenancies/{tenancy['id']}"
    answer = await registry.auditor.get(path)
    texts = [result["text"] for result in expect(answer, 200)["decision"]["results"]]
    assert all(texts)
    assert "双创中心" in texts[0]
    assert answer.headers["Content-Language"] == "zh-CN"
    assert "Accept-Language" in answer.headers["Vary"]
    headers = {**registry.auditor._headers(), "Accept-Language": "en"}
    english = expect(await registry.client.get(path, headers=headers), 200)["decision"]["results"]
    assert all(result["text"].isascii() for result in english[:1])
    assert [result["rule"] for result in english] == [
        result["rule"] for result in expect(answer, 200)["decision"]["results"]
    ]
    [listed] = expect(await registry.auditor.get("/v1/tenancies"), 200)["items"]
    assert [result["text"] for result in listed["decision"]["results"]] == texts
