"""The end of a fund: a resolution to wind it up, the sale of what it holds, and what is left distributed by units; the
municipal share goes back to the treasury (3.2-2).

While a fund is wound up nothing new is paid in or invested. The costs and debts of the fund come first; what capital
then lacks is each investor's deficiency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds import states
from services.finance.angel_funds.cases import Case, Step, day_of, open_case
from services.finance.angel_funds.effects import Effect, investors_of, own_or
from services.finance.angel_funds.ending import End, end_investments, end_orders
from services.finance.angel_funds.models import AngelFundInvestor, AngelFundOrder, AngelFundSettlement
from services.finance.angel_funds.orders import Prepared, prepare
from services.finance.angel_funds.rules import decide_final_distribution, decide_winding_up
from services.finance.angel_funds.schemas import FinalDistributionIn, WindingUpIn
from services.finance.angel_funds.shares import distribute
from services.finance.appropriations.commitments import release_budgets
from services.finance.journal.entries import Movement
from shared.errors import not_found
from shared.events.outbox import EventContext
from shared.http.validation import PayloadInvalid
from shared.money import ZERO
from shared.policy.decision import Decision
from shared.refusals import require_passed

RULES = ("angel_fund.winding_up",)


async def prepare_winding_up(session: AsyncSession, sent: WindingUpIn, *, step: Step) -> Prepared:
    """The investors' resolution by its minutes. Raises 404 for a supporter who is no investor, 409
    `angel-fund-winding-up-short`, 422 `investor_once`."""
    case = await open_case(session, step, states.ACTIVE)
    if len(set(sent.supporters)) < len(sent.supporters):
        raise PayloadInvalid.at("supporters", "investor_once")
    decision = require_passed(await _decide_resolution(session, case, sent.supporters))
    return await prepare(session, case, step, sent, states.WINDING_UP, ZERO, decision=decision)


async def wind_up(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    """From here on only what is held is valued, sold and written off; all else that is open ends, and held budget is
    given back."""
    sent, fund = WindingUpIn.model_validate(order.body), case.fund
    decision = require_passed(await _decide_resolution(session, case, sent.supporters))
    fund.status, fund.wound_up_on, fund.winding_up_cause = states.LIQUIDATING, order.effective_on, sent.cause
    others = AngelFundOrder.kind.not_in(states.REALISING)
    await _end(session, case, order, step, others)
    return Effect(decision)


async def prepare_final_distribution(session: AsyncSession, sent: FinalDistributionIn, *, step: Step) -> Prepared:
    """What is left after costs and debts, once nothing is held any more.

    Raises 404, 409 `angel-fund-still-invested`, `angel-fund-cash-short`, `angel-fund-debts-first`.
    """
    case = await open_case(session, step, states.LIQUIDATING)
    day_of(step, sent.effective_on, not_before=case.fund.wound_up_on)
    decision = require_passed(_decide_distribution(case, sent))
    left = case.fund.cash - sent.costs
    return await prepare(session, case, step, sent, states.LIQUIDATION, left, decision=decision)


async def distribute_all(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    """Every fen that is left goes to the investors by their units, subscriptions and capital end, and so does the
    fund. What the municipal fund is given is due to the treasury."""
    sent, fund = FinalDistributionIn.model_validate(order.body), case.fund
    decision = require_passed(_decide_distribution(case, sent))
    await _end(session, case, order, step, true())
    fund.cash -= sent.costs
    fund.losses += sent.costs
    order.amount = fund.cash
    investors = await investors_of(session, case)
    shares = shares_of(investors, fund.cash)
    moves = [(Movement.FUND_COSTS_PAID, sent.costs)]
    for municipal in (False, True):
        moves += _settle(session, case, [one for one in investors if one.municipal == municipal], shares, municipal)
    for investor in investors:
        investor.subscribed = investor.called = investor.paid_in = investor.units = ZERO
        investor.left_on = investor.left_on or order.effective_on
    fund.subscribed = fund.municipal_subscribed = fund.paid_in = fund.municipal_paid_in = ZERO
    fund.cash = fund.units = ZERO
    fund.status, fund.terminated_on = states.TERMINATED, order.effective_on
    due = sum((shares[investor.id] for investor in investors if investor.municipal), ZERO)
    return Effect(decision, moves, due=due)


def shares_of(investors: Sequence[AngelFundInvestor], amount: Decimal) -> Mapping[UUID, Decimal]:
    """What each is given of the amount, by units; nothing where there is none."""
    if not amount:
        return {investor.id: ZERO for investor in investors}
    return distribute(amount, [(investor.id, investor.units) for investor in investors])


def deficiency_of(investor: AngelFundInvestor, share: Decimal) -> Decimal:
    """What of the capital came back neither by earlier distributions nor by the share."""
    return max(investor.paid_in - investor.proceeds - share, ZERO)


def _settle(
    session: AsyncSession,
    case: Case,
    investors: Sequence[AngelFundInvestor],
    shares: Mapping[UUID, Decimal],
    municipal: bool,
) -> list[tuple[Movement, Decimal]]:
    """Capital is paid back as far as the share goes; what it goes beyond is distributed, what it falls short is
    borne."""
    fund, paid_back, borne, gained, given_up = case.fund, ZERO, ZERO, ZERO, ZERO
    for investor in investors:
        share = shares[investor.id]
        session.add(
            AngelFundSettlement(
                fund_id=fund.id,
                investor_id=investor.id,
                capital=investor.paid_in,
                units=investor.units,
                proceeds=investor.proceeds,
                share=share,
                deficiency=deficiency_of(investor, share),
            )
        )
        back = min(share, investor.paid_in)
        paid_back, borne, gained = paid_back + back, borne + investor.paid_in - back, gained + share - back
        given_up += investor.subscribed
        investor.proceeds += share - back
    fund.borne += borne
    fund.proceeds += gained
    if municipal:
        fund.municipal_proceeds += gained
    return [
        (own_or(municipal, Movement.FUND_MUNICIPAL_GIVEN_UP, Movement.FUND_GIVEN_UP), given_up),
        (own_or(municipal, Movement.FUND_MUNICIPAL_PAID_BACK, Movement.FUND_PAID_BACK), paid_back),
        (own_or(municipal, Movement.FUND_MUNICIPAL_BORNE, Movement.FUND_BORNE), borne),
        (own_or(municipal, Movement.FUND_MUNICIPAL_DISTRIBUTED, Movement.FUND_DISTRIBUTED), gained),
    ]


async def _end(
    session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, which: ColumnElement[bool]
) -> None:
    """Open orders but this one, and what was not invested yet."""
    end = End(states.WOUND_UP, order.effective_on, RULES, EventContext.of(step.principal, order.effective_on))
    releases = await end_orders(session, case.fund, end, which & (AngelFundOrder.id != order.id))
    await end_investments(session, case.fund, end)
    await session.flush()
    await release_budgets(session, releases)


async def _decide_resolution(session: AsyncSession, case: Case, supporters: Sequence[UUID]) -> Decision:
    """By paid-in capital; before anything was paid in, by what is subscribed."""
    investors = {investor.id: investor for investor in await investors_of(session, case)}
    if set(supporters) - investors.keys():
        raise not_found("angel-fund-investor")
    basis = states.PAID_IN if case.fund.paid_in else states.SUBSCRIBED
    total: Decimal = getattr(case.fund, basis)
    supporting = sum((getattr(investors[one], basis) for one in set(supporters)), ZERO)
    return decide_winding_up(case.edition, supporting=supporting, capital=total)


def _decide_distribution(case: Case, sent: FinalDistributionIn) -> Decision:
    fund = case.fund
    return decide_final_distribution(
        case.edition, invested=fund.invested, cash=fund.cash, costs=sent.costs, unpaid_debts=sent.unpaid_debts
    )
