"""Angel funds of centres (天使基金, 3.2-2): finance's, and part of its contracts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

ANGEL_FUND = Topic("finance.angel_fund", "Angel funds of centres (天使基金)")


class AngelFundState(EventData):
    """A centre's fund; amounts in yuan. `paid_in` is without what was withdrawn, `invested` at cost of what is still
    held; all `proceeds` were distributed; `borne` is what those who withdrew left for their part of losses.
    `breached_on`: since when the municipal share is above its limit; `stopped_on`: since when the centre is not listed,
    so that nothing new is paid or invested. What is distributed goes by `units`, which cost what `pricing` says;
    `wound_up_on`: since when the fund is wound up, `terminated_on` the day of its last distribution."""

    id: UUID
    no: str
    centre_id: UUID
    name: str
    manager_code: str
    document_no: str
    status: str
    reason_code: str | None
    registered_on: date
    approved_on: date | None
    subscribed: Decimal
    municipal_subscribed: Decimal
    paid_in: Decimal
    municipal_paid_in: Decimal
    cash: Decimal
    invested: Decimal
    gains: Decimal
    losses: Decimal
    proceeds: Decimal
    municipal_proceeds: Decimal
    borne: Decimal
    breached_on: date | None
    stopped_on: date | None
    stop_cause: str | None
    pricing: str | None = None
    units: Decimal | None = None
    wound_up_on: date | None = None
    winding_up_cause: str | None = None
    terminated_on: date | None = None


class AngelFundOrderState(AngelFundState):
    """The same with an order on it: what was prepared, approved, done, refused or cancelled. `amount` is what moves, of
    a valuation the value. `due` goes to the treasury, which receives it by its slip; `returned` of it went back to
    the budget, the rest is revenue. `order_units` is what a payment bought, or a withdrawal or sale gave away."""

    order_id: UUID
    order_line: int
    order_kind: str
    order_status: str
    order_reason_code: str | None
    investor_id: UUID | None
    investment_id: UUID | None
    enterprise_code: str | None
    municipal: bool
    amount: Decimal
    order_document_no: str | None
    bank_slip_no: str | None
    effective_on: date
    due: Decimal
    returned: Decimal
    receipt_slip_no: str | None
    received_on: date | None
    order_units: Decimal | None = None


class AngelInvestmentState(AngelFundState):
    """The same with one of its investments; `value` by the latest valuation note."""

    investment_id: UUID
    investment_no: str
    enterprise_id: UUID
    enterprise_code: str
    investment_status: str
    amount: Decimal
    paid: Decimal
    cost: Decimal
    investment_proceeds: Decimal
    lost: Decimal
    value: Decimal | None
    minutes_no: str | None
    investment_reason_code: str | None


class AngelFundBreachState(AngelFundState):
    """The same with the bases on which the municipal share is above its limit, or was until now."""

    bases: tuple[str, ...]
    opened_on: date
    cured_on: date | None


def _fund(name: str, summary: str) -> EventType[AngelFundState]:
    return EventType(ANGEL_FUND, f"finance.angel_fund.{name}.v1", AngelFundState, Audience.BUREAU, summary)


def _order(name: str, summary: str) -> EventType[AngelFundOrderState]:
    return EventType(ANGEL_FUND, f"finance.angel_fund.{name}.v1", AngelFundOrderState, Audience.BUREAU, summary)


def _investment(name: str, summary: str) -> EventType[AngelInvestmentState]:
    return EventType(ANGEL_FUND, f"finance.angel_fund.{name}.v1", AngelInvestmentState, Audience.BUREAU, summary)


def _breach(name: str, summary: str) -> EventType[AngelFundBreachState]:
    return EventType(ANGEL_FUND, f"finance.angel_fund.{name}.v1", AngelFundBreachState, Audience.BUREAU, summary)


AngelFundRegistered = _fund("registered", "A fund was registered for a centre.")
AngelFundApproved = _fund("approved", "A second person approved it.")
AngelFundRefused = _fund("refused", "It was refused.")
AngelFundStopped = _fund("stopped", "Its centre left the list: nothing new is paid or invested.")
AngelFundResumed = _fund("resumed", "Its centre is listed again.")
AngelFundBreached = _breach(
    "breached", "The municipal share is above its limit because another investor failed or left."
)
AngelFundCured = _breach("cured", "The municipal share is within its limit again.")

AngelFundOrderPrepared = _order("order_prepared", "A movement of capital or money was prepared.")
AngelFundOrderApproved = _order("order_approved", "A municipal payment was approved and waits for the treasury.")
AngelFundOrderRefused = _order("order_refused", "An order was refused.")
AngelFundOrderCancelled = _order("order_cancelled", "An order ended with the centre's listing, or with the fund.")
AngelFundClosed = _order("closing_held", "A closing: its subscriptions count.")
AngelFundCalled = _order("called", "Subscribed money was called.")
AngelFundPaidIn = _order("paid_in", "An investor paid in.")
AngelFundDefaulted = _order("defaulted", "An investor did not pay; its subscription is lowered.")
AngelFundInvestorWithdrew = _order("investor_withdrew", "An investor took money or subscription back.")
AngelFundMunicipalSold = _order("municipal_share_sold", "The municipal fund sold of its share to another investor.")
AngelFundMunicipalReceived = _order("municipal_money_received", "The treasury received what an order had to bring it.")
AngelFundTranchePaid = _order("tranche_paid", "A tranche of an investment was paid.")
AngelFundValued = _order("valued", "A valuation note on an investment.")
AngelFundExited = _order("exited", "Of an investment was sold, and the proceeds distributed.")
AngelFundWrittenOff = _order("written_off", "Of an investment was written off.")
AngelFundCommitteeChanged = _order("committee_changed", "Seats of the investment committee were left or given.")
AngelFundWoundUp = _order("wound_up", "The investors resolved to wind the fund up.")
AngelFundTerminated = _order("terminated", "What was left was distributed; the fund has ended.")

AngelInvestmentProposed = _investment("investment_proposed", "An investment was proposed.")
AngelInvestmentVoted = _investment("investment_voted", "The committee voted for it.")
AngelInvestmentVotedDown = _investment("investment_voted_down", "The committee did not vote for it.")
AngelInvestmentApproved = _investment("investment_approved", "A second person approved it.")
AngelInvestmentRefused = _investment("investment_refused", "It was refused.")
AngelInvestmentCancelled = _investment("investment_cancelled", "It ended with the centre's listing, or with the fund.")
