"""Interest subsidies (贷款贴息, 3.2-4, 3.2-5): finance's, and part of its contracts. Amounts in yuan."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

SUBSIDY_STATEMENT = Topic("finance.subsidy_statement", "Quarterly statements of interest subsidies (贴息)")
INTEREST_SUBSIDY = Topic("finance.interest_subsidy", "Interest subsidies of loans by quarter (贴息)")
PRIME_RATE = Topic("finance.prime_rate", "Loan prime rates (LPR)")


class SubsidyStatementState(EventData):
    """What one department lets pay for a quarter: `total` goes out, `to_recover` comes back."""

    id: UUID
    no: str
    year: int
    quarter: int
    department: str
    status: str
    lines: int
    total: Decimal
    to_recover: Decimal
    recovered: Decimal
    prepared_on: date
    approved_on: date | None
    paid_on: date | None
    reason_code: str | None


class InterestSubsidyState(EventData):
    """A loan's subsidy of a quarter, or a later correction of it. `amount` is negative where too much was paid."""

    id: UUID
    statement_id: UUID
    loan_id: UUID
    loan_no: str
    year: int
    quarter: int
    sequence: int
    kind: str
    status: str
    entitled: Decimal
    amount: Decimal
    settled_on: date | None


class PrimeRateState(EventData):
    """The one-year rate from a day on, percent a year."""

    id: UUID
    effective_on: date
    rate: Decimal
    source: str
    status: str


def _statement(action: str, summary: str) -> EventType[SubsidyStatementState]:
    name = f"finance.subsidy_statement.{action}.v1"
    return EventType(SUBSIDY_STATEMENT, name, SubsidyStatementState, Audience.BUREAU, summary)


def _line(action: str, summary: str) -> EventType[InterestSubsidyState]:
    name = f"finance.interest_subsidy.{action}.v1"
    return EventType(INTEREST_SUBSIDY, name, InterestSubsidyState, Audience.BUREAU, summary)


def _rate(action: str, summary: str) -> EventType[PrimeRateState]:
    return EventType(PRIME_RATE, f"finance.prime_rate.{action}.v1", PrimeRateState, Audience.BUREAU, summary)


SubsidyStatementPrepared = _statement("prepared", "An officer computed the quarter.")
SubsidyStatementApproved = _statement("approved", "Another person approved it; the budget holds it.")
SubsidyStatementRefused = _statement("refused", "It is not paid; the quarter may be computed anew.")
SubsidyStatementPaid = _statement("paid", "The treasury paid it.")
SubsidyStatementRecovered = _statement("recovered", "Some of what it paid came back, by a later correction.")
InterestSubsidyPrepared = _line("prepared", "Computed.")
InterestSubsidyApproved = _line("approved", "Approved with its statement.")
InterestSubsidyRefused = _line("refused", "Refused with its statement.")
InterestSubsidyPaid = _line("paid", "Paid.")
InterestSubsidyRecovered = _line("recovered", "What was paid too much came back.")
PrimeRateRecorded = _rate("recorded", "An officer entered a published rate.")
PrimeRateConfirmed = _rate("confirmed", "A second person compared it with its source.")
PrimeRateRefused = _rate("refused", "It is not the published rate.")
