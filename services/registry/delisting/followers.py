"""What follows elsewhere when a centre leaves the list, delisted (2.3-5) or at its own request (2.1-1): alliances lose
the member, communities their base."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.alliances.memberships import end_with_centre
from services.registry.communities.usecases import lose_base
from shared.events.outbox import EventContext


async def follow_centre(session: AsyncSession, centre_id: UUID, context: EventContext, *, reason_code: str) -> None:
    """From the day of the context on. Idempotent: what has ended stays as it is. The caller has locked the centre."""
    await end_with_centre(session, centre_id, context.effective_on, context, reason_code=reason_code)
    await lose_base(session, centre_id, context.effective_on, context, reason_code=reason_code)
