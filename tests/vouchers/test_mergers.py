"""Two records of one enterprise: vouchers go to the one that goes on, quotas count both (2.2-1, 4.3-3)."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.vouchers import consumers
from shared.events.contracts import registry as rc
from shared.ids import uuid7
from tests.vouchers.registry import Firm, received, tenancy_event
from tests.vouchers.support import DIVISION, OTHER_DIVISION, TODAY, Town, code_of, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")


def state(firm: Firm, merged_into: UUID | None = None) -> rc.EnterpriseState:
    return rc.EnterpriseState(
        id=firm.id,
        code=firm.code,
        name="测试企业",
        industry_code="I6510",
        division=DIVISION,
        registered_on=TODAY.replace(year=2018),
        legal_representative_ref=f"person-of-{firm.code}",
        graduate_founder=False,
        merged_into_id=merged_into,
    )


async def merge(town: Town, old: Firm, survivor: Firm, *, version: int = 5, times: int = 1) -> None:
    """`registry.enterprise.merged`, as the consumer runs it: copy and command in one transaction."""
    event = received(rc.EnterpriseMerged, state(old, survivor.id), old.id, version)
    for _ in range(times):
        async with town.db.transaction() as session:
            await consumers.copy_enterprises(session, [event])
            await consumers.combine_merged(session, [event])


async def move_in(town: Town, firm: Firm, centre_id: UUID, tenancy_id: UUID, version: int = 2) -> None:
    event = tenancy_event(firm.id, centre_id, tenancy_id, version=version)
    async with town.db.transaction() as session:
        await consumers.copy_tenancies(session, [event])


async def two_records(town: Town, *, quota: str = "1000.00", old_has: str = "600.00", new_has: str = "700.00") -> Any:
    """Two records of one firm in one centre, each with a voucher of one programme."""
    centre = await town.registry.centre()
    old, survivor = await town.registry.tenant(centre), await town.registry.tenant(centre)
    programme = await town.programme(enterprise_quota=quota, budget="5000.00")
    first = await town.voucher(programme, old, old_has)
    second = await town.voucher(programme, survivor, new_has)
    return programme, old, survivor, first, second


async def quota(town: Town, firm: Firm) -> tuple[Decimal, Decimal] | None:
    sql = "SELECT committed, limit_amount FROM ceiling WHERE kind = 'vouchers.enterprise_quota' AND subject = :subject"
    rows = await town.rows(sql, subject=f"{DIVISION}:{firm.id}")
    return (rows[0].committed, rows[0].limit_amount) if rows else None


async def issue(town: Town, programme: str, firm: Firm, amount: str, division: str = DIVISION) -> tuple[int, str]:
    body = {"programme_id": programme, "enterprise_id": str(firm.id), "face_value": amount}
    return code_of(await town.api.post(officer(division), "/v1/vouchers", body))


async def test_both_sides_count_and_no_voucher_is_lost(town: Town) -> None:
    programme, old, survivor, first, second = await two_records(town)
    await merge(town, old, survivor)
    assert await quota(town, survivor) == (Decimal("1300.00"), Decimal("1300.00"))
    assert await quota(town, old) == (Decimal("0.00"), Decimal("1000.00"))
    for voucher in (first, second):
        shown = (await town.api.get(survivor.caller, f"/v1/vouchers/{voucher['id']}")).json()
        assert (shown["enterprise_id"], shown["status"], shown["balance"]) == (
            str(survivor.id),
            "active",
            voucher["balance"],
        )
    assert await town.events(first["id"], "vouchers.voucher.reassigned.v1") == 1
    assert await town.events(second["id"], "vouchers.voucher.reassigned.v1") == 0
    assert await issue(town, programme, survivor, "0.01") == (409, "voucher-quota-exceeded")


async def test_below_the_quota_the_rest_can_be_issued_to_the_survivor_only(town: Town) -> None:
    programme, old, survivor, *_ = await two_records(town, old_has="300.00", new_has="200.00")
    await merge(town, old, survivor)
    assert await issue(town, programme, old, "1.00") == (409, "voucher-enterprise-merged")
    assert await issue(town, programme, survivor, "500.01") == (409, "voucher-quota-exceeded")
    await town.voucher(programme, survivor, "500.00")
    assert await quota(town, survivor) == (Decimal("1000.00"), Decimal("1000.00"))


async def test_the_survivor_need_not_have_had_anything(town: Town) -> None:
    centre = await town.registry.centre()
    old, survivor = await town.registry.tenant(centre), await town.registry.tenant(centre)
    programme = await town.programme(enterprise_quota="1000.00")
    await town.voucher(programme, old, "900.00")
    await merge(town, old, survivor)
    assert await quota(town, survivor) == (Decimal("900.00"), Decimal("1000.00"))
    assert await issue(town, programme, survivor, "100.01") == (409, "voucher-quota-exceeded")


async def test_said_twice_it_happens_once(town: Town) -> None:
    _, old, survivor, first, _ = await two_records(town)
    await merge(town, old, survivor, times=3)
    assert await quota(town, survivor) == (Decimal("1300.00"), Decimal("1300.00"))
    assert await town.events(first["id"], "vouchers.voucher.reassigned.v1") == 1


async def test_what_comes_back_lowers_the_sum_and_the_quota_holds_again(town: Town) -> None:
    """1,300 are out against 1,000; a delisting gives 600 + 700 back and a new issue counts from nothing."""
    programme, old, survivor, *_ = await two_records(town)
    await merge(town, old, survivor)
    centre = UUID(str(await town.one("SELECT centre_id FROM voucher WHERE enterprise_id = :id", id=survivor.id)))
    await town.registry.delist(centre)
    assert await quota(town, survivor) == (Decimal("0.00"), Decimal("1300.00"))
    elsewhere = await town.registry.centre()
    left = "UPDATE known_tenancy SET ended_on = '2019-06-01' WHERE enterprise_id = :id RETURNING id"
    await town.one(left, id=survivor.id)
    await move_in(town, survivor, elsewhere, uuid7(), 1)
    assert await issue(town, programme, survivor, "1000.01") == (409, "voucher-quota-exceeded")
    await town.voucher(programme, survivor, "1000.00")


async def test_a_chain_of_mergers_ends_at_the_last_record_in_whatever_order(town: Town) -> None:
    programme, first, second, *_ = await two_records(town, old_has="100.00", new_has="200.00")
    centre = await town.registry.centre()
    third = await town.registry.tenant(centre)
    await merge(town, second, third)
    await merge(town, first, second)
    assert await quota(town, third) == (Decimal("300.00"), Decimal("1000.00"))
    await merge(town, first, third, version=6)
    assert await quota(town, third) == (Decimal("300.00"), Decimal("1000.00"))
    assert await town.one("SELECT count(*) FROM voucher WHERE enterprise_id = :id", id=third.id) == 2
    shown = await town.api.get(first.caller, "/v1/vouchers", programme_id=programme)
    assert len(shown.json()["items"]) == 2


async def test_stays_may_come_before_or_after_the_merger(town: Town) -> None:
    centre = await town.registry.centre()
    old, survivor = await town.registry.enterprise(), await town.registry.enterprise()
    stay = await town.registry.tenancy(old.id, centre)
    programme = await town.programme(enterprise_quota="1000.00")
    await town.voucher(programme, old, "400.00")
    await merge(town, old, survivor)
    assert (await issue(town, programme, survivor, "1.00"))[0] == 409
    await move_in(town, survivor, centre, stay)
    await town.voucher(programme, survivor, "600.00")
    assert await issue(town, programme, survivor, "0.01") == (409, "voucher-quota-exceeded")


async def test_enclave_issuers_of_both_are_the_survivors(town: Town) -> None:
    """One record had owner's vouchers, the other the site's: both stay, and neither issues again this year."""
    centre = await town.registry.centre(owner=OTHER_DIVISION, site=DIVISION)
    old, survivor = await town.registry.tenant(centre), await town.registry.tenant(centre)
    of_owner, of_site = await town.programme(OTHER_DIVISION), await town.programme()
    await town.voucher(of_owner, old, "1.00", division=OTHER_DIVISION)
    await town.voucher(of_site, survivor, "1.00")
    await merge(town, old, survivor, times=2)
    sql = "SELECT committed FROM ceiling WHERE kind = 'vouchers.enclave_issuers' AND subject = :id"
    assert await town.one(sql, id=str(survivor.id)) == 2
    assert await town.one("SELECT count(*) FROM enclave_issue WHERE enterprise_id = :id", id=old.id) == 0
    for programme, division in ((of_owner, OTHER_DIVISION), (of_site, DIVISION)):
        assert await issue(town, programme, survivor, "1.00", division) == (409, "enclave-issuer-other")


async def test_an_issue_that_races_the_merger_is_moved_or_refused(town: Town) -> None:
    programme, old, survivor, *_ = await two_records(town, quota="100000.00")
    answers, _ = await asyncio.gather(
        asyncio.gather(*(issue(town, programme, old, "1.00") for _ in range(12))), merge(town, old, survivor)
    )
    assert {status for status, _ in answers} <= {201, 409}
    issued = sum(status == 201 for status, _ in answers)
    assert await town.one("SELECT count(*) FROM voucher WHERE enterprise_id = :id", id=old.id) == 0
    found = await quota(town, survivor)
    assert found is not None
    assert found[0] == Decimal("1300.00") + issued
    assert await town.one("SELECT sum(face_value) FROM voucher WHERE enterprise_id = :id", id=survivor.id) == found[0]
