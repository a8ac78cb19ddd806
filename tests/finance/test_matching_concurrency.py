"""Two processes of finance and many payments out of one budget: it is spent to the fen and no further (5.1-2)."""

from __future__ import annotations

import asyncio
from collections import Counter
from decimal import Decimal

import httpx
import pytest
from sqlalchemy import text

from shared.db import Database
from tests.finance.matching import Office, forget
from tests.finance.patience import patiently
from tests.finance.support import Desk, Json, delist, list_centre

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]


async def sums(db: Database, fund_id: str) -> set[Decimal]:
    """What ceiling, journal, funds and lines each say was spent, or waits for its second person."""
    of_fund = "WHERE fund_id = CAST(:id AS uuid)"
    entries = "SELECT id FROM journal_entry WHERE case_id = CAST(:id AS uuid)"
    queries = (
        "SELECT committed FROM ceiling WHERE kind = 'matching.division_year' AND subject = '540102'",
        f"""SELECT coalesce(sum(amount), 0) + (SELECT waiting FROM matching_fund WHERE id = CAST(:id AS uuid))
        FROM posting WHERE account = 'matching.expenditure' AND entry_id IN ({entries})""",
        "SELECT spent + waiting FROM matching_fund WHERE id = CAST(:id AS uuid)",
        f"SELECT sum(CASE kind WHEN 'spending' THEN amount ELSE -amount END) FROM matching_fund_line {of_fund}",
    )
    async with db.transaction() as session:
        found = set()
        for query in queries:
            wanted = text(query)
            params = {"id": fund_id} if ":id" in query else {}
            found.add(await session.scalar(wanted, params))
        return found


async def test_a_hundred_parallel_payments_meet_the_budget_exactly(desks: list[Desk], db: Database) -> None:
    """100 × 37.50 yuan against 2,000.00: 53 fit and leave 12.50 that one of 12.50 takes."""
    await forget(db)
    offices = [Office(desk) for desk in desks]
    fund = await offices[0].approved("2000.00")
    centre = await list_centre(db)

    async def spend(number: int, amount: str = "37.50") -> httpx.Response:
        office, sent = offices[number % 2], {"centre_id": centre, "voucher_no": f"记-并-{number}-{amount}"}
        return await patiently(lambda: office.spend(fund, amount, key=f"edge-{number}-{amount}", **sent))

    async def confirm(number: int, line: Json) -> httpx.Response:
        return await patiently(lambda: offices[number % 2].confirm(fund, line, key=f"confirm-{number}"))

    answers = await asyncio.gather(*(spend(number) for number in range(100)))
    assert Counter(answer.status_code for answer in answers) == {201: 53, 409: 47}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {
        "matching-fund-ceiling-exceeded"
    }
    assert await sums(db, fund["id"]) == {Decimal("1987.50")}
    lines = [answer.json() for answer in answers if answer.status_code == 201]
    confirmed = await asyncio.gather(*(confirm(number, line) for number, line in enumerate(lines)))
    assert Counter(answer.status_code for answer in confirmed) == {200: 53}
    assert await sums(db, fund["id"]) == {Decimal("1987.50")}
    assert (await offices[0].read(fund))["spent"] == "1987.50"
    assert (await spend(1, "12.51")).status_code == 409
    assert (await spend(0, "12.50")).status_code == 201
    assert await sums(db, fund["id"]) == {Decimal("2000.00")}


async def test_one_key_sent_ten_times_pays_once(desks: list[Desk], db: Database) -> None:
    await forget(db)
    offices = [Office(desk) for desk in desks]
    fund = await offices[0].approved("100.00")
    centre = await list_centre(db)
    sent = [offices[0].spend(fund, "60.00", centre_id=centre, voucher_no="记-十次", key="ten-times") for _ in range(10)]
    statuses = Counter(answer.status_code for answer in await asyncio.gather(*sent))
    assert set(statuses) <= {201, 409}
    assert statuses[201] >= 1
    assert await sums(db, fund["id"]) == {Decimal("60.00")}


async def test_no_payment_follows_the_delisting_that_it_races(desks: list[Desk], db: Database) -> None:
    await forget(db)
    offices = [Office(desk) for desk in desks]
    fund = await offices[0].approved("10000.00")
    centre = await list_centre(db)
    paying = [offices[number % 2].spend(fund, "1.00", centre_id=centre) for number in range(20)]
    answers, _ = await asyncio.gather(asyncio.gather(*paying), delist(db, centre))
    assert {answer.status_code for answer in answers} <= {201, 409}
    paid = sum(answer.status_code == 201 for answer in answers)
    assert (await offices[0].spend(fund, "1.00", centre_id=centre)).status_code == 409
    assert (await offices[0].read(fund))["waiting"] == f"{paid}.00"
