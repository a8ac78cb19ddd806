"""The rows behind a budget line's commitments: what each case has of which line, and the line's ceiling.

Locks: the line (shared; revisions, transfers and closings take it alone), its ceiling, the commitment.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Row, Text, Uuid, column, select, tuple_, update, values
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.models import Appropriation, budget_commitment as held
from services.finance.appropriations.rules import decide_within_line
from services.finance.appropriations.states import APPROVED
from services.finance.ceilings.models import PROGRAMME_YEAR, ceiling
from shared.clock import utcnow
from shared.db import MoneyColumn
from shared.money import ZERO
from shared.policy.decision import Decision
from shared.policy.edition import Edition
from shared.refusals import require_passed

HeldRow: TypeAlias = Row[tuple[object, ...]]
UNPAID: Final[ColumnElement[Decimal]] = held.c.committed - held.c.paid


async def lock_held(session: AsyncSession, *conditions: ColumnElement[bool]) -> Sequence[HeldRow]:
    """The commitments with their lines, these first: a closing that carries one over is waited for."""
    seen: set[tuple[str, int]] = set()
    while True:
        found = await session.execute(select(held.c.programme, held.c.line_year).where(*conditions).distinct())
        lines = {(row.programme, row.line_year) for row in found}
        if lines - seen:
            mine = tuple_(Appropriation.programme, Appropriation.year).in_(sorted(lines))
            order = (Appropriation.programme, Appropriation.year)
            await session.execute(select(Appropriation.id).where(mine).order_by(*order).with_for_update(read=True))
            seen |= lines
            continue
        order_of_rows = (held.c.case_id, held.c.programme, held.c.year, held.c.line_year)
        locked = select(held).where(*conditions).order_by(*order_of_rows).with_for_update()
        rows = (await session.execute(locked)).all()
        if {(row.programme, row.line_year) for row in rows} <= seen:
            return rows


async def take(session: AsyncSession, edition: Edition, programme: str, year: int, amount: Decimal) -> Decision:
    """One conditional statement on the stored limit, which only the treasury's decisions set."""
    if amount <= 0:
        raise ValueError("a positive amount is committed")
    key = {"kind": PROGRAMME_YEAR, "subject": programme, "period": str(year)}
    total = ceiling.c.committed + amount
    moving = update(ceiling).filter_by(**key).where(total <= ceiling.c.limit_amount).values(committed=total)
    figures = (ceiling.c.committed, ceiling.c.limit_amount)
    row = (await session.execute(moving.returning(*figures))).one_or_none()
    stands = row or (await session.execute(select(*figures).filter_by(**key))).one()
    return require_passed(
        decide_within_line(
            edition,
            programme=programme,
            year=year,
            fits=row is not None,
            amount=amount,
            committed=stands.committed,
            limit=stands.limit_amount,
        )
    )


async def hold(
    session: AsyncSession,
    case: tuple[UUID, str],
    programme: str,
    year: int,
    *,
    line_year: int,
    committed: Decimal,
    paid: Decimal,
) -> None:
    """Add to what the case (its id and number) has of a line."""
    case_id, case_no = case
    statement = insert(held).values(
        case_id=case_id,
        programme=programme,
        year=year,
        line_year=line_year,
        case_no=case_no,
        committed=committed,
        paid=paid,
        returned=ZERO,
        committed_at=utcnow(),
    )
    more = {"committed": held.c.committed + committed, "paid": held.c.paid + paid}
    await session.execute(statement.on_conflict_do_update(constraint=held.primary_key, set_=more))


async def open_line(session: AsyncSession, programme: str, *years: int) -> int | None:
    """The first of the years whose line may be committed; locked."""
    for year in years:
        query = select(Appropriation.status).where(Appropriation.programme == programme, Appropriation.year == year)
        if await session.scalar(query.with_for_update(read=True)) == APPROVED:
            return year
    return None


async def give_back(session: AsyncSession, given: Sequence[tuple[UUID, str, int, int, Decimal]]) -> None:
    """To the ceilings and out of the commitments: (case, programme, year, line's year, amount)."""
    if not given:
        return
    lines: dict[tuple[str, int], Decimal] = {}
    for _, programme, _, line_year, amount in given:
        lines[programme, line_year] = lines.get((programme, line_year), ZERO) + amount
    for (programme, line_year), amount in sorted(lines.items()):
        await free(session, programme, line_year, amount)
    back = values(
        column("case_id", Uuid),
        column("programme", Text),
        column("year", Integer),
        column("line_year", Integer),
        column("amount", MoneyColumn),
        name="back",
    ).data(list(given))
    same = (held.c[name] == back.c[name] for name in ("case_id", "programme", "year", "line_year"))
    await session.execute(update(held).where(*same).values(committed=held.c.committed - back.c.amount))


async def free(session: AsyncSession, programme: str, year: int, amount: Decimal) -> None:
    """Give the amount back to a line's ceiling; the line is locked."""
    key = {"kind": PROGRAMME_YEAR, "subject": programme, "period": str(year)}
    await session.execute(update(ceiling).filter_by(**key).values(committed=ceiling.c.committed - amount))


def of_case(case_id: UUID, programme: str, year: int) -> tuple[ColumnElement[bool], ...]:
    """All that a case has."""
    return (held.c.case_id == case_id, held.c.programme == programme, held.c.year == year)


def row_key(row: HeldRow) -> tuple[ColumnElement[bool], ...]:
    """The very row."""
    return (*of_case(row.case_id, row.programme, row.year), held.c.line_year == row.line_year)
