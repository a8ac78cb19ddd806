"""A graduation states what the file bears out, and every step entered for a past day meets the centre of that day."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from services.registry.consumers import carry_out_decided
from tests.registry.support import DAY, STRANGER, Json, Registry, decided, expect, refused
from tests.registry.tenants.support import ENTERPRISES, TENANCIES

pytestmark = pytest.mark.asyncio(loop_scope="session")

CAPITAL: Json = {"criterion": "venture_capital", "amount": "5000000.01"}
CERTIFICATE: Json = {"criterion": "high_tech_certificate", "certificate_no": "GR201854000001"}
FLAG: Json = {"kind": "high_tech", "certificate_no": "GR201854000001", "issued_on": "2018-12-10", "evidence": ["证书"]}
INCOME: Json = {"criterion": "two_year_income", "first_year": 2017, "incomes": ["4000000.00", "6000000.01"]}
YEAR: Json = {"year": 2017, "revenue": "4000000.00", "tax_paid": "0.00", "staff": 9, "insured_jobs": 9}
SUSPENSION = {"reason_code": "investigation"}
DOCUMENT = {"document_no": "拉科发〔2019〕30号"}


async def tenant(registry: Registry) -> tuple[Json, str]:
    """An enterprise at a technology incubator, and the path of its tenancy."""
    centre, enterprise = await registry.listed(), await registry.enterprise()
    await registry.granted(centre["id"], "tech_incubator")
    tenancy = await registry.filed(centre["id"], enterprise["id"])
    return enterprise, f"{TENANCIES}/{tenancy['id']}"


def claiming(claim: Json, **changes: object) -> Json:
    return {"claim": claim, "evidence": ["附件1"], **changes}


async def test_what_was_claimed_stays_with_the_graduation(registry: Registry) -> None:
    _, path = await tenant(registry)
    graduated = expect(await registry.operator.post(f"{path}/graduate", claiming(INCOME)), 200)
    assert graduated["claim"] == INCOME
    assert expect(await registry.operator.get(path), 200)["claim"] == INCOME
    inputs = graduated["decision"]["results"][0]["inputs"]
    assert (inputs["first_year"], inputs["incomes"]) == (2017, "4000000.00, 6000000.01")


@pytest.mark.parametrize(
    ("flag", "status"),
    [
        (None, 409),
        (FLAG, 200),
        ({**FLAG, "kind": "tech_sme"}, 409),
        ({**FLAG, "certificate_no": "GR201854000002"}, 409),
        ({**FLAG, "valid_through": "2019-06-03"}, 200),
        ({**FLAG, "valid_through": "2019-06-02"}, 409),
    ],
)
async def test_certificate_is_on_record_and_valid_on_the_day(
    registry: Registry, flag: Json | None, status: int
) -> None:
    enterprise, path = await tenant(registry)
    if flag is not None:
        expect(await registry.officer.post(f"{ENTERPRISES}/{enterprise['id']}/technology-flags", flag), 201)
    response = await registry.operator.post(f"{path}/graduate", claiming(CERTIFICATE))
    if status == 409:
        assert "GR201854000001" in refused(response, 409, "graduation-certificate-not-on-record")["detail"]
    else:
        assert expect(response, 200)["claim"] == CERTIFICATE


async def test_certificate_of_somebody_else_or_one_withdrawn_proves_nothing(registry: Registry) -> None:
    enterprise, path = await tenant(registry)
    other = await registry.enterprise()
    expect(await registry.officer.post(f"{ENTERPRISES}/{other['id']}/technology-flags", FLAG), 201)
    refused(
        await registry.operator.post(f"{path}/graduate", claiming(CERTIFICATE)),
        409,
        "graduation-certificate-not-on-record",
    )
    merge = {"into_id": enterprise["id"], "document_no": "拉市监更〔2019〕3号"}
    expect(await registry.officer.post(f"{ENTERPRISES}/{other['id']}/merge", merge), 200)
    [flag] = expect(await registry.officer.get(f"{ENTERPRISES}/{enterprise['id']}/technology-flags"), 200)["items"]
    withdrawal = {"document_no": "拉科发〔2019〕31号"}
    withdraw = f"{ENTERPRISES}/{enterprise['id']}/technology-flags/{flag['id']}/withdraw"
    expect(await registry.officer.on(date(2019, 6, 4)).post(withdraw, withdrawal), 200)
    late = registry.officer.on(date(2019, 6, 4))
    refused(await late.post(f"{path}/graduate", claiming(CERTIFICATE)), 409, "graduation-certificate-not-on-record")
    expect(await late.post(f"{path}/graduate", claiming(CERTIFICATE, graduated_on=DAY.isoformat())), 200)


async def test_income_is_of_two_years_that_are_over(registry: Registry) -> None:
    _, path = await tenant(registry)
    running = {**INCOME, "first_year": 2018}
    problem = refused(
        await registry.operator.post(f"{path}/graduate", claiming(running)), 409, "graduation-years-not-closed"
    )
    assert "2019" in problem["detail"]
    expect(await registry.operator.on(date(2020, 1, 2)).post(f"{path}/graduate", claiming(running)), 200)


async def test_income_agrees_with_the_growth_file(registry: Registry) -> None:
    enterprise, path = await tenant(registry)
    growth = f"{ENTERPRISES}/{enterprise['id']}/growth"
    expect(await registry.operator.post(growth, YEAR), 200)
    expect(await registry.operator.post(growth, {**YEAR, "year": 2018, "revenue": "6000000.00"}), 200)
    problem = refused(
        await registry.operator.post(f"{path}/graduate", claiming(INCOME)), 409, "graduation-income-differs"
    )
    assert {"2018", "6000000.00", "6000000.01"} <= set(problem["detail"].replace("为", " ").split())
    expect(await registry.operator.post(growth, {**YEAR, "year": 2018, "revenue": "6000000.01"}), 200)
    expect(await registry.operator.post(f"{path}/graduate", claiming(INCOME)), 200)


async def test_title_revoked_since_carried_the_graduation_of_an_earlier_day(registry: Registry) -> None:
    _, path = await tenant(registry)
    centre_id = expect(await registry.officer.get(path), 200)["centre_id"]
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(centre_id)])
    officer = registry.officer.on(date(2021, 3, 2))
    on_the_day = claiming(CAPITAL, graduated_on="2021-03-01")
    refused(await officer.post(f"{path}/graduate", on_the_day), 409, "graduation-route-operating")
    expect(await officer.post(f"{path}/graduate", claiming(CAPITAL, graduated_on="2021-02-28")), 200)


async def test_title_carries_no_graduation_before_its_grant(registry: Registry) -> None:
    centre, enterprise = await registry.listed(), await registry.enterprise()
    body = {"centre_id": centre["id"], "enterprise_id": enterprise["id"], "agreement_no": "RZ-1"}
    admitted = expect(await registry.officer.post(TENANCIES, {**body, "admitted_on": "2019-05-27"}), 201)
    filed = {"filed_on": "2019-05-28"}
    expect(await registry.officer.post(f"{TENANCIES}/{admitted['id']}/file", filed), 200)
    await registry.granted(centre["id"], "tech_incubator")
    path = f"{TENANCIES}/{admitted['id']}/graduate"
    early = claiming(CAPITAL, graduated_on="2019-06-02")
    refused(await registry.officer.post(path, early), 409, "graduation-route-operating")
    expect(await registry.officer.post(path, claiming(CAPITAL)), 200)


async def test_title_suspended_on_the_day_carries_no_graduation(registry: Registry) -> None:
    centre, enterprise = await registry.listed(), await registry.enterprise()
    title = f"/v1/qualifications/{(await registry.granted(centre['id'], 'tech_incubator'))['id']}"
    tenancy = await registry.filed(centre["id"], enterprise["id"])
    for day, verb, noun in ((date(2019, 7, 1), "suspend", "suspension"), (date(2019, 8, 1), "resume", "resumption")):
        reason = {"reason_code": "inspection" if verb == "suspend" else "rectified"}
        expect(await registry.officer.on(day).post(f"{title}/propose-{noun}", reason), 200)
        expect(await registry.approver.on(day).post(f"{title}/{verb}", DOCUMENT), 200)
    officer, path = registry.officer.on(date(2019, 9, 2)), f"{TENANCIES}/{tenancy['id']}/graduate"
    suspended = claiming(CAPITAL, graduated_on="2019-07-31")
    refused(await officer.post(path, suspended), 409, "graduation-route-operating")
    expect(await officer.post(path, claiming(CAPITAL, graduated_on="2019-08-01")), 200)


async def test_nobody_was_admitted_before_the_listing(registry: Registry) -> None:
    centre, enterprise = await registry.listed(), await registry.enterprise()
    body = {"centre_id": centre["id"], "enterprise_id": enterprise["id"], "agreement_no": "RZ-1"}
    early = await registry.officer.post(TENANCIES, {**body, "admitted_on": "2019-05-23"})
    assert "2019-05-24" in refused(early, 409, "centre-not-listed-yet")["detail"]
    expect(await registry.officer.post(TENANCIES, {**body, "admitted_on": "2019-05-24"}), 201)


async def test_nobody_came_to_a_centre_while_it_was_suspended(registry: Registry) -> None:
    one, other = await registry.listed(operator_code=STRANGER), await registry.listed()
    for day, verb, noun in ((date(2019, 7, 1), "suspend", "suspension"), (date(2019, 8, 1), "resume", "resumption")):
        reason = SUSPENSION if verb == "suspend" else {"reason_code": "rectified"}
        path = f"/v1/centres/{other['id']}"
        expect(await registry.officer.on(day).post(f"{path}/propose-{noun}", reason), 200)
        expect(await registry.approver.on(day).post(f"{path}/{verb}", DOCUMENT), 200)
    officer = registry.officer.on(date(2019, 9, 2))
    for entered_for, free in [("2019-06-30", True), ("2019-07-01", False), ("2019-07-31", False), ("2019-08-01", True)]:
        enterprise = await registry.enterprise()
        body = {"centre_id": other["id"], "enterprise_id": enterprise["id"], "agreement_no": "RZ-1"}
        admitted = await officer.post(TENANCIES, {**body, "admitted_on": entered_for})
        stay = await registry.admitted(one["id"], (await registry.enterprise())["id"])
        move = {"centre_id": other["id"], "agreement_no": "RZ-2", "evidence": ["协议"], "transferred_on": entered_for}
        transferred = await officer.post(f"{TENANCIES}/{stay['id']}/transfer", move)
        for response in (admitted, transferred):
            if free:
                expect(response, 201)
            else:
                refused(response, 409, "centre-suspended-that-day")


async def test_nobody_was_transferred_to_a_centre_before_its_listing(registry: Registry) -> None:
    one, other = await registry.listed(), await registry.listed(DAY, operator_code=STRANGER)
    enterprise = await registry.enterprise()
    body = {"centre_id": one["id"], "enterprise_id": enterprise["id"], "agreement_no": "RZ-1"}
    tenancy = expect(await registry.officer.post(TENANCIES, {**body, "admitted_on": "2019-05-24"}), 201)
    move = {"centre_id": other["id"], "agreement_no": "RZ-2", "evidence": ["协议"]}
    officer, path = registry.officer.on(date(2019, 9, 2)), f"{TENANCIES}/{tenancy['id']}/transfer"
    refused(await officer.post(path, {**move, "transferred_on": "2019-06-02"}), 409, "centre-not-listed-yet")
    expect(await officer.post(path, {**move, "transferred_on": "2019-06-03"}), 201)


async def test_the_claim_is_kept_as_it_was_stated(registry: Registry) -> None:
    _, path = await tenant(registry)
    expect(await registry.operator.post(f"{path}/graduate", claiming(CAPITAL)), 200)
    async with registry.db.transaction() as session:
        assert await session.scalar(text("SELECT claim ->> 'amount' FROM tenancy")) == "5000000.01"
