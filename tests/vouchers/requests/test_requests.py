"""Extension, void and reinstatement: asked for by one, approved by another, carried out at once (4.3-3, 4.3-4)."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.vouchers.support import Caller, Standing, Town, approver, code_of, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/voucher-requests"


async def committed(standing: Standing) -> dict[str, Decimal]:
    """What the ceilings of the voucher's issue hold."""
    sql = (
        "SELECT ceiling.kind, committed FROM ceiling JOIN voucher ON voucher.id = CAST(:id AS uuid)"
        " WHERE subject IN (voucher.programme_id::text, voucher.enterprise_id::text,"
        " voucher.issuer_division || ':' || voucher.enterprise_id)"
    )
    return {row.kind: row.committed for row in await standing.town.rows(sql, id=standing.voucher_id)}


async def submit(standing: Standing, caller: Caller, kind: str, **more: Any) -> dict[str, Any]:
    body = {"voucher_id": standing.voucher_id, "kind": kind, "reason": "见附件说明", **more}
    return await standing.town.api.ok(caller, PATH, body)


async def approved(standing: Standing, caller: Caller, kind: str, **more: Any) -> dict[str, Any]:
    request = await submit(standing, caller, kind, **more)
    if request["status"] == "submitted":
        await standing.town.api.ok(officer(), f"{PATH}/{request['id']}/review")
    return await standing.town.api.ok(approver(), f"{PATH}/{request['id']}/approve")


VOID = {"reason_code": "ineligible", "delivered": "honoured"}


async def test_the_holder_asks_the_officer_proposes_and_the_approver_extends(town: Town) -> None:
    standing = await town.standing()
    assert (await standing.voucher())["valid_until"] == "2020-06-03"
    request = await submit(standing, standing.firm.caller, "extension", valid_until="2020-12-03")
    unreviewed = await town.api.post(approver(), f"{PATH}/{request['id']}/approve")
    assert code_of(unreviewed) == (409, "invalid-transition")
    await town.api.ok(officer(), f"{PATH}/{request['id']}/review", {"opinion": "疫情影响，同意"})
    await town.api.ok(approver(), f"{PATH}/{request['id']}/approve")
    shown = await standing.voucher()
    assert (shown["valid_until"], shown["extensions"]) == ("2020-12-03", 1)
    assert await town.events(standing.voucher_id, "vouchers.voucher.extended.v1") == 1
    used = await standing.at_counter("10.00", today=date(2020, 12, 3))
    assert used.status_code == 201, used.text
    late = await standing.at_counter("10.00", today=date(2020, 12, 4))
    assert code_of(late) == (409, "voucher-expired")


async def test_an_extension_in_time_may_be_approved_after_the_last_day(town: Town) -> None:
    standing = await town.standing()
    request = await submit(standing, officer(), "extension", valid_until="2020-07-03")
    await town.api.ok(approver(), f"{PATH}/{request['id']}/approve", today=date(2020, 6, 20))
    assert (await standing.voucher())["valid_until"] == "2020-07-03"


async def test_a_void_releases_holds_and_gives_everything_unspent_back(town: Town) -> None:
    standing = await town.standing("1000.00")
    held, delivered = await standing.hold("200.00"), await standing.hold("300.00")
    await standing.step(standing.seller.caller, delivered["id"], "deliver")
    await standing.at_counter("100.00")
    done = await approved(standing, officer(), "void", **VOID)
    assert done["amount"] == "800.00"
    shown = await standing.voucher()
    assert (shown["status"], shown["reason_code"], shown["returned"]) == ("stopped", "ineligible", "800.00")
    assert await standing.parts() == ("0.00", "150.00", "50.00")
    assert set((await committed(standing)).values()) == {Decimal("200.00")}
    states = {row.id: (row.status, row.reason_code) for row in await _holds(standing)}
    assert states[held["id"]] == ("released", "voucher_void")
    assert states[delivered["id"]] == ("delivered", None)
    assert (await standing.step(standing.firm.caller, delivered["id"], "redeem")).status_code == 200
    assert await standing.journal_total() == 200


async def test_a_void_for_fraud_may_release_delivered_holds_too(town: Town) -> None:
    standing = await town.standing("1000.00")
    delivered = await standing.hold("300.00")
    await standing.step(standing.seller.caller, delivered["id"], "deliver")
    await approved(standing, officer(), "void", reason_code="fraud", delivered="released")
    assert await standing.parts() == ("0.00", "0.00", "0.00")
    assert set((await committed(standing)).values()) == {Decimal("0.00")}
    assert await town.events(delivered["id"], "vouchers.redemption.released.v1") == 1


async def _holds(standing: Standing) -> list[Any]:
    sql = "SELECT id::text, status, reason_code FROM redemption WHERE voucher_id = CAST(:id AS uuid)"
    return await standing.town.rows(sql, id=standing.voucher_id)


async def test_who_proposed_a_void_cannot_approve_it_and_the_holder_cannot_ask_for_one(town: Town) -> None:
    standing = await town.standing()
    both = Caller(("division_officer", "division_approver"), division="540102")
    request = await submit(standing, both, "void", **VOID)
    assert code_of(await town.api.post(both, f"{PATH}/{request['id']}/approve")) == (403, "four-eyes-required")
    body = {"voucher_id": standing.voucher_id, "kind": "void", "reason": "不再需要", **VOID}
    assert (await town.api.post(standing.firm.caller, PATH, body)).status_code == 403


@pytest.mark.parametrize(
    ("kind", "more", "field"),
    [
        ("extension", {}, "valid_until"),
        ("void", {"reason_code": "fraud"}, "delivered"),
        ("void", {**VOID, "valid_until": "2020-09-01"}, "valid_until"),
        ("void", {**VOID, "reason_code": "because"}, "reason_code"),
        ("reinstatement", {"delivered": "released"}, "delivered"),
    ],
    ids=["extension_without_day", "void_without_fate", "void_with_day", "unknown_word", "reinstatement_with_fate"],
)
async def test_each_kind_takes_its_own_fields(town: Town, kind: str, more: dict[str, Any], field: str) -> None:
    standing = await town.standing()
    body = {"voucher_id": standing.voucher_id, "kind": kind, "reason": "说明", **more}
    answer = await town.api.post(officer(), PATH, body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_one_request_of_a_kind_is_open_at_a_time(town: Town) -> None:
    standing = await town.standing()
    first = await submit(standing, standing.firm.caller, "extension", valid_until="2020-09-01")
    body = {"voucher_id": standing.voucher_id, "kind": "extension", "reason": "再次", "valid_until": "2020-10-01"}
    assert code_of(await town.api.post(officer(), PATH, body)) == (409, "request-already-open")
    await town.api.ok(standing.firm.caller, f"{PATH}/{first['id']}/withdraw")
    assert (await town.api.post(officer(), PATH, body)).status_code == 201


async def test_void_and_use_at_the_same_moment_never_spend_what_went_back(town: Town) -> None:
    standing = await town.standing("1000.00")
    request = await submit(standing, officer(), "void", **VOID)
    selling = [standing.at_counter("20.00") for _ in range(20)]
    voiding = town.api.post(approver(), f"{PATH}/{request['id']}/approve")
    *sales, void = await asyncio.gather(*selling, voiding)
    assert void.status_code == 200, void.text
    spent = Decimal(10) * sum(sale.status_code == 201 for sale in sales)
    shown = await standing.voucher()
    assert Decimal(shown["spent"]) == spent == await standing.journal_total()
    assert Decimal(shown["returned"]) == 1000 - spent
    assert set((await committed(standing)).values()) == {spent}


async def relocate(standing: Standing) -> None:
    """The holder leaves the delisted centre for another listed one."""
    town = standing.town
    stay = await town.one("SELECT id FROM known_tenancy WHERE enterprise_id = :id", id=standing.firm.id)
    await town.registry.tenancy(
        standing.firm.id, standing.centre_id, tenancy_id=stay, ended_on=date(2019, 6, 3), version=2
    )
    await town.registry.tenancy(standing.firm.id, await town.registry.centre(), admitted_on=date(2019, 6, 10))


MOVED = date(2019, 6, 10)


async def test_after_a_delisting_a_relocated_holder_gets_the_unspent_part_back(town: Town) -> None:
    standing = await town.standing("1000.00")
    await standing.at_counter("200.00")
    await town.registry.delist(standing.centre_id)
    body = {"voucher_id": standing.voucher_id, "kind": "reinstatement", "reason": "已迁入另一中心"}
    early = await town.api.post(standing.firm.caller, PATH, body)
    assert code_of(early) == (409, "centre-not-listed")
    await relocate(standing)
    request = await town.api.ok(standing.firm.caller, PATH, body, today=MOVED)
    await town.api.ok(officer(), f"{PATH}/{request['id']}/review", today=MOVED)
    done = await town.api.ok(approver(), f"{PATH}/{request['id']}/approve", today=MOVED)
    assert done["amount"] == "900.00"
    shown = await standing.voucher()
    assert (shown["status"], shown["balance"], shown["returned"]) == ("active", "900.00", "0.00")
    assert shown["centre_id"] != str(standing.centre_id)
    assert set((await committed(standing)).values()) == {Decimal("1000.00")}
    assert (await standing.at_counter("10.00", today=MOVED)).status_code == 201
    assert await town.events(standing.voucher_id, "vouchers.voucher.reinstated.v1") == 1


@pytest.mark.parametrize("lifted", [False, True])
async def test_what_was_frozen_when_a_delisting_stopped_it_is_frozen_when_it_runs_again(
    town: Town, lifted: bool
) -> None:
    standing = await town.standing("1000.00")
    path = f"/v1/vouchers/{standing.voucher_id}"
    await town.api.ok(officer(), f"{path}/freeze", {"reason_code": "fraud_suspected"})
    if lifted:
        await town.api.ok(approver(), f"{path}/unfreeze")
    await town.registry.delist(standing.centre_id)
    await relocate(standing)
    body = {"voucher_id": standing.voucher_id, "kind": "reinstatement", "reason": "已迁入另一中心"}
    request = await town.api.ok(officer(), PATH, body, today=MOVED)
    await town.api.ok(approver(), f"{PATH}/{request['id']}/approve", today=MOVED)
    assert (await standing.voucher())["status"] == ("active" if lifted else "frozen")


async def test_a_reinstatement_that_the_budget_no_longer_covers_is_refused(town: Town) -> None:
    standing = await town.standing("1000.00", budget="1000.00")
    await town.registry.delist(standing.centre_id)
    other = await town.registry.tenant(await town.registry.centre())
    programme = await town.one(
        "SELECT programme_id::text FROM voucher WHERE id = CAST(:id AS uuid)", id=standing.voucher_id
    )
    await town.voucher(programme, other, "0.01")
    await relocate(standing)
    request = await town.api.ok(
        officer(), PATH, {"voucher_id": standing.voucher_id, "kind": "reinstatement", "reason": "已迁"}, today=MOVED
    )
    refused = await town.api.post(approver(), f"{PATH}/{request['id']}/approve", today=MOVED)
    assert code_of(refused) == (409, "voucher-budget-exceeded")
    assert (await standing.voucher())["status"] == "stopped"


async def test_others_do_not_see_a_request(town: Town) -> None:
    standing = await town.standing()
    request = await submit(standing, officer(), "void", **VOID)
    other = await town.registry.enterprise()
    for caller in (other.caller, officer("540121")):
        assert (await town.api.get(caller, f"{PATH}/{request['id']}")).status_code == 404
    assert (await town.api.get(standing.firm.caller, f"{PATH}/{request['id']}")).status_code == 200
    assert (await town.api.post(approver("540121"), f"{PATH}/{request['id']}/approve")).status_code == 404
