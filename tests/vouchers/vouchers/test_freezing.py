"""Freezing: at once by one person, lifted by another; no new use meanwhile (4.3-4)."""

from __future__ import annotations

import pytest

from tests.vouchers.support import Caller, Standing, Town, approver, code_of, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FROZEN = (409, "voucher-frozen")


def path(standing: Standing, verb: str) -> str:
    return f"/v1/vouchers/{standing.voucher_id}/{verb}"


async def freeze(standing: Standing, caller: Caller) -> None:
    await standing.town.api.ok(caller, path(standing, "freeze"), {"reason_code": "fraud_suspected"})


async def test_a_frozen_voucher_takes_no_new_use_and_what_was_held_goes_on(town: Town) -> None:
    standing = await town.standing("1000.00")
    held = await standing.hold("200.00")
    await freeze(standing, officer())
    assert code_of(await standing.at_counter("10.00")) == FROZEN
    again = await town.api.post(standing.seller.caller, "/v1/redemptions", standing.sale("10.00"))
    assert code_of(again) == FROZEN
    assert (await standing.step(standing.seller.caller, held["id"], "deliver")).status_code == 200
    assert (await standing.step(standing.firm.caller, held["id"], "redeem")).status_code == 200
    shown = await standing.voucher()
    assert (shown["status"], shown["frozen_reason"], shown["balance"]) == ("frozen", "fraud_suspected", "900.00")


async def test_another_person_lifts_it(town: Town) -> None:
    standing = await town.standing()
    one = Caller(("division_officer",), division="540102")
    await freeze(standing, one)
    assert code_of(await town.api.post(one, path(standing, "unfreeze"))) == (403, "four-eyes-required")
    assert (await town.api.ok(approver(), path(standing, "unfreeze")))["status"] == "active"
    assert (await standing.at_counter("10.00")).status_code == 201
    assert await town.events(standing.voucher_id, "vouchers.voucher.frozen.v1") == 1
    both = await town.events(standing.voucher_id, "vouchers.voucher.unfrozen.v1")
    assert both == 2, "the approval of its issue, and this"


async def test_its_code_cannot_be_renewed_while_it_is_frozen(town: Town) -> None:
    standing = await town.standing()
    await freeze(standing, officer())
    renewed = await town.api.post(standing.firm.caller, path(standing, "rotate-code"))
    assert code_of(renewed) == (409, "invalid-transition")


async def test_a_word_that_the_edition_does_not_have_is_refused_with_those_it_has(town: Town) -> None:
    standing = await town.standing()
    answer = await town.api.post(officer(), path(standing, "freeze"), {"reason_code": "mood"})
    assert answer.status_code == 422
    assert "fraud_suspected" in answer.text


async def test_only_its_issuer_freezes_it(town: Town) -> None:
    standing = await town.standing()
    body = {"reason_code": "dispute"}
    assert (await town.api.post(officer("540121"), path(standing, "freeze"), body)).status_code == 404
    assert (await town.api.post(standing.firm.caller, path(standing, "freeze"), body)).status_code == 403


async def test_a_delisting_stops_a_frozen_voucher_too(town: Town) -> None:
    standing = await town.standing("1000.00")
    await freeze(standing, officer())
    await town.registry.delist(standing.centre_id)
    shown = await standing.voucher()
    assert (shown["status"], shown["reason_code"], shown["returned"]) == ("stopped", "centre_delisted", "1000.00")
