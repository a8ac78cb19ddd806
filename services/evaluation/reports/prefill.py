"""What the registry knows of a quarter: the values that prefill a report, and where the report says otherwise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, TypeAlias
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Integer, Table, and_, case, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import AnyRow
from services.evaluation.centres import states_on
from services.evaluation.projections import (
    known_agreement,
    known_service_record,
    known_staff,
    known_technology_flag,
    known_tenancy,
)
from services.evaluation.reports.form import Values, as_told, number
from services.evaluation.reports.record_prefill import RECORDED, recorded
from services.evaluation.reports.rules import first_day, last_day
from shared.policy.report_form import CENTRE_AREA, ReportForm

_stay, _work, _paper, _service, _flag = (
    table.c for table in (known_tenancy, known_staff, known_agreement, known_service_record, known_technology_flag)
)

Known: TypeAlias = dict[UUID, dict[str, JsonValue]]
"""Values by centre and by the name of the record (`registry` of a form's field)."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field where the report says something else than the registry; `by` is how much more, by level where the field
    has levels."""

    field: str
    entered: JsonValue
    registry: JsonValue
    by: JsonValue


async def known_values(session: AsyncSession, centres: Sequence[UUID], year: int, quarter: int) -> Known:
    """Whatever the registry's events have told of these centres' quarter; one statement for each kind of record. A kind
    of which the registry has no record up to the quarter's end is left out: nobody recorded it, which is no zero."""
    first, last = first_day(year, quarter), last_day(year, quarter)
    found: Known = {centre: {} for centre in centres}
    for ask in _SOURCES:
        for row in await ask(session, centres, first, last):
            found[row.centre_id].update({name: value for name, value in row._mapping.items() if name != "centre_id"})
    for centre, values in (await recorded(session, centres, first, last)).items():
        found[centre].update(values)
    return found


def prefilled(form: ReportForm, version: int, known: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The registry's values by field of the form."""
    fields = form.fields_of(version)
    return {name: known[field.registry] for name, field in fields.items() if known.get(field.registry) is not None}


def differences(values: Values, registry: Values) -> list[Difference]:
    """2.3-2: field by field, where both have a value."""
    return [
        Difference(name, entered, known, _more(name, values, registry))
        for name, known in registry.items()
        if (entered := values.get(name)) is not None and _differ(name, values, registry)
    ]


def _differ(name: str, values: Values, registry: Values) -> bool:
    if isinstance(registry[name], dict):
        return as_told(values[name]) != as_told(registry[name])
    return number(values, name) != number(registry, name)


def _more(name: str, values: Values, registry: Values) -> JsonValue:
    entered, known = values[name], registry[name]
    if isinstance(entered, dict) and isinstance(known, dict):
        levels = ((level, _count(entered, level) - _count(known, level)) for level in {**entered, **known})
        return {level: more for level, more in levels if more}
    left, right = number(values, name), number(registry, name)
    assert left is not None and right is not None  # noqa: PT018  # only fields that both have differ
    more = left - right
    return more.numerator if more.denominator == 1 else f"{Decimal(more.numerator) / Decimal(more.denominator):.2f}"


def _count(levels: Mapping[str, JsonValue], level: str) -> int:
    return int(str(levels.get(level, 0)))


def _counting(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(condition)


def _there_on(day: date) -> ColumnElement[bool]:
    """At the centre at the end of the day; a stay's `ended_on` is its last day, and no longer counts."""
    return and_(_stay.admitted_on <= day, or_(_stay.ended_on.is_(None), _stay.ended_on > day))


async def _stays(session: AsyncSession, centres: Sequence[UUID], first: date, last: date) -> Sequence[AnyRow]:
    ended = _stay.ended_on.between(first, last)
    counts: dict[str, ColumnElement[int]] = {
        "tenancies_opening": _counting(
            and_(_stay.admitted_on < first, or_(_stay.ended_on.is_(None), _stay.ended_on >= first))
        ),
        "tenancies_admitted": _counting(_stay.admitted_on.between(first, last)),
        "tenancies_graduated": _counting(and_(ended, _stay.graduated)),
        "tenancies_exited": _counting(and_(ended, ~_stay.graduated)),
        "tenancies_closing": _counting(_there_on(last)),
    }
    return await _by_centre(session, known_tenancy, counts, centres, _stay.admitted_on <= last)


async def _technology(session: AsyncSession, centres: Sequence[UUID], _: date, last: date) -> Sequence[AnyRow]:
    valid = and_(
        _flag.issued_on <= last,
        _flag.valid_through >= last,
        or_(_flag.withdrawn_on.is_(None), _flag.withdrawn_on > last),
    )

    def holders(kind: str) -> ColumnElement[int | None]:
        """None where no recognition of the kind is on record."""
        held = func.count(_stay.enterprise_id.distinct()).filter(_flag.kind == kind, valid)
        return case((_counting(_flag.kind == kind) > 0, held))

    query = (
        select(
            _stay.centre_id,
            holders("high_tech").label("high_tech_enterprises"),
            holders("tech_sme").label("technology_smes"),
        )
        .join(known_technology_flag, and_(_flag.enterprise_id == _stay.enterprise_id, _flag.issued_on <= last))
        .where(_stay.centre_id.in_(centres), _there_on(last))
        .group_by(_stay.centre_id)
    )
    return (await session.execute(query)).all()


async def _services(session: AsyncSession, centres: Sequence[UUID], first: date, last: date) -> Sequence[AnyRow]:
    """Each enterprise once a year, in the quarter of its first confirmed service: quarters are added up."""
    counted = and_(_service.status == "confirmed", _service.provided_on >= date(first.year, 1, 1))
    served = (
        select(
            _service.centre_id,
            _service.enterprise_id,
            func.min(_service.provided_on).filter(counted).label("begun_on"),
            func.count().filter(counted, _service.provided_on >= first).label("services"),
        )
        .where(_service.centre_id.in_(centres), _service.provided_on <= last)
        .group_by(_service.centre_id, _service.enterprise_id)
        .subquery("served")
        .c
    )
    query = select(
        served.centre_id,
        cast(func.sum(served.services), Integer).label("services_confirmed"),
        _counting(served.begun_on >= first).label("services_enterprises"),
    ).group_by(served.centre_id)
    return (await session.execute(query)).all()


async def _staff(session: AsyncSession, centres: Sequence[UUID], _: date, last: date) -> Sequence[AnyRow]:
    there = and_(_work.from_on <= last, or_(_work.until_on.is_(None), _work.until_on >= last))
    counts = {
        "staff_all": _counting(there),
        "staff_full_time": _counting(and_(there, _work.full_time)),
    }
    return await _by_centre(session, known_staff, counts, centres, _work.from_on <= last)


async def _agreements(session: AsyncSession, centres: Sequence[UUID], first: date, last: date) -> Sequence[AnyRow]:
    in_force = and_(
        _paper.valid_from <= last,
        or_(_paper.valid_until.is_(None), _paper.valid_until >= last),
        or_(_paper.ended_on.is_(None), _paper.ended_on >= last),
    )
    counts = {
        "agreements_in_force": _counting(in_force),
        "agreements_signed": _counting(_paper.signed_on.between(first, last)),
    }
    begun = or_(_paper.signed_on <= last, _paper.valid_from <= last)
    return await _by_centre(session, known_agreement, counts, centres, begun)


async def _areas(session: AsyncSession, centres: Sequence[UUID], _: date, last: date) -> Sequence[AnyRow]:
    """Whole square metres, rounded down: a report has no fractions, and must not say more than there is."""
    state = states_on(last, centres).c
    total, incubation = (cast(func.floor(area), Integer) for area in (state.total_area_m2, state.incubation_area_m2))
    query = select(state.centre_id, total.label(CENTRE_AREA), incubation.label("centre_incubation_area"))
    return (await session.execute(query)).all()


async def _by_centre(
    session: AsyncSession,
    table: Table,
    counts: Mapping[str, ColumnElement[int]],
    centres: Sequence[UUID],
    recorded: ColumnElement[bool],
) -> Sequence[AnyRow]:
    """Counts for the centres that have such a record at all."""
    query = (
        select(table.c.centre_id, *(value.label(name) for name, value in counts.items()))
        .where(table.c.centre_id.in_(centres), recorded)
        .group_by(table.c.centre_id)
    )
    return (await session.execute(query)).all()


_Ask: TypeAlias = Callable[[AsyncSession, Sequence[UUID], date, date], Awaitable[Sequence[AnyRow]]]
_SOURCES: Final[tuple[_Ask, ...]] = (_stays, _technology, _services, _staff, _agreements, _areas)
_COUNTS: Final = (
    "tenancies_opening",
    "tenancies_admitted",
    "tenancies_graduated",
    "tenancies_exited",
    "tenancies_closing",
    "high_tech_enterprises",
    "technology_smes",
    "services_confirmed",
    "services_enterprises",
    "staff_all",
    "staff_full_time",
    "agreements_in_force",
    "agreements_signed",
)
SOURCES: Final = frozenset({*_COUNTS, *RECORDED, CENTRE_AREA, "centre_incubation_area"})
"""Every record that a form's field may be prefilled from."""
