"""One invoice over several uses, vouchers and a grant, up to its amount (4.3-2)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vouchers.redemptions.life import PATH, claims, reverse
from tests.vouchers.support import Standing, Town, code_of, fresh_invoice
from tests.vouchers.test_claims import granted

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def second_voucher(standing: Standing, face_value: str = "1000.00") -> Standing:
    """Another voucher of the same firm, used at the same provider."""
    town = standing.town
    voucher = await town.voucher(await town.programme(), standing.firm, face_value)
    code = await town.code(standing.firm, voucher["id"])
    return Standing(town, standing.centre_id, standing.firm, standing.seller, voucher["id"], code)


async def use(standing: Standing, way: str, price: str, invoice: dict[str, Any]) -> tuple[int, str]:
    path = f"{PATH}/counter" if way == "counter" else PATH
    return code_of(await standing.town.api.post(standing.seller.caller, path, standing.sale(price, invoice=invoice)))


@pytest.mark.parametrize("way", ["counter", "hold"])
@pytest.mark.parametrize(("second", "passes"), [("40.00", True), ("40.01", False)])
async def test_an_invoice_is_split_over_two_vouchers(town: Town, way: str, second: str, passes: bool) -> None:
    standing = await town.standing()
    other, invoice = await second_voucher(standing), {**fresh_invoice(), "amount": "100.00"}
    assert await use(standing, way, "60.00", invoice) == (201, "")
    found = await use(other, way, second, invoice)
    assert found == ((201, "") if passes else (409, "document-already-claimed"))
    priced = 100 if passes else 60
    assert await claims(standing, invoice["number"]) == (100, priced, priced / 2)


@pytest.mark.parametrize("way", ["counter", "hold"])
@pytest.mark.parametrize(("charged", "passes"), [("50.00", True), ("50.01", False)])
async def test_two_vouchers_and_a_grant_claim_no_more_than_the_invoice(
    town: Town, way: str, charged: str, passes: bool
) -> None:
    standing = await town.standing()
    other, invoice = await second_voucher(standing), {**fresh_invoice(), "amount": "100.00"}
    await granted(town, standing.seller.code, invoice["number"], charged, "100.00")
    assert await use(standing, way, "60.00", invoice) == (201, "")
    found = await use(other, way, "40.00", invoice)
    assert found == ((201, "") if passes else (409, "document-claims-exceeded"))


@pytest.mark.parametrize(
    ("first", "second", "passes"),
    [
        (None, None, False),
        ("100.00", None, True),
        (None, "100.00", True),
        ("100.00", "99.99", False),
        ("100.00", "500.00", True),
        ("99.99", "100.00", False),
    ],
)
async def test_the_smallest_amount_that_was_stated_counts(
    town: Town, first: str | None, second: str | None, passes: bool
) -> None:
    standing, invoice = await town.standing(), fresh_invoice()
    assert await use(standing, "counter", "60.00", {**invoice, "amount": first} if first else invoice) == (201, "")
    found = await use(standing, "hold", "40.00", {**invoice, "amount": second} if second else invoice)
    assert found == ((201, "") if passes else (409, "document-already-claimed"))


async def test_a_price_above_the_invoice_is_refused(town: Town) -> None:
    standing = await town.standing()
    for way in ("counter", "hold"):
        invoice = {**fresh_invoice(), "amount": "99.99"}
        assert await use(standing, way, "100.00", invoice) == (409, "document-already-claimed")


async def test_what_is_released_or_reversed_is_free_for_the_next(town: Town) -> None:
    standing, invoice = await town.standing(), {**fresh_invoice(), "amount": "100.00"}
    held = await town.api.ok(standing.seller.caller, PATH, standing.sale("60.00", invoice=invoice))
    made = (await standing.at_counter("40.00", more={"invoice": invoice})).json()
    assert await use(standing, "counter", "0.10", invoice) == (409, "document-already-claimed")
    await standing.step(standing.seller.caller, held["id"], "release")
    assert await use(standing, "counter", "60.00", invoice) == (201, "")
    await reverse(standing, made["id"], "5.00")
    assert await use(standing, "counter", "40.00", invoice) == (409, "document-already-claimed"), "a part stays claimed"
    await reverse(standing, made["id"])
    assert await use(standing, "counter", "40.00", invoice) == (201, "")


@pytest.mark.parametrize("way", ["counter", "hold"])
async def test_a_contract_backs_several_uses_up_to_its_amount(town: Town, way: str) -> None:
    standing = await town.standing()
    path = f"{PATH}/counter" if way == "counter" else PATH
    answers = []
    for price in ("60.00", "40.00", "0.10"):
        body = standing.sale(price, contract_no="KJ-7", contract_amount="100.00")
        answers.append(code_of(await town.api.post(standing.seller.caller, path, body)))
    assert answers == [(201, ""), (201, ""), (409, "document-already-claimed")]
    body = standing.sale("1.00", contract_amount="5.00")
    assert (await town.api.post(standing.seller.caller, path, body)).status_code == 422
