"""Periods of the books: finance's, and part of its contracts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

JOURNAL_PERIOD = Topic("finance.journal_period", "Periods of the books (会计期间)")


class JournalPeriodState(EventData):
    """A month (`2019-03`) or year (`2019`) of the journal. `entries` and `turnover` (sum of debits, yuan) are those of
    the moment it was closed."""

    id: UUID
    no: str
    label: str
    starts_on: date
    ends_on: date
    status: str
    proposed_on: date
    closed_on: date | None
    entries: int | None
    turnover: Decimal | None
    reason_code: str | None
    reopening_on: date | None
    reopening_reason: str | None
    reopened_on: date | None


def _period(taken: str, summary: str) -> EventType[JournalPeriodState]:
    return EventType(JOURNAL_PERIOD, f"finance.journal_period.{taken}.v1", JournalPeriodState, Audience.BUREAU, summary)


JournalPeriodProposed = _period("proposed", "The period is to be closed.")
JournalPeriodClosed = _period("closed", "A second person closed it: no entry lies in it any more.")
JournalPeriodRefused = _period("refused", "The period was not closed.")
JournalPeriodReopeningProposed = _period("reopening_proposed", "The period is to be opened again.")
JournalPeriodReopeningRefused = _period("reopening_refused", "The period stays closed.")
JournalPeriodReopened = _period("reopened", "A second person opened it again.")
