"""Closed periods as those see them who write entries: what lies in one is booked on the first open day after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeAlias

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.journal.models import JournalPeriod
from services.finance.journal.periods import SHUT

PeriodRow: TypeAlias = Row[date, date, str]

_LOCK: Final = func.hashtext("journal_period")
_KNOWN: Final = "journal_periods_shut"


@dataclass(frozen=True, slots=True)
class Day:
    """The day an entry is booked on; the other two where that is not the day it is true for."""

    booked_on: date
    occurred_on: date | None = None
    closed_period: str | None = None


async def open_days(session: AsyncSession, days: Sequence[date]) -> list[Day]:
    """Where entries of these days are booked, in the same order.

    No period is closed or opened again until the transaction ends: whoever does that takes the lock alone.
    """
    shut = await _shut(session)
    return [_open_day(shut, day) for day in days]


async def hold_periods(session: AsyncSession) -> None:
    """Nobody writes an entry until this transaction ends; those who have begun are waited for."""
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def within(day: ColumnElement[date]) -> ColumnElement[bool]:
    """Whether the day lies in the period."""
    return day.between(JournalPeriod.starts_on, JournalPeriod.ends_on)


async def _shut(session: AsyncSession) -> Sequence[PeriodRow]:
    """Read once in a transaction: the lock keeps it true."""
    transaction = session.sync_session.get_transaction()
    known = session.info.get(_KNOWN)
    if known is not None and known[0] is transaction and transaction is not None:
        rows: Sequence[PeriodRow] = known[1]
        return rows
    await session.execute(select(func.pg_advisory_xact_lock_shared(_LOCK)))
    query = select(JournalPeriod.starts_on, JournalPeriod.ends_on, JournalPeriod.label)
    found = (await session.execute(query.where(JournalPeriod.status.in_(SHUT)).order_by(JournalPeriod.starts_on))).all()
    session.info[_KNOWN] = (session.sync_session.get_transaction(), found)
    return found


def _open_day(shut: Sequence[PeriodRow], day: date) -> Day:
    """3.1-4: a correction of a closed period is booked in the open one and names the closed one, the month before the
    year where both are closed."""
    covering = sorted((row for row in shut if row.starts_on <= day <= row.ends_on), key=lambda row: row.ends_on)
    if not covering:
        return Day(day)
    booked = day
    while last := max((row.ends_on for row in shut if row.starts_on <= booked <= row.ends_on), default=None):
        booked = last + timedelta(days=1)
    return Day(booked, day, covering[0].label)
