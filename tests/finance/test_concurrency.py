"""Two processes of finance, many approvers: caps are met exactly, and nothing survives a delisting."""

from __future__ import annotations

import asyncio
from collections import Counter
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from shared.db import Database
from tests.finance.patience import a_few_at_once, patiently
from tests.finance.support import Desk, application, delist, list_centre
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]


async def sums(db: Database, centre: UUID) -> dict[str, Decimal]:
    """What ceiling, journal and cases each say is committed for the centre, in yuan."""
    queries = {
        "ceiling": "SELECT committed FROM ceiling WHERE kind = 'grants.centre_year' AND subject = :centre",
        "purpose": "SELECT committed FROM ceiling WHERE kind = 'grants.centre_year_purpose'"
        " AND subject = :centre || '/operations'",
        "journal": "SELECT sum(amount) FROM posting WHERE account = 'grants.committed' AND subject = :centre",
        "cases": "SELECT coalesce(sum(approved), 0) FROM centre_grant WHERE centre_id::text = :centre"
        " AND status NOT IN ('cancelled', 'refused')",
    }
    async with db.transaction() as session:
        return {name: await session.scalar(text(query), {"centre": str(centre)}) for name, query in queries.items()}


async def test_a_hundred_parallel_approvals_meet_the_cap_exactly(desks: list[Desk], db: Database) -> None:
    """100 × 3,750 yuan against 200,000: 53 fit and leave 1,250 that one of 1,250 takes."""
    centre = await list_centre(db)
    grants = await a_few_at_once(desks[number % 2].reviewed(centre, "3750.00") for number in range(100))
    filler = await desks[0].reviewed(centre, "1250.00")

    async def approve(number: int, grant: dict[str, Any], amount: str) -> httpx.Response:
        desk, path = desks[number % 2], f"/v1/grants/{grant['id']}/approve"
        return await patiently(
            lambda: desk.post("science_approver", path, {"amount": amount}, key=f"cap-{grant['id']}")
        )

    answers = await asyncio.gather(*(approve(number, grant, "3750.00") for number, grant in enumerate(grants)))
    assert Counter(answer.status_code for answer in answers) == {200: 53, 409: 47}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"grant-ceiling-exceeded"}
    assert await sums(db, centre) == dict.fromkeys(("ceiling", "purpose", "journal", "cases"), Decimal("198750.00"))
    assert (await approve(0, filler, "1250.00")).json()["ceiling"]["remaining"] == "0.00"
    assert set((await sums(db, centre)).values()) == {Decimal("200000.00")}


@pytest.mark.parametrize("answers_before_the_sweep", [0, 3, 9])
async def test_no_approval_survives_the_sweep_it_races(
    desks: list[Desk], db: Database, answers_before_the_sweep: int
) -> None:
    """Applications, approvals, signatures and payments at two processes against the delisting of their centre."""
    centre = await list_centre(db)
    reviewed = await asyncio.gather(*(desks[number % 2].reviewed(centre, "1000.00") for number in range(10)))
    approved = await asyncio.gather(*(desks[number % 2].approved(centre, "1000.00") for number in range(3)))
    signed = await asyncio.gather(*(desks[number % 2].countersigned(centre, "1000.00") for number in range(3)))
    answered: list[int] = []
    new = {"id": None}
    work: list[tuple[str, dict[str, Any], str, object]] = [
        *(("science_approver", grant, "approve", {"amount": "1000.00"}) for grant in reviewed),
        *(("industry_approver", grant, "countersign", None) for grant in approved),
        *(("treasury_approver", grant, "disburse", None) for grant in signed),
        *(("operator", new, "apply", application(centre, "1000.00")) for _ in range(6)),
    ]

    async def take(number: int) -> int:
        person, grant, verb, body = work[number]
        desk = desks[number % 2]
        path = "/v1/grants" if verb == "apply" else f"/v1/grants/{grant['id']}/{verb}"
        answer = await desk.post(person, path, body, key=desk.new_key())
        answered.append(200 if answer.status_code == 201 else answer.status_code)
        return answered[-1]

    async def sweep() -> UUID:
        await eventually(lambda: len(answered) >= answers_before_the_sweep, every=0.001)
        return await delist(db, centre)

    *statuses, case = await asyncio.gather(*(take(number) for number in range(len(work))), sweep())
    assert set(statuses) <= {200, 409}
    assert answered[:answers_before_the_sweep] == [200] * answers_before_the_sweep
    async with db.transaction() as session:
        query = "SELECT status, paid, spent, recovery_due FROM centre_grant WHERE centre_id = :centre"
        rows = (await session.execute(text(query), {"centre": centre})).all()
        released = await session.scalar(
            text("SELECT released FROM delisting_carried_out WHERE id = :case"), {"case": case}
        )
    assert {row.status for row in rows} <= {"cancelled", "in_recovery"}
    assert all(row.recovery_due == row.paid for row in rows)
    held = await sums(db, centre)
    paid = sum((row.paid for row in rows), Decimal(0))
    assert set(held.values()) == {paid}
    assert released == Decimal(1000) * (sum(s == 200 for s in statuses[:10]) + 6) - paid


async def test_one_grant_paid_from_both_processes_is_paid_once(desks: list[Desk], db: Database) -> None:
    centre = await list_centre(db)
    grant = await desks[0].countersigned(centre, "1000.00")
    path = f"/v1/grants/{grant['id']}/disburse"
    answers = await asyncio.gather(
        *(desks[n % 2].post("treasury_approver", path, key=desks[n % 2].new_key()) for n in range(16))
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 15}
    async with db.transaction() as session:
        query = "SELECT sum(amount) FROM posting WHERE account = 'grants.advance' AND subject = :centre"
        assert await session.scalar(text(query), {"centre": str(centre)}) == Decimal("1000.00")
