"""Counting stays for the indicators: one statement for any number of centres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ColumnElement, TableValuedAlias, Text, and_, cast, distinct, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.projections import known_tenancy
from services.evaluation.rubrics.catalogue import Windows
from services.evaluation.rubrics.facts import TenancyFacts
from shared.calendar import add_months

NAMED_AT_MOST: Final = 500
"""Events that a score sheet names; of more it keeps the number and a digest over all of them."""

_stay = known_tenancy.c


@dataclass(frozen=True, slots=True)
class StaysBehind:
    """The last event of each stay that was looked at. `digest` is the SHA-256 of all ids in order, comma between."""

    events: tuple[UUID, ...]
    total: int
    digest: str

    def lineage(self) -> dict[str, JsonValue]:
        """As a score sheet keeps them."""
        return {
            "tenancy_events": [str(event) for event in self.events],
            "tenancy_events_total": self.total,
            "tenancy_events_sha256": self.digest,
        }


NO_STAYS: Final = StaysBehind((), 0, sha256(b"").hexdigest())


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


def _once(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Enterprises, each once, however many stays it has. The stays of two records that were merged are one
    enterprise's: the registry tells them anew, under the record that goes on (`registry.tenancy.reassigned`)."""
    return func.count(distinct(_stay.enterprise_id)).filter(condition)


def _in(year: int) -> ColumnElement[bool]:
    """At the centre at any time of the year: opening plus new."""
    return or_(_there_on_first(year), _admitted_in(year))


async def tenancy_counts(
    session: AsyncSession, year: int, windows: Windows, deadlines: TableValuedAlias, centres: Sequence[UUID]
) -> dict[UUID, tuple[TenancyFacts, StaysBehind]]:
    """Counts by centre, with the events they rest on. `ended_on` is the last day at the centre, so a stay
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
        "opening": _once(_there_on_first(year)),
        "admitted": _count(_admitted_in(year)),
        "filed": _count(and_(_admitted_in(year), _stay.filed_on.is_not(None))),
        "filed_in_time": _count(_stay.filed_on <= deadlines.c.filing_due_on),
        "repeated": _once(_there_on_first(year)) + _count(_admitted_in(year)) - _once(_in(year)),
        "at_year_end": _once(at_end),
        "graduated": _once(and_(ended, _stay.graduated)),
        "exited": _count(exited),
        "exited_without_reason": _count(and_(exited, _stay.reason_code.is_(None))),
        "past_stay": _count(and_(at_end, _stay.admitted_on < add_months(last, -windows.stay_months))),
        "past_long_stay": _count(and_(at_end, _stay.admitted_on < add_months(last, -windows.long_stay_months))),
        "cohort": _once(cohort),
        "window_graduated": _once(and_(_stay.graduated, _between(_stay.ended_on, date(years[0], 1, 1), last))),
        "window_base": sum((_once(_in(counted)) for counted in years[1:]), _once(_in(years[0]))),
    }
    looked_back = min(date(years[0], 1, 1), add_months(first, -windows.survival_months))
    named = func.array_agg(aggregate_order_by(_stay.event_id, _stay.admitted_on, _stay.id))[1:NAMED_AT_MOST]
    comma: ColumnElement[str] = aggregate_order_by(literal_column("','"), _stay.event_id)
    everything = func.string_agg(cast(_stay.event_id, Text), comma)
    digest = func.encode(func.sha256(func.convert_to(everything, "UTF8")), "hex")
    behind = (named.label("events"), func.count().label("events_total"), digest.label("events_digest"))
    query = (
        select(_stay.centre_id, *behind, *(value.label(name) for name, value in counts.items()))
        .outerjoin(deadlines, deadlines.c.admitted_on == _stay.admitted_on)
        .where(
            _stay.centre_id.in_(centres),
            _stay.admitted_on <= last,
            or_(_stay.ended_on.is_(None), _stay.ended_on >= looked_back),
        )
        .group_by(_stay.centre_id)
    )
    return {
        row.centre_id: (
            TenancyFacts(**{name: getattr(row, name) for name in counts}),
            StaysBehind(tuple(row.events), row.events_total, row.events_digest),
        )
        for row in await session.execute(query)
    }
