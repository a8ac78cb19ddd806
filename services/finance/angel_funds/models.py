"""A fund, its investors and committee, every order on its money, its investments, and breaches of the share (3.2-2)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.angel_funds import states
from services.finance.base import Base
from shared.db import Aggregate
from shared.ids import uuid7
from shared.money import ZERO


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


class AngelFund(Aggregate, Base):
    """A centre's fund. Amounts in yuan, sums over its investors and investments; `invested` is at cost, of what is
    still held; `gains` and `losses` are those of exits and write-offs; every yuan of `proceeds` was distributed.
    `borne` is what investors that withdrew left of their capital, for their part of losses and of proceeds. What is
    distributed goes by `units`, which capital buys at the price of the fund's contract."""

    __tablename__ = "angel_fund"
    __table_args__ = (
        UniqueConstraint("no", name="uq_angel_fund_no"),
        CheckConstraint(f"status IN ({_listed(states.STATES)})", name="status_known"),
        CheckConstraint(
            "least(subscribed, municipal_subscribed, paid_in, municipal_paid_in, cash, invested, gains, losses,"
            " proceeds, municipal_proceeds, borne) >= 0",
            name="amounts_not_negative",
        ),
        CheckConstraint(
            "municipal_subscribed <= subscribed AND municipal_paid_in <= paid_in AND municipal_proceeds <= proceeds",
            name="municipal_is_a_part",
        ),
        CheckConstraint("cash + invested = paid_in + borne + gains - losses - proceeds", name="in_balance"),
        CheckConstraint(
            "status IN ('active', 'liquidating') OR (subscribed = 0 AND paid_in = 0)", name="money_when_active"
        ),
        CheckConstraint("units >= 0 AND (status <> 'terminated' OR units + cash + invested = 0)", name="units_known"),
        CheckConstraint(f"pricing IN ({_listed(states.PRICINGS)})", name="pricing_known"),
        CheckConstraint(
            "num_nulls(wound_up_on, winding_up_cause) = CASE WHEN status IN ('liquidating', 'terminated') THEN 0 ELSE 2"
            " END AND (terminated_on IS NOT NULL) = (status = 'terminated') AND terminated_on >= wound_up_on",
            name="winding_up_whole",
        ),
        CheckConstraint("approved_by <> registered_by", name="approver_is_another"),
        CheckConstraint(
            "num_nulls(approved_by, approved_on) = CASE WHEN status IN ('registered', 'refused') THEN 2 ELSE 0 END",
            name="approval_whole",
        ),
        CheckConstraint("(status = 'refused') = (reason_code IS NOT NULL)", name="refused_with_reason"),
        CheckConstraint("num_nulls(stopped_on, stop_cause) IN (0, 2)", name="stop_whole"),
        CheckConstraint(f"stop_cause IN ({_listed(states.STOP_CAUSES)})", name="stop_cause_known"),
        Index(
            "uq_angel_fund_live_centre",
            "centre_id",
            unique=True,
            postgresql_where="status NOT IN ('refused', 'terminated')",
        ),
    )

    no: Mapped[str]
    centre_id: Mapped[UUID]
    edition: Mapped[str]
    name: Mapped[str]
    manager_code: Mapped[str]
    document_no: Mapped[str]
    status: Mapped[str]
    reason_code: Mapped[str | None]
    registered_by: Mapped[str]
    registered_on: Mapped[date]
    approved_by: Mapped[str | None]
    approved_on: Mapped[date | None]
    subscribed: Mapped[Decimal] = mapped_column(default=ZERO)
    municipal_subscribed: Mapped[Decimal] = mapped_column(default=ZERO)
    paid_in: Mapped[Decimal] = mapped_column(default=ZERO)
    municipal_paid_in: Mapped[Decimal] = mapped_column(default=ZERO)
    cash: Mapped[Decimal] = mapped_column(default=ZERO)
    invested: Mapped[Decimal] = mapped_column(default=ZERO)
    gains: Mapped[Decimal] = mapped_column(default=ZERO)
    losses: Mapped[Decimal] = mapped_column(default=ZERO)
    proceeds: Mapped[Decimal] = mapped_column(default=ZERO)
    municipal_proceeds: Mapped[Decimal] = mapped_column(default=ZERO)
    borne: Mapped[Decimal] = mapped_column(default=ZERO)
    pricing: Mapped[str] = mapped_column(server_default=states.PAR)
    units: Mapped[Decimal] = mapped_column(default=ZERO, server_default="0")
    breached_on: Mapped[date | None]
    """Since when the municipal share is above the limit, on one basis or both; None while it is within."""
    stopped_on: Mapped[date | None]
    stop_cause: Mapped[str | None]
    stop_case_id: Mapped[UUID | None]
    wound_up_on: Mapped[date | None]
    winding_up_cause: Mapped[str | None]
    terminated_on: Mapped[date | None]
    decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB)


class AngelFundSeat(Base):
    """A seat of the investment committee: for whom its member sits, never who the person is. A seat that was left is
    not given to another: a vote on record stays that of whoever sat there."""

    __tablename__ = "angel_fund_seat"
    __table_args__ = (
        CheckConstraint("seat > 0", name="seat_positive"),
        CheckConstraint("left_on >= joined_on", name="left_after_joining"),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("angel_fund.id"), primary_key=True)
    seat: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    role: Mapped[str]
    organisation_code: Mapped[str]
    joined_on: Mapped[date]
    left_on: Mapped[date | None]
    """The first day on which it is not its any more."""


class AngelFundInvestor(Base):
    """An investor with what it subscribed, was called for, paid in and was given of proceeds; yuan."""

    __tablename__ = "angel_fund_investor"
    __table_args__ = (
        UniqueConstraint("fund_id", "line", name="uq_angel_fund_investor_line"),
        UniqueConstraint("fund_id", "code", name="uq_angel_fund_investor_code"),
        Index("uq_angel_fund_investor_municipal", "fund_id", unique=True, postgresql_where="municipal"),
        CheckConstraint(
            "paid_in >= 0 AND paid_in <= called AND called <= subscribed AND proceeds >= 0", name="paid_within_called"
        ),
        CheckConstraint("units >= 0 AND (paid_in > 0 OR units = 0)", name="units_of_capital"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    fund_id: Mapped[UUID] = mapped_column(ForeignKey("angel_fund.id"))
    line: Mapped[int] = mapped_column(SmallInteger)
    municipal: Mapped[bool] = mapped_column(Boolean)
    code: Mapped[str]
    name: Mapped[str]
    joined_on: Mapped[date]
    left_on: Mapped[date | None]
    subscribed: Mapped[Decimal] = mapped_column(default=ZERO)
    called: Mapped[Decimal] = mapped_column(default=ZERO)
    paid_in: Mapped[Decimal] = mapped_column(default=ZERO)
    units: Mapped[Decimal] = mapped_column(default=ZERO, server_default="0")
    proceeds: Mapped[Decimal] = mapped_column(default=ZERO)


class AngelInvestment(Base):
    """What the fund puts into an enterprise: `amount` is approved, `cost` what was paid and is still held."""

    __tablename__ = "angel_investment"
    __table_args__ = (
        UniqueConstraint("no", name="uq_angel_investment_no"),
        CheckConstraint(f"status IN ({_listed(states.INVESTMENT_STATES)})", name="status_known"),
        CheckConstraint("amount > 0 AND paid <= amount", name="paid_within_amount"),
        CheckConstraint(
            "least(paid, cost, proceeds, lost, value) >= 0 AND cost + lost <= paid", name="cost_within_paid"
        ),
        CheckConstraint("approved_by NOT IN (proposed_by, voted_by)", name="approver_is_another"),
        CheckConstraint("voted_by <> proposed_by", name="recorder_is_another"),
        CheckConstraint(
            "(status IN ('exited', 'written_off')) <= (cost = 0) AND (status <> 'invested' OR cost > 0)",
            name="held_while_invested",
        ),
        Index("ix_angel_investment_fund_id", "fund_id"),
        Index("ix_angel_investment_enterprise_code", "enterprise_code"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    no: Mapped[str]
    fund_id: Mapped[UUID] = mapped_column(ForeignKey("angel_fund.id"))
    enterprise_id: Mapped[UUID]
    enterprise_code: Mapped[str]
    status: Mapped[str]
    amount: Mapped[Decimal]
    paid: Mapped[Decimal] = mapped_column(default=ZERO)
    cost: Mapped[Decimal] = mapped_column(default=ZERO)
    proceeds: Mapped[Decimal] = mapped_column(default=ZERO)
    lost: Mapped[Decimal] = mapped_column(default=ZERO)
    value: Mapped[Decimal | None]
    """By the latest valuation note; what is still held at cost without one."""
    valued_on: Mapped[date | None]
    checklist: Mapped[list[dict[str, JsonValue]]] = mapped_column(JSONB)
    votes: Mapped[list[dict[str, JsonValue]]] = mapped_column(JSONB, default=list)
    minutes_no: Mapped[str | None]
    proposed_by: Mapped[str]
    proposed_on: Mapped[date]
    voted_by: Mapped[str | None]
    voted_on: Mapped[date | None]
    approved_by: Mapped[str | None]
    approved_on: Mapped[date | None]
    document_no: Mapped[str | None]
    ended_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    decisions: Mapped[list[dict[str, JsonValue]]] = mapped_column(JSONB, default=list)


class AngelFundOrder(Base):
    """One movement of the fund's capital or money: prepared by one person, done by another. `amount` in yuan is what
    moves; a valuation's is the value. `body` holds what is particular to the kind. `due` is what the treasury is to
    receive by it, `returned` the part of what was received that went back to the budget; the rest is revenue."""

    __tablename__ = "angel_fund_order"
    __table_args__ = (
        UniqueConstraint("fund_id", "line", name="uq_angel_fund_order_line"),
        CheckConstraint(f"kind IN ({_listed(states.KINDS)})", name="kind_known"),
        CheckConstraint(f"status IN ({_listed(states.ORDER_STATES)})", name="status_known"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("approved_by <> prepared_by", name="approver_is_another"),
        CheckConstraint("done_by NOT IN (prepared_by, approved_by)", name="doer_is_another"),
        CheckConstraint("0 <= returned AND returned <= due", name="returned_within_due"),
        CheckConstraint("due = 0 OR status = 'done'", name="due_when_done"),
        CheckConstraint(
            "num_nulls(received_by, received_on, receipt_slip_no) IN (0, 3) AND (received_by IS NULL OR due > 0)"
            " AND (returned = 0 OR received_by IS NOT NULL)",
            name="receipt_whole",
        ),
        CheckConstraint("received_by NOT IN (prepared_by, done_by)", name="receiver_is_another"),
        CheckConstraint("(status = 'done') = (num_nulls(done_by, done_on) = 0)", name="done_whole"),
        CheckConstraint("(status IN ('refused', 'cancelled')) = (reason_code IS NOT NULL)", name="ended_with_reason"),
        Index(
            "uq_angel_fund_order_municipal_payment",
            "fund_id",
            unique=True,
            postgresql_where="kind = 'payment' AND municipal AND status IN ('prepared', 'approved')",
        ),
        Index(
            "uq_angel_fund_order_bank_slip",
            "fund_id",
            "bank_slip_no",
            unique=True,
            postgresql_where="status NOT IN ('refused', 'cancelled')",
        ),
        Index("uq_angel_fund_order_receipt_slip", "fund_id", "receipt_slip_no", unique=True),
        Index("ix_angel_fund_order_investment_id", "investment_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    fund_id: Mapped[UUID] = mapped_column(ForeignKey("angel_fund.id"))
    line: Mapped[int]
    kind: Mapped[str]
    status: Mapped[str]
    investor_id: Mapped[UUID | None] = mapped_column(ForeignKey("angel_fund_investor.id"))
    investment_id: Mapped[UUID | None] = mapped_column(ForeignKey("angel_investment.id"))
    municipal: Mapped[bool] = mapped_column(Boolean, default=False)
    amount: Mapped[Decimal]
    body: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    document_no: Mapped[str | None]
    bank_slip_no: Mapped[str | None]
    effective_on: Mapped[date]
    fiscal_year: Mapped[int | None]
    prepared_by: Mapped[str]
    approved_by: Mapped[str | None]
    approved_on: Mapped[date | None]
    done_by: Mapped[str | None]
    done_on: Mapped[date | None]
    due: Mapped[Decimal] = mapped_column(default=ZERO)
    returned: Mapped[Decimal] = mapped_column(default=ZERO)
    receipt_slip_no: Mapped[str | None]
    received_by: Mapped[str | None]
    received_on: Mapped[date | None]
    units: Mapped[Decimal | None]
    """What a payment bought, what a withdrawal or a sale gave away."""
    reason_code: Mapped[str | None]
    decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB)


class AngelFundBreach(Base):
    """A time in which the municipal share was above the limit because another investor paid not or left."""

    __tablename__ = "angel_fund_breach"
    __table_args__ = (
        CheckConstraint("num_nulls(cured_on, cured_by_order_id) IN (0, 2)", name="cure_whole"),
        Index("uq_angel_fund_breach_open", "fund_id", unique=True, postgresql_where="cured_on IS NULL"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    fund_id: Mapped[UUID] = mapped_column(ForeignKey("angel_fund.id"))
    bases: Mapped[list[str]] = mapped_column(ARRAY(Text))
    opened_on: Mapped[date]
    opened_by_order_id: Mapped[UUID] = mapped_column(ForeignKey("angel_fund_order.id"))
    cured_on: Mapped[date | None]
    cured_by_order_id: Mapped[UUID | None] = mapped_column(ForeignKey("angel_fund_order.id"))
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)


class AngelFundSettlement(Base):
    """What an investor had in a fund at its end, and what it was given: yuan, but `units`. `proceeds` were distributed
    before; `deficiency` is what of the capital came back by neither."""

    __tablename__ = "angel_fund_settlement"
    __table_args__ = (
        CheckConstraint("least(capital, units, proceeds, share) >= 0", name="amounts_not_negative"),
        CheckConstraint("deficiency = greatest(capital - proceeds - share, 0)", name="deficiency_is_what_is_missing"),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("angel_fund.id"), primary_key=True)
    investor_id: Mapped[UUID] = mapped_column(ForeignKey("angel_fund_investor.id"), primary_key=True)
    capital: Mapped[Decimal]
    units: Mapped[Decimal]
    proceeds: Mapped[Decimal]
    share: Mapped[Decimal]
    deficiency: Mapped[Decimal]
