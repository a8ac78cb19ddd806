"""Use of a voucher in steps: hold, delivery, confirmation, release (4.3-1, 4.3-2)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from shared.ids import uuid7
from tests.vouchers.support import (
    AUDITOR,
    OTHER_DIVISION,
    PUBLIC,
    SCIENCE_OFFICER,
    Caller,
    Town,
    code_of,
    fresh_code,
    fresh_invoice,
    officer,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/redemptions"


async def test_a_hold_reserves_delivery_changes_nothing_and_confirmation_spends(town: Town) -> None:
    standing = await town.standing("1000.00")
    held = await standing.hold("300.00")
    assert (held["status"], held["subsidy"], held["balance_before"]) == ("held", "150.00", "1000.00")
    assert await standing.parts() == ("850.00", "150.00", "0.00")
    delivered = await standing.step(standing.seller.caller, held["id"], "deliver")
    assert delivered.json()["status"] == "delivered"
    assert await standing.parts() == ("850.00", "150.00", "0.00")
    assert await standing.journal_total() == 0
    redeemed = await standing.step(standing.firm.caller, held["id"], "redeem")
    assert (redeemed.json()["status"], redeemed.headers["ETag"]) == ("redeemed", '"3"')
    assert await standing.parts() == ("850.00", "0.00", "150.00")
    assert await standing.journal_total() == Decimal("150.00")
    for step in ("held", "delivered", "redeemed"):
        assert await town.events(held["id"], f"vouchers.redemption.{step}.v1") == 1


async def test_a_provider_holds_with_the_vouchers_code(town: Town) -> None:
    standing = await town.standing("1000.00")
    body = standing.sale("300.00")
    held = await town.api.ok(standing.seller.caller, PATH, {**body, "code": standing.code.lower().replace("-", " ")})
    assert (held["status"], held["subsidy"], held["provider_id"]) == ("held", "150.00", standing.seller.id)
    unknown = await town.api.post(standing.seller.caller, PATH, {**body, "code": "7" * 20})
    assert code_of(unknown) == (404, "not-found")


async def test_a_hold_says_who_sells_and_with_which_voucher(town: Town) -> None:
    standing = await town.standing()
    sale = {"category": "legal_protection", "price": "10.00"}
    own = {"voucher_id": standing.voucher_id, "provider_id": standing.seller.id}
    for caller, body, field in [
        (standing.seller.caller, sale, "code"),
        (standing.seller.caller, {**sale, "code": "1234"}, "code"),
        (standing.seller.caller, {**sale, "code": standing.code, "provider_id": standing.seller.id}, "provider_id"),
        (standing.firm.caller, {**sale, "voucher_id": standing.voucher_id}, "provider_id"),
        (standing.firm.caller, {**sale, "provider_id": standing.seller.id}, "voucher_id"),
        (standing.firm.caller, {**sale, **own, "price": "0.00"}, "price"),
    ]:
        response = await town.api.post(caller, PATH, body)
        assert code_of(response) == (422, "validation-failed"), response.text
        assert [error["field"] for error in response.json()["errors"]] == [field]
        assert standing.code not in response.text
    stranger = await town.registry.enterprise()
    assert code_of(await town.api.post(stranger.caller, PATH, {**sale, **own})) == (404, "not-found")
    nobody = {**sale, **own, "provider_id": str(uuid7())}
    assert code_of(await town.api.post(standing.firm.caller, PATH, nobody)) == (404, "not-found")


async def test_a_release_frees_the_balance_for_the_next(town: Town) -> None:
    standing = await town.standing("100.00")
    held = await standing.hold("200.00")
    assert code_of(await standing.at_counter("10.00")) == (409, "voucher-balance-empty")
    released = await standing.step(standing.firm.caller, held["id"], "release")
    assert (released.json()["status"], released.json()["reason_code"]) == ("released", "cancelled_by_enterprise")
    assert await standing.parts() == ("100.00", "0.00", "0.00")
    assert (await standing.at_counter("10.00")).json()["subsidy"] == "5.00"
    assert await town.events(held["id"], "vouchers.redemption.released.v1") == 1


async def test_after_delivery_only_the_provider_can_call_it_off(town: Town) -> None:
    standing = await town.standing("100.00")
    held = await standing.hold("50.00")
    await standing.step(standing.seller.caller, held["id"], "deliver")
    refused = await standing.step(standing.firm.caller, held["id"], "release")
    assert code_of(refused) == (409, "invalid-transition")
    released = await standing.step(standing.seller.caller, held["id"], "release")
    assert released.json()["reason_code"] == "cancelled_by_provider"
    assert await standing.parts() == ("100.00", "0.00", "0.00")


async def test_steps_out_of_order_name_the_states_they_start_from(town: Town) -> None:
    standing = await town.standing()
    held = await standing.hold("50.00")
    firm, seller = standing.firm.caller, standing.seller.caller
    assert code_of(await standing.step(firm, held["id"], "redeem")) == (409, "invalid-transition")
    await standing.step(seller, held["id"], "deliver")
    assert code_of(await standing.step(seller, held["id"], "deliver")) == (409, "invalid-transition")
    await standing.step(firm, held["id"], "redeem")
    for caller, verb in [(firm, "redeem"), (firm, "release"), (seller, "release"), (seller, "deliver")]:
        assert code_of(await standing.step(caller, held["id"], verb)) == (409, "invalid-transition")
    assert await standing.journal_total() == Decimal("25.00")


async def test_nobody_else_can_take_a_step(town: Town) -> None:
    standing = await town.standing()
    held = await standing.hold("50.00")
    stranger, other = await town.registry.enterprise(), await town.provider()
    for caller, verb, status in [
        (other.caller, "deliver", 404),
        (standing.firm.caller, "deliver", 403),
        (stranger.caller, "redeem", 404),
        (standing.seller.caller, "redeem", 403),
        (stranger.caller, "release", 404),
        (other.caller, "release", 404),
        (officer(), "release", 403),
    ]:
        assert (await standing.step(caller, held["id"], verb)).status_code == status, (caller, verb)


async def test_who_sees_a_redemption(town: Town) -> None:
    standing = await town.standing()
    made = (await standing.at_counter("50.00")).json()
    stranger, other = await town.registry.enterprise(), await town.provider()
    for caller, status in [
        (standing.firm.caller, 200),
        (standing.seller.caller, 200),
        (officer(), 200),
        (SCIENCE_OFFICER, 200),
        (AUDITOR, 200),
        (stranger.caller, 404),
        (other.caller, 404),
        (officer(OTHER_DIVISION), 404),
        (Caller(("provider",)), 404),
        (PUBLIC, 401),
    ]:
        response = await town.api.get(caller, f"{PATH}/{made['id']}")
        assert response.status_code == status, caller
        if status != 401:
            listed = (await town.api.get(caller, PATH, no=made["no"])).json()["items"]
            assert len(listed) == (status == 200)
    shown = (await town.api.get(AUDITOR, f"{PATH}/{made['id']}")).json()
    assert shown == made


async def test_money_moves_only_under_a_key(town: Town) -> None:
    standing = await town.standing()
    held = await standing.hold("50.00")
    await standing.step(standing.seller.caller, held["id"], "deliver")
    for caller, path, body in [
        (standing.seller.caller, f"{PATH}/counter", standing.sale("10.00")),
        (standing.seller.caller, PATH, standing.sale("10.00")),
        (standing.firm.caller, f"{PATH}/{held['id']}/redeem", None),
        (standing.seller.caller, f"{PATH}/{held['id']}/release", None),
    ]:
        assert code_of(await town.api.post(caller, path, body, key=None)) == (400, "idempotency-key-required")


async def test_a_repeated_key_counts_once_and_gets_the_first_answer(town: Town) -> None:
    standing = await town.standing("100.00")
    key = uuid4().hex
    first = await standing.at_counter("60.00", key=key)
    again = await standing.at_counter("60.00", key=key)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Location"] == first.headers["Location"]
    assert await standing.parts() == ("70.00", "0.00", "30.00")
    assert code_of(await standing.at_counter("61.00", key=key)) == (422, "idempotency-key-reused")


@pytest.mark.parametrize("way", ["counter", "hold"])
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("expired", "voucher-expired"),
        ("too early", "voucher-not-yet-issued"),
        ("other category", "category-not-allowed"),
        ("provider not admitted", "provider-not-admitted"),
        ("provider unknown", "provider-not-admitted"),
        ("provider of other category", "provider-not-in-category"),
        ("same code", "parties-related"),
        ("same representative", "parties-related"),
        ("too little", "subsidy-below-one-fen"),
    ],
)
async def test_each_refusal_has_its_reason_and_moves_nothing(town: Town, way: str, wrong: str, code: str) -> None:
    centre = await town.registry.centre()
    ref = f"person-{uuid4().hex}" if wrong == "same representative" else None
    firm = await town.registry.tenant(centre, representative=ref or "")
    programme = await town.programme(subsidy_percent="10.00", categories=["legal_protection", "exhibition"])
    voucher = await town.voucher(programme, firm, "100.00", category="legal_protection")
    caller = await _seller(town, wrong, firm.code, ref)
    sale: dict[str, Any] = {
        "code": await town.code(firm, voucher["id"]),
        "category": "exhibition" if wrong == "other category" else "legal_protection",
        "price": "0.04" if wrong == "too little" else "10.00",
        "invoice": fresh_invoice(),
    }
    today = {"expired": date(2020, 6, 4), "too early": date(2019, 6, 2)}.get(wrong)
    path = f"{PATH}/counter" if way == "counter" else PATH
    response = await town.api.post(caller, path, sale, today=today)
    assert code_of(response) == (409, code), response.text
    problem = response.json()
    assert not problem["decision"]["passed"]
    assert problem["clauses"]
    assert problem["detail"]
    assert "{" not in problem["detail"]
    shown = (await town.api.get(firm.caller, f"/v1/vouchers/{voucher['id']}")).json()
    assert (shown["balance"], shown["held"], shown["spent"]) == ("100.00", "0.00", "0.00")


async def _seller(town: Town, wrong: str, firm_code: str, ref: str | None) -> Caller:
    categories = ["exhibition"] if wrong == "provider of other category" else ["legal_protection", "exhibition"]
    if wrong == "provider unknown":
        return Caller(("provider",), org=fresh_code())
    if wrong == "provider not admitted":
        caller = Caller(("provider",), org=fresh_code())
        await town.api.ok(caller, "/v1/providers", {"name": "候审机构", "categories": categories})
        return caller
    code = firm_code if wrong == "same code" else fresh_code()
    return (await town.provider(code=code, categories=categories, ref=ref)).caller


async def test_the_last_day_is_valid_and_the_next_is_not(town: Town) -> None:
    standing = await town.standing("100.00", valid_months=1)
    assert (await standing.at_counter("10.00", today=date(2019, 7, 3))).status_code == 201
    assert code_of(await standing.at_counter("10.00", today=date(2019, 7, 4))) == (409, "voucher-expired")


async def test_a_hold_made_in_time_is_redeemed_after_the_last_day(town: Town) -> None:
    standing = await town.standing("100.00", valid_months=1)
    held = await standing.hold("50.00")
    for caller, verb in [(standing.seller.caller, "deliver"), (standing.firm.caller, "redeem")]:
        body = {"invoice": fresh_invoice()} if verb == "redeem" else None
        response = await town.api.post(caller, f"{PATH}/{held['id']}/{verb}", body, today=date(2019, 8, 1))
        assert response.status_code == 200, response.text
    assert await standing.parts() == ("75.00", "0.00", "25.00")
