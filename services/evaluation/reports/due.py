"""Which reports are missing: due soon, overdue, or sent back and not yet corrected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    Text,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    values,
)
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import in_scope
from services.evaluation.base import AnyRow
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.projections import REPORTING, known_centre
from services.evaluation.reports.models import QuarterlyReport, ReportReturn
from services.evaluation.reports.rules import OPEN, call_from, due_day, last_day, quarters_to_call
from shared.auth.principal import Principal
from shared.http.paging import Page, PageParams, SortKey, paginate
from shared.policy.edition import Editions

T = TypeVar("T")
DueState: TypeAlias = Literal["due_soon", "overdue", "correction_due", "correction_overdue"]
DUE_STATES: Final = ("due_soon", "overdue", "correction_due", "correction_overdue")


@dataclass(frozen=True, slots=True)
class Period:
    """A quarter whose reports are called for."""

    year: int
    quarter: int
    due_on: date


@dataclass(frozen=True, slots=True)
class DueItem:
    """A report that somebody has to hand in: for the first time, or again by `due_on` where it was sent back.
    `report_id` is None where nothing was drafted yet."""

    centre_id: UUID
    centre_no: str
    centre_name: str
    operator_code: str
    year: int
    quarter: int
    due_on: date
    state: DueState
    report_id: UUID | None
    report_no: str | None


def periods(editions: Editions, today: date) -> list[Period]:
    """2.3-2: the quarters whose reports are called for on the day. None that fell due before the policy's burdens began
    (6-1), and none of quarters that no edition was in force at the end of."""
    found: list[Period] = []
    for year, quarter in quarters_to_call(today):
        edition = editions.in_force_on(last_day(year, quarter))
        if edition is None:
            continue
        due_on = due_day(edition, year, quarter).day
        if due_on >= edition.validity.burdens_from.value and call_from(edition, due_on) <= today:
            found.append(Period(year, quarter, due_on))
    return found


async def due_items(
    session: AsyncSession,
    editions: Editions,
    today: date,
    *,
    scope: ColumnElement[bool] | None = None,
    limit: int | None = None,
) -> list[DueItem]:
    """The missing reports of the centres in scope (a condition on `known_centre`), the longest overdue first.

    A year whose results were announced is over: nothing of it is called for any more.
    """
    called = periods(editions, today)
    if not called:
        return []
    query = missing_reports(called, today).where(true() if scope is None else scope)
    ordered = query.order_by(column("due_on"), known_centre.c.no).limit(limit)
    return [DueItem(**row._mapping) for row in await session.execute(ordered)]


async def due_page(
    session: AsyncSession, editions: Editions, principal: Principal, wanted: PageParams, item: Callable[[AnyRow], T]
) -> Page[T]:
    """A page of the same, of the caller's scope."""
    called = periods(editions, principal.today)
    if not called:
        return Page(items=[], next=None)
    missing = missing_reports(called, principal.today).where(due_scope(principal)).subquery("missing").c
    keys: list[SortKey] = [missing.due_on, missing.centre_no, missing.year, missing.quarter]
    return await paginate(session, select(*missing), keys=keys, params=wanted, item=item)


def missing_reports(called: Sequence[Period], today: date) -> Select[*tuple[AnyRow, ...]]:
    """One row for each centre and quarter, with the columns of `DueItem`."""
    period = values(
        column("year", Integer),
        column("quarter", Integer),
        column("ends_on", Date),
        column("due_on", Date),
        name="period",
    ).data([(one.year, one.quarter, last_day(one.year, one.quarter), one.due_on) for one in called])
    centre, report, sent_back = known_centre.c, QuarterlyReport, ReportReturn
    due_on = func.coalesce(sent_back.correction_due_on, period.c.due_on)
    missed = due_on < cast(literal(today), Date)
    returned = report.status == "returned"
    state = case(
        (and_(returned, missed), "correction_overdue"),
        (returned, "correction_due"),
        (missed, "overdue"),
        else_="due_soon",
    )
    same = and_(report.centre_id == centre.id, report.year == period.c.year, report.quarter == period.c.quarter)
    newest = and_(returned, sent_back.report_id == report.id, sent_back.revision == report.revision)
    over = exists().where(EvaluationCycle.year == period.c.year, EvaluationCycle.status.not_in(OPEN))
    return (
        select(
            centre.id.label("centre_id"),
            centre.no.label("centre_no"),
            centre.name.label("centre_name"),
            centre.operator_code.label("operator_code"),
            period.c.year,
            period.c.quarter,
            due_on.label("due_on"),
            cast(state, Text).label("state"),
            report.id.label("report_id"),
            report.no.label("report_no"),
        )
        .select_from(known_centre.join(period, _owes(period.c.ends_on)))
        .outerjoin(report, same)
        .outerjoin(sent_back, newest)
        .where(or_(report.id.is_(None), report.status.in_(["draft", "returned"])), ~over)
    )


def _owes(ends_on: ColumnElement[date]) -> ColumnElement[bool]:
    """2.3-2: the centre was listed on the quarter's last day, and no decision against it is published."""
    centre = known_centre.c
    return and_(
        centre.status.in_(REPORTING),
        centre.delisting_case_id.is_(None),
        centre.listed_on <= ends_on,
        or_(centre.delisted_on.is_(None), centre.delisted_on > ends_on),
        or_(centre.withdrawn_on.is_(None), centre.withdrawn_on > ends_on),
    )


def due_scope(principal: Principal) -> ColumnElement[bool]:
    """2.3-2: the centres whose missing reports the caller may see, as a condition on `known_centre`."""
    return in_scope(principal, known_centre.c.id)
