"""Loading a change of profile with the locks that a step needs, and the days it comes after."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.models import Centre
from services.registry.centres.queries import lock_for_change
from services.registry.profile_changes.models import ProfileChange
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.events.contracts import registry as rc
from shared.kernel_tables import event_log


async def lock_for_step(
    session: AsyncSession, principal: Principal, centre_id: UUID, change_id: UUID
) -> tuple[ProfileChange, Centre]:
    """The change and its centre, locked. Raises 404."""
    centre = await lock_for_change(session, principal, centre_id)
    mine = (ProfileChange.id == change_id, ProfileChange.centre_id == centre_id)
    change = await session.scalar(
        select(ProfileChange).where(*mine).with_for_update(), execution_options={"populate_existing": True}
    )
    if change is None:
        raise not_found("profile-change")
    return change, centre


async def last_state_of(session: AsyncSession, centre_id: UUID, today: date) -> date | None:
    """The latest day, up to today, from which a state of the centre holds."""
    day = event_log.c.effective_on
    mine = (event_log.c.topic == rc.CENTRE.name, event_log.c.aggregate_id == centre_id, day <= today)
    last: date | None = await session.scalar(select(func.max(day)).where(*mine))
    return last
