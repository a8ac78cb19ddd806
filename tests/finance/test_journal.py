"""The journal: balanced, append-only, and equal to the cases, whoever writes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database, constraint_of
from shared.ids import uuid7
from tests.finance.support import Desk, list_centre

pytestmark = pytest.mark.asyncio(loop_scope="session")

ENTRY = """
INSERT INTO journal_entry (id, kind, case_id, case_no, case_version, lines, effective_on, actor, recorded_at)
VALUES (:id, 'grant_paid', :id, 'GR-2019-9999', 1, :lines, '2019-05-06', 'test', now())
"""
POSTING = """
INSERT INTO posting (entry_id, line, account, subject, period, amount)
VALUES (:id, :line, 'grants.advance', 'x', '2019', :amount)
"""


@pytest.mark.parametrize("amounts", [[], [0.01], [100, -99.99], [100, -50, -49]])
async def test_an_entry_that_does_not_balance_is_refused_at_commit(db: Database, amounts: list[float]) -> None:
    async def write(session: AsyncSession) -> None:
        entry = uuid7()
        await session.execute(text(ENTRY), {"id": entry, "lines": len(amounts)})
        for line, amount in enumerate(amounts, start=1):
            await session.execute(text(POSTING), {"id": entry, "line": line, "amount": amount})

    with pytest.raises(DBAPIError) as refused:
        await db.run(write)
    assert constraint_of(refused.value) == "journal_entry_balances"


async def test_a_balanced_entry_stays_and_takes_no_more_lines(db: Database) -> None:
    entry = uuid7()
    async with db.transaction() as session:
        await session.execute(text(ENTRY), {"id": entry, "lines": 3})
        for line, amount in ((1, 100), (2, -60), (3, -40)):
            await session.execute(text(POSTING), {"id": entry, "line": line, "amount": amount})

    async def add(session: AsyncSession) -> None:
        for line, amount in ((4, 1), (5, -1)):
            await session.execute(text(POSTING), {"id": entry, "line": line, "amount": amount})

    with pytest.raises(DBAPIError) as refused:
        await db.run(add)
    assert constraint_of(refused.value) == "journal_entry_balances"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE posting SET amount = amount + 1",
        "DELETE FROM posting",
        "UPDATE journal_entry SET actor = 'me'",
        "DELETE FROM journal_entry",
        "TRUNCATE journal_entry CASCADE",
        "UPDATE plan_line SET amount = 1",
    ],
)
async def test_nobody_changes_what_was_written(desk: Desk, db: Database, statement: str) -> None:
    await desk.approved(await list_centre(db))
    with pytest.raises(DBAPIError):
        async with db.transaction() as session:
            await session.execute(text(statement))


async def test_each_step_of_a_grant_has_its_entry_and_event(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    grant = await desk.paid(centre, "1000.00")
    await desk.spend(grant, "600.00")
    await desk.step("treasury_officer", grant, "refund", {"amount": "400.00"}, key="back")
    page = (await desk.get("treasury_approver", "/v1/journal-entries", centre_id=str(centre))).json()
    told = [
        (entry["kind"], entry["case_version"], [(p["account"], p["amount"]) for p in entry["postings"]])
        for entry in page["items"]
    ]
    assert told == [
        ("grant_committed", 3, [("grants.committed", "1000.00"), ("grants.authority", "-1000.00")]),
        ("grant_paid", 5, [("grants.advance", "1000.00"), ("grants.treasury", "-1000.00")]),
        ("grant_spent", 6, [("grants.expenditure", "600.00"), ("grants.advance", "-600.00")]),
        ("grant_refunded", 7, [("grants.treasury", "400.00"), ("grants.advance", "-400.00")]),
    ]
    one = await desk.get("auditor", f"/v1/journal-entries/{page['items'][1]['id']}")
    assert one.json() == page["items"][1]


@pytest.mark.parametrize(
    ("chosen", "kinds"),
    [
        ({"kind": "grant_paid"}, ["grant_paid"]),
        ({"account": "grants.treasury"}, ["grant_paid"]),
        ({"account": "grants.committed"}, ["grant_committed"]),
        ({"fiscal_year": 2020}, []),
        ({"fiscal_year": 2019}, ["grant_committed", "grant_paid"]),
    ],
)
async def test_the_journal_is_filtered(desk: Desk, db: Database, chosen: dict[str, Any], kinds: list[str]) -> None:
    centre = await list_centre(db)
    await desk.paid(centre)
    answer = await desk.get("auditor", "/v1/journal-entries", centre_id=str(centre), **chosen)
    assert [entry["kind"] for entry in answer.json()["items"]] == kinds


async def test_an_entry_that_does_not_exist_is_404(desk: Desk) -> None:
    assert (await desk.get("auditor", f"/v1/journal-entries/{uuid7()}")).status_code == 404
    assert (await desk.get("auditor", "/v1/journal-entries", account="grants.pocket")).status_code == 422
