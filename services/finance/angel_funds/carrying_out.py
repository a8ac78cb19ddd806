"""Carrying an order out: by another person than prepared it, with the rules tested again on the fund as it stands.

A municipal payment is public money: approved against the appropriation first, then paid by the treasury after
evaluation and the registry were asked how the centre stands (3.2-2, 2.3-3).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds import states
from services.finance.angel_funds.breaches import settle_breach
from services.finance.angel_funds.capital import decide_payment
from services.finance.angel_funds.cases import (
    Case,
    Step,
    centre_of,
    day_of,
    enter,
    investment_of,
    investor_of,
    open_case,
    order_of,
    require_another,
    tell_order,
)
from services.finance.angel_funds.models import AngelFund, AngelFundOrder, AngelInvestment
from services.finance.angel_funds.movements import CARRY
from services.finance.angel_funds.orders import decide_municipal_money, flush_order
from services.finance.angel_funds.schemas import Refusal, TreasuryPayment
from services.finance.appropriations.commitments import ANGEL_FUND, Claim, commit_budget, pay_budget, release_budget
from services.finance.centres import read_centre
from services.finance.enterprises import read_enterprise
from services.finance.grants.schemas import MoneyDecision
from services.finance.journal.entries import Movement
from services.finance.papers import require_papers
from services.finance.payments.rules import decide_standing
from services.finance.payments.standing import Standing, ask_standing
from shared.errors import invalid_transition, not_found
from shared.events.contracts.finance import angel_funds as contracts
from shared.events.contracts.finance.angel_funds import AngelFundOrderState
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.peers import PeerClient
from shared.policy.decision import Decision, combine
from shared.refusals import require_passed

FACTS: Final[Mapping[str, EventType[AngelFundOrderState]]] = {
    states.CLOSING: contracts.AngelFundClosed,
    states.CALL: contracts.AngelFundCalled,
    states.PAYMENT: contracts.AngelFundPaidIn,
    states.DEFAULT: contracts.AngelFundDefaulted,
    states.WITHDRAWAL: contracts.AngelFundInvestorWithdrew,
    states.MUNICIPAL_SALE: contracts.AngelFundMunicipalSold,
    states.TRANCHE: contracts.AngelFundTranchePaid,
    states.VALUATION: contracts.AngelFundValued,
    states.EXIT: contracts.AngelFundExited,
    states.WRITE_OFF: contracts.AngelFundWrittenOff,
    states.COMMITTEE: contracts.AngelFundCommitteeChanged,
    states.WINDING_UP: contracts.AngelFundWoundUp,
    states.LIQUIDATION: contracts.AngelFundTerminated,
}


async def confirm_order(
    session: AsyncSession, order_id: UUID, sent: MoneyDecision, *, step: Step
) -> tuple[AngelFund, AngelFundOrder]:
    """Carry an order out; one for a municipal payment is approved, its money committed, and waits for the treasury.

    Raises 404, 412, 403 `four-eyes-required`, 409 as the order was refused if it were prepared now, and as
    `require_papers`.
    """
    await _lock_enterprise(session, step, order_id)
    case = await open_case(session, step, *states.WORKING)
    order = await _waiting(session, case.fund, order_id, states.PREPARED)
    handled_by = {"prepared": order.prepared_by, **await _of_investment(session, case, order)}
    four_eyes = require_another(case.edition, step, **handled_by)
    day = day_of(step, sent.decided_on, not_before=order.effective_on)
    municipal_payment = order.kind == states.PAYMENT and order.municipal
    what = "municipal_payment" if municipal_payment else order.kind
    papers = require_papers(case.edition, f"angel_fund.{what}", sent, clause="3.2-2", document_no=order.document_no)
    before = combine(four_eyes, papers)
    if municipal_payment:
        await _approve_payment(session, case, order, before, step, EventContext.of(step.principal, day))
    else:
        await _carry_out(session, case, order, before, step, day)
    return case.fund, order


async def refuse_order(
    session: AsyncSession, order_id: UUID, sent: Refusal, *, step: Step
) -> tuple[AngelFund, AngelFundOrder]:
    """The order ends; what an approval had committed is given back. Raises 404, 412, 403 `four-eyes-required`."""
    case = await open_case(session, step, *states.WORKING)
    order = await _waiting(session, case.fund, order_id, *states.OPEN_ORDERS)
    decision = require_another(case.edition, step, prepared=order.prepared_by, approved=order.approved_by)
    day = day_of(step, sent.decided_on, not_before=order.effective_on)
    approved = order.status == states.APPROVED
    order.status, order.reason_code = states.REFUSED, sent.reason_code
    context = EventContext.of(step.principal, day)
    await tell_order(session, contracts.AngelFundOrderRefused, case.fund, order, context, decision.rules)
    if approved and order.fiscal_year is not None:
        await release_budget(
            session,
            programme=ANGEL_FUND,
            year=order.fiscal_year,
            amount=order.amount,
            case=Claim.of(case.fund),
            context=context,
        )
    return case.fund, order


async def standing_of_fund(session: AsyncSession, peers: PeerClient, order_id: UUID, *, step: Step) -> Standing:
    """How the centre of a payable order stands, asked while nothing is locked. Raises 404, 409 `invalid-transition`
    without asking, 503 `standing-unknown`."""
    centre_id = await centre_of(session, step.fund_id, step.principal)
    query = select(AngelFundOrder.status).where(AngelFundOrder.id == order_id, AngelFundOrder.fund_id == step.fund_id)
    status = await session.scalar(query)
    if status is None:
        raise not_found("angel-fund-order")
    if status != states.APPROVED:
        raise invalid_transition(status, [states.APPROVED])
    return await ask_standing(peers, centre_id, correlation_id=step.principal.correlation_id)


async def pay_order(
    session: AsyncSession, order_id: UUID, sent: TreasuryPayment, standing: Standing, *, step: Step
) -> tuple[AngelFund, AngelFundOrder]:
    """The treasury pays an approved municipal payment, once.

    Raises 403 `four-eyes-required`, 409 `centre-not-in-good-standing`, `angel-fund-stopped`, `angel-fund-breached`,
    `angel-fund-share-exceeded`, `angel-fund-bank-slip-used`.
    """
    case = await open_case(session, step, states.ACTIVE)
    order = await _waiting(session, case.fund, order_id, states.APPROVED)
    four_eyes = require_another(case.edition, step, prepared=order.prepared_by, approved=order.approved_by)
    asked = decide_standing(case.edition, evaluation=standing.evaluation, registry=standing.registry)
    decision = require_passed(combine(four_eyes, asked, decide_municipal_money(case)))
    day = day_of(step, sent.paid_on, not_before=order.approved_on)
    order.bank_slip_no, order.effective_on = sent.bank_slip_no, day
    await flush_order(session, order)
    assert order.fiscal_year is not None, "an approved payment has its budget's year"
    context = EventContext.of(step.principal, day)
    paid = await pay_budget(
        session,
        case.edition,
        programme=ANGEL_FUND,
        year=order.fiscal_year,
        amount=order.amount,
        case=Claim.before(case.fund),
        context=context,
    )
    await _carry_out(session, case, order, combine(decision, paid), step, day)
    return case.fund, order


async def _approve_payment(
    session: AsyncSession, case: Case, order: AngelFundOrder, four_eyes: Decision, step: Step, context: EventContext
) -> None:
    fund, investor = case.fund, await investor_of(session, case.fund, _investor_id(order))
    tests = (four_eyes, decide_municipal_money(case), decide_payment(case, investor, order.amount))
    decision = require_passed(combine(*tests))
    order.fiscal_year = context.effective_on.year
    budget = await commit_budget(
        session,
        case.edition,
        programme=ANGEL_FUND,
        year=order.fiscal_year,
        amount=order.amount,
        case=Claim.before(fund),
        context=context,
    )
    order.status, order.approved_by, order.approved_on = (
        states.APPROVED,
        step.principal.account_id,
        context.effective_on,
    )
    decision = combine(decision, budget)
    order.decision = decision.to_json()
    await tell_order(session, contracts.AngelFundOrderApproved, fund, order, context, decision.rules)


async def _carry_out(
    session: AsyncSession, case: Case, order: AngelFundOrder, before: Decision, step: Step, day: date
) -> None:
    """Event, journal entries, and a breach that opens or ends by it, in this order."""
    effect = await CARRY[order.kind](session, case, order, step, day)
    decision = combine(before, effect.decision)
    order.status, order.done_by, order.done_on = states.DONE, step.principal.account_id, day
    order.due = effect.due
    order.decision = decision.to_json()
    context = EventContext.of(step.principal, order.effective_on)
    await tell_order(session, FACTS[order.kind], case.fund, order, context, decision.rules)
    moves = [*effect.moves, (Movement.FUND_TREASURY_DUE, effect.due)]
    await enter(session, case.fund, moves, context, effect.counterparty)
    await settle_breach(session, case.edition, case.fund, order, context)


async def _lock_enterprise(session: AsyncSession, step: Step, order_id: UUID) -> None:
    """The centre and then the enterprise of a tranche, before the fund: a merger comes before it or after."""
    centre_id = await centre_of(session, step.fund_id, step.principal)
    query = (
        select(AngelInvestment.enterprise_code)
        .join(AngelFundOrder, AngelFundOrder.investment_id == AngelInvestment.id)
        .where(AngelFundOrder.id == order_id, AngelFundOrder.kind == states.TRANCHE)
    )
    code = await session.scalar(query)
    if code is not None:
        await read_centre(session, centre_id, lock=True)
        await read_enterprise(session, code, lock=True)


async def _waiting(session: AsyncSession, fund: AngelFund, order_id: UUID, *from_states: str) -> AngelFundOrder:
    order = await order_of(session, fund, order_id)
    if order.status not in from_states:
        raise invalid_transition(order.status, from_states)
    return order


async def _of_investment(session: AsyncSession, case: Case, order: AngelFundOrder) -> dict[str, str | None]:
    """Who proposed, recorded the vote and approved an investment pays no tranche of it."""
    if order.kind != states.TRANCHE or order.investment_id is None:
        return {}
    investment = await investment_of(session, case.fund, order.investment_id)
    return {
        "proposed": investment.proposed_by,
        "voted": investment.voted_by,
        "approved_investment": investment.approved_by,
    }


def _investor_id(order: AngelFundOrder) -> UUID:
    assert order.investor_id is not None, "a payment names its investor"
    return order.investor_id
