"""Activities that fall together (4.5-2): told to whoever plans one, and never a reason to refuse it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.activities.models import Activity
from services.registry.activities.queries import read_scope
from services.registry.activities.rules import IN_CALENDAR, Slot, clash_reasons
from services.registry.activities.schemas import ClashOut
from shared.auth.principal import Principal

SHOWN: Final = 50


def slot_of(activity: Activity) -> Slot:
    """When, where and for whom it is."""
    return Slot(activity.held_on, activity.ended_on, activity.audiences, activity.place, activity.series)


async def clashes_of(session: AsyncSession, principal: Principal, activity: Activity) -> list[ClashOut]:
    """The activities of everybody that share a day with this one and its audience, place or series; cancelled and
    rejected ones do not count."""
    if activity.status not in IN_CALENDAR:
        return []
    query = (
        select(Activity, read_scope(principal).label("whole"))
        .where(
            Activity.id != activity.id,
            Activity.status.in_(IN_CALENDAR),
            Activity.held_on <= activity.ended_on,
            Activity.ended_on >= activity.held_on,
        )
        .order_by(Activity.starts_at, Activity.id)
    )
    own, found = slot_of(activity), []
    for other, whole in await session.execute(query):
        if reasons := clash_reasons(own, slot_of(other)):
            found.append(_shown(other, reasons, whole=whole or other.on_calendar))
    return found[:SHOWN]


def _shown(other: Activity, reasons: tuple[str, ...], *, whole: bool) -> ClashOut:
    return ClashOut(
        id=other.id,
        no=other.no,
        title=other.title if whole else None,
        organiser_kind=other.organiser_kind,
        series=other.series,
        audiences=other.audiences,
        place=other.place if whole else None,
        starts_at=other.starts_at,
        ends_at=other.ends_at,
        reasons=list(reasons),
    )
