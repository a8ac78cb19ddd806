"""Nothing about an enterprise leaves to a bank without its authorisation (征信授权), on any day (3.2-1)."""

from __future__ import annotations

from datetime import date

import pytest
import pytest_asyncio

from services.finance.authorisations.rules import decide_term
from shared.db import Database
from shared.policy.edition import load_editions
from tests.finance.banking import AUTHORISATIONS, REFERRALS, Street, firm, new_reference, offer, wish
from tests.finance.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

EDITION = load_editions(None).get("lhasa-2019")
TODAY = date(2019, 5, 6)


@pytest_asyncio.fixture(loop_scope="session")
async def street(desk: Desk) -> Street:
    return Street(desk)


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "passed"),
    [
        (TODAY, TODAY, True),
        (TODAY, date(2020, 5, 6), True),
        (TODAY, date(2020, 5, 7), False),
        (date(2019, 5, 5), date(2019, 6, 1), False),
        (date(2019, 8, 31), date(2020, 8, 31), True),
        (date(2019, 6, 2), date(2019, 6, 1), False),
    ],
)
async def test_an_authorisation_ends_within_twelve_months(valid_from: date, valid_until: date, passed: bool) -> None:
    assert decide_term(EDITION, today=TODAY, valid_from=valid_from, valid_until=valid_until).passed is passed


async def test_without_an_authorisation_nothing_is_sent(street: Street, db: Database) -> None:
    code = await firm(db)
    refused = await street.send("enterprise", "POST", REFERRALS, wish("CCB"), org=code)
    assert (refused.status_code, refused.json()["code"]) == (409, "referral-not-authorised")
    assert refused.json()["clauses"] == ["3.2-1"]
    await street.authorise(code, "PSBC")
    other = await street.send("enterprise", "POST", REFERRALS, wish("CCB"), org=code)
    assert other.json()["code"] == "referral-not-authorised", "for another bank"
    both = await street.send("enterprise", "POST", REFERRALS, wish("PSBC", "CCB"), org=code)
    assert both.status_code == 409, "all or none"
    assert (await street.get("enterprise", REFERRALS, org=code))["items"] == []
    officer = await street.send("finance_officer", "POST", REFERRALS, wish("CCB", enterprise_code=code))
    assert officer.json()["code"] == "referral-not-authorised", "nor by the bureau"


@pytest.mark.parametrize(
    ("today", "readable"), [("2019-06-01", False), ("2019-06-02", True), ("2019-06-30", True), ("2019-07-01", False)]
)
async def test_the_bank_reads_from_the_first_to_the_last_day(
    street: Street, db: Database, today: str, readable: bool
) -> None:
    code = await firm(db)
    (gone,) = await street.authorise(code, "CCB")
    (referral,) = await street.referred(code, authorise=False)
    await street.authorise(code, "CCB", valid_from="2019-06-02", valid_until="2019-06-30")
    async with db.transaction() as session:
        from sqlalchemy import text

        await session.execute(
            text("UPDATE data_authorisation SET valid_until = '2019-05-20' WHERE no = :no"), {"no": gone["no"]}
        )
    answer = await street.send(
        "bank", "GET", f"{REFERRALS}/{referral['id']}", bank="CCB", today=date.fromisoformat(today)
    )
    assert answer.status_code == (200 if readable else 404)
    listed = await street.send("bank", "GET", REFERRALS, bank="CCB", today=date.fromisoformat(today), no=referral["no"])
    assert len(listed.json()["items"]) == readable


async def test_a_bank_reads_only_what_is_authorised(street: Street, db: Database) -> None:
    code = await firm(db)
    await street.authorise(code, "CCB", fields=["identity", "size"])
    (referral,) = await street.referred(code, authorise=False, statements={"tax_grade": "A"})
    seen = await street.get("bank", f"{REFERRALS}/{referral['id']}", bank="CCB")
    told = {name for name, value in seen["enterprise"].items() if value is not None}
    assert told == {"code", "name", "size_class"}
    assert (seen["enterprise_code"], seen["centre_id"], seen["decision"]) == (code, None, None)
    own = await street.get("enterprise", f"{REFERRALS}/{referral['id']}", org=code)
    assert own["enterprise"]["statements"] == {"tax_grade": "A"}


async def test_after_the_withdrawal_the_bank_reads_nothing_more(street: Street, db: Database) -> None:
    code = await firm(db)
    (authorisation,) = await street.authorise(code, "CCB")
    (referral,) = await street.referred(code, authorise=False)
    path = f"{REFERRALS}/{referral['id']}"
    await street.step(referral, "accept")
    assert (await street.get("bank", path, bank="CCB"))["enterprise_code"] == code
    withdrawn = await street.ok("enterprise", f"{AUTHORISATIONS}/{authorisation['id']}/withdraw", org=code)
    assert withdrawn["state"] == "withdrawn"
    assert (await street.send("bank", "GET", path, bank="CCB")).status_code == 404
    for listed in (REFERRALS, AUTHORISATIONS, f"{REFERRALS}/steps"):
        found = await street.get("bank", listed, bank="CCB", limit=200)
        assert code not in str(found)
        assert referral["id"] not in str(found)
    late = await street.bank(f"{path}/offer", offer() | {"reference": new_reference()})
    assert late.status_code == 404
    own = await street.get("enterprise", path, org=code)
    assert (own["status"], own["reason_code"]) == ("withdrawn", "authorisation_withdrawn")
    again = await street.send("enterprise", "POST", f"{AUTHORISATIONS}/{authorisation['id']}/withdraw", org=code)
    assert again.json()["code"] == "invalid-transition"


async def test_a_loan_that_was_agreed_goes_on_without_a_word_about_the_enterprise(street: Street, db: Database) -> None:
    code = await firm(db)
    referral = await street.agreed(code)
    held = await street.get("enterprise", AUTHORISATIONS, org=code)
    await street.ok("enterprise", f"{AUTHORISATIONS}/{held['items'][0]['id']}/withdraw", org=code)
    await street.step(referral, "disburse", amount="100000.00", value_on="2019-05-06")
    seen = await street.get("bank", f"{REFERRALS}/{referral['id']}", bank="CCB")
    assert (seen["status"], seen["enterprise"], seen["enterprise_code"]) == ("disbursed", None, None)
    assert (seen["purpose"], seen["centre_id"]) == (None, None)
    assert code not in str(seen)


async def test_another_authorisation_keeps_the_referral_alive(street: Street, db: Database) -> None:
    code = await firm(db)
    first, second = (await street.authorise(code, "CCB"))[0], (await street.authorise(code, "CCB"))[0]
    (referral,) = await street.referred(code, authorise=False)
    await street.ok("enterprise", f"{AUTHORISATIONS}/{first['id']}/withdraw", org=code)
    assert (await street.get("bank", f"{REFERRALS}/{referral['id']}", bank="CCB"))["status"] == "sent"
    await street.ok("enterprise", f"{AUTHORISATIONS}/{second['id']}/withdraw", org=code)
    assert (await street.send("bank", "GET", f"{REFERRALS}/{referral['id']}", bank="CCB")).status_code == 404


async def test_only_the_enterprise_itself_grants_and_withdraws(street: Street, db: Database) -> None:
    code, other = await firm(db), await firm(db)
    (authorisation,) = await street.authorise(code, "CCB")
    path = f"{AUTHORISATIONS}/{authorisation['id']}"
    assert (await street.send("enterprise", "GET", path, org=other)).status_code == 404
    assert (await street.send("enterprise", "POST", f"{path}/withdraw", org=other)).status_code == 404
    for role in ("finance_officer", "centre_operator", "bank", "admin"):
        answer = await street.send(role, "POST", f"{path}/withdraw", org=code, bank="CCB")
        assert answer.status_code == 403
    assert (await street.send("bank", "GET", path, bank="PSBC")).status_code == 404


async def test_identity_is_the_least_a_bank_is_told(street: Street, db: Database) -> None:
    code = await firm(db)
    body = {"banks": ["CCB"], "purpose": "loan_application", "fields": ["size"], "valid_until": "2019-12-31"}
    answer = await street.send("enterprise", "POST", AUTHORISATIONS, body, org=code)
    assert (answer.status_code, answer.json()["code"]) == (409, "authorisation-fields")
    unknown = await street.send("enterprise", "POST", AUTHORISATIONS, body | {"fields": ["everything"]}, org=code)
    assert unknown.status_code == 422
