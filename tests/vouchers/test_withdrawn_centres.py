"""Vouchers of a centre's tenants once the centre has left the list at its own request: frozen, not stopped (4.3-2)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.vouchers.support import Standing, Town, code_of, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FROZEN = (409, "voucher-centre-withdrawn")


async def holds(standing: Standing) -> tuple[int, str]:
    answer = await standing.town.api.post(standing.seller.caller, "/v1/redemptions", standing.sale("10.00"))
    return code_of(answer)


async def move(standing: Standing, *, to: bool) -> None:
    """The tenant leaves the centre, for another listed one if so."""
    town = standing.town
    stay = await town.one("SELECT id FROM known_tenancy WHERE enterprise_id = :id", id=standing.firm.id)
    await town.registry.tenancy(
        standing.firm.id, standing.centre_id, tenancy_id=stay, ended_on=date(2019, 6, 2), version=2
    )
    if to:
        await town.registry.tenancy(standing.firm.id, await town.registry.centre(), admitted_on=date(2019, 6, 3))


async def test_new_use_is_refused_and_the_money_stays_the_vouchers(town: Town) -> None:
    standing = await town.standing("1000.00")
    held = await standing.hold("100.00")
    await town.registry.withdraw(standing.centre_id)
    assert code_of(await standing.at_counter("10.00")) == FROZEN
    assert await holds(standing) == FROZEN
    assert code_of(await standing.step(standing.seller.caller, held["id"], "deliver")) == FROZEN
    assert await standing.parts() == ("950.00", "50.00", "0.00")
    assert (await standing.voucher())["status"] == "active"


async def test_what_was_delivered_before_is_honoured_and_a_hold_can_be_called_off(town: Town) -> None:
    standing = await town.standing("1000.00")
    held, delivered = await standing.hold("100.00"), await standing.hold("200.00")
    assert (await standing.step(standing.seller.caller, delivered["id"], "deliver")).status_code == 200
    await town.registry.withdraw(standing.centre_id)
    assert (await standing.step(standing.firm.caller, delivered["id"], "redeem")).status_code == 200
    assert (await standing.step(standing.firm.caller, held["id"], "release")).status_code == 200
    assert await standing.parts() == ("900.00", "0.00", "100.00")
    assert await standing.journal_total() == 100


async def test_a_move_to_a_listed_centre_restores_the_voucher(town: Town) -> None:
    standing = await town.standing("1000.00")
    held = await standing.hold("100.00")
    await town.registry.withdraw(standing.centre_id)
    await move(standing, to=True)
    assert (await standing.at_counter("10.00")).status_code == 201
    assert (await standing.step(standing.seller.caller, held["id"], "deliver")).status_code == 200


async def test_leaving_without_a_new_centre_restores_nothing(town: Town) -> None:
    standing = await town.standing("1000.00")
    await town.registry.withdraw(standing.centre_id)
    await move(standing, to=False)
    assert code_of(await standing.at_counter("10.00")) == FROZEN


async def test_a_tenant_that_moved_before_is_not_concerned(town: Town) -> None:
    standing = await town.standing("1000.00")
    await move(standing, to=True)
    await town.registry.withdraw(standing.centre_id)
    assert (await standing.at_counter("10.00")).status_code == 201


async def test_nothing_is_issued_to_its_tenants(town: Town) -> None:
    standing = await town.standing()
    programme = await town.programme()
    await town.registry.withdraw(standing.centre_id)
    body = {"programme_id": programme, "enterprise_id": str(standing.firm.id), "face_value": "10.00"}
    assert code_of(await town.api.post(officer(), "/v1/vouchers", body)) == (409, "centre-not-listed")
