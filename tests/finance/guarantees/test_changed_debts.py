"""What becomes of claims and drafts when the borrower pays or the loan ends; who cancels a guarantee (3.2-3)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from services.finance.loans.states import GRADUATE, GUARANTEED
from shared.db import Database
from tests.finance.guarantees.test_guarantees import draft_of
from tests.finance.serving import (
    GUARANTEES,
    Counter,
    Signed,
    done,
    events_of,
    held,
    refused,
    signed,
)
from tests.finance.support import Desk, Json

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY = date(2019, 3, 15)
TODAY = date(2020, 9, 30)


@pytest.fixture
def counter(desk: Desk) -> Counter:
    return Counter(desk)


async def defaulted(counter: Counter, db: Database, drawn: str = "100000.00") -> tuple[Signed, Json]:
    loan = await signed(db, "100000.00", product=GUARANTEED)
    guarantee = await counter.guaranteed(loan)
    await counter.drawn(loan, drawn, DAY)
    return loan, guarantee


async def test_a_claim_falls_to_the_share_of_what_is_still_owed(counter: Counter, db: Database) -> None:
    loan, guarantee = await defaulted(counter, db)
    claim = await counter.claimed(guarantee, bank_reference="DC-shrinks", amount="70000.00")
    base = f"{GUARANTEES}/claims/{claim['id']}"
    await counter.paid(loan, "12500.00", on=TODAY)  # the share is 70,000.00 still
    accepted = done(await counter.guarantor(f"{base}/accept"))
    assert (accepted["claimed"], accepted["amount"]) == ("70000.00", "70000.00")
    await counter.paid(loan, "0.02", on=TODAY)  # 80 % of 87,499.98, down to the fen
    approved = done(await counter.guarantor(f"{base}/approve", account="guarantor-2"))
    assert (approved["claimed"], approved["amount"], approved["outstanding"]) == ("70000.00", "69999.98", "100000.00")
    (rule,) = [
        each for each in approved["decisions"][-1]["decision"]["results"] if each["rule"] == "guarantees.claim_amount"
    ]
    assert (rule["inputs"]["before"], rule["inputs"]["amount"]) == ("70000.00", "69999.98")
    again = await counter.claimed(guarantee, bank_reference="DC-shrinks", amount="70000.00")
    assert again["id"] == claim["id"], "the same report, though the amount is another by now"
    paid = {"paid_on": TODAY.isoformat(), "reference": "ZF-shrunk"}
    assert done(await counter.guarantor(f"{base}/pay", paid, account="guarantor-3"))["amount"] == "69999.98"
    shown = done(await counter.send("guarantor", "GET", f"{GUARANTEES}/{guarantee['id']}"))
    assert shown["paid"] == "69999.98"


async def test_a_public_claim_takes_budget_for_what_is_still_owed(counter: Counter, db: Database) -> None:
    loan = await signed(db, "50000.00", product=GRADUATE)
    guarantee = await counter.guaranteed(loan)
    await counter.drawn(loan, "50000.00", DAY)
    claim = await counter.claimed(guarantee)
    await counter.paid(loan, "10000.00", on=TODAY)
    base = f"{GUARANTEES}/claims/{claim['id']}"
    done(await counter.guarantor(f"{base}/accept"))
    approved = done(await counter.send("hr_approver", "POST", f"{base}/approve"))
    assert (approved["amount"], approved["budget_amount"]) == ("32000.00", "32000.00")


async def test_what_was_paid_after_the_approval_is_not_paid_twice(counter: Counter, db: Database) -> None:
    loan, guarantee = await defaulted(counter, db)
    claim = await counter.approved_claim(guarantee)
    await counter.paid(loan, "0.02", on=TODAY)
    base = f"{GUARANTEES}/claims/{claim['id']}"
    paid = {"paid_on": TODAY.isoformat(), "reference": "ZF-late"}
    answer = await counter.guarantor(f"{base}/pay", paid, account="guarantor-3")
    assert refused(answer) == (409, "guarantee-claim-above-share")


@pytest.mark.parametrize("drawn", ["100000.00", "60000.00"], ids=["whole", "in-part"])
async def test_a_borrower_who_pays_everything_ends_the_claim_and_the_loan(
    counter: Counter, db: Database, drawn: str
) -> None:
    loan, guarantee = await defaulted(counter, db, drawn)
    claim = await counter.approved_claim(guarantee)
    rest = Decimal(drawn) - Decimal("0.01")
    await counter.paid(loan, str(rest), on=TODAY)
    assert (await counter.standing(loan))["status"] == "in_claim", "a fen is still owed"
    await counter.paid(loan, "0.01", on=TODAY)
    shown = done(await counter.send("guarantor", "GET", f"{GUARANTEES}/claims/{claim['id']}"))
    assert (shown["status"], shown["reason_code"], shown["ended_by"]) == (
        "withdrawn",
        "settled_by_borrower",
        "bank-1",
    )
    assert (await counter.standing(loan))["status"] == "closed"
    ended = done(await counter.send("guarantor", "GET", f"{GUARANTEES}/{guarantee['id']}"))
    assert (ended["status"], ended["liability"]) == ("released", "0.00")
    assert await held(db, "loans.guaranteed", loan.borrower) == Decimal(0)
    assert await held(db, "guarantees.borrower", loan.borrower) == Decimal(0)


async def test_a_settled_public_claim_gives_its_budget_back(counter: Counter, db: Database) -> None:
    loan = await signed(db, "50000.00", product=GRADUATE)
    guarantee = await counter.guaranteed(loan)
    await counter.drawn(loan, "50000.00", DAY)
    claim = await counter.approved_claim(guarantee)
    await counter.paid(loan, "50000.00", on=TODAY)
    assert [name for name, _ in await events_of(db, claim["id"])][-1] == "guarantee_claim.withdrawn"
    async with db.transaction() as session:
        query = text("SELECT committed FROM budget_commitment WHERE case_id = :id")
        assert await session.scalar(query, {"id": UUID(claim["id"])}) == 0


async def test_a_guarantee_in_force_is_cancelled_by_a_third_person(counter: Counter, db: Database) -> None:
    loan = await signed(db, product=GUARANTEED)
    guarantee = await counter.guaranteed(loan)
    path, why = f"{GUARANTEES}/{guarantee['id']}/cancel", {"reason_code": "wrong_terms"}
    for account in ("guarantor-1", "guarantor-2"):
        assert refused(await counter.guarantor(path, why, account=account)) == (403, "four-eyes-required")
    cancelled = done(await counter.guarantor(path, why, account="guarantor-3"))
    assert (cancelled["cancelled_by"], cancelled["cancelled_on"]) == ("guarantor-3", TODAY.isoformat())
    assert (cancelled["status"], cancelled["decisions"][-1]["step"]) == ("cancelled", "cancelled")
    assert await held(db, "guarantees.borrower", loan.borrower) == Decimal(0)


async def test_a_draft_is_cancelled_with_its_loan_and_not_issued_once_money_is_out(
    counter: Counter, db: Database
) -> None:
    loan = await signed(db, "50000.00", product=GRADUATE, guarantor=False)
    drafted = done(await counter.guarantor(GUARANTEES, draft_of(loan)), 201)
    await counter.drawn(loan, "20000.00", DAY)
    path = f"{GUARANTEES}/{drafted['id']}"
    issue = await counter.guarantor(f"{path}/issue", {"contract_no": "拉担1号"}, account="guarantor-2")
    assert refused(issue) == (409, "invalid-transition")
    await counter.paid(loan, "20000.00", on=TODAY)
    assert await held(db, "guarantees.borrower", loan.borrower) == Decimal("40000.00")
    done(await counter.banker(f"{loan.path}/close"))
    shown = done(await counter.send("guarantor", "GET", path))
    assert (shown["status"], shown["reason_code"], shown["cancelled_by"]) == ("cancelled", "loan_closed", "bank-1")
    assert await held(db, "guarantees.borrower", loan.borrower) == Decimal(0)


async def test_a_draft_for_a_loan_that_was_paid_out_may_be_taken_back(counter: Counter, db: Database) -> None:
    loan = await signed(db, "50000.00", product=GRADUATE, guarantor=False)
    drafted = done(await counter.guarantor(GUARANTEES, draft_of(loan)), 201)
    await counter.drawn(loan, "20000.00", DAY)
    ended = done(await counter.guarantor(f"{GUARANTEES}/{drafted['id']}/cancel", {"reason_code": "other"}))
    assert (ended["status"], ended["cancelled_by"]) == ("cancelled", "guarantor-1")
    assert await held(db, "guarantees.borrower", loan.borrower) == Decimal(0)
