"""Nobody sells to himself: representatives on record, and holdings of the related share or more (4.3-2)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.vouchers.holdings.queries import barring_percent
from tests.vouchers.providers.support import APPLIED_ON
from tests.vouchers.support import (
    AUDITOR,
    PUBLIC,
    SCIENCE_APPROVER,
    SCIENCE_OFFICER,
    TODAY,
    Caller,
    Firm,
    Seller,
    Standing,
    Town,
    approver,
    code_of,
    fresh_code,
    officer,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/redemptions"
BODY = {"name": "候审机构", "categories": ["legal_protection"]}


async def record(town: Town, seller: Seller, firm: Firm, way: str, percent: str, **more: Any) -> dict[str, Any]:
    """A holding between the two on record; `way` says who holds whom."""
    codes = (seller.code, firm.code) if way == "provider holds enterprise" else (firm.code, seller.code)
    body = {"holder_code": codes[0], "held_code": codes[1], "percent": percent, "source_document": "股东名册2019"}
    return await town.api.ok(officer(), f"/v1/providers/{seller.id}/holdings", {**body, **more})


async def uses(standing: Standing) -> list[tuple[int, str]]:
    """The three ways to use the voucher, each with what came of it."""
    town, sale = standing.town, standing.sale("10.00")
    own = {"voucher_id": standing.voucher_id, "provider_id": standing.seller.id}
    by_holder = {**own, "category": "legal_protection", "price": "10.00"}
    return [
        code_of(await standing.at_counter("10.00")),
        code_of(await town.api.post(standing.seller.caller, PATH, sale)),
        code_of(await town.api.post(standing.firm.caller, PATH, by_holder)),
    ]


@pytest.mark.parametrize("way", ["provider holds enterprise", "enterprise holds provider"])
@pytest.mark.parametrize(("percent", "refused"), [("24.99", False), ("25.00", True), ("25.01", True)])
async def test_a_holding_of_25_percent_makes_related_parties_either_way(
    town: Town, way: str, percent: str, refused: bool
) -> None:
    standing = await town.standing()
    await record(town, standing.seller, standing.firm, way, percent)
    expected = (409, "parties-related-by-holding") if refused else (201, "")
    assert await uses(standing) == [expected] * 3
    if refused:
        problem = (await standing.at_counter("10.00")).json()
        assert f"{percent}%" in problem["detail"]
        assert problem["clauses"] == ["4.3-2"]


async def test_a_holding_bars_from_its_first_to_its_last_day(town: Town) -> None:
    standing = await town.standing()
    seller = standing.seller
    made = await record(town, seller, standing.firm, "enterprise holds provider", "60.00", valid_from="2019-06-01")
    path = f"/v1/providers/{seller.id}/holdings/{made['id']}/end"
    end = {"valid_to": "2019-06-02", "source_document": "股权转让协议"}
    assert code_of(await standing.at_counter("10.00")) == (409, "parties-related-by-holding")
    ended = await town.api.ok(approver(), path, end)
    assert (ended["valid_to"], ended["end_document"]) == ("2019-06-02", "股权转让协议")
    assert code_of(await standing.at_counter("10.00")) == (201, "")
    async with town.db.transaction() as session:
        limit = Decimal("25.00")
        found = [
            await barring_percent(session, standing.firm.code, seller.code, limit=limit, day=date(2019, *day))
            for day in [(5, 31), (6, 1), (6, 2), (6, 3)]
        ]
    assert found == [None, Decimal("60.00"), Decimal("60.00"), None]
    for step in ("recorded", "ended"):
        assert await town.events(made["id"], f"vouchers.holding.{step}.v1") == 1


async def test_a_holding_is_ended_by_another_and_once(town: Town) -> None:
    standing = await town.standing()
    recorder = Caller(("division_officer", "division_approver"), division="540102")
    body = {
        "holder_code": standing.firm.code,
        "held_code": standing.seller.code,
        "percent": "30.00",
        "source_document": "章程",
    }
    path = f"/v1/providers/{standing.seller.id}/holdings"
    made = await town.api.ok(recorder, path, body)
    assert code_of(await town.api.post(recorder, path, body)) == (409, "holding-already-recorded")
    end = {"source_document": "公告"}
    assert code_of(await town.api.post(recorder, f"{path}/{made['id']}/end", end)) == (403, "four-eyes-required")
    early = {**end, "valid_to": "2019-06-02"}
    assert code_of(await town.api.post(officer(), f"{path}/{made['id']}/end", early)) == (
        422,
        "date-before-earlier-step",
    )
    await town.api.ok(officer(), f"{path}/{made['id']}/end", end)
    assert code_of(await town.api.post(officer(), f"{path}/{made['id']}/end", end)) == (409, "invalid-transition")
    await town.api.ok(recorder, path, {**body, "percent": "20.00"})
    listed = (await town.api.get(AUDITOR, path)).json()["items"]
    assert [item["percent"] for item in listed] == ["20.00", "30.00"]
    assert len((await town.api.get(AUDITOR, path, valid_on="2019-06-02")).json()["items"]) == 0


async def test_a_holding_is_between_the_provider_and_another_organisation(town: Town) -> None:
    seller, path = await town.provider(), "/v1/providers/{}/holdings"
    for codes in [(seller.code, seller.code), (fresh_code(), fresh_code())]:
        body = {"holder_code": codes[0], "held_code": codes[1], "percent": "30.00", "source_document": "x"}
        response = await town.api.post(officer(), path.format(seller.id), body)
        assert code_of(response) == (422, "validation-failed")
    for percent in ("0.00", "100.01", "25.001", 25):
        share = {"holder_code": seller.code, "held_code": fresh_code(), "percent": percent, "source_document": "x"}
        assert code_of(await town.api.post(officer(), path.format(seller.id), share)) == (422, "validation-failed")


async def test_who_records_and_who_reads_holdings(town: Town) -> None:
    seller, other = await town.provider(), await town.provider()
    path = f"/v1/providers/{seller.id}/holdings"
    body = {"holder_code": seller.code, "held_code": fresh_code(), "percent": "30.00", "source_document": "x"}
    for caller in (approver(), SCIENCE_OFFICER, AUDITOR, seller.caller):
        assert code_of(await town.api.post(caller, path, body)) == (403, "forbidden")
    for caller, status in [
        (officer(), 200),
        (SCIENCE_OFFICER, 200),
        (AUDITOR, 200),
        (seller.caller, 200),
        (other.caller, 404),
        (PUBLIC, 401),
    ]:
        assert (await town.api.get(caller, path)).status_code == status, caller


async def test_an_enterprise_without_a_representative_on_record_cannot_use_its_voucher(town: Town) -> None:
    centre = await town.registry.centre()
    firm = await town.registry.tenant(centre, representative=None)
    voucher = await town.voucher(await town.programme(), firm)
    code = await town.code(firm, voucher["id"])
    standing = Standing(town, centre, firm, await town.provider(), voucher["id"], code)
    assert await uses(standing) == [(409, "enterprise-representative-unknown")] * 3
    assert await standing.parts() == ("1000.00", "0.00", "0.00")


async def test_a_provider_admitted_before_the_rule_is_refused_until_its_representative_is_recorded(town: Town) -> None:
    standing = await town.standing()
    async with town.db.transaction() as session:
        forget = "UPDATE provider SET legal_representative_ref = NULL WHERE id = CAST(:id AS uuid)"
        with pytest.raises(IntegrityError, match="ck_provider_admitted_with_representative"):
            async with session.begin_nested():
                await session.execute(text(forget), {"id": standing.seller.id})
    declared = {**BODY, "declares_no_penalty": True}
    applied = await town.api.ok(Caller(("provider",), org=fresh_code()), "/v1/providers", declared, today=APPLIED_ON)
    path = f"/v1/providers/{applied['id']}"
    for step in ("review", "notice"):
        await town.api.ok(SCIENCE_OFFICER, f"{path}/{step}", today=APPLIED_ON)
    refused = await town.api.post(SCIENCE_APPROVER, f"{path}/admit")
    assert code_of(refused) == (409, "provider-representative-missing")
    assert "record-representative" in refused.json()["detail"]
    await town.api.ok(SCIENCE_OFFICER, f"{path}/record-representative", {"legal_representative_ref": "person-77"})
    assert (await town.api.ok(SCIENCE_APPROVER, f"{path}/admit"))["admitted_on"] == TODAY.isoformat()
    assert await town.events(applied["id"], "vouchers.provider.representative_recorded.v1") == 1


async def test_a_representative_recorded_later_counts_once_another_officer_has_recorded_the_same(town: Town) -> None:
    standing = await town.standing()
    path = f"/v1/providers/{standing.seller.id}/record-representative"
    ref = {"legal_representative_ref": f"person-of-{standing.firm.code}"}
    assert code_of(await town.api.post(SCIENCE_APPROVER, path, ref)) == (403, "forbidden")
    await town.api.ok(SCIENCE_OFFICER, path, ref)
    assert code_of(await town.api.post(SCIENCE_OFFICER, path, ref)) == (403, "four-eyes-required")
    assert await uses(standing) == [(201, "")] * 3
    await town.api.ok(Caller(("science_officer",), account_id="science-2"), path, ref)
    assert await uses(standing) == [(409, "parties-related")] * 3
