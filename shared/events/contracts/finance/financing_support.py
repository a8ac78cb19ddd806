"""Financing rewards (融资奖励, 3.3-2) and support for alliances (联盟支持, 4.6-3, 4.7-3): finance's, and part of its
contracts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

FINANCING_REWARD = Topic("finance.financing_reward", "Financing rewards (融资奖励)")
ALLIANCE_SUPPORT = Topic("finance.alliance_support", "Support for alliances (联盟支持)")


class FinancingRewardState(EventData):
    """A reward for one investment; amounts in yuan. `approved` counts against the cap over the enterprise's life."""

    id: UUID
    no: str
    centre_id: UUID
    enterprise_id: UUID
    enterprise_code: str
    status: str
    reason_code: str | None
    investor_code: str
    investor_type: str
    investment_amount: Decimal
    arrived_on: date
    requested: Decimal
    approved: Decimal | None
    paid: Decimal
    recovery_due: Decimal
    recovered: Decimal
    is_exception: bool
    fiscal_year: int | None
    document_no: str | None
    applied_on: date
    approved_on: date | None
    paid_on: date | None
    recheck_due_on: date | None
    recheck_outcome: str | None
    ended_on: date | None


class AllianceSupportState(EventData):
    """Money for an alliance's activities of a year; amounts in yuan. `record_ids` are the activities that it cites."""

    id: UUID
    no: str
    alliance: str
    year: int
    status: str
    reason_code: str | None
    recipient_code: str
    assessment_id: UUID
    record_ids: tuple[UUID, ...]
    requested: Decimal
    approved: Decimal | None
    paid: Decimal
    spent: Decimal
    refunded: Decimal
    document_no: str | None
    applied_on: date
    approved_on: date | None
    paid_on: date | None
    report_document_no: str | None
    ended_on: date | None


def _reward(name: str, summary: str) -> EventType[FinancingRewardState]:
    full = f"finance.financing_reward.{name}.v1"
    return EventType(FINANCING_REWARD, full, FinancingRewardState, Audience.BUREAU, summary)


def _support(name: str, summary: str) -> EventType[AllianceSupportState]:
    full = f"finance.alliance_support.{name}.v1"
    return EventType(ALLIANCE_SUPPORT, full, AllianceSupportState, Audience.BUREAU, summary)


RewardApplied = _reward("applied", "Applied for.")
RewardReviewed = _reward("reviewed", "An officer reviewed it.")
RewardApproved = _reward("approved", "Approved.")
RewardSecondApproved = _reward("second_approved", "A second person approved the exception.")
RewardCountersigned = _reward("countersigned", "Another bureau countersigned.")
RewardRefused = _reward("refused", "Refused; what was held is given back.")
RewardCancelled = _reward("cancelled", "It ended because the centre left the list.")
RewardPaid = _reward("paid", "Paid.")
RewardRechecked = _reward("rechecked", "The capital was looked for again.")
RewardRecheckRejected = _reward("recheck_rejected", "The re-check is to be done again.")
RewardRecoveryOpened = _reward("recovery_opened", "The capital went back: the reward is to be recovered.")
RewardRecovered = _reward("recovered", "Money came back.")
RewardClosed = _reward("closed", "Nothing is open any more.")

SupportApplied = _support("applied", "Applied for.")
SupportReviewed = _support("reviewed", "An officer reviewed it.")
SupportApproved = _support("approved", "Approved.")
SupportRefused = _support("refused", "Refused; what was held is given back.")
SupportPaid = _support("paid", "Paid.")
SupportReported = _support("reported", "The use was reported.")
SupportReportReturned = _support("report_returned", "The report is to be made again.")
SupportRefunded = _support("refunded", "The treasury has what was not used.")
SupportClosed = _support("closed", "The report was accepted.")
