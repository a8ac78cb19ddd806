"""An invoice backs claims up to its own amount, over vouchers and grants together (4.3-2)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.vouchers import consumers
from shared.document_claims import Claimed, contract_key, contract_number, decide_claims, invoice_key
from shared.events.contracts import finance as fc
from shared.ids import uuid7
from shared.policy.edition import Edition
from tests.vouchers.registry import received
from tests.vouchers.support import Standing, Town, code_of, fresh_invoice

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/redemptions"


async def granted(
    town: Town,
    seller_code: str,
    number: str,
    amount: str,
    of: str,
    *,
    line: UUID | None = None,
    released: bool = False,
    version: int = 1,
) -> UUID:
    """Finance has charged so much of the invoice to a grant."""
    claim = fc.ClaimState(
        id=line or uuid7(),
        grant_id=uuid7(),
        document_key=invoice_key(seller_code, None, number),
        amount=Decimal(amount),
        document_amount=Decimal(of),
        released=released,
    )
    async with town.db.transaction() as session:
        await consumers.copy_claims(session, [received(fc.ClaimMade, claim, claim.id, version)])
    return claim.id


async def claim(standing: Standing, way: str, price: str, invoice: dict[str, Any]) -> tuple[int, str]:
    """Claim at the counter, by a hold, or at the confirmation of a hold made before there was an invoice."""
    town, body = standing.town, standing.sale(price, invoice=invoice)
    if way == "counter":
        return code_of(await standing.at_counter(price, more={"invoice": invoice}))
    if way == "hold":
        return code_of(await town.api.post(standing.seller.caller, PATH, body))
    held = await town.api.ok(standing.seller.caller, PATH, {**body, "invoice": None})
    await standing.step(standing.seller.caller, held["id"], "deliver")
    path = f"{PATH}/{held['id']}/redeem"
    return code_of(await town.api.post(standing.firm.caller, path, {"invoice": invoice}))


@pytest.mark.parametrize("way", ["counter", "hold", "confirmation"])
@pytest.mark.parametrize(
    ("charged", "amount", "passes"),
    [("50.00", "100.00", True), ("50.01", "100.00", False), ("950.00", "1000.00", True), ("950.01", "1000.00", False)],
)
async def test_what_a_grant_took_of_an_invoice_no_voucher_takes_again(
    town: Town, way: str, charged: str, amount: str, passes: bool
) -> None:
    standing, invoice = await town.standing(), fresh_invoice()
    await granted(town, standing.seller.code, invoice["number"], charged, amount)
    found = await claim(standing, way, "100.00", {**invoice, "amount": amount})
    ok = 200 if way == "confirmation" else 201
    assert found == ((ok, "") if passes else (409, "document-claims-exceeded"))
    spent = Decimal((await standing.parts())[2])
    assert spent == (50 if passes and way != "hold" else 0)
    assert await standing.journal_total() == spent


async def test_the_smaller_of_two_stated_amounts_counts(town: Town) -> None:
    standing, invoice = await town.standing(), fresh_invoice()
    await granted(town, standing.seller.code, invoice["number"], "60.00", "100.00")
    more = {"invoice": {**invoice, "amount": "100000.00"}}
    refused = await standing.at_counter("100.00", more=more)
    assert code_of(refused) == (409, "document-claims-exceeded")
    assert "40.00" in refused.json()["detail"]


async def test_a_claim_of_another_sellers_invoice_and_a_released_one_are_in_nobodys_way(town: Town) -> None:
    standing, other, invoice = await town.standing(), await town.provider(), fresh_invoice()
    await granted(town, other.code, invoice["number"], "100.00", "100.00")
    assert await claim(standing, "counter", "100.00", invoice) == (201, "")
    invoice = fresh_invoice()
    line = await granted(town, standing.seller.code, invoice["number"], "100.00", "100.00")
    assert await claim(standing, "counter", "100.00", invoice) == (409, "document-claims-exceeded")
    await granted(town, standing.seller.code, invoice["number"], "100", "100", line=line, released=True, version=2)
    assert await claim(standing, "counter", "100.00", invoice) == (201, "")


async def test_a_claim_that_crossed_a_hold_stops_it_before_its_money_is_owed(town: Town) -> None:
    standing, invoice = await town.standing(), fresh_invoice()
    held = await town.api.ok(standing.seller.caller, PATH, standing.sale("100.00", invoice=invoice))
    await standing.step(standing.seller.caller, held["id"], "deliver")
    await granted(town, standing.seller.code, invoice["number"], "100.00", "100.00")
    path = f"{PATH}/{held['id']}/redeem"
    assert code_of(await town.api.post(standing.firm.caller, path)) == (409, "document-claims-exceeded")
    assert await standing.parts() == ("950.00", "50.00", "0.00")
    assert (await standing.step(standing.seller.caller, held["id"], "release")).status_code == 200


async def test_money_is_owed_on_an_invoice_only(town: Town) -> None:
    standing = await town.standing()
    assert code_of(await standing.at_counter("10.00", more={"invoice": None})) == (409, "invoice-missing")
    held = await standing.hold("10.00")
    await standing.step(standing.seller.caller, held["id"], "deliver")
    path = f"{PATH}/{held['id']}/redeem"
    missing = await town.api.post(standing.firm.caller, path)
    assert code_of(missing) == (409, "invoice-missing")
    assert missing.json()["clauses"] == ["4.3-2"]
    invoice = fresh_invoice()
    assert await claim(standing, "counter", "10.00", invoice) == (201, "")
    taken = await town.api.post(standing.firm.caller, path, {"invoice": invoice})
    assert code_of(taken) == (409, "document-already-claimed")
    assert (await standing.step(standing.firm.caller, held["id"], "redeem")).status_code == 200


async def test_a_hold_with_an_invoice_takes_no_second_one(town: Town) -> None:
    standing = await town.standing()
    held = await town.api.ok(standing.seller.caller, PATH, standing.sale("10.00"))
    await standing.step(standing.seller.caller, held["id"], "deliver")
    second = await standing.step(standing.firm.caller, held["id"], "redeem")
    assert code_of(second) == (422, "validation-failed")
    path = f"{PATH}/{held['id']}/redeem"
    assert (await town.api.post(standing.firm.caller, path)).status_code == 200


@pytest.mark.parametrize("way", ["counter", "hold", "confirmation"])
async def test_events_tell_grants_what_vouchers_claim(town: Town, way: str) -> None:
    standing, invoice = await town.standing(), fresh_invoice()
    await claim(standing, way, "100.00", {**invoice, "amount": "300.00"})
    sql = (
        "SELECT event_log.data FROM event_log JOIN redemption ON aggregate_id = redemption.id"
        " WHERE voucher_id = CAST(:id AS uuid) ORDER BY seq DESC LIMIT 1"
    )
    told = json.loads((await town.rows(sql, id=standing.voucher_id))[0].data)
    key = invoice_key(standing.seller.code, None, invoice["number"])
    assert (told["invoice_key"], told["invoice_amount"], told["subsidy"]) == (key, "300.00", "50.00")


@pytest.mark.parametrize("numbers", [("HT-2019-7", "ht－2019－7"), ("合同 第7号", "合同第７号")])
async def test_a_contracts_number_is_one_however_it_is_typed(town: Town, numbers: tuple[str, str]) -> None:
    standing = await town.standing()
    first, second = (standing.sale("10.00", contract_no=number) for number in numbers)
    assert (await town.api.post(standing.seller.caller, f"{PATH}/counter", first)).status_code == 201
    for path in (PATH, f"{PATH}/counter"):
        again = await town.api.post(standing.seller.caller, path, second)
        assert code_of(again) == (409, "document-already-claimed")
    stored = await town.one(
        "SELECT contract_key FROM redemption WHERE voucher_id = CAST(:id AS uuid)", id=standing.voucher_id
    )
    assert stored == contract_key(standing.seller.code, standing.firm.code, numbers[0])


@pytest.mark.parametrize(
    ("amount", "stated", "total", "known", "passes"),
    [
        ("100", None, "0", None, True),
        ("100", "100", "0", None, True),
        ("100.01", "100", "0", None, False),
        ("50", "100", "50", "100", True),
        ("50", "100", "50.01", "100", False),
        ("50", None, "50", "100", True),
        ("50", "1000", "50.01", "100", False),
        ("50", "80", "50", "1000", False),
    ],
)
async def test_claims_together_are_within_the_documents_amount(
    edition: Edition, amount: str, stated: str | None, total: str, known: str | None, passes: bool
) -> None:
    decision = decide_claims(
        edition,
        amount=Decimal(amount),
        stated=None if stated is None else Decimal(stated),
        elsewhere=Claimed(Decimal(total), None if known is None else Decimal(known)),
    )
    assert decision.passed is passes


async def test_keys_have_one_spelling() -> None:
    assert invoice_key("S", "054001900104", "12345678") == "S|054001900104|12345678"
    assert invoice_key("S", None, "2" * 20) == f"S||{'2' * 20}"
    assert contract_number(" ht－７ a ") == "HT-7A"
