"""Comparing a bank's day with ours, and keeping what people said about differences (3.2-1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.reconciliation import states
from services.finance.reconciliation.models import ReconciliationDay, ReconciliationDifference, ReconciliationLine
from services.finance.reconciliation.movements import movements_of, outstanding_of
from services.finance.reconciliation.rules import Difference, Movement, Totals, compare, totals_of
from shared.clock import utcnow
from shared.ids import uuid7

_Key = tuple[object, ...]


async def compare_day(
    session: AsyncSession, row: ReconciliationDay, settled: dict[_Key, ReconciliationDifference]
) -> None:
    """Find what differs now: what was known stays as it is, what is new is open unless the file before had it resolved,
    what is not found any more is gone."""
    ours = await movements_of(session, row.bank, row.day, livemode=row.livemode)
    outstanding = await outstanding_of(session, row.bank, row.day, livemode=row.livemode)
    lines = await session.scalars(select(ReconciliationLine).where(ReconciliationLine.day_id == row.id))
    theirs = [Movement(line.kind, line.reference, line.case_no, line.amount) for line in lines]
    found = {
        _key(difference): difference
        for difference in compare(ours, theirs, our_outstanding=outstanding, their_outstanding=row.outstanding)
    }
    query = select(ReconciliationDifference).where(ReconciliationDifference.day_id == row.id)
    known = {_key(difference): difference for difference in await session.scalars(query)}
    for key, difference in known.items():
        if key not in found and difference.status == states.OPEN:
            difference.status = states.GONE
        elif key in found and difference.status == states.GONE:
            difference.status = states.OPEN
    number = await session.scalar(
        select(func.max(ReconciliationDifference.number)).where(ReconciliationDifference.day_id == row.id)
    )
    new = [found[key] for key in found if key not in known]
    for place, one in enumerate(new, start=(number or 0) + 1):
        added = _row(row, place, one, settled.get(_key(one)))
        session.add(added)
        known[_key(one)] = added
    _count(row, totals_of(ours, outstanding), list(known.values()))
    await session.flush()


def _row(
    row: ReconciliationDay, number: int, found: Difference, before: ReconciliationDifference | None
) -> ReconciliationDifference:
    carried = ("status", "outcome", "reason", "resolved_by", "resolved_on")
    kept = {name: getattr(before, name) for name in carried} if before else {"status": states.OPEN}
    return ReconciliationDifference(id=uuid7(), day_id=row.id, number=number, **asdict(found), **kept)


def _count(row: ReconciliationDay, totals: Totals, differences: Sequence[ReconciliationDifference]) -> None:
    row.our_count, row.our_disbursed = totals.count, totals.disbursed
    row.our_repaid, row.our_outstanding = totals.repaid, totals.outstanding
    row.differences = len(differences)
    row.open_differences = sum(difference.status == states.OPEN for difference in differences)
    row.compared_at = utcnow()
    if row.open_differences:
        row.status = states.DIFFERING
    else:
        row.status = states.RESOLVED if differences else states.AGREED


async def resolved_before(
    session: AsyncSession, before: ReconciliationDay | None
) -> dict[_Key, ReconciliationDifference]:
    """What a person has resolved of the file before: the same difference again needs no second word."""
    if before is None:
        return {}
    query = select(ReconciliationDifference).where(
        ReconciliationDifference.day_id == before.id, ReconciliationDifference.status == states.RESOLVED
    )
    return {_key(difference): difference for difference in await session.scalars(query)}


def _key(one: Difference | ReconciliationDifference) -> _Key:
    return (one.kind, one.reference, one.case_no, one.our_kind, one.their_kind, one.ours, one.theirs)
