"""Which tier a centre has on which day. Every call that changes it comes with the centre locked FOR UPDATE."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.models import Centre
from services.registry.tiers.models import TierPeriod
from services.registry.tiers.rules import decide_period
from shared.policy.decision import Decision
from shared.policy.edition import Edition
from shared.refusals import require_passed


async def begin_at_listing(session: AsyncSession, centre: Centre, day: date, document_no: str | None) -> None:
    """The tier that the centre is listed as, from the day of its listing."""
    period = TierPeriod(centre_id=centre.id, tier=centre.tier, from_on=day, basis="listing", document_no=document_no)
    session.add(period)
    await session.flush()


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


def covers(day: date) -> ColumnElement[bool]:
    """Whether the period holds on the day; its first and its last day count."""
    return and_(TierPeriod.from_on <= day, or_(TierPeriod.until_on.is_(None), TierPeriod.until_on >= day))
