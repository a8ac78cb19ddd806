"""Everything at once on one redemption, over two processes: one outcome, one effect, and sums that agree."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import httpx
import pytest

from services.vouchers.redemptions.worker import settle
from tests.vouchers.redemptions.life import PATH, after, claims, order, redeemed, shown
from tests.vouchers.support import Caller, Standing, Town, approver, fresh_invoice, officer
from tests.vouchers.test_concurrency import Crowd, crowd, processes

__all__ = ["crowd", "processes"]

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def rush(crowd: Crowd, steps: list[tuple[Caller, str, dict[str, Any] | None]]) -> list[httpx.Response]:
    """All steps at once, each to one of the two processes."""
    sending = [crowd.apis[number % 2].post(caller, path, body) for number, (caller, path, body) in enumerate(steps)]
    return list(await asyncio.gather(*sending))


async def require_agreement(standing: Standing) -> None:
    """The voucher's parts are the sums of its redemptions, and the journal has what is spent."""
    sql = (
        "SELECT coalesce(sum(subsidy) FILTER (WHERE status IN ('held', 'delivered', 'disputed')), 0) AS held,"
        " coalesce(sum(subsidy - restored_amount) FILTER (WHERE status IN ('redeemed', 'reversed')), 0) AS spent"
        " FROM redemption WHERE voucher_id = CAST(:id AS uuid)"
    )
    found = (await standing.town.rows(sql, id=standing.voucher_id))[0]
    _, held, spent = map(Decimal, await standing.parts())
    assert (held, spent) == (found.held, found.spent)
    assert await standing.journal_total() == spent


@pytest.mark.parametrize("attempt", range(3))
async def test_an_order_is_accepted_or_ended_once(town: Town, crowd: Crowd, attempt: int) -> None:
    standing = await town.standing()
    placed = (await order(standing)).json()["id"]
    path, firm, seller = f"{PATH}/{placed}", standing.firm.caller, standing.seller.caller
    steps: list[tuple[Caller, str, dict[str, Any] | None]] = [
        (seller, f"{path}/accept", None),
        (firm, f"{path}/release", None),
        (seller, f"{path}/decline", {"reason_code": "other"}),
    ]
    answers = await rush(crowd, steps * 4)
    assert {answer.status_code for answer in answers} <= {200, 409}
    first = [answer for number, answer in enumerate(answers) if answer.status_code == 200]
    status = (await shown(standing, placed))["status"]
    assert len(first) == (1 if status != "released" or first[0].json()["status"] == "released" else 2), attempt
    await require_agreement(standing)


@pytest.mark.parametrize("attempt", range(3))
async def test_a_hold_ends_one_way(town: Town, crowd: Crowd, attempt: int) -> None:
    standing, invoice = await town.standing(), fresh_invoice()
    held = await town.api.ok(standing.seller.caller, PATH, standing.sale("100.00", invoice=invoice))
    path, firm, seller = f"{PATH}/{held['id']}", standing.firm.caller, standing.seller.caller
    steps: list[tuple[Caller, str, dict[str, Any] | None]] = [
        (seller, f"{path}/deliver", {"delivered_price": "40.00"}),
        (firm, f"{path}/release", None),
        (firm, f"{path}/redeem", None),
        (firm, f"{path}/dispute", {"reason_code": "other", "text": "x"}),
        (seller, f"{path}/release", None),
        (officer(), f"{path}/decide", {"outcome": "release", "text": "x"}),
    ]
    expiring = [asyncio.create_task(settle(town.db, after(91))) for _ in range(2)]
    answers = await rush(crowd, steps * 4)
    await asyncio.gather(*expiring)
    assert {answer.status_code for answer in answers} <= {200, 409}, attempt
    await require_agreement(standing)
    live = (
        "SELECT coalesce(sum(price), 0) AS priced, coalesce(sum(subsidy), 0) AS claimed FROM redemption"
        " WHERE voucher_id = CAST(:id AS uuid) AND status NOT IN ('released', 'reversed')"
    )
    found = (await town.rows(live, id=standing.voucher_id))[0]
    assert (await claims(standing, invoice["number"]))[1:] == (found.priced, found.claimed)


async def test_a_reversal_approved_many_times_moves_once(town: Town, crowd: Crowd) -> None:
    standing = await town.standing()
    redemption_id = await redeemed(standing)
    body = {"reason_code": "fraud", "text": "虚假服务", "amount": "20.00"}
    begun = await rush(crowd, [(officer(), f"{PATH}/{redemption_id}/reverse", body)] * 10)
    assert sorted(answer.status_code for answer in begun) == [201] + [409] * 9
    reversal = next(answer.json() for answer in begun if answer.status_code == 201)
    path = f"{PATH}/{redemption_id}/reversals/{reversal['id']}"
    steps: list[tuple[Caller, str, dict[str, Any] | None]] = [
        (approver(), f"{path}/approve", None),
        (approver(), f"{path}/refuse", {"text": "x"}),
    ]
    answers = await rush(crowd, steps * 10)
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    reversed_amount = Decimal((await shown(standing, redemption_id))["reversed_amount"])
    assert reversed_amount in (0, 20)
    assert Decimal((await standing.parts())[2]) == 50 - reversed_amount
    await require_agreement(standing)


@pytest.mark.parametrize("way", ["counter", "hold"])
async def test_an_invoice_is_never_used_above_its_amount(town: Town, crowd: Crowd, way: str) -> None:
    standing, invoice = await town.standing(), {**fresh_invoice(), "amount": "100.00"}
    path = f"{PATH}/counter" if way == "counter" else PATH
    body = standing.sale("30.00", invoice=invoice)
    answers = await rush(crowd, [(standing.seller.caller, path, body)] * 12)
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 9
    assert await claims(standing, invoice["number"]) == (100, 90, 45)
    await require_agreement(standing)
