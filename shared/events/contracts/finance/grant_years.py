"""The year of a grant (3.1-4): calls, use reports, assets, commitments signed before a delisting; part of finance's
contracts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

GRANT_CALL = Topic("finance.grant_call", "Calls for grants (申报通知)")
USE_REPORT = Topic("finance.use_report", "Yearly use reports of grants (使用情况报告)")
GRANT_ASSET = Topic("finance.grant_asset", "Assets bought with grants (资产)")
COMMITMENT = Topic("finance.signed_commitment", "Commitments signed before a delisting (已签约支出)")


class GrantCallState(EventData):
    """The call of one fiscal year for centres of some tiers; applications are taken on the days of the window."""

    id: UUID
    no: str
    fiscal_year: int
    document_no: str
    opens_on: date
    closes_on: date
    tiers: tuple[str, ...]
    purposes: tuple[str, ...]
    status: str
    drafted_on: date
    decided_on: date | None
    reason_code: str | None


class UseReportState(EventData):
    """What a grant was used for by the end of one year; amounts in yuan, as the spending lines and the journal have
    them. `band` is that of the performance self-review, `score` of a hundred."""

    id: UUID
    no: str
    grant_id: UUID
    centre_id: UUID
    fiscal_year: int
    year: int
    status: str
    due_on: date
    late: bool
    submission: int
    """How often it was handed in."""
    received: Decimal
    spent: Decimal
    ineligible: Decimal
    refunded: Decimal
    recovered: Decimal
    balance: Decimal
    score: Decimal | None
    band: str | None
    submitted_on: date
    decided_on: date | None
    reason_code: str | None


class GrantAssetState(EventData):
    """Equipment bought with a grant. `custodian_code` is the organisation that keeps it; `checked_year` and `condition`
    are of the last check."""

    id: UUID
    no: str
    grant_id: UUID
    centre_id: UUID
    spending_line_id: UUID
    name: str
    quantity: int
    amount: Decimal
    location: str
    custodian_code: str
    acquired_on: date
    status: str
    checked_year: int | None
    checked_on: date | None
    condition: str | None
    found_quantity: int | None
    delisting_case_id: UUID | None
    """The delisting that the last check was made for; None for a yearly one."""


class CommitmentState(EventData):
    """A contract that a centre signed before its delisting and has not paid (2.3-5); yuan. `honoured` is what may still
    be spent for it, `settled` what was."""

    id: UUID
    no: str
    grant_id: UUID
    centre_id: UUID
    fiscal_year: int
    delisting_case_id: UUID
    contract_no: str
    counterparty_code: str
    signed_on: date
    amount: Decimal
    honoured: Decimal | None
    settled: Decimal
    status: str
    filed_on: date
    reviewed_on: date | None
    decided_on: date | None
    reason_code: str | None


def _call(taken: str, summary: str, audience: Audience = Audience.BUREAU) -> EventType[GrantCallState]:
    return EventType(GRANT_CALL, f"finance.grant_call.{taken}.v1", GrantCallState, audience, summary)


def _report(taken: str, summary: str) -> EventType[UseReportState]:
    return EventType(USE_REPORT, f"finance.use_report.{taken}.v1", UseReportState, Audience.BUREAU, summary)


def _asset(taken: str, summary: str) -> EventType[GrantAssetState]:
    return EventType(GRANT_ASSET, f"finance.grant_asset.{taken}.v1", GrantAssetState, Audience.BUREAU, summary)


def _commitment(taken: str, summary: str) -> EventType[CommitmentState]:
    return EventType(COMMITMENT, f"finance.signed_commitment.{taken}.v1", CommitmentState, Audience.BUREAU, summary)


GrantCallDrafted = _call("drafted", "A call was drafted.")
GrantCallPublished = _call("published", "A second person approved: the call is open on its days.", Audience.PUBLIC)
GrantCallRefused = _call("refused", "The draft was refused.")

UseReportSubmitted = _report("submitted", "Handed in by the operator.")
UseReportAccepted = _report("accepted", "Accepted by an officer.")
UseReportReturned = _report("returned", "Returned to be corrected.")

GrantAssetEntered = _asset("entered", "Entered in the list.")
GrantAssetChecked = _asset("checked", "Seen, or missed, at a check.")
GrantAssetMoved = _asset("moved", "Kept elsewhere, or by somebody else.")
GrantAssetWrittenOff = _asset("written_off", "Taken off the list by a second person.")

CommitmentFiled = _commitment("filed", "A signed contract was brought forward.")
CommitmentReviewed = _commitment("reviewed", "An officer proposes what to honour.")
CommitmentHonoured = _commitment("honoured", "A second person decided that it may be paid.")
CommitmentRefused = _commitment("refused", "A second person decided that it may not be paid.")
CommitmentLapsed = _commitment("lapsed", "What is not paid of it is promised no longer.")
CommitmentSettled = _commitment("settled", "It was paid; the money is spent and no longer to be recovered.")
