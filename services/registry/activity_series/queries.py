"""The pages of the brands, and what came of each year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, and_, cast, extract, func, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.activities.models import Activity
from services.registry.activities.rules import CANCELLED, HELD, PLANNED, RETURNED, SUBMITTED, VERIFIED
from services.registry.activities.winners.models import ActivityWinner
from services.registry.activities.winners.rules import REMOVED
from services.registry.activity_series.models import ActivitySeries, ActivitySeriesYear
from services.registry.activity_series.rules import CANCELLED as YEAR_CANCELLED
from services.registry.activity_series.schemas import ActivitySeriesOut, SeriesYearFilter, YearInBriefOut
from shared.errors import not_found
from shared.ids import uuid7
from shared.policy.edition import Edition

YEAR_OF: Final = cast(extract("year", Activity.held_on), Integer)
_HELD: Final = (HELD, SUBMITTED, RETURNED)


async def open_pages(session: AsyncSession, edition: Edition) -> None:
    """See that every brand of the edition has its page; a new edition's appear by themselves."""
    known = set(await session.scalars(select(ActivitySeries.code)))
    missing = [{"id": uuid7(), "code": code} for code in edition.activities.series if code not in known]
    if missing:
        await session.execute(insert(ActivitySeries).values(missing).on_conflict_do_nothing(index_elements=["code"]))


async def find_series(session: AsyncSession, series_id: UUID, *, lock: bool = False) -> ActivitySeries:
    """One brand. Raises 404."""
    query = select(ActivitySeries).where(ActivitySeries.id == series_id)
    found: ActivitySeries | None = await session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise not_found("activity-series")
    return found


async def find_year(session: AsyncSession, series_id: UUID, year_id: UUID, *, lock: bool = False) -> ActivitySeriesYear:
    """One year of that brand. Raises 404."""
    year = ActivitySeriesYear
    query = select(year).where(year.id == year_id, year.series_id == series_id)
    found: ActivitySeriesYear | None = await session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise not_found("activity-series-year")
    return found


def years_matching(series_id: UUID, wanted: SeriesYearFilter) -> ColumnElement[bool]:
    """The filters of a brand's years."""
    year = ActivitySeriesYear
    conditions: list[ColumnElement[bool]] = [year.series_id == series_id]
    if wanted.year is not None:
        conditions.append(year.year == wanted.year)
    if wanted.status is not None:
        conditions.append(year.status == wanted.status)
    return and_(true(), *conditions)


async def pages_out(
    session: AsyncSession, edition: Edition, series: Sequence[ActivitySeries]
) -> list[ActivitySeriesOut]:
    """The pages with their years. A brand that the edition no longer has keeps its code for a name."""
    years = await _years(session, [page.code for page in series])
    return [_page(edition, page, years[page.code]) for page in series]


def _page(edition: Edition, page: ActivitySeries, years: dict[int, YearInBriefOut]) -> ActivitySeriesOut:
    words = edition.activities.series.get(page.code)
    return ActivitySeriesOut(
        id=page.id,
        code=page.code,
        title_zh=words.title_zh if words else page.code,
        title_en=words.title_en if words else page.code,
        lead=words.lead.value if words else "",
        clause=words.lead.clause if words else "",
        years=[years[year] for year in sorted(years, reverse=True)],
    )


async def _years(session: AsyncSession, codes: Sequence[str]) -> defaultdict[str, dict[int, YearInBriefOut]]:
    found: defaultdict[str, dict[int, YearInBriefOut]] = defaultdict(dict)
    announced = ActivitySeriesYear
    living = await session.scalars(
        select(announced).where(announced.series.in_(codes), announced.status != YEAR_CANCELLED)
    )
    for row in living:
        found[row.series][row.year] = _brief(row.year, row)
    for code, year, counts in await _counted(session, codes):
        brief = found[code].get(year) or _brief(year, None)
        found[code][year] = brief.model_copy(update=counts)
    return found


def _brief(year: int, announced: ActivitySeriesYear | None) -> YearInBriefOut:
    return YearInBriefOut(
        year=year,
        title=announced.title if announced else None,
        status=announced.status if announced else None,
        alliance=announced.alliance if announced else None,
        planned=0,
        held=0,
        verified=0,
        cancelled=0,
        heads=0,
        winners=0,
    )


async def _counted(session: AsyncSession, codes: Sequence[str]) -> list[tuple[str, int, dict[str, int]]]:
    won = (
        select(func.count())
        .where(ActivityWinner.activity_id == Activity.id, ActivityWinner.status != REMOVED)
        .correlate(Activity)
        .scalar_subquery()
    )
    each = (
        select(Activity.series, YEAR_OF.label("year"), Activity.status, Activity.heads, won.label("winners")).where(
            Activity.series.in_(codes), Activity.on_calendar
        )
    ).subquery()
    verified = each.c.status == VERIFIED
    query = select(
        each.c.series,
        each.c.year,
        func.count().filter(each.c.status == PLANNED),
        func.count().filter(each.c.status.in_(_HELD)),
        func.count().filter(verified),
        func.count().filter(each.c.status == CANCELLED),
        func.coalesce(func.sum(each.c.heads).filter(verified), 0),
        func.coalesce(func.sum(each.c.winners), 0),
    ).group_by(each.c.series, each.c.year)
    names = ("planned", "held", "verified", "cancelled", "heads", "winners")
    rows = await session.execute(query)
    return [(row[0], row[1], {name: int(row[at + 2]) for at, name in enumerate(names)}) for row in rows]
