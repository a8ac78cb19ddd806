"""Grants, findings on their spending, what they claim on documents, and what a delisting did to them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

GRANT = Topic("finance.grant", "Earmarked grants (专项资金)")
FINDING = Topic("finance.finding", "Findings on spending (疑点)")
CLAIM = Topic("finance.claim", "Claims of grants on documents (票据列支)")
DELISTING = Topic("finance.delisting", "Delistings carried out in finance")
REPAYMENT = Topic("finance.repayment", "Repayments of recovered grant money (退还)")


class GrantState(EventData):
    """A grant of one centre for one fiscal year; amounts in yuan."""

    id: UUID
    no: str
    centre_id: UUID
    fiscal_year: int
    tier: str
    purpose: str
    status: str
    requested: Decimal
    approved: Decimal | None
    paid: Decimal
    spent: Decimal
    recovery_due: Decimal
    applied_on: date
    approved_on: date | None
    paid_on: date | None
    reason_code: str | None
    ineligible: Decimal = Decimal(0)
    """Spent off purpose: to be paid back, and not part of `spent`."""
    refunded: Decimal = Decimal(0)
    recovered: Decimal = Decimal(0)
    """What has come back of `recovery_due`."""
    repaid: Decimal = Decimal(0)
    """What of `recovered` went back to the centre; `recovery_due` is without it."""
    delisting_case_id: UUID | None = None
    call_id: UUID | None = None
    grade: str | None = None
    """The last published grade when it was applied for, or reviewed (2.3-3), with its year."""
    grade_year: int | None = None
    receipt_on: date | None = None
    """When the money arrived at the centre."""
    document_no: str | None = None
    """Of the decision that the event is about, with its minutes."""
    minutes_no: str | None = None


GrantApplied = EventType(GRANT, "finance.grant.applied.v1", GrantState, summary="Applied for.")
GrantReviewed = EventType(GRANT, "finance.grant.reviewed.v1", GrantState, summary="Reviewed.")
GrantRefused = EventType(GRANT, "finance.grant.refused.v1", GrantState, summary="Refused.")
GrantApproved = EventType(GRANT, "finance.grant.approved.v1", GrantState, summary="Approved by one bureau.")
GrantCountersigned = EventType(
    GRANT, "finance.grant.countersigned.v1", GrantState, Audience.BUREAU, "Countersigned by the other bureau."
)
GrantDisbursed = EventType(GRANT, "finance.grant.disbursed.v1", GrantState, Audience.BUREAU, "Paid.")
GrantReceived = EventType(
    GRANT, "finance.grant.received.v1", GrantState, Audience.BUREAU, "The centre confirmed that the money arrived."
)
GrantSpendingRecorded = EventType(
    GRANT, "finance.grant.spending_recorded.v1", GrantState, summary="A spending line was added."
)
GrantHeld = EventType(GRANT, "finance.grant.held.v1", GrantState, summary="Held until a rectification is accepted.")
GrantReleased = EventType(GRANT, "finance.grant.released.v1", GrantState, summary="No longer held.")
GrantCancelled = EventType(GRANT, "finance.grant.cancelled.v1", GrantState, Audience.BUREAU, "Cancelled unpaid.")
GrantRecoveryOpened = EventType(
    GRANT, "finance.grant.recovery_opened.v1", GrantState, Audience.BUREAU, "Unspent money is to be paid back."
)
GrantRefunded = EventType(GRANT, "finance.grant.refunded.v1", GrantState, Audience.BUREAU, "Unspent money came back.")
GrantRecovered = EventType(
    GRANT, "finance.grant.recovered.v1", GrantState, Audience.BUREAU, "Money to be recovered came back."
)
GrantRecoveryClosed = EventType(
    GRANT,
    "finance.grant.recovery_closed.v1",
    GrantState,
    Audience.BUREAU,
    "Nothing more is to be paid back: the delisting was reversed.",
)
GrantRepaymentDue = EventType(
    GRANT,
    "finance.grant.repayment_due.v1",
    GrantState,
    Audience.BUREAU,
    "What was recovered (`recovered`) goes back to the centre: the delisting was reversed.",
)
GrantRepaid = EventType(
    GRANT, "finance.grant.repaid.v1", GrantState, Audience.BUREAU, "Recovered money went back to the operator."
)
GrantClosed = EventType(GRANT, "finance.grant.closed.v1", GrantState, Audience.BUREAU, "Accounted for and closed.")


class RepaymentState(EventData):
    """Money of one recovery that goes back because the delisting was reversed (2.3-5); yuan."""

    id: UUID
    no: str
    grant_id: UUID
    centre_id: UUID
    fiscal_year: int
    delisting_case_id: UUID
    remedy_id: UUID | None
    """The order that reversed the delisting."""
    basis_document_no: str | None
    recovery_entry_id: UUID
    """The journal entry of the recovery."""
    recovered: Decimal
    recovered_on: date
    amount: Decimal
    payee_code: str
    """The operator that paid."""
    status: str
    reason_code: str | None
    opened_on: date
    prepared_on: date | None
    approved_on: date | None
    countersigned_on: date | None
    paid_on: date | None
    document_no: str | None
    journal_entry_id: UUID | None
    ended_on: date | None
    cancelled_by_case_id: UUID | None


def _repayment(taken: str, summary: str) -> EventType[RepaymentState]:
    return EventType(REPAYMENT, f"finance.repayment.{taken}.v1", RepaymentState, Audience.BUREAU, summary)


RepaymentOpened = _repayment("opened", "Recovered money is to go back to whom it came from.")
RepaymentPrepared = _repayment("prepared", "Amount and payee were checked.")
RepaymentApproved = _repayment("approved", "Approved by another person.")
RepaymentCountersigned = _repayment("countersigned", "Countersigned by a bureau that answers for grants.")
RepaymentReturned = _repayment("returned", "Sent back to be prepared again.")
RepaymentPaid = _repayment("paid", "Paid out.")
RepaymentCancelled = _repayment("cancelled", "Not to be paid: the centre was delisted anew.")


class FindingState(EventData):
    """Grant money spent off purpose (3.1-4); a suspicion until a second person confirms it."""

    id: UUID
    no: str
    grant_id: UUID
    centre_id: UUID
    fiscal_year: int
    kind: str
    status: str
    amount: Decimal
    opened_on: date
    replied_on: date | None = None
    reply_hash: str | None = None
    """Salted hash of what the centre replied."""
    decided_on: date | None = None
    reason_code: str | None = None


FindingOpened = EventType(FINDING, "finance.finding.opened.v1", FindingState, summary="Spending is in doubt.")
FindingAnswered = EventType(FINDING, "finance.finding.answered.v1", FindingState, summary="The centre replied.")
FindingConfirmed = EventType(
    FINDING, "finance.finding.confirmed.v1", FindingState, Audience.BUREAU, "Confirmed by a second person."
)
FindingDismissed = EventType(
    FINDING, "finance.finding.dismissed.v1", FindingState, Audience.BUREAU, "Dropped by a second person."
)


class ClaimState(EventData):
    """Grant money charged to a document; its id is the spending line's. Claims on one key, over vouchers and grants
    together, never exceed the document's amount (4.3-2)."""

    id: UUID
    grant_id: UUID
    document_key: str
    amount: Decimal
    document_amount: Decimal
    released: bool = False
    """Whether the document is free of this claim again."""


ClaimMade = EventType(CLAIM, "finance.claim.made.v1", ClaimState, summary="A document was charged to a grant.")


class DelistingAppliedData(EventData):
    """What finance did about a delisting; repeated unchanged when asked again."""

    case_id: UUID
    centre_id: UUID
    cancelled_grant_ids: tuple[UUID, ...]
    recovery_grant_ids: tuple[UUID, ...]
    released: Decimal
    """Yuan given back to the ceilings by cancellations."""
    recovery_due: Decimal
    """Yuan paid and not spent."""
    effective_on: date


class RemedyAppliedData(EventData):
    """What finance did about an order on a delisting; repeated unchanged when asked again."""

    remedy_id: UUID
    case_id: UUID
    centre_id: UUID
    remedy: str
    """`stay`, `lift` or `reversal`."""
    effective_on: date
    cancelled_grant_ids: tuple[UUID, ...]
    """Cancelled because the stay is over; those that the delisting cancelled stay cancelled."""
    recovery_grant_ids: tuple[UUID, ...]
    """Recoveries opened because the stay is over, or closed by a reversal."""
    released: Decimal
    recovery_due: Decimal
    """Yuan of the recoveries opened, or no longer due."""
    repayment_grant_ids: tuple[UUID, ...] = ()
    """Grants of which money had come back: it is to be paid to the centre again."""
    repayment_due: Decimal = Decimal(0)


DelistingApplied = EventType(
    DELISTING, "finance.delisting.applied.v1", DelistingAppliedData, Audience.BUREAU, "Money has stopped."
)
DelistingRemedyApplied = EventType(
    DELISTING, "finance.delisting.remedy_applied.v1", RemedyAppliedData, Audience.BUREAU, "An order was followed."
)
