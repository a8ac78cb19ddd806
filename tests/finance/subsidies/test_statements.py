"""Quarterly statements over HTTP: computed once, approved and paid by others, corrected by lines of their own."""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import delete, text, update

from services.finance.loans.models import Loan
from services.finance.loans.states import GRADUATE, GUARANTEED
from services.finance.subsidies.models import SubsidyLine, SubsidyStatement
from shared.db import Database
from tests.finance.serving import (
    RATES,
    SUBSIDIES,
    Counter,
    Signed,
    balances,
    done,
    events_of,
    new_reference,
    refused,
    signed,
)
from tests.finance.support import Desk, Json

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY = date(2019, 3, 20)
DRAWN = date(2019, 4, 1)


@pytest_asyncio.fixture(loop_scope="session")
async def counter(desk: Desk, db: Database) -> Counter:
    """Every test has the quarters to itself: loans of the tests before are none of any department."""
    async with db.transaction() as session:
        await session.execute(delete(SubsidyLine))
        await session.execute(delete(SubsidyStatement))
        await session.execute(update(Loan).values(department="none"))
    return Counter(desk)


async def lent(counter: Counter, db: Database, amount: str = "360000.00", **more: str) -> Signed:
    """Paid out on 1 April 2019, one instalment a year, of which none is due before the tests' days."""
    loan = await signed(db, amount, contracted_on=DAY, maturity_on=date(2021, 4, 1), **more)
    await counter.drawn(loan, amount, DRAWN, every_months=12)
    return loan


def body_of(year: int, quarter: int, department: str = "finance") -> Json:
    return {"year": year, "quarter": quarter, "department": department}


async def test_a_quarter_is_computed_once_it_is_over_and_once_only(counter: Counter, db: Database) -> None:
    loan = await lent(counter, db)
    early = await counter.send("finance_officer", "POST", SUBSIDIES, body_of(2019, 2), today=date(2019, 6, 30))
    assert refused(early) == (409, "subsidy-quarter-not-over")
    statement = await counter.statement(2019, 2, today=date(2019, 7, 1))
    assert (statement["no"][:8], statement["total"], statement["lines"]) == ("IS-2019-", "1961.05", 1)
    (line,) = await counter.lines(statement)
    assert (line["loan_id"], line["kind"], line["sequence"], line["amount"]) == (str(loan.id), "regular", 0, "1961.05")
    shown = line["calculation"]
    assert (Decimal(shown["percent"]), Decimal(shown["prime_rate"])) == (Decimal("2.155"), Decimal("4.31"))
    assert (shown["days"], shown["excluded_days"]) == (91, 0)
    again = await counter.send("finance_officer", "POST", SUBSIDIES, body_of(2019, 2))
    assert refused(again)[1] in ("subsidy-nothing-due", "subsidy-statement-open")
    await counter.settled(statement)
    nothing = await counter.send("finance_officer", "POST", SUBSIDIES, body_of(2019, 2))
    assert refused(nothing) == (409, "subsidy-nothing-due")
    assert await balances(db, programme="subsidy", subject=loan.borrower) == {
        "subsidy.expenditure": Decimal("1961.05"),
        "subsidy.treasury": Decimal("-1961.05"),
    }


async def test_ten_officers_at_once_make_one_statement(counter: Counter, db: Database) -> None:
    await lent(counter, db)
    sent = [
        counter.send("finance_officer", "POST", SUBSIDIES, body_of(2019, 2), account=f"officer-{n}") for n in range(10)
    ]
    answers = await asyncio.gather(*sent)
    assert Tally(answer.status_code for answer in answers) == {201: 1, 409: 9}
    listed = done(await counter.send("auditor", "GET", SUBSIDIES, year=2019, quarter=2))["items"]
    assert [row["total"] for row in listed] == ["1961.05"]


async def test_three_people_prepare_approve_and_pay(counter: Counter, db: Database) -> None:
    loan = await lent(counter, db)
    statement = await counter.statement(2019, 2)
    path = f"{SUBSIDIES}/{statement['id']}"
    own = await counter.send("finance_approver", "POST", f"{path}/approve", account="finance_officer-1")
    assert refused(own) == (403, "four-eyes-required")
    assert (await counter.send("hr_approver", "POST", f"{path}/approve")).status_code == 404
    money = {"reference": "拉财拨〔2020〕1号"}
    unapproved = await counter.send("treasury_officer", "POST", f"{path}/pay", money)
    assert refused(unapproved) == (409, "invalid-transition")
    approved = await counter.approved(statement)
    assert (approved["status"], approved["budget_year"]) == ("approved", 2020)
    for account in ("finance_officer-1", "finance_approver-1"):
        pay = await counter.send("treasury_officer", "POST", f"{path}/pay", money, account=account)
        assert refused(pay) == (403, "four-eyes-required")
    tasks = done(await counter.send("treasury_officer", "GET", "/v1/tasks", kind="subsidy_to_pay"))["items"]
    assert [task["no"] for task in tasks] == [statement["no"]]
    paid = done(await counter.send("treasury_officer", "POST", f"{path}/pay", money))
    assert (paid["status"], paid["payment_reference"]) == ("paid", "拉财拨〔2020〕1号")
    twice = await counter.send("treasury_approver", "POST", f"{path}/pay", money)
    assert refused(twice) == (409, "invalid-transition")
    (line,) = await counter.lines(statement)
    assert (line["status"], line["settled_by"]) == ("paid", "treasury_officer-1")
    told = [name for name, _ in await events_of(db, line["id"])]
    assert told == ["interest_subsidy.prepared", "interest_subsidy.approved", "interest_subsidy.paid"]
    entry = done(await counter.send("treasury_officer", "GET", f"/v1/journal-entries/{line['journal_entry_id']}"))
    assert (entry["kind"], entry["case_version"], entry["postings"][0]["subject"]) == (
        "subsidy_paid",
        3,
        loan.borrower,
    )


async def test_a_late_report_makes_a_correction_and_rewrites_nothing(counter: Counter, db: Database) -> None:
    loan = await lent(counter, db)
    first = await counter.settled(await counter.statement(2019, 2))
    await counter.paid(loan, "180000.00", on=date(2019, 5, 16), early=True)
    second = await counter.statement(2019, 3)
    lines = {(line["quarter"], line["kind"]): line for line in await counter.lines(second)}
    correction, regular = lines[2, "correction"], lines[3, "regular"]
    assert (correction["entitled"], correction["amount"], correction["sequence"]) == ("1465.40", "-495.65", 1)
    assert regular["amount"] == "991.30"  # 180,000 x 2.155 % x 92 / 360
    assert (second["total"], second["to_recover"]) == ("991.30", "495.65")
    await counter.settled(second)
    (kept,) = await counter.lines(first)
    assert (kept["amount"], kept["status"]) == ("1961.05", "paid")
    path = f"{SUBSIDIES}/lines/{correction['id']}/recover"
    body = {"reference": "SH-1"}
    own = await counter.send("treasury_officer", "POST", path, body, account="finance_approver-1")
    assert refused(own) == (403, "four-eyes-required")
    back = done(await counter.send("treasury_officer", "POST", path, body))
    assert back["status"] == "recovered"
    again = await counter.send("treasury_officer", "POST", path, body)
    assert refused(again) == (409, "invalid-transition")
    source = done(await counter.send("auditor", "GET", f"{SUBSIDIES}/{first['id']}"))
    assert source["recovered"] == "495.65"
    books = await balances(db, programme="subsidy", subject=loan.borrower)
    assert books["subsidy.expenditure"] == Decimal("2456.70")  # 1,465.40 + 991.30
    query = text("SELECT paid, returned FROM budget_commitment WHERE case_id = :id")
    async with db.transaction() as session:
        (row,) = (await session.execute(query, {"id": UUID(first["id"])})).all()
    assert tuple(row) == (Decimal("1961.05"), Decimal("495.65"))
    regular_path = f"{SUBSIDIES}/lines/{kept['id']}/recover"
    wrong = await counter.send("treasury_officer", "POST", regular_path, body)
    assert refused(wrong) == (409, "subsidy-line-not-negative")


async def test_a_correction_upwards_is_paid_with_the_next_statement(counter: Counter, db: Database) -> None:
    loan = await lent(counter, db)
    line = await counter.paid(loan, "180000.00", on=date(2019, 5, 16), early=True)
    await counter.settled(await counter.statement(2019, 2))
    body = {"bank_reference": new_reference("CZ"), "reversed_on": "2019-05-20", "reason_code": "wrong_loan"}
    done(await counter.banker(f"{loan.path}/payments/{line['id']}/reverse", body), 201)
    second = await counter.statement(2019, 2)
    (correction,) = await counter.lines(second)
    assert correction["sequence"] == 1
    assert Decimal(correction["entitled"]) - Decimal(correction["amount"]) == Decimal("1465.40")


async def test_what_changed_since_is_refused_and_computed_anew(counter: Counter, db: Database) -> None:
    loan = await lent(counter, db)
    statement = await counter.statement(2019, 2)
    await counter.paid(loan, "1000.00", on=date(2019, 6, 30))
    path = f"{SUBSIDIES}/{statement['id']}"
    answer = await counter.send("finance_approver", "POST", f"{path}/approve")
    assert refused(answer) == (409, "subsidy-figures-changed")
    assert loan.no in answer.json()["detail"]
    ended = {"reason_code": "figures_changed"}
    done(await counter.send("finance_officer", "POST", f"{path}/refuse", ended))
    anew = await counter.statement(2019, 2)
    (line,) = await counter.lines(anew)
    assert (line["sequence"], line["kind"]) == (0, "regular")
    await counter.approved(anew)
    refusal = await counter.send("finance_officer", "POST", f"{SUBSIDIES}/{anew['id']}/refuse", ended)
    assert refusal.status_code == 403, "what is approved is not its preparer's to refuse"
    done(await counter.send("finance_approver", "POST", f"{SUBSIDIES}/{anew['id']}/refuse", ended))
    query = text("SELECT committed FROM budget_commitment WHERE case_id = :id")
    async with db.transaction() as session:
        assert await session.scalar(query, {"id": UUID(anew["id"])}) == 0


async def test_each_department_subsidises_its_own_products(counter: Counter, db: Database) -> None:
    await lent(counter, db)
    graduate = await lent(counter, db, product=GRADUATE)
    backed = await signed(db, "100000.00", product=GUARANTEED, contracted_on=DAY, maturity_on=date(2021, 4, 1))
    await counter.guaranteed(backed)
    await counter.drawn(backed, "100000.00", DRAWN, every_months=12)
    assert (await counter.send("hr_officer", "POST", SUBSIDIES, body_of(2019, 2))).status_code == 403
    own = await counter.statement(2019, 2, "hr")
    assert (own["total"], own["lines"]) == ("3958.50", 1)
    other = await counter.statement(2019, 2)
    assert (other["total"], other["lines"]) == ("1961.05", 1), "guaranteed loans of 3.2-3 get none"
    listed = done(await counter.send("hr_officer", "GET", SUBSIDIES, limit=200))["items"]
    assert {row["department"] for row in listed} == {"hr"}
    assert (await counter.send("hr_officer", "GET", f"{SUBSIDIES}/{other['id']}")).status_code == 404
    seen = done(await counter.send("founder", "GET", f"{SUBSIDIES}/lines", person_ref=graduate.borrower))["items"]
    assert [line["loan_no"] for line in seen] == [graduate.no]
    assert done(await counter.send("founder", "GET", f"{SUBSIDIES}/lines", person_ref="nobody"))["items"] == []


async def test_a_delisted_centres_borrower_is_still_subsidised(counter: Counter, db: Database) -> None:
    loan = await lent(counter, db)
    async with db.transaction() as session:
        await session.execute(update(Loan).where(Loan.id == loan.id).values(delisted_on=date(2019, 5, 1)))
    assert (await counter.statement(2019, 2))["total"] == "1961.05"


async def test_a_missing_prime_rate_is_entered_by_one_and_confirmed_by_another(counter: Counter, db: Database) -> None:
    loan = await signed(db, "360000.00", contracted_on=date(2021, 2, 25), maturity_on=date(2022, 2, 25))
    day = date(2021, 7, 1)
    await counter.drawn(loan, "360000.00", date(2021, 4, 1), every_months=12, today=day)
    missing = await counter.send("finance_officer", "POST", SUBSIDIES, body_of(2021, 2), today=day)
    assert refused(missing) == (409, "subsidy-prime-rate-missing")
    assert "2020-12-21" in missing.json()["detail"]
    sent = {"effective_on": "2021-02-20", "rate": "3.85", "source": "全国银行间同业拆借中心2021年2月20日公告"}
    rate = done(await counter.send("finance_officer", "POST", RATES, sent, today=day), 201)
    assert refused(await counter.send("finance_officer", "POST", RATES, sent, today=day)) == (409, "prime-rate-exists")
    path = f"{RATES}/{rate['id']}/confirm"
    own = await counter.send("finance_approver", "POST", path, account="finance_officer-1", today=day)
    assert refused(own) == (403, "four-eyes-required")
    unconfirmed = await counter.send("finance_officer", "POST", SUBSIDIES, body_of(2021, 2), today=day)
    assert refused(unconfirmed) == (409, "subsidy-prime-rate-missing")
    assert done(await counter.send("finance_approver", "POST", path, today=day))["status"] == "confirmed"
    statement = await counter.statement(2021, 2, today=day)
    assert statement["total"] == "1820.00"  # what exceeds 3.85 - 1.50: 2.00 % of 360,000 for 91 days
    listed = done(await counter.send("bank", "GET", RATES, status="confirmed", limit=200))["items"]
    assert [row["rate"] for row in listed if row["effective_on"] == "2019-08-20"] == ["4.25"]


async def test_test_credentials_prepare_nothing(counter: Counter) -> None:
    answer = await counter.send("finance_officer", "POST", SUBSIDIES, body_of(2019, 2), livemode=False)
    assert answer.status_code == 403
    assert done(await counter.send("finance_officer", "GET", SUBSIDIES, livemode=False))["items"] == []
