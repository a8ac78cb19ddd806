"""Writing journal entries: each kind of movement debits one account and credits another, of one subject (a centre, or a
division for its matching funds) and year."""

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
    """Accounts of grants, whose `committed` mirrors what the ceilings hold, and of matching funds, whose `budget` is
    what may still be spent."""

    AUTHORITY = "grants.authority"
    COMMITTED = "grants.committed"
    TREASURY = "grants.treasury"
    ADVANCE = "grants.advance"
    EXPENDITURE = "grants.expenditure"
    RECEIVABLE = "grants.receivable"
    MATCHING_AUTHORITY = "matching.authority"
    MATCHING_BUDGET = "matching.budget"
    MATCHING_EXPENDITURE = "matching.expenditure"


class Movement(StrEnum):
    """What an entry is about."""

    COMMITTED = "grant_committed"
    RELEASED = "grant_released"
    PAID = "grant_paid"
    SPENT = "grant_spent"
    REFUNDED = "grant_refunded"
    RECOVERY_OPENED = "grant_recovery_opened"
    RECOVERED = "grant_recovered"
    RECOVERY_CLOSED = "grant_recovery_closed"
    REPAID = "grant_repaid"
    MATCHING_BUDGETED = "matching_budgeted"
    MATCHING_LOWERED = "matching_lowered"
    MATCHING_SPENT = "matching_spent"
    MATCHING_REVERSED = "matching_reversed"


_DEBIT_CREDIT: Final[Mapping[Movement, tuple[Account, Account]]] = {
    Movement.COMMITTED: (Account.COMMITTED, Account.AUTHORITY),
    Movement.RELEASED: (Account.AUTHORITY, Account.COMMITTED),
    Movement.PAID: (Account.ADVANCE, Account.TREASURY),
    Movement.SPENT: (Account.EXPENDITURE, Account.ADVANCE),
    Movement.REFUNDED: (Account.TREASURY, Account.ADVANCE),
    Movement.RECOVERY_OPENED: (Account.RECEIVABLE, Account.ADVANCE),
    Movement.RECOVERED: (Account.TREASURY, Account.RECEIVABLE),
    Movement.RECOVERY_CLOSED: (Account.ADVANCE, Account.RECEIVABLE),
    Movement.REPAID: (Account.ADVANCE, Account.TREASURY),
    Movement.MATCHING_BUDGETED: (Account.MATCHING_BUDGET, Account.MATCHING_AUTHORITY),
    Movement.MATCHING_LOWERED: (Account.MATCHING_AUTHORITY, Account.MATCHING_BUDGET),
    Movement.MATCHING_SPENT: (Account.MATCHING_EXPENDITURE, Account.MATCHING_BUDGET),
    Movement.MATCHING_REVERSED: (Account.MATCHING_BUDGET, Account.MATCHING_EXPENDITURE),
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
    """One movement of one grant: a positive amount in yuan. `counterparty` is the code of who paid or was paid."""

    movement: Movement
    grant: GrantRow
    amount: Decimal
    effective_on: date
    actor: str
    counterparty: str | None = None
    reverses_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """One movement of any case: `subject` and `period` are those of the accounts, `case_version` names the event."""

    movement: Movement
    case_id: UUID
    case_no: str
    case_version: int
    subject: str
    period: str
    amount: Decimal
    effective_on: date
    actor: str
    counterparty: str | None = None
    reverses_id: UUID | None = None


async def post(
    session: AsyncSession,
    movement: Movement,
    grant: GrantRow,
    amount: Decimal,
    context: EventContext,
    *,
    counterparty: str | None = None,
) -> None:
    """Write one entry, after the event that it belongs to was appended."""
    await post_many(session, [Move(movement, grant, amount, context.effective_on, context.actor, counterparty)])


async def post_many(session: AsyncSession, moves: Sequence[Move]) -> list[UUID]:
    """Write an entry for each move of a grant; their ids in the same order. A release names the commitment that it
    reverses, a repayment the recovery."""
    reversed_ids = await _commitments(session, [m.grant.id for m in moves if m.movement is Movement.RELEASED])
    return await book(session, [_booking(move, reversed_ids) for move in moves])


async def book(session: AsyncSession, bookings: Sequence[Booking]) -> list[UUID]:
    """Write an entry for each booking in two statements; the entries' ids in the same order.

    Raises ValueError for an amount that is not positive: a correction is another movement, never a negative one.
    """
    if not bookings:
        return []
    if any(booking.amount <= 0 for booking in bookings):
        raise ValueError("a movement has a positive amount")
    entries = [(uuid7(), booking) for booking in bookings]
    await session.execute(insert(JournalEntry), [_entry(entry_id, booking) for entry_id, booking in entries])
    await session.execute(
        insert(Posting), [line for entry_id, booking in entries for line in _lines(entry_id, booking)]
    )
    return [entry_id for entry_id, _ in entries]


async def _commitments(session: AsyncSession, grant_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    if not grant_ids:
        return {}
    rows = await session.execute(
        select(JournalEntry.case_id, JournalEntry.id).where(
            JournalEntry.case_id.in_(grant_ids), JournalEntry.kind == Movement.COMMITTED
        )
    )
    return {row.case_id: row.id for row in rows}


def _booking(move: Move, reversed_ids: Mapping[UUID, UUID]) -> Booking:
    grant = move.grant
    return Booking(
        movement=move.movement,
        case_id=grant.id,
        case_no=grant.no,
        case_version=grant.version,
        subject=str(grant.centre_id),
        period=str(grant.fiscal_year),
        amount=move.amount,
        effective_on=move.effective_on,
        actor=move.actor,
        counterparty=move.counterparty,
        reverses_id=reversed_ids.get(grant.id) if move.movement is Movement.RELEASED else move.reverses_id,
    )


def _entry(entry_id: UUID, booking: Booking) -> dict[str, object]:
    return {
        "id": entry_id,
        "kind": booking.movement.value,
        "case_id": booking.case_id,
        "case_no": booking.case_no,
        "case_version": booking.case_version,
        "effective_on": booking.effective_on,
        "actor": booking.actor,
        "counterparty": booking.counterparty,
        "reverses_id": booking.reverses_id,
    }


def _lines(entry_id: UUID, booking: Booking) -> list[dict[str, object]]:
    debit, credit = _DEBIT_CREDIT[booking.movement]
    common = {"entry_id": entry_id, "subject": booking.subject, "period": booking.period}
    return [
        {**common, "line": 1, "account": debit.value, "amount": booking.amount},
        {**common, "line": 2, "account": credit.value, "amount": -booking.amount},
    ]
