"""Reversal after capture: a linked entry, decided by another person (4.3-4)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from services.vouchers.redemptions.reversals.usecases import restore_recovered
from shared.events.outbox import EventContext
from tests.vouchers.redemptions.life import PATH, TODAY, ceilings, claims, redeemed, reverse, shown, step
from tests.vouchers.support import (
    OTHER_DIVISION,
    Caller,
    Town,
    approver,
    code_of,
    fresh_invoice,
    officer,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

BODY: dict[str, Any] = {"reason_code": "service_returned", "text": "服务退订"}


async def test_a_reversal_gives_the_voucher_its_money_back_and_frees_the_invoice(town: Town) -> None:
    standing, invoice = await town.standing(), fresh_invoice()
    made = (await standing.at_counter("100.00", more={"invoice": invoice})).json()
    assert await claims(standing, invoice["number"]) == (100, 100, 50)
    done = await reverse(standing, made["id"])
    assert (done["status"], done["amount"], done["paid"]) == ("approved", "50.00", False)
    after = await shown(standing, made["id"])
    assert (after["status"], after["reversed_amount"], after["redeemed_on"]) == ("reversed", "50.00", "2019-06-03")
    assert await standing.parts() == ("1000.00", "0.00", "0.00")
    assert await standing.journal_total() == 0
    assert await claims(standing, invoice["number"]) == (100, 0, 0)
    kinds = "SELECT kind FROM journal_entry WHERE redemption_id = CAST(:id AS uuid) ORDER BY id"
    assert [row.kind for row in await town.rows(kinds, id=made["id"])] == ["capture", "reversal"]
    assert await town.events(made["id"], "vouchers.redemption.reversed.v1") == 1
    assert (await standing.at_counter("100.00", more={"invoice": invoice})).status_code == 201


async def test_parts_are_reversed_up_to_the_subsidy(town: Town) -> None:
    standing = await town.standing()
    redemption_id = await redeemed(standing)
    await reverse(standing, redemption_id, "20.00")
    assert (await shown(standing, redemption_id))["status"] == "redeemed"
    assert await standing.parts() == ("970.00", "0.00", "30.00")
    over = await step(standing, officer(), redemption_id, "reverse", {**BODY, "amount": "30.01"})
    assert code_of(over) == (409, "reversal-above-subsidy")
    await reverse(standing, redemption_id)
    assert (await shown(standing, redemption_id))["status"] == "reversed"
    assert await standing.parts() == ("1000.00", "0.00", "0.00")
    assert await standing.journal_total() == 0
    assert (await step(standing, officer(), redemption_id, "reverse", BODY)).status_code == 409


async def test_a_stopped_vouchers_money_goes_back_to_budget_and_quota(town: Town) -> None:
    standing = await town.standing("1000.00")
    redemption_id = await redeemed(standing)
    await town.registry.delist(standing.centre_id)
    assert await ceilings(standing) == (50, 50)
    await reverse(standing, redemption_id, "20.00")
    assert await ceilings(standing) == (30, 30)
    voucher = await standing.voucher()
    assert (voucher["balance"], voucher["spent"], voucher["returned"]) == ("0.00", "30.00", "970.00")


async def test_a_provider_asks_an_officer_proposes_and_a_third_person_approves(town: Town) -> None:
    standing = await town.standing()
    redemption_id = await redeemed(standing)
    asked = await step(standing, standing.seller.caller, redemption_id, "reverse", BODY)
    assert (asked.status_code, asked.json()["status"]) == (201, "asked")
    assert code_of(await step(standing, officer(), redemption_id, "reverse", BODY)) == (409, "reversal-open")
    one = f"reversals/{asked.json()['id']}"
    assert (await step(standing, approver(), redemption_id, f"{one}/approve")).status_code == 409
    me = Caller(("division_officer", "division_approver"), division="540102")
    assert (await step(standing, me, redemption_id, f"{one}/propose")).json()["status"] == "proposed"
    assert code_of(await step(standing, me, redemption_id, f"{one}/approve")) == (403, "four-eyes-required")
    refusal = {"text": "不同意"}
    assert code_of(await step(standing, me, redemption_id, f"{one}/refuse", refusal)) == (403, "four-eyes-required")
    stranger = approver(OTHER_DIVISION)
    assert (await step(standing, stranger, redemption_id, f"{one}/approve")).status_code == 404
    assert (await step(standing, approver(), redemption_id, f"{one}/approve")).json()["status"] == "approved"
    assert await standing.parts() == ("1000.00", "0.00", "0.00")


async def test_a_refused_reversal_moves_nothing_and_another_can_be_begun(town: Town) -> None:
    standing = await town.standing()
    redemption_id = await redeemed(standing)
    proposed = (await step(standing, officer(), redemption_id, "reverse", BODY)).json()
    tasks = (await town.api.get(approver(), "/v1/tasks", kind="reversal_to_approve")).json()["items"]
    assert redemption_id in {task["subject_id"] for task in tasks}
    path = f"reversals/{proposed['id']}/refuse"
    refused = await step(standing, approver(), redemption_id, path, {"text": "服务确已完成"})
    assert (refused.json()["status"], refused.json()["answer"]) == ("refused", "服务确已完成")
    assert await standing.parts() == ("950.00", "0.00", "50.00")
    assert (await step(standing, officer(), redemption_id, "reverse", BODY)).status_code == 201
    listed = (await town.api.get(standing.seller.caller, f"{PATH}/{redemption_id}/reversals")).json()["items"]
    assert [item["status"] for item in listed] == ["proposed", "refused"]


async def test_only_what_was_redeemed_is_reversed_for_a_known_reason(town: Town) -> None:
    standing = await town.standing()
    held = await standing.hold("10.00")
    assert code_of(await step(standing, officer(), held["id"], "reverse", BODY)) == (409, "invalid-transition")
    redemption_id = await redeemed(standing)
    for caller, body, status in [
        (officer(), {**BODY, "reason_code": "mood"}, 422),
        (officer(OTHER_DIVISION), BODY, 404),
        (standing.firm.caller, BODY, 403),
        ((await town.provider()).caller, BODY, 404),
    ]:
        assert (await step(standing, caller, redemption_id, "reverse", body)).status_code == status


async def test_what_came_back_is_restored_once(town: Town) -> None:
    """A paid subsidy that was reversed is spent until the provider has paid it back."""
    standing = await town.standing()
    redemption_id = await redeemed(standing)
    paid = "UPDATE redemption SET reversed_amount = 50, status = 'reversed' WHERE id = CAST(:id AS uuid) RETURNING id"
    restored = await town.one(paid, id=redemption_id)
    context = EventContext(actor="test", effective_on=TODAY, correlation_id="test")
    for amount, expected in ((Decimal(20), 20), (Decimal(50), 30), (Decimal(1), 0)):
        async with town.db.transaction() as session:
            assert await restore_recovered(session, restored, amount, context=context) == expected
    assert await standing.parts() == ("1000.00", "0.00", "0.00")
    assert await town.events(redemption_id, "vouchers.redemption.recovered.v1") == 2
