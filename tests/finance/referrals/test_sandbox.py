"""A bank's test credential makes referrals of enterprises that do not exist; nobody live ever sees one."""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio

from services.finance.referrals import sandbox
from shared.db import Database
from shared.identifiers import check_uscc
from tests.finance.banking import RECONCILIATIONS, REFERRALS, Street, firm, new_reference, offer
from tests.finance.support import Desk, Json

SANDBOX = f"{REFERRALS}/sandbox"


pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def street(desk: Desk) -> Street:
    return Street(desk)


@pytest_asyncio.fixture(loop_scope="session")
async def trial(desk: Desk) -> Street:
    return Street(desk, livemode=False)


async def made(trial: Street, bank: str = "CCB", **body: object) -> Json:
    return await trial.ok("bank", SANDBOX, body, status=201, bank=bank)


async def test_the_enterprise_is_plainly_fictional_and_whole(trial: Street) -> None:
    referral = await made(trial, amount="50000.00", tenor_months=6)
    assert (referral["status"], referral["livemode"], referral["amount"]) == ("sent", False, "50000.00")
    assert referral["no"].startswith("TRF-2019-")
    enterprise = referral["enterprise"]
    assert enterprise["name"].startswith("（虚构）")
    assert check_uscc(enterprise["code"]).startswith("91999999")
    assert enterprise["division"] == "999999"
    listed = await trial.get("bank", REFERRALS, bank="CCB", no=referral["no"])
    assert listed["items"][0]["enterprise"] == enterprise


async def test_the_bank_plays_the_enterprise_and_every_other_rule_holds(trial: Street) -> None:
    referral = await made(trial)
    path = f"{SANDBOX}/{referral['id']}/agree"
    early = await trial.bank(path)
    assert (early.status_code, early.json()["code"]) == (409, "invalid-transition")
    await trial.step(referral, "accept")
    await trial.step(referral, "offer", **offer())
    agreed = await trial.ok("bank", path, bank="CCB")
    assert agreed["status"] == "agreed"
    paid = await trial.step(referral, "disburse", amount="100000.00", value_on="2019-05-06")
    assert paid["outstanding"] == "100000.00"
    above = await trial.bank(
        f"{REFERRALS}/{referral['id']}/repay",
        {"reference": new_reference(), "amount": "100000.01", "value_on": "2019-05-06"},
    )
    assert above.json()["code"] == "referral-repaid-above-outstanding"


@pytest.mark.parametrize(
    ("verb", "body", "status"), [("decline", "other", "declined"), ("withdraw", "other", "withdrawn")]
)
async def test_the_fictional_enterprise_may_say_no(trial: Street, verb: str, body: str, status: str) -> None:
    referral = await made(trial)
    await trial.step(referral, "accept")
    await trial.step(referral, "offer", **offer())
    answer = await trial.ok("bank", f"{SANDBOX}/{referral['id']}/{verb}", {"reason_code": body}, bank="CCB")
    assert answer["status"] == status


async def test_live_credentials_have_no_sandbox(street: Street) -> None:
    answer = await street.bank(SANDBOX)
    assert (answer.status_code, answer.json()["code"]) == (403, "sandbox-test-only")


async def test_the_sandbox_does_not_answer_for_enterprises_that_exist(trial: Street, db: Database) -> None:
    code = await firm(db)
    (referral,) = await trial.referred(code)
    await trial.step(referral, "accept")
    await trial.step(referral, "offer", **offer())
    answer = await trial.bank(f"{SANDBOX}/{referral['id']}/agree")
    assert (answer.status_code, answer.json()["code"]) == (409, "sandbox-enterprise-exists")


async def test_nobody_else_and_nobody_live_sees_a_sandbox_referral(trial: Street, street: Street) -> None:
    referral = await made(trial)
    path = f"{REFERRALS}/{referral['id']}"
    assert (await trial.send("bank", "GET", path, bank="PSBC")).status_code == 404
    assert (
        await trial.bank(f"{SANDBOX}/{referral['id']}/withdraw", {"reason_code": "other"}, bank="PSBC")
    ).status_code == 404
    for role, more in (("bank", {"bank": "CCB"}), ("finance_officer", {}), ("auditor", {})):
        assert (await street.send(role, "GET", path, **more)).status_code == 404
        assert referral["no"] not in str(await street.get(role, REFERRALS, limit=200, **more))


async def test_live_sums_days_and_numbers_do_not_know_of_it(trial: Street, street: Street, db: Database) -> None:
    """Statistics, the statement of a day and the series of numbers are the same with and without sandbox money."""
    statement = f"{RECONCILIATIONS}/statement"
    before = [
        await street.get("bank", f"{REFERRALS}/statistics", bank="CCB"),
        await street.get("bank", statement, bank="CCB", day="2019-05-06"),
        await street.get("bank", f"{REFERRALS}/steps", bank="CCB", limit=200),
    ]
    (first,) = await street.referred(await firm(db), "PSBC")
    referral = await made(trial)
    await trial.step(referral, "accept")
    await trial.step(referral, "offer", **offer())
    await trial.ok("bank", f"{SANDBOX}/{referral['id']}/agree", bank="CCB")
    await trial.step(referral, "disburse", amount="100000.00", value_on="2019-05-06")
    (second,) = await street.referred(await firm(db), "PSBC")
    after = [
        await street.get("bank", f"{REFERRALS}/statistics", bank="CCB"),
        await street.get("bank", statement, bank="CCB", day="2019-05-06"),
        await street.get("bank", f"{REFERRALS}/steps", bank="CCB", limit=200),
    ]
    assert after == before
    assert int(second["no"][-4:]) == int(first["no"][-4:]) + 1
    own = await trial.get("bank", statement, bank="CCB", day="2019-05-06")
    assert own["livemode"] is False
    assert referral["no"] in {line["case_no"] for line in own["lines"]}


async def test_a_bank_s_sandbox_holds_so_many_and_no_more(trial: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve at the same time get the places there are; one that is ended makes room; another bank has its own."""
    monkeypatch.setattr(sandbox, "MOST_OPEN", 5)
    answers = await asyncio.gather(*(trial.bank(SANDBOX, bank="BOC") for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409] * 7
    full = next(answer for answer in answers if answer.status_code == 409).json()
    assert full["code"] == "sandbox-full"
    assert "withdraw" in full["detail"] or "撤回" in full["detail"]
    open_one = next(answer for answer in answers if answer.status_code == 201).json()
    await trial.ok("bank", f"{SANDBOX}/{open_one['id']}/withdraw", {"reason_code": "other"}, bank="BOC")
    await made(trial, "BOC")
    assert (await trial.bank(SANDBOX, bank="BOC")).status_code == 409
    await made(trial, "ABC")


async def test_a_bank_makes_so_many_a_day_and_no_more(trial: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that makes and withdraws for ever is stopped as well."""
    monkeypatch.setattr(sandbox, "MOST_A_DAY", 3)
    for _ in range(3):
        referral = await made(trial, "CMB")
        await trial.ok("bank", f"{SANDBOX}/{referral['id']}/withdraw", {"reason_code": "other"}, bank="CMB")
    answer = await trial.bank(SANDBOX, bank="CMB")
    assert (answer.status_code, answer.json()["code"]) == (409, "sandbox-full")
