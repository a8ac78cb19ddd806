"""Products with dated terms: what held on any day can be told, and nobody changes it alone (3.3-1)."""

from __future__ import annotations

import pytest
import pytest_asyncio

from shared.db import Database
from tests.finance.banking import Street, firm
from tests.finance.support import Desk, Json

pytestmark = pytest.mark.asyncio(loop_scope="session")

PRODUCTS = "/v1/bank-products"
TWELVE = {
    *("CCB-XWKD", "CCB-SYD", "CCB-POSD", "CCB-CYD", "CCB-YSD", "CCB-DYKD2"),
    *("PSBC-YXD", "PSBC-ZFCGD", "PSBC-FPFND", "PSBC-KJD", "PSBC-XWYD", "PSBC-JTNCD"),
}


@pytest_asyncio.fixture(loop_scope="session")
async def street(desk: Desk) -> Street:
    return Street(desk)


def terms(limit: str = "600000.00", **other: object) -> Json:
    return {"limit_amount": limit, "longest_months": 24, "collaterals": ["none"], "channels": ["online"], **other}


def proposal(valid_from: str = "2019-06-01", limit: str = "600000.00", **other: object) -> Json:
    return {"terms": terms(limit), "valid_from": valid_from, "document_no": "建藏普惠〔2019〕8号", **other}


async def proposed(street: Street, code: str, valid_from: str = "2019-05-06") -> Json:
    body = proposal(valid_from) | {"code": code, "name_zh": "测试贷", "name_en": "Test loan"}
    return await street.ok("bank", PRODUCTS, body, status=201, bank="CCB")


async def test_the_twelve_products_of_the_policy_are_there_with_opening_terms(street: Street) -> None:
    items = (await street.get("public", PRODUCTS, account="anonymous", limit=200))["items"]
    assert {item["code"] for item in items} >= TWELVE
    opening = [item for item in items if item["code"] in TWELVE]
    assert all(item["offered"] and item["confirmed"] is False for item in opening)
    assert len([item for item in opening if item["bank"] == "CCB"]) == 6


async def test_a_new_version_counts_from_its_day_and_the_day_before_has_the_old_one(street: Street) -> None:
    (item,) = (await street.get("public", PRODUCTS, account="anonymous", code="CCB-CYD"))["items"]
    path = f"{PRODUCTS}/{item['id']}"
    waiting = await street.ok("bank", f"{path}/terms", proposal("2019-06-01", "4000000.00"), status=201, bank="CCB")
    assert (waiting["pending"], waiting["terms"]["limit_amount"]) == (True, "3000000.00")
    await street.ok("finance_approver", f"{path}/approve")
    for day, limit, confirmed in (
        ("2019-05-31", "3000000.00", False),
        ("2019-06-01", "4000000.00", True),
        ("2021-01-01", "4000000.00", True),
    ):
        shown = await street.get("public", path, account="anonymous", as_of=day)
        assert (shown["terms"]["limit_amount"], shown["confirmed"]) == (limit, confirmed)
    before = await street.get("public", path, account="anonymous", as_of="2018-12-31")
    assert (before["offered"], before["terms"]) == (False, None)
    assert [version["valid_until"] for version in before["versions"]] == ["2019-05-31", None]


async def test_terms_do_not_reach_back(street: Street) -> None:
    product = await proposed(street, "CCB-BACK", valid_from="2019-05-05")
    path = f"{PRODUCTS}/{product['id']}"
    early = await street.send("finance_approver", "POST", f"{path}/approve")
    assert (early.status_code, early.json()["code"]) == (409, "bank-product-terms-too-early")
    await street.ok("finance_approver", f"{path}/refuse", {"reason_code": "wrong"})
    await street.ok("bank", f"{path}/terms", proposal("2019-05-06"), status=201, bank="CCB")
    await street.ok("finance_approver", f"{path}/approve")
    await street.ok("bank", f"{path}/terms", proposal("2019-05-06"), status=201, bank="CCB")
    twice = await street.send("finance_approver", "POST", f"{path}/approve")
    assert twice.json()["decision"]["results"][0]["limit"] == "2019-05-07"


async def test_a_withdrawn_product_was_offered_until_the_day_before(street: Street) -> None:
    product = await proposed(street, "CCB-GONE")
    path = f"{PRODUCTS}/{product['id']}"
    await street.ok("finance_approver", f"{path}/approve")
    await street.ok("bank", f"{path}/withdraw", {"valid_from": "2019-05-10"}, bank="CCB")
    gone = await street.ok("finance_approver", f"{path}/approve")
    assert (gone["status"], gone["withdrawn_on"]) == ("withdrawn", "2019-05-10")
    for day, offered in (("2019-05-09", True), ("2019-05-10", False)):
        assert (await street.get("public", path, account="anonymous", as_of=day))["offered"] is offered
    await street.ok("bank", f"{path}/terms", proposal("2019-06-01"), status=201, bank="CCB")
    assert (await street.ok("finance_approver", f"{path}/approve"))["status"] == "listed"


async def test_a_bank_changes_only_its_own_products_and_nobody_approves_his_own(street: Street) -> None:
    product = await proposed(street, "CCB-OWN")
    path = f"{PRODUCTS}/{product['id']}"
    foreign = await street.send("bank", "POST", f"{path}/terms", proposal(), bank="PSBC")
    assert foreign.status_code == 404
    assert (await street.send("bank", "GET", path, bank="PSBC")).status_code == 404, "not approved yet"
    assert (await street.send("bank", "GET", path, bank="CCB")).status_code == 200
    other = await street.send(
        "bank",
        "POST",
        PRODUCTS,
        proposal() | {"code": "PSBC-X1", "bank": "PSBC", "name_zh": "x", "name_en": "x"},
        bank="CCB",
    )
    assert other.status_code == 403
    own = await street.send("finance_approver", "POST", f"{path}/approve", account="bank-CCB")
    assert own.json()["code"] == "four-eyes-required"


async def test_a_test_credential_does_not_change_the_catalogue(street: Street) -> None:
    body = proposal() | {"code": "CCB-TEST", "name_zh": "x", "name_en": "x"}
    assert (await street.send("bank", "POST", PRODUCTS, body, bank="CCB", livemode=False)).status_code == 403


async def test_an_enterprise_sees_what_suits_it_with_reasons(street: Street, db: Database) -> None:
    code = await firm(db, registered_on=street.today.replace(year=2016))
    known = await street.get("enterprise", f"{PRODUCTS}/matches", org=code, amount="200000.00", tenor_months=12)
    assert known["enterprise_code"] == code
    by_code = {item["code"]: item for item in known["items"]}
    assert TWELVE - {"CCB-CYD"} <= set(by_code)
    assert by_code["PSBC-JTNCD"]["match"] == "does_not_fit", "an industry that is not A"
    assert by_code["CCB-YSD"]["match"] == "open"
    stated = {
        "statements": {
            "amount": "200000.00",
            "tenor_months": 12,
            "available_data": ["tax_record"],
            "tax_grade": "A",
            "collaterals": ["none"],
        }
    }
    asked = await street.ok("enterprise", f"{PRODUCTS}/matches", stated, org=code)
    by_code = {item["code"]: item for item in asked["items"]}
    assert by_code["CCB-YSD"]["match"] == "fits"
    assert asked["items"][0]["match"] == "fits", "those that fit come first"
    reasons = {reason["rule"]: reason for reason in by_code["CCB-DYKD2"]["reasons"]}
    assert reasons["bank_products.collateral"]["outcome"] == "against"
    assert reasons["bank_products.collateral"]["text"]


async def test_nobody_looks_up_a_foreign_enterprise(street: Street, db: Database) -> None:
    code, other = await firm(db), await firm(db)
    path = f"{PRODUCTS}/matches"
    foreign = await street.send("enterprise", "GET", path, org=other, enterprise_code=code)
    assert foreign.status_code == 404
    operator = await street.send("centre_operator", "GET", path, org="91540100MA6T1ABCXX", enterprise_code=code)
    assert operator.status_code == 404
    assert (await street.get("finance_officer", path, enterprise_code=code))["enterprise_code"] == code
