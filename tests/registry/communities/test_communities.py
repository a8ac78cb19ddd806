"""Communities over HTTP: who opens one, where it is based, and its yearly report (4.4-1)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.registry.communities.rules import decide_division, missing_elements, report_due_on
from services.registry.consumers import carry_out_decided
from shared.policy.edition import load_editions
from tests.registry.around.support import events_of
from tests.registry.support import Caller, Json, Registry, decided, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

COMMUNITIES, REPORTS = "/v1/communities", "/v1/community-reports"
DECISION = {"document_no": "城政〔2019〕9号"}
NEXT_YEAR = date(2020, 1, 10)
PDF = b"%PDF-1.7\n" + b"x" * 100
ELEMENTS = ("capital", "talent", "technology", "information", "culture", "space")
EDITION = next(iter(load_editions(None)))


def division(registry: Registry, role: str = "officer", code: str = "540102") -> Caller:
    return registry.caller(f"division_{role}", division=code, account=f"{role}-{code}")


def body(centre: Json, **changes: object) -> Json:
    return {"name": "八廓文创社区", "base_centre_id": centre["id"], "sector": "cultural_creation", **changes}


async def opened(registry: Registry, centre: Json | None = None) -> Json:
    centre = centre or await registry.listed()
    community = expect(await division(registry).post(COMMUNITIES, body(centre)), 201)
    path = f"{COMMUNITIES}/{community['id']}/open"
    return expect(await division(registry, "approver").post(path, DECISION), 200)


async def drafted(registry: Registry) -> Json:
    community = await opened(registry)
    operator = registry.operator.on(NEXT_YEAR)
    return expect(await operator.post(REPORTS, {"community_id": community["id"], "year": 2019}), 201)


async def filled(registry: Registry, report: Json) -> Json:
    """Every element with a text, a figure and a paper."""
    operator, path = registry.operator.on(NEXT_YEAR), f"{REPORTS}/{report['id']}"
    elements: dict[str, Any] = {}
    for element in ELEMENTS:
        paper = expect(await operator.upload(f"{path}/documents", PDF + element.encode(), f"{element}.pdf"), 201)
        elements[element] = {"text": "全年成效。", "figure": "12.50", "evidence_ids": [paper["id"]]}
    version = expect(await operator.get(path), 200)["version"]
    sent = {"elements": elements, "resident_jobs": 36}
    return expect(await operator.patch(path, sent, f'"{version}"'), 200)


async def submitted(registry: Registry) -> Json:
    report = await filled(registry, await drafted(registry))
    return expect(await registry.operator.on(NEXT_YEAR).post(f"{REPORTS}/{report['id']}/submit"), 200)


@pytest.mark.parametrize(
    ("code", "may"),
    [
        *((code, True) for code in ("540102", "540103", "540104", "540172", "LIUWU")),
        *((code, False) for code in ("540121", "540173", None)),
    ],
)
async def test_five_divisions_open_communities(code: str | None, may: bool) -> None:
    assert decide_division(EDITION, code).passed is may


async def test_who_proposed_a_community_does_not_decide_on_its_end_either(registry: Registry) -> None:
    community = await opened(registry)
    path = f"{COMMUNITIES}/{community['id']}"
    other = registry.caller("division_officer", division="540102", account="another-officer")
    expect(await other.post(f"{path}/propose-closing", {"reason_code": "inactive"}), 200)
    promoted = registry.caller("division_approver", division="540102", account="officer-540102")
    refused(await promoted.post(f"{path}/close", DECISION), 403, "four-eyes-required")


@pytest.mark.parametrize(("year", "due"), [(2019, date(2020, 2, 3)), (2018, date(2019, 1, 31))])
async def test_a_report_is_due_in_january_and_a_holiday_moves_it(year: int, due: date) -> None:
    assert report_due_on(EDITION, year) >= date(year + 1, 1, 31)
    if year == 2018:
        assert report_due_on(EDITION, year) == due


async def test_an_element_needs_a_text_and_a_paper() -> None:
    texts = dict.fromkeys(ELEMENTS, "成效")
    papers = dict.fromkeys(ELEMENTS, 1)
    assert missing_elements(EDITION, texts, papers) == []
    assert missing_elements(EDITION, {**texts, "space": None}, {**papers, "capital": 0}) == ["capital", "space"]


async def test_a_division_opens_a_community_by_two_people(registry: Registry) -> None:
    centre = await registry.listed()
    community = expect(await division(registry).post(COMMUNITIES, body(centre)), 201)
    path = f"{COMMUNITIES}/{community['id']}"
    assert (community["no"], community["status"], community["division"]) == ("CM-2019-0001", "proposed", "540102")
    refused(await registry.public.get(path), 404, "not-found")
    same = registry.caller("division_approver", division="540102", account="officer-540102")
    refused(await same.post(f"{path}/open", DECISION), 403, "four-eyes-required")
    elsewhere = division(registry, "approver", "540103")
    refused(await elsewhere.post(f"{path}/open", DECISION), 404, "not-found")
    expect(await division(registry, "approver").post(f"{path}/open", DECISION), 200)
    shown = expect(await registry.public.get(path), 200)
    assert (shown["status"], shown["base_since"]) == ("open", "2019-06-03")
    assert "proposed_by" not in shown
    refused(await division(registry).post(COMMUNITIES, body(centre)), 409, "community-exists")


async def test_only_the_responsible_ones_and_only_around_their_listed_centres(registry: Registry) -> None:
    centre, draft = await registry.listed(), await registry.draft()
    refused(
        await division(registry, code="540121").post(COMMUNITIES, body(centre)),
        409,
        "community-division-not-responsible",
    )
    refused(await division(registry, code="540103").post(COMMUNITIES, body(centre)), 404, "not-found")
    refused(await division(registry).post(COMMUNITIES, body(draft)), 409, "community-base-not-listed")
    refused(await division(registry).post(COMMUNITIES, body(centre, sector="steel")), 422, "validation-failed")
    refused(await division(registry).post(COMMUNITIES, body(centre, name="张三13812345678")), 422, "validation-failed")
    refused(await registry.officer.post(COMMUNITIES, body(centre)), 403, "forbidden")


async def test_a_refused_community_says_why(registry: Registry) -> None:
    centre = await registry.listed()
    community = expect(await division(registry).post(COMMUNITIES, body(centre)), 201)
    path = f"{COMMUNITIES}/{community['id']}/refuse"
    refused(await division(registry, "approver").post(path, {"reason_code": "whim"}), 422, "validation-failed")
    no = expect(await division(registry, "approver").post(path, {"reason_code": "incomplete"}), 200)
    assert no["status"] == "refused"
    expect(await division(registry).post(COMMUNITIES, body(centre)), 201)


async def test_with_its_base_delisted_it_is_suspended_and_moves_on(registry: Registry) -> None:
    centre, other = await registry.listed(), await registry.listed()
    community = await opened(registry, centre)
    path = f"{COMMUNITIES}/{community['id']}"
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(centre["id"])])
    after = date(2021, 3, 2)
    lost = expect(await registry.public.on(after).get(path), 200)
    assert lost["status"] == "suspended"
    officer, approver = division(registry).on(after), division(registry, "approver").on(after)
    kinds = [item["kind"] for item in expect(await officer.get("/v1/tasks"), 200)["items"]]
    assert "community_without_base" in kinds
    back = {"base_centre_id": centre["id"], "reason_code": "base_lost"}
    refused(await officer.post(f"{path}/propose-move", back), 409, "community-base-not-listed")
    expect(await officer.post(f"{path}/propose-move", {**back, "base_centre_id": other["id"]}), 200)
    refused(await officer.post(f"{path}/propose-closing", {"reason_code": "no_base"}), 409, "community-proposal-open")
    moved = expect(await approver.post(f"{path}/move", DECISION), 200)
    assert (moved["status"], moved["base_centre_id"], moved["base_since"]) == ("open", other["id"], "2021-03-02")
    assert (await events_of(registry, community["id"]))[2:] == [
        "community.suspended.v1",
        "community.move_proposed.v1",
        "community.moved.v1",
    ]


async def test_a_community_is_closed_with_a_reason_by_two_people(registry: Registry) -> None:
    community = await opened(registry)
    path, approver = f"{COMMUNITIES}/{community['id']}", division(registry, "approver")
    refused(await approver.post(f"{path}/close", DECISION), 409, "community-proposal-missing")
    same = {"base_centre_id": community["base_centre_id"], "reason_code": "merged"}
    refused(await division(registry).post(f"{path}/propose-move", same), 409, "community-base-unchanged")
    expect(await division(registry).post(f"{path}/propose-closing", {"reason_code": "inactive"}), 200)
    refused(await approver.post(f"{path}/move", DECISION), 409, "community-proposal-missing")
    expect(await division(registry).post(f"{path}/drop-proposal"), 200)
    expect(await division(registry).post(f"{path}/propose-closing", {"reason_code": "inactive"}), 200)
    closed = expect(await approver.post(f"{path}/close", DECISION), 200)
    assert (closed["status"], closed["closed_on"], closed["reason_code"]) == ("closed", "2019-06-03", "inactive")
    public = expect(await registry.public.get(COMMUNITIES, on="2019-06-03"), 200)["items"]
    assert [one["id"] for one in public] == [community["id"]]
    later = registry.public.on(NEXT_YEAR)
    assert expect(await later.get(COMMUNITIES, on="2019-06-04"), 200)["items"] == []


async def test_a_report_lacks_nothing_when_it_is_handed_in(registry: Registry) -> None:
    report = await drafted(registry)
    operator, path = registry.operator.on(NEXT_YEAR), f"{REPORTS}/{report['id']}"
    assert set(report["missing"]) == {*ELEMENTS, "resident_jobs"}
    problem = refused(await operator.post(f"{path}/submit"), 409, "community-report-incomplete")
    assert "capital" in problem["detail"]
    sent = {"elements": {"magic": {"text": "x"}}}
    refused(await operator.patch(path, sent, '"1"'), 422, "validation-failed")
    unknown = {"elements": {"capital": {"text": "x", "evidence_ids": [report["id"]]}}}
    refused(await operator.patch(path, unknown, '"1"'), 422, "validation-failed")
    assert (await filled(registry, report))["missing"] == []
    refused(await registry.stranger.post(f"{path}/submit"), 404, "not-found")
    handed_in = expect(await operator.post(f"{path}/submit"), 200)
    assert (handed_in["status"], handed_in["late"]) == ("submitted", False)
    again = await operator.post(REPORTS, {"community_id": report["community_id"], "year": 2019})
    refused(again, 409, "community-report-exists")


async def test_the_division_returns_or_accepts_and_the_city_takes_note(registry: Registry) -> None:
    report = await submitted(registry)
    path, officer = f"{REPORTS}/{report['id']}", division(registry).on(NEXT_YEAR)
    refused(await division(registry, code="540103").on(NEXT_YEAR).post(f"{path}/accept"), 404, "not-found")
    expect(await officer.post(f"{path}/return", {"reason_code": "unproven", "remark": "请补充佐证。"}), 200)
    operator = registry.operator.on(date(2020, 3, 2))
    kinds = [item["kind"] for item in expect(await operator.get("/v1/tasks"), 200)["items"]]
    assert "community_report_returned" in kinds
    again = expect(await operator.post(f"{path}/submit"), 200)
    assert (again["late"], again["submitted_on"]) == (False, "2020-03-02")
    city = registry.officer.on(date(2020, 3, 3))
    refused(await city.post(f"{path}/see"), 409, "invalid-transition")
    expect(await officer.on(date(2020, 3, 3)).post(f"{path}/accept"), 200)
    seen = expect(await city.post(f"{path}/see"), 200)
    assert (seen["status"], seen["seen_on"]) == ("seen", "2020-03-03")
    refused(
        await officer.on(date(2020, 3, 3)).post(f"{path}/return", {"reason_code": "unproven"}),
        409,
        "invalid-transition",
    )


async def test_what_is_due_is_listed_and_asked_for(registry: Registry) -> None:
    community = await opened(registry)
    after = date(2020, 3, 2)
    due = expect(await division(registry).on(after).get(f"{REPORTS}/due", year=2019), 200)["items"]
    assert [(one["community_id"], one["status"], one["overdue"]) for one in due] == [(community["id"], None, True)]
    assert (
        expect(await division(registry, code="540103").on(after).get(f"{REPORTS}/due", year=2019), 200)["items"] == []
    )
    tasks = expect(await registry.operator.on(after).get("/v1/tasks"), 200)["items"]
    waiting = [task for task in tasks if task["kind"] == "community_report_due"]
    assert [(task["subject_id"], task["overdue"]) for task in waiting] == [(community["id"], True)]
    early = {"community_id": community["id"], "year": 2018}
    refused(await registry.operator.on(after).post(REPORTS, early), 409, "community-year-not-open")


async def test_a_draft_is_its_authors_until_it_is_handed_in(registry: Registry) -> None:
    report = await drafted(registry)
    path = f"{REPORTS}/{report['id']}"
    refused(await division(registry).on(NEXT_YEAR).get(path), 404, "not-found")
    refused(await registry.auditor.on(NEXT_YEAR).get(path), 404, "not-found")
    await filled(registry, report)
    expect(await registry.operator.on(NEXT_YEAR).post(f"{path}/submit"), 200)
    expect(await division(registry).on(NEXT_YEAR).get(path), 200)
