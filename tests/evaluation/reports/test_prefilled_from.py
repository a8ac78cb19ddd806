"""Numbers of the registers come with their records, and a report that says otherwise says why (2.3-2, 4.5-1, 4.8)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from services.evaluation.reports.record_behind import NAMED_AT_MOST
from shared.events.contracts import registry as rc
from shared.events.types import EventType
from tests.evaluation.known import Centre, Json
from tests.evaluation.recorded import enrolment_state, mentor_state, session_state, training_state
from tests.evaluation.reports.support import AFTER_Q1, AFTER_Q2, draft, path_of
from tests.evaluation.support import Caller, Desk, full_form

pytestmark = pytest.mark.asyncio(loop_scope="session")

MARCH = date(2019, 3, 20)


async def held(desk: Desk, centre: Centre | None, ended_on: date = MARCH, people: int = 2, **changes: Any) -> str:
    """A completed session for founders; one more enrolled and did not come."""
    session = training_state(ended_on, centre_id=None if centre is None else centre.id, **changes)
    await desk.feed(_kind(session.status), session.id, 2, session)
    for number in range(people + 1):
        place = enrolment_state(session, status="attended" if number else "missed")
        await desk.feed(rc.EnrolmentAttended if number else rc.EnrolmentMissed, place.id, 3, place)
    return session.no


def _kind(status: str) -> EventType[rc.TrainingSessionState]:
    return {"completed": rc.SessionCompleted, "cancelled": rc.SessionCancelled}.get(status, rc.SessionPlanned)


def numbers(report: Json, field: str) -> list[str]:
    return [record["no"] for record in report["prefilled_from"].get(field, {"records": []})["records"]]


async def test_training_of_the_quarter_is_prefilled_with_its_sessions_and_who_attended(desk: Desk) -> None:
    centre, other = await desk.centre(), await desk.centre()
    begun_before = await held(desk, centre, date(2019, 1, 2), held_on=date(2018, 12, 28), people=3)
    last_day = await held(desk, centre, date(2019, 3, 31))
    await held(desk, centre, date(2019, 4, 1))
    await held(desk, centre, audience="centre_staff")
    await held(desk, centre, status="planned")
    await held(desk, centre, status="cancelled")
    await held(desk, other, people=4)
    await held(desk, None, people=5)
    report = await draft(desk.operator(centre, AFTER_Q1), centre, prefill=True)
    assert (report["prefilled"]["training_sessions"], report["prefilled"]["training_people"]) == (2, 5)
    assert (report["form"]["training_sessions"], report["form"]["training_people"]) == (2, 5)
    assert numbers(report, "training_sessions") == sorted([begun_before, last_day])
    assert report["prefilled_from"]["training_people"]["total"] == 5


async def test_an_attendance_that_was_struck_counts_no_more(desk: Desk) -> None:
    centre = await desk.centre()
    session = training_state(MARCH, centre_id=centre.id)
    await desk.feed(rc.SessionCompleted, session.id, 2, session)
    place = enrolment_state(session, status="attended")
    await desk.feed(rc.EnrolmentAttended, place.id, 3, place)
    missed = place.model_copy(update={"status": "missed"})
    await desk.feed(rc.EnrolmentMissed, place.id, 4, missed)
    report = await draft(desk.operator(centre, AFTER_Q1), centre)
    assert (report["prefilled"]["training_sessions"], report["prefilled"]["training_people"]) == (1, 0)
    assert "training_people" not in report["prefilled_from"]


async def test_a_centre_without_training_on_record_enters_it_by_hand(desk: Desk) -> None:
    centre = await desk.centre()
    await held(desk, centre, date(2019, 4, 1))
    report = await draft(desk.operator(centre, AFTER_Q1), centre, form=full_form(training_sessions=3))
    assert "training_sessions" not in report["prefilled"]
    await desk.operator(centre, AFTER_Q1).ok(f"{path_of(report)}/submit")


async def test_each_number_names_its_records_and_their_events(desk: Desk) -> None:
    centre = await desk.centre()
    activity = await desk.activity(centre, MARCH, level="municipal", heads=30)
    waiting = await desk.activity(centre, date(2019, 3, 31), status="submitted", heads=5)
    await desk.activity(centre, MARCH, organiser_role="assist")
    await desk.activity(centre, date(2019, 4, 1))
    mentor = await desk.mentor(centre)
    firm = await desk.enterprise(centre)
    advised = session_state(_link(mentor, centre), MARCH, enterprise_id=firm.id)
    told = await desk.feed(rc.MentorSessionConfirmed, advised.id, 2, advised)
    unanswered = session_state(_link(mentor, centre), MARCH, enterprise_id=firm.id, status="recorded")
    await desk.feed(rc.MentorSessionRecorded, unanswered.id, 1, unanswered)
    somebody = await desk.employ(centre)
    certificate = await desk.certify(somebody.person_ref)
    await desk.certify(somebody.person_ref, revoked_on=date(2019, 3, 1))
    report = await draft(desk.operator(centre, AFTER_Q1), centre, prefill=True)
    behind = report["prefilled_from"]
    assert numbers(report, "events_by_level") == sorted([activity.no, waiting.no])
    assert numbers(report, "attendance") == numbers(report, "attendance_by_level") == numbers(report, "events_by_level")
    assert numbers(report, "mentors") == [mentor.no]
    assert numbers(report, "trained_staff") == [certificate.no]
    assert behind["enterprises_mentored"] == {
        "total": 1,
        "records": [
            {"kind": "mentor_session", "id": str(advised.id), "no": advised.no, "event_id": str(told.id)},
        ],
    }
    assert behind["mentors"]["records"][0]["kind"] == "mentor"
    assert report["form"]["trained_staff"] == report["prefilled"]["trained_staff"] == 1


def _link(mentor: rc.MentorState, centre: Centre) -> rc.MentorLinkState:
    told = {"id": uuid4(), "mentor_id": mentor.id, "centre_id": centre.id, "since": MARCH, "until": None}
    return rc.MentorLinkState.model_validate(told)


async def test_of_very_many_records_the_first_hundred_are_named_and_all_are_counted(desk: Desk) -> None:
    centre = await desk.centre()
    for _ in range(NAMED_AT_MOST + 1):
        await desk.activity(centre, MARCH, heads=1)
    report = await draft(desk.operator(centre, AFTER_Q1), centre)
    behind = report["prefilled_from"]["events_by_level"]
    assert (behind["total"], len(behind["records"])) == (NAMED_AT_MOST + 1, NAMED_AT_MOST)


async def _deviating(desk: Desk) -> tuple[Centre, Caller, Json]:
    """Two mentors by the form, one by the register."""
    centre = await desk.centre()
    await desk.mentor(centre)
    operator = desk.operator(centre, AFTER_Q1)
    report = await draft(operator, centre, form=full_form(mentors=2), lines={})
    return centre, operator, report


async def test_a_number_that_deviates_from_the_registers_is_submitted_with_a_reason(desk: Desk) -> None:
    _, operator, report = await _deviating(desk)
    shown = report["differences"]
    assert [(one["field"], one["needs_reason"], one["explanation"]) for one in shown] == [("mentors", True, None)]
    path = path_of(report)
    refused = (await operator.post(f"{path}/submit")).json()
    assert refused["code"] == "report-warnings-unexplained"
    assert "Mentors under an agreement: the report and the registry differ by +1 [mentors]" in refused["detail"]
    said = {"explanations": {"mentors": "一名导师的聘任仍在办理"}}
    explained = (await operator.patch(path, said, f'"{report["version"]}"')).json()
    assert explained["differences"][0]["explanation"] == "一名导师的聘任仍在办理"
    await operator.ok(f"{path}/submit")
    version = (await operator.read(f"{path}/revisions"))["items"][0]
    assert (version["recorded"]["mentors"], version["form"]["mentors"]) == (1, 2)
    assert version["explanations"] == {"mentors": "一名导师的聘任仍在办理"}


async def test_a_number_that_agrees_with_the_registers_needs_no_reason(desk: Desk) -> None:
    _, operator, report = await _deviating(desk)
    mended = await operator.patch(path_of(report), {"form": {"mentors": 1}}, f'"{report["version"]}"')
    assert mended.json()["differences"] == []
    await operator.ok(f"{path_of(report)}/submit")


async def test_a_stay_that_deviates_is_shown_and_needs_no_reason(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.tenancy(centre, date(2018, 5, 2))
    operator = desk.operator(centre, AFTER_Q1)
    report = await draft(operator, centre, form=full_form())
    assert report["differences"] != []
    assert [one["field"] for one in report["differences"] if one["needs_reason"]] == []
    await operator.ok(f"{path_of(report)}/submit")


async def test_a_correction_is_asked_for_with_a_reason_and_approved_whatever_was_recorded_since(desk: Desk) -> None:
    centre, today = await desk.centre(), AFTER_Q2
    accepted = await desk.report(centre, 2019, 1, AFTER_Q1, full_form(mentors=1))
    operator, path = desk.operator(centre, today), path_of(accepted)
    wrong = {"form": {"mentors": 3}, "reason": "clerical_error", "statement": "填报时笔误"}
    assert await operator.refused(f"{path}/corrections", wrong) == "report-warnings-unexplained"
    said = {**wrong, "explanations": {"mentors": "两名导师尚未登记"}}
    asked = await operator.ok(f"{path}/corrections", said, 201)
    await desk.activity(centre, MARCH, heads=500)
    approver = desk.caller("science_approver", today=today)
    corrected = await approver.ok(f"{path}/corrections/{asked['id']}/approve")
    assert corrected["form"]["mentors"] == 3
    last = (await operator.read(f"{path}/revisions"))["items"][-1]
    assert last["recorded"]["mentors"] == 1
    assert last["recorded"]["attendance"] > last["form"]["attendance"]


async def test_a_mentor_of_the_year_before_is_behind_no_number(desk: Desk) -> None:
    centre = await desk.centre()
    mentor = mentor_state()
    await desk.feed(rc.MentorAppointed, mentor.id, 1, mentor)
    link = _link(mentor, centre).model_copy(update={"since": date(2018, 2, 1)})
    await desk.feed(rc.MentorLinked, link.id, 1, link)
    await desk.advised([link], date(2018, 12, 31))
    report = await draft(desk.operator(centre, AFTER_Q1), centre)
    assert report["prefilled"]["mentors"] == 0
    assert "mentors" not in report["prefilled_from"]
