"""Loans after their contract, as banks report them (3.2-3 to 3.2-5): finance's, and part of its contracts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.contracts.finance.loans import LOAN, LoanState
from shared.events.types import Audience, EventType


class LoanDrawdownState(LoanState):
    """The loan after a tranche was paid out."""

    drawdown_id: UUID
    line: int
    amount: Decimal
    drawn_on: date
    bank_reference: str


class LoanPaymentState(LoanState):
    """The loan after a payment as the bank allocated it, or after one was taken back (`reverses_id`)."""

    payment_id: UUID
    line: int
    kind: str
    principal: Decimal
    interest: Decimal
    penalty: Decimal
    paid_on: date
    bank_reference: str
    reverses_id: UUID | None


class LoanScheduleState(LoanState):
    """The loan with its new schedule."""

    revision: int
    basis: str
    changed_on: date
    instalments: int
    last_due_on: date


class LoanExtensionState(LoanState):
    """The loan with more time."""

    extension_id: UUID
    agreed_on: date
    matured_on: date
    matures_on: date


LoanDrawn = EventType(LOAN, "finance.loan.drawn.v1", LoanDrawdownState, Audience.BUREAU, "The bank paid out a tranche.")
LoanRepaid = EventType(LOAN, "finance.loan.repaid.v1", LoanPaymentState, Audience.BUREAU, "The borrower paid.")
LoanPaymentReversed = EventType(
    LOAN, "finance.loan.payment_reversed.v1", LoanPaymentState, Audience.BUREAU, "A payment was taken back."
)
LoanRescheduled = EventType(
    LOAN, "finance.loan.rescheduled.v1", LoanScheduleState, Audience.BUREAU, "Another schedule holds."
)
LoanExtended = EventType(
    LOAN, "finance.loan.extended.v1", LoanExtensionState, Audience.BUREAU, "The bank gave more time (展期)."
)
LoanClosed = EventType(LOAN, "finance.loan.closed.v1", LoanState, Audience.BUREAU, "Nothing is owed any more.")
LoanClaimed = EventType(
    LOAN, "finance.loan.claimed.v1", LoanState, Audience.BUREAU, "The bank calls the guarantor (代偿)."
)
LoanClaimEnded = EventType(
    LOAN, "finance.loan.claim_ended.v1", LoanState, Audience.BUREAU, "The claim was refused or withdrawn."
)
LoanGuarantorPaid = EventType(
    LOAN, "finance.loan.guarantor_paid.v1", LoanState, Audience.BUREAU, "The guarantor paid and recovers (追偿)."
)
LoanRecovered = EventType(
    LOAN, "finance.loan.recovered.v1", LoanPaymentState, Audience.BUREAU, "Money was recovered from the borrower."
)
