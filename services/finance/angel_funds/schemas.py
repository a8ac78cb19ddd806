"""What is sent about angel funds."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self, get_args
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.finance.angel_funds import states
from services.finance.angel_funds.rules import FEWEST_SEATS, MOST_SEATS
from services.finance.grants.schemas import Code, Line, StepRequest
from shared.http.paging import PageParams
from shared.http.schemas import Request
from shared.identifiers import UnifiedSocialCreditCode
from shared.money import ZERO, Money, PositiveMoney

State = Literal["registered", "active", "refused", "liquidating", "terminated"]
assert get_args(State) == states.STATES, "the one list, spelled out for OpenAPI"
OrderState = Literal["prepared", "approved", "done", "refused", "cancelled"]
assert get_args(OrderState) == states.ORDER_STATES, "likewise"
OrderKind = Literal[
    "closing",
    "call",
    "payment",
    "default",
    "withdrawal",
    "municipal_sale",
    "tranche",
    "valuation",
    "exit",
    "write_off",
    "committee_change",
    "winding_up",
    "final_distribution",
]
assert get_args(OrderKind) == states.KINDS, "likewise"
InvestmentState = Literal["proposed", "voted", "approved", "invested", "exited", "written_off", "refused", "cancelled"]
assert get_args(InvestmentState) == states.INVESTMENT_STATES, "likewise"
Vote = Literal["for", "against", "abstained", "recused"]
assert get_args(Vote) == states.VOTES, "likewise"
Pricing = Literal["par", "net_value"]
assert get_args(Pricing) == states.PRICINGS, "likewise"
WindingUpCause = Literal["term_ended", "investors_resolved", "centre_left", "purpose_failed", "other"]
assert get_args(WindingUpCause) == states.WINDING_UP_CAUSES, "likewise"
RefusalReason = Literal[
    "incomplete_documents", "wrong_amount", "not_eligible", "withdrawn_by_applicant", "duplicate", "other"
]

DocumentNo = Annotated[str, Field(min_length=1, max_length=100, examples=["拉金办发〔2019〕8号"])]
BankSlipNo = Annotated[str, Field(min_length=1, max_length=60, examples=["HD-20190506-0001"])]


class SeatIn(Request):
    """A seat of the investment committee: for whom its member sits."""

    role: Code
    organisation_code: UnifiedSocialCreditCode


class AngelFundIn(Request):
    """A centre's fund with its committee. `pricing` is what its contract says a unit costs whoever pays in: one yuan
    always, or its part of the net value on that day."""

    centre_id: UUID
    name: Line
    manager_code: UnifiedSocialCreditCode
    document_no: DocumentNo
    pricing: Pricing = "par"
    seats: list[SeatIn] = Field(min_length=FEWEST_SEATS, max_length=MOST_SEATS)
    registered_on: date | None = None


class Refusal(StepRequest):
    """Why it is refused."""

    reason_code: RefusalReason


class SubscriptionIn(Request):
    """What an investor subscribes at a closing; a new one is named. Whether it is the municipal fund is known by its
    code; `municipal`, where sent, has to say the same."""

    investor_id: UUID | None = None
    code: UnifiedSocialCreditCode | None = None
    name: Line | None = None
    municipal: bool | None = None
    amount: PositiveMoney

    @model_validator(mode="after")
    def _one_investor(self) -> Self:
        new = self.code is not None and self.name is not None
        if new == (self.investor_id is not None) or (self.investor_id is not None and (self.code or self.name)):
            raise PydanticCustomError("one_investor", "either investor_id, or code and name of a new investor")
        return self


class Movement(Request):
    """A movement by its document; `effective_on` is today unless sent."""

    document_no: DocumentNo
    effective_on: date | None = None


class ClosingIn(Movement):
    """Subscriptions that count together from the closing on."""

    subscriptions: list[SubscriptionIn] = Field(min_length=1, max_length=50)


class CallLineIn(Request):
    """What one investor is called for."""

    investor_id: UUID
    amount: PositiveMoney


class CallIn(Movement):
    """A call of subscribed money."""

    due_on: date
    lines: list[CallLineIn] = Field(min_length=1, max_length=50)


class PaymentIn(Movement):
    """What an investor pays in; of a municipal payment the bank's slip comes with the treasury's step."""

    investor_id: UUID
    amount: PositiveMoney
    bank_slip_no: BankSlipNo | None = None


class DefaultIn(Movement):
    """What an investor was to pay and will not: its subscription is lowered by it."""

    investor_id: UUID
    amount: PositiveMoney


class WithdrawalIn(Movement):
    """What an investor gives up of its subscription, and of what it paid in: for that it is paid its share of the
    fund's net assets."""

    investor_id: UUID
    subscribed: Money
    paid_in: Money
    bank_slip_no: BankSlipNo | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.subscribed or self.paid_in > self.subscribed:
            raise PydanticCustomError("withdrawal", "subscribed is more than 0.00 and at least paid_in")
        return self


class MunicipalSaleIn(Movement):
    """What the municipal fund sells of its paid-in share, to whom and for how much."""

    buyer_id: UUID
    amount: PositiveMoney
    price: PositiveMoney


class CheckIn(Request):
    """An item of the due diligence, with the paper it is in."""

    item: Code
    document_no: DocumentNo


class InvestmentIn(Request):
    """An investment to propose to the committee."""

    enterprise_code: UnifiedSocialCreditCode
    amount: PositiveMoney
    checklist: list[CheckIn] = Field(default=[], max_length=50)
    proposed_on: date | None = None


class BallotIn(Request):
    """How one seat voted; who is recused says why."""

    seat: int = Field(ge=1, le=100)
    vote: Vote
    reason: Line | None = None

    @model_validator(mode="after")
    def _recused_with_reason(self) -> Self:
        if (self.vote == "recused") != (self.reason is not None):
            raise PydanticCustomError("recused_reason", "a recused seat, and no other, has a reason")
        return self


class VoteIn(StepRequest):
    """The committee's vote by its minutes; a seat that is not named was absent."""

    minutes_no: DocumentNo
    ballots: list[BallotIn] = Field(min_length=1, max_length=21)

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len({ballot.seat for ballot in self.ballots}) < len(self.ballots):
            raise PydanticCustomError("seat_once", "a seat votes once")
        return self


class InvestmentApproval(StepRequest):
    """The document that approves the investment."""

    document_no: DocumentNo


class TrancheIn(Movement):
    """A payment to the enterprise; `effective_on` is the day of the bank's slip, without it that of the confirmation
    counts."""

    amount: PositiveMoney
    bank_slip_no: BankSlipNo


class ValuationIn(Movement):
    """What the investment is worth, and by which method."""

    value: Money
    method: Line


class ExitIn(Movement):
    """What is sold at cost, and what came in for it."""

    cost: PositiveMoney
    proceeds: PositiveMoney
    bank_slip_no: BankSlipNo


class WriteOffIn(Movement):
    """What is given up at cost, and why."""

    cost: PositiveMoney
    reason: Line


class CommitteeIn(Movement):
    """Seats that are left and given from the day on, by the resolution's document."""

    leaving: list[Annotated[int, Field(ge=1, le=1000)]] = Field(default=[], max_length=21)
    joining: list[SeatIn] = Field(default=[], max_length=21)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.leaving and not self.joining:
            raise PydanticCustomError("committee_unchanged", "somebody leaves or joins")
        return self


class WindingUpIn(Movement):
    """The investors' resolution to wind the fund up: why, by which minutes, and who was for it."""

    cause: WindingUpCause
    minutes_no: DocumentNo
    supporters: list[UUID] = Field(default=[], max_length=200)


class FinalDistributionIn(Movement):
    """What was paid of the fund's money for its end and its debts, and which debts nothing is there for; the rest is
    distributed."""

    costs: Money = ZERO
    unpaid_debts: Money = ZERO


class TreasuryPayment(Request):
    """The treasury's payment into the fund."""

    bank_slip_no: BankSlipNo
    paid_on: date | None = None


class TreasuryReceipt(Request):
    """What came back to the treasury, by the bank's slip."""

    bank_slip_no: BankSlipNo
    received_on: date | None = None


class EligibilityIn(Request):
    """An investment to try out."""

    enterprise_code: UnifiedSocialCreditCode
    amount: PositiveMoney
    checklist: list[CheckIn] = Field(default=[], max_length=50)


class AngelFundFilter(PageParams):
    """Filters of the list; `breached` and `stopped` find those that are, or are not."""

    no: str | None = Field(default=None, max_length=40)
    centre_id: UUID | None = None
    status: State | None = None
    breached: bool | None = None
    stopped: bool | None = None
    sort: Literal["no", "-no"] = "-no"


class FundOrderFilter(PageParams):
    """Filters of a fund's orders, in the order prepared."""

    kind: OrderKind | None = None
    status: OrderState | None = None
    investor_id: UUID | None = None
    investment_id: UUID | None = None


class InvestmentFilter(PageParams):
    """Filters of investments over all funds."""

    no: str | None = Field(default=None, max_length=40)
    fund_id: UUID | None = None
    enterprise_code: UnifiedSocialCreditCode | None = None
    status: InvestmentState | None = None
