"""Budget lines for tests that are about something else: every programme has plenty in every year."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.models import Appropriation, AppropriationRevision
from services.finance.ceilings.models import PROGRAMME_YEAR, ceiling
from services.finance.journal.entries import Booking, Movement, book
from shared.db import Database
from shared.ids import uuid7
from shared.money import ZERO

PROGRAMMES: Final = (
    "grants",
    "interest_subsidy",
    "guarantee_compensation",
    "angel_fund",
    "financing_reward",
    "alliance_support",
)
PLENTY: Final = Decimal("100000000000.00")


async def appropriate(db: Database, *, years: Iterable[int] = range(2018, 2023), amount: Decimal = PLENTY) -> None:
    """Approved lines of `amount` for all programmes and years that have none."""

    async def write(session: AsyncSession) -> None:
        known = {(row.programme, row.year) for row in await session.execute(select(*_KEY))}
        wanted = [(programme, year) for year in years for programme in PROGRAMMES if (programme, year) not in known]
        if wanted:
            await _add(session, wanted, amount)

    await db.run(write)


_KEY = (Appropriation.programme, Appropriation.year)


async def _add(session: AsyncSession, wanted: list[tuple[str, int]], amount: Decimal) -> None:
    lines = [
        {
            "id": uuid7(),
            "version": 1,
            "no": f"AP-{year}-9{PROGRAMMES.index(programme):03d}",
            "programme": programme,
            "year": year,
            "edition": "lhasa-2019",
            "status": "approved",
            "revision": 1,
            "document_no": f"测财预〔{year}〕1号",
            "granted": amount,
            "transferred": ZERO,
            "carried_in": ZERO,
            "carried_out": ZERO,
            "lapsed": ZERO,
            "approved_by": "test-approver",
            "approved_on": date(year, 1, 1),
            "first_approved_on": date(year, 1, 1),
        }
        for programme, year in wanted
    ]
    await session.execute(insert(Appropriation), lines)
    await session.execute(insert(AppropriationRevision), [_revision(line) for line in lines])
    ceilings = [
        {
            "kind": PROGRAMME_YEAR,
            "subject": programme,
            "period": str(year),
            "limit_amount": amount,
            "committed": ZERO,
        }
        for programme, year in wanted
    ]
    await session.execute(insert(ceiling), ceilings)
    await book(session, [_booking(line) for line in lines])


def _revision(line: dict[str, object]) -> dict[str, object]:
    return {
        "appropriation_id": line["id"],
        "revision": 1,
        "status": "approved",
        "document_no": line["document_no"],
        "amount": line["granted"],
        "proposed_by": "test-officer",
        "proposed_on": line["approved_on"],
        "decided_by": "test-approver",
        "decided_on": line["approved_on"],
        "decision": {"passed": True, "edition": "lhasa-2019", "results": []},
    }


def _booking(line: dict[str, object]) -> Booking:
    row = Appropriation(**line)
    return Booking(
        movement=Movement.BUDGET_GRANTED,
        case_id=row.id,
        case_no=row.no,
        case_version=1,
        subject=row.programme,
        period=str(row.year),
        amount=row.granted,
        effective_on=date(row.year, 1, 1),
        actor="test-approver",
    )
