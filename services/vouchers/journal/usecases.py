"""Entries of the journal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.journal.models import (
    CAPTURE,
    PROGRAMME_SUBSIDY,
    PROVIDER_PAYABLE,
    JournalEntry,
    Posting,
)
from shared.ids import uuid7


async def record_capture(
    session: AsyncSession,
    *,
    redemption_id: UUID,
    programme_id: UUID,
    provider_id: UUID,
    subsidy: Decimal,
    effective_on: date,
    actor: str,
) -> None:
    """A redeemed subsidy: debit the programme, credit the provider. The counter writes the same in its statement."""
    entry_id = uuid7()
    await session.execute(
        insert(JournalEntry).values(
            id=entry_id, kind=CAPTURE, redemption_id=redemption_id, effective_on=effective_on, actor=actor
        )
    )
    lines = ((PROGRAMME_SUBSIDY, programme_id, subsidy), (PROVIDER_PAYABLE, provider_id, -subsidy))
    await session.execute(
        insert(Posting),
        [
            {"entry_id": entry_id, "line": line, "account": account, "subject_id": subject, "amount": amount}
            for line, (account, subject, amount) in enumerate(lines, start=1)
        ],
    )
