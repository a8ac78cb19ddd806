"""The library's year in numbers (4.8-4)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from services.registry.project_library import rules
from services.registry.project_library.models import LibraryClaim, LibraryFollowUp, LibraryItem, LibrarySwitch
from services.registry.project_library.schemas import LibraryYearOut

Day = InstrumentedAttribute[date] | InstrumentedAttribute[date | None]


async def library_year(session: AsyncSession, year: int) -> LibraryYearOut:
    """What was put up and chosen in the year, and what became of the choices that ended in it."""
    first, last = date(year, 1, 1), date(year, 12, 31)

    def within(day: Day) -> ColumnElement[bool]:
        return day.between(first, last)

    async def count(what: ColumnElement[int], *conditions: ColumnElement[bool] | InstrumentedAttribute[bool]) -> int:
        return await session.scalar(select(what).where(*conditions)) or 0

    switch, claim = LibrarySwitch, LibraryClaim
    ended = select(claim.status, claim.reason_code, func.count()).where(within(claim.ended_on))
    outcomes = (await session.execute(ended.group_by(claim.status, claim.reason_code))).all()
    reasons = {reason or "": number for status, reason, number in outcomes if status == rules.ABANDONED}
    put_up = func.count(switch.item_id.distinct())
    return LibraryYearOut(
        year=year,
        first_published=await count(func.count(LibraryItem.id), within(LibraryItem.first_published_on)),
        published=await count(put_up, switch.public, within(switch.switched_on)),
        public_at_the_end=await count(put_up, _latest_by(last)),
        claimed=await count(func.count(claim.id), within(claim.claimed_on)),
        in_follow_up_at_the_end=await count(func.count(claim.id), _current_on(last)),
        follow_ups=await count(func.count(LibraryFollowUp.id), within(LibraryFollowUp.held_on)),
        succeeded=sum(number for status, _, number in outcomes if status == rules.SUCCEEDED),
        abandoned=sum(reasons.values()),
        abandoned_by_reason=dict(sorted(reasons.items())),
        lapsed=sum(number for status, _, number in outcomes if status == rules.LAPSED),
    )


def _latest_by(day: date) -> ColumnElement[bool]:
    """The last entry of a project's switch by the day, and it says on."""
    later = aliased(LibrarySwitch)
    follows = select(later.id).where(
        later.item_id == LibrarySwitch.item_id, later.switched_on <= day, later.id > LibrarySwitch.id
    )
    return and_(LibrarySwitch.public, LibrarySwitch.switched_on <= day, ~follows.exists())


def _current_on(day: date) -> ColumnElement[bool]:
    """Chosen by the day, and not over on it."""
    return and_(
        LibraryClaim.claimed_on <= day,
        or_(LibraryClaim.ended_on.is_(None), LibraryClaim.ended_on > day),
    )
