"""The city's reports as one table with totals, and in the layout of the national form."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import xlsxwriter
from pydantic import JsonValue
from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import DIVISION_ROLES, in_scope, reads_all
from services.evaluation.projections import known_centre
from services.evaluation.reports.form import Values, levels_of, year_value
from services.evaluation.reports.models import QuarterlyReport, ReportRevision
from shared.auth.principal import Principal
from shared.auth.roles import CENTRE_OPERATOR
from shared.http.exports import neutral
from shared.money import format_money
from shared.policy.edition import Edition
from shared.policy.report_form import FormField

CENTRES_AT_ONCE: Final = 500
_THOUSANDS: Final = "千元"
_TOTAL: Final = "合计"
_CITY: Final = "全市"

Told = Callable[[int], Awaitable[None]]
"""Told after each part of the work how many centres are in it so far."""


@dataclass(frozen=True, slots=True)
class CentreValues:
    """A centre's accepted reports of the period, by quarter."""

    no: str
    name: str
    quarters: Mapping[int, Values]


@dataclass(slots=True)
class Totals:
    """Sums over centres by field, without those that no report filled; a choice counts the centres that said yes.
    `reports` counts the accepted ones."""

    centres: int = 0
    reports: int = 0
    numbers: dict[str, Fraction] = field(default_factory=dict)
    levels: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, edition: Edition, centre: CentreValues) -> dict[str, Fraction | None]:
        """Count one centre in; its own values."""
        quarters = [values for _, values in sorted(centre.quarters.items())]
        own: dict[str, Fraction | None] = {}
        for name, one in edition.report_form.fields.items():
            own[name] = value = year_value(one, name, quarters)
            if value is not None:
                self.numbers[name] = self.numbers.get(name, Fraction(0)) + value
            if one.kind == "by_level":
                known = self.levels.setdefault(name, {})
                for level, count in levels_of(name, quarters).items():
                    known[level] = known.get(level, 0) + count
        self.centres += 1
        self.reports += len(quarters)
        return own

    def include(self, part: Totals) -> None:
        """Count further centres in."""
        self.centres += part.centres
        self.reports += part.reports
        for name, value in part.numbers.items():
            self.numbers[name] = self.numbers.get(name, Fraction(0)) + value
        for name, counts in part.levels.items():
            known = self.levels.setdefault(name, {})
            for level, count in counts.items():
                known[level] = known.get(level, 0) + count


async def centres_with_reports(
    session: AsyncSession, principal: Principal, year: int, quarter: int | None, centre_id: UUID | None = None
) -> AsyncIterator[list[CentreValues]]:
    """Accepted reports of the caller's scope, a few hundred centres at a time, by the centres' numbers."""
    after = ""
    while True:
        numbers = (
            select(known_centre.c.id, known_centre.c.no, known_centre.c.name)
            .where(known_centre.c.no > after, _reported(principal, year, quarter, centre_id))
            .order_by(known_centre.c.no)
            .limit(CENTRES_AT_ONCE)
        )
        centres = (await session.execute(numbers)).all()
        if not centres:
            return
        after = centres[-1].no
        values: dict[UUID, dict[int, Values]] = {}
        for row in await session.execute(_accepted(year, quarter, [centre.id for centre in centres])):
            values.setdefault(row.centre_id, {})[row.quarter] = row.form
        yield [CentreValues(centre.no, centre.name, values.get(centre.id, {})) for centre in centres]


def _reported(principal: Principal, year: int, quarter: int | None, centre_id: UUID | None) -> ColumnElement[bool]:
    report = QuarterlyReport
    query = select(report.centre_id).where(
        report.year == year, report.status == "accepted", in_scope(principal, report.centre_id)
    )
    if quarter is not None:
        query = query.where(report.quarter == quarter)
    if centre_id is not None:
        query = query.where(report.centre_id == centre_id)
    return known_centre.c.id.in_(query)


def _accepted(year: int, quarter: int | None, centres: Sequence[UUID]) -> Select[UUID, int, dict[str, JsonValue]]:
    report, revision = QuarterlyReport, ReportRevision
    newest = and_(revision.report_id == report.id, revision.revision == report.revision)
    query = (
        select(report.centre_id, report.quarter, revision.form)
        .join(revision, newest)
        .where(report.year == year, report.status == "accepted", report.centre_id.in_(centres))
    )
    return query if quarter is None else query.where(report.quarter == quarter)


async def write_city_table(
    session: AsyncSession,
    principal: Principal,
    edition: Edition,
    path: Path,
    year: int,
    quarter: int | None,
    told: Told | None = None,
) -> Totals:
    """Write a line for each centre with accepted reports, and their totals as the last one."""
    sheet = _CityTable(path, edition, f"{year}年" + (f"第{quarter}季度" if quarter else ""))
    async for chunk in centres_with_reports(session, principal, year, quarter):
        await asyncio.to_thread(sheet.write, chunk)
        if told is not None:
            await told(sheet.totals.centres)
    await asyncio.to_thread(sheet.close)
    return sheet.totals


class _CityTable:
    """Row by row to disk: nothing is held in memory but the totals."""

    def __init__(self, path: Path, edition: Edition, title: str) -> None:
        self.totals = Totals()
        self._edition = edition
        self._fields = edition.report_form.fields_of(edition.report_form.version)
        self._book: Any = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        self._sheet = self._book.add_worksheet(title)
        self._sheet.set_column(0, 1, 22)
        self._sheet.write_row(0, 0, ["编号", "双创中心", *(unit_title(edition, one) for one in self._fields.values())])
        self._sheet.write_row(1, 0, ["no", "name", *self._fields])
        self._row = 2

    def write(self, centres: Sequence[CentreValues]) -> None:
        for centre in centres:
            own = self.totals.add(self._edition, centre)
            self._line(centre.no, centre.name, own)

    def close(self) -> None:
        self._line(_TOTAL, f"{self.totals.centres} 家", self.totals.numbers)
        self._book.close()

    def _line(self, no: str, name: str, values: Mapping[str, Fraction | None]) -> None:
        self._sheet.write_string(self._row, 0, no)
        self._sheet.write_string(self._row, 1, neutral(name))
        for column, (field_name, one) in enumerate(self._fields.items(), start=2):
            value = values.get(field_name)
            if value is not None:
                self._sheet.write_number(self._row, column, float(value / Fraction(one.factor)))
        self._row += 1


def unit_title(edition: Edition, one: FormField) -> str:
    """A field's name with the unit of the printed form."""
    unit = _THOUSANDS if one.enter_in else edition.report_form.units[one.unit].title_zh
    return f"{one.title_zh}（{unit}）"


async def write_national_table(
    session: AsyncSession, principal: Principal, edition: Edition, path: Path, year: int, centre_id: UUID | None
) -> Totals:
    """Write the year in the national form's layout: its lines in their order, amounts in its unit; of one centre, or
    what the caller sees together, headed by whose centres these are."""
    totals, name = Totals(), ""
    async for chunk in centres_with_reports(session, principal, year, None, centre_id):
        name = chunk[0].name
        for centre in chunk:
            totals.add(edition, centre)
        await asyncio.sleep(0)
    if centre_id is None:
        await write_national(session, principal, edition, path, year, totals)
    else:
        await asyncio.to_thread(_write_national, path, edition, year, name, totals)
    return totals


async def write_national(
    session: AsyncSession, principal: Principal, edition: Edition, path: Path, year: int, totals: Totals
) -> None:
    """Write totals of all that the caller sees, headed by whose centres these are."""
    subject = f"{await _scope_title(session, principal, edition)}（{totals.centres} 家）"
    await asyncio.to_thread(_write_national, path, edition, year, subject, totals)


async def _scope_title(session: AsyncSession, principal: Principal, edition: Edition) -> str:
    """Whose centres the caller sees: the city's, a division's, an operator's."""
    if reads_all(principal):
        return _CITY
    names: list[str] = []
    if principal.has(*DIVISION_ROLES) and principal.division is not None:
        unit = edition.divisions.units.get(principal.division)
        names.append(principal.division if unit is None else unit.title_zh)
    if principal.has(CENTRE_OPERATOR) and principal.org is not None:
        query = select(known_centre.c.operator_name).where(known_centre.c.operator_code == principal.org).limit(1)
        names.append(str(await session.scalar(query) or principal.org))
    return "、".join(names)


def _write_national(path: Path, edition: Edition, year: int, subject: str, totals: Totals) -> None:
    form = edition.report_form
    book: Any = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet(f"{year}年")
    bold = book.add_format({"bold": True})
    for column, width in enumerate((10, 46, 12, 18)):
        sheet.set_column(column, column, width)
    sheet.write_string(0, 0, form.national_title, bold)
    sheet.write_string(1, 0, f"依据：{form.national_source}")
    sheet.write_string(2, 0, f"填报单位：{subject}")
    sheet.write_string(3, 0, f"报告期：{year}年，已验收季度报表 {totals.reports} 份")
    sheet.write_row(4, 0, ["代码", "指标名称", "计量单位", "数量"], bold)
    row = 5
    for line in national_lines(edition, totals):
        sheet.write_string(row, 0, line.code)
        sheet.write_string(row, 1, line.title)
        sheet.write_string(row, 2, line.unit)
        if line.value is not None:
            sheet.write_number(row, 3, float(line.value))
        row += 1
    book.close()


@dataclass(frozen=True, slots=True)
class NationalLine:
    """A line of the national layout, in its unit; without a value where no report gave one."""

    code: str
    title: str
    unit: str
    value: Fraction | None


def national_lines(edition: Edition, totals: Totals) -> list[NationalLine]:
    """By block and number. A choice becomes the number of centres that said yes, levels a line each below their sum."""
    form = edition.report_form
    fields = form.fields_of(form.version)
    found: list[NationalLine] = []
    for name, one in sorted(((name, one) for name, one in fields.items() if one.line), key=lambda pair: pair[1].line):
        unit = _THOUSANDS if one.enter_in else form.units["enterprise" if one.kind == "flag" else one.unit].title_zh
        value = totals.numbers.get(name)
        shown = None if value is None else value / Fraction(one.factor)
        found.append(NationalLine(one.line, one.title_zh, unit, shown))
        levels = totals.levels.get(name, {}) if one.kind == "by_level" else {}
        found += [
            NationalLine(
                f"{one.line}-{place}",
                f"其中：{words.title_zh}",
                unit,
                None if value is None else Fraction(levels.get(level, 0)),
            )
            for place, (level, words) in enumerate(edition.activities.levels.items(), start=1)
            if one.kind == "by_level"
        ]
    return found


def plain_totals(edition: Edition, totals: Totals) -> dict[str, JsonValue]:
    """Totals as a report has its values: amounts as texts in yuan, levels by name."""
    shown: dict[str, JsonValue] = {}
    for name, one in edition.report_form.fields.items():
        value = totals.numbers.get(name, Fraction(0))
        if one.kind == "by_level":
            shown[name] = dict(totals.levels.get(name, {}))
        else:
            shown[name] = _yuan(value) if one.kind == "amount" else int(value)
    return shown


def _yuan(value: Fraction) -> str:
    return format_money(Decimal(value.numerator) / Decimal(value.denominator))
