"""Two processes of finance and many reports at once: each counts once, none passes the contract (3.2-3 to 3.2-5)."""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from services.finance.loans.states import GUARANTEED
from shared.db import Database
from tests.finance.serving import Counter, Signed, balances, held, payment, signed
from tests.finance.support import Desk

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

DAY = date(2019, 3, 15)


async def sums(db: Database, loan: Signed) -> set[Decimal]:
    """What loan, lines, schedule and journal each say was paid out."""
    last = "(SELECT max(revision) FROM loan_schedule WHERE loan_id = CAST(:id AS uuid))"
    entries = "SELECT id FROM journal_entry WHERE case_id = CAST(:id AS uuid) AND kind = 'loan_drawn'"
    queries = (
        "SELECT disbursed FROM loan WHERE id = CAST(:id AS uuid)",
        "SELECT sum(amount) FROM loan_drawdown WHERE loan_id = CAST(:id AS uuid)",
        f"SELECT sum(principal) FROM loan_instalment WHERE loan_id = CAST(:id AS uuid) AND revision = {last}",
        f"SELECT sum(amount) FROM posting WHERE account = 'loans.outstanding' AND entry_id IN ({entries})",
    )
    async with db.transaction() as session:
        return {await session.scalar(text(query), {"id": str(loan.id)}) for query in queries}


async def test_forty_tranches_at_once_meet_the_contract_exactly(desks: list[Desk], db: Database) -> None:
    """40 x 7,500.00 against 100,000.00: 13 fit and leave 2,500.00."""
    counters, loan = [Counter(desk) for desk in desks], await signed(db, "100000.00")

    async def draw(number: int, amount: str = "7500.00") -> int:
        body = {"amount": amount, "drawn_on": DAY.isoformat(), "bank_reference": f"FK-many-{number}"}
        return (await counters[number % 2].banker(f"{loan.path}/drawdowns", body)).status_code

    answers = await asyncio.gather(*(draw(number) for number in range(40)))
    assert Tally(answers) == {201: 13, 409: 27}
    assert await sums(db, loan) == {Decimal("97500.00")}
    assert (await draw(40, "2500.01"), await draw(41, "2500.00")) == (409, 201)
    assert await sums(db, loan) == {Decimal("100000.00")}


async def test_one_report_to_both_processes_counts_once(desks: list[Desk], db: Database) -> None:
    counters = [Counter(desk) for desk in desks]
    loan = await signed(db, "100000.00", product=GUARANTEED)
    await counters[0].guaranteed(loan)
    await counters[0].drawn(loan, "100000.00", DAY)
    body = payment("60000.00", "10.00", on=date(2019, 6, 17), reference="HK-both")
    sent = [counters[number % 2].banker(f"{loan.path}/payments", body) for number in range(20)]
    answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (await counters[0].standing(loan))["outstanding"] == "40000.00"
    assert await held(db, "loans.guaranteed", loan.borrower) == Decimal("40000.00")
    assert await held(db, "guarantees.borrower", loan.borrower) == Decimal("32000.00")
    books = await balances(db, programme="guarantee", subject=loan.borrower)
    assert books["guarantee.liability"] == Decimal("-32000.00")


async def test_many_payments_at_once_are_never_more_than_the_debt(desks: list[Desk], db: Database) -> None:
    counters, loan = [Counter(desk) for desk in desks], await signed(db, "1000.00")
    await counters[0].drawn(loan, "1000.00", DAY)
    sent = [counters[number % 2].banker(f"{loan.path}/payments", payment("75.00", on=DAY)) for number in range(20)]
    assert Tally(answer.status_code for answer in await asyncio.gather(*sent)) == {201: 13, 409: 7}
    assert (await counters[0].standing(loan))["outstanding"] == "25.00"
    assert await held(db, "loans.small_micro", loan.borrower) == Decimal("25.00")
