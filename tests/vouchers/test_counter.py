"""Scan and redeem at the counter: one call, one effect."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.vouchers.support import Town, code_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_half_the_price_is_paid_by_the_voucher_and_owed_to_the_provider(town: Town) -> None:
    standing = await town.standing("1000.00")
    response = await standing.at_counter("301.01")
    assert response.status_code == 201, response.text
    redemption = response.json()
    assert (redemption["subsidy"], redemption["status"]) == ("150.51", "redeemed")
    assert redemption["no"].startswith("RD-2019-")
    assert redemption["decision"]["passed"]
    assert response.headers["ETag"] == '"1"'
    assert await standing.parts() == ("849.49", "0.00", "150.51")
    assert await standing.journal_total() == Decimal("150.51")
    assert await town.events(redemption["id"], "vouchers.redemption.redeemed.v1") == 1


async def test_the_last_redemption_gets_what_is_left(town: Town) -> None:
    standing = await town.standing("100.00")
    assert (await standing.at_counter("150.00")).json()["subsidy"] == "75.00"
    assert (await standing.at_counter("150.00")).json()["subsidy"] == "25.00"
    refused = await standing.at_counter("150.00")
    assert code_of(refused) == (409, "voucher-balance-empty")
    assert await standing.parts() == ("0.00", "0.00", "100.00")
