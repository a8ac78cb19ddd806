"""Divisions and coverage over HTTP."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.registry.centres.models import Centre
from services.registry.consumers import carry_out_decided
from services.registry.tiers.periods import change_tier
from shared.policy.edition import load_editions
from tests.registry.around.support import DIVISIONS, events_of
from tests.registry.support import DAY, Caller, Json, Registry, decided, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

DUE = date(2019, 6, 28)
GROUP: Json = {
    "document_no": "城政发〔2019〕8号",
    "established_on": "2019-04-10",
    "chair_post": "区长",
    "members": ["城关区科技局", "城关区财政局"],
}


async def page_of(caller: Caller, code: str) -> Json:
    items = expect(await caller.get(DIVISIONS, code=code), 200)["items"]
    assert len(items) == 1
    page: Json = items[0]
    return page


async def test_eight_counties_and_four_parks_stand_there_with_what_they_owe(registry: Registry) -> None:
    items = expect(await registry.officer.get(DIVISIONS), 200)["items"]
    assert len(items) == 12
    parks = expect(await registry.officer.get(DIVISIONS, kind="park"), 200)["items"]
    assert {park["code"]: park["within"] for park in parks} == {
        "540172": "540103",
        "540173": "540102",
        "540174": "540104",
        "LIUWU": "540103",
    }
    within = expect(await registry.officer.get(DIVISIONS, within="540103"), 200)["items"]
    assert {park["code"] for park in within} == {"540172", "LIUWU"}
    county = await page_of(registry.auditor, "540121")
    assert (county["name_zh"], county["enclave_owner"], county["main_urban"]) == ("林周县", True, False)
    assert [(paper["kind"], paper["due_on"]) for paper in county["papers"]] == [
        ("leading_group", "2019-04-30"),
        ("plan", "2019-06-28"),
        ("policy", "2019-06-28"),
        ("matching_budget", "2019-06-28"),
    ]
    assert (county["papers_overdue"], county["papers"][0]["days_late"]) == (1, 34)
    assert "ETag" in (await registry.auditor.get(f"{DIVISIONS}/{county['id']}")).headers


async def test_two_first_readers_at_once_open_each_page_once(registry: Registry) -> None:
    answers = await asyncio.gather(*(registry.officer.get(DIVISIONS) for _ in range(4)))
    assert [len(expect(answer, 200)["items"]) for answer in answers] == [12, 12, 12, 12]
    assert len((await page_of(registry.officer, "LIUWU"))["papers"]) == 4


async def test_the_due_list_shows_what_is_overdue_from_the_day_after(registry: Registry) -> None:
    officer = registry.officer
    due = expect(await officer.on(DUE).get(f"{DIVISIONS}/due", overdue="true", limit=200), 200)["items"]
    assert {item["kind"] for item in due} == {"leading_group"}
    assert len(due) == 12
    late = expect(await officer.on(date(2019, 6, 29)).get(f"{DIVISIONS}/due", overdue="true", limit=200), 200)["items"]
    assert len(late) == 48
    assert [item["due_on"] for item in late] == sorted(item["due_on"] for item in late)
    first = expect(await officer.on(DUE).get(f"{DIVISIONS}/due", limit=25), 200)
    rest = expect(await officer.on(DUE).get(f"{DIVISIONS}/due", limit=25, cursor=first["next"]), 200)
    assert len({item["id"] for item in first["items"] + rest["items"]}) == 48
    own = registry.caller("division_officer", division="540121").on(DUE)
    mine = expect(await own.get(f"{DIVISIONS}/due"), 200)["items"]
    assert {item["division_code"] for item in mine} == {"540121"}


async def test_naming_the_leading_group_settles_that_duty(registry: Registry) -> None:
    own = registry.caller("division_officer", division="540102")
    page = await page_of(own, "540102")
    path = f"{DIVISIONS}/{page['id']}"
    contacts = [{"office": "城关区双创办", "phone": "0891-6330000"}]
    body = {"leading_group": GROUP, "contacts": contacts}
    refused(await own.patch(path, body), 428, "precondition-required")
    changed = expect(await own.patch(path, body, '"0"'), 200)
    assert (changed["leading_group"], changed["contacts"]) == (GROUP, contacts)
    assert changed["papers"][0]["handed_in_on"] == "2019-04-10"
    assert changed["papers_overdue"] == 0
    refused(await own.patch(path, body, '"0"'), 412, "precondition-failed")
    assert await events_of(registry, page["id"]) == ["division.amended.v1"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"contacts": [{"office": "双创办", "phone": "13889001234"}]}, "contacts.0.phone"),
        ({"contacts": [{"office": "双创办", "phone": "0891-6330000", "person": "次仁"}]}, "contacts.0.person"),
        ({"contacts": None}, "contacts"),
        ({"leading_group": {**GROUP, "established_on": "2019-06-04"}}, "leading_group.established_on"),
        ({"leading_group": {**GROUP, "leader": "次仁"}}, "leading_group.leader"),
    ],
)
async def test_no_person_stands_on_a_divisions_page(registry: Registry, body: Json, field: str) -> None:
    page = await page_of(registry.officer, "540102")
    problem = refused(await registry.officer.patch(f"{DIVISIONS}/{page['id']}", body, '"0"'), 422, "validation-failed")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_a_paper_is_handed_in_once_under_its_number(registry: Registry) -> None:
    own = registry.caller("division_officer", division="540102")
    page = await page_of(own, "540102")
    group, plan, *_ = page["papers"]
    base = f"{DIVISIONS}/{page['id']}/papers"
    document = {"document_no": "城政办发〔2019〕20号", "handed_in_on": "2019-06-01"}
    refused(await own.post(f"{base}/{group['id']}/hand-in", document), 409, "leading-group-not-named")
    handed = expect(await own.post(f"{base}/{plan['id']}/hand-in", document), 200)
    shown = next(paper for paper in handed["papers"] if paper["id"] == plan["id"])
    assert (shown["handed_in_on"], shown["document_no"]) == ("2019-06-01", "城政办发〔2019〕20号")
    refused(await own.post(f"{base}/{plan['id']}/hand-in", document), 409, "invalid-transition")
    other = await page_of(registry.officer, "540103")
    foreign = f"{DIVISIONS}/{other['id']}/papers/{plan['id']}/hand-in"
    refused(await registry.officer.post(foreign, document), 404, "not-found")
    assert await events_of(registry, page["id"]) == ["division.paper_handed_in.v1"]


async def test_the_city_asks_for_papers_by_a_day_and_a_division_adds_its_own(registry: Registry) -> None:
    own = registry.caller("division_officer", division="540102")
    office = registry.caller("office_officer")
    page = await page_of(own, "540102")
    base = f"{DIVISIONS}/{page['id']}/papers"
    asked = {"kind": "plan", "title": "飞地双创中心实施细则", "due_on": "2019-06-02"}
    refused(await own.post(base, asked), 403, "forbidden")
    refused(await office.post(base, {**asked, "kind": "letter"}), 422, "validation-failed")
    answer = expect(await office.post(base, asked), 201)
    assert answer["papers_overdue"] == 2
    expect(await own.post(base, {"kind": "policy", "title": "补充政策"}), 201)
    due = expect(await own.get(f"{DIVISIONS}/due", kind="plan"), 200)["items"]
    assert [item["title"] for item in due] == ["飞地双创中心实施细则", "实施方案"]
    assert len((await page_of(own, "540102"))["papers"]) == 6


async def test_a_division_sees_and_keeps_its_own_page_only(registry: Registry) -> None:
    page = await page_of(registry.officer, "540102")
    path = f"{DIVISIONS}/{page['id']}"
    other = registry.caller("division_officer", division="540103")
    nowhere = registry.caller("division_officer")
    approver = registry.caller("division_approver", division="540102")
    for caller in (other, nowhere):
        refused(await caller.get(path), 404, "not-found")
        refused(await caller.patch(path, {"contacts": []}, '"0"'), 404, "not-found")
        refused(await caller.post(f"{path}/papers", {"kind": "plan", "title": "方案"}), 404, "not-found")
    assert expect(await nowhere.get(DIVISIONS), 200)["items"] == []
    expect(await approver.get(path), 200)
    refused(await approver.patch(path, {"contacts": []}, '"0"'), 403, "forbidden")


async def test_coverage_counts_an_enclave_for_its_owner_and_a_parks_centre_once(registry: Registry) -> None:
    await registry.listed()
    await registry.listed(name="经开区双创中心", owner_division="540172", site_division="540172")
    await registry.draft(name="草稿中心", owner_division="540124", site_division="540124")
    agreement = {"document_no": "飞地〔2018〕1号", "parties": ["当雄县", "城关区"], "signed_on": "2018-11-20"}
    enclave: dict[str, Any] = {"owner_division": "540122", "site_division": "540102", "enclave_agreement": agreement}
    await registry.listed(name="当雄飞地双创中心", **enclave)
    city = expect(await registry.auditor.get("/v1/coverage"), 200)
    rows = {row["code"]: row for row in city["rows"]}
    assert (len(rows), city["centres"], city["divisions"], city["divisions_covered"]) == (8, 3, 8, 3)
    assert rows["540103"]["by_park"] == {"540172": 1, "LIUWU": 0}
    assert [centre["name"] for centre in rows["540103"]["centres"]] == ["经开区双创中心"]
    assert (rows["540122"]["enclaves"], rows["540102"]["count"]) == (1, 1)
    assert city["gaps"] == ["540104", "540121", "540123", "540124", "540127"]
    assert sum(row["count"] for row in city["rows"]) == city["centres"]
    assert city["by_tier"] == {"standard": 3, "specialised": 0, "national": 0}
    none: Json = {"actual": 0, "above": 0, "by_division": {}, "target": 15, "missing": 15, "met": False}
    assert city["specialised"] == {**none, "clause": "1.2-5"}


async def test_coverage_as_of_the_day_before_the_first_listing_is_empty(registry: Registry) -> None:
    await registry.listed(DAY)
    before = expect(await registry.auditor.get("/v1/coverage", on="2019-06-02"), 200)
    assert (before["centres"], before["divisions_covered"]) == (0, 0)
    on_the_day = expect(await registry.auditor.get("/v1/coverage", on=DAY), 200)
    assert on_the_day["centres"] == 1
    refused(await registry.auditor.get("/v1/coverage", day="2019-06-02"), 422, "validation-failed")


async def test_coverage_shows_the_tier_of_the_day(registry: Registry) -> None:
    centre = await registry.listed()
    async with registry.db.transaction() as session:
        row = await session.get_one(Centre, UUID(centre["id"]), with_for_update=True)
        edition, no, case = load_editions(None).get("lhasa-2019"), "拉科发〔2019〕40号", uuid4()
        day = date(2019, 7, 1)
        await change_tier(
            session, edition, row, "specialised", day, basis="application", document_no=no, source_id=case
        )
    for on, tier, count in [("2019-06-30", "standard", 0), ("2019-07-01", "specialised", 1)]:
        city = expect(await registry.auditor.on(date(2019, 7, 1)).get("/v1/coverage", on=on), 200)
        assert city["rows"][0]["centres"][0]["tier"] == tier
        assert city["specialised"]["actual"] == count


async def test_a_delisted_centre_covers_nothing_from_that_day_on(registry: Registry) -> None:
    centre = await registry.listed()
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(centre["id"], on=date(2021, 3, 1))])
    for day, count in [("2021-02-28", 1), ("2021-03-01", 0)]:
        auditor = registry.auditor.on(date(2021, 3, 1))
        assert expect(await auditor.get("/v1/coverage", on=day), 200)["centres"] == count


async def test_lists_around_a_centre_are_files_too(registry: Registry) -> None:
    file = await registry.officer.export(DIVISIONS, "text/csv")
    assert file.status_code == 200, file.text
    assert file.headers["Content-Type"].startswith("text/csv")
    assert len(file.text.strip().splitlines()) == 13
