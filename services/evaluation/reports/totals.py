"""The city's totals in one statement: whole cities of reports are added up in the database, not fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnClause,
    ColumnElement,
    Integer,
    Numeric,
    Select,
    and_,
    cast,
    column,
    func,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, array
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from services.evaluation.access import in_scope
from services.evaluation.projections import known_centre
from services.evaluation.reports.models import QuarterlyReport, ReportRevision
from services.evaluation.reports.tables import Told, Totals
from shared.auth.principal import Principal
from shared.policy.edition import Edition
from shared.policy.report_form import FormField

CENTRES_AT_ONCE: Final = 1000

_TYPES: Final[Mapping[str, TypeEngine[Any]]] = {
    "count": Numeric(),
    "amount": Numeric(),
    "flag": Boolean(),
    "by_level": JSONB(),
}


async def totals_in_parts(
    session: AsyncSession, principal: Principal, edition: Edition, year: int, told: Told
) -> Totals:
    """What `totals_of` makes of a year, a part of the centres after the other."""
    report = QuarterlyReport
    accepted = report.year == year, report.status == "accepted", in_scope(principal, report.centre_id)
    reported = select(report.centre_id).where(*accepted).distinct()
    centres = list(await session.scalars(reported.order_by(report.centre_id)))
    totals = Totals()
    for start in range(0, len(centres), CENTRES_AT_ONCE):
        part = centres[start : start + CENTRES_AT_ONCE]
        totals.include(await totals_of(session, principal, edition, year, None, part))
        await told(totals.centres)
    return totals


async def totals_of(
    session: AsyncSession,
    principal: Principal,
    edition: Edition,
    year: int,
    quarter: int | None,
    among: Sequence[UUID] | None = None,
) -> Totals:
    """Accepted reports of the caller's scope, or of some centres of it: what `Totals.add` makes of them centre by
    centre."""
    fields = edition.report_form.fields
    levels = tuple(edition.activities.levels)
    by_centre = _by_centre(principal, fields, levels, year, quarter)
    if among is not None:
        by_centre = by_centre.where(QuarterlyReport.centre_id.in_(among))
    each = by_centre.subquery("centre").c
    sums = [func.sum(value).label(value.name) for value in each]
    row = (await session.execute(select(func.count().label("number"), *sums))).one()._mapping
    totals = Totals(centres=row["number"], reports=int(row["reports"] or 0))
    for name, one in fields.items():
        if one.kind == "by_level":
            found = {level: int(row[f"{name}:{level}"] or 0) for level in levels}
            totals.levels[name] = {level: count for level, count in found.items() if count}
            if row[f"{name}:"]:
                totals.numbers[name] = Fraction(sum(found.values()))
        elif row[f"{name}:"] is not None:
            totals.numbers[name] = Fraction(row[f"{name}:"])
    return totals


def _by_centre(
    principal: Principal, fields: Mapping[str, FormField], levels: tuple[str, ...], year: int, quarter: int | None
) -> Select[*tuple[Any, ...]]:
    report, revision = QuarterlyReport, ReportRevision
    columns: list[ColumnClause[Any]] = [column(name, _TYPES[one.kind]) for name, one in fields.items()]
    # One look into each form for all of its fields: they are too long to be read again for every one.
    form = func.jsonb_to_record(revision.form).table_valued(*columns, name="form").render_derived(with_types=True)
    values: list[ColumnElement[Any]] = []
    for name, one in fields.items():
        if one.kind == "by_level":
            given = [(level, cast(form.c[name][level].astext, Numeric())) for level in levels]
            values += [func.sum(count).label(f"{name}:{level}") for level, count in given]
            values.append(func.count(form.c[name]).label(f"{name}:"))
        else:
            values.append(_year_value(one, form.c[name]).label(f"{name}:"))
    query = (
        select(func.count().label("reports"), *values)
        .select_from(report)
        .join(revision, and_(revision.report_id == report.id, revision.revision == report.revision))
        .join(known_centre, known_centre.c.id == report.centre_id)
        .join(form, true())
        .where(report.year == year, report.status == "accepted", in_scope(principal, report.centre_id))
        .group_by(report.centre_id)
    )
    return query if quarter is None else query.where(report.quarter == quarter)


def _year_value(one: FormField, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Flows added up, the last stock, the first opening; quarters in which nobody gave it are passed over."""
    number = cast(cast(value, Integer), Numeric()) if one.kind == "flag" else value
    if one.measure == "flow":
        return func.sum(number)
    pair = array([cast(QuarterlyReport.quarter, Numeric()), number])
    pick = func.min if one.measure == "opening" else func.max
    return pick(pair, type_=ARRAY(Numeric())).filter(value.is_not(None))[2]
