"""Reading use reports, and what they must agree with."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.centres import Centre, visible_to
from services.finance.grants.models import Grant
from services.finance.journal.entries import Movement
from services.finance.journal.models import JournalEntry, Posting
from services.finance.projections import known_centre
from services.finance.spending.models import SpendingLine
from services.finance.use_reports.models import UseReport
from services.finance.use_reports.rules import Account, Figures
from services.finance.use_reports.schemas import UseReportFilter, UseReportItem
from services.finance.use_reports.states import ACCEPTED, HANDED_IN
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import Page, paginate
from shared.money import ZERO
from shared.policy.edition import Editions

_MADE: Final = "made"


def _visible(principal: Principal) -> Select[UseReport]:
    return select(UseReport).join(known_centre, known_centre.c.id == UseReport.centre_id).where(visible_to(principal))


async def list_reports(session: AsyncSession, wanted: UseReportFilter, *, principal: Principal) -> Page[UseReportItem]:
    """One page of the reports of centres the caller may see, newest first."""
    statement = _visible(principal)
    columns = (
        UseReport.no,
        UseReport.grant_id,
        UseReport.centre_id,
        UseReport.year,
        UseReport.status,
        UseReport.late,
    )
    for column in columns:
        if (value := getattr(wanted, column.key)) is not None:
            statement = statement.where(column == value)
    keys = [UseReport.id.desc()]
    return await paginate(session, statement, keys=keys, params=wanted, item=UseReportItem.model_validate)


async def find_report(session: AsyncSession, report_id: UUID, *, principal: Principal) -> UseReport:
    """A report the caller may see. Raises 404."""
    report = await session.scalar(_visible(principal).where(UseReport.id == report_id))
    if report is None:
        raise not_found("use-report")
    return report


async def accounts_of(session: AsyncSession, editions: Editions, centre: Centre) -> list[Account]:
    """The paid grants of the centre, and of its operator at any centre, with the years that reports were handed in
    on."""
    theirs = or_(Grant.centre_id == centre.id, Grant.operator_code == centre.operator_code)
    reported = and_(UseReport.grant_id == Grant.id, UseReport.status.in_(HANDED_IN))
    rows = await session.execute(
        select(Grant.no, Grant.edition, Grant.paid_on, Grant.ended_on, func.array_agg(UseReport.year))
        .outerjoin(UseReport, reported)
        .where(theirs, Grant.paid_on.is_not(None))
        .group_by(Grant.id)
        .order_by(Grant.no)
    )
    return [
        Account(no, editions.get(edition), paid_on, ended_on, frozenset(filter(None, years)))
        for no, edition, paid_on, ended_on, years in rows
        if paid_on is not None
    ]


async def accepted_since(session: AsyncSession, grant_id: UUID, year: int) -> UseReport | None:
    """The grant's first accepted report that covers the year: figures are cumulative, so later ones do too."""
    covering = (UseReport.grant_id == grant_id, UseReport.year >= year, UseReport.status == ACCEPTED)
    first = select(UseReport).where(*covering).order_by(UseReport.year).limit(1)
    report: UseReport | None = await session.scalar(first)
    return report


async def figures_at(session: AsyncSession, grant: Grant, until: date) -> Figures:
    """What the grant came to by `until`: payments made by their days, money that came back by the day
    that it came, which entries of a closed period are not booked on."""
    line = SpendingLine
    made = select(
        func.coalesce(func.sum(line.amount).filter(line.eligible), ZERO),
        func.coalesce(func.sum(line.amount).filter(~line.eligible), ZERO),
    ).where(line.grant_id == grant.id, line.status == _MADE, line.spent_on <= until)
    spent, ineligible = (await session.execute(made)).one()
    happened_on = func.coalesce(JournalEntry.occurred_on, JournalEntry.effective_on)
    back = (
        select(JournalEntry.kind, func.sum(Posting.amount))
        .join(Posting, and_(Posting.entry_id == JournalEntry.id, Posting.line == 1))
        .where(JournalEntry.case_id == grant.id, happened_on <= until)
        .group_by(JournalEntry.kind)
    )
    moved = {row[0]: row[1] for row in await session.execute(back)}
    received, refunded = moved.get(Movement.PAID, ZERO), moved.get(Movement.REFUNDED, ZERO)
    recovered = moved.get(Movement.RECOVERED, ZERO) - moved.get(Movement.REPAID, ZERO)
    balance = received - spent - refunded - recovered
    return Figures(received, spent, ineligible, refunded, recovered, balance)
