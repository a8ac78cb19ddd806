"""Telling what became of a referral."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.referrals.models import Referral
from shared.events import outbox
from shared.events.contracts.finance.banking import ReferralState
from shared.events.outbox import EventContext
from shared.events.types import EventType


async def tell(
    session: AsyncSession,
    event_type: EventType[ReferralState],
    referral: Referral,
    context: EventContext,
    rules: Sequence[str],
) -> None:
    """Append the event with the referral as it now stands."""
    data = ReferralState.model_validate({name: getattr(referral, name) for name in ReferralState.model_fields})
    await outbox.append(
        session, event_type, referral, data, context=context, rules=tuple(rules), edition=referral.edition
    )
