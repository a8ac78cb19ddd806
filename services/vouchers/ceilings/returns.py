"""Giving back to quota and budget what a stopped voucher will not spend."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Numeric, Text, and_, column, or_, select, update, values
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.ceilings.models import BUDGET, CITY_QUOTA, QUOTA, ceiling, quota_subject
from services.vouchers.programmes.models import Programme

Subject = tuple[str, str]
"""A ceiling's subject and period."""


@dataclass(frozen=True, slots=True)
class Unspent:
    """Yuan of one voucher that go back."""

    programme_id: UUID
    issuer_division: str
    enterprise_id: UUID
    amount: Decimal


async def give_back(session: AsyncSession, unspent: Iterable[Unspent]) -> None:
    """Lower quotas, the city's quotas, then budgets, by what was committed and will not be spent; set-based.

    The ceilings' rows are locked in the order that an issue takes them, and within a kind by subject, so neither an
    issue nor another return deadlocks with this one.
    """
    unspent = [item for item in unspent if item.amount > 0]
    if not unspent:
        return
    programmes = select(Programme.id, Programme.year).where(Programme.id.in_({item.programme_id for item in unspent}))
    year_of = {row.id: str(row.year) for row in await session.execute(programmes)}
    quotas: defaultdict[Subject, Decimal] = defaultdict(Decimal)
    city: defaultdict[Subject, Decimal] = defaultdict(Decimal)
    budgets: defaultdict[Subject, Decimal] = defaultdict(Decimal)
    for item in unspent:
        year = year_of[item.programme_id]
        quotas[quota_subject(item.issuer_division, item.enterprise_id), year] += item.amount
        city[str(item.enterprise_id), year] += item.amount
        budgets[str(item.programme_id), year] += item.amount
    await _lower(session, QUOTA, quotas)
    await _lower(session, CITY_QUOTA, city)
    await _lower(session, BUDGET, budgets)


async def _lower(session: AsyncSession, kind: str, amounts: Mapping[Subject, Decimal]) -> None:
    rows = ceiling.c
    wanted = or_(*(and_(rows.subject == subject, rows.period == period) for subject, period in amounts))
    locking = select(rows.subject).where(rows.kind == kind, wanted).order_by(rows.subject, rows.period)
    await session.execute(locking.with_for_update())
    columns = column("subject", Text), column("period", Text), column("amount", Numeric(18, 2))
    given = values(*columns, name="given").data(
        [(subject, period, amount) for (subject, period), amount in amounts.items()]
    )
    await session.execute(
        update(ceiling)
        .where(rows.kind == kind, rows.subject == given.c.subject, rows.period == given.c.period)
        .values(committed=rows.committed - given.c.amount)
    )
