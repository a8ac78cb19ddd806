"""Budget lines and transfers between them (预算指标, 3.1-4): finance's, and part of its contracts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

APPROPRIATION = Topic("finance.appropriation", "Budget lines of programmes (预算指标)")
APPROPRIATION_TRANSFER = Topic("finance.appropriation_transfer", "Transfers between programmes (指标调剂)")


class AppropriationState(EventData):
    """What one programme has in one year; amounts in yuan.

    `budget` is `granted` (by document) with what was transferred and carried over, less what was carried out and
    `lapsed` at the end of the year. `committed` is what was committed of it when this happened, paid or not.
    `pending_*` is the amount that waits for approval.
    """

    id: UUID
    no: str
    programme: str
    year: int
    status: str
    revision: int
    document_no: str | None
    granted: Decimal
    transferred: Decimal
    carried_in: Decimal
    carried_out: Decimal
    lapsed: Decimal
    budget: Decimal
    committed: Decimal
    approved_on: date | None
    closed_on: date | None
    pending_document_no: str | None
    pending_amount: Decimal | None
    reason_code: str | None


def _line(taken: str, summary: str) -> EventType[AppropriationState]:
    return EventType(APPROPRIATION, f"finance.appropriation.{taken}.v1", AppropriationState, Audience.BUREAU, summary)


AppropriationRecorded = _line("recorded", "A programme's first amount of a year was recorded.")
AppropriationRevised = _line("revised", "Another amount is proposed.")
AppropriationApproved = _line("approved", "A second person approved the amount.")
AppropriationRefused = _line("refused", "The amount was refused.")
AppropriationTransferred = _line("transferred", "Money came from another programme, or went to one.")
AppropriationClosingProposed = _line("closing_proposed", "The year is to be closed.")
AppropriationClosingRefused = _line("closing_refused", "The year is not closed as proposed.")
AppropriationClosed = _line("closed", "The year is closed: carried over and released.")
AppropriationCarriedOver = _line("carried_over", "Money of the year before was carried to this line.")


class AppropriationTransferState(EventData):
    """Money that goes from one programme of a year to another; yuan."""

    id: UUID
    no: str
    year: int
    from_id: UUID
    from_programme: str
    to_id: UUID
    to_programme: str
    amount: Decimal
    document_no: str
    status: str
    proposed_on: date
    decided_on: date | None
    reason_code: str | None
    journal_entry_id: UUID | None


def _transfer(taken: str, summary: str) -> EventType[AppropriationTransferState]:
    name = f"finance.appropriation_transfer.{taken}.v1"
    return EventType(APPROPRIATION_TRANSFER, name, AppropriationTransferState, Audience.BUREAU, summary)


AppropriationTransferProposed = _transfer("proposed", "A transfer is proposed.")
AppropriationTransferApproved = _transfer("approved", "A second person approved; both lines have moved.")
AppropriationTransferRefused = _transfer("refused", "The transfer was refused.")
