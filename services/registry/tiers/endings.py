"""What ends of a centre's tiers when it leaves the list at its own request."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.tiers.models import Designation, TierApplication
from services.registry.tiers.periods import end_on
from services.registry.tiers.rules import PENDING
from services.registry.tiers.state import application_state, designation_state
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext


async def end_with_centre(
    session: AsyncSession, centre_id: UUID, context: EventContext, *, reason_code: str, rules: Sequence[str]
) -> None:
    """Refuse what was applied for or not confirmed, and end the tier with the day. The centre's row is locked."""
    open_applications = select(TierApplication).where(
        TierApplication.centre_id == centre_id, TierApplication.status.in_(PENDING)
    )
    for application in await session.scalars(open_applications.with_for_update()):
        application.status, application.reason_code = "refused", reason_code
        application.decided_on = context.effective_on
        state = application_state(application)
        await outbox.append(session, rc.TierRefused, application, state, context=context, rules=rules)
    recorded = select(Designation).where(Designation.centre_id == centre_id, Designation.status == "recorded")
    for designation in await session.scalars(recorded.with_for_update()):
        designation.status, designation.reason_code = "rejected", reason_code
        designation.decided_on = context.effective_on
        told = designation_state(designation)
        await outbox.append(session, rc.DesignationRejected, designation, told, context=context, rules=rules)
    await end_on(session, centre_id, context.effective_on)
