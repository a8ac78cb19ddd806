"""A centre that leaves the list: its titles end, its tenants have to move, and those above are told (2.1-1)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from services.registry.consumers import carry_out_decided
from tests.registry.support import DAY, Json, Registry, decided, enterprise_body, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

DOCUMENT = {"document_no": "拉科发〔2019〕50号"}
REQUEST = {"reason_code": "business_ended"}
LEFT = date(2019, 7, 1)


async def withdraw(registry: Registry, centre: Json, on: date = LEFT) -> Json:
    path = f"/v1/centres/{centre['id']}"
    expect(await registry.operator.on(on).post(f"{path}/request-withdrawal", REQUEST), 200)
    return expect(await registry.approver.on(on).post(f"{path}/withdraw", DOCUMENT), 200)


async def test_municipal_titles_end_with_the_day_and_those_from_above_are_reported(registry: Registry) -> None:
    centre = await registry.listed()
    own = await registry.granted(centre["id"])
    suspended = await registry.granted(centre["id"], "tech_incubator")
    path = f"/v1/qualifications/{suspended['id']}"
    expect(await registry.officer.post(f"{path}/propose-suspension", {"reason_code": "inspection"}), 200)
    expect(await registry.approver.post(f"{path}/suspend", DOCUMENT), 200)
    regional = await registry.granted(centre["id"], level="regional")
    await withdraw(registry, centre)
    later = registry.public.on(LEFT)
    for title in (own, suspended):
        shown = expect(await later.get(f"/v1/qualifications/{title['id']}"), 200)
        assert (shown["status"], shown["ended_by"], shown["revoked_on"], shown["case_id"]) == (
            "revoked",
            "withdrawal",
            LEFT.isoformat(),
            None,
        )
        assert shown["plaque_due_on"] == "2019-07-15"
        case = expect(await registry.operator.get(f"/v1/qualification-applications/{title['id']}"), 200)
        assert case["reason_code"] == "centre_withdrawn"
    assert expect(await later.get(f"/v1/qualifications/{regional['id']}"), 200)["status"] == "active"
    due = expect(await registry.officer.get("/v1/qualifications/upward-notices", status="due"), 200)["items"]
    assert [(notice["subject_id"], notice["level"], notice["due_from"]) for notice in due] == [
        (regional["id"], "regional", LEFT.isoformat())
    ]


async def test_tenants_have_to_move_and_keep_their_time(registry: Registry) -> None:
    centre, other = await registry.listed(), await registry.listed(name="另一中心")
    enterprise = await registry.enterprise()
    tenancy = await registry.admitted(centre["id"], enterprise["id"])
    gone = await registry.admitted(centre["id"], (await registry.enterprise())["id"])
    leaving = {"reason_code": "moved_out", "evidence": ["退出协议"]}
    expect(await registry.officer.post(f"/v1/tenancies/{gone['id']}/exit", leaving), 200)
    await withdraw(registry, centre)
    due = expect(await registry.officer.on(LEFT).get("/v1/tenancies", relocation_due="true"), 200)["items"]
    assert [item["id"] for item in due] == [tenancy["id"]]
    officer = registry.officer.on(date(2019, 8, 1))
    moved = {"reason_code": "centre_withdrawn", "evidence": ["安置通知"]}
    expect(await officer.post(f"/v1/tenancies/{tenancy['id']}/exit", moved), 200)
    body = {"centre_id": other["id"], "enterprise_id": enterprise["id"], "agreement_no": "RZ-2"}
    again = expect(await officer.on(date(2019, 8, 2)).post("/v1/tenancies", body), 201)
    assert again["stay_since"] == DAY.isoformat()


async def test_all_of_it_is_one_transaction_with_its_events(registry: Registry) -> None:
    centre = await registry.listed()
    await registry.granted(centre["id"])
    enterprise = expect(await registry.officer.post("/v1/enterprises", enterprise_body()), 201)
    await registry.admitted(centre["id"], enterprise["id"])
    await withdraw(registry, centre)
    query = text("SELECT type, xmin::text FROM event_log WHERE effective_on = :day AND type ~ :types ORDER BY seq")
    types = "revoked|relocation_due|centre.withdrawn"
    async with registry.db.transaction() as session:
        rows = (await session.execute(query, {"day": LEFT, "types": types})).all()
    assert [row[0] for row in rows] == [
        "registry.qualification.revoked.v1",
        "registry.tenancy.relocation_due.v1",
        "registry.centre.withdrawn.v1",
    ]
    assert len({row[1] for row in rows}) == 1


async def test_a_delisting_after_the_withdrawal_finds_nothing_left_and_still_bars(registry: Registry) -> None:
    centre = await registry.listed()
    await registry.granted(centre["id"])
    enterprise = await registry.enterprise()
    tenancy = await registry.admitted(centre["id"], enterprise["id"])
    await withdraw(registry, centre)
    before = expect(await registry.officer.get(f"/v1/tenancies/{tenancy['id']}"), 200)["relocation_case_id"]
    order = decided(centre["id"])
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [order])
    after = expect(await registry.officer.get(f"/v1/tenancies/{tenancy['id']}"), 200)["relocation_case_id"]
    assert (before is not None, after) == (True, before)
    body = {"centre_id": centre["id"], "kind": "maker_space"}
    refused(await registry.operator.on(date(2021, 3, 1)).post("/v1/qualification-applications", body), 409,
            "carrier-ban-in-force")  # fmt: skip


async def test_a_suspension_ends_nothing(registry: Registry) -> None:
    centre = await registry.listed()
    title = await registry.granted(centre["id"])
    path = f"/v1/centres/{centre['id']}"
    expect(await registry.officer.post(f"{path}/propose-suspension", {"reason_code": "investigation"}), 200)
    expect(await registry.approver.post(f"{path}/suspend", DOCUMENT), 200)
    shown = expect(await registry.public.get(f"/v1/qualifications/{title['id']}"), 200)
    assert (shown["status"], shown["ended_by"]) == ("active", None)
