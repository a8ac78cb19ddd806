"""The end of a dispute."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.redemptions.disputes.models import RELEASED, Dispute
from services.vouchers.redemptions.models import Redemption
from shared.auth.principal import Principal
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.events.types import EventType


async def close_dispute(
    session: AsyncSession, redemption: Redemption, outcome: str, principal: Principal, answer: str | None = None
) -> None:
    """Note how the open dispute of a locked redemption ended, and by whom."""
    query = select(Dispute).where(Dispute.redemption_id == redemption.id, Dispute.outcome.is_(None))
    dispute = (await session.scalars(query.with_for_update())).one()
    dispute.outcome, dispute.answer = outcome, answer
    dispute.closed_by, dispute.closed_on = principal.account_id, principal.today
    await record_dispute(session, vc.DisputeClosed, dispute, principal, redemption.edition)


async def close_released(session: AsyncSession, ended: Sequence[Redemption], context: EventContext) -> None:
    """Close the disputes of redemptions that a sweep has released."""
    editions = {one.id: one.edition for one in ended if one.delivered_on is not None}
    if not editions:
        return
    statement = (
        update(Dispute)
        .where(Dispute.redemption_id.in_(editions), Dispute.outcome.is_(None))
        .values(
            outcome=RELEASED,
            closed_by=context.actor,
            closed_on=func.greatest(context.effective_on, Dispute.raised_on),
            version=Dispute.version + 1,
        )
        .returning(Dispute)
    )
    bulk = {"synchronize_session": False, "populate_existing": True}
    for dispute in await session.scalars(statement, execution_options=bulk):
        data = vc.DisputeState.model_validate(dispute, from_attributes=True)
        row = (dispute.id, dispute.version, data)
        edition = editions[dispute.redemption_id]
        await outbox.append_many(session, vc.DisputeClosed, [row], context=context, edition=edition)


async def record_dispute(
    session: AsyncSession,
    event_type: EventType[vc.DisputeState],
    dispute: Dispute,
    principal: Principal,
    edition: str,
) -> None:
    """Record what happened to a dispute; its words stay here."""
    data = vc.DisputeState.model_validate(dispute, from_attributes=True)
    await outbox.append(session, event_type, dispute, data, context=EventContext.of(principal), edition=edition)
