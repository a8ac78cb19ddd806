"""Municipal money that left a fund, by a sale of its share, a withdrawal or an exit: the treasury confirms that it
arrived, and the budget that paid for it gets it back (3.2-2, 3.1-4)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds import states
from services.finance.angel_funds.cases import Step, day_of, enter, open_case, order_of, require_another, tell_order
from services.finance.angel_funds.models import AngelFund, AngelFundOrder
from services.finance.angel_funds.municipal import to_return
from services.finance.angel_funds.orders import flush_order
from services.finance.angel_funds.schemas import TreasuryReceipt
from services.finance.appropriations.commitments import ANGEL_FUND, Claim, return_budgets
from services.finance.journal.entries import Movement
from shared.errors import invalid_transition
from shared.events.contracts.finance.angel_funds import AngelFundMunicipalReceived
from shared.events.outbox import EventContext
from shared.money import ZERO

RECEIVED = "received"
DUE = "due"


async def receive_money(
    session: AsyncSession, order_id: UUID, sent: TreasuryReceipt, *, step: Step
) -> tuple[AngelFund, AngelFundOrder]:
    """All that an order has to bring the treasury arrived, by the bank's slip. It goes back to the budgets that paid
    in, up to what they paid; what exceeds it is revenue.

    Raises 404, 412, 403 `four-eyes-required`, 409 `invalid-transition`, `angel-fund-bank-slip-used`.
    """
    case = await open_case(session, step, *states.WORKING, states.TERMINATED)
    fund, order = case.fund, await order_of(session, case.fund, order_id)
    if not order.due or order.received_on is not None:
        raise invalid_transition(RECEIVED if order.received_on else order.status, [DUE])
    decision = require_another(
        case.edition, step, prepared=order.prepared_by, approved=order.approved_by, done=order.done_by
    )
    day = day_of(step, sent.received_on, not_before=order.effective_on)
    parts = await to_return(session, fund, order.due)
    order.returned = sum((amount for _, amount in parts), ZERO)
    order.receipt_slip_no, order.received_on = sent.bank_slip_no, day
    order.received_by = step.principal.account_id
    await flush_order(session, order)
    context = EventContext.of(step.principal, day)
    await tell_order(session, AngelFundMunicipalReceived, fund, order, context, decision.rules)
    revenue = order.due - order.returned
    moves = [(Movement.FUND_TREASURY_RECEIVED, order.due), (Movement.FUND_TREASURY_REVENUE, revenue)]
    await enter(session, fund, moves, context)
    await return_budgets(session, programme=ANGEL_FUND, years=parts, case=Claim.of(fund), context=context)
    return fund, order
