"""Changes of profile that end with their centre."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import TableValuedAlias, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.profile_changes.models import ProfileChange
from services.registry.profile_changes.rules import OPEN
from services.registry.profile_changes.state import profile_change_state
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext


async def refuse_with_delisting(session: AsyncSession, orders: TableValuedAlias) -> Sequence[ProfileChange]:
    """2.3-5: pending changes of a delisted centre. One made after the ban is not touched, however late a reminder
    comes."""
    order, change = orders.c, ProfileChange
    statement = (
        update(change)
        .where(
            change.centre_id == order.centre_id,
            change.status.in_(OPEN),
            change.applied_on <= order.last_barred_day,
        )
        .values(
            status="refused",
            decided_on=order.published_on,
            refusal_code="centre_delisted",
            refused_case_id=order.case_id,
            version=change.version + 1,
        )
        .returning(change)
    )
    options = {"synchronize_session": False, "populate_existing": True}
    return (await session.scalars(statement, execution_options=options)).all()


async def refuse_with_withdrawal(
    session: AsyncSession, centre_id: UUID, context: EventContext, *, reason_code: str, rules: Sequence[str]
) -> None:
    """The pending change of a centre that leaves the list; the centre's row is locked."""
    pending = select(ProfileChange).where(ProfileChange.centre_id == centre_id, ProfileChange.status.in_(OPEN))
    for change in await session.scalars(pending.with_for_update()):
        change.status, change.refusal_code = "refused", reason_code
        change.decided_on = context.effective_on
        state = profile_change_state(change)
        await outbox.append(session, rc.ProfileChangeRefused, change, state, context=context, rules=rules)
