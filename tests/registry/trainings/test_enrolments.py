"""Enrolment in its four ways, the waiting list, and what follows when somebody leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.auth import roles as r
from tests.registry.support import DAY, Json, Registry, enterprise_body, expect, fresh_code, refused
from tests.registry.tenants.support import event_types, fresh_card
from tests.registry.trainings.support import ENROLMENTS, HELD, LEFT, SESSIONS, School

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAPER = {"consent_document_no": "同意书-1"}


@pytest.fixture
def school(registry: Registry) -> School:
    return School(registry)


async def staff_of(registry: Registry, centre: Json, name: str = "次仁") -> Json:
    body = {"name": name, "id_number": fresh_card(), "role": "manager", "full_time": False, "from_on": "2019-06-03"}
    return expect(await registry.operator.post(f"/v1/centres/{centre['id']}/staff", body), 201)


async def test_founder_enrols_itself_with_its_consent(school: School) -> None:
    held = await school.session()
    [founder] = await school.founders(1)
    path = f"{SESSIONS}/{held['id']}/enrol"
    problem = refused(await founder.post(path, {}), 422, "validation-failed")
    assert problem["errors"][0]["field"] == "consent"
    enrolment = expect(await founder.post(path, {"consent": True}), 201)
    assert (enrolment["status"], enrolment["via"], enrolment["ahead"]) == ("enrolled", "self", None)
    assert enrolment["no"] == f"{held['no']}-001"
    assert enrolment["name_masked"] == "扎***"
    again = await founder.post(path, {"consent": True}, Idempotency_Key="another")
    assert enrolment["id"] in refused(again, 409, "training-already-enrolled")["detail"]
    assert again.headers["location"] == f"{ENROLMENTS}/{enrolment['id']}"


async def test_account_without_a_person_on_record_is_told_so(school: School) -> None:
    held = await school.session()
    nobody = school.registry.caller(r.FOUNDER, person_ref="p-unknown")
    refused(await nobody.post(f"{SESSIONS}/{held['id']}/enrol", {"consent": True}), 409, "training-person-unknown")


async def test_enterprise_enrols_its_people_by_name_and_number(school: School) -> None:
    held = await school.session()
    code = fresh_code()
    enterprise = expect(await school.registry.officer.post("/v1/enterprises", enterprise_body(code=code)), 201)
    caller = school.registry.caller(r.ENTERPRISE, org=code)
    path, named = f"{SESSIONS}/{held['id']}/enrol", {"name": "央金", "id_number": fresh_card(), "mobile": "13900139000"}
    refused(await caller.post(path, named), 422, "validation-failed")
    enrolment = expect(await caller.post(path, {**named, **PAPER}), 201)
    assert (enrolment["via"], enrolment["enterprise_id"]) == ("enterprise", enterprise["id"])
    assert "13900139000" not in str(enrolment)
    other = school.registry.caller(r.ENTERPRISE, org=fresh_code())
    refused(await other.get(f"{ENROLMENTS}/{enrolment['id']}"), 404, "not-found")
    refused(await other.post(path, {"name": "扎西", **PAPER}), 404, "not-found")
    assert [one["id"] for one in expect(await caller.get(ENROLMENTS), 200)["items"]] == [enrolment["id"]]


async def test_an_enterprise_may_name_itself_and_nobody_else(school: School) -> None:
    held = await school.session()
    code = fresh_code()
    own = expect(await school.registry.officer.post("/v1/enterprises", enterprise_body(code=code)), 201)
    other = expect(await school.registry.officer.post("/v1/enterprises", enterprise_body(code=fresh_code())), 201)
    caller = school.registry.caller(r.ENTERPRISE, org=code)
    path, named = f"{SESSIONS}/{held['id']}/enrol", {"name": "央金", "id_number": fresh_card(), **PAPER}
    refused(await caller.post(path, {**named, "enterprise_id": other["id"]}), 404, "not-found")
    enrolment = expect(await caller.post(path, {**named, "enterprise_id": own["id"]}), 201)
    assert enrolment["enterprise_id"] == own["id"]
    [founder] = await school.founders(1)
    problem = refused(await founder.post(path, {"consent": True, "enterprise_id": own["id"]}), 422, "validation-failed")
    assert problem["errors"][0]["field"] == "enterprise_id"


async def test_one_person_is_enrolled_once_whichever_way(school: School) -> None:
    held = await school.session()
    card, code = fresh_card(), fresh_code()
    expect(await school.registry.officer.post("/v1/enterprises", enterprise_body(code=code)), 201)
    caller = school.registry.caller(r.ENTERPRISE, org=code)
    path, named = f"{SESSIONS}/{held['id']}/enrol", {"name": "央金", "id_number": card, **PAPER}
    enrolment = expect(await caller.post(path, named), 201)
    refused(await school.officer.post(path, named), 409, "training-already-enrolled")
    herself = school.registry.caller(r.FOUNDER, account="yangjin", person_ref=enrolment["person_ref"])
    refused(await herself.post(path, {"consent": True}), 409, "training-already-enrolled")
    expect(await caller.post(f"{ENROLMENTS}/{enrolment['id']}/cancel", LEFT), 200)
    again = expect(await herself.post(path, {"consent": True}), 201)
    assert again["no"] == f"{held['no']}-002"


async def test_staff_course_takes_who_is_on_a_centres_register(school: School) -> None:
    registry = school.registry
    centre = await registry.listed()
    held = await school.session(course=await school.course(audience="centre_staff"))
    path = f"{SESSIONS}/{held['id']}/enrol"
    staff = await staff_of(registry, centre)
    enrolment = expect(await registry.operator.post(path, {"staff_id": staff["id"], **PAPER}), 201)
    assert (enrolment["via"], enrolment["centre_id"]) == ("centre", centre["id"])
    refused(await registry.stranger.post(path, {"staff_id": staff["id"], **PAPER}), 404, "not-found")
    refused(await registry.operator.post(path, {"name": "扎西", **PAPER}), 422, "validation-failed")
    [founder] = await school.founders(1)
    problem = refused(await founder.post(path, {"consent": True}), 409, "training-staff-only")
    assert problem["clauses"] == ["4.8-2"]
    leaver = await staff_of(registry, centre, "卓玛")
    gone = {"until_on": DAY.isoformat()}
    expect(await registry.operator.post(f"/v1/centres/{centre['id']}/staff/{leaver['id']}/leave", gone), 200)
    later = registry.operator.on(DAY + timedelta(days=1))
    refused(await later.post(path, {"staff_id": leaver["id"], **PAPER}), 404, "not-found")


async def test_nobody_enrols_before_or_after_the_days_of_enrolment(school: School) -> None:
    held = await school.session(enrol_from="2019-06-04", enrol_until="2019-06-05")
    [founder] = await school.founders(1)
    path, body = f"{SESSIONS}/{held['id']}/enrol", {"consent": True}
    for day in (DAY, DAY + timedelta(days=3)):
        problem = refused(await founder.on(day).post(path, body), 409, "training-enrolment-not-open")
        assert problem["decision"]["results"][0]["rule"] == "training.enrolment"
    expect(await founder.on(DAY + timedelta(days=1)).post(path, body), 201)


async def test_free_place_goes_to_who_waited_longest(school: School) -> None:
    held = await school.session(capacity=2)
    callers = await school.founders(5)
    enrolments = [await school.enrolled(caller, held) for caller in callers]
    assert [one["ahead"] for one in enrolments] == [None, None, 0, 1, 2]
    expect(await callers[3].post(f"{ENROLMENTS}/{enrolments[3]['id']}/cancel", LEFT), 200)
    expect(await callers[0].post(f"{ENROLMENTS}/{enrolments[0]['id']}/cancel", LEFT), 200)
    states = [(await school.enrolment(one))["status"] for one in enrolments]
    assert states == ["cancelled", "enrolled", "enrolled", "cancelled", "waiting"]
    promoted = await school.enrolment(enrolments[2])
    assert (promoted["promoted_on"], promoted["notice"]) == (DAY.isoformat(), "promoted")
    assert await event_types(school.registry, enrolments[2]["id"]) == ["enrolment.queued", "enrolment.promoted"]
    assert expect(await callers[2].get("/v1/tasks"), 200)["items"][0]["kind"] == "place_promoted"
    assert (await school.read(held))["places_left"] == 0
    history = expect(await callers[2].get(f"{ENROLMENTS}/{enrolments[2]['id']}/history"), 200)["items"]
    assert [entry["version"] for entry in history] == [1, 2]


async def test_newcomer_does_not_pass_those_who_wait(school: School) -> None:
    """The place that got free went to who waited; whoever comes is behind those who still do."""
    held = await school.session(capacity=1, enrol_until=HELD.isoformat())
    callers = await school.founders(3)
    first = await school.enrolled(callers[0], held)
    await school.enrolled(callers[1], held)
    expect(await school.officer.on(HELD).post(f"{ENROLMENTS}/{first['id']}/cancel", LEFT), 200)
    assert (await school.read(held))["places_left"] == 0
    late = expect(await callers[2].on(HELD).post(f"{SESSIONS}/{held['id']}/enrol", {"consent": True}), 201)
    assert (late["status"], late["ahead"]) == ("waiting", 0)


async def test_stranger_neither_reads_nor_cancels_an_enrolment(school: School) -> None:
    held = await school.session()
    owner, stranger = await school.founders(2)
    enrolment = await school.enrolled(owner, held)
    path = f"{ENROLMENTS}/{enrolment['id']}"
    refused(await stranger.get(path), 404, "not-found")
    refused(await stranger.post(f"{path}/cancel", LEFT), 404, "not-found")
    refused(await stranger.post(f"{path}/acknowledge"), 404, "not-found")
    refused(await stranger.get(f"{path}/history"), 404, "not-found")
    refused(await school.registry.operator.post(f"{path}/cancel", LEFT), 404, "not-found")
    refused(await owner.post(f"{path}/cancel", {"reason_code": "consent_withdrawn"}), 422, "validation-failed")
    refused(await owner.post(f"{path}/cancel", LEFT, if_match='"9"'), 412, "precondition-failed")


async def test_after_the_first_day_only_the_trainers_side_cancels(school: School) -> None:
    held = await school.session()
    [founder] = await school.founders(1)
    enrolment = await school.enrolled(founder, held)
    path, later = f"{ENROLMENTS}/{enrolment['id']}/cancel", HELD + timedelta(days=1)
    refused(await founder.on(later).post(path, LEFT), 409, "training-has-begun")
    expect(await school.officer.on(later).post(path, LEFT), 200)


async def test_database_gives_no_place_away_that_is_not_there(school: School) -> None:
    """Whatever a program does: the trigger counts, and the constraint holds."""
    held = await school.session(capacity=1)
    one, two = await school.founders(2)
    await school.enrolled(one, held)
    waiting = await school.enrolled(two, held)
    statement = text("UPDATE enrolment SET status = 'enrolled' WHERE id = :id")
    with pytest.raises(IntegrityError, match="never_oversold"):
        async with school.registry.db.transaction() as session:
            await session.execute(statement, {"id": waiting["id"]})


async def test_withdrawn_consent_gives_the_place_to_the_next(school: School) -> None:
    held = await school.session(capacity=1)
    one, two = await school.founders(2)
    first, second = await school.enrolled(one, held), await school.enrolled(two, held)
    person = await _person_of(school, first)
    consents = expect(await school.officer.get(f"/v1/persons/{person}/consents"), 200)["items"]
    [consent] = consents
    assert consent["purpose"] == "training"
    answer = await one.post(f"/v1/persons/{person}/consents/{consent['id']}/withdraw", {})
    assert answer.status_code == 200, answer.text
    assert (await school.enrolment(first))["reason_code"] == "consent_withdrawn"
    assert (await school.enrolment(second))["status"] == "enrolled"


async def _person_of(school: School, enrolment: Json) -> str:
    async with school.registry.db.transaction() as session:
        query = text("SELECT person_id FROM enrolment WHERE id = :id")
        return str(await session.scalar(query, {"id": enrolment["id"]}))


async def test_erasure_ends_what_is_open_and_removes_the_remarks(school: School) -> None:
    held, other = await school.session(capacity=1), await school.session()
    one, two = await school.founders(2)
    first, second = await school.enrolled(one, held), await school.enrolled(two, held)
    left = await school.enrolled(one, other)
    why = {**LEFT, "remark": "扎西顿珠家中有事"}
    expect(await one.post(f"{ENROLMENTS}/{left['id']}/cancel", why), 200)
    person = await _person_of(school, first)
    for consent in expect(await one.get(f"/v1/persons/{person}/consents"), 200)["items"]:
        answer = await one.post(f"/v1/persons/{person}/consents/{consent['id']}/withdraw", {})
        assert answer.status_code == 200, answer.text
    erased = expect(await school.registry.officer.post("/v1/persons/erase-due"), 200)
    assert erased["persons_erased"] == 1
    shown = await school.enrolment(first)
    assert (shown["status"], shown["name_masked"]) == ("cancelled", None)
    assert (await school.enrolment(second))["status"] == "enrolled"
    async with school.registry.db.transaction() as session:
        query = text("SELECT text FROM case_remark WHERE subject_id = :id")
        assert (await session.scalars(query, {"id": left["id"]})).all() == [None]
