"""Part deliveries split a redemption; no fen is paid twice (4.3-1, 4.3-3)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.vouchers.redemptions.delivery import parts_of
from tests.vouchers.redemptions.life import PATH, after, claims, shown, step
from tests.vouchers.support import Town, code_of, fresh_invoice

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("price", "percent", "subsidy", "delivered", "part", "rest"),
    [
        ("100.00", "50", "50.00", "40.00", "20.00", "30.00"),
        ("0.03", "50", "0.02", "0.01", "0.01", "0.01"),
        ("0.02", "50", "0.01", "0.01", "0.01", "0.00"),
        ("0.05", "30", "0.02", "0.04", "0.01", "0.00"),
        ("100.01", "50", "50.01", "50.01", "25.01", "25.00"),
        ("100.00", "50", "10.00", "15.00", "7.50", "2.50"),
        ("100.00", "50", "10.00", "50.00", "10.00", "0.00"),
        ("0.05", "10", "0.01", "0.04", "0.00", "0.00"),
    ],
)
async def test_parts_make_never_more_than_the_whole(
    price: str, percent: str, subsidy: str, delivered: str, part: str, rest: str
) -> None:
    parts = parts_of(Decimal(price), Decimal(percent), Decimal(subsidy), Decimal(delivered))
    assert (parts.part, parts.rest) == (Decimal(part), Decimal(rest))
    assert parts.part + parts.rest <= Decimal(subsidy)


async def test_a_part_is_delivered_and_the_rest_lives_on(town: Town) -> None:
    standing, invoice = await town.standing(), fresh_invoice()
    held = await standing.hold("100.00")
    body = {"delivered_price": "40.00", "invoice": {**invoice, "amount": "100.00"}}
    done = (await step(standing, standing.seller.caller, held["id"], "deliver", body)).json()
    assert (done["status"], done["price"], done["subsidy"]) == ("delivered", "40.00", "20.00")
    rest = await shown(standing, done["rest_id"])
    assert (rest["status"], rest["price"], rest["subsidy"], rest["split_from"]) == (
        "held",
        "60.00",
        "30.00",
        held["id"],
    )
    assert await standing.parts() == ("950.00", "50.00", "0.00")
    assert await claims(standing, invoice["number"]) == (100, 40, 20)
    assert (await step(standing, standing.firm.caller, held["id"], "redeem")).status_code == 200
    assert await standing.parts() == ("950.00", "30.00", "20.00")
    again = {"delivered_price": "10.00", "invoice": {**invoice, "amount": "100.00"}}
    second = (await step(standing, standing.seller.caller, rest["id"], "deliver", again)).json()
    assert (second["price"], second["subsidy"]) == ("10.00", "5.00")
    assert (await step(standing, standing.firm.caller, rest["id"], "redeem")).status_code == 200
    assert (await step(standing, standing.firm.caller, second["rest_id"], "release")).status_code == 200
    assert await standing.parts() == ("975.00", "0.00", "25.00")
    assert await standing.journal_total() == 25
    assert await claims(standing, invoice["number"]) == (100, 50, 25)
    listed = await town.api.get(standing.firm.caller, PATH, split_from=rest["id"])
    assert [item["id"] for item in listed.json()["items"]] == [second["rest_id"]]


async def test_a_fen_that_is_left_over_is_free_again(town: Town) -> None:
    standing = await town.standing("1000.00", subsidy_percent="30.00")
    held = await standing.hold("0.05")
    assert held["subsidy"] == "0.02"
    body = {"delivered_price": "0.04"}
    done = (await step(standing, standing.seller.caller, held["id"], "deliver", body)).json()
    assert (done["subsidy"], done["rest_id"]) == ("0.01", None)
    assert await standing.parts() == ("999.99", "0.01", "0.00")


async def test_a_part_is_less_than_the_whole_and_worth_a_fen(town: Town) -> None:
    standing = await town.standing("1000.00", subsidy_percent="10.00")
    held = await standing.hold("10.00")
    for price, code in (("10.01", "part-above-price"), ("0.04", "subsidy-below-one-fen")):
        refused = await step(standing, standing.seller.caller, held["id"], "deliver", {"delivered_price": price})
        assert code_of(refused) == (409, code)
    whole = await step(standing, standing.seller.caller, held["id"], "deliver", {"delivered_price": "10.00"})
    assert (whole.json()["price"], whole.json()["rest_id"]) == ("10.00", None)


async def test_the_parts_share_the_holds_invoice_and_contract(town: Town) -> None:
    standing, invoice = await town.standing(), fresh_invoice()
    body = standing.sale("100.00", invoice=invoice, contract_no="HT-9")
    held = await town.api.ok(standing.seller.caller, PATH, body)
    done = (await step(standing, standing.seller.caller, held["id"], "deliver", {"delivered_price": "30.00"})).json()
    assert await claims(standing, invoice["number"]) == (100, 100, 50)
    assert (await step(standing, standing.seller.caller, done["rest_id"], "release")).status_code == 200
    assert await claims(standing, invoice["number"]) == (100, 30, 15)
    assert (await step(standing, standing.firm.caller, held["id"], "redeem")).status_code == 200


@pytest.mark.parametrize(("days", "status"), [(90, 200), (91, 409)])
async def test_a_hold_is_delivered_on_through_its_last_day(town: Town, days: int, status: int) -> None:
    standing = await town.standing()
    held = await standing.hold("10.00")
    done = await step(standing, standing.seller.caller, held["id"], "deliver", today=after(days))
    assert done.status_code == status
    assert status == 200 or code_of(done) == (409, "voucher-hold-expired")
