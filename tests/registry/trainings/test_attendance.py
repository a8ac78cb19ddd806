"""Attendance: codes replayed, forged, of elsewhere and of others; by hand; the list as a file."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from shared.auth import roles as r
from shared.clock import utcnow
from tests.registry.personal_data.support import withdraw_all
from tests.registry.support import OPERATOR, Json, Registry, enterprise_body, expect, fresh_code, refused
from tests.registry.tenants.support import PERSONS, event_types, events, fresh_card
from tests.registry.trainings.support import CERTIFICATES, ENROLMENTS, HELD, SCORES, SESSIONS, School

pytestmark = pytest.mark.asyncio(loop_scope="session")

BY_HAND = {"meeting": 1, "reason_code": "no_phone"}


@pytest.fixture
def school(registry: Registry) -> School:
    return School(registry)


def attend(training: Json) -> str:
    return f"{SESSIONS}/{training['id']}/attend"


async def test_code_of_the_screen_counts_once(school: School) -> None:
    held = await school.session()
    [founder] = await school.founders(1)
    enrolment = await school.enrolled(founder, held)
    code, there = await school.opened(held), founder.on(HELD)
    first = expect(await there.post(attend(held), {"token": code}), 200)
    again = expect(await there.post(attend(held), {"token": code}), 200)
    assert (first["first"], again["first"]) == (True, False)
    assert (await school.enrolment(enrolment))["meetings_attended"] == [1]
    assert await event_types(school.registry, enrolment["id"]) == [
        "enrolment.enrolled",
        "enrolment.attendance_recorded",
    ]


async def test_code_from_before_is_refused(school: School) -> None:
    held = await school.session()
    [founder] = await school.founders(1)
    await school.enrolled(founder, held)
    await school.opened(held)
    for seconds in (41, 60, 3600):
        old = await school.code_at(held, utcnow() - timedelta(seconds=seconds))
        refused(await founder.on(HELD).post(attend(held), {"token": old}), 409, "attendance-code-expired")
    early = await school.code_at(held, utcnow() + timedelta(seconds=40))
    refused(await founder.on(HELD).post(attend(held), {"token": early}), 409, "attendance-code-expired")


async def test_forged_and_altered_codes_are_refused(school: School) -> None:
    held = await school.session()
    [founder] = await school.founders(1)
    await school.enrolled(founder, held)
    code = await school.opened(held)
    middle = len(code) // 2
    altered = code[:middle] + ("A" if code[middle] != "A" else "B") + code[middle + 1 :]
    for made_up in (altered, code[:-1], code + "A", "MCA1.", "MCA1.AAAA", "hello", "MCA1." + "A" * 52):
        problem = refused(await founder.on(HELD).post(attend(held), {"token": made_up}), 409, "attendance-code-invalid")
        assert made_up not in json.dumps(problem)


async def test_code_of_another_session_or_meeting_is_refused(school: School) -> None:
    meetings = [{"held_on": HELD.isoformat(), "starts": f"{at}:00", "ends": f"{at + 1}:00"} for at in (9, 14)]
    meetings[0]["starts"] = "08:00"
    held, other = await school.session(meetings=meetings), await school.session()
    [founder] = await school.founders(1)
    enrolment = await school.enrolled(founder, held)
    await school.enrolled(founder, other)
    there, elsewhere = founder.on(HELD), await school.opened(other)
    await school.opened(held, 1)
    refused(await there.post(attend(held), {"token": elsewhere}), 409, "attendance-code-invalid")
    bent = await school.code_at(held, utcnow(), of=other)
    refused(await there.post(attend(held), {"token": bent}), 409, "attendance-code-invalid")
    second = await school.opened(held, 2)
    assert expect(await there.post(attend(held), {"token": second}), 200)["meeting"] == 2
    assert (await school.enrolment(enrolment))["meetings_attended"] == [2]


async def test_code_ends_with_its_screen_and_with_its_day(school: School) -> None:
    held = await school.session()
    [founder] = await school.founders(1)
    await school.enrolled(founder, held)
    code, path = await school.opened(held), f"{SESSIONS}/{held['id']}"
    later = founder.on(HELD + timedelta(days=1))
    refused(await later.post(attend(held), {"token": code}), 409, "attendance-code-invalid")
    reopened = await school.opened(held)
    refused(await founder.on(HELD).post(attend(held), {"token": code}), 409, "attendance-code-invalid")
    expect(await school.officer.on(HELD).post(f"{path}/close-attendance"), 200)
    refused(await founder.on(HELD).post(attend(held), {"token": reopened}), 409, "attendance-code-invalid")
    refused(await school.officer.on(HELD).get(f"{path}/attendance-token"), 409, "attendance-not-open")
    refused(await school.officer.post(f"{path}/open-attendance"), 409, "training-not-today")


async def test_who_is_not_enrolled_or_waits_is_not_counted(school: School) -> None:
    held = await school.session(capacity=1)
    one, waiting, stranger = await school.founders(3)
    enrolment = await school.enrolled(one, held)
    await school.enrolled(waiting, held)
    body = {"token": await school.opened(held)}
    for caller in (waiting, stranger):
        refused(await caller.on(HELD).post(attend(held), body), 409, "training-not-enrolled")
    others = {**body, "enrolment_id": enrolment["id"]}
    refused(await stranger.on(HELD).post(attend(held), others), 409, "training-not-enrolled")
    async with school.registry.db.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM training_attendance")) == 0


async def test_enterprise_sends_the_code_for_its_people_and_nobody_elses(school: School) -> None:
    held = await school.session()
    code, registry = fresh_code(), school.registry
    expect(await registry.officer.post("/v1/enterprises", enterprise_body(code=code)), 201)
    firm = registry.caller(r.ENTERPRISE, org=code)
    named = {"name": "央金", "id_number": fresh_card(), "consent_document_no": "同意书-1"}
    mine = expect(await firm.post(f"{SESSIONS}/{held['id']}/enrol", named), 201)
    [founder] = await school.founders(1)
    other = await school.enrolled(founder, held)
    token = await school.opened(held)
    body = {"token": token, "enrolment_id": other["id"]}
    refused(await firm.on(HELD).post(attend(held), body), 409, "training-not-enrolled")
    refused(await firm.on(HELD).post(attend(held), {"token": token}), 409, "training-not-enrolled")
    assert expect(await firm.on(HELD).post(attend(held), {**body, "enrolment_id": mine["id"]}), 200)["first"]


async def test_code_is_shown_to_who_runs_the_session_alone_and_kept_nowhere(school: School) -> None:
    [trainer] = await school.founders(1)
    reference = trainer.scope["person_ref"]
    held = await school.session(trainer_ref=reference)
    mentor = school.registry.caller(r.MENTOR, account="mentor", person_ref=reference).on(HELD)
    path = f"{SESSIONS}/{held['id']}"
    expect(await mentor.post(f"{path}/open-attendance"), 200)
    answer = await mentor.get(f"{path}/attendance-token")
    token = expect(answer, 200)["token"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert 1 <= answer.json()["next_in_seconds"] <= 30
    image = await mentor.get(f"{path}/attendance-code")
    assert image.headers["Content-Type"] == "image/svg+xml"
    assert b"<svg" in image.content
    other = school.registry.caller(r.MENTOR, account="other", person_ref="p-other").on(HELD)
    refused(await other.get(f"{path}/attendance-token"), 404, "not-found")
    refused(await school.registry.stranger.on(HELD).get(f"{path}/attendance-code"), 404, "not-found")
    [founder] = await school.founders(1)
    await school.enrolled(founder, held)
    expect(await founder.on(HELD).post(attend(held), {"token": token}, Idempotency_Key="once"), 200)
    dump = await _everything(school.registry)
    assert token not in dump
    assert token.removeprefix("MCA1.") not in dump


async def _everything(registry: Registry) -> str:
    """All rows of all tables as text."""
    async with registry.db.transaction() as session:
        names = await session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        rows = [await session.scalars(text(f'SELECT t::text FROM "{name}" t')) for name in names.all()]
        return "\n".join(str(row) for table in rows for row in table)


async def test_by_hand_needs_a_reason_and_another_hand_issues_the_certificates(school: School) -> None:
    held = await school.session()
    [founder] = await school.founders(1)
    enrolment = await school.enrolled(founder, held)
    path, officer = f"{ENROLMENTS}/{enrolment['id']}/record-attendance", school.officer
    refused(await officer.post(path, BY_HAND), 409, "training-not-today")
    there = officer.on(HELD)
    refused(await there.post(path, {**BY_HAND, "reason_code": "because"}), 422, "validation-failed")
    refused(await there.post(path, {**BY_HAND, "meeting": 2}), 404, "not-found")
    refused(await founder.on(HELD).post(path, BY_HAND), 404, "not-found")
    shown = expect(await there.post(path, {**BY_HAND, "remark": "手机没电"}), 200)
    assert shown["meetings_attended"] == [1]
    expect(await there.post(path, BY_HAND), 200)
    recorded = [data for name, data in await events(school.registry, enrolment["id"]) if "attendance" in name]
    assert len(recorded) == 1
    assert "手机没电" not in recorded[0]
    assert json.loads(recorded[0])["attended_via"] == "hand"
    await school.completed(held)
    issue = f"{SESSIONS}/{held['id']}/issue-certificates"
    refused(await there.post(issue), 403, "four-eyes-required")
    assert expect(await school.second.on(HELD).post(issue), 200)["issued"] == 1


async def test_trainer_does_not_enter_itself(school: School) -> None:
    [trainer] = await school.founders(1)
    held = await school.session(trainer_ref=trainer.scope["person_ref"])
    enrolment = await school.enrolled(trainer, held)
    path = f"{ENROLMENTS}/{enrolment['id']}/record-attendance"
    refused(await trainer.on(HELD).post(path, BY_HAND), 403, "four-eyes-required")


async def test_who_runs_the_session_counts_nobody_by_the_code(school: School) -> None:
    """An operator shows the code at its own centre: its staff is entered by hand, and another issues."""
    registry = school.registry
    centre = await registry.listed()
    place = f"/v1/centres/{centre['id']}/staff"
    work = {"name": "德吉", "id_number": fresh_card(), "role": "manager", "full_time": True, "from_on": "2019-06-01"}
    staff = expect(await registry.officer.post(place, work), 201)
    operator = registry.caller(r.CENTRE_OPERATOR, account="operator", org=OPERATOR)
    own = await school.course(audience="centre_staff", centre_id=centre["id"])
    for course in (own, await school.course(audience="centre_staff")):
        held = await school.session(course=course)
        body = {"staff_id": staff["id"], "consent_document_no": "同意书-2"}
        enrolment = expect(await operator.post(f"{SESSIONS}/{held['id']}/enrol", body), 201)
        sent = {"token": await school.opened(held), "enrolment_id": enrolment["id"]}
        answer = await operator.on(HELD).post(attend(held), sent)
        if course is own:
            refused(answer, 403, "four-eyes-required")
            path = f"{ENROLMENTS}/{enrolment['id']}/record-attendance"
            expect(await operator.on(HELD).post(path, {**BY_HAND, "reason_code": "paper_list"}), 200)
            expect(await operator.on(HELD).post(f"{SESSIONS}/{held['id']}/complete"), 200)
            issue = f"{SESSIONS}/{held['id']}/issue-certificates"
            refused(await operator.on(HELD).post(issue), 403, "four-eyes-required")
            praise = {"enrolment_id": enrolment["id"], "scores": SCORES}
            refused(
                await operator.on(HELD).post(f"{SESSIONS}/{held['id']}/evaluate", praise), 403, "four-eyes-required"
            )
        else:
            assert expect(answer, 200)["first"]


async def test_wrong_attendance_is_struck_and_does_not_count(school: School) -> None:
    held = await school.session()
    absent, came = await school.founders(2)
    enrolment, other = await school.enrolled(absent, held), await school.enrolled(came, held)
    await school.opened(held)
    await school.attend(absent, held)
    await school.attend(came, held)
    path, there = f"{ENROLMENTS}/{enrolment['id']}/strike-attendance", school.officer.on(HELD)
    wrong = {"meeting": 1, "reason_code": "not_in_the_room", "remark": "转发的签到码"}
    refused(await absent.on(HELD).post(path, wrong), 404, "not-found")
    refused(await there.post(path, {**wrong, "reason_code": "no_phone"}), 422, "validation-failed")
    refused(await there.post(path, wrong, If_Match='"0"'), 412, "precondition-failed")
    assert expect(await there.post(path, wrong), 200)["meetings_attended"] == []
    refused(await there.post(path, wrong), 409, "attendance-not-recorded")
    recorded = [json.loads(data) for name, data in await events(school.registry, enrolment["id"]) if "struck" in name]
    assert [(one["attended_via"], one["struck_reason"], one["meeting_no"]) for one in recorded] == [
        ("qr", "not_in_the_room", 1)
    ]
    assert "转发" not in str(recorded)
    by_hand = f"{ENROLMENTS}/{enrolment['id']}/record-attendance"
    assert expect(await there.post(by_hand, BY_HAND), 200)["meetings_attended"] == [1]
    expect(await there.post(path, {**wrong, "reason_code": "entered_in_error"}), 200)
    async with school.registry.db.transaction() as session:
        query = text("SELECT count(*) FROM training_attendance WHERE enrolment_id = :id AND struck_by IS NOT NULL")
        assert await session.scalar(query, {"id": enrolment["id"]}) == 2
    await school.completed(held)
    assert (await school.enrolment(enrolment))["status"] == "missed"
    assert (await school.enrolment(other))["status"] == "attended"


async def test_an_enrolee_is_told_that_its_attendance_was_struck_and_why(school: School) -> None:
    held = await school.session()
    [founder] = await school.founders(1)
    enrolment = await school.enrolled(founder, held)
    await school.opened(held)
    await school.attend(founder, held)
    path = f"{ENROLMENTS}/{enrolment['id']}"
    wrong = {"meeting": 1, "reason_code": "not_in_the_room"}
    expect(await school.officer.on(HELD).post(f"{path}/strike-attendance", wrong), 200)
    [own] = expect(await founder.on(HELD).get(ENROLMENTS), 200)["items"]
    assert (own["meetings_struck"], own["struck_reasons"]) == ([1], ["not_in_the_room"])
    assert (own["notice"], own["notice_on"]) == ("attendance_struck", HELD.isoformat())
    tasks = expect(await founder.on(HELD).get("/v1/tasks"), 200)["items"]
    assert "attendance_struck" in [task["kind"] for task in tasks]
    expect(await founder.on(HELD).post(f"{path}/acknowledge"), 200)
    tasks = expect(await founder.on(HELD).get("/v1/tasks"), 200)["items"]
    assert "attendance_struck" not in [task["kind"] for task in tasks]


async def test_attendance_of_a_completed_session_is_struck_by_two(school: School) -> None:
    held = await school.session()
    [founder] = await school.founders(1)
    enrolment = await school.enrolled(founder, held)
    await school.opened(held)
    await school.attend(founder, held)
    await school.completed(held)
    [certificate] = await school.certified(held)
    path, wrong = f"{ENROLMENTS}/{enrolment['id']}/strike-attendance", {"meeting": 1, "reason_code": "not_in_the_room"}
    first, second = school.officer.on(HELD), school.second.on(HELD)
    refused(await first.post(path, wrong), 409, "attendance-certified")
    revoke = {"reason_code": "issued_in_error"}
    expect(await first.post(f"{CERTIFICATES}/{certificate['id']}/revoke", revoke), 200)
    noted = expect(await first.post(path, wrong), 200)
    assert (noted["status"], noted["meetings_attended"]) == ("attended", [1])
    refused(await first.post(path, wrong), 403, "four-eyes-required")
    kinds = [task["kind"] for task in expect(await second.get("/v1/tasks"), 200)["items"]]
    assert "strike_to_decide" in kinds
    struck = expect(await second.post(path, wrong), 200)
    assert (struck["status"], struck["meetings_attended"], struck["meetings_struck"]) == ("missed", [], [1])
    assert float(struck["hours_attended"]) == 0
    names = [name for name, _ in await events(school.registry, enrolment["id"])]
    assert [name.split(".")[2] for name in names[-3:]] == ["attendance_strike_noted", "attendance_struck", "missed"]


async def test_hours_stay_once_somebody_was_seen(school: School) -> None:
    held = await school.session()
    [founder] = await school.founders(1)
    await school.enrolled(founder, held)
    await school.opened(held)
    await school.attend(founder, held)
    version = (await school.read(held))["version"]
    meetings = [{"held_on": HELD.isoformat(), "starts": "10:00", "ends": "12:30"}]
    answer = await school.officer.on(HELD).patch(f"{SESSIONS}/{held['id']}", {"meetings": meetings}, f'"{version}"')
    refused(answer, 409, "attendance-already-taken")


async def test_list_is_taken_out_for_a_reason_that_is_kept(school: School) -> None:
    held = await school.session()
    named = {"name": "央金卓玛", "id_number": fresh_card(), "mobile": "13900139000", "consent_document_no": "同意书-1"}
    expect(await school.officer.post(f"{SESSIONS}/{held['id']}/enrol", named), 201)
    path = f"{SESSIONS}/{held['id']}/export"
    body = {"reason_code": "training_contact", "document_no": "拉人社〔2019〕3号", "format": "csv"}
    refused(await school.officer.post(path, {**body, "reason_code": "curiosity"}), 422, "validation-failed")
    refused(await school.registry.operator.post(path, body), 403, "forbidden")
    answer = await school.officer.post(path, body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "央金卓玛" in answer.text
    assert "13900139000" in answer.text
    async with school.registry.db.transaction() as session:
        [row] = (await session.execute(text("SELECT subject_kind, reason_code, count FROM person_export"))).all()
    assert tuple(row) == ("training-session", "training_contact", 1)
    plain = await school.officer.export(ENROLMENTS, "text/csv")
    assert "央***" in plain.text
    assert "央金卓玛" not in plain.text
    assert "13900139000" not in plain.text


async def test_who_does_not_agree_any_more_is_not_taken_out(school: School) -> None:
    """What was attended stays, and with it the line; name and contacts do not leave any more."""
    held = await school.session()
    named = {"name": "央金卓玛", "id_number": fresh_card(), "mobile": "13900139000", "consent_document_no": "同意书-1"}
    enrolment = expect(await school.officer.post(f"{SESSIONS}/{held['id']}/enrol", named), 201)
    there = school.officer.on(HELD)
    expect(await there.post(f"{ENROLMENTS}/{enrolment['id']}/record-attendance", BY_HAND), 200)
    await school.completed(held)
    person = expect(await school.registry.officer.get(PERSONS, person_ref=enrolment["person_ref"]), 200)["items"][0]
    await withdraw_all(school.registry, person["id"])
    body = {"reason_code": "training_contact", "document_no": "拉人社〔2019〕3号", "format": "csv"}
    answer = await there.post(f"{SESSIONS}/{held['id']}/export", body)
    assert answer.status_code == 200, answer.text
    assert f"{enrolment['no']},,,," in answer.text
    assert "央金卓玛" not in answer.text
    async with school.registry.db.transaction() as session:
        assert await session.scalar(text("SELECT count FROM person_export")) == 0


async def test_code_and_comments_are_in_no_log(school: School, capsys: pytest.CaptureFixture[str]) -> None:
    held = await school.session()
    [founder] = await school.founders(1)
    await school.enrolled(founder, held)
    code = await school.opened(held)
    expect(await founder.on(HELD).post(attend(held), {"token": code}), 200)
    refused(await founder.on(HELD).post(attend(held), {"token": code[:-2] + "!!"}), 409, "attendance-code-invalid")
    written = capsys.readouterr()
    assert code[5:40] not in written.out + written.err
