"""Preparing an order on a fund's capital or money; somebody else carries it out (`carrying_out`) (3.2-2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds import states
from services.finance.angel_funds.cases import (
    Case,
    Step,
    day_of,
    investment_of,
    investor_of,
    open_case,
    tell_order,
)
from services.finance.angel_funds.lots import first_of
from services.finance.angel_funds.models import AngelFund, AngelFundInvestor, AngelFundOrder
from services.finance.angel_funds.municipal import is_municipal, lots_of, municipal_investor
from services.finance.angel_funds.rules import (
    decide_cash,
    decide_centre,
    decide_early_exit,
    decide_held,
    decide_net_assets,
    decide_not_breached,
    decide_subscription,
    decide_tranche,
)
from services.finance.angel_funds.schemas import (
    CallIn,
    ClosingIn,
    DefaultIn,
    ExitIn,
    Movement,
    MunicipalSaleIn,
    PaymentIn,
    TrancheIn,
    ValuationIn,
    WithdrawalIn,
    WriteOffIn,
)
from services.finance.angel_funds.shares import floor_share
from services.finance.angel_funds.valuing import net_assets_of, units_of
from shared.db import constraint_of
from shared.errors import DomainError, invalid_transition
from shared.events.contracts.finance.angel_funds import AngelFundOrderPrepared
from shared.events.outbox import EventContext
from shared.http.validation import PayloadInvalid
from shared.ids import uuid7
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.refusals import require_passed


@dataclass(frozen=True, slots=True)
class About:
    """Whom and what an order is about."""

    municipal: bool = False
    investor_id: UUID | None = None
    investment_id: UUID | None = None
    bank_slip_no: str | None = None
    dated: bool = False
    """The day was sent: it is that of the bank's slip."""


Prepared: TypeAlias = tuple[AngelFund, AngelFundOrder]

_TAKEN: Mapping[str | None, str] = {
    "uq_angel_fund_order_municipal_payment": "angel-fund-payment-pending",
    "uq_angel_fund_order_bank_slip": "angel-fund-bank-slip-used",
    "uq_angel_fund_order_receipt_slip": "angel-fund-bank-slip-used",
}


async def prepare_closing(session: AsyncSession, sent: ClosingIn, *, step: Step) -> Prepared:
    """Subscriptions of old and new investors that count together once confirmed. Raises 404, 422 `municipal_once`,
    `municipal_contradicts_code`."""
    case = await open_case(session, step, states.ACTIVE)
    municipal = [await is_municipal(session, case, line) for line in sent.subscriptions]
    if sum(municipal) > 1:
        raise PayloadInvalid.at("subscriptions", "municipal_once")
    amount = sum((line.amount for line in sent.subscriptions), ZERO)
    return await prepare(session, case, step, sent, states.CLOSING, amount)


async def prepare_call(session: AsyncSession, sent: CallIn, *, step: Step) -> Prepared:
    """A call of what investors subscribed. Raises 404, 409 `angel-fund-above-open-amount`."""
    case = await open_case(session, step, states.ACTIVE)
    for line in sent.lines:
        investor = await investor_of(session, case.fund, line.investor_id)
        free = investor.subscribed - investor.called
        require_passed(decide_subscription(case.edition, amount=line.amount, free=free, what="called"))
    amount = sum((line.amount for line in sent.lines), ZERO)
    return await prepare(session, case, step, sent, states.CALL, amount)


async def prepare_payment(session: AsyncSession, sent: PaymentIn, *, step: Step) -> Prepared:
    """What an investor pays in, at most what it was called for. A municipal payment waits for an approval and then for
    the treasury, whose slip it gets.

    Raises 404, 409 `angel-fund-above-open-amount`, `angel-fund-breached`, `angel-fund-stopped`,
    `angel-fund-payment-pending`, `angel-fund-bank-slip-used`, 422.
    """
    case = await open_case(session, step, states.ACTIVE)
    investor = await investor_of(session, case.fund, sent.investor_id)
    if investor.municipal == (sent.bank_slip_no is not None):
        raise PayloadInvalid.at("bank_slip_no", "extra_forbidden" if investor.municipal else "missing")
    free = investor.called - investor.paid_in
    tests = [decide_subscription(case.edition, amount=sent.amount, free=free, what="paid")]
    if investor.municipal:
        tests += [decide_municipal_money(case)]
    decision = require_passed(combine(*tests))
    about = About(municipal=investor.municipal, investor_id=investor.id, bank_slip_no=sent.bank_slip_no)
    return await prepare(session, case, step, sent, states.PAYMENT, sent.amount, about, decision)


def decide_municipal_money(case: Case) -> Decision:
    """Whether the municipal fund may put anything in now: the centre is listed, and no breach is open."""
    listed = decide_centre(case.edition, listed=case.centre.listed, stopped_on=case.fund.stopped_on)
    return combine(listed, decide_not_breached(case.edition, case.fund.breached_on))


async def prepare_default(session: AsyncSession, sent: DefaultIn, *, step: Step) -> Prepared:
    """An investor will not pay what it subscribed. Raises 404, 409 `angel-fund-above-open-amount`."""
    case = await open_case(session, step, states.ACTIVE)
    investor = await investor_of(session, case.fund, sent.investor_id)
    free = investor.subscribed - investor.paid_in
    decision = require_passed(decide_subscription(case.edition, amount=sent.amount, free=free, what="given_up"))
    about = About(municipal=investor.municipal, investor_id=investor.id)
    return await prepare(session, case, step, sent, states.DEFAULT, sent.amount, about, decision)


async def prepare_withdrawal(session: AsyncSession, sent: WithdrawalIn, *, step: Step) -> Prepared:
    """An investor gives up subscription and paid-in capital, and is paid its share of the net assets for it, as far as
    the fund holds the money. What is prepared is what is paid: if the share is less by then, it is refused.

    Raises 404, 409 `angel-fund-above-open-amount`, `angel-fund-cash-short`.
    """
    case = await open_case(session, step, states.ACTIVE)
    investor = await investor_of(session, case.fund, sent.investor_id)
    assets = await net_assets_of(session, case.fund)
    amount = floor_share(units_of(investor, sent.paid_in), case.fund.units, assets)
    decision = require_passed(decide_withdrawal(case, investor, sent, amount, assets))
    about = About(municipal=investor.municipal, investor_id=investor.id, bank_slip_no=sent.bank_slip_no)
    return await prepare(session, case, step, sent, states.WITHDRAWAL, amount, about, decision)


def decide_withdrawal(
    case: Case, investor: AngelFundInvestor, sent: WithdrawalIn, amount: Decimal, assets: Decimal
) -> Decision:
    """What is given up is of the subscription and was paid in, what is paid is its share and is in the fund's cash."""
    edition, fund, unpaid = case.edition, case.fund, investor.subscribed - investor.paid_in
    units = units_of(investor, min(sent.paid_in, investor.paid_in))
    return combine(
        decide_subscription(edition, amount=sent.paid_in, free=investor.paid_in, what="returned"),
        decide_subscription(edition, amount=sent.subscribed, free=unpaid + sent.paid_in, what="given_up"),
        decide_net_assets(edition, amount=amount, units=units, all_units=fund.units, assets=assets),
        decide_cash(edition, amount=amount, available=fund.cash),
    )


async def prepare_municipal_sale(session: AsyncSession, sent: MunicipalSaleIn, *, step: Step) -> Prepared:
    """The municipal fund sells of its share to another investor, within the years of the rules at cost and interest.

    Raises 404, 409 `angel-fund-above-held`, `angel-fund-price-below-cost`.
    """
    case = await open_case(session, step, states.ACTIVE)
    buyer = await investor_of(session, case.fund, sent.buyer_id)
    if buyer.municipal:
        raise PayloadInvalid.at("buyer_id", "buyer_is_municipal")
    seller = await municipal_investor(session, case)
    decision = require_passed(await decide_sale(session, case, seller, sent, step))
    about = About(municipal=True, investor_id=buyer.id)
    return await prepare(session, case, step, sent, states.MUNICIPAL_SALE, sent.amount, about, decision)


async def decide_sale(
    session: AsyncSession, case: Case, seller: AngelFundInvestor | None, sent: MunicipalSaleIn, step: Step
) -> Decision:
    """The share is held, and the price is what the conditions of an early exit ask for, of each payment by itself."""
    held = decide_held(case.edition, cost=sent.amount, held=seller.paid_in if seller else ZERO)
    if not held.passed:
        return held
    sold = first_of(await lots_of(session, case.fund), sent.amount)
    day = sent.effective_on or step.principal.today
    return combine(held, decide_early_exit(case.edition, sold, price=sent.price, day=day))


async def prepare_tranche(session: AsyncSession, investment_id: UUID, sent: TrancheIn, *, step: Step) -> Prepared:
    """A payment to the enterprise of an approved investment, out of the fund's cash.

    Raises 404, 409 `invalid-transition`, `angel-fund-stopped`, `angel-fund-tranche-above-approved`,
    `angel-fund-cash-short`, `angel-fund-bank-slip-used`.
    """
    case = await open_case(session, step, states.ACTIVE)
    investment = await investment_of(session, case.fund, investment_id)
    if investment.status not in (states.APPROVED, states.INVESTED):
        raise invalid_transition(investment.status, [states.APPROVED, states.INVESTED])
    decision = require_passed(
        combine(
            decide_centre(case.edition, listed=case.centre.listed, stopped_on=case.fund.stopped_on),
            decide_tranche(case.edition, amount=sent.amount, paid=investment.paid, approved=investment.amount),
            decide_cash(case.edition, amount=sent.amount, available=case.fund.cash),
        )
    )
    if sent.effective_on is not None:
        day_of(step, sent.effective_on, not_before=investment.approved_on)
    about = About(investment_id=investment.id, bank_slip_no=sent.bank_slip_no, dated=sent.effective_on is not None)
    return await prepare(session, case, step, sent, states.TRANCHE, sent.amount, about, decision)


async def prepare_on_investment(
    session: AsyncSession, investment_id: UUID, sent: ValuationIn | ExitIn | WriteOffIn, *, step: Step
) -> Prepared:
    """A valuation note, a sale or a write-off of what is held. Raises 404, 409 `invalid-transition`,
    `angel-fund-above-held`."""
    case = await open_case(session, step, *states.WORKING)
    investment = await investment_of(session, case.fund, investment_id)
    if investment.status != states.INVESTED:
        raise invalid_transition(investment.status, [states.INVESTED])
    about = About(investment_id=investment.id)
    if isinstance(sent, ValuationIn):
        return await prepare(session, case, step, sent, states.VALUATION, sent.value, about)
    decision = require_passed(decide_held(case.edition, cost=sent.cost, held=investment.cost))
    if isinstance(sent, WriteOffIn):
        return await prepare(session, case, step, sent, states.WRITE_OFF, sent.cost, about, decision)
    about = About(investment_id=investment.id, bank_slip_no=sent.bank_slip_no)
    return await prepare(session, case, step, sent, states.EXIT, sent.proceeds, about, decision)


async def prepare(
    session: AsyncSession,
    case: Case,
    step: Step,
    sent: Movement,
    kind: str,
    amount: Decimal,
    about: About = About(),  # frozen
    decision: Decision | None = None,
) -> Prepared:
    """Write the order down for its second person, and tell it."""
    fund = case.fund
    day = day_of(step, sent.effective_on, not_before=fund.approved_on)
    last = await session.scalar(select(func.max(AngelFundOrder.line)).where(AngelFundOrder.fund_id == fund.id))
    body: dict[str, JsonValue] = sent.model_dump(mode="json", exclude={"effective_on"})
    if about.dated:
        body["slip_on"] = day.isoformat()
    order = AngelFundOrder(
        id=uuid7(),
        fund_id=fund.id,
        line=(last or 0) + 1,
        kind=kind,
        status=states.PREPARED,
        municipal=about.municipal,
        investor_id=about.investor_id,
        investment_id=about.investment_id,
        amount=amount,
        body=body,
        document_no=sent.document_no,
        bank_slip_no=about.bank_slip_no,
        effective_on=day,
        prepared_by=step.principal.account_id,
        decision=decision.to_json() if decision else None,
    )
    session.add(order)
    await flush_order(session, order)
    rules = decision.rules if decision else ("angel_fund.four_eyes",)
    context = EventContext.of(step.principal, day)
    await tell_order(session, AngelFundOrderPrepared, fund, order, context, rules)
    return fund, order


async def flush_order(session: AsyncSession, order: AngelFundOrder) -> None:
    """The unique keys decide, also between two that come at the same moment."""
    slip_no = order.receipt_slip_no or order.bank_slip_no
    try:
        await session.flush()
    except IntegrityError as error:
        code = _TAKEN.get(constraint_of(error))
        if code is None:
            raise
        raise DomainError(code, 409, params={"bank_slip_no": slip_no}, clauses=["3.2-2"]) from error
