"""Certificates, what everybody may ask about them, and what those who attended thought."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from shared.auth import roles as r
from tests.registry.support import Caller, Json, Registry, expect, refused
from tests.registry.tenants.support import event_types
from tests.registry.trainings.support import CERTIFICATES, HELD, SCORES, SESSIONS, School

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def school(registry: Registry) -> School:
    return School(registry)


async def attended(school: School, number: int, course: Json | None = None) -> tuple[Json, list[Caller]]:
    """A completed session that so many founders attended."""
    held = await school.session(course=course)
    callers = await school.founders(number)
    for caller in callers:
        await school.enrolled(caller, held)
    await school.opened(held)
    for caller in callers:
        await school.attend(caller, held)
    return await school.completed(held), callers


async def test_certificates_go_to_those_who_attended_and_once(school: School) -> None:
    held = await school.session()
    came, missed = await school.founders(2)
    for caller in (came, missed):
        await school.enrolled(caller, held)
    await school.opened(held)
    await school.attend(came, held)
    issue = f"{SESSIONS}/{held['id']}/issue-certificates"
    refused(await school.second.on(HELD).post(issue), 409, "invalid-transition")
    await school.completed(held)
    expect(await school.second.on(HELD).post(issue), 200)
    again = expect(await school.second.on(HELD).post(issue), 200)
    assert (again["issued"], again["total"]) == (0, 1)
    [certificate] = expect(await came.get(CERTIFICATES), 200)["items"]
    assert re.fullmatch(r"TZ-2019-0001-[0-9A-HJKMNP-TV-Z]{8}", certificate["no"])
    assert certificate["decision"]["passed"]
    assert (certificate["hours"], certificate["valid"]) == ("3.00", True)
    assert expect(await missed.get(CERTIFICATES), 200)["items"] == []
    refused(await missed.get(f"{CERTIFICATES}/{certificate['id']}"), 404, "not-found")
    assert await event_types(school.registry, certificate["id"]) == ["training_certificate.issued"]


@pytest.mark.parametrize(("seen", "status"), [(4, "attended"), (3, "missed")])
async def test_four_fifths_of_the_hours_are_needed(school: School, seen: int, status: str) -> None:
    days = [HELD + timedelta(days=number) for number in range(5)]
    meetings = [{"held_on": day.isoformat(), "starts": "09:00", "ends": "10:00"} for day in days]
    held = await school.session(meetings=meetings)
    [founder] = await school.founders(1)
    enrolment = await school.enrolled(founder, held)
    for number, day in list(enumerate(days, start=1))[:seen]:
        token = await school.opened(held, number, day)
        body = {"token": token}
        expect(await founder.on(day).post(f"{SESSIONS}/{held['id']}/attend", body), 200)
    await school.completed(held, days[-1])
    shown = await school.enrolment(enrolment)
    assert (shown["status"], shown["hours_attended"]) == (status, f"{seen}.00")
    assert len(await school.certified(held, days[-1])) == (status == "attended")


async def test_course_without_certificates_gives_none(school: School) -> None:
    held, _ = await attended(school, 1, course=await school.course(certified=False))
    issue = f"{SESSIONS}/{held['id']}/issue-certificates"
    refused(await school.second.on(HELD).post(issue), 409, "training-not-certified")


async def test_everybody_verifies_by_the_whole_number_and_learns_no_more_than_needed(school: School) -> None:
    held, _ = await attended(school, 1)
    [certificate] = await school.certified(held)
    public, path = school.registry.public.on(HELD), f"{CERTIFICATES}/verify"
    shown = expect(await public.get(path, no=certificate["no"]), 200)
    assert set(shown) == {
        "no",
        "holder",
        "course",
        "audience",
        "hours",
        "held_on",
        "ended_on",
        "issued_on",
        "valid",
        "revoked_on",
    }
    assert (shown["holder"], shown["valid"]) == ("扎***", True)
    guessed = certificate["no"][:-8] + ("0" * 8)
    refused(await public.get(path, no=guessed), 404, "not-found")
    refused(await public.get(path, no=certificate["no"][:-9]), 422, "validation-failed")
    assert expect(await public.get(path, no=certificate["no"]), 200)["holder"] == "扎***"


async def test_verification_names_nobody_after_the_consent_was_withdrawn(school: School) -> None:
    held, [founder] = await attended(school, 1)
    [certificate] = await school.certified(held)
    statement = "UPDATE person_consent SET withdrawn_on = :day, withdrawn_by = 'x', withdrawal_channel = 'own_account'"
    async with school.registry.db.transaction() as session:
        await session.execute(text(statement), {"day": HELD})
    shown = expect(await founder.on(HELD).get(f"{CERTIFICATES}/verify", no=certificate["no"]), 200)
    assert (shown["holder"], shown["valid"]) == (None, True)


async def test_revoked_by_another_hand_and_verified_as_such(school: School) -> None:
    held, [founder] = await attended(school, 1)
    [certificate] = await school.certified(held)
    path, reason = f"{CERTIFICATES}/{certificate['id']}/revoke", {"reason_code": "false_attendance"}
    refused(await school.second.on(HELD).post(path, reason), 403, "four-eyes-required")
    approver = school.registry.caller(r.HR_APPROVER, account="hr-approver").on(HELD)
    refused(await approver.post(path, {"reason_code": "whatever"}), 422, "validation-failed")
    revoked = expect(await approver.post(path, {**reason, "remark": "经查实"}), 200)
    assert (revoked["valid"], revoked["revoked_on"]) == (False, HELD.isoformat())
    refused(await approver.post(path, reason), 409, "invalid-transition")
    shown = expect(await founder.on(HELD).get(f"{CERTIFICATES}/verify", no=certificate["no"]), 200)
    assert (shown["valid"], shown["revoked_on"]) == (False, HELD.isoformat())


def answer(**changes: object) -> Json:
    return {"scores": SCORES, "comment": "案例很实用。", **changes}


async def test_each_who_attended_evaluates_once_and_nobody_else(school: School) -> None:
    held, callers = await attended(school, 2)
    path = f"{SESSIONS}/{held['id']}/evaluate"
    [stranger] = await school.founders(1)
    refused(await stranger.on(HELD).post(path, answer()), 409, "training-not-attended")
    there = callers[0].on(HELD)
    refused(await there.post(path, answer(scores={"content": 5})), 422, "validation-failed")
    refused(await there.post(path, answer(scores={**SCORES, "content": 6})), 422, "validation-failed")
    refused(await there.post(path, answer(comment="联系我13800138000")), 422, "validation-failed")
    refused(await there.post(path, answer(comment="我是540102199001010070")), 422, "validation-failed")
    tasks = expect(await there.get("/v1/tasks"), 200)["items"]
    assert "training_to_evaluate" in {task["kind"] for task in tasks}
    assert expect(await there.post(path, answer()), 200)["answers"] == 1
    refused(await there.post(path, answer()), 409, "training-already-evaluated")
    late = callers[1].on(HELD + timedelta(days=15))
    refused(await late.post(path, answer()), 409, "training-evaluation-over")


async def test_results_show_nothing_until_there_are_enough_and_no_more_can_come(school: School) -> None:
    held, callers = await attended(school, 6)
    path = f"{SESSIONS}/{held['id']}"
    officer = school.officer.on(HELD)
    for number, caller in enumerate(callers[:5], start=1):
        expect(await caller.on(HELD).post(f"{path}/evaluate", answer(comment=f"意见{number}")), 200)
    open_still = expect(await officer.get(f"{path}/results"), 200)
    assert (open_still["answers"], open_still["shown"], open_still["comments"]) == (5, False, [])
    over = expect(await school.officer.on(HELD + timedelta(days=15)).get(f"{path}/results"), 200)
    assert over["shown"]
    assert {one["criterion"]: one["average"] for one in over["criteria"]}["teaching"] == "4.00"
    assert sorted(over["comments"]) == [f"意见{number}" for number in range(1, 6)]
    expect(await callers[5].on(HELD).post(f"{path}/evaluate", answer()), 200)
    assert expect(await officer.get(f"{path}/results"), 200)["shown"]
    refused(await callers[0].on(HELD).get(f"{path}/results"), 404, "not-found")


async def test_four_answers_are_never_shown(school: School) -> None:
    held, callers = await attended(school, 4)
    path = f"{SESSIONS}/{held['id']}"
    for caller in callers:
        expect(await caller.on(HELD).post(f"{path}/evaluate", answer()), 200)
    shown = expect(await school.officer.on(HELD + timedelta(days=30)).get(f"{path}/results"), 200)
    assert (shown["answers"], shown["shown"], shown["criteria"], shown["comments"]) == (4, False, [], [])


async def test_answer_leads_back_to_nobody(school: School) -> None:
    held, [founder] = await attended(school, 1)
    body = answer(comment="只有我会这样写")
    expect(await founder.on(HELD).post(f"{SESSIONS}/{held['id']}/evaluate", body, Idempotency_Key="mine"), 200)
    async with school.registry.db.transaction() as session:
        columns = await session.scalars(
            text("SELECT column_name FROM information_schema.columns WHERE table_name = 'training_evaluation'")
        )
        assert set(columns) == {"id", "session_id", "scores", "comment"}
        logged = await session.scalar(text("SELECT count(*) FROM event_log WHERE data LIKE '%只有我会这样写%'"))
        stored = await session.scalar(text("SELECT count(*) FROM idempotency_key WHERE key = 'mine'"))
    assert (logged, stored) == (0, 0)
