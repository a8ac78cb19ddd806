"""An invoice that its seller has cancelled backs nothing any more; the one issued in its place does (4.3-2)."""

from __future__ import annotations

import pytest

from tests.vouchers.redemptions.life import PATH, claims, step
from tests.vouchers.support import Town, code_of, fresh_invoice, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_nothing_is_claimed_on_a_void_invoice_and_a_valid_one_takes_its_place(town: Town) -> None:
    standing, invoice = await town.standing(), {**fresh_invoice(), "amount": "1000.00"}
    sold = (await standing.at_counter("100.00", more={"invoice": invoice})).json()
    hold = standing.sale("60.00", invoice=invoice)
    held = await town.api.ok(standing.seller.caller, PATH, hold)
    assert (await step(standing, standing.seller.caller, held["id"], "deliver")).status_code == 200
    body = {"redemption_id": sold["id"], "kind": "cancelled", "note": "税务查验为作废发票"}
    await town.api.ok(officer(), "/v1/settlements/void-invoices", body)
    for refused in (
        await standing.at_counter("10.00", more={"invoice": invoice}),
        await town.api.post(standing.seller.caller, PATH, standing.sale("10.00", invoice=invoice)),
        await step(standing, standing.firm.caller, held["id"], "redeem"),
        await step(standing, standing.firm.caller, held["id"], "redeem", {"invoice": invoice}),
    ):
        assert code_of(refused)[0] in (409, 422), refused.text
    refused = await step(standing, standing.firm.caller, held["id"], "redeem")
    assert code_of(refused) == (409, "document-void")
    assert await claims(standing, invoice["number"]) == (1000, 160, 80)
    replaced = fresh_invoice()
    done = await step(standing, standing.firm.caller, held["id"], "redeem", {"invoice": replaced})
    assert done.status_code == 200, done.text
    assert await claims(standing, invoice["number"]) == (1000, 100, 50)
    assert await claims(standing, replaced["number"]) == (60, 60, 30)
    another = await standing.hold("10.00")
    given = await step(standing, standing.seller.caller, another["id"], "deliver", {"invoice": fresh_invoice()})
    assert given.status_code == 200
    twice = await step(standing, standing.firm.caller, another["id"], "redeem", {"invoice": fresh_invoice()})
    assert twice.status_code == 422, "a valid invoice is not exchanged"
