"""The guarantor's side of loans (担保, 3.2-3): finance's, and part of its contracts. Amounts in yuan."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

GUARANTEE = Topic("finance.guarantee", "Guarantees of loans (担保)")
CLAIM_ON_GUARANTEE = Topic("finance.guarantee_claim", "Banks' claims on guarantees (代偿)")


class GuaranteeState(EventData):
    """A guarantee of one loan. `guaranteed` is the guarantor's share of the contract, `liability` what it is liable for
    now, `paid` what the bank got of it, `budget_paid` of that out of the public guarantee fund,
    `budget_returned` what the treasury has back of it."""

    id: UUID
    no: str
    livemode: bool
    loan_id: UUID
    product: str
    bank: str
    status: str
    amount: Decimal
    share_percent: Decimal
    guaranteed: Decimal
    liability: Decimal
    fee: Decimal
    fee_paid_on: date | None
    contract_no: str | None
    issued_on: date | None
    released_on: date | None
    paid: Decimal
    budget_paid: Decimal
    recovered: Decimal
    budget_returned: Decimal
    written_off: Decimal
    reason_code: str | None


class GuaranteeRecoveryState(GuaranteeState):
    """The same after money was recovered, with how it was shared."""

    recovery_id: UUID
    line: int
    recovery: Decimal
    guarantor_share: Decimal
    bank_share: Decimal
    budget_share: Decimal
    received_on: date


class GuaranteeClaimState(EventData):
    """A claim: `outstanding` is the principal owed when it was filed, `amount` what the guarantor is to pay."""

    id: UUID
    no: str
    livemode: bool
    guarantee_id: UUID
    loan_id: UUID
    bank: str
    status: str
    as_of: date
    days_in_arrears: int
    outstanding: Decimal
    claimed: Decimal
    amount: Decimal
    budget_amount: Decimal
    filed_on: date
    accepted_on: date | None
    approved_on: date | None
    paid_on: date | None
    reason_code: str | None


def _guarantee(action: str, summary: str) -> EventType[GuaranteeState]:
    return EventType(GUARANTEE, f"finance.guarantee.{action}.v1", GuaranteeState, Audience.BUREAU, summary)


def _claim(action: str, summary: str) -> EventType[GuaranteeClaimState]:
    name = f"finance.guarantee_claim.{action}.v1"
    return EventType(CLAIM_ON_GUARANTEE, name, GuaranteeClaimState, Audience.BUREAU, summary)


GuaranteeDrafted = _guarantee("drafted", "The guarantor's officer drew it up; its limits hold it from here on.")
GuaranteeIssued = _guarantee("issued", "A second person at the guarantor put it in force.")
GuaranteeCancelled = _guarantee("cancelled", "It is not given.")
GuaranteeFeePaid = _guarantee("fee_paid", "The borrower paid the fee.")
GuaranteeReduced = _guarantee("reduced", "The liability fell with the debt.")
GuaranteeRestored = _guarantee("restored", "The liability rose again: a payment was taken back.")
GuaranteeReleased = _guarantee("released", "Nothing is owed under it any more.")
GuaranteeCalled = _guarantee("called", "The guarantor paid the bank.")
GuaranteeWriteOffProposed = _guarantee("write_off_proposed", "What was paid is to be written off.")
GuaranteeWrittenOff = _guarantee("written_off", "A second person wrote it off; it is still owed.")
GuaranteeRecovered = EventType(
    GUARANTEE,
    "finance.guarantee.recovered.v1",
    GuaranteeRecoveryState,
    Audience.BUREAU,
    "Money was recovered and shared with the bank.",
)
GuaranteeRecoveryReversalProposed = EventType(
    GUARANTEE,
    "finance.guarantee.recovery_reversal_proposed.v1",
    GuaranteeRecoveryState,
    Audience.BUREAU,
    "A recovery is said to be wrong; a second person decides.",
)
GuaranteeRecoveryReversed = EventType(
    GUARANTEE,
    "finance.guarantee.recovery_reversed.v1",
    GuaranteeRecoveryState,
    Audience.BUREAU,
    "A recovery was entered by mistake: it is owed again.",
)
GuaranteeReturned = _guarantee("returned", "The treasury has the public fund's part of recovered money.")
GuaranteeClaimFiled = _claim("filed", "The bank asks the guarantor to pay.")
GuaranteeClaimAccepted = _claim("accepted", "The guarantor's officer accepts it.")
GuaranteeClaimApproved = _claim(
    "approved", "A second person approves it, of the loan's department for the public fund."
)
GuaranteeClaimRefused = _claim("refused", "The guarantor does not pay.")
GuaranteeClaimWithdrawn = _claim("withdrawn", "The bank takes it back.")
GuaranteeClaimPaid = _claim("paid", "The guarantor has paid, or the treasury out of the public fund.")
GuaranteeClaimRecovered = _claim("recovered", "Part of it came back to the public guarantee fund.")
GuaranteeClaimRecoveryReversed = _claim(
    "recovery_reversed", "What came back to the public guarantee fund was entered by mistake: it goes out again."
)
