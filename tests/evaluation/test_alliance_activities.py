"""Activities run through an alliance become its work once verified, exactly once."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from shared.events.contracts import registry as rc
from tests.evaluation.known import Json
from tests.evaluation.recorded import activity_state, member_state
from tests.evaluation.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

RECORDS, SHEETS = "/v1/alliance-assessments/records", "/v1/alliance-assessments"
MARKS = {"activities": "35", "resource_sharing": "20", "membership": "10", "governance": "10"}


async def _records(desk: Desk, activity: rc.ActivityState) -> list[Json]:
    found = await desk.caller("industry_officer").read(RECORDS, activity_id=str(activity.id))
    items: list[Json] = found["items"]
    return items


async def _verify(desk: Desk, held_on: date = date(2019, 9, 2), **changes: object) -> rc.ActivityState:
    state = activity_state(held_on, centre_id=uuid4(), alliance="maker_spaces", heads=40, **changes)
    await desk.tell_activity(state, 4)
    return state


async def _withdraw(desk: Desk, state: rc.ActivityState, version: int) -> None:
    back = state.model_copy(update={"status": "submitted", "verified_on": None})
    await desk.feed(rc.ActivityVerificationWithdrawn, state.id, version, back)


async def test_a_verified_activity_is_on_record_once_however_often_it_is_told(desk: Desk) -> None:
    activity = await _verify(desk)
    await desk.tell_activity(activity, 4)
    (record,) = await _records(desk, activity)
    told = {name: record[name] for name in ("alliance", "kind", "held_on", "participants", "evidence", "status")}
    assert told == {
        "alliance": "maker_spaces",
        "kind": "activity",
        "held_on": "2019-09-02",
        "participants": 40,
        "evidence": [activity.no],
        "status": "recorded",
    }
    assert await desk.events(record["id"]) == ["evaluation.alliance_record.entered.v1"]


async def test_one_without_an_alliance_is_nobody_s_work(desk: Desk) -> None:
    activity = activity_state(date(2019, 9, 2))
    await desk.tell_activity(activity, 4)
    assert await _records(desk, activity) == []


async def test_without_its_verification_it_is_struck_and_counts_again_with_a_new_one(desk: Desk) -> None:
    activity = await _verify(desk)
    await _withdraw(desk, activity, 5)
    (record,) = await _records(desk, activity)
    assert (record["status"], record["reason_code"]) == ("struck", "verification_withdrawn")
    again = activity.model_copy(update={"heads": 55, "verified_on": date(2019, 10, 8)})
    await desk.tell_activity(again, 6)
    (record,) = await _records(desk, activity)
    assert (record["status"], record["reason_code"], record["participants"]) == ("recorded", None, 55)
    assert len(await desk.events(record["id"])) == 3


async def test_what_was_struck_by_hand_stays_struck(desk: Desk) -> None:
    activity = await _verify(desk)
    (record,) = await _records(desk, activity)
    officer = desk.caller("industry_officer")
    await officer.ok(f"{RECORDS}/{record['id']}/strike", {"reason_code": "not_by_the_alliance"})
    await _withdraw(desk, activity, 5)
    await desk.tell_activity(activity, 6)
    (record,) = await _records(desk, activity)
    assert (record["status"], record["reason_code"]) == ("struck", "not_by_the_alliance")


async def test_a_confirmed_sheet_keeps_what_it_rests_on(desk: Desk) -> None:
    officer = desk.caller("industry_officer")
    activity = await _verify(desk, date(2020, 3, 2), verified_on=date(2020, 3, 2))
    sheet = await officer.ok(SHEETS, {"alliance": "maker_spaces", "year": 2020, "marks": MARKS}, 201)
    await desk.caller("industry_approver").ok(f"{SHEETS}/{sheet['id']}/confirm")
    await _withdraw(desk, activity, 5)
    (record,) = await _records(desk, activity)
    assert record["status"] == "recorded"
    shown = await officer.read(f"{SHEETS}/{sheet['id']}")
    assert record["id"] in shown["record_ids"]


async def test_who_assists_adds_nothing_to_the_alliance_s_work(desk: Desk) -> None:
    activity = await _verify(desk, organiser_role="assist")
    assert await _records(desk, activity) == []


async def test_an_activity_entered_by_hand_beside_the_verified_one_does_not_count_too(desk: Desk) -> None:
    held_on, today = date(2021, 3, 2), date(2022, 1, 10)
    officer, approver = (desk.caller(f"education_{rank}", today=today) for rank in ("officer", "approver"))
    by_hand = {"alliance": "sci", "kind": "activity", "held_on": str(held_on), "title": "沙龙", "evidence": ["签到表"]}
    entered = await officer.ok(RECORDS, by_hand, 201)
    activity = activity_state(held_on, centre_id=uuid4(), alliance="sci", verified_on=held_on)
    await desk.tell_activity(activity, 4)
    assert await officer.refused(RECORDS, by_hand) == "alliance-activity-recorded"
    await officer.ok(RECORDS, {**by_hand, "kind": "exchange"}, 201)
    sheet = await officer.ok(SHEETS, {"alliance": "sci", "year": 2021, "marks": MARKS}, 201)
    assert await approver.refused(f"{SHEETS}/{sheet['id']}/confirm") == "alliance-records-twice"
    await officer.ok(f"{RECORDS}/{entered['id']}/strike", {"reason_code": "entered_twice"})
    confirmed = await approver.ok(f"{SHEETS}/{sheet['id']}/confirm")
    assert confirmed["records_by_kind"] == {"activity": 1, "exchange": 1}


async def test_a_sheet_shows_the_members_of_the_year_s_end(desk: Desk) -> None:
    for kind, joined_on, left_on in (
        ("centre", date(2022, 12, 31), None),
        ("centre", date(2022, 1, 1), date(2022, 12, 31)),
        ("centre", date(2022, 1, 1), date(2022, 12, 30)),
        ("investor", date(2023, 1, 1), None),
        ("investor", None, None),
    ):
        member = member_state("sci", kind, joined_on, left_on)
        await desk.feed(rc.AllianceMemberJoined, member.id, 1, member)
    sheet = await desk.caller("education_officer", today=date(2023, 1, 9)).ok(
        SHEETS, {"alliance": "sci", "year": 2022, "marks": MARKS}, 201
    )
    assert sheet["members_by_type"] == {"centre": 2}


async def test_who_entered_a_record_by_hand_does_not_confirm_the_sheet_on_it(desk: Desk) -> None:
    today = date(2025, 1, 9)
    both = desk.caller("education_officer", "education_approver", today=today, account="both")
    work = {"alliance": "sci", "kind": "exchange", "held_on": "2024-03-02", "title": "交流", "evidence": ["纪要"]}
    await both.ok(RECORDS, work, 201)
    officer = desk.caller("education_officer", today=today)
    sheet = await officer.ok(SHEETS, {"alliance": "sci", "year": 2024, "marks": MARKS}, 201)
    assert await both.refused(f"{SHEETS}/{sheet['id']}/confirm", status=403) == "four-eyes-required"
