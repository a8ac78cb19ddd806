"""Writing journal entries: each kind of movement debits one account and credits another (`accounts`), of one subject (a
centre, a division for its matching funds, a programme for its budget line …) and year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.journal.accounts import DEBIT_CREDIT, Account, Movement
from services.finance.journal.closed import Day, open_days
from services.finance.journal.models import JournalEntry, Posting
from shared.db import constraint_of
from shared.errors import DomainError
from shared.events.outbox import EventContext
from shared.ids import uuid7

__all__ = ["Account", "Booking", "Move", "Movement", "Part", "book", "post", "post_many"]


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
class Part:
    """One more pair of lines of an entry, on accounts of another period."""

    period: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Booking:
    """One movement of any case: `subject` and `period` are those of the accounts, `case_version` names the event.

    `credit_subject` is that of the account credited where it is another; `parts` are further pairs of lines.
    """

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
    credit_subject: str | None = None
    parts: tuple[Part, ...] = ()


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

    What is true for a day of a closed period is booked on the first open day after it, and says so. Raises ValueError
    for an amount that is not positive (a correction is another movement, never a negative one), 409
    `journal-entry-already-reversed`.
    """
    if not bookings:
        return []
    if any(amount <= 0 for booking in bookings for _, amount in _pairs(booking)):
        raise ValueError("a movement has a positive amount")
    entries = [(uuid7(), booking) for booking in bookings]
    days = await open_days(session, [booking.effective_on for booking in bookings])
    rows = [_entry(entry_id, booking, day) for (entry_id, booking), day in zip(entries, days, strict=True)]
    try:
        await session.execute(insert(JournalEntry), rows)
    except IntegrityError as error:
        if constraint_of(error) != "uq_journal_entry_reverses_id":
            raise
        raise DomainError("journal-entry-already-reversed", 409, clauses=["3.1-4"]) from error
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


def _entry(entry_id: UUID, booking: Booking, day: Day) -> dict[str, object]:
    return {
        "id": entry_id,
        "kind": booking.movement.value,
        "case_id": booking.case_id,
        "case_no": booking.case_no,
        "case_version": booking.case_version,
        "lines": 2 * len(_pairs(booking)),
        "effective_on": day.booked_on,
        "occurred_on": day.occurred_on,
        "closed_period": day.closed_period,
        "actor": booking.actor,
        "counterparty": booking.counterparty,
        "reverses_id": booking.reverses_id,
    }


def _pairs(booking: Booking) -> list[tuple[str, Decimal]]:
    return [(booking.period, booking.amount), *((part.period, part.amount) for part in booking.parts)]


def _lines(entry_id: UUID, booking: Booking) -> list[dict[str, object]]:
    debit, credit = DEBIT_CREDIT[booking.movement]
    sides = ((debit, booking.subject, 1), (credit, booking.credit_subject or booking.subject, -1))
    lines = [
        {"account": account.value, "subject": subject, "period": period, "amount": sign * amount}
        for period, amount in _pairs(booking)
        for account, subject, sign in sides
    ]
    return [{"entry_id": entry_id, "line": number, **line} for number, line in enumerate(lines, start=1)]
