"""An activity becomes part of its brand's year."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.activities.models import Activity
from services.registry.activity_series.models import ActivitySeriesYear
from services.registry.activity_series.rules import CANCELLED, CLOSED
from shared.errors import DomainError


async def join_year(session: AsyncSession, activity: Activity) -> None:
    """Take the alliance of the brand's year where the activity names none. The year stays open meanwhile; 409
    `series-year-closed` where it was closed, since what came of it has been told."""
    if activity.series is None:
        return
    year = ActivitySeriesYear
    query = select(year).where(
        year.series == activity.series, year.year == activity.held_on.year, year.status != CANCELLED
    )
    joined: ActivitySeriesYear | None = await session.scalar(query.with_for_update(read=True))
    if joined is None:
        return
    if joined.status == CLOSED:
        raise DomainError("series-year-closed", 409, params={"no": joined.no}, clauses=["4.5-3"])
    if activity.alliance is None:
        activity.alliance = joined.alliance
