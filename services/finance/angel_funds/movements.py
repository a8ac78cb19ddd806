"""What each kind of order does to investors, fund and investments once it is carried out; the journal entries follow
from it (3.2-2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds import states
from services.finance.angel_funds.cases import Case, Step, investment_of, investor_of
from services.finance.angel_funds.models import AngelFundInvestor, AngelFundOrder, AngelInvestment
from services.finance.angel_funds.municipal import is_municipal, municipal_investor
from services.finance.angel_funds.orders import decide_sale, decide_withdrawal
from services.finance.angel_funds.rules import (
    Holding,
    decide_cash,
    decide_centre,
    decide_held,
    decide_investee,
    decide_share_after,
    decide_subscription,
    decide_tranche,
)
from services.finance.angel_funds.schemas import (
    CallIn,
    ClosingIn,
    ExitIn,
    MunicipalSaleIn,
    SubscriptionIn,
    ValuationIn,
    WithdrawalIn,
    WriteOffIn,
)
from services.finance.angel_funds.shares import distribute
from services.finance.enterprises import read_enterprise, sits_in
from services.finance.journal.entries import Movement
from shared.errors import DomainError, invalid_transition
from shared.ids import uuid7
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.refusals import require_passed


@dataclass(slots=True)
class Effect:
    """What an order brought about: the rules tested, the money moved, and who paid or was paid."""

    decision: Decision
    moves: list[tuple[Movement, Decimal]] = field(default_factory=list)
    counterparty: str | None = None
    due: Decimal = ZERO
    """What the treasury is to receive by it."""


Carry = Callable[[AsyncSession, Case, AngelFundOrder, Step, date], Awaitable[Effect]]
"""On the day of its confirmation."""


def _money(municipal: bool, own: Movement, others: Movement) -> Movement:
    return own if municipal else others


async def _close(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
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
        proceeds=ZERO,
    )
    session.add(investor)
    await session.flush()
    return investor


async def _call(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    decisions: list[Decision] = []
    for line in CallIn.model_validate(order.body).lines:
        investor = await investor_of(session, case.fund, line.investor_id)
        free = investor.subscribed - investor.called
        tested = decide_subscription(case.edition, amount=line.amount, free=free, what="called")
        decisions.append(require_passed(tested))
        investor.called += line.amount
        await session.flush()
    return Effect(combine(*decisions))


async def _pay_in(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    fund, investor = case.fund, await investor_of(session, case.fund, _named(order.investor_id))
    decision = require_passed(decide_payment(case, investor, order.amount))
    investor.paid_in += order.amount
    fund.paid_in += order.amount
    fund.cash += order.amount
    if investor.municipal:
        fund.municipal_paid_in += order.amount
    moved = _money(investor.municipal, Movement.FUND_MUNICIPAL_PAID_IN, Movement.FUND_PAID_IN)
    return Effect(decision, [(moved, order.amount)], investor.code)


def decide_payment(case: Case, investor: AngelFundInvestor, amount: Decimal) -> Decision:
    """At most what was called; a municipal payment also keeps the share of what is paid in."""
    free = investor.called - investor.paid_in
    called = decide_subscription(case.edition, amount=amount, free=free, what="paid")
    before = Holding(case.fund.municipal_paid_in, case.fund.paid_in)
    if not investor.municipal:
        return called
    return combine(called, decide_share_after(case.edition, states.PAID_IN, before, amount))


async def _default(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    """The subscription is lowered by what is not paid, what was called of it too."""
    fund, investor = case.fund, await investor_of(session, case.fund, _named(order.investor_id))
    free = investor.subscribed - investor.paid_in
    tested = decide_subscription(case.edition, amount=order.amount, free=free, what="given_up")
    decision = require_passed(tested)
    _lower(investor, order.amount)
    _end(investor, order.effective_on)
    fund.subscribed -= order.amount
    if investor.municipal:
        fund.municipal_subscribed -= order.amount
    moved = _money(investor.municipal, Movement.FUND_MUNICIPAL_GIVEN_UP, Movement.FUND_GIVEN_UP)
    return Effect(decision, [(moved, order.amount)], investor.code)


def _lower(investor: AngelFundInvestor, amount: Decimal) -> None:
    investor.subscribed -= amount
    investor.called = min(investor.called, investor.subscribed)


def _end(investor: AngelFundInvestor, day: date) -> None:
    if not investor.subscribed:
        investor.left_on = day


async def _withdraw(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    sent, fund = WithdrawalIn.model_validate(order.body), case.fund
    investor = await investor_of(session, fund, sent.investor_id)
    decision = require_passed(decide_withdrawal(case, investor, sent, order.amount))
    borne = sent.paid_in - order.amount
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
    moves = [
        (_money(municipal, Movement.FUND_MUNICIPAL_GIVEN_UP, Movement.FUND_GIVEN_UP), sent.subscribed),
        (_money(municipal, Movement.FUND_MUNICIPAL_PAID_BACK, Movement.FUND_PAID_BACK), order.amount),
        (_money(municipal, Movement.FUND_MUNICIPAL_BORNE, Movement.FUND_BORNE), borne),
    ]
    return Effect(decision, moves, investor.code, due=order.amount if municipal else ZERO)


async def _sell(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    """The buyer takes the place of the municipal fund for that part, and pays the treasury: nothing passes through the
    fund."""
    body = {**order.body, "effective_on": order.effective_on}
    sent, fund = MunicipalSaleIn.model_validate(body), case.fund
    seller, buyer = await municipal_investor(session, case), await investor_of(session, fund, sent.buyer_id)
    decision = require_passed(await decide_sale(session, case, seller, sent, step))
    assert seller is not None, "the share was found to be held"
    for investor, sign in ((seller, -1), (buyer, 1)):
        investor.subscribed += sign * sent.amount
        investor.called += sign * sent.amount
        investor.paid_in += sign * sent.amount
    buyer.left_on = None
    _end(seller, order.effective_on)
    fund.municipal_subscribed -= sent.amount
    fund.municipal_paid_in -= sent.amount
    moves = [(Movement.FUND_MUNICIPAL_TRANSFERRED, sent.amount), (Movement.FUND_MUNICIPAL_SOLD, sent.amount)]
    return Effect(decision, moves, buyer.code, due=sent.price)


async def _invest(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    """The enterprise sits in the centre on the day of preparation or of the bank's slip, and on that of confirmation,
    which the tranche counts for unless its slip has a day."""
    fund, investment = case.fund, await investment_of(session, case.fund, _named(order.investment_id))
    if investment.status not in (states.APPROVED, states.INVESTED):
        raise invalid_transition(investment.status, [states.APPROVED, states.INVESTED])
    edition, enterprise = case.edition, await read_enterprise(session, investment.enterprise_code, lock=False)
    days = sorted({order.effective_on, day})
    tenanted = [(on, await sits_in(session, enterprise.id, fund.centre_id, on)) for on in days]
    decision = require_passed(
        combine(
            decide_centre(edition, listed=case.centre.listed, stopped_on=fund.stopped_on),
            *(decide_investee(edition, tenanted=here, day=on, survivor=enterprise.survivor) for on, here in tenanted),
            decide_tranche(edition, amount=order.amount, paid=investment.paid, approved=investment.amount),
            decide_cash(edition, amount=order.amount, available=fund.cash),
        )
    )
    if "slip_on" not in order.body:
        order.effective_on = day
    investment.status = states.INVESTED
    investment.paid += order.amount
    investment.cost += order.amount
    if investment.value is not None:
        investment.value += order.amount
    fund.cash -= order.amount
    fund.invested += order.amount
    return Effect(decision, [(Movement.FUND_INVESTED, order.amount)], investment.enterprise_code)


async def _value(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    """A note of an earlier day does not replace a later one."""
    investment = await _held_investment(session, case, order)
    sent = ValuationIn.model_validate(order.body)
    if investment.valued_on is None or order.effective_on >= investment.valued_on:
        investment.value, investment.valued_on = sent.value, order.effective_on
    return Effect(decide_held(case.edition, cost=ZERO, held=investment.cost))


async def _exit(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    """What was sold leaves at cost, and every fen of the proceeds goes to the investors by what they paid in."""
    fund, sent = case.fund, ExitIn.model_validate(order.body)
    investment = await _held_investment(session, case, order)
    decision = require_passed(decide_held(case.edition, cost=sent.cost, held=investment.cost))
    given = await _distribute(session, case, sent.proceeds)
    at_cost, gain, loss = min(sent.cost, sent.proceeds), max(sent.proceeds - sent.cost, ZERO), ZERO
    loss = max(sent.cost - sent.proceeds, ZERO)
    _leave(investment, sent.cost, order.effective_on, states.EXITED)
    investment.proceeds += sent.proceeds
    investment.lost += loss
    fund.invested -= sent.cost
    fund.gains += gain
    fund.losses += loss
    fund.proceeds += sent.proceeds
    fund.municipal_proceeds += given[True]
    moves = [
        (Movement.FUND_EXITED, at_cost),
        (Movement.FUND_GAINED, gain),
        (Movement.FUND_LOST, loss),
        (Movement.FUND_DISTRIBUTED, given[False]),
        (Movement.FUND_MUNICIPAL_DISTRIBUTED, given[True]),
    ]
    return Effect(decision, moves, investment.enterprise_code, due=given[True])


async def _distribute(session: AsyncSession, case: Case, amount: Decimal) -> dict[bool, Decimal]:
    """By paid-in share to the fen; sums for the others and the municipal fund."""
    query = select(AngelFundInvestor).where(AngelFundInvestor.fund_id == case.fund.id)
    investors = (await session.scalars(query.order_by(AngelFundInvestor.line))).all()
    shares = distribute(amount, [(investor.line, investor.paid_in) for investor in investors])
    given = {True: ZERO, False: ZERO}
    for investor in investors:
        investor.proceeds += shares[investor.line]
        given[investor.municipal] += shares[investor.line]
    return given


async def _write_off(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    fund, sent = case.fund, WriteOffIn.model_validate(order.body)
    investment = await _held_investment(session, case, order)
    decision = require_passed(decide_held(case.edition, cost=sent.cost, held=investment.cost))
    _leave(investment, sent.cost, order.effective_on, states.WRITTEN_OFF)
    investment.lost += sent.cost
    fund.invested -= sent.cost
    fund.losses += sent.cost
    return Effect(decision, [(Movement.FUND_LOST, sent.cost)], investment.enterprise_code)


def _leave(investment: AngelInvestment, cost: Decimal, day: date, ended: str) -> None:
    """What leaves takes its part of a valuation with it; the note stands for the rest at its proportion, to the fen."""
    before = investment.cost
    investment.cost -= cost
    if investment.value is not None:
        rest = investment.value * investment.cost / before
        investment.value = rest.quantize(Decimal("0.01"))
    if not investment.cost:
        investment.status, investment.ended_on = ended, day


async def _held_investment(session: AsyncSession, case: Case, order: AngelFundOrder) -> AngelInvestment:
    investment = await investment_of(session, case.fund, _named(order.investment_id))
    if investment.status != states.INVESTED:
        raise invalid_transition(investment.status, [states.INVESTED])
    return investment


def _named(identity: UUID | None) -> UUID:
    assert identity is not None, "orders of this kind name it"
    return identity


CARRY: Final[Mapping[str, Carry]] = {
    states.CLOSING: _close,
    states.CALL: _call,
    states.PAYMENT: _pay_in,
    states.DEFAULT: _default,
    states.WITHDRAWAL: _withdraw,
    states.MUNICIPAL_SALE: _sell,
    states.TRANCHE: _invest,
    states.VALUATION: _value,
    states.EXIT: _exit,
    states.WRITE_OFF: _write_off,
}
