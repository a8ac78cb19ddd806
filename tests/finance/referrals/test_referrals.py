"""Who refers whom, what banks see of each other, and what ends by itself (3.2-1, 3.3-1)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import pytest_asyncio

from services.finance.referrals.worker import settle
from shared.db import Database
from tests.finance.banking import REFERRALS, Street, firm, new_reference, offer, wish
from tests.finance.support import OPERATOR, OTHER_OPERATOR, Desk, list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def street(desk: Desk) -> Street:
    return Street(desk)


async def test_one_request_to_two_banks_is_two_referrals(street: Street, db: Database) -> None:
    code = await firm(db)
    ccb, psbc = await street.referred(code, "CCB", "PSBC")
    assert ccb["batch_id"] == psbc["batch_id"]
    assert ccb["answer_due_on"] == "2019-05-20", "ten working days after the day of sending"
    assert ccb["expires_on"] == "2019-06-03"
    assert (await street.send("bank", "GET", f"{REFERRALS}/{psbc['id']}", bank="CCB")).status_code == 404
    foreign = await street.bank(f"{REFERRALS}/{psbc['id']}/accept", {"reference": new_reference()}, bank="CCB")
    assert foreign.status_code == 404
    seen = {item["id"] for item in (await street.get("bank", REFERRALS, bank="CCB", limit=200))["items"]}
    assert ccb["id"] in seen
    assert psbc["id"] not in seen


async def test_a_centre_prepares_and_the_enterprise_confirms(street: Street, db: Database) -> None:
    centre = await list_centre(db, operator_code=OPERATOR)
    code = await firm(db, centre_id=centre)
    body = wish("CCB", enterprise_code=code)
    foreign = await street.send("centre_operator", "POST", REFERRALS, body, org=OTHER_OPERATOR)
    assert foreign.status_code == 404
    (referral,) = (await street.ok("centre_operator", REFERRALS, body, status=201, org=OPERATOR))["items"]
    path = f"{REFERRALS}/{referral['id']}"
    assert (referral["status"], referral["channel"]) == ("prepared", "centre")
    assert (await street.send("bank", "GET", path, bank="CCB")).status_code == 404
    early = await street.send("enterprise", "POST", f"{path}/confirm", org=code)
    assert early.json()["code"] == "referral-not-authorised"
    await street.authorise(code, "CCB")
    assert (await street.send("bank", "GET", path, bank="CCB")).status_code == 404, "still nobody sent it"
    tasks = await street.get("enterprise", "/v1/tasks", org=code)
    assert [task["kind"] for task in tasks["items"]] == ["referral_to_confirm"]
    confirmed = await street.ok("enterprise", f"{path}/confirm", org=code)
    assert confirmed["status"] == "sent"
    assert (await street.get("bank", path, bank="CCB"))["status"] == "sent"


async def test_who_sits_at_no_listed_centre_is_not_referred(street: Street, db: Database) -> None:
    code = await firm(db, seated=False)
    await street.authorise(code, "CCB")
    answer = await street.send("enterprise", "POST", REFERRALS, wish("CCB"), org=code)
    assert (answer.json()["code"], answer.json()["clauses"]) == ("referral-not-in-centre", ["3.3-1"])


@pytest.mark.parametrize(
    ("bank", "product", "code"),
    [
        ("CCB", "CCB-YSD", None),
        ("CCB", "PSBC-YXD", "referral-product-not-offered"),
        ("NOBANK", None, "referral-bank-not-taking"),
    ],
)
async def test_a_referral_names_a_bank_and_one_of_its_products(
    street: Street, db: Database, bank: str, product: str | None, code: str | None
) -> None:
    firm_code = await firm(db)
    await street.authorise(firm_code, "CCB")
    answer = await street.send("enterprise", "POST", REFERRALS, wish(bank, product=product), org=firm_code)
    assert answer.json().get("code") == code


async def test_an_open_referral_is_there_once(street: Street, db: Database) -> None:
    code = await firm(db)
    (referral,) = await street.referred(code)
    again = await street.send("enterprise", "POST", REFERRALS, wish("CCB"), org=code)
    assert (again.status_code, again.json()["code"]) == (409, "referral-exists")
    await street.ok("enterprise", f"{REFERRALS}/{referral['id']}/withdraw", {"reason_code": "wrong_data"}, org=code)
    assert len(await street.referred(code, authorise=False)) == 1


async def test_an_offer_is_declined_with_a_reason(street: Street, db: Database) -> None:
    code = await firm(db)
    (referral,) = await street.referred(code)
    await street.step(referral, "accept")
    await street.step(referral, "offer", **offer())
    path = f"{REFERRALS}/{referral['id']}"
    other = await firm(db)
    assert (await street.send("enterprise", "POST", f"{path}/agree", org=other)).status_code == 404
    declined = await street.ok("enterprise", f"{path}/decline", {"reason_code": "rate_too_high"}, org=code)
    assert (declined["status"], declined["reason_code"]) == ("declined", "rate_too_high")
    late = await street.send("enterprise", "POST", f"{path}/agree", org=code)
    assert (late.status_code, late.json()["code"]) == (409, "invalid-transition")


@pytest.mark.parametrize(("today", "code"), [("2019-06-03", None), ("2019-06-04", "referral-answered-late")])
async def test_a_bank_answers_on_the_last_day_and_no_more_on_the_next(
    street: Street, db: Database, today: str, code: str | None
) -> None:
    (referral,) = await street.referred(await firm(db))
    answer = await street.bank(
        f"{REFERRALS}/{referral['id']}/accept", {"reference": new_reference()}, today=date.fromisoformat(today)
    )
    assert answer.json().get("code") == code


async def test_what_nobody_answers_ends_by_itself(street: Street, db: Database) -> None:
    silent_firm, lapsed_firm = await firm(db), await firm(db)
    (silent,) = await street.referred(silent_firm)
    (lapsed,) = await street.referred(lapsed_firm)
    await street.step(lapsed, "accept")
    await street.step(lapsed, "offer", **offer())
    await settle(db, date(2019, 6, 3))
    assert (await street.get("enterprise", f"{REFERRALS}/{silent['id']}", org=silent_firm))["status"] == "sent"
    await settle(db, date(2019, 6, 4))
    for referral, code, reason in ((silent, silent_firm, "bank_silent"), (lapsed, lapsed_firm, "offer_lapsed")):
        ended = await street.get("enterprise", f"{REFERRALS}/{referral['id']}", org=code)
        assert (ended["status"], ended["reason_code"]) == ("expired", reason)


async def test_an_accepted_referral_ends_without_an_offer_in_time(street: Street, db: Database) -> None:
    """60 working days from 6 May."""
    code = await firm(db)
    (referral,) = await street.referred(code)
    await street.step(referral, "accept")
    path = f"{REFERRALS}/{referral['id']}"
    last = date.fromisoformat((await street.get("enterprise", path, org=code))["expires_on"])
    assert last == date(2019, 7, 30)
    late = {"reference": new_reference(), **offer(until="2019-12-31")}
    answer = await street.bank(f"{path}/offer", late, today=last + timedelta(days=1))
    assert answer.json()["code"] == "referral-answered-late"
    await settle(db, last)
    assert (await street.get("enterprise", path, org=code))["status"] == "accepted"
    await settle(db, last + timedelta(days=1))
    ended = await street.get("enterprise", path, org=code)
    assert (ended["status"], ended["reason_code"]) == ("expired", "bank_silent")


async def test_a_referral_ends_with_the_authorisation(street: Street, db: Database) -> None:
    code = await firm(db)
    await street.authorise(code, valid_until="2019-05-20")
    (referral,) = await street.referred(code, authorise=False)
    await street.step(referral, "accept")
    path = f"{REFERRALS}/{referral['id']}"
    await settle(db, date(2019, 5, 20))
    assert (await street.get("enterprise", path, org=code))["status"] == "accepted"
    await settle(db, date(2019, 5, 21))
    ended = await street.get("enterprise", path, org=code)
    assert (ended["status"], ended["reason_code"]) == ("expired", "authorisation_ended")


async def test_a_late_bank_is_somebodys_task(street: Street, db: Database) -> None:
    (referral,) = await street.referred(await firm(db))
    due = await street.get("bank", "/v1/tasks", bank="CCB", kind="referral_to_answer", limit=200)
    mine = [task for task in due["items"] if task["no"] == referral["no"]]
    assert [task["due_on"] for task in mine] == ["2019-05-20"]
    for today, expected in ((date(2019, 5, 20), 0), (date(2019, 5, 21), 1)):
        late = await street.get("finance_officer", "/v1/tasks", kind="referral_unanswered", limit=200, today=today)
        assert len([task for task in late["items"] if task["no"] == referral["no"]]) == expected
    other = await street.get("bank", "/v1/tasks", bank="PSBC", limit=200)
    assert referral["no"] not in str(other)


async def test_test_rows_and_live_rows_never_meet(street: Street, db: Database) -> None:
    code = await firm(db)
    trial = Street(street.desk, livemode=False)
    (test,) = await trial.referred(code)
    assert test["livemode"] is False
    (live,) = await street.referred(code)
    assert live["livemode"] is True
    for credential, own, foreign in ((trial, test, live), (street, live, test)):
        assert (await credential.send("bank", "GET", f"{REFERRALS}/{own['id']}", bank="CCB")).status_code == 200
        for role, more in (("bank", {"bank": "CCB"}), ("enterprise", {"org": code}), ("finance_officer", {})):
            assert (await credential.send(role, "GET", f"{REFERRALS}/{foreign['id']}", **more)).status_code == 404
            listed = await credential.get(role, REFERRALS, limit=200, **more)
            assert foreign["id"] not in str(listed)
        step = await credential.bank(f"{REFERRALS}/{foreign['id']}/accept", {"reference": new_reference()})
        assert step.status_code == 404
    reference = new_reference()
    await trial.step(test, "accept", reference=reference)
    await street.step(live, "accept", reference=reference)


async def test_statistics_count_by_bank_and_product(street: Street, db: Database) -> None:
    first, second, third = await firm(db), await firm(db), await firm(db)
    day = date(2019, 7, 1)
    late = Street(street.desk, today=day)
    rows = []
    for code in (first, second, third):
        await late.authorise(code, "PSBC")
        rows += await late.referred(code, "PSBC", authorise=False, product="PSBC-XWYD", amount="50000.00")
    await late.step(rows[0], "refuse", "PSBC", reason_code="cash_flow_insufficient", today=date(2019, 7, 2))
    await late.step(rows[1], "accept", "PSBC", today=date(2019, 7, 5))
    answer = await street.get("office_officer", f"{REFERRALS}/statistics", sent_from="2019-07-01", sent_to="2019-07-01")
    (line,) = answer["items"]
    assert (line["bank"], line["product"], line["sent"], line["answered"]) == ("PSBC", "PSBC-XWYD", 3, 2)
    assert line["refused_by_reason"] == {"cash_flow_insufficient": 1}
    assert (line["requested_amount"], line["median_days"]) == ("150000.00", "2.5")
    assert first not in str(answer)
    other = await street.get(
        "bank", f"{REFERRALS}/statistics", bank="CCB", sent_from="2019-07-01", sent_to="2019-07-01"
    )
    assert other["items"] == [], "a bank counts its own"
