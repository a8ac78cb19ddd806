"""What finance publishes: grants, findings on their spending, and what a delisting did to them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

GRANT = Topic("finance.grant", "Earmarked grants (专项资金)")
FINDING = Topic("finance.finding", "Findings on spending (疑点)")
CLAIM = Topic("finance.claim", "Claims of grants on documents (票据列支)")
DELISTING = Topic("finance.delisting", "Delistings carried out in finance")


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
    delisting_case_id: UUID | None = None


GrantApplied = EventType(GRANT, "finance.grant.applied.v1", GrantState, summary="Applied for.")
GrantReviewed = EventType(GRANT, "finance.grant.reviewed.v1", GrantState, summary="Reviewed.")
GrantRefused = EventType(GRANT, "finance.grant.refused.v1", GrantState, summary="Refused.")
GrantApproved = EventType(GRANT, "finance.grant.approved.v1", GrantState, summary="Approved by one bureau.")
GrantCountersigned = EventType(
    GRANT, "finance.grant.countersigned.v1", GrantState, Audience.BUREAU, "Countersigned by the other bureau."
)
GrantDisbursed = EventType(GRANT, "finance.grant.disbursed.v1", GrantState, Audience.BUREAU, "Paid.")
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
GrantClosed = EventType(GRANT, "finance.grant.closed.v1", GrantState, Audience.BUREAU, "Accounted for and closed.")


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


DelistingApplied = EventType(
    DELISTING, "finance.delisting.applied.v1", DelistingAppliedData, Audience.BUREAU, "Money has stopped."
)
