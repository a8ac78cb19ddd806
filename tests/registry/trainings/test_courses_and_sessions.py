"""Courses and sessions: from the draft to the end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.registry.support import DAY, Json, Registry, expect, fresh_code, refused
from tests.registry.tenants.support import event_types
from tests.registry.trainings.support import COURSES, ENROLMENTS, HELD, SESSIONS, School

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def school(registry: Registry) -> School:
    return School(registry)


DRAFT = {"title": "创业者财税实务", "audience": "founders", "summary": "账务、发票与纳税申报。"}


def plan(course: Json, **changes: object) -> Json:
    meetings = [{"held_on": HELD.isoformat(), "starts": "09:30", "ends": "12:30"}]
    return {"course_id": course["id"], "place": "报告厅", "meetings": meetings, "capacity": 20, **changes}


async def test_course_is_published_by_somebody_else_and_then_everybody_reads_it(school: School) -> None:
    drafted = expect(await school.officer.post(COURSES, DRAFT), 201)
    path = f"{COURSES}/{drafted['id']}"
    assert drafted["no"] == "TC-2019-0001"
    refused(await school.registry.public.get(path), 404, "not-found")
    refused(await school.officer.post(f"{path}/publish"), 403, "four-eyes-required")
    expect(await school.second.post(f"{path}/publish"), 200)
    shown = expect(await school.registry.public.get(path), 200)
    assert shown["status"] == "published"
    assert "drafted_by" not in shown
    refused(await school.officer.patch(path, {"title": "新"}, '"2"'), 409, "invalid-transition")
    assert await event_types(school.registry, drafted["id"]) == [
        "training_course.drafted",
        "training_course.published",
    ]
    assert [one["id"] for one in expect(await school.registry.public.get(COURSES), 200)["items"]] == [drafted["id"]]


async def test_who_changed_a_draft_last_does_not_publish_it(school: School) -> None:
    drafted = expect(await school.officer.post(COURSES, DRAFT), 201)
    path = f"{COURSES}/{drafted['id']}"
    expect(await school.second.patch(path, {"title": "财税"}, '"1"'), 200)
    refused(await school.second.post(f"{path}/publish"), 403, "four-eyes-required")
    expect(await school.officer.post(f"{path}/publish"), 200)


async def test_operator_gives_courses_at_its_own_centre_alone(school: School) -> None:
    registry = school.registry
    centre = await registry.listed()
    other = await registry.listed(operator_code=fresh_code(), name="堆龙双创中心")
    refused(await registry.operator.post(COURSES, DRAFT), 422, "validation-failed")
    refused(await registry.operator.post(COURSES, {**DRAFT, "centre_id": other["id"]}), 404, "not-found")
    mine = expect(await registry.operator.post(COURSES, {**DRAFT, "centre_id": centre["id"]}), 201)
    refused(await registry.stranger.get(f"{COURSES}/{mine['id']}"), 404, "not-found")
    published = expect(await school.officer.post(f"{COURSES}/{mine['id']}/publish"), 200)
    body = plan(published, centre_id=other["id"])
    refused(await school.officer.post(SESSIONS, body), 409, "training-of-another-centre")
    held = expect(await registry.operator.post(SESSIONS, plan(published, centre_id=centre["id"])), 201)
    change = {"capacity": 5}
    refused(await registry.stranger.patch(f"{SESSIONS}/{held['id']}", change, '"1"'), 404, "not-found")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"meetings": [{"held_on": "2019-06-10", "starts": "12:30", "ends": "09:30"}]}, "meetings"),
        ({"meetings": [{"held_on": "2019-06-02", "starts": "09:30", "ends": "10:30"}]}, "meetings"),
        ({"enrol_until": "2019-06-11"}, "enrol_until"),
        ({"enrol_from": "2019-06-09", "enrol_until": "2019-06-08"}, "enrol_until"),
        ({"place": "请拨打138 0013 8000"}, "place"),
        ({"trainer_ref": "p-nobody"}, "trainer_ref"),
        ({"capacity": 0}, "capacity"),
    ],
    ids=["backwards", "past", "window after", "window backwards", "mobile", "trainer", "no places"],
)
async def test_sessions_that_cannot_be(school: School, changes: Json, field: str) -> None:
    problem = refused(
        await school.officer.post(SESSIONS, plan(await school.course(), **changes)), 422, "validation-failed"
    )
    assert [error["field"].split(".")[0] for error in problem["errors"]] == [field]


async def test_two_meetings_at_one_time_are_refused(school: School) -> None:
    meeting = {"held_on": HELD.isoformat(), "starts": "09:30", "ends": "12:30"}
    meetings = [meeting, {**meeting, "starts": "12:00", "ends": "14:00"}]
    body = plan(await school.course(), meetings=meetings)
    refused(await school.officer.post(SESSIONS, body), 422, "validation-failed")
    meetings[1]["starts"] = "12:30"
    held = expect(await school.officer.post(SESSIONS, {**body, "meetings": meetings}), 201)
    assert held["hours"] == "4.50"
    assert [one["number"] for one in held["meetings"]] == [1, 2]


async def test_no_session_of_a_draft_or_a_closed_course(school: School) -> None:
    drafted = expect(await school.officer.post(COURSES, DRAFT), 201)
    refused(await school.officer.post(SESSIONS, plan(drafted)), 409, "invalid-transition")
    course = await school.course()
    held = await school.session(course=course)
    path, reason = f"{COURSES}/{course['id']}/close", {"reason_code": "finished"}
    refused(await school.officer.post(path, reason), 409, "training-sessions-open")
    expect(await school.officer.post(f"{SESSIONS}/{held['id']}/cancel", {"reason_code": "too_few"}), 200)
    refused(await school.officer.post(path, {"reason_code": "whatever"}), 422, "validation-failed")
    expect(await school.officer.post(path, reason), 200)
    refused(await school.officer.post(SESSIONS, plan(course)), 409, "invalid-transition")


async def test_cancelled_session_cancels_and_tells_everybody(school: School) -> None:
    held = await school.session(capacity=1)
    one, two = await school.founders(2)
    first, second = await school.enrolled(one, held), await school.enrolled(two, held)
    assert (first["status"], second["status"], second["ahead"]) == ("enrolled", "waiting", 0)
    path = f"{SESSIONS}/{held['id']}/cancel"
    expect(await school.officer.post(path, {"reason_code": "place_unavailable"}), 200)
    for caller, enrolment in ((one, first), (two, second)):
        shown = expect(await caller.get(f"{ENROLMENTS}/{enrolment['id']}"), 200)
        assert (shown["status"], shown["reason_code"], shown["notice"]) == (
            "cancelled",
            "session_cancelled",
            "session_cancelled",
        )
        tasks = expect(await caller.get("/v1/tasks"), 200)["items"]
        assert [task["kind"] for task in tasks] == ["session_cancelled"]
        expect(await caller.post(f"{ENROLMENTS}/{enrolment['id']}/acknowledge"), 200)
        assert expect(await caller.get("/v1/tasks"), 200)["items"] == []
    assert await event_types(school.registry, first["id"]) == [
        "enrolment.enrolled",
        "enrolment.cancelled",
        "enrolment.seen",
    ]
    assert (await school.read(held))["places_left"] == 1


async def test_more_places_are_given_to_those_who_wait_and_never_fewer_than_are_taken(school: School) -> None:
    held = await school.session(capacity=2)
    enrolments = [await school.enrolled(caller, held) for caller in await school.founders(5)]
    path = f"{SESSIONS}/{held['id']}"
    version = (await school.read(held))["version"]
    problem = refused(await school.officer.patch(path, {"capacity": 1}, f'"{version}"'), 409, "training-capacity-taken")
    assert "2" in problem["detail"]
    shown = expect(await school.officer.patch(path, {"capacity": 4}, f'"{version}"'), 200)
    assert (shown["places_left"], shown["waiting"]) == (0, 1)
    states = [(await school.enrolment(one))["status"] for one in enrolments]
    assert states == ["enrolled"] * 4 + ["waiting"]


async def test_moved_session_tells_those_enrolled(school: School) -> None:
    held = await school.session()
    [founder] = await school.founders(1)
    enrolment = await school.enrolled(founder, held)
    version = (await school.read(held))["version"]
    expect(await school.officer.patch(f"{SESSIONS}/{held['id']}", {"place": "三楼"}, f'"{version}"'), 200)
    assert (await school.enrolment(enrolment))["notice"] == "moved"


async def test_session_is_completed_after_its_last_meeting(school: School) -> None:
    held = await school.session()
    path = f"{SESSIONS}/{held['id']}/complete"
    refused(await school.officer.on(HELD - timedelta(days=1)).post(path), 409, "training-not-over")
    tasks = expect(await school.officer.on(HELD + timedelta(days=1)).get("/v1/tasks", kind="session_to_complete"), 200)[
        "items"
    ]
    assert [task["no"] for task in tasks] == [held["no"]]
    assert expect(await school.officer.on(HELD).post(path), 200)["status"] == "completed"
    refused(await school.officer.on(HELD).post(path), 409, "invalid-transition")


async def test_sessions_are_listed_by_what_is_asked(school: School) -> None:
    full, free = await school.session(capacity=1), await school.session()
    [founder] = await school.founders(1)
    await school.enrolled(founder, full)
    public = school.registry.public
    listed = expect(await public.get(SESSIONS, free=True, enrolling_on=DAY, sort="held"), 200)["items"]
    assert [one["id"] for one in listed] == [free["id"]]
    assert expect(await public.get(SESSIONS, audience="centre_staff"), 200)["items"] == []
    assert expect(await public.get(SESSIONS, held_from=HELD + timedelta(days=1)), 200)["items"] == []
    table = await school.registry.officer.export(SESSIONS, "text/csv")
    assert full["no"] in table.text
