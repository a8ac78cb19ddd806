"""What ends with a centre that leaves the list at its own request."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.operators.models import OperatorChange
from services.registry.operators.rules import OPEN
from services.registry.operators.state import change_state
from services.registry.qualifications.cases import qualification_state
from services.registry.qualifications.models import Qualification
from services.registry.qualifications.rules import PENDING
from services.registry.tiers.endings import end_with_centre
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext

REASON_WITHDRAWN: Final = "centre_withdrawn"
RULES: Final = ("centre.withdrawal",)


async def end_open_applications(session: AsyncSession, centre_id: UUID, context: EventContext) -> None:
    """Refuse what the centre had applied for and what was not decided: titles, tiers, and a change of operator; its
    tier ends with that day. The centre's row is locked, so nothing new is applied for meanwhile."""
    titles = select(Qualification).where(Qualification.centre_id == centre_id, Qualification.status.in_(PENDING))
    for title in await session.scalars(titles.order_by(Qualification.id).with_for_update()):
        title.status, title.reason_code = "refused", REASON_WITHDRAWN
        title.decided_on = context.effective_on
        state = qualification_state(title)
        await outbox.append(session, rc.QualificationRefused, title, state, context=context, rules=RULES)
    await end_with_centre(session, centre_id, context, reason_code=REASON_WITHDRAWN, rules=RULES)
    changes = select(OperatorChange).where(OperatorChange.centre_id == centre_id, OperatorChange.status.in_(OPEN))
    for change in await session.scalars(changes.with_for_update()):
        change.status, change.refusal_code = "refused", REASON_WITHDRAWN
        change.decided_on = context.effective_on
        await outbox.append(
            session, rc.OperatorChangeRefused, change, change_state(change), context=context, rules=RULES
        )
