"""What the journal says of one redemption: owed to its provider, paid, and claimed back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.journal.models import (
    ISSUER_BANK,
    PAYMENT,
    PAYMENT_RETURNED,
    PROVIDER_PAYABLE,
    JournalEntry,
    Posting,
)
from services.vouchers.recoveries import states
from services.vouchers.recoveries.models import Recovery
from shared.money import ZERO


@dataclass(frozen=True, slots=True)
class Owed:
    """Yuan. `payable` is what is owed to the provider, negative where a paid subsidy was reversed; `paid` has left for
    it and not come back."""

    payable: Decimal
    paid: Decimal


async def owed_for(session: AsyncSession, redemption_ids: Collection[UUID]) -> Mapping[UUID, Owed]:
    """By redemption; nothing for one that was never captured."""
    entry, posting = JournalEntry, Posting
    payable = -func.sum(posting.amount).filter(posting.account == PROVIDER_PAYABLE)
    paid = -func.sum(posting.amount).filter(posting.account == ISSUER_BANK, entry.kind.in_((PAYMENT, PAYMENT_RETURNED)))
    query = (
        select(entry.redemption_id, func.coalesce(payable, ZERO), func.coalesce(paid, ZERO))
        .join(posting, posting.entry_id == entry.id)
        .where(entry.redemption_id.in_(redemption_ids))
        .group_by(entry.redemption_id)
    )
    return {redemption: Owed(owed, left) for redemption, owed, left in await session.execute(query)}


async def claimed_back(session: AsyncSession, redemption_id: UUID) -> Decimal:
    """What recoveries of the redemption claim or have claimed, those dropped left out."""
    claimed = func.coalesce(func.sum(func.coalesce(Recovery.due, Recovery.amount)), ZERO)
    query = select(claimed).where(Recovery.redemption_id == redemption_id, Recovery.status != states.DROPPED)
    return (await session.execute(query)).scalar_one()
