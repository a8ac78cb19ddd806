"""Counting stays for the indicators: one statement for any number of centres."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, TableValuedAlias, and_, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.projections import known_tenancy
from services.evaluation.rubrics.catalogue import Windows
from services.evaluation.rubrics.facts import TenancyFacts
from shared.calendar import add_months

_stay = known_tenancy.c


def _between(day: ColumnElement[Any], first: date, last: date) -> ColumnElement[bool]:
    return and_(day >= first, day <= last)


def _there_on_first(year: int) -> ColumnElement[bool]:
    """At the centre when the year began."""
    first = date(year, 1, 1)
    return and_(_stay.admitted_on < first, or_(_stay.ended_on.is_(None), _stay.ended_on >= first))


def _admitted_in(year: int) -> ColumnElement[bool]:
    return _between(_stay.admitted_on, date(year, 1, 1), date(year, 12, 31))


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(condition)


async def tenancy_counts(
    session: AsyncSession, year: int, windows: Windows, deadlines: TableValuedAlias, centres: Sequence[UUID]
) -> dict[UUID, tuple[TenancyFacts, list[UUID]]]:
    """Counts by centre, with the ids of the events they rest on. `ended_on` is the last day at the centre, so a stay
    that ends on 31 December is no longer one of the year's incubatees."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    years = range(year - windows.rolling_years + 1, year + 1)
    at_end = and_(_stay.admitted_on <= last, or_(_stay.ended_on.is_(None), _stay.ended_on > last))
    ended = _between(_stay.ended_on, first, last)
    exited = and_(ended, ~_stay.graduated)
    cohort = _between(
        _stay.admitted_on, add_months(first, -windows.survival_months), add_months(last, -windows.survival_months)
    )
    counts = {
        "opening": _count(_there_on_first(year)),
        "admitted": _count(_admitted_in(year)),
        "filed": _count(and_(_admitted_in(year), _stay.filed_on.is_not(None))),
        "filed_in_time": _count(_stay.filed_on <= deadlines.c.filing_due_on),
        "at_year_end": _count(at_end),
        "graduated": _count(and_(ended, _stay.graduated)),
        "exited": _count(exited),
        "exited_without_reason": _count(and_(exited, _stay.reason_code.is_(None))),
        "past_stay": _count(and_(at_end, _stay.admitted_on < add_months(last, -windows.stay_months))),
        "past_long_stay": _count(and_(at_end, _stay.admitted_on < add_months(last, -windows.long_stay_months))),
        "cohort": _count(cohort),
        "window_graduated": _count(and_(_stay.graduated, _between(_stay.ended_on, date(years[0], 1, 1), last))),
        "window_base": sum(
            (_count(_there_on_first(counted)) + _count(_admitted_in(counted)) for counted in years[1:]),
            _count(_there_on_first(years[0])) + _count(_admitted_in(years[0])),
        ),
    }
    looked_back = min(date(years[0], 1, 1), add_months(first, -windows.survival_months))
    events = func.array_agg(aggregate_order_by(_stay.event_id, _stay.admitted_on, _stay.id))
    query = (
        select(_stay.centre_id, events.label("events"), *(value.label(name) for name, value in counts.items()))
        .outerjoin(deadlines, deadlines.c.admitted_on == _stay.admitted_on)
        .where(
            _stay.centre_id.in_(centres),
            _stay.admitted_on <= last,
            or_(_stay.ended_on.is_(None), _stay.ended_on >= looked_back),
        )
        .group_by(_stay.centre_id)
    )
    return {
        row.centre_id: (TenancyFacts(**{name: getattr(row, name) for name in counts}), list(row.events))
        for row in await session.execute(query)
    }
