"""Tenancies over HTTP."""

from __future__ import annotations

from datetime import date

import pytest

from services.registry.tenancies.schemas import CRITERIA
from tests.registry.support import DAY, STRANGER, Json, Registry, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/tenancies"
OPERATING = {"criterion": "operating", "insured_jobs": 3, "own_premises": True}


def admission(centre: Json, **enterprise: object) -> Json:
    return {"centre_id": centre["id"], "agreement_no": "RZ-2019-01", **enterprise}


async def test_operator_admits_by_id_or_by_code(registry: Registry) -> None:
    centre, first, second = await registry.listed(), await registry.enterprise(), await registry.enterprise()
    response = await registry.operator.post(PATH, admission(centre, enterprise_id=first["id"]))
    tenancy = expect(response, 201)
    assert response.headers["Location"] == f"{PATH}/{tenancy['id']}"
    assert (tenancy["status"], tenancy["admitted_on"], tenancy["filing_due_on"]) == (
        "admitted",
        DAY.isoformat(),
        "2019-07-03",
    )
    expect(await registry.operator.post(PATH, admission(centre, enterprise_code=second["code"])), 201)


async def test_enterprise_is_named_exactly_once(registry: Registry) -> None:
    centre, enterprise = await registry.listed(), await registry.enterprise()
    both = admission(centre, enterprise_id=enterprise["id"], enterprise_code=enterprise["code"])
    refused(await registry.operator.post(PATH, both), 422, "validation-failed")
    refused(await registry.operator.post(PATH, admission(centre)), 422, "validation-failed")
    unknown = admission(centre, enterprise_id=centre["id"])
    refused(await registry.operator.post(PATH, unknown), 404, "not-found")


async def test_admission_is_for_the_centres_own_operator(registry: Registry) -> None:
    body = admission(await registry.listed(), enterprise_id=(await registry.enterprise())["id"])
    refused(await registry.stranger.post(PATH, body), 404, "not-found")


async def test_admission_needs_a_listed_centre(registry: Registry) -> None:
    body = admission(await registry.submitted(), enterprise_id=(await registry.enterprise())["id"])
    problem = refused(await registry.operator.post(PATH, body), 409, "centre-not-listed")
    assert problem["clauses"] == ["2.1-1"]


@pytest.mark.parametrize(("registered_on", "status"), [("2017-06-03", 201), ("2017-06-02", 409)])
async def test_enterprise_older_than_24_months_is_not_admitted(
    registry: Registry, registered_on: str, status: int
) -> None:
    enterprise = await registry.enterprise(registered_on=registered_on)
    response = await registry.operator.post(PATH, admission(await registry.listed(), enterprise_id=enterprise["id"]))
    if status == 409:
        problem = refused(response, 409, "age-at-entry-not-admissible")
        assert "2019-06-02" in problem["detail"]
    else:
        expect(response, 201)


async def test_enterprise_is_at_one_centre_at_a_time(registry: Registry) -> None:
    one, other = await registry.listed(), await registry.listed(operator_code=STRANGER)
    enterprise = await registry.enterprise()
    tenancy = await registry.admitted(one["id"], enterprise["id"])
    body = admission(other, enterprise_id=enterprise["id"])
    refused(await registry.stranger.post(PATH, body), 409, "tenancy-overlaps")
    expect(await registry.operator.post(f"{PATH}/{tenancy['id']}/exit", {"reason_code": "moved_out"}), 200)
    refused(await registry.stranger.post(PATH, body), 409, "tenancy-overlaps")  # its last day is still a day there
    expect(await registry.stranger.on(date(2019, 6, 4)).post(PATH, body), 201)


async def test_admission_before_an_existing_tenancy_overlaps_it(registry: Registry) -> None:
    centre, enterprise = await registry.listed(), await registry.enterprise()
    tenancy = await registry.admitted(centre["id"], enterprise["id"], on=date(2019, 9, 2))
    exited = await registry.operator.on(date(2019, 9, 30)).post(
        f"{PATH}/{tenancy['id']}/exit", {"reason_code": "moved_out"}
    )
    expect(exited, 200)
    early = {**admission(centre, enterprise_id=enterprise["id"]), "admitted_on": "2019-07-01"}
    refused(await registry.officer.on(date(2019, 10, 8)).post(PATH, early), 409, "tenancy-overlaps")


@pytest.mark.parametrize(("filed_on", "late"), [(date(2019, 7, 3), False), (date(2019, 7, 4), True)])
async def test_filing_on_day_31_is_marked_late(registry: Registry, filed_on: date, late: bool) -> None:
    tenancy = await registry.admitted((await registry.listed())["id"], (await registry.enterprise())["id"])
    filed = expect(await registry.operator.on(filed_on).post(f"{PATH}/{tenancy['id']}/file"), 200)
    assert (filed["status"], filed["filed_on"], filed["filed_late"]) == ("filed", filed_on.isoformat(), late)
    refused(await registry.operator.on(filed_on).post(f"{PATH}/{tenancy['id']}/file"), 409, "invalid-transition")


async def test_earlier_admission_is_due_30_days_from_publication(registry: Registry) -> None:
    body = {
        **admission(await registry.listed(date(2019, 2, 25)), enterprise_id=(await registry.enterprise())["id"]),
        "admitted_on": "2019-03-01",
    }
    refused(await registry.operator.post(PATH, body), 422, "effective-date-not-allowed")
    assert expect(await registry.officer.post(PATH, body), 201)["filing_due_on"] == "2019-04-17"


async def test_graduation_at_a_centre_without_technology_title(registry: Registry) -> None:
    centre, enterprise = await registry.listed(), await registry.enterprise()
    path = f"{PATH}/{(await registry.filed(centre['id'], enterprise['id']))['id']}/graduate"
    body = {"claim": OPERATING, "evidence": ["社保缴费证明 2020-12"]}
    on_time, too_early = date(2020, 12, 3), date(2020, 12, 2)
    problem = refused(await registry.operator.on(too_early).post(path, body), 409, "graduation-operating-not-met")
    assert problem["decision"]["results"][0]["inputs"]["months"] == 24
    assert "未达到：经营期限。" in problem["detail"]
    claim = {"criterion": "high_tech_certificate", "certificate_no": "GR202054000001"}
    other = {"claim": claim, "evidence": ["证书"]}
    refused(await registry.operator.on(on_time).post(path, other), 409, "graduation-route-operating")
    graduated = expect(await registry.operator.on(on_time).post(path, body), 200)
    assert (graduated["status"], graduated["ended_on"], graduated["graduation_criterion"]) == (
        "graduated",
        "2020-12-03",
        "operating",
    )
    assert graduated["evidence"] == ["社保缴费证明 2020-12"]


@pytest.mark.parametrize(
    ("claim", "status"),
    [
        ({"criterion": "venture_capital", "amount": "5000000.01"}, 200),
        ({"criterion": "venture_capital", "amount": "5000000.00"}, 409),
        ({"criterion": "two_year_income", "first_year": 2017, "incomes": ["4000000.00", "6000000.01"]}, 200),
        ({"criterion": "two_year_income", "first_year": 2017, "incomes": ["4000000.00", "6000000.00"]}, 409),
        ({"criterion": "merger_or_listing", "form": "acquired"}, 200),
        (OPERATING, 409),
        ({"criterion": "venture_capital", "amount": 6000000}, 422),
        ({"criterion": "venture_capital"}, 422),
        ({"criterion": "operating", "insured_jobs": True, "own_premises": True}, 422),
        ({"criterion": "unheard_of"}, 422),
    ],
)
async def test_graduation_at_a_technology_incubator(registry: Registry, claim: Json, status: int) -> None:
    centre = await registry.listed()
    await registry.granted(centre["id"], "tech_incubator")
    tenancy = await registry.filed(centre["id"], (await registry.enterprise())["id"])
    body = {"claim": claim, "evidence": ["附件1"]}
    response = await registry.operator.post(f"{PATH}/{tenancy['id']}/graduate", body)
    assert response.status_code == status, response.text


async def test_nobody_graduates_whose_admission_was_never_filed(registry: Registry) -> None:
    centre = await registry.listed()
    await registry.granted(centre["id"], "tech_incubator")
    path = f"{PATH}/{(await registry.admitted(centre['id'], (await registry.enterprise())['id']))['id']}"
    body = {"claim": {"criterion": "merger_or_listing", "form": "acquired"}, "evidence": ["附件1"]}
    later = registry.officer.on(date(2019, 6, 10))
    problem = refused(await later.post(f"{path}/graduate", body), 409, "invalid-transition")
    assert "已备案" in problem["detail"]
    expect(await later.post(f"{path}/file", {"filed_on": "2019-06-05"}), 200)
    before = {**body, "graduated_on": "2019-06-04"}
    refused(await later.post(f"{path}/graduate", before), 409, "step-before-its-cause")
    expect(await later.post(f"{path}/graduate", {**body, "graduated_on": "2019-06-05"}), 200)


async def test_graduation_needs_evidence(registry: Registry) -> None:
    tenancy = await registry.admitted((await registry.listed())["id"], (await registry.enterprise())["id"])
    body = {"claim": OPERATING, "evidence": []}
    refused(await registry.operator.post(f"{PATH}/{tenancy['id']}/graduate", body), 422, "validation-failed")


@pytest.mark.parametrize("claim", [{}, {"criterion": "financing"}, {"criterion": 7}], ids=["none", "unknown", "number"])
async def test_a_claim_without_a_known_criterion_is_told_which_there_are(registry: Registry, claim: Json) -> None:
    tenancy = await registry.admitted((await registry.listed())["id"], (await registry.enterprise())["id"])
    body = {"claim": claim, "evidence": ["附件1"]}
    path = f"{PATH}/{tenancy['id']}/graduate"
    problem = refused(await registry.operator.post(path, body), 422, "validation-failed")
    [fault] = problem["errors"]
    assert fault["field"] == "claim"
    assert fault["message"].endswith(f"：{', '.join(CRITERIA)}")


async def test_exit_needs_a_reason_of_the_edition(registry: Registry) -> None:
    tenancy = await registry.admitted((await registry.listed())["id"], (await registry.enterprise())["id"])
    path = f"{PATH}/{tenancy['id']}/exit"
    problem = refused(await registry.operator.post(path, {"reason_code": "bored"}), 422, "validation-failed")
    assert "moved_out" in problem["errors"][0]["message"]
    early = {"reason_code": "moved_out", "exited_on": "2019-06-02"}
    refused(await registry.officer.post(path, early), 409, "step-before-its-cause")
    body = {"reason_code": "ceased", "remark": "已注销。", "evidence": ["注销通知书"]}
    exited = expect(await registry.operator.post(path, body), 200)
    assert (exited["status"], exited["reason_code"], exited["evidence"]) == ("exited", "ceased", ["注销通知书"])
    assert expect(await registry.operator.get(f"{PATH}/{tenancy['id']}"), 200)["remark"] == "已注销。"
    refused(await registry.operator.post(path, body), 409, "invalid-transition")


async def test_where_an_enterprise_was_on_a_date(registry: Registry) -> None:
    one, other = await registry.listed(), await registry.listed(operator_code=STRANGER)
    enterprise = await registry.enterprise()
    first = await registry.admitted(one["id"], enterprise["id"])
    leaving = registry.officer.on(date(2019, 8, 30))
    expect(await leaving.post(f"{PATH}/{first['id']}/exit", {"reason_code": "moved_out"}), 200)
    second = await registry.admitted(other["id"], enterprise["id"], on=date(2019, 9, 2))
    for day, found in [
        ("2019-06-02", []),
        ("2019-06-03", [first]),
        ("2019-08-30", [first]),
        ("2019-08-31", []),
        ("2019-09-02", [second]),
        ("2030-01-01", [second]),
    ]:
        reader = registry.officer.on(date.fromisoformat(max(day, "2019-09-02")))
        items = expect(await reader.get(PATH, enterprise_id=enterprise["id"], on=day), 200)["items"]
        assert [item["id"] for item in items] == [tenancy["id"] for tenancy in found], day


async def test_each_sees_the_tenancies_it_has_to_do_with(registry: Registry) -> None:
    enterprise = await registry.enterprise(legal_representative_ref="person-9")
    tenancy = await registry.admitted((await registry.listed())["id"], enterprise["id"])
    seeing = [
        registry.operator,
        registry.auditor,
        registry.caller("enterprise", org=enterprise["code"]),
        registry.caller("founder", person_ref="person-9"),
        registry.caller("division_approver", division="540102"),
    ]
    blind = [registry.stranger, registry.caller("division_approver", division="540127")]
    for caller in seeing:
        expect(await caller.get(f"{PATH}/{tenancy['id']}"), 200)
    for caller in blind:
        refused(await caller.get(f"{PATH}/{tenancy['id']}"), 404, "not-found")
        assert expect(await caller.get(PATH), 200)["items"] == []
    refused(await registry.stranger.post(f"{PATH}/{tenancy['id']}/file"), 404, "not-found")
