"""Mentors and their sessions, the staff of centres and their training: what a year is counted by (4.8-1, 4.8-2)."""

from __future__ import annotations

from datetime import date
from typing import Final

from deploy.demo import tables
from deploy.demo.client import Json
from deploy.demo.story.world import Step, World

_MENTORS: Final = "/v1/mentors"
_SESSIONS: Final = "/v1/mentors/sessions"
_COURSES: Final = "/v1/trainings"
_TRAININGS: Final = "/v1/training-sessions"
_ENROLMENTS: Final = "/v1/training-enrolments"
_HOURS: Final = "2"


async def find_registers(world: World) -> None:
    """What an earlier run entered, under its natural keys."""
    keys = {centre["id"]: key for key, centre in world.centres.items()}
    world.mentors = {found["person_ref"]: found async for found in world.api.items(_MENTORS, world.auditor)}
    refs = {found["id"]: ref for ref, found in world.mentors.items()}
    world.advice = {
        (refs[found["mentor_id"]], keys[found["centre_id"]]): found
        async for found in world.api.items(_SESSIONS, world.auditor)
        if found["centre_id"] in keys
    }
    for key in {row.centre for row in world.data.staff} & world.centres.keys():
        path = f"/v1/centres/{world.centres[key]['id']}/staff"
        world.staff |= {(key, found["person_ref"]): found async for found in world.api.items(path, world.auditor)}
    world.courses = {found["title"]: found async for found in world.api.items(_COURSES, world.auditor)}
    world.trainings = {found["course_id"]: found async for found in world.api.items(_TRAININGS, world.auditor)}
    world.enrolments = {
        (found["session_id"], found["person_ref"]): found async for found in world.api.items(_ENROLMENTS, world.auditor)
    }


async def tell_mentor(world: World, row: tables.Mentor, until: date) -> None:
    """Proposed by one bureau with the consent that the person signed, and appointed by the other."""
    if row.proposed_on > until:
        return
    name, found = f"mentor/{row.person_ref}", world.mentors.get(row.person_ref)
    if found is None:
        body = {
            **row.model_dump(include={"person_ref", "name", "id_number", "organisation"}),
            "fields": [row.field],
            "graduate_team": True,
            "from_on": row.appointed_on.isoformat(),
            "consent": {
                "given_on": row.proposed_on.isoformat(),
                "document_no": row.consent_no,
                "public_page": True,
            },
        }
        found = await world.api.post(_MENTORS, world.bureau("science_officer"), row.proposed_on, body, key=name)
    appointed = {"document_no": row.document_no}
    steps = [Step("proposed", row.appointed_on, "appoint", world.bureau("hr_approver"), appointed)]
    world.mentors[row.person_ref] = await world.walk(f"{_MENTORS}/{found['id']}", name, found, steps, until)


async def tell_mentor_session(world: World, row: tables.MentorSession, until: date) -> None:
    """Linked by the bureau; recorded by the mentor, or by the centre where the mentor has no account; confirmed by whom
    it advised."""
    if row.linked_on > until:
        return
    mentor, centre = world.mentors[row.mentor], world.centres[row.centre]
    name, found = f"mentor-session/{row.mentor}/{row.centre}", world.advice.get((row.mentor, row.centre))
    if found is None:
        link = {"centre_id": centre["id"], "since": row.linked_on.isoformat()}
        path = f"{_MENTORS}/{mentor['id']}/centres"
        there = [one["centre_id"] async for one in world.api.items(path, world.auditor)]
        if centre["id"] not in there:
            await world.api.post(path, world.bureau("hr_officer"), row.linked_on, link, key=f"{name}/link")
        own = world.person(row.mentor)
        body: Json = {
            "centre_id": centre["id"],
            "enterprise_code": row.enterprise,
            "held_on": row.held_on.isoformat(),
            "hours": _HOURS,
            "field": row.field,
            "topic": row.topic,
            **({} if own else {"mentor_id": mentor["id"]}),
        }
        recorder = own or world.holder("centre_operator", centre["operator_code"])
        found = await world.api.post(_SESSIONS, recorder, row.held_on, body, key=f"{name}/record")
    steps = [Step("recorded", row.confirmed_on, "confirm", world.holder("enterprise", row.enterprise))]
    world.advice[row.mentor, row.centre] = await world.walk(f"{_SESSIONS}/{found['id']}", name, found, steps, until)


async def tell_staff(world: World, row: tables.StaffMember, until: date) -> None:
    """Entered by the bureau under the reference of the person."""
    if row.from_on > until or (row.centre, row.person_ref) in world.staff:
        return
    path = f"/v1/centres/{world.centres[row.centre]['id']}/staff"
    body = {
        **row.model_dump(include={"person_ref", "name", "id_number", "role"}),
        "full_time": True,
        "from_on": row.from_on.isoformat(),
    }
    officer, key = world.bureau("science_officer"), f"staff/{row.person_ref}"
    world.staff[row.centre, row.person_ref] = await world.api.post(path, officer, row.from_on, body, key=key)


async def tell_training(world: World, row: tables.Training, until: date) -> None:
    """The course and its session; the centres enrol their staff, and who signed the list has attended."""
    officer, name = world.bureau("hr_officer"), f"training/{row.title}"
    people = [person for person in world.data.staff if person.course == row.title]
    if row.drafted_on > until or not people:
        return
    course = world.courses.get(row.title)
    if course is None:
        body = {"title": row.title, "audience": "centre_staff", "summary": row.summary}
        course = await world.api.post(_COURSES, officer, row.drafted_on, body, key=name)
    published = Step("draft", row.published_on, "publish", world.bureau("hr_approver"))
    course = await world.walk(f"{_COURSES}/{course['id']}", name, course, [published], until)
    if course["status"] != "published" or row.planned_on > until:
        return
    session = world.trainings.get(course["id"])
    if session is None:
        meeting = {"held_on": row.held_on.isoformat(), "starts": "09:00", "ends": "17:00"}
        planned: Json = {"course_id": course["id"], "place": row.place, "meetings": [meeting], "capacity": row.capacity}
        session = await world.api.post(_TRAININGS, officer, row.planned_on, planned, key=f"{name}/session")
    path = f"{_TRAININGS}/{session['id']}"
    if session["status"] == "planned":
        await world.each([(row, session, person) for person in people], _attend, until)
    keeper = world.bureau("hr_officer", 1)
    session = await world.walk(path, name, session, [Step("planned", row.completed_on, "complete", keeper)], until)
    if session["status"] == "completed" and row.certified_on <= until and not await _certified(world, session):
        await world.api.post(f"{path}/issue-certificates", keeper, row.certified_on, key=f"{name}/certificates")
    world.trainings[course["id"]] = session


async def _certified(world: World, session: Json) -> bool:
    found = world.api.items("/v1/training-certificates", world.auditor, session_id=session["id"])
    return bool([one async for one in found])


async def _attend(world: World, place: tuple[tables.Training, Json, tables.StaffMember], until: date) -> None:
    row, session, person = place
    name = f"enrolment/{row.title}/{person.person_ref}"
    found = world.enrolments.get((session["id"], person.person_ref))
    if found is None:
        body = {
            "staff_id": world.staff[person.centre, person.person_ref]["id"],
            "consent_document_no": person.consent_no,
        }
        operator = world.holder("centre_operator", world.centres[person.centre]["operator_code"])
        path = f"{_TRAININGS}/{session['id']}/enrol"
        found = await world.api.post(path, operator, row.planned_on, body, key=name)
    if row.completed_on <= until and not found["meetings_attended"]:
        signed = {"meeting": 1, "reason_code": "paper_list"}
        path = f"{_ENROLMENTS}/{found['id']}/record-attendance"
        await world.api.post(path, world.bureau("hr_officer"), row.completed_on, signed, key=f"{name}/attended")
    world.enrolments[session["id"], person.person_ref] = found
