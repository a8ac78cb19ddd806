"""Short ways through the life of a redemption."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx

from tests.vouchers.support import Caller, Standing, approver, fresh_invoice, officer

PATH = "/v1/redemptions"
TODAY = date(2019, 6, 3)


def after(days: int) -> date:
    return TODAY + timedelta(days=days)


async def order(standing: Standing, price: str = "100.00", **more: Any) -> httpx.Response:
    body = {
        "voucher_id": standing.voucher_id,
        "provider_id": standing.seller.id,
        "category": "legal_protection",
        "price": price,
        "description": "合同审查",
        **more,
    }
    return await standing.town.api.post(
        standing.firm.caller, f"{PATH}/orders", {name: value for name, value in body.items() if value is not None}
    )


async def step(
    standing: Standing,
    caller: Caller,
    redemption_id: str,
    verb: str,
    body: dict[str, Any] | None = None,
    *,
    today: date | None = None,
) -> httpx.Response:
    return await standing.town.api.post(caller, f"{PATH}/{redemption_id}/{verb}", body, today=today)


async def accepted(standing: Standing, price: str = "100.00") -> str:
    placed = (await order(standing, price)).json()
    taken = await step(standing, standing.seller.caller, placed["id"], "accept")
    assert taken.status_code == 200, taken.text
    return str(placed["id"])


async def delivered(standing: Standing, price: str = "100.00", **body: Any) -> str:
    held = await standing.hold(price)
    done = await step(standing, standing.seller.caller, held["id"], "deliver", body or None)
    assert done.status_code == 200, done.text
    return str(held["id"])


async def disputed(standing: Standing, price: str = "100.00") -> str:
    redemption_id = await delivered(standing, price)
    body = {"reason_code": "incomplete", "text": "只完成了一半"}
    done = await step(standing, standing.firm.caller, redemption_id, "dispute", body)
    assert done.status_code == 200, done.text
    return redemption_id


async def redeemed(standing: Standing, price: str = "100.00") -> str:
    redemption_id = await delivered(standing, price)
    done = await step(standing, standing.firm.caller, redemption_id, "redeem", {"invoice": fresh_invoice()})
    assert done.status_code == 200, done.text
    return redemption_id


async def reverse(standing: Standing, redemption_id: str, amount: str | None = None) -> dict[str, Any]:
    """Proposed by an officer, approved by an approver."""
    body = {"reason_code": "service_returned", "text": "服务退订"} | ({} if amount is None else {"amount": amount})
    proposed = await standing.town.api.ok(officer(), f"{PATH}/{redemption_id}/reverse", body)
    path = f"{PATH}/{redemption_id}/reversals/{proposed['id']}/approve"
    return await standing.town.api.ok(approver(), path)


async def shown(standing: Standing, redemption_id: str) -> dict[str, Any]:
    response = await standing.town.api.get(standing.firm.caller, f"{PATH}/{redemption_id}")
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def ceilings(standing: Standing) -> tuple[Decimal | float, ...]:
    """What budget and quota of the voucher's programme and holder have committed."""
    sql = (
        "SELECT ceiling.kind, committed FROM ceiling JOIN voucher ON subject IN (CAST(programme_id AS text),"
        " issuer_division || ':' || enterprise_id) WHERE voucher.id = CAST(:id AS uuid)"
    )
    found = {row.kind: row.committed for row in await standing.town.rows(sql, id=standing.voucher_id)}
    return found["vouchers.programme_budget"], found["vouchers.enterprise_quota"]


async def claims(standing: Standing, number: str) -> tuple[Decimal | float, ...]:
    """Amount, prices and subsidies of an electronic invoice of the standing's seller."""
    sql = "SELECT amount, priced, claimed FROM document_claim WHERE kind = 'invoice' AND key = :key"
    row = (await standing.town.rows(sql, key=f"{standing.seller.code}||{number}"))[0]
    return row.amount, row.priced, row.claimed
