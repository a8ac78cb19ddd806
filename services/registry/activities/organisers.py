"""Who may enter an activity of whom."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.activities.models import Activity
from services.registry.activities.queries import EDITORS, alliances_of, author_centres, departments_of
from services.registry.activities.rules import ALLIANCE, BUREAU, CENTRE, DIVISION
from services.registry.activities.schemas import PlanActivity
from services.registry.activity_series.models import ActivitySeriesYear
from services.registry.activity_series.rules import CANCELLED
from services.registry.alliances.models import AllianceMember
from services.registry.alliances.queries import member_on
from services.registry.centres.models import Centre
from services.registry.centres.rules import STANDING, require_state
from services.registry.policy import edition_at, require_known
from shared.auth.principal import Principal
from shared.auth.roles import DIVISION_OFFICER
from shared.errors import DomainError, forbidden, not_found
from shared.http.validation import PayloadInvalid
from shared.policy.edition import Editions

_NAMED_BY = {CENTRE: "centre_id", DIVISION: "division", BUREAU: "department", ALLIANCE: "alliance"}


async def require_organiser(
    session: AsyncSession, editions: Editions, principal: Principal, sent: PlanActivity
) -> str | None:
    """The organiser is named, and the caller's own or, for the editors, anybody's. Returns the division of a centre.

    Raises 422 for one that is not named by the one field of its kind, 404 for somebody else's centre, 409 for one that
    is not on the list, 403 for another division, department or alliance.
    """
    field = _NAMED_BY[sent.organiser_kind]
    if getattr(sent, field) is None:
        raise PayloadInvalid.at(field, "missing")
    for other in ("centre_id", "division", "department"):
        if other != field and getattr(sent, other) is not None:
            raise PayloadInvalid.at(other, "not_of_this_organiser")
    if sent.organiser_kind == CENTRE:
        return await _centre(session, principal, sent)
    edition = edition_at(editions, principal.today)
    if sent.organiser_kind == DIVISION:
        require_known("division", [sent.division or ""], edition.divisions.units)
        own = principal.has(DIVISION_OFFICER) and principal.division == sent.division
    elif sent.organiser_kind == BUREAU:
        require_known("department", [sent.department or ""], edition.departments)
        own = sent.department in departments_of(principal)
    else:
        require_known("alliance", [sent.alliance or ""], edition.alliances.kinds)
        own = sent.alliance in alliances_of(principal)
    if not own and not principal.has(*EDITORS):
        raise forbidden()
    return None


async def require_member(session: AsyncSession, activity: Activity, day: date) -> None:
    """4.6-1: a centre holds something through an alliance that it is a member of, on the activity's first day as far as
    that has come; the alliance of a brand's year was named by whoever leads the brand. Raises 409
    `activity-alliance-no-member`."""
    if activity.organiser_kind != CENTRE or activity.alliance is None or await _is_the_brands(session, activity):
        return
    on = min(activity.held_on, day)
    query = select(AllianceMember.id).where(
        AllianceMember.alliance == activity.alliance, AllianceMember.centre_id == activity.centre_id, member_on(on)
    )
    if await session.scalar(query.limit(1)) is None:
        params = {"alliance": activity.alliance, "day": on}
        raise DomainError("activity-alliance-no-member", 409, params=params, clauses=["4.6-1"])


async def _is_the_brands(session: AsyncSession, activity: Activity) -> bool:
    year = ActivitySeriesYear
    query = select(year.id).where(
        year.series == activity.series,
        year.year == activity.held_on.year,
        year.alliance == activity.alliance,
        year.status != CANCELLED,
    )
    return activity.series is not None and await session.scalar(query.limit(1)) is not None


async def _centre(session: AsyncSession, principal: Principal, sent: PlanActivity) -> str:
    """The centre's division, the centre locked so that it is not delisted meanwhile."""
    query = select(Centre).where(Centre.id == sent.centre_id, author_centres(principal))
    centre: Centre | None = await session.scalar(query.with_for_update(read=True, of=Centre))
    if centre is None:
        raise not_found("centre")
    require_state(centre.status, STANDING)
    return centre.owner_division
