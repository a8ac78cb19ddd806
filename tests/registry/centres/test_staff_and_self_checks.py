"""The staff register and the yearly self-check over HTTP (4.1-2)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from tests.registry.support import DAY, STRANGER, Json, Registry, expect, refused
from tests.support.identifiers import make_identity_card

pytestmark = pytest.mark.asyncio(loop_scope="session")

CERTIFICATE = {"name": "孵化从业人员证书", "number": "FH-2018-001", "issued_on": "2018-05-10"}
ITEMS = (
    "professional_team.full_time_manager",
    "professional_team.certified_staff",
    "professional_team.training_plan",
    "market_mechanism.admission_exit_rules",
    "market_mechanism.service_prices",
    "market_mechanism.own_income",
    "resource_integration.financing_partners",
    "resource_integration.mentor_team",
    "resource_integration.technical_platform",
)


def staff_body(**changes: object) -> Json:
    person = {"name": "次仁", "id_number": make_identity_card(501)}
    return {**person, "role": "manager", "full_time": True, "from_on": "2019-03-01", **changes}


def answers(**missing: bool) -> Json:
    return {item: {"met": missing.get(item.split(".")[1], True)} for item in ITEMS}


async def test_somebody_joins_is_certified_and_leaves(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}/staff"
    expiring = {**CERTIFICATE, "valid_until": "2019-06-03"}
    joined = await registry.operator.post(path, staff_body(certificates=[expiring]))
    staff = expect(joined, 201)
    assert joined.headers["Location"] == f"{path}/{staff['id']}"
    assert [certificate["valid"] for certificate in staff["certificates"]] == [True]
    later = expect(await registry.operator.on(date(2019, 6, 4)).get(f"{path}/{staff['id']}"), 200)
    assert [certificate["valid"] for certificate in later["certificates"]] == [False]
    second = {**CERTIFICATE, "number": "FH-2019-002"}
    assert len(expect(await registry.officer.post(f"{path}/{staff['id']}/certify", second), 200)["certificates"]) == 2
    again = await registry.officer.post(f"{path}/{staff['id']}/certify", second)
    refused(again, 409, "certificate-already-recorded")
    left = expect(await registry.operator.post(f"{path}/{staff['id']}/leave", {"until_on": DAY.isoformat()}), 200)
    assert left["until_on"] == DAY.isoformat()
    refused(
        await registry.operator.post(f"{path}/{staff['id']}/leave", {"until_on": "2019-06-01"}), 409, "staff-has-left"
    )


async def test_the_register_of_a_day(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}/staff"
    first = expect(await registry.operator.post(path, staff_body()), 201)
    expect(await registry.operator.post(f"{path}/{first['id']}/leave", {"until_on": "2019-04-30"}), 200)
    other = {"name": "央金", "id_number": make_identity_card(502)}
    part_time = staff_body(**other, role="administration", full_time=False, from_on="2019-04-01")
    second = expect(await registry.operator.post(path, part_time), 201)
    for wanted, found in [
        ({"on": "2019-02-28"}, []),
        ({"on": "2019-03-01"}, [first]),
        ({"on": "2019-04-30"}, [first, second]),
        ({"on": "2019-05-01"}, [second]),
        ({"full_time": "true"}, [first]),
        ({"role": "administration"}, [second]),
        ({"person_ref": second["person_ref"]}, [second]),
    ]:
        items = expect(await registry.operator.get(path, **wanted), 200)["items"]
        assert [item["id"] for item in items] == [staff["id"] for staff in found], wanted


async def test_nobody_is_twice_in_one_register_nor_full_time_at_two_centres(registry: Registry) -> None:
    here = f"/v1/centres/{(await registry.draft())['id']}/staff"
    there = f"/v1/centres/{(await registry.draft(operator_code=STRANGER))['id']}/staff"
    entry = expect(await registry.officer.post(here, staff_body()), 201)
    refused(await registry.officer.post(here, staff_body(full_time=False)), 409, "staff-already-there")
    refused(await registry.officer.post(there, staff_body()), 409, "staff-full-time-elsewhere")
    expect(await registry.officer.post(there, staff_body(full_time=False)), 201)
    expect(await registry.officer.post(f"{here}/{entry['id']}/leave", {"until_on": "2019-04-30"}), 200)
    refused(await registry.officer.post(here, staff_body(from_on="2019-04-30")), 409, "staff-already-there")
    expect(await registry.officer.post(here, staff_body(from_on="2019-05-01")), 201)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"role": "magician"}, "role"),
        ({"person_ref": "540102199001011234"}, "person_ref"),
        ({"from_on": "2019-06-04"}, "from_on"),
        ({"certificates": [{**CERTIFICATE, "issued_on": "2019-06-04"}]}, "certificates.0.issued_on"),
        ({"certificates": [{**CERTIFICATE, "valid_until": "2018-05-09"}]}, "certificates.0.valid_until"),
    ],
)
async def test_a_wrong_entry_names_the_field(registry: Registry, changes: Json, field: str) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}/staff"
    problem = refused(await registry.operator.post(path, staff_body(**changes)), 422, "validation-failed")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_staff_are_seen_by_the_centres_own_and_the_bureaus_only(registry: Registry) -> None:
    centre = await registry.listed()
    path = f"/v1/centres/{centre['id']}/staff"
    entry = expect(await registry.operator.post(path, staff_body()), 201)
    for caller in (registry.operator, registry.auditor, registry.caller("division_officer", division="540102")):
        assert len(expect(await caller.get(path), 200)["items"]) == 1
    for caller in (registry.stranger, registry.caller("division_officer", division="540127")):
        refused(await caller.get(path), 404, "not-found")
        refused(await caller.get(f"{path}/{entry['id']}"), 404, "not-found")
    refused(await registry.stranger.post(path, staff_body()), 404, "not-found")
    other = f"/v1/centres/{(await registry.draft())['id']}/staff/{entry['id']}"
    refused(await registry.officer.get(other), 404, "not-found")


async def test_events_of_staff_carry_no_certificate_numbers(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}/staff"
    staff = expect(await registry.operator.post(path, staff_body(certificates=[CERTIFICATE])), 201)
    expect(await registry.operator.post(f"{path}/{staff['id']}/leave", {"until_on": "2019-05-31"}), 200)
    query = "SELECT type, data, effective_on FROM event_log WHERE topic = 'registry.staff' ORDER BY seq"
    async with registry.db.transaction() as session:
        rows = (await session.execute(text(query))).all()
    assert [(row.type.split(".")[2], row.effective_on) for row in rows] == [
        ("joined", date(2019, 3, 1)),
        ("left", date(2019, 5, 31)),
    ]
    assert '"certificates":1,"valid_certificates":1' in rows[0].data
    assert not any(CERTIFICATE["number"] in row.data for row in rows)


async def test_a_year_is_checked_once_and_corrected_under_its_version(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}/self-checks"
    body = {"year": 2019, "answers": answers(mentor_team=False)}
    check = expect(await registry.operator.post(path, body), 201)
    assert (check["passed"], check["decision"]["passed"]) == (False, False)
    refused(await registry.operator.post(path, body), 409, "self-check-exists")
    fix = {"answers": {"resource_integration.mentor_team": {"met": True, "evidence": "导师聘书"}}}
    refused(await registry.operator.patch(f"{path}/{check['id']}", fix), 428, "precondition-required")
    fixed = expect(await registry.operator.patch(f"{path}/{check['id']}", fix, '"1"'), 200)
    assert (fixed["passed"], fixed["version"]) == (True, 2)
    assert fixed["answers"]["resource_integration.mentor_team"]["evidence"] == "导师聘书"
    assert len(expect(await registry.officer.get(path, passed="true", year=2019), 200)["items"]) == 1
    refused(await registry.stranger.get(path), 404, "not-found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"year": 2020, "answers": answers()}, "year"),
        ({"year": 2019, "answers": {**answers(), "garden.flowers": {"met": True}}}, "answers"),
        ({"year": 2019, "answers": dict(list(answers().items())[:-1])}, f"answers.{ITEMS[-1]}"),
    ],
)
async def test_a_wrong_self_check_names_the_field(registry: Registry, body: Json, field: str) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}/self-checks"
    problem = refused(await registry.operator.post(path, body), 422, "validation-failed")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_a_self_check_tells_what_is_there_and_what_is_not(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}/self-checks"
    expect(await registry.operator.post(path, {"year": 2019, "answers": answers(own_income=False)}), 201)
    async with registry.db.transaction() as session:
        data = await session.scalar(text("SELECT data FROM event_log WHERE topic = 'registry.self_check'"))
    assert '"passed":false' in data
    assert '"missing":["market_mechanism.own_income"]' in data


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE centre_staff SET until_on = from_on - 1", "(ck_centre_staff_period_forward|range lower bound)"),
        ("UPDATE staff_certificate SET valid_until = issued_on - 1", "ck_staff_certificate_validity_forward"),
        ("UPDATE centre_self_check SET year = 2020", "ck_centre_self_check_year_begun"),
        ("UPDATE centre_self_check SET answers = '{}'", "ck_centre_self_check_answers_some"),
    ],
)
async def test_the_database_keeps_the_rules_of_the_kit(registry: Registry, statement: str, constraint: str) -> None:
    path = f"/v1/centres/{(await registry.draft())['id']}"
    expect(await registry.operator.post(f"{path}/staff", staff_body(certificates=[CERTIFICATE])), 201)
    expect(await registry.operator.post(f"{path}/self-checks", {"year": 2019, "answers": answers()}), 201)
    with pytest.raises(Exception, match=constraint):
        async with registry.db.transaction() as session:
            await session.execute(text(statement))
