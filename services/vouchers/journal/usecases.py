"""Entries of the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.base import table_of
from services.vouchers.journal.models import (
    CAPTURE,
    PROGRAMME_SUBSIDY,
    PROVIDER_PAYABLE,
    REVERSAL,
    JournalEntry,
    Posting,
)
from shared.bulk import insert_rows
from shared.ids import uuid7

Account = tuple[str, UUID]
"""An account's code and subject."""


@dataclass(frozen=True, slots=True)
class Move:
    """Why an amount moves from one account (credit) to another (debit); yuan. `ordinal` is the entry's number among
    those of its kind and redemption."""

    kind: str
    redemption_id: UUID
    amount: Decimal
    debit: Account
    credit: Account
    ordinal: int = 1
    settlement_id: UUID | None = None
    recovery_id: UUID | None = None


async def post_moves(session: AsyncSession, moves: Sequence[Move], *, effective_on: date, actor: str) -> None:
    """Write the entries of many moves at once. A second entry of a kind with the same ordinal is an IntegrityError on
    `uq_journal_entry_redemption_kind`, whatever else went wrong before."""
    entries: list[dict[str, object]] = []
    lines: list[dict[str, object]] = []
    for move in moves:
        entry_id = uuid7()
        entries.append(
            {
                "id": entry_id,
                "kind": move.kind,
                "redemption_id": move.redemption_id,
                "ordinal": move.ordinal,
                "settlement_id": move.settlement_id,
                "recovery_id": move.recovery_id,
                "effective_on": effective_on,
                "actor": actor,
            }
        )
        for line, ((account, subject), amount) in enumerate(
            ((move.debit, move.amount), (move.credit, -move.amount)), start=1
        ):
            lines.append(
                {"entry_id": entry_id, "line": line, "account": account, "subject_id": subject, "amount": amount}
            )
    await insert_rows(session, table_of(JournalEntry), entries)
    await insert_rows(session, table_of(Posting), lines)


async def next_ordinal(session: AsyncSession, redemption_id: UUID, kind: str) -> int:
    """The number of the redemption's next entry of the kind; the redemption's row, or what stands for it in the case,
    is locked by the caller."""
    entry = JournalEntry
    query = select(func.coalesce(func.max(entry.ordinal), 0) + 1).where(
        entry.redemption_id == redemption_id, entry.kind == kind
    )
    return (await session.execute(query)).scalar_one()


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
    move = Move(CAPTURE, redemption_id, subsidy, (PROGRAMME_SUBSIDY, programme_id), (PROVIDER_PAYABLE, provider_id))
    await post_moves(session, [move], effective_on=effective_on, actor=actor)


async def record_reversal(
    session: AsyncSession,
    *,
    redemption_id: UUID,
    programme_id: UUID,
    provider_id: UUID,
    amount: Decimal,
    effective_on: date,
    actor: str,
) -> None:
    """A captured subsidy, or a part of it, is not owed after all: debit the provider, credit the programme. A
    redemption may be reversed in parts: each is an entry of its own. The caller holds the redemption FOR UPDATE.

    Where the subsidy was paid already, the provider's account is in debit until the recovery
    (`recoveries.usecases.open_recovery`) is decided.
    """
    ordinal = await next_ordinal(session, redemption_id, REVERSAL)
    move = Move(
        REVERSAL,
        redemption_id,
        amount,
        (PROVIDER_PAYABLE, provider_id),
        (PROGRAMME_SUBSIDY, programme_id),
        ordinal=ordinal,
    )
    await post_moves(session, [move], effective_on=effective_on, actor=actor)
