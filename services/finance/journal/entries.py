"""Writing journal entries: each kind of movement debits one account and credits another, of one centre and year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.journal.models import JournalEntry, Posting
from shared.events.outbox import EventContext
from shared.ids import uuid7


class Account(StrEnum):
    """Accounts of the grant programme; `committed` mirrors what the ceilings hold."""

    AUTHORITY = "grants.authority"
    COMMITTED = "grants.committed"
    TREASURY = "grants.treasury"
    ADVANCE = "grants.advance"
    EXPENDITURE = "grants.expenditure"
    RECEIVABLE = "grants.receivable"


class Movement(StrEnum):
    """What an entry is about."""

    COMMITTED = "grant_committed"
    RELEASED = "grant_released"
    PAID = "grant_paid"
    SPENT = "grant_spent"
    REFUNDED = "grant_refunded"
    RECOVERY_OPENED = "grant_recovery_opened"
    RECOVERED = "grant_recovered"


_DEBIT_CREDIT: Final[Mapping[Movement, tuple[Account, Account]]] = {
    Movement.COMMITTED: (Account.COMMITTED, Account.AUTHORITY),
    Movement.RELEASED: (Account.AUTHORITY, Account.COMMITTED),
    Movement.PAID: (Account.ADVANCE, Account.TREASURY),
    Movement.SPENT: (Account.EXPENDITURE, Account.ADVANCE),
    Movement.REFUNDED: (Account.TREASURY, Account.ADVANCE),
    Movement.RECOVERY_OPENED: (Account.RECEIVABLE, Account.ADVANCE),
    Movement.RECOVERED: (Account.TREASURY, Account.RECEIVABLE),
}


class GrantRow(Protocol):
    """A grant, from the model or from a statement's RETURNING, after its event: the version names that event."""

    @property
    def id(self) -> UUID: ...
    @property
    def no(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def centre_id(self) -> UUID: ...
    @property
    def fiscal_year(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Move:
    """One movement of one grant: a positive amount in yuan."""

    movement: Movement
    grant: GrantRow
    amount: Decimal
    effective_on: date
    actor: str


async def post(
    session: AsyncSession, movement: Movement, grant: GrantRow, amount: Decimal, context: EventContext
) -> None:
    """Write one entry, after the event that it belongs to was appended."""
    await post_many(session, [Move(movement, grant, amount, context.effective_on, context.actor)])


async def post_many(session: AsyncSession, moves: Sequence[Move]) -> None:
    """Write an entry for each move in two statements. A release names the commitment that it reverses.

    Raises ValueError for an amount that is not positive: a correction is another movement, never a negative one.
    """
    if not moves:
        return
    if any(move.amount <= 0 for move in moves):
        raise ValueError("a movement has a positive amount")
    reversed_ids = await _commitments(session, [m.grant.id for m in moves if m.movement is Movement.RELEASED])
    entries = [_entry(move, reversed_ids) for move in moves]
    await session.execute(insert(JournalEntry), entries)
    await session.execute(
        insert(Posting), [line for entry, move in zip(entries, moves, strict=True) for line in _lines(entry, move)]
    )


async def _commitments(session: AsyncSession, grant_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    if not grant_ids:
        return {}
    rows = await session.execute(
        select(JournalEntry.case_id, JournalEntry.id).where(
            JournalEntry.case_id.in_(grant_ids), JournalEntry.kind == Movement.COMMITTED
        )
    )
    return {row.case_id: row.id for row in rows}


def _entry(move: Move, reversed_ids: Mapping[UUID, UUID]) -> dict[str, object]:
    return {
        "id": uuid7(),
        "kind": move.movement.value,
        "case_id": move.grant.id,
        "case_no": move.grant.no,
        "case_version": move.grant.version,
        "effective_on": move.effective_on,
        "actor": move.actor,
        "reverses_id": reversed_ids.get(move.grant.id) if move.movement is Movement.RELEASED else None,
    }


def _lines(entry: Mapping[str, object], move: Move) -> list[dict[str, object]]:
    debit, credit = _DEBIT_CREDIT[move.movement]
    common = {"entry_id": entry["id"], "subject": str(move.grant.centre_id), "period": str(move.grant.fiscal_year)}
    return [
        {**common, "line": 1, "account": debit.value, "amount": move.amount},
        {**common, "line": 2, "account": credit.value, "amount": -move.amount},
    ]
