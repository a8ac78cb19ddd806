"""The treasury at work: budget lines, transfers, the end of a year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from httpx import Response
from sqlalchemy import text

from shared.db import Database
from tests.finance.support import Desk, Json

PATH = "/v1/appropriations"
YEAR_END = date(2020, 1, 15)
_documents = count(1)

LEDGER = """
SELECT account, sum(amount) AS amount FROM posting JOIN journal_entry ON journal_entry.id = posting.entry_id
WHERE account LIKE 'budget.%' AND subject = :programme AND period = :year AND recorded_at >= :since GROUP BY account
"""


def document() -> str:
    return f"拉财预〔2019〕{next(_documents)}号"


@dataclass(frozen=True)
class Treasury:
    """The officer proposes, the approver decides."""

    desk: Desk

    async def post(self, person: str, path: str, body: object = None, **more: Any) -> Response:
        """`today` is the caller's day."""
        today = more.pop("today", None)
        claims = more.pop("claims", {}) | ({"today": today} if today else {})
        return await self.desk.post(person, f"{PATH}{path}", body, claims=claims, **more)

    async def must(self, person: str, path: str, body: object = None, **more: Any) -> Json:
        answer = await self.post(person, path, body, **more)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    async def read(self, line: Json) -> Json:
        return dict((await self.desk.get("auditor", f"{PATH}/{line['id']}")).json())

    async def recorded(self, programme: str, amount: str, year: int = 2019, **more: Any) -> Json:
        body = {"programme": programme, "year": year, "document_no": document(), "amount": amount}
        return await self.must("treasury_officer", "", body, **more)

    async def line(self, programme: str, amount: str, year: int = 2019, **more: Any) -> Json:
        """An approved line."""
        line = await self.recorded(programme, amount, year, **more)
        return await self.must("treasury_approver", f"/{line['id']}/approve", **more)

    async def proposed(self, line: Json, amount: str, **more: Any) -> Json:
        body = {"document_no": document(), "amount": amount}
        return await self.must("treasury_officer", f"/{line['id']}/revise", body, **more)

    async def revised(self, line: Json, amount: str, **more: Any) -> Json:
        await self.proposed(line, amount, **more)
        return await self.must("treasury_approver", f"/{line['id']}/approve", **more)

    async def transfer(self, source: Json, target: Json, amount: str) -> Json:
        return await self.must("treasury_officer", "/transfers", transfer(source, target, amount))

    async def closed(self, line: Json, carry_over: str = "0.00", unpaid: str = "carry", **more: Any) -> Json:
        body = {"document_no": document(), "carry_over": carry_over, "unpaid": unpaid, **more}
        await self.must("treasury_officer", f"/{line['id']}/close", body, today=YEAR_END)
        return await self.must("treasury_approver", f"/{line['id']}/approve-closing", today=YEAR_END)


def transfer(source: Json, target: Json, amount: str, **other: Any) -> Json:
    return {
        "year": source["year"],
        "from_programme": source["programme"],
        "to_programme": target["programme"],
        "amount": amount,
        "document_no": document(),
        "reason": "年中调剂",
        **other,
    }


async def ledger(db: Database, line: Json) -> dict[str, Decimal]:
    """What the journal says about the line, by account; without lines of the same year that a test had before."""
    since = datetime.fromisoformat(line["created_at"])
    async with db.transaction() as session:
        key = {"programme": line["programme"], "year": str(line["year"]), "since": since}
        rows = await session.execute(text(LEDGER), key)
        return {row.account.removeprefix("budget."): row.amount for row in rows if row.amount}


async def agrees(db: Database, line: Json) -> None:
    """The line's figures are those of its ledger, its ceiling and its commitments."""
    figures = {name: Decimal(line[name]) for name in ("budget", "committed", "paid", "returned", "free")}
    expected = {
        "authority": -figures["budget"],
        "free": figures["free"],
        "committed": figures["committed"] - figures["paid"],
        "paid": figures["paid"] - figures["returned"],
        "returned": figures["returned"],
    }
    assert await ledger(db, line) == {name: amount for name, amount in expected.items() if amount}
    assert figures["free"] == figures["budget"] - figures["committed"]
    parts = ("granted", "transferred", "carried_in")
    total = sum(Decimal(line[name]) for name in parts) - Decimal(line["carried_out"]) - Decimal(line["lapsed"])
    assert figures["budget"] == total
    query = (
        "SELECT coalesce(sum(committed), 0) FROM budget_commitment WHERE programme = :programme AND line_year = :year"
    )
    async with db.transaction() as session:
        key = {"programme": line["programme"], "year": line["year"]}
        assert await session.scalar(text(query), key) == figures["committed"]


async def forget(db: Database) -> None:
    """No budget lines and no commitments: a programme's year exists once, and tests share the database. The journal
    stays."""
    async with db.transaction() as session:
        for table in (
            "appropriation_transfer",
            "appropriation_closing",
            "appropriation_revision",
            "appropriation",
            "budget_commitment",
        ):
            await session.execute(text(f"DELETE FROM {table}"))
        await session.execute(text("DELETE FROM ceiling WHERE kind = 'appropriations.programme_year'"))
