"""What is answered about angel funds."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import PlainSerializer, computed_field

from services.finance.angel_funds.schemas import (
    InvestmentState,
    OrderKind,
    OrderState,
    Pricing,
    State,
    Vote,
    WindingUpCause,
)
from services.finance.exposures.links import exposure_link
from shared.http.decisions import StoredDecision
from shared.http.schemas import Response
from shared.money import Money, SignedMoney

UnitValue = Annotated[Decimal, PlainSerializer(lambda value: f"{value:.6f}", return_type=str, when_used="json")]


class InvestorOut(Response):
    """An investor; yuan. What is distributed goes by `units`."""

    id: UUID
    line: int
    municipal: bool
    code: str
    name: str
    joined_on: date
    left_on: date | None
    subscribed: Money
    called: Money
    paid_in: Money
    units: Money
    proceeds: Money


class SeatOut(Response):
    """A seat of the committee, held until the day before `left_on`."""

    seat: int
    role: str
    organisation_code: str
    joined_on: date
    left_on: date | None


class AngelFundOut(Response):
    """A centre's fund; yuan. `invested` is at cost of what is still held; `borne` is what investors that withdrew left
    of their capital for their part of losses."""

    id: UUID
    no: str
    version: int
    centre_id: UUID
    edition: str
    name: str
    manager_code: str
    document_no: str
    status: State
    reason_code: str | None
    registered_by: str
    registered_on: date
    approved_by: str | None
    approved_on: date | None
    subscribed: Money
    municipal_subscribed: Money
    paid_in: Money
    municipal_paid_in: Money
    cash: Money
    invested: Money
    gains: Money
    losses: Money
    proceeds: Money
    municipal_proceeds: Money
    borne: Money
    pricing: Pricing
    units: Money
    breached_on: date | None
    stopped_on: date | None
    stop_cause: str | None
    wound_up_on: date | None
    winding_up_cause: WindingUpCause | None
    terminated_on: date | None
    created_at: datetime
    updated_at: datetime


class AngelFundDetail(AngelFundOut):
    """With investors and committee, former members included. `admissible_*`: the most that the municipal fund may still
    add on each basis as the fund stands. `unit_value` is what a unit is worth by the latest notes, None without one."""

    investors: list[InvestorOut]
    seats: list[SeatOut]
    admissible_subscription: Money
    admissible_payment: Money
    unit_value: UnitValue | None
    decision: StoredDecision | None


class FundOrderOut(Response):
    """A movement of the fund's capital or money. `amount` is what moves, of a valuation the value; `units` is what a
    payment bought, or a withdrawal or sale gave away. `due` is what the treasury is to receive by it; of what it
    received, `returned` went back to the budget."""

    id: UUID
    fund_id: UUID
    line: int
    kind: OrderKind
    status: OrderState
    investor_id: UUID | None
    investment_id: UUID | None
    municipal: bool
    amount: Money
    document_no: str | None
    bank_slip_no: str | None
    effective_on: date
    prepared_by: str
    approved_by: str | None
    approved_on: date | None
    done_by: str | None
    done_on: date | None
    due: Money
    returned: Money
    receipt_slip_no: str | None
    received_by: str | None
    received_on: date | None
    units: Money | None
    reason_code: str | None


class FundOrderDetail(FundOrderOut):
    """With what is particular to its kind, and the rules applied."""

    body: dict[str, object]
    decision: StoredDecision | None


class AngelInvestmentOut(Response):
    """An investment of a fund; yuan. `cost` is what was paid and is still held."""

    id: UUID
    no: str
    fund_id: UUID
    enterprise_id: UUID
    enterprise_code: str
    status: InvestmentState
    amount: Money
    paid: Money
    cost: Money
    proceeds: Money
    lost: Money
    value: Money | None
    valued_on: date | None
    minutes_no: str | None
    document_no: str | None
    proposed_by: str
    proposed_on: date
    voted_by: str | None
    voted_on: date | None
    approved_by: str | None
    approved_on: date | None
    ended_on: date | None
    reason_code: str | None


class StepTaken(Response):
    """The rules applied at one step."""

    step: str
    decision: StoredDecision


class CheckOut(Response):
    """An item of the due diligence."""

    item: str
    document_no: str


class BallotOut(Response):
    """How one seat voted."""

    seat: int
    vote: Vote
    reason: str | None


class AngelInvestmentDetail(AngelInvestmentOut):
    """With checklist, vote and the rules applied at each step; the vote is not told to an enterprise."""

    checklist: list[CheckOut]
    votes: list[BallotOut]
    decisions: list[StepTaken]

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way with properties
    @property
    def exposure(self) -> str:
        """Where everything is that the enterprise has."""
        return exposure_link(self.enterprise_code)


class BreachOut(Response):
    """A time in which the municipal share was above its limit."""

    id: UUID
    fund_id: UUID
    bases: list[str]
    opened_on: date
    opened_by_order_id: UUID
    cured_on: date | None
    cured_by_order_id: UUID | None
    decision: StoredDecision


class SettlementOut(Response):
    """What an investor has in the fund, and is given of what is left; yuan, but `units`. `proceeds` were distributed
    before; `deficiency` is what of the capital comes back by neither."""

    investor_id: UUID
    line: int
    code: str
    name: str
    municipal: bool
    capital: Money
    units: Money
    proceeds: Money
    share: Money
    deficiency: Money


class LiquidationOut(Response):
    """How a fund ends: as it was distributed (`final`), or as it would be now, what is held sold at cost and nothing
    paid for it. `due` is what of it the treasury is owed, `received` what it has confirmed."""

    fund_id: UUID
    no: str
    status: State
    wound_up_on: date | None
    winding_up_cause: WindingUpCause | None
    terminated_on: date | None
    final: bool
    costs: Money
    unpaid_debts: Money
    distributed: Money
    deficiency: Money
    due: Money
    received: Money
    investors: list[SettlementOut]


class BalanceOut(Response):
    """What the journal has on one account of the fund."""

    account: str
    amount: SignedMoney


class FundStatementOut(Response):
    """The fund's statement as it stands: yuan. `value` is cash and the investments by their latest notes, at cost
    without one. `balances` are the journal's; `agrees` says that they are what the statement says."""

    fund_id: UUID
    no: str
    as_of: date
    subscribed: Money
    municipal_subscribed: Money
    paid_in: Money
    municipal_paid_in: Money
    cash: Money
    invested: Money
    investments_value: Money
    value: Money
    gains: Money
    losses: Money
    proceeds: Money
    municipal_proceeds: Money
    borne: Money
    units: Money
    investors: list[InvestorOut]
    investments: list[AngelInvestmentOut]
    balances: list[BalanceOut]
    agrees: bool
