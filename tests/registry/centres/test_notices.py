"""A centre on public notice over HTTP: who sees it, who objects, what holds the listing back."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from services.registry.consumers import carry_out_decided
from tests.registry.support import ANNOUNCED, DAY, Json, Registry, decided, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

LISTING = {"document_no": "拉科发〔2019〕12号"}
LAST, FIRST_DECISION = date(2019, 5, 31), date(2019, 6, 1)
SIGNED = {"signatory": "次仁多吉", "text": "场地为住宅，与申报不符。"}
ANSWER = {"outcome": "dismissed", "text": "经现场核查，场地为商业用房。"}


async def object_to(registry: Registry, centre: Json, day: date = LAST, **changes: object) -> Json:
    """A signed objection by a neighbour with an account."""
    neighbour = registry.caller("enterprise", org="91540102MA1C9XH158", account="neighbour").on(day)
    path = f"/v1/centres/{centre['id']}/notice/objections"
    return expect(await neighbour.post(path, {**SIGNED, **changes}), 201)


async def test_everybody_sees_the_notice_and_its_days(registry: Registry) -> None:
    centre = await registry.announced()
    notice = expect(await registry.public.get(f"/v1/centres/{centre['id']}/notice"), 200)
    assert (notice["starts_on"], notice["last_day"], notice["first_decision_day"]) == (
        ANNOUNCED.isoformat(),
        LAST.isoformat(),
        FIRST_DECISION.isoformat(),
    )
    assert (notice["no"], notice["round"], notice["announced"], notice["leads"]) == (centre["no"], 1, True, None)
    assert expect(await registry.public.get(f"/v1/centres/{centre['id']}"), 200)["status"] == "announced"


async def test_a_centre_not_announced_has_no_notice(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.submitted())['id']}/notice"
    refused(await registry.officer.get(path), 404, "not-found")
    refused(await registry.public.get(path), 404, "not-found")
    refused(await registry.officer.post(f"{path}/objections", SIGNED), 409, "notice-not-running")


@pytest.mark.parametrize(
    ("day", "code"), [(date(2019, 5, 30), "notice-running"), (LAST, "notice-running"), (FIRST_DECISION, None)]
)
async def test_listing_is_possible_from_the_day_after_the_last(registry: Registry, day: date, code: str | None) -> None:
    path = f"/v1/centres/{(await registry.announced())['id']}/list"
    response = await registry.approver.post(path, {**LISTING, "decided_on": day.isoformat()})
    if code is None:
        assert expect(response, 200)["listed_on"] == day.isoformat()
    else:
        problem = refused(response, 409, code)
        assert problem["clauses"] == ["2.1-1"]
        assert FIRST_DECISION.isoformat() in problem["detail"]


async def test_the_notice_of_the_national_day_week_ends_after_it(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.submitted())['id']}"
    expect(await registry.officer.on(date(2019, 9, 27)).post(f"{path}/review"), 200)
    announced = expect(await registry.officer.on(date(2019, 9, 30)).post(f"{path}/announce"), 200)
    assert announced["notice_until"] == "2019-10-12"
    refused(await registry.approver.on(date(2019, 10, 12)).post(f"{path}/list", LISTING), 409, "notice-running")
    expect(await registry.approver.on(date(2019, 10, 13)).post(f"{path}/list", LISTING), 200)


async def test_a_signed_objection_is_answered_before_the_listing(registry: Registry) -> None:
    centre = await registry.announced()
    objection = await object_to(registry, centre)
    path = f"/v1/centres/{centre['id']}"
    refused(await registry.approver.post(f"{path}/list", LISTING), 409, "objection-unanswered")
    answered = expect(await registry.officer.post(f"{path}/notice/objections/{objection['id']}/answer", ANSWER), 200)
    assert (answered["outcome"], answered["answer"], answered["text"]) == (
        "dismissed",
        ANSWER["text"],
        SIGNED["text"],
    )
    again = await registry.officer.post(f"{path}/notice/objections/{objection['id']}/answer", ANSWER)
    refused(again, 409, "objection-answered-already")
    expect(await registry.approver.post(f"{path}/list", LISTING), 200)


async def test_an_objection_upheld_stands_in_the_way_until_the_case_was_announced_again(registry: Registry) -> None:
    centre = await registry.announced()
    objection = await object_to(registry, centre)
    path = f"/v1/centres/{centre['id']}"
    upheld = {**ANSWER, "outcome": "upheld"}
    expect(await registry.officer.post(f"{path}/notice/objections/{objection['id']}/answer", upheld), 200)
    refused(await registry.approver.post(f"{path}/list", LISTING), 409, "objection-upheld")
    expect(await registry.officer.post(f"{path}/return", {"reason_code": "objection_upheld"}), 200)
    refused(await registry.public.get(f"{path}/notice"), 404, "not-found")
    expect(await registry.second_officer.post(f"{path}/submit"), 200)
    expect(await registry.officer.post(f"{path}/review"), 200)
    expect(await registry.officer.post(f"{path}/announce"), 200)
    assert expect(await registry.officer.get(f"{path}/notice"), 200)["round"] == 2
    refused(await registry.approver.post(f"{path}/list", LISTING), 409, "notice-running")
    expect(await registry.approver.on(date(2019, 6, 12)).post(f"{path}/list", LISTING), 200)


@pytest.mark.parametrize(
    ("day", "status"), [(date(2019, 5, 23), 409), (ANNOUNCED, 201), (LAST, 201), (FIRST_DECISION, 409)]
)
async def test_signed_objections_are_taken_on_the_days_of_the_notice(
    registry: Registry, day: date, status: int
) -> None:
    path = f"/v1/centres/{(await registry.announced())['id']}/notice/objections"
    response = await registry.officer.post(path, {**SIGNED, "received_on": day.isoformat()})
    if status == 201:
        expect(response, 201)
    else:
        refused(response, 409, "objection-out-of-time")


async def test_an_anonymous_objection_is_a_lead_that_holds_nothing_up_and_gets_no_answer(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.announced())['id']}"
    lead = expect(await registry.officer.post(f"{path}/notice/objections", {"text": "听说场地是空的。"}), 201)
    assert (lead["signed"], lead["signatory"]) == (False, None)
    answer = await registry.officer.post(f"{path}/notice/objections/{lead['id']}/answer", ANSWER)
    refused(answer, 409, "lead-gets-no-answer")
    assert expect(await registry.officer.get(f"{path}/notice"), 200)["leads"] == 1
    expect(await registry.approver.post(f"{path}/list", LISTING), 200)


async def test_whoever_is_no_officer_signs(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.announced())['id']}/notice/objections"
    problem = refused(await registry.stranger.post(path, {"text": "有意见"}), 422, "validation-failed")
    assert [error["field"] for error in problem["errors"]] == ["signatory"]
    refused(await registry.public.post(path, SIGNED), 401, "unauthenticated")


async def test_the_applicant_does_not_learn_who_objected(registry: Registry) -> None:
    centre = await registry.announced()
    objection = await object_to(registry, centre)
    path = f"/v1/centres/{centre['id']}/notice/objections"
    neighbour = registry.caller("enterprise", org="91540102MA1C9XH158", account="neighbour")
    for caller, seen in [
        (registry.officer, [objection["id"]]),
        (registry.auditor, [objection["id"]]),
        (neighbour, [objection["id"]]),
        (registry.operator, [objection["id"]]),
        (registry.stranger, []),
    ]:
        items = expect(await caller.get(path), 200)["items"]
        assert [item["id"] for item in items] == seen
        named = caller is not registry.operator
        assert all((item["signatory"] == SIGNED["signatory"]) is named for item in items)
        assert all((item["recorded_by"] == "neighbour") is named for item in items)
        assert all(item["text"] == SIGNED["text"] for item in items)
        one = await caller.get(f"{path}/{objection['id']}")
        assert (one.status_code, one.headers.get("ETag")) == ((200, '"1"') if seen else (404, None))


async def test_the_applicant_sees_no_leads_and_reads_the_answer(registry: Registry) -> None:
    centre = await registry.announced()
    objection = await object_to(registry, centre)
    path = f"/v1/centres/{centre['id']}/notice/objections"
    lead = expect(await registry.officer.post(path, {"text": "匿名反映"}), 201)
    assert len(expect(await registry.officer.get(path), 200)["items"]) == 2
    assert [item["id"] for item in expect(await registry.operator.get(path), 200)["items"]] == [objection["id"]]
    refused(await registry.operator.get(f"{path}/{lead['id']}"), 404, "not-found")
    expect(await registry.officer.post(f"{path}/{objection['id']}/answer", ANSWER), 200)
    answered = expect(await registry.operator.get(f"{path}/{objection['id']}"), 200)
    assert (answered["outcome"], answered["answer"], answered["answered_by"]) == ("dismissed", ANSWER["text"], None)


async def test_an_objection_is_answered_as_it_was_read(registry: Registry) -> None:
    centre = await registry.announced()
    path = f"/v1/centres/{centre['id']}/notice/objections"
    one, other = await object_to(registry, centre), await object_to(registry, centre, text="另一条意见")
    read = await registry.officer.get(f"{path}/{one['id']}")
    tag = read.headers["ETag"]
    expect(await registry.officer.post(f"{path}/{other['id']}/answer", ANSWER), 200)  # of no concern to the first
    answer = await registry.officer.post(f"{path}/{one['id']}/answer", ANSWER, if_match=tag)
    assert (expect(answer, 200)["version"], answer.headers["ETag"]) == (2, '"2"')
    again = await registry.second_officer.post(f"{path}/{one['id']}/answer", ANSWER, if_match=tag)
    refused(again, 412, "precondition-failed")


async def test_nobody_objects_to_what_is_decided(registry: Registry) -> None:
    centre = await registry.listed()
    path = f"/v1/centres/{centre['id']}/notice/objections"
    refused(await registry.officer.post(path, {**SIGNED, "received_on": "2019-05-30"}), 409, "notice-not-running")


async def test_events_of_a_notice_carry_neither_names_nor_words(registry: Registry) -> None:
    centre = await registry.announced()
    objection = await object_to(registry, centre)
    path = f"/v1/centres/{centre['id']}/notice/objections"
    expect(await registry.officer.post(path, {"text": "匿名反映"}), 201)
    expect(await registry.officer.post(f"{path}/{objection['id']}/answer", ANSWER), 200)
    query = "SELECT type, data, aggregate_version FROM event_log WHERE topic = 'registry.notice' ORDER BY seq"
    async with registry.db.transaction() as session:
        rows = (await session.execute(text(query))).all()
    assert [(row.type.split(".")[2], row.aggregate_version) for row in rows] == [
        ("opened", 1),
        ("objection_recorded", 2),
        ("lead_kept", 3),
        ("objection_answered", 4),
    ]
    assert not any(word in row.data for row in rows for word in ("次仁", "场地", "匿名"))
    assert '"unanswered":0' in rows[3].data


async def test_a_delisting_ends_an_application_that_is_on_notice(registry: Registry) -> None:
    listed, applying = await registry.listed(), await registry.announced()
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(listed["id"])])
    after = expect(await registry.officer.get(f"/v1/centres/{applying['id']}"), 200)
    assert (after["status"], after["reason_code"]) == ("rejected", "carrier_ban")
    path = f"/v1/centres/{applying['id']}/notice/objections"
    refused(await registry.officer.post(path, {**SIGNED, "received_on": "2019-05-30"}), 409, "notice-not-running")


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE centre SET notice_until = listed_on", "ck_centre_listed_after_notice"),
        ("UPDATE centre SET announced_by = decided_by", "ck_centre_announced_by_another"),
        (
            "UPDATE centre SET announced_by = NULL, announced_on = NULL, notice_until = NULL",
            "ck_centre_listed_after_notice",
        ),
        ("UPDATE centre SET announced_on = NULL", "ck_centre_(announced_whole|listed_after_notice)"),
        ("UPDATE public_notice SET first_decision_day = last_day", "ck_public_notice_decided_the_day_after"),
        (
            (
                "INSERT INTO notice_objection (id, notice_id, signed, received_on, recorded_by)"
                " SELECT gen_random_uuid(), id, true, starts_on, 'x' FROM public_notice"
            ),
            "ck_notice_objection_signed_by_somebody",
        ),
        (
            (
                "INSERT INTO notice_objection (id, notice_id, signed, received_on, recorded_by, outcome, answered_by,"
                " answered_on) SELECT gen_random_uuid(), id, false, starts_on, 'x', 'upheld', 'y', starts_on"
                " FROM public_notice"
            ),
            "ck_notice_objection_leads_unanswered",
        ),
    ],
)
async def test_the_database_keeps_the_rules_of_a_notice(registry: Registry, statement: str, constraint: str) -> None:
    await registry.listed()
    with pytest.raises(Exception, match=constraint):
        async with registry.db.transaction() as session:
            await session.execute(text(statement))


async def test_announcing_needs_the_reviewed_state_and_no_day_before_the_review(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.submitted())['id']}"
    refused(await registry.officer.post(f"{path}/announce"), 409, "invalid-transition")
    expect(await registry.officer.post(f"{path}/review"), 200)
    early = {"starts_on": "2019-06-02"}
    refused(await registry.officer.post(f"{path}/announce", early), 409, "step-before-its-cause")
    refused(await registry.approver.post(f"{path}/announce"), 403, "forbidden")
    expect(await registry.officer.post(f"{path}/announce", {"starts_on": DAY.isoformat()}), 200)
