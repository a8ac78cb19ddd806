"""Orders on a fund's capital: what each does to investors and fund once it is carried out (3.2-2)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds import states
from services.finance.angel_funds.cases import Case, Step, investor_of
from services.finance.angel_funds.effects import Effect, named, own_or
from services.finance.angel_funds.models import AngelFundInvestor, AngelFundOrder
from services.finance.angel_funds.municipal import is_municipal, municipal_investor
from services.finance.angel_funds.orders import decide_sale, decide_withdrawal
from services.finance.angel_funds.rules import (
    Holding,
    decide_centre,
    decide_entry,
    decide_share_after,
    decide_subscription,
)
from services.finance.angel_funds.schemas import CallIn, ClosingIn, MunicipalSaleIn, SubscriptionIn, WithdrawalIn
from services.finance.angel_funds.shares import units_for
from services.finance.angel_funds.valuing import net_assets_of, units_of
from services.finance.journal.entries import Movement
from shared.errors import DomainError
from shared.ids import uuid7
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.refusals import require_passed


async def close(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    """All subscriptions of the closing count at once: the municipal part is tested on the total with the others'."""
    sent = ClosingIn.model_validate(order.body)
    fund, added, others = case.fund, ZERO, ZERO
    for line in sent.subscriptions:
        investor = await _subscriber(session, case, line, order.effective_on)
        investor.subscribed += line.amount
        added, others = (added + line.amount, others) if investor.municipal else (added, others + line.amount)
    before = Holding(fund.municipal_subscribed, fund.subscribed + others)
    tests = [decide_share_after(case.edition, states.SUBSCRIBED, before, added)]
    if added:
        tests.append(decide_centre(case.edition, listed=case.centre.listed, stopped_on=fund.stopped_on))
    decision = require_passed(combine(*tests))
    fund.subscribed += added + others
    fund.municipal_subscribed += added
    return Effect(decision, [(Movement.FUND_SUBSCRIBED, others), (Movement.FUND_MUNICIPAL_SUBSCRIBED, added)])


async def _subscriber(session: AsyncSession, case: Case, line: SubscriptionIn, day: date) -> AngelFundInvestor:
    if line.investor_id is not None:
        investor = await investor_of(session, case.fund, line.investor_id)
        investor.left_on = None
        return investor
    mine = AngelFundInvestor.fund_id == case.fund.id
    known = await session.scalar(select(AngelFundInvestor.id).where(mine, AngelFundInvestor.code == line.code))
    municipal = await is_municipal(session, case, line)
    if known is not None or (municipal and await municipal_investor(session, case) is not None):
        raise DomainError("angel-fund-investor-known", 409, params={"code": line.code}, clauses=["3.2-2"])
    last = await session.scalar(select(func.max(AngelFundInvestor.line)).where(mine))
    investor = AngelFundInvestor(
        id=uuid7(),
        fund_id=case.fund.id,
        line=(last or 0) + 1,
        municipal=municipal,
        code=line.code,
        name=line.name,
        joined_on=day,
        subscribed=ZERO,
        called=ZERO,
        paid_in=ZERO,
        units=ZERO,
        proceeds=ZERO,
    )
    session.add(investor)
    await session.flush()
    return investor


async def call(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    decisions: list[Decision] = []
    for line in CallIn.model_validate(order.body).lines:
        investor = await investor_of(session, case.fund, line.investor_id)
        free = investor.subscribed - investor.called
        tested = decide_subscription(case.edition, amount=line.amount, free=free, what="called")
        decisions.append(require_passed(tested))
        investor.called += line.amount
        await session.flush()
    return Effect(combine(*decisions))


async def pay_in(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    """What is paid buys units at the fund's price of the moment, before the money is in."""
    fund, investor = case.fund, await investor_of(session, case.fund, named(order.investor_id))
    units, entry = await _issue(session, case, order.amount)
    decision = require_passed(combine(decide_payment(case, investor, order.amount), entry))
    order.units = units
    investor.units += units
    fund.units += units
    investor.paid_in += order.amount
    fund.paid_in += order.amount
    fund.cash += order.amount
    if investor.municipal:
        fund.municipal_paid_in += order.amount
    moved = own_or(investor.municipal, Movement.FUND_MUNICIPAL_PAID_IN, Movement.FUND_PAID_IN)
    return Effect(decision, [(moved, order.amount)], investor.code)


async def _issue(session: AsyncSession, case: Case, amount: Decimal) -> tuple[Decimal, Decision]:
    """The units that the amount buys by the fund's contract, and whether they can be had."""
    fund, units = case.fund, amount
    worth = await net_assets_of(session, fund)
    if fund.pricing == states.NET_VALUE:
        units = units_for(amount, fund.units, worth)
    tested = decide_entry(
        case.edition, pricing=fund.pricing, amount=amount, units=fund.units, net_value=worth, issued=units
    )
    return units, tested


def decide_payment(case: Case, investor: AngelFundInvestor, amount: Decimal) -> Decision:
    """At most what was called; a municipal payment also keeps the share of what is paid in."""
    free = investor.called - investor.paid_in
    called = decide_subscription(case.edition, amount=amount, free=free, what="paid")
    before = Holding(case.fund.municipal_paid_in, case.fund.paid_in)
    if not investor.municipal:
        return called
    return combine(called, decide_share_after(case.edition, states.PAID_IN, before, amount))


async def default(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    """The subscription is lowered by what is not paid, what was called of it too."""
    fund, investor = case.fund, await investor_of(session, case.fund, named(order.investor_id))
    free = investor.subscribed - investor.paid_in
    tested = decide_subscription(case.edition, amount=order.amount, free=free, what="given_up")
    decision = require_passed(tested)
    _lower(investor, order.amount)
    _end(investor, order.effective_on)
    fund.subscribed -= order.amount
    if investor.municipal:
        fund.municipal_subscribed -= order.amount
    moved = own_or(investor.municipal, Movement.FUND_MUNICIPAL_GIVEN_UP, Movement.FUND_GIVEN_UP)
    return Effect(decision, [(moved, order.amount)], investor.code)


def _lower(investor: AngelFundInvestor, amount: Decimal) -> None:
    investor.subscribed -= amount
    investor.called = min(investor.called, investor.subscribed)


def _end(investor: AngelFundInvestor, day: date) -> None:
    if not investor.subscribed:
        investor.left_on = day


async def withdraw(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    sent, fund = WithdrawalIn.model_validate(order.body), case.fund
    investor = await investor_of(session, fund, sent.investor_id)
    assets = await net_assets_of(session, fund)
    decision = require_passed(decide_withdrawal(case, investor, sent, order.amount, assets))
    paid_back, order.units = min(order.amount, sent.paid_in), units_of(investor, sent.paid_in)
    borne, gained = sent.paid_in - paid_back, order.amount - paid_back
    investor.units -= order.units
    fund.units -= order.units
    investor.proceeds += gained
    fund.proceeds += gained
    investor.paid_in -= sent.paid_in
    investor.called -= sent.paid_in
    _lower(investor, sent.subscribed)
    _end(investor, order.effective_on)
    fund.subscribed -= sent.subscribed
    fund.paid_in -= sent.paid_in
    fund.cash -= order.amount
    fund.borne += borne
    municipal = investor.municipal
    if municipal:
        fund.municipal_subscribed -= sent.subscribed
        fund.municipal_paid_in -= sent.paid_in
        fund.municipal_proceeds += gained
    moves = [
        (own_or(municipal, Movement.FUND_MUNICIPAL_GIVEN_UP, Movement.FUND_GIVEN_UP), sent.subscribed),
        (own_or(municipal, Movement.FUND_MUNICIPAL_PAID_BACK, Movement.FUND_PAID_BACK), paid_back),
        (own_or(municipal, Movement.FUND_MUNICIPAL_BORNE, Movement.FUND_BORNE), borne),
        (own_or(municipal, Movement.FUND_MUNICIPAL_DISTRIBUTED, Movement.FUND_DISTRIBUTED), gained),
    ]
    return Effect(decision, moves, investor.code, due=order.amount if municipal else ZERO)


async def sell(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    """The buyer takes the place of the municipal fund for that part, and pays the treasury: nothing passes through the
    fund."""
    body = {**order.body, "effective_on": order.effective_on}
    sent, fund = MunicipalSaleIn.model_validate(body), case.fund
    seller, buyer = await municipal_investor(session, case), await investor_of(session, fund, sent.buyer_id)
    decision = require_passed(await decide_sale(session, case, seller, sent, step))
    assert seller is not None, "the share was found to be held"
    order.units = units_of(seller, sent.amount)
    for investor, sign in ((seller, -1), (buyer, 1)):
        investor.units += sign * order.units
        investor.subscribed += sign * sent.amount
        investor.called += sign * sent.amount
        investor.paid_in += sign * sent.amount
    buyer.left_on = None
    _end(seller, order.effective_on)
    fund.municipal_subscribed -= sent.amount
    fund.municipal_paid_in -= sent.amount
    moves = [(Movement.FUND_MUNICIPAL_TRANSFERRED, sent.amount), (Movement.FUND_MUNICIPAL_SOLD, sent.amount)]
    return Effect(decision, moves, buyer.code, due=sent.price)
