"""Disputed deliveries, silence, and who ends them (4.3-1)."""

from __future__ import annotations

import pytest

from tests.vouchers.redemptions.life import PATH, after, delivered, disputed, shown, step
from tests.vouchers.support import OTHER_DIVISION, Town, approver, code_of, fresh_invoice, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def outcomes(town: Town, redemption_id: str) -> list[str | None]:
    listed = await town.api.get(officer(), f"{PATH}/{redemption_id}/disputes")
    assert listed.status_code == 200, listed.text
    return [item["outcome"] for item in listed.json()["items"]]


async def test_a_disputed_delivery_is_delivered_again_and_confirmed(town: Town) -> None:
    standing = await town.standing()
    redemption_id = await disputed(standing)
    assert await standing.parts() == ("950.00", "50.00", "0.00")
    assert await outcomes(town, redemption_id) == [None]
    part = await step(standing, standing.seller.caller, redemption_id, "deliver", {"delivered_price": "1.00"})
    assert code_of(part) == (422, "validation-failed")
    again = await step(standing, standing.seller.caller, redemption_id, "deliver")
    assert (again.json()["status"], await outcomes(town, redemption_id)) == ("delivered", ["redelivered"])
    body = {"reason_code": "quality", "text": "仍有问题"}
    assert (await step(standing, standing.firm.caller, redemption_id, "dispute", body)).status_code == 200
    confirmed = await step(standing, standing.firm.caller, redemption_id, "redeem", {"invoice": fresh_invoice()})
    assert confirmed.json()["status"] == "redeemed"
    assert await outcomes(town, redemption_id) == ["confirmed", "redelivered"]
    assert await standing.parts() == ("950.00", "0.00", "50.00")


async def test_the_provider_releases_what_is_disputed(town: Town) -> None:
    standing = await town.standing()
    redemption_id = await disputed(standing)
    assert (await step(standing, standing.firm.caller, redemption_id, "release")).status_code == 409
    assert (await step(standing, standing.seller.caller, redemption_id, "release")).status_code == 200
    assert await outcomes(town, redemption_id) == ["released"]
    assert await standing.parts() == ("1000.00", "0.00", "0.00")


@pytest.mark.parametrize(
    ("outcome", "status", "parts"),
    [("capture", "redeemed", ("950.00", "0.00", "50.00")), ("release", "released", ("1000.00", "0.00", "0.00"))],
)
async def test_the_issuers_officer_decides_a_dispute_at_any_time(
    town: Town, outcome: str, status: str, parts: tuple[str, str, str]
) -> None:
    standing = await town.standing()
    redemption_id = await disputed(standing)
    body = {"outcome": outcome, "text": "已核实", "invoice": fresh_invoice()}
    assert (await step(standing, officer(OTHER_DIVISION), redemption_id, "decide", body)).status_code == 404
    assert (await step(standing, approver(), redemption_id, "decide", body)).status_code == 403
    decided = await step(standing, officer(), redemption_id, "decide", body)
    assert decided.json()["status"] == status
    assert await standing.parts() == parts
    assert await outcomes(town, redemption_id) == ["captured" if outcome == "capture" else "released"]
    assert await town.events(redemption_id, "vouchers.redemption.disputed.v1") == 1
    assert (await step(standing, officer(), redemption_id, "decide", body)).status_code == 409


@pytest.mark.parametrize(("days", "status"), [(15, 409), (16, 200)])
async def test_silence_is_the_issuers_after_the_last_day_to_confirm(town: Town, days: int, status: int) -> None:
    standing = await town.standing()
    redemption_id = await delivered(standing, invoice=fresh_invoice())
    tasks = (await town.api.get(officer(), "/v1/tasks", today=after(days), kind="delivery_to_decide")).json()["items"]
    assert (redemption_id in {task["subject_id"] for task in tasks}) is (status == 200)
    body = {"outcome": "capture", "text": "服务已完成"}
    decided = await step(standing, officer(), redemption_id, "decide", body, today=after(days))
    assert decided.status_code == status
    assert status == 200 or code_of(decided) == (409, "voucher-still-to-confirm")
    if status == 200:
        assert await standing.journal_total() == 50


async def test_money_is_owed_on_an_invoice_whoever_decides(town: Town) -> None:
    standing = await town.standing()
    redemption_id = await disputed(standing)
    refused = await step(standing, officer(), redemption_id, "decide", {"outcome": "capture", "text": "已核实"})
    assert code_of(refused) == (409, "invoice-missing")
    assert (await shown(standing, redemption_id))["status"] == "disputed"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason_code": "mood", "text": "x"}, "reason_code"),
        ({"reason_code": "quality", "text": "x" * 501}, "text"),
        ({"reason_code": "quality", "text": "找 11010519491231002X"}, "text"),
    ],
)
async def test_a_dispute_has_a_known_reason_and_no_identity_numbers(
    town: Town, body: dict[str, str], field: str
) -> None:
    standing = await town.standing()
    redemption_id = await delivered(standing)
    refused = await step(standing, standing.firm.caller, redemption_id, "dispute", body)
    assert refused.status_code == 422, refused.text
    assert field in {error["field"] for error in refused.json()["errors"]} or field == "text"


async def test_only_the_holder_disputes_and_only_a_delivery(town: Town) -> None:
    standing, body = await town.standing(), {"reason_code": "quality", "text": "x"}
    held = await standing.hold("10.00")
    assert (await step(standing, standing.firm.caller, held["id"], "dispute", body)).status_code == 409
    redemption_id = await delivered(standing)
    stranger = await town.registry.enterprise()
    assert (await step(standing, stranger.caller, redemption_id, "dispute", body)).status_code == 404
    assert (await step(standing, standing.seller.caller, redemption_id, "dispute", body)).status_code == 403
    assert (await town.api.get(stranger.caller, f"{PATH}/{redemption_id}/disputes")).status_code == 404
