"""Orders and holds end after their last day, wherever and however often the sweep runs (4.3-1)."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from services.vouchers.redemptions.sweeps import release_holds_of_provider, release_holds_of_vouchers
from services.vouchers.redemptions.worker import settle
from tests.vouchers.redemptions.life import PATH, TODAY, after, ceilings, claims, delivered, order, shown
from tests.vouchers.support import Town, fresh_invoice, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def expire(town: Town, day: date) -> None:
    assert (await town.api.post(officer(), f"{PATH}/expire", today=day)).status_code == 200


async def test_an_order_ends_the_day_after_its_last(town: Town) -> None:
    standing = await town.standing()
    placed = (await order(standing)).json()
    await expire(town, after(10))
    assert (await shown(standing, placed["id"]))["status"] == "ordered"
    await expire(town, after(11))
    ended = await shown(standing, placed["id"])
    assert (ended["status"], ended["reason_code"], ended["released_on"]) == ("released", "order_expired", "2019-06-14")
    assert await town.events(placed["id"], "vouchers.redemption.order_ended.v1") == 1


async def test_a_hold_is_released_with_its_money_and_its_invoice(town: Town) -> None:
    standing, invoice = await town.standing(), fresh_invoice()
    held = await town.api.ok(standing.seller.caller, PATH, standing.sale("100.00", invoice=invoice))
    rendered = await delivered(standing)
    await expire(town, after(90))
    assert (await shown(standing, held["id"]))["status"] == "held"
    done = await asyncio.gather(*(settle(town.db, after(91)) for _ in range(4)))
    assert sum(one.holds for one in done) >= 1
    ended = await shown(standing, held["id"])
    assert (ended["status"], ended["reason_code"]) == ("released", "hold_expired")
    assert (await shown(standing, rendered))["status"] == "delivered", "what was delivered waits for its holder"
    assert await standing.parts() == ("950.00", "50.00", "0.00")
    assert await claims(standing, invoice["number"]) == (100, 0, 0)
    assert await town.events(held["id"], "vouchers.redemption.released.v1") == 1


async def test_the_worker_works_in_steps_until_nothing_is_due(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    standing = await town.standing()
    ids = [(await standing.hold("10.00"))["id"] for _ in range(5)]
    monkeypatch.setattr("services.vouchers.redemptions.sweeps.AT_ONCE", 2)
    await settle(town.db, after(91))
    assert {(await shown(standing, one))["status"] for one in ids} == {"released"}
    assert (await settle(town.db, after(91))).seen == 0
    assert await standing.parts() == ("1000.00", "0.00", "0.00")


async def test_a_suspended_providers_holds_are_released_and_its_deliveries_honoured(town: Town) -> None:
    standing, other = await town.standing(), await town.standing()
    placed, held, rendered = (await order(standing)).json(), await standing.hold("100.00"), await delivered(standing)
    theirs = await other.hold("10.00")
    provider_id = await town.one("SELECT id FROM provider WHERE code = :code", code=standing.seller.code)
    async with town.db.transaction() as session:
        ended = await release_holds_of_provider(session, provider_id, TODAY, "approver", "provider_suspended")
    assert {str(one.id) for one in ended} == {placed["id"], held["id"]}
    assert (await shown(standing, held["id"]))["reason_code"] == "provider_suspended"
    assert (await shown(standing, rendered))["status"] == "delivered"
    assert (await shown(other, theirs["id"]))["status"] == "held"
    assert await standing.parts() == ("950.00", "50.00", "0.00")
    async with town.db.transaction() as session:
        assert await release_holds_of_provider(session, provider_id, TODAY, "approver", "provider_suspended") == []


async def test_a_stopped_vouchers_holds_give_their_money_to_budget_and_quota(town: Town) -> None:
    standing = await town.standing("1000.00")
    await standing.hold("100.00")
    rendered = await delivered(standing)
    stop = (
        "UPDATE voucher SET status = 'stopped', stopped_on = issued_on, reason_code = 'void', returned = balance,"
        " balance = 0 WHERE id = CAST(:id AS uuid) RETURNING id"
    )
    voucher_id = await town.one(stop, id=standing.voucher_id)
    async with town.db.transaction() as session:
        await release_holds_of_vouchers(session, [voucher_id], TODAY, "approver", "void")
    assert await ceilings(standing) == (950, 950)
    assert (await shown(standing, rendered))["status"] == "delivered"
    async with town.db.transaction() as session:
        await release_holds_of_vouchers(session, [voucher_id], TODAY, "approver", "void", delivered=True)
    assert (await shown(standing, rendered))["status"] == "released"
    assert await ceilings(standing) == (900, 900)
    assert await standing.parts() == ("0.00", "0.00", "0.00")


async def test_only_officers_run_the_sweep(town: Town) -> None:
    standing = await town.standing()
    assert (await town.api.post(standing.firm.caller, f"{PATH}/expire")).status_code == 403
