"""What is sent and answered about referrals."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import Field, JsonValue

from services.finance.bank_products.schemas import Collateral, Months, ProductCode, Rate, RequiredData, TaxGrade
from services.finance.banks.schemas import BankCode
from services.finance.grants.schemas import Line
from services.finance.referrals import states
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord
from shared.identifiers import UnifiedSocialCreditCode
from shared.money import Money, PositiveMoney

State = Literal[
    "prepared",
    "sent",
    "accepted",
    "offered",
    "agreed",
    "disbursed",
    "repaying",
    "closed",
    "refused",
    "declined",
    "withdrawn",
    "expired",
]
assert get_args(State) == states.STATES, "the one list, spelled out for OpenAPI"
StepKind = Literal["accept", "refuse", "offer", "disburse", "repay", "reverse", "close", "cancel"]
assert get_args(StepKind) == states.STEPS, "likewise"
BroughtBy = Literal["enterprise", "centre", "bureau"]
WithdrawalReason = Literal["not_needed", "financed_elsewhere", "wrong_data", "other"]
EndReason = Literal[
    "authorisation_withdrawn", "authorisation_ended", "bank_silent", "offer_lapsed", "bank_cancelled", "repaid"
]

RefusalReason = Annotated[str, EditionWord(lambda edition: edition.banking.refusal_reasons)]
DeclineReason = Annotated[str, EditionWord(lambda edition: edition.banking.decline_reasons)]
ReversalReason = Annotated[str, EditionWord(lambda edition: edition.banking.reversal_reasons)]
Reference = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[0-9A-Za-z][0-9A-Za-z._/-]*$")]
"""The bank's own number of a step, once for all its steps."""


class Recipient(Request):
    """A bank, and the product the enterprise has in mind, if any."""

    bank: BankCode
    product: ProductCode | None = None


class StatedFacts(Request):
    """What the enterprise states about itself; told to a bank that is authorised to read `statements`."""

    collaterals: Annotated[list[Collateral], Field(max_length=10)] | None = None
    available_data: Annotated[list[RequiredData], Field(max_length=20)] | None = None
    tax_grade: TaxGrade | None = None
    yearly_income: Money | None = None
    staff: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class ReferralIn(Request):
    """A wish for money, to one or several banks. An enterprise's own account need not name the enterprise."""

    enterprise_code: UnifiedSocialCreditCode | None = None
    to: Annotated[list[Recipient], Field(min_length=1, max_length=20)]
    amount: PositiveMoney
    tenor_months: Months
    purpose: Line
    statements: StatedFacts = StatedFacts()


class SandboxReferralIn(Request):
    """What the fictional enterprise of a sandbox referral wishes for."""

    amount: PositiveMoney = Decimal("100000.00")
    tenor_months: Months = 12
    purpose: Line = "沙箱联调"


class DeclineIn(Request):
    """Why the enterprise does not take the offer."""

    reason_code: DeclineReason


class WithdrawalIn(Request):
    """Why the referral is taken back."""

    reason_code: WithdrawalReason


class StepIn(Request):
    """A bank's step under the bank's own reference; the same reference with the same content is the same step."""

    reference: Reference


class RefuseIn(StepIn):
    """The bank will not lend."""

    reason_code: RefusalReason


class OfferIn(StepIn):
    """What the bank offers, and until which day the enterprise may take it."""

    amount: PositiveMoney
    rate: Rate
    tenor_months: Months
    until: date


class MoneyIn(StepIn):
    """Money on the bank's business day `value_on`, today or earlier."""

    amount: PositiveMoney
    value_on: date


class RepayIn(MoneyIn):
    """Principal received; `interest` is noted beside it and reduces nothing."""

    interest: Money | None = None


class ReverseIn(StepIn):
    """A step of money that was reported wrongly is taken back whole; `reverses` is its reference."""

    reverses: Reference
    reason_code: ReversalReason
    value_on: date


class ReferralFilter(PageParams):
    """Filters of the list; days inclusive. `unanswered_since` finds those sent on that day or earlier to which the bank
    has not answered."""

    no: str | None = Field(default=None, max_length=40)
    bank: BankCode | None = None
    product: ProductCode | None = None
    status: State | None = None
    enterprise_code: UnifiedSocialCreditCode | None = None
    centre_id: UUID | None = None
    sent_from: date | None = None
    sent_to: date | None = None
    unanswered_since: date | None = None
    sort: Literal["no", "-no"] = "-no"


class EnterpriseData(Response):
    """What the reader may know of the enterprise; null for what it is not authorised to."""

    code: str | None = None
    name: str | None = None
    registered_on: date | None = None
    division: str | None = None
    industry_code: str | None = None
    size_class: str | None = None
    centre_name: str | None = None
    in_centre_since: date | None = None
    statements: dict[str, JsonValue] | None = None


class ReferralOut(Response):
    """A referral. A bank reads `enterprise` as far as the authorisations of the day go, and null without one."""

    id: UUID
    no: str
    version: int
    livemode: bool
    edition: str
    batch_id: UUID
    status: State
    bank: str
    product: str | None
    enterprise: EnterpriseData | None
    enterprise_code: str | None
    centre_id: UUID | None
    amount: Money
    tenor_months: int
    purpose: str | None
    channel: BroughtBy
    prepared_on: date
    sent_on: date | None
    answer_due_on: date | None
    expires_on: date | None
    accepted_on: date | None
    refused_on: date | None
    refusal_reason: RefusalReason | None
    offered_on: date | None
    offered_amount: Money | None
    offered_rate: Rate | None
    offered_tenor_months: int | None
    offer_until: date | None
    agreed_on: date | None
    disbursed_on: date | None
    disbursed: Money
    repaid: Money
    outstanding: Money
    ended_on: date | None
    reason_code: str | None
    created_at: datetime
    updated_at: datetime


class StepOut(Response):
    """A bank's step, for ever the same: `status`, the sums and `version` are those of the referral right after it."""

    id: UUID
    referral_id: UUID
    referral_no: str
    step: int
    kind: StepKind
    reference: str
    amount: Money | None
    interest: Money | None
    rate: Rate | None
    tenor_months: int | None
    until: date | None
    reason_code: str | None
    value_on: date
    reverses: str | None
    status: State
    disbursed: Money
    repaid: Money
    outstanding: Money
    version: int
    recorded_at: datetime


class ReferralDetail(ReferralOut):
    """With the bank's steps, and for all but the bank the rules it was sent by."""

    steps: list[StepOut]
    decision: StoredDecision | None


class ReferralBatch(Response):
    """What one request has brought about, one for each bank."""

    batch_id: UUID
    items: list[ReferralOut]


class StepFilter(PageParams):
    """Filters of the bank's steps, over all referrals that the caller reads; `value_from` and `value_to` inclusive."""

    bank: BankCode | None = None
    kind: StepKind | None = None
    referral_id: UUID | None = None
    reference: Reference | None = None
    value_from: date | None = None
    value_to: date | None = None


class StatisticsQuery(Request):
    """Referrals sent from one day to another, both inclusive; of the current year unless sent."""

    sent_from: date | None = None
    sent_to: date | None = None
    bank: BankCode | None = None
    by: Literal["bank", "product"] = "product"


class StatisticsLine(Response):
    """What became of the referrals to one bank, or for one of its products; yuan. Days count from sending to the bank's
    first answer; `median_days` is null where none was answered."""

    bank: str
    product: str | None
    sent: int
    answered: int
    accepted: int
    refused: int
    refused_by_reason: dict[str, int]
    offered: int
    declined: int
    withdrawn: int
    expired: int
    disbursed: int
    requested_amount: Money
    offered_amount: Money
    disbursed_amount: Money
    repaid_amount: Money
    median_days: Decimal | None


class Statistics(Response):
    """Of live referrals only; no line names an enterprise."""

    sent_from: date
    sent_to: date
    items: list[StatisticsLine]
