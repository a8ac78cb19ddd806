"""The inventory of equipment: entered against its invoice, counted yearly by another person, and after a delisting."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from httpx import Response

from shared.db import Database
from tests.finance.grant_years.support import paid_for_research
from tests.finance.support import OPERATOR, OTHER_OPERATOR, Desk, Json, delist

pytestmark = pytest.mark.asyncio(loop_scope="session")

GOOD = {"condition": "good", "found_quantity": 2}


async def bought(desk: Desk, db: Database, amount: str = "80000.00") -> tuple[Json, Json]:
    desk.today = date(2019, 5, 6)
    grant = await paid_for_research(desk, db)
    line = await desk.spend(grant, amount, purpose="research_capacity")
    assert line.status_code == 201, line.text
    return grant, line.json()


async def enter(desk: Desk, grant: Json, line: Json, amount: str = "80000.00", **other: Any) -> Response:
    body = {
        "spending_line_id": line["id"],
        "name": "检测仪",
        "quantity": 2,
        "amount": amount,
        "location": "2 号楼 301",
        "custodian_code": OPERATOR,
        **other,
    }
    return await desk.post("operator", f"/v1/grants/{grant['id']}/assets", body)


async def check(desk: Desk, asset: Json, person: str = "science_officer", **found: Any) -> Response:
    return await desk.post(person, f"/v1/grants/assets/{asset['id']}/check", {**GOOD, **found})


async def test_an_asset_has_its_invoice_and_never_more_than_was_paid(desk: Desk, db: Database) -> None:
    grant, line = await bought(desk, db)
    asset = await enter(desk, grant, line, "50000.00")
    assert asset.status_code == 201, asset.text
    assert asset.json()["invoice_key"] == line["invoice_key"]
    above = await enter(desk, grant, line, "30000.01")
    assert (above.status_code, above.json()["code"]) == (409, "asset-above-payment")
    assert (await enter(desk, grant, line, "30000.00")).status_code == 201


async def test_off_purpose_and_planned_payments_buy_no_assets(desk: Desk, db: Database) -> None:
    grant, _ = await bought(desk, db, "100.00")
    off_purpose = (await desk.spend(grant, "100.00", purpose="operations")).json()
    assert (await enter(desk, grant, off_purpose, "100.00")).json()["code"] == "asset-not-paid-for"
    planned = {"status": "planned", "purpose": "research_capacity", "description": "-", "amount": "50.00"}
    line = (await desk.post("operator", f"/v1/grants/{grant['id']}/spending", planned)).json()
    assert (await enter(desk, grant, line, "50.00")).json()["code"] == "asset-not-paid-for"


async def test_an_asset_is_counted_once_a_year_by_another_person(desk: Desk, db: Database) -> None:
    asset = (await enter(desk, *await bought(desk, db))).json()
    unchecked = {"grant_id": asset["grant_id"], "unchecked_in": 2020}
    assert len((await desk.get("auditor", "/v1/grants/assets", **unchecked)).json()["items"]) == 1
    desk.today = date(2020, 6, 1)
    assert (await check(desk, asset, found_quantity=3)).json()["code"] == "asset-count-impossible"
    missing = await check(desk, asset, found_quantity=1, condition="damaged")
    assert (missing.status_code, missing.json()["checked_year"]) == (200, 2020)
    assert (await check(desk, asset)).json()["code"] == "asset-checked-already"
    assert (await desk.get("auditor", "/v1/grants/assets", **unchecked)).json()["items"] == []
    desk.today = date(2021, 1, 4)
    assert [c["year"] for c in (await check(desk, asset)).json()["checks"]] == [2020, 2021]


async def test_who_entered_an_asset_does_not_count_it_and_neither_writes_it_off(desk: Desk, db: Database) -> None:
    grant, line = await bought(desk, db)
    body = {"spending_line_id": line["id"], "name": "台", "quantity": 2, "amount": "1.00", "location": "-"}
    path = f"/v1/grants/{grant['id']}/assets"
    asset = (await desk.post("science_officer", path, {**body, "custodian_code": OPERATOR})).json()
    assert (await check(desk, asset)).json()["code"] == "four-eyes-required"
    assert (await check(desk, asset, "industry_officer")).status_code == 200
    off = {"reason_code": "worn_out", "document_no": "拉科发〔2020〕7号"}
    target = f"/v1/grants/assets/{asset['id']}/write-off"
    for person in ("science_officer", "industry_officer"):
        as_approver = {"roles": ("science_approver",)}
        refused = await desk.post(person, target, off, claims=as_approver)
        assert (refused.status_code, refused.json()["code"]) == (403, "four-eyes-required")
    assert (await desk.post("science_approver", target, off)).json()["status"] == "written_off"
    assert (await check(desk, asset, "industry_officer")).json()["code"] == "invalid-transition"


async def test_after_a_delisting_the_inventory_is_taken_once_more(desk: Desk, db: Database) -> None:
    grant, line = await bought(desk, db)
    asset = (await enter(desk, grant, line)).json()
    desk.today = date(2021, 2, 1)
    assert (await check(desk, asset)).status_code == 200
    case_id = await delist(db, UUID(grant["centre_id"]))
    desk.today = date(2021, 3, 10)
    counted = await check(desk, asset, condition="missing", found_quantity=0)
    assert (counted.status_code, counted.json()["delisting_case_id"]) == (200, str(case_id))
    assert (await check(desk, asset)).json()["code"] == "asset-checked-already"


async def test_an_asset_is_moved_with_its_keeper_and_hidden_from_others(desk: Desk, db: Database) -> None:
    asset = (await enter(desk, *await bought(desk, db))).json()
    path = f"/v1/grants/assets/{asset['id']}"
    foreign = {"org": OTHER_OPERATOR}
    assert (await desk.get("operator", path, claims=foreign)).status_code == 404
    move = {"location": "3 号楼", "custodian_code": OTHER_OPERATOR}
    assert (await desk.post("operator", f"{path}/move", move, claims=foreign)).status_code == 404
    stale = await desk.post("operator", f"{path}/move", move, headers={"If-Match": '"9"'})
    assert stale.status_code == 412
    moved = (await desk.post("operator", f"{path}/move", move)).json()
    assert (moved["location"], moved["custodian_code"], moved["version"]) == ("3 号楼", OTHER_OPERATOR, 2)
