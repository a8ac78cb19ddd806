"""Banks, their products, authorisations, referrals and reconciled days (3.2-1, 3.3-1): finance's, and part of its
contracts. What a partner's test credential made has `livemode` false: whoever counts, leaves it out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

BANK = Topic("finance.bank", "Register of banks (合作银行)")
BANK_PRODUCT = Topic("finance.bank_product", "Products of the banks (银行产品)")
AUTHORISATION = Topic("finance.authorisation", "Authorisations to tell a bank (征信授权)")
REFERRAL = Topic("finance.referral", "Referrals to banks (银企推荐)")
RECONCILIATION = Topic("finance.reconciliation", "Reconciled days of the banks (银行对账)")


class BankState(EventData):
    """A bank with the particulars that count; `revision` counts those ever recorded."""

    id: UUID
    code: str
    name: str
    office: str
    phone: str | None
    email: str | None
    channels: tuple[str, ...]
    status: str
    revision: int
    approved_on: date | None
    reason_code: str | None


def _bank(taken: str, audience: Audience, summary: str) -> EventType[BankState]:
    return EventType(BANK, f"finance.bank.{taken}.v1", BankState, audience, summary)


BankRecorded = _bank("recorded", Audience.BUREAU, "A bank was proposed.")
BankRevised = _bank("revised", Audience.BUREAU, "Other particulars are proposed.")
BankApproved = _bank("approved", Audience.PUBLIC, "Particulars count from now on.")
BankRefused = _bank("refused", Audience.BUREAU, "What was proposed is not approved.")


class ProductTermsState(EventData):
    """Terms as proposed; amounts in yuan, rates in percent a year. Empty `industries` and `tax_grades` ask for none in
    particular."""

    minimum_amount: Decimal
    limit_amount: Decimal
    rate_from: Decimal | None
    rate_to: Decimal | None
    longest_months: int
    collaterals: tuple[str, ...]
    channels: tuple[str, ...]
    required_data: tuple[str, ...]
    sizes: tuple[str, ...]
    industries: tuple[str, ...]
    tax_grades: tuple[str, ...]
    minimum_age_months: int


class BankProductState(EventData):
    """A product and the change of it that the event is about: `terms` from `valid_from` on, or without terms its
    withdrawal from that day on."""

    id: UUID
    code: str
    bank: str
    name_zh: str
    name_en: str
    status: str
    withdrawn_on: date | None
    revision: int
    kind: str
    valid_from: date
    document_no: str | None
    terms: ProductTermsState | None
    reason_code: str | None


def _product(taken: str, audience: Audience, summary: str) -> EventType[BankProductState]:
    return EventType(BANK_PRODUCT, f"finance.bank_product.{taken}.v1", BankProductState, audience, summary)


BankProductProposed = _product("proposed", Audience.BUREAU, "A product, new terms or a withdrawal were proposed.")
BankProductApproved = _product("approved", Audience.PUBLIC, "What was proposed counts from its day on.")
BankProductRefused = _product("refused", Audience.BUREAU, "What was proposed is not approved.")


class AuthorisationState(EventData):
    """What an enterprise lets one bank be told, for what, from when to when."""

    id: UUID
    no: str
    livemode: bool
    enterprise_id: UUID
    enterprise_code: str
    bank: str
    purpose: str
    fields: tuple[str, ...]
    valid_from: date
    valid_until: date
    document_no: str | None
    granted_on: date
    withdrawn_on: date | None


AuthorisationGranted = EventType(
    AUTHORISATION, "finance.authorisation.granted.v1", AuthorisationState, summary="A bank may be told."
)
AuthorisationWithdrawn = EventType(
    AUTHORISATION, "finance.authorisation.withdrawn.v1", AuthorisationState, summary="The bank may be told no more."
)


class ReferralState(EventData):
    """One enterprise, one bank; yuan, percent a year. `refusal_reason` is the bank's, `reason_code` why it ended
    otherwise."""

    id: UUID
    no: str
    livemode: bool
    enterprise_id: UUID
    enterprise_code: str
    centre_id: UUID | None
    bank: str
    product: str | None
    channel: str
    status: str
    amount: Decimal
    tenor_months: int
    sent_on: date | None
    answer_due_on: date | None
    answered_on: date | None
    refused_on: date | None
    refusal_reason: str | None
    offered_amount: Decimal | None
    offered_rate: Decimal | None
    offered_tenor_months: int | None
    agreed_on: date | None
    disbursed_on: date | None
    disbursed: Decimal
    repaid: Decimal
    ended_on: date | None
    reason_code: str | None


def _referral(taken: str, summary: str) -> EventType[ReferralState]:
    return EventType(REFERRAL, f"finance.referral.{taken}.v1", ReferralState, summary=summary)


ReferralPrepared = _referral("prepared", "Waits for the enterprise's confirmation.")
ReferralSent = _referral("sent", "The bank may read it and is to answer.")
ReferralAccepted = _referral("accepted", "The bank examines it.")
ReferralRefused = _referral("refused", "The bank will not lend.")
ReferralOffered = _referral("offered", "The bank has made an offer.")
ReferralAgreed = _referral("agreed", "The enterprise has said yes to the offer.")
ReferralDeclined = _referral("declined", "The enterprise has said no to the offer.")
ReferralWithdrawn = _referral("withdrawn", "The enterprise took it back, or its authorisation, or the bank its offer.")
ReferralExpired = _referral("expired", "Not answered in time.")
ReferralDisbursed = _referral("disbursed", "The bank has paid out.")
ReferralRepaid = _referral("repaid", "The bank has received principal.")
ReferralReversed = _referral("reversed", "The bank has taken back a report of money.")
ReferralClosed = _referral("closed", "Repaid in full and closed.")


class ReconciliationState(EventData):
    """A bank's file of one business day compared with what finance knows; yuan."""

    id: UUID
    no: str
    livemode: bool
    bank: str
    day: date
    revision: int
    status: str
    sha256: str
    count: int
    disbursed: Decimal
    repaid: Decimal
    outstanding: Decimal
    differences: int
    open_differences: int


def _reconciliation(taken: str, summary: str) -> EventType[ReconciliationState]:
    name = f"finance.reconciliation.{taken}.v1"
    return EventType(RECONCILIATION, name, ReconciliationState, Audience.BUREAU, summary)


ReconciliationFiled = _reconciliation("filed", "A day was filed and compared.")
ReconciliationCompared = _reconciliation("compared", "The day was compared again.")
ReconciliationReplaced = _reconciliation("replaced", "Another file of the day counts.")
ReconciliationResolved = _reconciliation("resolved", "A person has resolved a difference.")
