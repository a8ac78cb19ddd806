"""4.8-1: sessions recorded by the mentor or the centre, confirmed or contested by those who were advised."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tests.registry.mentors.support import (
    MENTORS,
    SESSIONS,
    advice,
    advising,
    appointed,
    as_mentor,
    at_centre,
    hr,
    operator,
    speaks_for,
)
from tests.registry.support import DAY, Caller, Json, Registry, expect, fresh_code, refused
from tests.registry.tenants.support import event_types, project

pytestmark = pytest.mark.asyncio(loop_scope="session")

ONE = timedelta(days=1)


async def recorded(registry: Registry, **changes: object) -> tuple[Json, Json, Json, Json]:
    """A session that the mentor recorded."""
    mentor, centre, enterprise = await advising(registry)
    body = advice(mentor, centre, enterprise, **changes)
    held = expect(await as_mentor(registry, mentor).post(SESSIONS, body), 201)
    return held, mentor, centre, enterprise


async def test_enterprise_confirms_what_the_mentor_recorded(registry: Registry) -> None:
    held, mentor, _, enterprise = await recorded(registry)
    assert (held["status"], held["recorded_as"], held["no"]) == ("recorded", "mentor", "MS-2019-0001")
    path = f"{SESSIONS}/{held['id']}"
    stranger = registry.caller("enterprise", org=fresh_code())
    refused(await stranger.post(f"{path}/confirm"), 404, "not-found")
    done = expect(await speaks_for(registry, enterprise).post(f"{path}/confirm"), 200)
    assert (done["status"], done["answered_on"]) == ("confirmed", DAY.isoformat())
    refused(await speaks_for(registry, enterprise).post(f"{path}/confirm"), 409, "invalid-transition")
    back = {"reason_code": "entered_by_mistake"}
    refused(await as_mentor(registry, mentor).post(f"{path}/withdraw", back), 409, "invalid-transition")
    assert await event_types(registry, held["id"]) == ["mentor_session.recorded", "mentor_session.confirmed"]


async def test_centre_records_and_the_enterprise_contests(registry: Registry) -> None:
    mentor, centre, enterprise = await advising(registry)
    refused(
        await operator(registry).post(SESSIONS, advice(mentor, centre, enterprise, mentor_id=None)),
        422,
        "validation-failed",
    )
    refused(await registry.stranger.post(SESSIONS, advice(mentor, centre, enterprise)), 404, "not-found")
    held = expect(await operator(registry).post(SESSIONS, advice(mentor, centre, enterprise)), 201)
    assert held["recorded_as"] == "centre"
    path, why = f"{SESSIONS}/{held['id']}", {"reason_code": "not_held", "remark": "当天无人到场"}
    refused(
        await speaks_for(registry, enterprise).post(f"{path}/contest", {"reason_code": "x1"}), 422, "validation-failed"
    )
    expect(await speaks_for(registry, enterprise).post(f"{path}/contest", why), 200)
    refused(
        await as_mentor(registry, mentor).post(f"{path}/withdraw", {"reason_code": "contested_rightly"}),
        404,
        "not-found",
    )
    done = expect(await operator(registry).post(f"{path}/withdraw", {"reason_code": "contested_rightly"}), 200)
    assert done["status"] == "withdrawn"
    shown = expect(await speaks_for(registry, enterprise).get(path), 200)
    assert shown["remark"] == "当天无人到场"


async def test_founder_confirms_for_a_project(registry: Registry) -> None:
    centre = await registry.listed()
    team = await project(registry)
    path = f"/v1/projects/{team['id']}/persons"
    link = expect(await registry.officer.post(path, {"capacity": "founder", "name": "达瓦"}), 201)
    stay = {"centre_id": centre["id"], "project_id": team["id"], "agreement_no": "RZ-2"}
    expect(await registry.officer.post("/v1/tenancies", stay), 201)
    mentor = await appointed(registry)
    await at_centre(registry, mentor, centre)
    body = {**advice(mentor, centre, {"id": None}), "project_id": team["id"]}
    held = expect(await as_mentor(registry, mentor).post(SESSIONS, body), 201)
    other = registry.caller("founder", person_ref="p-other")
    refused(await other.get(f"{SESSIONS}/{held['id']}"), 404, "not-found")
    founder = registry.caller("founder", person_ref=link["person"]["person_ref"])
    assert expect(await founder.post(f"{SESSIONS}/{held['id']}/confirm"), 200)["status"] == "confirmed"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"held_on": "2019-06-04"}, 422, "validation-failed"),
        ({"held_on": "2019-06-02"}, 409, "mentor-not-appointed-then"),
        ({"hours": "12.0"}, 201, ""),
        ({"hours": "12.1"}, 409, "mentor-day-full"),
        ({"hours": "0"}, 422, "validation-failed"),
        ({"field": "astrology"}, 422, "validation-failed"),
        ({"project_id": "01890000-0000-7000-8000-000000000000"}, 422, "validation-failed"),
        ({"enterprise_id": "01890000-0000-7000-8000-000000000000"}, 404, "not-found"),
        ({"topic": "致电 13812345678"}, 422, "validation-failed"),
    ],
    ids=["tomorrow", "before-the-term", "whole-day", "more-than-a-day", "no-time", "field", "two", "unknown", "mobile"],
)
async def test_session_fits_day_field_and_hours(registry: Registry, changes: Json, status: int, code: str) -> None:
    mentor, centre, enterprise = await advising(registry)
    answer = await as_mentor(registry, mentor).post(SESSIONS, advice(mentor, centre, enterprise, **changes))
    if status == 201:
        assert expect(answer, 201)["decision"]["passed"] is True
    else:
        refused(answer, status, code)


async def test_session_is_at_a_centre_of_the_mentor_for_its_tenant(registry: Registry) -> None:
    mentor, centre, enterprise = await advising(registry)
    own, elsewhere = as_mentor(registry, mentor), await registry.listed()
    body = advice(mentor, elsewhere, enterprise)
    refused(await own.post(SESSIONS, body), 409, "mentor-not-at-the-centre")
    nobody = await registry.enterprise()
    refused(await own.post(SESSIONS, advice(mentor, centre, nobody)), 409, "session-for-no-tenant")


@pytest.mark.parametrize(("days", "code"), [(0, ""), (1, "mentor-not-at-the-centre")], ids=["last-day", "day-after"])
async def test_last_day_at_the_centre_counts(registry: Registry, days: int, code: str) -> None:
    mentor, centre, enterprise = await advising(registry)
    path = f"{MENTORS}/{mentor['id']}/centres"
    link = expect(await hr(registry).get(path), 200)["items"][0]
    expect(await hr(registry).post(f"{path}/{link['id']}/end"), 200)
    day = DAY + timedelta(days=days)
    body = advice(mentor, centre, enterprise, held_on=day.isoformat())
    answer = await as_mentor(registry, mentor, on=day).post(SESSIONS, body)
    if code:
        refused(answer, 409, code)
    else:
        expect(answer, 201)


async def test_hours_of_a_day_are_counted_together_also_at_the_same_moment(registry: Registry) -> None:
    _, centre, enterprise = await advising(registry)
    fields = ["financing", "marketing", "technology", "policies", "strategy", "law_and_ip"]
    mentor = await appointed(registry, fields=fields)
    await at_centre(registry, mentor, centre)
    own = as_mentor(registry, mentor)
    body = advice(mentor, centre, enterprise, hours="5.0")
    answers = await asyncio.gather(*(own.post(SESSIONS, {**body, "field": field}) for field in fields))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409, 409]
    first = next(answer.json() for answer in answers if answer.status_code == 201)
    expect(await own.post(f"{SESSIONS}/{first['id']}/withdraw", {"reason_code": "entered_by_mistake"}), 200)
    expect(await own.post(SESSIONS, {**body, "field": first["field"]}), 201)


async def test_nobody_mentors_or_confirms_itself(registry: Registry) -> None:
    mentor, centre, enterprise = await advising(registry)
    path = f"/v1/enterprises/{enterprise['id']}/persons"
    link = expect(await registry.officer.post(path, {"capacity": "member", "person_ref": mentor["person_ref"]}), 201)
    body = advice(mentor, centre, enterprise)
    refused(await as_mentor(registry, mentor).post(SESSIONS, body), 409, "mentor-of-own-firm")
    expect(await registry.officer.post(f"{path}/{link['id']}/end", {}), 200)
    held = expect(await as_mentor(registry, mentor).post(SESSIONS, body), 201)
    both = registry.caller(
        "mentor", "enterprise", account="both", org=enterprise["code"], person_ref=mentor["person_ref"]
    )
    refused(await both.post(f"{SESSIONS}/{held['id']}/confirm"), 403, "four-eyes-required")


async def test_sessions_are_read_by_those_who_have_to_do_with_them(registry: Registry) -> None:
    held, mentor, centre, enterprise = await recorded(registry)
    callers = [
        (as_mentor(registry, mentor), 1),
        (operator(registry), 1),
        (speaks_for(registry, enterprise), 1),
        (hr(registry), 1),
        (registry.auditor, 1),
        (registry.caller("division_officer", division="540102"), 1),
        (registry.caller("division_officer", division="540121"), 0),
        (registry.stranger, 0),
        (as_mentor(registry, {"person_ref": "p-another"}), 0),
        (registry.caller("enterprise", org=fresh_code()), 0),
        (registry.caller("founder", person_ref="p-another"), 0),
    ]
    for caller, count in callers:
        items = expect(await caller.get(SESSIONS, centre_id=centre["id"]), 200)["items"]
        assert len(items) == count, caller.roles
        shown = await caller.get(f"{SESSIONS}/{held['id']}")
        assert shown.status_code == (200 if count else 404), caller.roles
        history = await caller.get(f"{SESSIONS}/{held['id']}/history")
        assert history.status_code == (200 if count else 404), caller.roles


async def test_load_counts_centres_sessions_and_confirmed_hours(registry: Registry) -> None:
    held, mentor, centre, enterprise = await recorded(registry)
    body = advice(mentor, centre, enterprise, hours="1.5", held_on=(DAY + ONE).isoformat())
    expect(await as_mentor(registry, mentor, on=DAY + ONE).post(SESSIONS, body), 201)
    expect(await speaks_for(registry, enterprise).post(f"{SESSIONS}/{held['id']}/confirm"), 200)
    idle = await appointed(registry, name="次仁")
    path = f"{MENTORS}/loads"
    late = hr(registry, on=DAY + ONE)
    loads = expect(await late.get(path, since=DAY, until=DAY + ONE), 200)["items"]
    counted = {
        one["mentor_id"]: (one["centres"], one["sessions_recorded"], one["sessions_confirmed"], one["hours"])
        for one in loads
    }
    assert counted == {mentor["id"]: (1, 1, 1, "2.0"), idle["id"]: (0, 0, 0, "0")}
    first = expect(await late.get(path, since=DAY, until=DAY), 200)["items"][0]
    assert (first["sessions_recorded"], first["sessions_confirmed"]) == (0, 1)
    own = expect(await as_mentor(registry, mentor).get(path, since=DAY, until=DAY), 200)["items"]
    assert [one["mentor_id"] for one in own] == [mentor["id"]]
    refused(await late.get(path, since=DAY + ONE, until=DAY), 422, "validation-failed")


async def test_tasks_wait_for_who_acts_next(registry: Registry) -> None:
    held, mentor, _, enterprise = await recorded(registry)
    await registry.listed()

    async def kinds(caller: Caller) -> set[str]:
        answer = expect(await caller.get("/v1/tasks"), 200)
        return {one["kind"] for one in answer["items"] if "mentor" in one["kind"]}

    assert await kinds(speaks_for(registry, enterprise)) == {"mentor_session_to_confirm"}
    assert await kinds(hr(registry)) == {"centre_without_mentor"}
    late = hr(registry, on=DAY + timedelta(days=700))
    assert await kinds(late) == {"centre_without_mentor", "mentor_term_ending"}
    expect(await late.post(f"{MENTORS}/{mentor['id']}/reappoint"), 200)
    assert await kinds(registry.caller("hr_approver", today=late.today)) == {"mentor_to_decide"}
    expect(await speaks_for(registry, enterprise).post(f"{SESSIONS}/{held['id']}/confirm"), 200)
    assert await kinds(speaks_for(registry, enterprise)) == set()


async def test_one_advice_is_one_record_under_whichever_key(registry: Registry) -> None:
    mentor, centre, enterprise = await advising(registry)
    body = advice(mentor, centre, enterprise)
    first = expect(await as_mentor(registry, mentor).post(SESSIONS, body, Idempotency_Key="one"), 201)
    again = await as_mentor(registry, mentor).post(SESSIONS, body, Idempotency_Key="two")
    assert first["id"] in refused(again, 409, "mentor-session-known")["detail"]
    assert again.headers["location"] == f"{SESSIONS}/{first['id']}"
    refused(await operator(registry).post(SESSIONS, {**body, "hours": "1.0"}), 409, "mentor-session-known")
    expect(await as_mentor(registry, mentor).post(SESSIONS, {**body, "field": "marketing"}), 201)
    back = {"reason_code": "entered_by_mistake"}
    expect(await as_mentor(registry, mentor).post(f"{SESSIONS}/{first['id']}/withdraw", back), 200)
    expect(await as_mentor(registry, mentor).post(SESSIONS, {**body, "hours": "1.0"}), 201)


async def test_two_keys_at_the_same_moment_make_one_record(registry: Registry) -> None:
    mentor, centre, enterprise = await advising(registry)
    body = advice(mentor, centre, enterprise)
    asked = (as_mentor(registry, mentor).post(SESSIONS, body, Idempotency_Key=f"k{n}") for n in range(6))
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]


@pytest.mark.parametrize(("late", "status"), [(92, 201), (93, 409)], ids=["last day", "day after"])
async def test_a_session_is_entered_within_a_quarter(registry: Registry, late: int, status: int) -> None:
    mentor, centre, enterprise = await advising(registry)
    caller = as_mentor(registry, mentor, on=DAY + timedelta(days=late))
    answer = await caller.post(SESSIONS, advice(mentor, centre, enterprise))
    assert (answer.status_code, answer.json().get("code")) == (status, None if status == 201 else "mentor-session-late")


async def test_a_mentor_advises_in_its_own_fields(registry: Registry) -> None:
    mentor, centre, enterprise = await advising(registry)
    body = advice(mentor, centre, enterprise, field="technology")
    refused(await as_mentor(registry, mentor).post(SESSIONS, body), 409, "mentor-field-other")
