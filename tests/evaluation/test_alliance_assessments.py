"""An alliance's work on record, and the sheet of its year: drafted, confirmed by another person, published once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from services.evaluation.alliance_assessments import rules
from shared.auth.roles import PUBLIC
from shared.events.contracts import evaluation as ec
from shared.policy.alliance_assessment import AllianceAssessment
from shared.policy.edition import load_editions
from tests.evaluation.known import Json
from tests.evaluation.support import Caller, Desk

LHASA = load_editions(None).get("lhasa-2019")
A = "/v1/alliance-assessments"
MARKS = {"activities": "35.5", "resource_sharing": "24.5", "membership": "10", "governance": "10"}
HELD, TODAY = date(2019, 6, 1), date(2020, 1, 10)


def full(**changes: str | None) -> dict[str, Decimal]:
    sent = {**MARKS, **changes}
    return {name: Decimal(mark) for name, mark in sent.items() if mark is not None}


@pytest.mark.parametrize(
    ("marks", "passed", "said"),
    [
        (full(), True, {}),
        (full(activities="40", resource_sharing="30", membership="15", governance="15"), True, {}),
        (full(activities="40.1"), False, {"above": "activities"}),
        (full(membership=None), False, {"missing": "membership"}),
        (full(glory="1"), False, {"unknown": "glory"}),
        ({}, False, {"missing": "activities, governance, membership, resource_sharing"}),
    ],
    ids=["full", "most", "above", "missing", "unknown", "empty"],
)
def test_every_item_has_its_mark_and_none_above_the_full_one(
    marks: dict[str, Decimal], passed: bool, said: dict[str, str]
) -> None:
    decision = rules.decide_marks(LHASA, marks)
    assert decision.passed == passed
    assert said.items() <= decision.results[0].inputs.items()


@pytest.mark.parametrize(
    ("score", "grade"),
    [("0", "fail"), ("59.9", "fail"), ("60", "pass"), ("79.9", "pass"), ("80", "good"), ("100", "good")],
)
def test_a_grade_begins_at_its_score(score: str, grade: str) -> None:
    assert rules.grade_of(LHASA, Decimal(score)) == grade


@pytest.mark.parametrize(("score", "records", "passed"), [("0.1", 0, False), ("0", 0, True), ("100", 1, True)])
def test_marks_need_work_on_record(score: str, records: int, passed: bool) -> None:
    assert rules.decide_by_activities(LHASA, Decimal(score), records).passed == passed


def test_full_marks_of_an_edition_sum_to_100_and_some_grade_begins_at_nothing() -> None:
    section = LHASA.alliance_assessment
    items = {name: item for name, item in section.items.items() if name != "governance"}
    with pytest.raises(ValidationError, match="sum to 85, not to 100"):
        AllianceAssessment(record_kinds=section.record_kinds, items=items, grades=section.grades)
    grades = {name: grade for name, grade in section.grades.items() if name != "fail"}
    with pytest.raises(ValidationError, match="one of them at 0"):
        AllianceAssessment(record_kinds=section.record_kinds, items=section.items, grades=grades)


def officer(desk: Desk, today: date = TODAY, bureau: str = "industry") -> Caller:
    return desk.caller(f"{bureau}_officer", today=today, account=f"{bureau}-officer")


def approver(desk: Desk, today: date = TODAY, bureau: str = "industry") -> Caller:
    return desk.caller(f"{bureau}_approver", today=today, account=f"{bureau}-approver")


def work(alliance: str = "maker_spaces", **changes: object) -> Json:
    return {
        "alliance": alliance,
        "kind": "activity",
        "held_on": "2019-06-01",
        "title": "创业沙龙",
        "participants": 60,
        "evidence": ["活动通知1"],
        **changes,
    }


async def drafted(desk: Desk, alliance: str = "maker_spaces", bureau: str = "industry") -> Json:
    caller = officer(desk, bureau=bureau)
    return await caller.ok(A, {"alliance": alliance, "year": 2019, "marks": MARKS}, 201)


@pytest.mark.asyncio(loop_scope="session")
async def test_a_sheet_goes_from_records_to_its_document(desk: Desk) -> None:
    record = await officer(desk).ok(f"{A}/records", work(), 201)
    await desk.caller("office_officer", today=TODAY).ok(f"{A}/records", work(kind="exchange"), 201)
    await officer(desk, bureau="education").ok(f"{A}/records", work("sci"), 201)
    sheet = await drafted(desk)
    assert (sheet["score"], sheet["grade"], sheet["status"]) == ("80.0", "good", "drafted")
    assert (sheet["records_by_kind"], sheet["record_ids"]) == ({"activity": 1, "exchange": 1}, [])
    path = f"{A}/{sheet['id']}"
    public = desk.caller(PUBLIC, today=TODAY, account="anonymous")
    assert (await public.get(path)).status_code == 404
    confirmed = await approver(desk).ok(f"{path}/confirm")
    assert (confirmed["status"], len(confirmed["record_ids"])) == ("confirmed", 2)
    await officer(desk).ok(f"{A}/records", work(), 201)
    assert await officer(desk).refused(f"{A}/records/{record['id']}/strike", {"reason_code": "wrong_entry"}) == (
        "alliance-record-cited"
    )
    body = {"document_no": "拉工信〔2020〕1号", "published_on": "2020-01-10"}
    published = await approver(desk, date(2020, 1, 12)).ok(f"{path}/publish", body)
    assert (published["document_no"], published["records_by_kind"]) == (
        "拉工信〔2020〕1号",
        {"activity": 1, "exchange": 1},
    )
    assert (await public.read(path))["grade"] == "good"
    assert [item["id"] for item in (await public.read(A))["items"]] == [sheet["id"]]
    assert await approver(desk).refused(f"{path}/publish", body) == "invalid-transition"
    assert await officer(desk).refused(A, {"alliance": "maker_spaces", "year": 2019, "marks": MARKS}) == (
        "alliance-assessment-exists"
    )


@pytest.mark.asyncio(loop_scope="session")
async def test_the_published_event_says_all_that_support_needs(desk: Desk) -> None:
    await officer(desk).ok(f"{A}/records", work(), 201)
    path = f"{A}/{(await drafted(desk))['id']}"
    await approver(desk).ok(f"{path}/confirm")
    await approver(desk).ok(f"{path}/publish", {"document_no": "文1"})
    query = "SELECT data FROM event_log WHERE type = 'evaluation.alliance_assessment.published.v1'"
    async with desk.runtime.db.transaction() as session:
        data = ec.AllianceAssessmentState.model_validate_json((await session.execute(text(query))).scalar_one())
    assert (data.alliance, data.year, data.score, data.grade) == ("maker_spaces", 2019, Decimal("80.0"), "good")
    assert (data.document_no, data.records_by_kind, len(data.record_ids)) == ("文1", {"activity": 1}, 1)
    assert sum(item.full_mark for item in data.items) == 100


@pytest.mark.asyncio(loop_scope="session")
async def test_whoever_had_a_hand_in_a_sheet_does_not_confirm_it(desk: Desk) -> None:
    await officer(desk).ok(f"{A}/records", work(), 201)
    sheet = await drafted(desk)
    path = f"{A}/{sheet['id']}"
    both = desk.caller("industry_officer", "industry_approver", today=TODAY, account="both")
    assert (await both.patch(path, {"marks": {**MARKS, "governance": "1"}}, '"1"')).status_code == 200
    assert await both.refused(f"{path}/confirm", status=403) == "four-eyes-required"
    assert await both.refused(f"{path}/return", {"reason_code": "records_missing"}, 403) == "four-eyes-required"
    first = desk.caller("industry_approver", today=TODAY, account="industry-officer")
    assert await first.refused(f"{path}/confirm", status=403) == "four-eyes-required"
    await approver(desk).ok(f"{path}/confirm")
    assert await both.refused(f"{path}/publish", {"document_no": "文1"}, 403) == "four-eyes-required"


@pytest.mark.asyncio(loop_scope="session")
async def test_a_returned_sheet_is_changed_before_it_is_confirmed(desk: Desk) -> None:
    await officer(desk).ok(f"{A}/records", work(), 201)
    path = f"{A}/{(await drafted(desk))['id']}"
    returned = await approver(desk).ok(f"{path}/return", {"reason_code": "marks_not_justified"})
    assert (returned["status"], returned["reason_code"]) == ("returned", "marks_not_justified")
    assert await approver(desk).refused(f"{path}/confirm") == "invalid-transition"
    assert (await officer(desk).patch(path, {"marks": MARKS})).status_code == 428
    wrong = await officer(desk).patch(path, {"marks": {**MARKS, "activities": "41"}}, '"2"')
    assert (wrong.status_code, wrong.json()["code"]) == (409, "alliance-marks-wrong")
    edited = await officer(desk).patch(path, {"marks": {**MARKS, "activities": "10"}}, '"2"')
    assert (edited.json()["status"], edited.json()["grade"]) == ("drafted", "fail")


@pytest.mark.asyncio(loop_scope="session")
async def test_no_sheet_rests_on_nothing(desk: Desk) -> None:
    path = f"{A}/{(await drafted(desk))['id']}"
    assert await approver(desk).refused(f"{path}/confirm") == "alliance-without-records"
    record = await officer(desk).ok(f"{A}/records", work(), 201)
    await officer(desk).ok(f"{A}/records/{record['id']}/strike", {"reason_code": "not_proven"})
    assert await approver(desk).refused(f"{path}/confirm") == "alliance-without-records"


@pytest.mark.asyncio(loop_scope="session")
async def test_only_the_bureau_that_leads_an_alliance_handles_it(desk: Desk) -> None:
    education = officer(desk, bureau="education")
    assert await education.refused(f"{A}/records", work(), 403) == "forbidden"
    assert await education.refused(A, {"alliance": "maker_spaces", "year": 2019, "marks": MARKS}, 403) == "forbidden"
    await officer(desk, bureau="education").ok(f"{A}/records", work("sci"), 201)
    path = f"{A}/{(await drafted(desk, 'sci', 'education'))['id']}"
    assert await approver(desk).refused(f"{path}/confirm", status=403) == "forbidden"
    await approver(desk, bureau="education").ok(f"{path}/confirm")


@pytest.mark.asyncio(loop_scope="session")
async def test_bad_records_and_years_are_refused_with_what_would_do(desk: Desk) -> None:
    caller = officer(desk)
    bad: list[Json] = [{"alliance": "friends"}, {"kind": "party"}, {"evidence": []}, {"held_on": "2020-01-11"}]
    for change in bad:
        assert (await caller.post(f"{A}/records", work(**change))).status_code == 422, change
    assert (await caller.post(A, {"alliance": "sci", "year": 2019, "marks": {"activities": "1.25"}})).status_code == 422
    early = officer(desk, date(2019, 12, 31))
    assert await early.refused(A, {"alliance": "maker_spaces", "year": 2020, "marks": MARKS}) == (
        "alliance-year-not-begun"
    )
    await caller.ok(f"{A}/records", work(), 201)
    await caller.ok(f"{A}/records", work(held_on="2020-01-02"), 201)
    sheets = [
        await caller.ok(A, {"alliance": "maker_spaces", "year": year, "marks": MARKS}, 201) for year in (2019, 2020)
    ]
    for sheet in sheets:
        await approver(desk).ok(f"{A}/{sheet['id']}/confirm")
    await approver(desk).ok(f"{A}/{sheets[0]['id']}/publish", {"document_no": "文1"})
    assert await approver(desk).refused(f"{A}/{sheets[1]['id']}/publish", {"document_no": "文1"}) == (
        "alliance-document-taken"
    )
