"""Which tier a centre has on which day. Every call that changes it comes with the centre locked FOR UPDATE."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, and_, case, func, literal, null, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from services.registry.centres.models import Centre
from services.registry.tiers.models import Designation, TierPeriod
from services.registry.tiers.rules import decide_period, entry_tiers
from shared.policy.decision import Decision
from shared.policy.edition import Edition
from shared.refusals import require_passed


async def begin_at_listing(session: AsyncSession, centre: Centre, day: date, document_no: str | None) -> None:
    """The tier that the centre is listed as, from the day of its listing."""
    session.add(listing_period(centre, day, document_no))
    await session.flush()


def listing_period(centre: Centre, day: date, document_no: str | None) -> TierPeriod:
    """The period that a listing begins; not yet written."""
    return TierPeriod(centre_id=centre.id, tier=centre.tier, from_on=day, basis="listing", document_no=document_no)


async def end_on(session: AsyncSession, centre_id: UUID, day: date) -> None:
    """The last day of the present tier, where the centre leaves the list by itself; nothing where it has none."""
    running = await running_period(session, centre_id)
    if running is not None:
        running.until_on = max(day, running.from_on)
        await session.flush()


async def change_tier(
    session: AsyncSession,
    edition: Edition,
    centre: Centre,
    tier: str,
    day: date,
    *,
    basis: str,
    document_no: str,
    source_id: UUID,
) -> Decision:
    """Another tier from the day on. Raises 409 `tier-change-too-early` unless the present one began before it."""
    running = await running_period(session, centre.id)
    if running is None:
        raise LookupError(f"centre {centre.id} has no tier: it is not listed")
    decision = require_passed(decide_period(edition, running.from_on, day))
    running.until_on = day - timedelta(days=1)
    await session.flush()
    session.add(
        TierPeriod(
            centre_id=centre.id,
            tier=tier,
            from_on=day,
            follows_on=running.until_on,
            basis=basis,
            document_no=document_no,
            source_id=source_id,
        )
    )
    centre.tier = tier
    await session.flush()
    return decision


async def running_period(session: AsyncSession, centre_id: UUID) -> TierPeriod | None:
    """The period without an end."""
    query = select(TierPeriod).where(TierPeriod.centre_id == centre_id, TierPeriod.until_on.is_(None))
    period: TierPeriod | None = await session.scalar(query.execution_options(populate_existing=True))
    return period


def runs_on(period: ReadOnlyColumnCollection[str, Any], day: date) -> ColumnElement[bool]:
    """Whether a period of `periods_as_of` holds on the day; its first and its last day count."""
    return and_(period.from_on <= day, or_(period.until_on.is_(None), period.until_on >= day))


def _before(edition: Edition) -> ColumnElement[str]:
    """The last tier of a period's centre that the city approves, or that of a centre just listed."""
    approved = [name for name, tier in edition.tiers.items() if tier.city_approves.value]
    earlier = aliased(TierPeriod)
    last = (
        select(earlier.tier)
        .where(earlier.centre_id == TierPeriod.centre_id, earlier.tier.in_(approved))
        .order_by(earlier.from_on.desc())
        .limit(1)
    )
    return func.coalesce(last.correlate(TierPeriod).scalar_subquery(), entry_tiers(edition)[0])


def _lapsed(today: date) -> ColumnElement[bool]:
    """2.1-3: a period that runs on although the designation behind it is over; the daily work has not been there."""
    return and_(
        Designation.id == TierPeriod.source_id,
        TierPeriod.until_on.is_(None),
        Designation.status == "confirmed",
        Designation.valid_until < today,
    )


def periods_as_of(edition: Edition, today: date) -> Subquery:
    """The periods with what has run out by today, whether or not it is recorded. What follows a designation that is
    over has that designation's id, before it is recorded and after."""
    last_day = func.greatest(TierPeriod.from_on, Designation.valid_until)
    kept = select(
        TierPeriod.id,
        TierPeriod.centre_id,
        TierPeriod.tier,
        TierPeriod.from_on,
        func.coalesce(TierPeriod.until_on, case((Designation.id.is_not(None), last_day))).label("until_on"),
        TierPeriod.basis,
        TierPeriod.document_no,
        TierPeriod.source_id,
    ).outerjoin(Designation, _lapsed(today))
    again = select(
        Designation.id,
        TierPeriod.centre_id,
        _before(edition),
        last_day + 1,
        null(),
        literal("designation_end"),
        null(),
        Designation.id,
    ).join(Designation, _lapsed(today))
    return union_all(kept, again).subquery("tier_period_as_of")


def tier_today(edition: Edition, today: date) -> ColumnElement[Any]:
    """The tier of a centre as it stands today."""
    again = (
        select(_before(edition))
        .select_from(TierPeriod)
        .join(Designation, _lapsed(today))
        .where(TierPeriod.centre_id == Centre.id)
    )
    return func.coalesce(again.correlate(Centre).scalar_subquery(), Centre.tier)


async def tiers_again(
    session: AsyncSession, edition: Edition, centre_ids: Sequence[UUID], today: date
) -> dict[UUID, str]:
    """Of these centres those whose designation is over by today without a record of it, and the tier they have."""
    query = (
        select(TierPeriod.centre_id, _before(edition))
        .join(Designation, _lapsed(today))
        .where(TierPeriod.centre_id.in_(centre_ids))
    )
    return {row[0]: row[1] for row in await session.execute(query)}


async def tier_without_designation(session: AsyncSession, edition: Edition, centre: Centre, day: date) -> str:
    """The tier that a centre takes up again on the day: its own, but not one whose last designation is over by then."""
    last = (
        select(TierPeriod.id, _before(edition), Designation.ended_on, Designation.valid_until)
        .join(Designation, Designation.id == TierPeriod.source_id)
        .where(TierPeriod.centre_id == centre.id, TierPeriod.tier == centre.tier)
        .order_by(TierPeriod.from_on.desc())
        .limit(1)
    )
    found = (await session.execute(last)).one_or_none()
    last_day = None if found is None else found[2] or found[3]
    if found is None or last_day is None or last_day >= day:
        return centre.tier
    return str(found[1])
