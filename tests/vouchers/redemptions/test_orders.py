"""Orders: nothing is reserved until the provider accepts (4.3-1)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.vouchers.redemptions.life import PATH, accepted, after, disputed, order, shown, step
from tests.vouchers.support import Town, code_of, fresh_invoice

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_order_reserves_nothing_and_its_acceptance_does(town: Town) -> None:
    standing = await town.standing("1000.00")
    placed = await order(standing, "300.00")
    assert placed.status_code == 201, placed.text
    body = placed.json()
    assert (body["status"], body["subsidy"], body["expires_on"]) == ("ordered", "0.00", "2019-06-13")
    assert body["decision"]["passed"]
    assert await standing.parts() == ("1000.00", "0.00", "0.00")
    taken = await step(standing, standing.seller.caller, body["id"], "accept", {"contract_no": "HT-1"})
    assert taken.status_code == 200, taken.text
    assert (taken.json()["status"], taken.json()["subsidy"], taken.json()["held_on"]) == (
        "held",
        "150.00",
        "2019-06-03",
    )
    assert taken.json()["expires_on"] == "2019-09-01"
    assert await standing.parts() == ("850.00", "150.00", "0.00")
    assert await town.events(body["id"], "vouchers.redemption.ordered.v1") == 1
    assert await town.events(body["id"], "vouchers.redemption.held.v1") == 1
    assert (await shown(standing, body["id"]))["description"] == "合同审查"


async def test_a_listed_service_brings_category_price_and_name(town: Town) -> None:
    standing = await town.standing("1000.00")
    listed = {"category": "legal_protection", "title": "商标注册", "unit": "件", "price": "80.00"}
    offering = await town.api.ok(standing.seller.caller, f"/v1/providers/{standing.seller.id}/offerings", listed)
    named: dict[str, Any] = {"category": None, "price": None, "description": None, "offering_id": offering["id"]}
    placed = await order(standing, **named, quantity=3)
    assert placed.status_code == 201, placed.text
    assert (placed.json()["price"], placed.json()["description"]) == ("240.00", "商标注册")
    both = await order(standing, **{**named, "price": "1.00"})
    assert code_of(both) == (422, "validation-failed")
    assert "offering_id" in both.json()["errors"][0]["message"]
    other = await town.standing()
    assert code_of(await order(other, **named)) == (404, "not-found"), "another provider's list"
    nothing = await order(standing, **{**named, "offering_id": None})
    assert [error["field"] for error in nothing.json()["errors"]] == ["category", "price", "description"]


async def test_a_declined_order_and_one_taken_back_end_without_money(town: Town) -> None:
    standing = await town.standing()
    first, second = (await order(standing)).json(), (await order(standing)).json()
    body = {"reason_code": "no_capacity"}
    declined = await step(standing, standing.seller.caller, first["id"], "decline", body)
    assert (declined.json()["status"], declined.json()["reason_code"]) == ("released", "declined_no_capacity")
    back = await step(standing, standing.firm.caller, second["id"], "release")
    assert (back.json()["status"], back.json()["reason_code"]) == ("released", "cancelled_by_enterprise")
    for redemption_id in (first["id"], second["id"]):
        assert await town.events(redemption_id, "vouchers.redemption.order_ended.v1") == 1
        again = await step(standing, standing.seller.caller, redemption_id, "accept")
        assert code_of(again) == (409, "invalid-transition")
    assert await standing.parts() == ("1000.00", "0.00", "0.00")


@pytest.mark.parametrize(("today", "status"), [(after(10), 200), (after(11), 409)])
async def test_an_order_is_accepted_through_its_last_day(town: Town, today: date, status: int) -> None:
    standing = await town.standing()
    placed = (await order(standing)).json()
    taken = await step(standing, standing.seller.caller, placed["id"], "accept", today=today)
    assert taken.status_code == status
    assert status == 200 or code_of(taken) == (409, "voucher-order-expired")


async def test_the_rules_are_applied_again_when_it_is_accepted(town: Town) -> None:
    standing = await town.standing("100.00")
    first, second = (await order(standing, "200.00")).json(), (await order(standing, "200.00")).json()
    assert (await step(standing, standing.seller.caller, first["id"], "accept")).status_code == 200
    refused = await step(standing, standing.seller.caller, second["id"], "accept")
    assert code_of(refused) == (409, "voucher-balance-empty")
    assert not refused.json()["decision"]["passed"]
    assert (await shown(standing, second["id"]))["status"] == "ordered"


async def test_what_could_not_be_held_is_not_ordered_either(town: Town) -> None:
    standing = await town.standing("100.00", valid_months=1)
    assert code_of(await order(standing, category="exhibition")) == (409, "provider-not-in-category")
    body = {"voucher_id": standing.voucher_id, "provider_id": standing.seller.id, "category": "legal_protection"}
    late = await town.api.post(
        standing.firm.caller, f"{PATH}/orders", {**body, "price": "1.00", "description": "x"}, today=date(2019, 7, 4)
    )
    assert code_of(late) == (409, "voucher-expired")


async def test_nobody_else_answers_an_order(town: Town) -> None:
    standing, other = await town.standing(), await town.provider()
    placed = (await order(standing)).json()
    stranger = await town.registry.enterprise()
    for caller, verb, body, status in [
        (other.caller, "accept", None, 404),
        (other.caller, "decline", {"reason_code": "other"}, 404),
        (standing.firm.caller, "accept", None, 403),
        (stranger.caller, "release", None, 404),
        (standing.seller.caller, "release", None, 409),
    ]:
        assert (await step(standing, caller, placed["id"], verb, body)).status_code == status, (verb, status)
    assert code_of(await order(standing, provider_id=str(standing.firm.id))) == (404, "not-found")


async def test_an_accepted_order_goes_the_way_of_every_hold(town: Town) -> None:
    standing = await town.standing()
    redemption_id = await accepted(standing)
    body = {"invoice": fresh_invoice()}
    assert (await step(standing, standing.seller.caller, redemption_id, "deliver", body)).status_code == 200
    assert (await step(standing, standing.firm.caller, redemption_id, "redeem")).status_code == 200
    assert await standing.parts() == ("950.00", "0.00", "50.00")
    assert await standing.journal_total() == 50


async def test_a_delisting_ends_orders_and_honours_what_is_disputed(town: Town) -> None:
    standing = await town.standing()
    placed, objected = (await order(standing)).json(), await disputed(standing)
    await town.registry.delist(standing.centre_id)
    assert (await shown(standing, placed["id"]))["reason_code"] == "centre_delisted"
    assert await town.events(placed["id"], "vouchers.redemption.order_ended.v1") == 1
    assert (await shown(standing, objected))["status"] == "disputed"
    assert await standing.parts() == ("0.00", "50.00", "0.00")
