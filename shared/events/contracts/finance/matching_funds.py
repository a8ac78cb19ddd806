"""Matching funds of divisions (配套资金, 5.1-2): finance's, and part of its contracts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

MATCHING_FUND = Topic("finance.matching_fund", "Matching funds of divisions (配套资金)")


class MatchingFundState(EventData):
    """What a county, district or park provides for its centres in one year; amounts in yuan.

    `budget` is what is approved, zero before the first approval; `waiting` is held by payments that wait for their
    second person, and `remaining` is budget less `spent` and `waiting`. `revision` counts
    the amounts ever recorded; `pending_*` is the one that waits for approval.
    """

    id: UUID
    no: str
    division: str
    year: int
    status: str
    revision: int
    document_no: str | None
    budget: Decimal
    spent: Decimal
    remaining: Decimal
    approved_on: date | None
    pending_document_no: str | None
    pending_amount: Decimal | None
    reason_code: str | None
    waiting: Decimal = Decimal(0)


class MatchingFundSpendingState(MatchingFundState):
    """The same after a line: who was paid what for what. Of the two recipients one is set; a reversal names the line
    that it takes back."""

    line_id: UUID
    line: int
    amount: Decimal
    purpose: str
    centre_id: UUID | None
    enterprise_code: str | None
    voucher_no: str
    spent_on: date
    reverses_id: UUID | None


MatchingFundRecorded = EventType(
    MATCHING_FUND, "finance.matching_fund.recorded.v1", MatchingFundState, Audience.BUREAU, "A budget was recorded."
)
MatchingFundRevised = EventType(
    MATCHING_FUND, "finance.matching_fund.revised.v1", MatchingFundState, Audience.BUREAU, "Another amount is proposed."
)
MatchingFundApproved = EventType(
    MATCHING_FUND, "finance.matching_fund.approved.v1", MatchingFundState, Audience.BUREAU, "A second person approved."
)
MatchingFundRefused = EventType(
    MATCHING_FUND, "finance.matching_fund.refused.v1", MatchingFundState, Audience.BUREAU, "The amount was refused."
)
MatchingFundSpendingRecorded = EventType(
    MATCHING_FUND,
    "finance.matching_fund.spending_recorded.v1",
    MatchingFundSpendingState,
    Audience.BUREAU,
    "A payment was recorded; it counts once a second person has confirmed it.",
)
MatchingFundSpendingRefused = EventType(
    MATCHING_FUND,
    "finance.matching_fund.spending_refused.v1",
    MatchingFundSpendingState,
    Audience.BUREAU,
    "A recorded payment does not count.",
)
MatchingFundSpent = EventType(
    MATCHING_FUND,
    "finance.matching_fund.spent.v1",
    MatchingFundSpendingState,
    Audience.BUREAU,
    "Money was spent, as two people say.",
)
MatchingFundSpendingReversed = EventType(
    MATCHING_FUND,
    "finance.matching_fund.spending_reversed.v1",
    MatchingFundSpendingState,
    Audience.BUREAU,
    "A payment was taken back.",
)
