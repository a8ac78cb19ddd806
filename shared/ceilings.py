"""Caps as rows: committed money never passes the limit, whoever approves at the same moment.

Every service that grants money has one such table. A row is moved by one conditional statement in the transaction that
commits the money, so the cap holds against pending and approved amounts; the CHECK stands behind it.
"""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    Column,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.money import ZERO

_AMOUNT = Numeric(18, 2)


@dataclass(frozen=True, slots=True)
class CeilingMove:
    """`ok` is False where the amount did not fit; nothing was moved then, and the figures show why."""

    ok: bool
    committed: Decimal
    limit: Decimal

    @property
    def remaining(self) -> Decimal:
        return self.limit - self.committed


def ceiling_table(metadata: MetaData) -> Table:
    """The table `ceiling` on the service's own metadata (whose naming convention completes the constraint's name)."""
    return Table(
        "ceiling",
        metadata,
        Column("kind", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("period", Text, nullable=False),
        Column("limit_amount", _AMOUNT, nullable=False),
        Column("committed", _AMOUNT, nullable=False),
        PrimaryKeyConstraint("kind", "subject", "period"),
        CheckConstraint("committed >= 0 AND committed <= limit_amount", name="committed_within_limit"),
    )


async def commit_amount(
    session: AsyncSession, table: Table, *, kind: str, subject: str, period: str, amount: Decimal, limit: Decimal
) -> CeilingMove:
    """Commit `amount` yuan under `limit`; the row stays locked until the transaction ends.

    A limit above the stored one replaces it, one below is ignored: after a change of tier within the year the higher
    cap holds (3.1-1). A transaction that moves several ceilings takes them in one fixed order, else it may deadlock.
    Raises ValueError for an amount that is not positive, or a negative limit.
    """
    if amount <= 0 or limit < 0:
        raise ValueError("a positive amount is committed under a non-negative limit")
    key = {"kind": kind, "subject": subject, "period": period}
    columns = table.c
    stored = select(columns.limit_amount).filter_by(**key).scalar_subquery()
    # CHECK is tested on the proposed row even where it conflicts, so that row carries the higher limit already.
    higher = func.greatest(literal(limit, _AMOUNT), func.coalesce(stored, ZERO))
    proposed = select(
        literal(kind, Text), literal(subject, Text), literal(period, Text), higher, literal(amount, _AMOUNT)
    ).where(literal(amount, _AMOUNT) <= higher)
    statement = insert(table).from_select(["kind", "subject", "period", "limit_amount", "committed"], proposed)
    raised = func.greatest(columns.limit_amount, statement.excluded.limit_amount)
    total = columns.committed + statement.excluded.committed
    moving = statement.on_conflict_do_update(
        index_elements=["kind", "subject", "period"],
        set_={"limit_amount": raised, "committed": total},
        where=total <= raised,
    ).returning(columns.committed, columns.limit_amount)
    row = (await session.execute(moving)).one_or_none()
    if row is not None:
        return CeilingMove(True, row.committed, row.limit_amount)
    return await _refused(session, table, key, limit)


async def release_amount(
    session: AsyncSession, table: Table, *, kind: str, subject: str, period: str, amount: Decimal
) -> CeilingMove:
    """Give back what was committed and will not be spent. Not `ok` where less than `amount` is committed. Raises
    ValueError for an amount that is not positive."""
    if amount <= 0:
        raise ValueError("a positive amount is released")
    key = {"kind": kind, "subject": subject, "period": period}
    moving = (
        update(table)
        .filter_by(**key)
        .where(table.c.committed >= amount)
        .values(committed=table.c.committed - amount)
        .returning(table.c.committed, table.c.limit_amount)
    )
    row = (await session.execute(moving)).one_or_none()
    if row is not None:
        return CeilingMove(True, row.committed, row.limit_amount)
    return await _refused(session, table, key, ZERO)


async def _refused(session: AsyncSession, table: Table, key: dict[str, str], limit: Decimal) -> CeilingMove:
    row = (await session.execute(select(table.c.committed, table.c.limit_amount).filter_by(**key))).one_or_none()
    if row is None:
        return CeilingMove(False, ZERO, limit)
    return CeilingMove(False, row.committed, max(limit, row.limit_amount))
