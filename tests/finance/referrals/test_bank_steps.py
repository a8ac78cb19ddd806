"""A bank's steps: in order, once for each reference however often they come, exact to the cent (3.2-1)."""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio

from shared.db import Database
from tests.finance.banking import REFERRALS, Street, firm, new_reference, offer
from tests.finance.support import Desk, Json

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def street(desk: Desk) -> Street:
    return Street(desk)


async def read(street: Street, referral: Json) -> Json:
    return await street.get("finance_officer", f"{REFERRALS}/{referral['id']}")


async def test_from_the_wish_to_the_last_repayment(street: Street, db: Database) -> None:
    code = await firm(db)
    referral = await street.agreed(code, "100000.00")
    assert referral["status"] == "agreed"
    out = await street.step(referral, "disburse", amount="100000.00", value_on="2019-05-06")
    assert (out["status"], out["outstanding"]) == ("disbursed", "100000.00")
    back = await street.step(referral, "repay", amount="40000.01", interest="398.75", value_on="2019-05-06")
    assert (back["status"], back["repaid"], back["outstanding"]) == ("repaying", "40000.01", "59999.99")
    early = await street.bank(f"{REFERRALS}/{referral['id']}/close", {"reference": new_reference()})
    assert early.json()["code"] == "referral-still-owed"
    await street.step(referral, "repay", amount="59999.99", value_on="2019-05-06")
    closed = await street.step(referral, "close")
    assert closed["status"] == "closed"
    kinds = [step["kind"] for step in (await read(street, referral))["steps"]]
    assert kinds == ["accept", "offer", "disburse", "repay", "repay", "close"]


async def test_each_step_repeated_ten_times_is_one_step_with_equal_answers(street: Street, db: Database) -> None:
    code = await firm(db)
    (referral,) = await street.referred(code)
    path = f"{REFERRALS}/{referral['id']}"
    bodies = {
        "accept": {},
        "offer": offer(),
        "disburse": {"amount": "100000.00", "value_on": "2019-05-06"},
        "repay": {"amount": "100000.00", "interest": "12.30", "value_on": "2019-05-06"},
        "close": {},
    }
    for verb, body in bodies.items():
        if verb == "disburse":
            await street.ok("enterprise", f"{path}/agree", org=code)
        sent = body | {"reference": new_reference()}
        answers = [await street.bank(f"{path}/{verb}", sent) for _ in range(5)]
        answers += [await street.bank(f"{path}/{verb}", sent, key=f"same-{verb}") for _ in range(5)]
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.text for answer in answers}) == 1
        assert len({answer.headers["etag"] for answer in answers}) == 1
    shown = await read(street, referral)
    assert (shown["status"], shown["disbursed"], shown["repaid"], len(shown["steps"])) == (
        "closed",
        "100000.00",
        "100000.00",
        5,
    )


async def test_steps_out_of_order_change_nothing_and_count_when_sent_again(street: Street, db: Database) -> None:
    code = await firm(db)
    (referral,) = await street.referred(code)
    path = f"{REFERRALS}/{referral['id']}"
    repay = {"reference": new_reference(), "amount": "1.00", "value_on": "2019-05-06"}
    disburse = {"reference": new_reference(), "amount": "100000.00", "value_on": "2019-05-06"}
    made = {"reference": new_reference(), **offer()}
    for verb, body in (("close", {"reference": "C-1"}), ("repay", repay), ("disburse", disburse), ("offer", made)):
        answer = await street.bank(f"{path}/{verb}", body, key=f"{verb}-{referral['no']}")
        assert (answer.status_code, answer.json()["code"]) == (409, "invalid-transition")
    await street.step(referral, "accept")
    for verb, body in (("offer", made), ("disburse", disburse)):
        answer = await street.bank(f"{path}/{verb}", body, key=f"{verb}-{referral['no']}")
        assert answer.status_code == (200 if verb == "offer" else 409)
    await street.ok("enterprise", f"{path}/agree", org=code)
    for verb, body in (("disburse", disburse), ("repay", repay)):
        answer = await street.bank(f"{path}/{verb}", body, key=f"{verb}-{referral['no']}")
        assert answer.status_code == 200, answer.text
    assert (await read(street, referral))["outstanding"] == "99999.00"


async def test_a_reference_stands_for_one_step_of_the_bank(street: Street, db: Database) -> None:
    first, second = await street.agreed(await firm(db)), await street.agreed(await firm(db))
    body = {"reference": new_reference(), "amount": "10.00", "value_on": "2019-05-06"}
    assert (await street.bank(f"{REFERRALS}/{first['id']}/disburse", body)).status_code == 200
    for path, changed in (
        (f"{REFERRALS}/{second['id']}/disburse", body),
        (f"{REFERRALS}/{first['id']}/disburse", body | {"amount": "10.01"}),
        (f"{REFERRALS}/{first['id']}/repay", body),
    ):
        answer = await street.bank(path, changed)
        assert (answer.status_code, answer.json()["code"]) == (409, "bank-reference-used")
    other = await street.agreed(await firm(db), bank="PSBC")
    answer = await street.bank(f"{REFERRALS}/{other['id']}/disburse", body, bank="PSBC")
    assert answer.status_code == 200, "another bank has numbers of its own"


async def test_no_cent_above_the_offer_and_none_above_what_is_owed(street: Street, db: Database) -> None:
    referral = await street.agreed(await firm(db), "100.00")
    path = f"{REFERRALS}/{referral['id']}"

    async def code_of(verb: str, amount: str) -> str | None:
        body = {"reference": new_reference(), "amount": amount, "value_on": "2019-05-06"}
        code: str | None = (await street.bank(f"{path}/{verb}", body)).json().get("code")
        return code

    assert await code_of("disburse", "100.01") == "referral-disbursed-above-offer"
    assert await code_of("disburse", "99.99") is None
    assert await code_of("disburse", "0.02") == "referral-disbursed-above-offer"
    assert await code_of("disburse", "0.01") is None
    assert await code_of("repay", "100.01") == "referral-repaid-above-outstanding"
    assert await code_of("repay", "100.00") is None
    assert await code_of("repay", "0.01") == "referral-repaid-above-outstanding"


async def test_an_offer_is_no_more_than_the_wish_and_stands_until_today_at_least(street: Street, db: Database) -> None:
    (referral,) = await street.referred(await firm(db), amount="100.00")
    await street.step(referral, "accept")
    path = f"{REFERRALS}/{referral['id']}/offer"
    above = await street.bank(path, offer("100.01") | {"reference": new_reference()})
    assert above.json()["code"] == "referral-offer-above-request"
    past = await street.bank(path, offer("100.00", until="2019-05-05") | {"reference": new_reference()})
    assert past.json()["code"] == "referral-offer-until-past"
    assert (await street.step(referral, "offer", **offer("100.00", until="2019-05-06")))["status"] == "offered"


@pytest.mark.parametrize(("day", "code"), [("2019-05-05", "referral-value-day"), ("2019-05-06", None)])
async def test_money_is_reported_for_a_day_that_fits(street: Street, db: Database, day: str, code: str | None) -> None:
    referral = await street.agreed(await firm(db))
    path = f"{REFERRALS}/{referral['id']}/disburse"
    tomorrow = {"reference": new_reference(), "amount": "1.00", "value_on": "2019-05-07"}
    assert (await street.bank(path, tomorrow)).json()["code"] == "referral-value-day"
    answer = await street.bank(path, {"reference": new_reference(), "amount": "1.00", "value_on": day})
    assert answer.json().get("code") == code


async def test_a_wrong_report_is_taken_back_by_a_step_of_its_own(street: Street, db: Database) -> None:
    referral = await street.agreed(await firm(db), "100.00")
    path = f"{REFERRALS}/{referral['id']}"
    out = await street.step(referral, "disburse", amount="100.00", value_on="2019-05-06")
    back = await street.step(referral, "repay", amount="40.00", value_on="2019-05-06")
    undo = {"reason_code": "wrong_amount", "value_on": "2019-05-06"}
    under = await street.bank(f"{path}/reverse", undo | {"reference": new_reference(), "reverses": out["reference"]})
    assert under.json()["code"] == "referral-reversal-below-repaid"
    taken = await street.step(referral, "reverse", reverses=back["reference"], **undo)
    assert (taken["status"], taken["outstanding"], taken["reverses"]) == ("disbursed", "100.00", back["reference"])
    twice = await street.bank(f"{path}/reverse", undo | {"reference": new_reference(), "reverses": back["reference"]})
    assert twice.json()["code"] == "referral-step-reversed"
    whole = await street.step(referral, "reverse", reverses=out["reference"], **undo)
    assert (whole["status"], whole["outstanding"]) == ("agreed", "0.00")
    unknown = await street.bank(f"{path}/reverse", undo | {"reference": new_reference(), "reverses": "NONE"})
    assert unknown.status_code == 404


async def test_the_last_repayment_may_bounce(street: Street, db: Database) -> None:
    referral = await street.agreed(await firm(db), "100.00")
    await street.step(referral, "disburse", amount="100.00", value_on="2019-05-06")
    back = await street.step(referral, "repay", amount="100.00", value_on="2019-05-06")
    await street.step(referral, "close")
    undo = {"reason_code": "returned", "value_on": "2019-05-06"}
    taken = await street.step(referral, "reverse", reverses=back["reference"], **undo)
    assert (taken["status"], taken["outstanding"]) == ("disbursed", "100.00")
    shown = await read(street, referral)
    assert (shown["ended_on"], shown["reason_code"]) == (None, None)


async def test_what_was_agreed_is_cancelled_by_the_bank_until_it_has_paid(street: Street, db: Database) -> None:
    code = await firm(db)
    referral = await street.agreed(code)
    out = await street.step(referral, "disburse", amount="1.00", value_on="2019-05-06")
    path = f"{REFERRALS}/{referral['id']}"
    body = {"reference": new_reference(), "reason_code": "credit_record"}
    assert (await street.bank(f"{path}/cancel", body)).json()["code"] == "invalid-transition"
    left = await street.send("enterprise", "POST", f"{path}/withdraw", {"reason_code": "not_needed"}, org=code)
    assert left.json()["code"] == "invalid-transition"
    undo = {"reason_code": "returned", "value_on": "2019-05-06"}
    await street.step(referral, "reverse", reverses=out["reference"], **undo)
    done = await street.bank(f"{path}/cancel", body)
    assert done.json()["status"] == "withdrawn"
    assert (await street.bank(f"{path}/cancel", body)).text == done.text, "the same report again"
    shown = await read(street, referral)
    assert (shown["status"], shown["reason_code"], shown["ended_on"]) == ("withdrawn", "bank_cancelled", "2019-05-06")
    await street.referred(code, authorise=False)


async def test_an_enterprise_leaves_an_offer_it_has_taken(street: Street, db: Database) -> None:
    code = await firm(db)
    referral = await street.agreed(code)
    path = f"{REFERRALS}/{referral['id']}/withdraw"
    left = await street.ok("enterprise", path, {"reason_code": "financed_elsewhere"}, org=code)
    assert left["status"] == "withdrawn"


async def test_a_step_needs_an_idempotency_key(street: Street, db: Database) -> None:
    (referral,) = await street.referred(await firm(db))
    answer = await street.bank(f"{REFERRALS}/{referral['id']}/accept", {"reference": new_reference()}, key=None)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-required")


async def test_ten_at_once_with_one_reference_pay_out_once(street: Street, db: Database) -> None:
    referral = await street.agreed(await firm(db), "100.00")
    body = {"reference": new_reference(), "amount": "60.00", "value_on": "2019-05-06"}
    path = f"{REFERRALS}/{referral['id']}/disburse"
    answers = await asyncio.gather(*(street.bank(path, body) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert (await read(street, referral))["disbursed"] == "60.00"


async def test_a_refusal_has_a_reason_of_the_list_and_becomes_a_guaranteed_loan(street: Street, db: Database) -> None:
    code = await firm(db)
    (referral,) = await street.referred(code, amount="300000.00")
    path = f"{REFERRALS}/{referral['id']}"
    early = await street.send("enterprise", "POST", f"{path}/guaranteed-loan", {}, org=code)
    assert early.json()["code"] == "loan-referral-not-refused"
    bad = await street.bank(f"{path}/refuse", {"reference": new_reference(), "reason_code": "dislike"})
    assert bad.status_code == 422
    await street.step(referral, "refuse", reason_code="collateral_insufficient")
    foreign = await street.send("enterprise", "POST", f"{path}/guaranteed-loan", {}, org=await firm(db))
    assert foreign.status_code == 404
    loan = await street.ok("enterprise", f"{path}/guaranteed-loan", {}, status=201, org=code)
    assert (loan["product"], loan["requested"], loan["status"]) == ("guaranteed", "300000.00", "submitted")
    assert loan["refusal"]["reason_code"] == "collateral_insufficient"
