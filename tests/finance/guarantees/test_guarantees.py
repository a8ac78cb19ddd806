"""The guarantor's side over HTTP: limits, four eyes, claims, recoveries, write-off, the public fund (3.2-3)."""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text, update

from services.finance.loans.models import Loan
from services.finance.loans.states import GRADUATE, GUARANTEED
from shared.db import Database
from tests.finance.matching import tenancy
from tests.finance.serving import (
    GUARANTEES,
    Counter,
    Signed,
    balances,
    done,
    events_of,
    held,
    new_reference,
    payment,
    refused,
    signed,
)
from tests.finance.support import Desk, Json, delist, list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY = date(2019, 3, 15)


@pytest.fixture
def counter(desk: Desk) -> Counter:
    return Counter(desk)


def draft_of(loan: Signed, *, counters: int = 1) -> Json:
    given = [{"kind": "mortgage", "description": "房产抵押", "value": "3000000.00"}] * counters
    return {"loan_id": str(loan.id), "counter_guarantees": given}


async def defaulted(
    counter: Counter, db: Database, amount: str = "100000.00", *, product: str = GUARANTEED
) -> tuple[Signed, Json]:
    """A loan paid out under a guarantee, and more than 90 days in arrears today."""
    loan = await signed(db, amount, product=product)
    guarantee = await counter.guaranteed(loan)
    await counter.drawn(loan, amount, DAY)
    return loan, guarantee


async def total(db: Database) -> Decimal:
    return await held(db, "guarantees.total", "all")


async def test_a_guarantee_is_drawn_up_by_one_and_issued_by_another(counter: Counter, db: Database) -> None:
    before, loan = await total(db), await signed(db, "2000000.00", product=GUARANTEED)
    tasks = done(await counter.send("guarantor", "GET", "/v1/tasks", kind="guarantee_to_draft", limit=200))["items"]
    assert loan.no in {task["no"] for task in tasks}
    missing = await counter.guarantor(GUARANTEES, draft_of(loan, counters=0))
    assert refused(missing) == (409, "guarantee-counter-guarantee-missing")
    drafted = done(await counter.guarantor(GUARANTEES, draft_of(loan)), 201)
    assert (drafted["no"][:8], drafted["status"], drafted["guaranteed"]) == ("GT-2020-", "drafted", "1600000.00")
    assert drafted["fee"] == "16266.67"
    assert await held(db, "guarantees.borrower", loan.borrower) == Decimal("1600000.00")
    assert await total(db) - before == Decimal("1600000.00")
    assert refused(await counter.guarantor(GUARANTEES, draft_of(loan))) == (409, "guarantee-exists")
    path, body = f"{GUARANTEES}/{drafted['id']}/issue", {"contract_no": "拉担〔2020〕001号"}
    assert refused(await counter.guarantor(path, body)) == (403, "four-eyes-required")
    issued = done(await counter.guarantor(path, body, account="guarantor-2"))
    assert (issued["status"], issued["issued_by"]) == ("issued", "guarantor-2")
    assert [entry["step"] for entry in issued["decisions"]] == ["drafted", "issued"]
    limits = done(await counter.send("finance_officer", "GET", f"{GUARANTEES}/{drafted['id']}/limits"))
    assert limits["borrower"] == {"committed": "1600000.00", "limit": "10000000.00", "remaining": "8400000.00"}


async def test_one_borrower_is_guaranteed_up_to_its_limit_and_no_fen_further(counter: Counter, db: Database) -> None:
    """10,000,000 yuan: what 1,600,000 leaves of it after six guarantees is 400,000."""
    loan = await signed(db, "2000000.00", product=GUARANTEED)
    async with db.transaction() as session:
        await session.execute(
            text("INSERT INTO ceiling VALUES ('guarantees.borrower', :who, 'all', 10000000.00, 8400000.01)"),
            {"who": loan.borrower},
        )
    answer = await counter.guarantor(GUARANTEES, draft_of(loan))
    assert refused(answer) == (409, "guarantee-borrower-limit-exceeded")
    assert "1599999.99" in answer.json()["detail"]
    async with db.transaction() as session:
        await session.execute(
            text("UPDATE ceiling SET committed = 8400000.00 WHERE kind = 'guarantees.borrower' AND subject = :who"),
            {"who": loan.borrower},
        )
    assert (await counter.guarantor(GUARANTEES, draft_of(loan))).status_code == 201


async def test_two_at_once_draw_up_one_guarantee(counter: Counter, db: Database) -> None:
    loan = await signed(db, product=GUARANTEED)
    sent = [counter.guarantor(GUARANTEES, draft_of(loan), account=f"guarantor-{n}") for n in range(6)]
    answers = await asyncio.gather(*sent)
    assert Tally(answer.status_code for answer in answers) == {201: 1, 409: 5}
    assert await held(db, "guarantees.borrower", loan.borrower) == Decimal("80000.00")


async def test_a_marked_loan_is_guaranteed_where_its_borrower_sits_in_a_listed_centre(
    counter: Counter, db: Database
) -> None:
    loan = await signed(db, product=GUARANTEED, delisted_on=date(2019, 4, 1))
    assert refused(await counter.guarantor(GUARANTEES, draft_of(loan))) == (409, "guarantee-centre-delisted")
    async with db.transaction() as session:
        found = await session.get_one(Loan, loan.id)
    assert found.enterprise_id is not None
    centre_id = await list_centre(db)
    await tenancy(db, found.enterprise_id, centre_id)
    assert (await counter.guaranteed(loan))["status"] == "issued"
    other = await signed(db, product=GUARANTEED)
    async with db.transaction() as session:
        unmarked = await session.get_one(Loan, other.id)
    assert unmarked.enterprise_id is not None
    left = await list_centre(db)
    await tenancy(db, unmarked.enterprise_id, left)
    await delist(db, left)
    assert refused(await counter.guarantor(GUARANTEES, draft_of(other))) == (409, "guarantee-centre-delisted")


async def test_a_delisted_centres_borrower_gets_no_new_guarantee_and_keeps_what_is_in_force(
    counter: Counter, db: Database
) -> None:
    running, waiting, late = [await signed(db, product=GUARANTEED) for _ in range(3)]
    guarantee = await counter.guaranteed(running)
    drafted = done(await counter.guarantor(GUARANTEES, draft_of(waiting)), 201)
    async with db.transaction() as session:
        ids = [loan.id for loan in (running, waiting, late)]
        await session.execute(update(Loan).where(Loan.id.in_(ids)).values(delisted_on=date(2020, 9, 1)))
    assert refused(await counter.guarantor(GUARANTEES, draft_of(late))) == (409, "guarantee-centre-delisted")
    issue = await counter.guarantor(f"{GUARANTEES}/{drafted['id']}/issue", {"contract_no": "x"}, account="guarantor-2")
    assert refused(issue) == (409, "guarantee-centre-delisted")
    await counter.drawn(running, "100000.00", DAY)
    assert done(await counter.send("guarantor", "GET", f"{GUARANTEES}/{guarantee['id']}"))["status"] == "issued"
    cancelled = done(await counter.guarantor(f"{GUARANTEES}/{drafted['id']}/cancel", {"reason_code": "other"}))
    assert (cancelled["status"], cancelled["liability"]) == ("cancelled", "0.00")


async def test_the_liability_falls_with_each_payment_and_ends_with_the_last(counter: Counter, db: Database) -> None:
    loan = await signed(db, "100000.00", product=GUARANTEED)
    guarantee = await counter.guaranteed(loan)
    path = f"{GUARANTEES}/{guarantee['id']}"
    await counter.drawn(loan, "60000.00", DAY)
    refusal = await counter.guarantor(f"{path}/cancel", {"reason_code": "other"}, account="guarantor-3")
    assert refused(refusal) == (409, "guarantee-loan-drawn")
    await counter.drawn(loan, "40000.00", DAY)
    line = await counter.paid(loan, "33333.33", on=date(2019, 6, 17))
    assert await held(db, "guarantees.borrower", loan.borrower) == Decimal("53333.33")  # 80 % of 66,666.67, down
    body = {"bank_reference": new_reference("CZ"), "reversed_on": "2019-06-18", "reason_code": "bounced"}
    done(await counter.banker(f"{loan.path}/payments/{line['id']}/reverse", body), 201)
    assert await held(db, "guarantees.borrower", loan.borrower) == Decimal("80000.00")
    await counter.paid(loan, "100000.00", on=date(2020, 3, 16))
    released = done(await counter.send("guarantor", "GET", path))
    assert (released["status"], released["liability"], released["released_on"]) == ("released", "0.00", "2020-03-16")
    assert await held(db, "guarantees.borrower", loan.borrower) == Decimal(0)
    assert await balances(db, programme="guarantee", subject=loan.borrower) == {}
    told = [name.removeprefix("guarantee.") for name, _ in await events_of(db, guarantee["id"])]
    assert told == ["drafted", "issued", "reduced", "restored", "released"]


async def test_the_fee_is_recorded_once(counter: Counter, db: Database) -> None:
    guarantee = await counter.guaranteed(await signed(db, product=GUARANTEED))
    path, body = f"{GUARANTEES}/{guarantee['id']}/fee", {"paid_on": "2019-03-20", "reference": "DBF-1"}
    assert done(await counter.guarantor(path, body))["fee_paid_on"] == "2019-03-20"
    assert refused(await counter.guarantor(path, body)) == (409, "guarantee-fee-paid")
    free = await counter.guaranteed(await signed(db, product=GRADUATE))
    assert refused(await counter.guarantor(f"{GUARANTEES}/{free['id']}/fee", body)) == (409, "guarantee-no-fee")


@pytest.mark.parametrize(("today", "status"), [(date(2019, 9, 15), 409), (date(2019, 9, 16), 201)], ids=["90", "91"])
async def test_the_bank_calls_the_guarantor_after_90_days(
    counter: Counter, db: Database, today: date, status: int
) -> None:
    """Due on 17 June; the 90th day in arrears is 15 September."""
    loan, guarantee = await defaulted(counter, db)
    body = {"bank_reference": new_reference("DC"), "reason": "逾期"}
    answer = await counter.banker(f"{GUARANTEES}/{guarantee['id']}/claims", body, today=today)
    assert answer.status_code == status, answer.text
    if status == 201:
        assert (answer.json()["days_in_arrears"], answer.json()["amount"]) == (91, "80000.00")
        assert (await counter.standing(loan))["status"] == "in_claim"
    else:
        assert answer.json()["code"] == "guarantee-claim-too-early"


async def test_a_claim_is_accepted_approved_and_paid_by_people_who_did_not_file_it(
    counter: Counter, db: Database
) -> None:
    loan, guarantee = await defaulted(counter, db)
    above = {"bank_reference": new_reference("DC"), "reason": "逾期", "amount": "80000.01"}
    path = f"{GUARANTEES}/{guarantee['id']}/claims"
    assert refused(await counter.banker(path, above)) == (409, "guarantee-claim-above-share")
    claim = await counter.claimed(guarantee, bank_reference="DC-ten")
    for _ in range(9):
        assert (await counter.claimed(guarantee, bank_reference="DC-ten"))["id"] == claim["id"]
    other = {"bank_reference": "DC-other", "reason": "逾期"}
    assert refused(await counter.banker(path, other)) == (409, "guarantee-claim-exists")
    base = f"{GUARANTEES}/claims/{claim['id']}"
    assert refused(await counter.guarantor(f"{base}/accept", account="bank-1")) == (403, "four-eyes-required")
    done(await counter.guarantor(f"{base}/accept"))
    assert refused(await counter.guarantor(f"{base}/approve")) == (403, "four-eyes-required")
    done(await counter.guarantor(f"{base}/approve", account="guarantor-2"))
    money = {"paid_on": "2020-09-30", "reference": "ZF-1"}
    assert refused(await counter.guarantor(f"{base}/pay", money, account="guarantor-2")) == (403, "four-eyes-required")
    paid = done(await counter.guarantor(f"{base}/pay", money, account="guarantor-3"))
    assert (paid["status"], paid["budget_amount"], paid["journal_entry_id"] is None) == ("paid", "0.00", False)
    called = done(await counter.send("guarantor", "GET", f"{GUARANTEES}/{guarantee['id']}"))
    assert (called["status"], called["paid"], called["liability"]) == ("called", "80000.00", "0.00")
    standing = await counter.standing(loan)
    assert (standing["status"], standing["outstanding"]) == ("in_recovery", "100000.00")
    assert await held(db, "guarantees.borrower", loan.borrower) == Decimal(0)
    late = payment("1.00", on=date(2020, 9, 30))
    assert refused(await counter.banker(f"{loan.path}/payments", late)) == (409, "invalid-transition")


async def test_a_claim_taken_back_is_filed_anew(counter: Counter, db: Database) -> None:
    loan, guarantee = await defaulted(counter, db)
    claim = await counter.claimed(guarantee)
    await counter.paid(loan, "50000.00", on=date(2020, 9, 30))
    done(await counter.banker(f"{GUARANTEES}/claims/{claim['id']}/withdraw"))
    assert (await counter.standing(loan))["status"] == "repaying"
    again = await counter.claimed(guarantee)
    assert (again["amount"], again["outstanding"]) == ("40000.00", "50000.00")
    ended = {"reason_code": "amount_disputed"}
    refusal = done(await counter.guarantor(f"{GUARANTEES}/claims/{again['id']}/refuse", ended))
    assert (refusal["status"], refusal["reason_code"]) == ("refused", "amount_disputed")


async def test_recovered_money_is_shared_and_the_last_of_it_closes_the_loan(counter: Counter, db: Database) -> None:
    loan, guarantee = await defaulted(counter, db)
    await counter.called(guarantee)
    path = f"{GUARANTEES}/{guarantee['id']}/recoveries"
    body = {"amount": "33.33", "received_on": "2020-09-30", "reference": "ZC-1"}
    line = done(await counter.guarantor(path, body), 201)
    assert (line["guarantor_share"], line["bank_share"], line["budget_share"]) == ("26.66", "6.67", "0.00")
    assert done(await counter.guarantor(path, body), 201)["id"] == line["id"], "the same money again"
    used = {**body, "amount": "1.00"}
    assert refused(await counter.guarantor(path, used)) == (409, "guarantee-reference-used")
    above = {**body, "reference": "ZC-2", "amount": "99966.68"}
    assert refused(await counter.guarantor(path, above)) == (409, "guarantee-recovery-above-debt")
    assert await held(db, "loans.guaranteed", loan.borrower) == Decimal("99966.67")
    last = done(await counter.guarantor(path, {**above, "amount": "99966.67"}), 201)
    assert (last["guarantor_share"], last["bank_share"]) == ("79973.34", "19993.33")
    ended = done(await counter.send("guarantor", "GET", f"{GUARANTEES}/{guarantee['id']}"))
    assert (ended["status"], ended["recovered"], ended["receivable"]) == ("released", "80000.00", "0.00")
    assert (await counter.standing(loan))["status"] == "closed"
    assert await held(db, "loans.guaranteed", loan.borrower) == Decimal(0)
    assert await balances(db, programme="loans", subject=loan.borrower) == {}
    assert await balances(db, programme="guarantee", subject=loan.borrower) == {}


async def test_what_is_written_off_by_two_is_still_owed(counter: Counter, db: Database) -> None:
    loan, guarantee = await defaulted(counter, db)
    base = f"{GUARANTEES}/{guarantee['id']}"
    await counter.called(guarantee)
    assert refused(await counter.guarantor(f"{base}/write-off")) == (409, "guarantee-write-off-not-proposed")
    proposal = {"reason": "企业破产终结", "document_no": "(2020)藏01破1号"}
    done(await counter.guarantor(f"{base}/propose-write-off", proposal))
    assert refused(await counter.guarantor(f"{base}/write-off")) == (403, "four-eyes-required")
    written = done(await counter.guarantor(f"{base}/write-off", account="guarantor-2"))
    assert (written["status"], written["written_off"], written["receivable"]) == (
        "written_off",
        "80000.00",
        "80000.00",
    )
    assert await held(db, "loans.guaranteed", loan.borrower) == Decimal("100000.00"), "its cap is still taken"
    body = {"amount": "100.00", "received_on": "2020-09-30", "reference": new_reference("ZC")}
    assert done(await counter.guarantor(f"{base}/recoveries", body), 201)["guarantor_share"] == "80.00"
    books = await balances(db, programme="guarantee", subject=loan.borrower)
    assert books == {"guarantee.cash": Decimal("-79920.00"), "guarantee.loss": Decimal("79920.00")}


async def test_what_the_public_fund_pays_takes_budget_and_brings_it_back(counter: Counter, db: Database) -> None:
    loan, guarantee = await defaulted(counter, db, "50000.00", product=GRADUATE)
    claim = await counter.called(guarantee)
    assert (claim["amount"], claim["budget_amount"]) == ("40000.00", "40000.00")
    for _ in range(2):
        body = {"amount": "1000.00", "received_on": "2020-09-30", "reference": new_reference("ZC")}
        line = done(await counter.guarantor(f"{GUARANTEES}/{guarantee['id']}/recoveries", body), 201)
        assert (line["guarantor_share"], line["budget_share"]) == ("800.00", "800.00")
        path = f"{GUARANTEES}/{guarantee['id']}/recoveries/{line['id']}/confirm"
        done(await counter.send("treasury_officer", "POST", path, {"reference": new_reference("TH")}))
    query = text("SELECT committed, paid, returned FROM budget_commitment WHERE case_id = :id")
    async with db.transaction() as session:
        (row,) = (await session.execute(query, {"id": UUID(claim["id"])})).all()
    assert tuple(row) == (Decimal("40000.00"), Decimal("40000.00"), Decimal("1600.00"))
    assert (await counter.standing(loan, role="hr_officer"))["outstanding"] == "48000.00"


async def test_a_refused_claim_gives_its_budget_back(counter: Counter, db: Database) -> None:
    _, guarantee = await defaulted(counter, db, "50000.00", product=GRADUATE)
    claim = await counter.approved_claim(guarantee)
    path, why = f"{GUARANTEES}/claims/{claim['id']}/refuse", {"reason_code": "settled_by_borrower"}
    assert refused(await counter.guarantor(path, why)) == (403, "forbidden")
    done(await counter.send("hr_approver", "POST", path, why, account="hr_approver-2"))
    async with db.transaction() as session:
        query = text("SELECT committed FROM budget_commitment WHERE case_id = :id")
        assert await session.scalar(query, {"id": UUID(claim["id"])}) == 0


async def test_a_guarantee_is_seen_by_its_parties_only(counter: Counter, db: Database) -> None:
    loan, guarantee = await defaulted(counter, db)
    claim = await counter.claimed(guarantee)
    paths = (f"{GUARANTEES}/{guarantee['id']}", f"{GUARANTEES}/claims/{claim['id']}")
    for path in paths:
        assert (await counter.send("enterprise", "GET", path, org=loan.borrower)).status_code == 200
        assert (await counter.send("enterprise", "GET", path, org="91540000MA6T000000")).status_code == 404
        assert (await counter.send("bank", "GET", path, bank="PSBC")).status_code == 404
        assert (await counter.send("hr_officer", "GET", path)).status_code == 404
        assert (await counter.send("guarantor", "GET", path, livemode=False)).status_code == 404
    listed = done(await counter.send("bank", "GET", GUARANTEES, bank="PSBC"))["items"]
    assert str(loan.id) not in {row["loan_id"] for row in listed}
    foreign = {"bank_reference": new_reference("DC"), "reason": "x"}
    assert (await counter.banker(f"{paths[0]}/claims", foreign, bank="PSBC")).status_code == 404
    assert (await counter.banker(f"{paths[1]}/withdraw", bank="PSBC")).status_code == 404
