"""A grant on public notice: the approval waits for its end and for the answers to signed objections (3.1-4)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import Response
from sqlalchemy import text

from services.finance.notices.usecases import require_notice_over
from shared.db import Database
from shared.events.contracts.finance.filing import NoticeObjectionRecorded, NoticeOpened
from shared.ids import uuid7
from shared.policy.edition import load_editions
from tests.finance.support import OTHER_OPERATOR, Desk, Json, list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")

STRANGER = {"roles": ("enterprise",), "org": OTHER_OPERATOR, "account_id": "0190a000-0000-7000-8000-00000000ff01"}
ANONYMOUS = {"roles": ("public",), "account_id": "anonymous"}
OBJECTION = {"signatory": "扎西", "text": "申报材料与实际不符"}


async def announced(desk: Desk, db: Database, day: date, **other: Any) -> Json:
    """A grant of 10 万元, reviewed and on public notice from `day`."""
    desk.today = day
    grant = await desk.reviewed(await list_centre(db, **other), fiscal_year=day.year, announced=False)
    answer = await desk.post("science_officer", f"/v1/grants/{grant['id']}/notice")
    assert answer.status_code == 201, answer.text
    return grant


async def approve(desk: Desk, grant: Json) -> Response:
    return await desk.post("science_approver", f"/v1/grants/{grant['id']}/approve", {"amount": "100000.00"})


async def object_to(desk: Desk, grant: Json, person: str = "operator", **claims: Any) -> Response:
    return await desk.post(
        person, f"/v1/grants/{grant['id']}/notice/objections", OBJECTION, claims={**STRANGER, **claims}
    )


@pytest.mark.parametrize(
    ("starts_on", "last_day"),
    [
        pytest.param(date(2019, 5, 13), date(2019, 5, 20), id="an-ordinary-week"),
        pytest.param(date(2019, 9, 25), date(2019, 10, 8), id="over-national-day-2019"),
        pytest.param(date(2020, 1, 20), date(2020, 2, 4), id="over-spring-festival-2020"),
    ],
)
async def test_a_grant_on_notice_is_approved_the_day_after_five_working_days(
    desk: Desk, db: Database, starts_on: date, last_day: date
) -> None:
    grant = await announced(desk, db, starts_on)
    for day in (starts_on, last_day):
        desk.today = day
        refused = await approve(desk, grant)
        assert (refused.status_code, refused.json()["code"]) == (409, "notice-running")
    desk.today = last_day + timedelta(days=1)
    approved = (await approve(desk, grant)).json()
    assert approved["status"] == "approved"
    cited = {rule["rule"]: rule["clause"] for rule in approved["decision"]["results"]}
    assert cited["notice.term"] == "3.1-4"


async def test_a_grant_that_was_never_announced_is_not_approved(desk: Desk, db: Database) -> None:
    grant = await desk.reviewed(await list_centre(db), announced=False)
    refused = await approve(desk, grant)
    assert (refused.status_code, refused.json()["code"]) == (409, "notice-missing")


async def test_an_edition_may_ask_for_no_notice(db: Database) -> None:
    edition, none = load_editions(None).get("lhasa-2019"), uuid7()
    async with db.transaction() as session:
        decision = await require_notice_over(
            session, edition, "grants", none, date(2019, 5, 13), clause="3.1-4", required=False
        )
    assert [result.message for result in decision.results] == ["notice-not-required"]


async def test_a_signed_objection_is_answered_before_the_approval(desk: Desk, db: Database) -> None:
    grant = await announced(desk, db, date(2019, 5, 13))
    objection = await object_to(desk, grant)
    assert objection.status_code == 201, objection.text
    desk.today = date(2019, 5, 21)
    refused = await approve(desk, grant)
    assert (refused.status_code, refused.json()["code"]) == (409, "objection-unanswered")
    path = f"/v1/grants/{grant['id']}/notice/objections/{objection.json()['id']}/answer"
    answer = {"outcome": "dismissed", "text": "经核实材料属实"}
    assert (await desk.post("industry_officer", path, answer)).status_code == 200
    again = await desk.post("industry_officer", path, answer)
    assert (again.status_code, again.json()["code"]) == (409, "objection-answered-already")
    assert (await approve(desk, grant)).status_code == 200


async def test_an_unanswered_objection_is_not_buried_by_another_notice(desk: Desk, db: Database) -> None:
    grant = await announced(desk, db, date(2019, 5, 13))
    objection = (await object_to(desk, grant)).json()
    path = f"/v1/grants/{grant['id']}/notice"
    desk.today = date(2019, 5, 21)
    again = await desk.post("science_officer", path)
    assert (again.status_code, again.json()["code"]) == (409, "objection-unanswered")
    answer = {"outcome": "dismissed", "text": "经核实材料属实"}
    await desk.post("science_officer", f"{path}/objections/{objection['id']}/answer", answer)
    again = await desk.post("science_officer", path)
    assert (again.status_code, again.json()["round"]) == (201, 2)
    desk.today = date(2019, 5, 29)
    assert (await approve(desk, grant)).status_code == 200


@pytest.mark.parametrize(
    ("starts_on", "today", "first_day"),
    [
        pytest.param("2019-05-13", date(2019, 5, 14), date(2019, 5, 21), id="still-hangs"),
        pytest.param("2019-05-13", date(2019, 5, 20), date(2019, 5, 21), id="its-last-day"),
        pytest.param("2019-05-13", date(2019, 5, 21), date(2019, 5, 22), id="over"),
        pytest.param("2019-05-13", date(2019, 7, 1), date(2019, 7, 2), id="long-over"),
    ],
)
async def test_a_paper_notice_of_the_past_is_named_and_decided_tomorrow_at_the_earliest(
    desk: Desk, db: Database, starts_on: str, today: date, first_day: date
) -> None:
    desk.today = date(2019, 5, 13)
    grant = await desk.reviewed(await list_centre(db), announced=False)
    desk.today = today
    path = f"/v1/grants/{grant['id']}/notice"
    unnamed = await desk.post("science_officer", path, {"starts_on": starts_on})
    assert (unnamed.status_code, unnamed.json()["code"]) == (409, "notice-document-no-missing")
    notice = await desk.post("science_officer", path, {"starts_on": starts_on, "document_no": "虚构公示〔2019〕3号"})
    assert (notice.status_code, notice.json()["first_decision_day"]) == (201, first_day.isoformat())
    assert (await approve(desk, grant)).json()["code"] == "notice-running"
    desk.today = first_day
    assert (await approve(desk, grant)).status_code == 200


async def test_an_upheld_objection_stands_in_the_way_of_the_approval_and_of_another_notice(
    desk: Desk, db: Database
) -> None:
    grant = await announced(desk, db, date(2019, 5, 13))
    objection = (await object_to(desk, grant)).json()
    path = f"/v1/grants/{grant['id']}/notice"
    upheld = {"outcome": "upheld", "text": "经核实成立"}
    assert (
        await desk.post("science_officer", f"{path}/objections/{objection['id']}/answer", upheld)
    ).status_code == 200
    running = await desk.post("science_officer", path)
    assert (running.status_code, running.json()["code"]) == (409, "notice-running")
    desk.today = date(2019, 5, 21)
    refused = await approve(desk, grant)
    assert (refused.status_code, refused.json()["code"]) == (409, "objection-upheld")
    again = await desk.post("science_officer", path)
    assert (again.status_code, again.json()["code"]) == (409, "objection-upheld")
    refused = await desk.post("science_approver", f"/v1/grants/{grant['id']}/refuse", {"reason_code": "other"})
    assert refused.status_code == 200, refused.text


@pytest.mark.parametrize(("day", "code"), [(date(2019, 5, 20), None), (date(2019, 5, 21), "objection-out-of-time")])
async def test_signed_objections_are_taken_through_the_last_day(
    desk: Desk, db: Database, day: date, code: str | None
) -> None:
    grant = await announced(desk, db, date(2019, 5, 13))
    desk.today = day
    answer = await object_to(desk, grant)
    assert answer.json().get("code") == code


async def test_an_anonymous_objection_is_a_lead_that_holds_nothing_up_and_only_bureaus_see(
    desk: Desk, db: Database
) -> None:
    grant = await announced(desk, db, date(2019, 5, 13))
    path = f"/v1/grants/{grant['id']}/notice"
    unsigned = {"text": "匿名信"}
    lead = await desk.post("science_officer", f"{path}/objections", unsigned)
    assert (lead.status_code, lead.json()["signed"]) == (201, False)
    by_stranger = await desk.post("operator", f"{path}/objections", unsigned, claims=STRANGER)
    assert by_stranger.status_code == 422
    answer = {"outcome": "dismissed", "text": "-"}
    refused = await desk.post("industry_officer", f"{path}/objections/{lead.json()['id']}/answer", answer)
    assert refused.json()["code"] == "lead-gets-no-answer"
    seen = (await desk.get("operator", path, claims=ANONYMOUS)).json()
    assert (seen["objections"], seen["leads"], seen["amount"]) == (0, None, "100000.00")
    assert (await desk.get("auditor", path)).json()["leads"] == 1
    assert (await desk.get("operator", f"{path}/objections")).json()["items"] == []
    desk.today = date(2019, 5, 21)
    assert (await approve(desk, grant)).status_code == 200


async def test_the_applicant_reads_objections_without_who_signed_them(desk: Desk, db: Database) -> None:
    grant = await announced(desk, db, date(2019, 5, 13))
    objection = (await object_to(desk, grant)).json()
    path = f"/v1/grants/{grant['id']}/notice/objections"
    own = (await desk.get("operator", f"{path}/{objection['id']}")).json()
    assert (own["signatory"], own["recorded_by"], own["text"]) == (None, None, OBJECTION["text"])
    bureau = (await desk.get("industry_approver", f"{path}/{objection['id']}")).json()
    assert bureau["signatory"] == OBJECTION["signatory"]
    other = {**STRANGER, "account_id": "0190a000-0000-7000-8000-00000000ff02"}
    assert (await desk.get("operator", f"{path}/{objection['id']}", claims=other)).status_code == 404


async def test_who_entered_an_objection_does_not_answer_it(desk: Desk, db: Database) -> None:
    grant = await announced(desk, db, date(2019, 5, 13))
    path = f"/v1/grants/{grant['id']}/notice/objections"
    objection = (await desk.post("science_officer", path, OBJECTION)).json()
    answer = {"outcome": "dismissed", "text": "-"}
    refused = await desk.post("science_officer", f"{path}/{objection['id']}/answer", answer)
    assert (refused.status_code, refused.json()["code"]) == (403, "four-eyes-required")


async def test_only_a_reviewed_grant_is_announced_and_only_then_is_it_public(desk: Desk, db: Database) -> None:
    desk.today = date(2019, 5, 13)
    grant = await desk.applied(await list_centre(db))
    path = f"/v1/grants/{grant['id']}/notice"
    assert (await desk.post("science_officer", path)).json()["code"] == "invalid-transition"
    assert (await desk.get("operator", path, claims=ANONYMOUS)).status_code == 404
    assert (await desk.get("operator", path, claims=STRANGER)).status_code == 404
    assert (await desk.post("operator", path)).status_code == 403
    assert (await desk.post("science_approver", path)).status_code == 403


async def test_the_notice_and_its_objections_are_events_without_names(desk: Desk, db: Database) -> None:
    grant = await announced(desk, db, date(2019, 5, 13))
    objection = (await object_to(desk, grant)).json()
    query = text("SELECT type, data::text FROM event_log WHERE aggregate_id = :id ORDER BY aggregate_version")
    async with db.transaction() as session:
        told = (await session.execute(query, {"id": UUID(objection["notice_id"])})).all()
    assert [event.type for event in told] == [NoticeOpened.name, NoticeObjectionRecorded.name]
    assert OBJECTION["signatory"] not in told[-1].data
    assert OBJECTION["text"] not in told[-1].data
