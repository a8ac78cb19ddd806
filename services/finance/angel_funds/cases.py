"""What every step on a fund begins and ends with: the locks, the state it needs, its events and journal entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds import states
from services.finance.angel_funds.models import AngelFund, AngelFundInvestor, AngelFundOrder, AngelInvestment
from services.finance.angel_funds.rules import decide_four_eyes
from services.finance.centres import Centre, read_centre, visible_to
from services.finance.journal.entries import Booking, Movement, book
from services.finance.projections import known_centre
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts.finance.angel_funds import AngelFundOrderState, AngelFundState, AngelInvestmentState
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.policy.decision import Decision
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed


@dataclass(frozen=True, slots=True)
class Step:
    """Who takes a step, on which fund, knowing which version, under which editions."""

    fund_id: UUID
    principal: Principal
    editions: Editions
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A locked fund with its centre, under the edition that it is pinned to."""

    fund: AngelFund
    centre: Centre
    edition: Edition


async def centre_of(session: AsyncSession, fund_id: UUID, principal: Principal) -> UUID:
    """The centre of a fund that the caller may see. Raises 404."""
    query = select(AngelFund.centre_id).join(known_centre, known_centre.c.id == AngelFund.centre_id)
    centre_id = await session.scalar(query.where(AngelFund.id == fund_id, visible_to(principal)))
    if centre_id is None:
        raise not_found("angel-fund")
    return centre_id


async def open_case(session: AsyncSession, step: Step, *from_states: str) -> Case:
    """Lock centre and fund, in this order. Raises 404, 412, 409 `invalid-transition`."""
    centre_id = await centre_of(session, step.fund_id, step.principal)
    centre = await read_centre(session, centre_id, lock=True)
    locked = select(AngelFund).where(AngelFund.id == step.fund_id).with_for_update()
    fund = (await session.scalars(locked, execution_options={"populate_existing": True})).one()
    honour_match(step.if_match, fund.version)
    if fund.status not in from_states:
        raise invalid_transition(fund.status, from_states)
    return Case(fund, centre, step.editions.get(fund.edition))


async def investor_of(session: AsyncSession, fund: AngelFund, investor_id: UUID) -> AngelFundInvestor:
    """An investor of the fund; the fund's lock holds it. Raises 404."""
    query = select(AngelFundInvestor).where(AngelFundInvestor.id == investor_id, AngelFundInvestor.fund_id == fund.id)
    investor = await session.scalar(query.execution_options(populate_existing=True))
    if investor is None:
        raise not_found("angel-fund-investor")
    return investor


async def investment_of(session: AsyncSession, fund: AngelFund, investment_id: UUID) -> AngelInvestment:
    """An investment of the fund; the fund's lock holds it. Raises 404."""
    query = select(AngelInvestment).where(AngelInvestment.id == investment_id, AngelInvestment.fund_id == fund.id)
    investment = await session.scalar(query.execution_options(populate_existing=True))
    if investment is None:
        raise not_found("angel-investment")
    return investment


async def order_of(session: AsyncSession, fund: AngelFund, order_id: UUID) -> AngelFundOrder:
    """An order on the fund; the fund's lock holds it. Raises 404."""
    query = select(AngelFundOrder).where(AngelFundOrder.id == order_id, AngelFundOrder.fund_id == fund.id)
    order = await session.scalar(query.execution_options(populate_existing=True))
    if order is None:
        raise not_found("angel-fund-order")
    return order


def require_another(edition: Edition, step: Step, **handled_by: str | None) -> Decision:
    """Four eyes (3.2-2). Raises 403 `four-eyes-required`."""
    return require_passed(decide_four_eyes(edition, step.principal.account_id, handled_by), 403)


def day_of(step: Step, sent: date | None, *, not_before: date | None) -> date:
    """The day a step counts for. Raises 422 as `effective_date`, 409 `step-before-earlier-step`."""
    day = effective_date(step.principal, sent)
    if not_before is not None and day < not_before:
        raise DomainError("step-before-earlier-step", 409, params={"sent": day, "not_before": not_before})
    return day


def state_of(fund: object) -> dict[str, object]:
    """A fund, from the model or from a statement's RETURNING, as its events carry it."""
    return {name: getattr(fund, name) for name in AngelFundState.model_fields}


def order_state(fund: object, order: AngelFundOrder, enterprise_code: str | None) -> AngelFundOrderState:
    """The fund with an order, as events carry it."""
    return AngelFundOrderState.model_validate(
        {
            **state_of(fund),
            "order_id": order.id,
            "order_line": order.line,
            "order_kind": order.kind,
            "order_status": order.status,
            "order_reason_code": order.reason_code,
            "investor_id": order.investor_id,
            "investment_id": order.investment_id,
            "enterprise_code": enterprise_code,
            "municipal": order.municipal,
            "amount": order.amount,
            "order_document_no": order.document_no,
            "bank_slip_no": order.bank_slip_no,
            "effective_on": order.effective_on,
            "order_units": order.units,
            **{name: getattr(order, name) for name in ("due", "returned", "receipt_slip_no", "received_on")},
        }
    )


def investment_state(fund: object, investment: AngelInvestment) -> AngelInvestmentState:
    """The fund with one of its investments, as events carry it."""
    own = ("enterprise_id", "enterprise_code", "amount", "paid", "cost", "lost", "value", "minutes_no")
    return AngelInvestmentState.model_validate(
        {
            **state_of(fund),
            **{name: getattr(investment, name) for name in own},
            "investment_id": investment.id,
            "investment_no": investment.no,
            "investment_status": investment.status,
            "investment_proceeds": investment.proceeds,
            "investment_reason_code": investment.reason_code,
        }
    )


async def tell_fund(
    session: AsyncSession,
    event_type: EventType[AngelFundState],
    fund: AngelFund,
    context: EventContext,
    rules: Sequence[str],
) -> None:
    """Append the event with the fund as it now stands."""
    data = AngelFundState.model_validate(state_of(fund))
    await outbox.append(session, event_type, fund, data, context=context, rules=rules, edition=fund.edition)


async def tell_order(
    session: AsyncSession,
    event_type: EventType[AngelFundOrderState],
    fund: AngelFund,
    order: AngelFundOrder,
    context: EventContext,
    rules: Sequence[str],
) -> None:
    """The same with an order."""
    code = None
    if order.investment_id is not None:
        code = (await investment_of(session, fund, order.investment_id)).enterprise_code
    data = order_state(fund, order, code)
    await outbox.append(session, event_type, fund, data, context=context, rules=rules, edition=fund.edition)


async def tell_investment(
    session: AsyncSession,
    event_type: EventType[AngelInvestmentState],
    fund: AngelFund,
    investment: AngelInvestment,
    context: EventContext,
    decision: Decision,
) -> None:
    """The same with an investment, whose decisions keep this step's."""
    step = event_type.name.split(".")[2].removeprefix("investment_")
    investment.decisions = [*investment.decisions, {"step": step, "decision": decision.to_json()}]
    data = investment_state(fund, investment)
    await outbox.append(session, event_type, fund, data, context=context, rules=decision.rules, edition=fund.edition)


async def enter(
    session: AsyncSession,
    fund: AngelFund,
    moves: Sequence[tuple[Movement, Decimal]],
    context: EventContext,
    counterparty: str | None = None,
) -> None:
    """Write the journal entries of the fund's last event; what moves nothing is left out."""
    bookings = [
        Booking(
            movement=movement,
            case_id=fund.id,
            case_no=fund.no,
            case_version=fund.version,
            subject=str(fund.id),
            period=str(context.effective_on.year),
            amount=amount,
            effective_on=context.effective_on,
            actor=context.actor,
            counterparty=counterparty,
        )
        for movement, amount in moves
        if amount
    ]
    await book(session, bookings)


ACTIVE = (states.ACTIVE,)
