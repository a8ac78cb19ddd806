"""Uses of any term: its whole months out of the sums, the days before and after them one by one (4.3-4)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, Subquery, Table, cast, literal, or_, select, union_all

from services.vouchers.redemptions.models import Redemption
from services.vouchers.sums.models import (
    POSTING_KEY,
    POSTING_SUMS,
    USE_KEY,
    USE_SUMS,
    monthly_posting,
    monthly_use,
    posting_change,
    use_change,
)
from shared.calendar import add_months


def uses_of_term(first: date, last: date) -> Subquery:
    """Columns `month`, `programme_id`, `provider_id`, `enterprise_id`, `category` and the sums `uses`, `price`,
    `captured`, `reversed` of what was captured from `first` to `last`, both inclusive; a key may have several rows.

    A month that has begun counts as a whole one where nothing was captured in it after `last`: so a year up to today
    reads no redemption. That is decided by the same statement that adds up.
    """
    begin, end = first.replace(day=1), last.replace(day=1)
    whole_from = begin if first == begin else add_months(begin, 1)
    month_end = add_months(end, 1) - timedelta(days=1)
    parts: list[Select[Any]] = []
    if whole_from <= end:
        later = _later(last, month_end)
        parts += [_of_months(table, whole_from, end, later if last < month_end else None) for table in _TABLES]
        if last < month_end:
            parts.append(_of_days(end, last).where(later))
    if first > begin:
        parts.append(_of_days(first, min(last, whole_from - timedelta(days=1))))
    return union_all(*parts).subquery("used")


def booked_by_month(first: date | None, last: date) -> Subquery:
    """The journal of the months of those two days and between, or of all up to the last: columns `issuer_division`,
    `provider_id`, `month`, `account`, `kind`, `amount`; a key may have several rows."""
    parts = []
    for table in (monthly_posting, posting_change):
        month = table.c.month
        query = select(*(table.c[name] for name in (*POSTING_KEY, *POSTING_SUMS))).where(month <= last.replace(day=1))
        parts.append(query if first is None else query.where(month >= first.replace(day=1)))
    return union_all(*parts).subquery("booked")


_TABLES = (monthly_use, use_change)


def _later(last: date, month_end: date) -> ColumnElement[bool]:
    """Whether something of the month was captured after that day."""
    day = Redemption.redeemed_on
    return select(literal(1)).select_from(Redemption.__table__).where(day > last, day <= month_end).exists()


def _of_months(table: Table, begin: date, end: date, unless: ColumnElement[bool] | None) -> Select[Any]:
    """Whole months, the last of them only where it is one."""
    month = table.c.month
    query = select(*(table.c[name] for name in (*USE_KEY, *USE_SUMS))).where(month >= begin, month <= end)
    return query if unless is None else query.where(or_(month < end, ~unless))


def _of_days(first: date, last: date) -> Select[Any]:
    use = Redemption
    columns: list[ColumnElement[Any]] = [
        cast(literal(first.replace(day=1)), Date).label("month"),
        use.programme_id.expression,
        use.provider_id.expression,
        use.enterprise_id.expression,
        use.category.expression,
        literal(1).label("uses"),
        use.price.expression,
        use.subsidy.label("captured"),
        use.reversed_amount.label("reversed"),
    ]
    return select(*columns).where(use.redeemed_on >= first, use.redeemed_on <= last)
