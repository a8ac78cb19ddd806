"""Orders on what a fund holds: tranches, valuation notes, sales and write-offs, once they are carried out (3.2-2)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds import states
from services.finance.angel_funds.cases import Case, Step, investment_of
from services.finance.angel_funds.effects import Effect, investors_of, named
from services.finance.angel_funds.models import AngelFundOrder, AngelInvestment
from services.finance.angel_funds.rules import (
    decide_cash,
    decide_centre,
    decide_held,
    decide_investee,
    decide_tranche,
)
from services.finance.angel_funds.schemas import ExitIn, ValuationIn, WriteOffIn
from services.finance.angel_funds.shares import distribute
from services.finance.enterprises import read_enterprise, sits_in
from services.finance.journal.entries import Movement
from shared.errors import invalid_transition
from shared.money import ZERO
from shared.policy.decision import combine
from shared.refusals import require_passed


async def invest(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    """The enterprise sits in the centre on the day of preparation or of the bank's slip, and on that of confirmation,
    which the tranche counts for unless its slip has a day."""
    fund, investment = case.fund, await investment_of(session, case.fund, named(order.investment_id))
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


async def value(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    """A note of an earlier day does not replace a later one."""
    investment = await _held_investment(session, case, order)
    sent = ValuationIn.model_validate(order.body)
    if investment.valued_on is None or order.effective_on >= investment.valued_on:
        investment.value, investment.valued_on = sent.value, order.effective_on
    return Effect(decide_held(case.edition, cost=ZERO, held=investment.cost))


async def sell_investment(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    """What was sold leaves at cost, and every fen of the proceeds goes to the investors by their units."""
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
    """By units to the fen; sums for the others and the municipal fund."""
    investors = await investors_of(session, case)
    shares = distribute(amount, [(investor.line, investor.units) for investor in investors])
    given = {True: ZERO, False: ZERO}
    for investor in investors:
        investor.proceeds += shares[investor.line]
        given[investor.municipal] += shares[investor.line]
    return given


async def write_off(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
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
    investment = await investment_of(session, case.fund, named(order.investment_id))
    if investment.status != states.INVESTED:
        raise invalid_transition(investment.status, [states.INVESTED])
    return investment
