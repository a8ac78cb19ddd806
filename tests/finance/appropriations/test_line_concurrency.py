"""Two processes at the edge of a budget line: it is met to the cent, whatever happens to the line meanwhile."""

from __future__ import annotations

import asyncio
from collections import Counter
from decimal import Decimal
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from shared.db import Database
from tests.finance.appropriations.treasury import PATH, YEAR_END, Treasury, agrees, document, forget
from tests.finance.support import Desk, Json, list_centre

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def none_before(db: Database) -> None:
    await forget(db)


async def reviewed(desks: list[Desk], db: Database, count: int, amount: str) -> list[Json]:
    """Of a centre each, so that nothing but the line is shared."""
    centres = [await list_centre(db) for _ in range(count)]
    return list(
        await asyncio.gather(*(desks[number % 2].reviewed(centre, amount) for number, centre in enumerate(centres)))
    )


async def approve(desk: Desk, grant: Json, amount: str) -> httpx.Response:
    return await desk.post("science_approver", f"/v1/grants/{grant['id']}/approve", {"amount": amount})


async def test_parallel_approvals_meet_the_line_exactly(desks: list[Desk], db: Database) -> None:
    """40 × 700 yuan against 10,000.00: 14 fit and leave 200."""
    treasury = Treasury(desks[0])
    line = await treasury.line("grants", "10000.00")
    grants = await reviewed(desks, db, 40, "700.00")
    answers = await asyncio.gather(
        *(approve(desks[number % 2], grant, "700.00") for number, grant in enumerate(grants))
    )
    assert Counter(answer.status_code for answer in answers) == {200: 14, 409: 26}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"appropriation-exhausted"}
    shown = await treasury.read(line)
    assert (shown["committed"], shown["free"]) == ("9800.00", "200.00")
    await agrees(db, shown)


async def test_approvals_race_a_lowered_line_and_a_transfer(desks: list[Desk], db: Database) -> None:
    """Whoever comes first: the line never has less than what is committed of it."""
    treasury = Treasury(desks[0])
    line, other = await treasury.line("grants", "10000.00"), await treasury.line("angel_fund", "1.00")
    moved = await treasury.transfer(line, other, "4000.00")
    await treasury.proposed(line, "6000.00")
    grants = await reviewed(desks, db, 20, "500.00")
    *answers, lowered, transferred = await asyncio.gather(
        *(approve(desks[number % 2], grant, "500.00") for number, grant in enumerate(grants)),
        desks[1].post("treasury_approver", f"{PATH}/{line['id']}/approve"),
        desks[0].post("treasury_approver", f"{PATH}/transfers/{moved['id']}/approve"),
    )
    counted = Counter(answer.status_code for answer in answers)
    assert set(counted) <= {200, 409}
    assert {lowered.status_code, transferred.status_code} <= {200, 409}
    shown = await treasury.read(line)
    expected = Decimal(10_000) - 4_000 * (lowered.status_code == 200) - 4_000 * (transferred.status_code == 200)
    assert Decimal(shown["budget"]) == expected
    assert Decimal(shown["committed"]) == 500 * counted[200]
    assert Decimal(shown["free"]) < 500 or counted[200] == 20
    await agrees(db, shown)


async def test_payments_and_refusals_race_the_end_of_the_year(desks: list[Desk], db: Database) -> None:
    """Each case is paid or given back once, on the line that bears it then."""
    treasury = Treasury(desks[0])
    line = await treasury.line("grants", "20000.00")
    centres = [await list_centre(db) for _ in range(12)]
    signed = await asyncio.gather(*(desks[0].countersigned(centre, "1000.00") for centre in centres))
    body = {"document_no": document(), "carry_over": "8000.00", "unpaid": "carry"}
    await treasury.must("treasury_officer", f"/{line['id']}/close", body, today=YEAR_END)

    async def step(number: int, grant: Json) -> httpx.Response:
        desk = desks[number % 2]
        claims: Json = {"today": YEAR_END}
        if number % 3:
            return await desk.post("treasury_approver", f"/v1/grants/{grant['id']}/disburse", claims=claims)
        sent = {"reason_code": "other"}
        claims = {**claims, "account_id": "0190a000-0000-7000-8000-0000000000fe"}
        return await desk.post("industry_approver", f"/v1/grants/{grant['id']}/refuse", sent, claims=claims)

    closing: Any
    *answers, closing = await asyncio.gather(
        *(step(number, grant) for number, grant in enumerate(signed)),
        desks[1].post("treasury_approver", f"{PATH}/{line['id']}/approve-closing", claims={"today": YEAR_END}),
    )
    assert {answer.status_code for answer in (*answers, closing)} == {200}
    lines = (await desks[0].get("auditor", PATH, programme="grants")).json()["items"]
    for shown in lines:
        await agrees(db, shown)
    assert sum(Decimal(shown["paid"]) for shown in lines) == 8_000
    assert sum(Decimal(shown["committed"]) for shown in lines) == 8_000
    async with db.transaction() as session:
        held = await session.execute(
            text("SELECT sum(committed) AS committed, sum(paid) AS paid FROM budget_commitment")
        )
        assert tuple(held.one()) == (Decimal(8_000), Decimal(8_000))
