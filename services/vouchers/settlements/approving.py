"""The approval of a batch by another person, and giving a batch up (4.3-4)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.settlements import lines, rules, states
from services.vouchers.settlements.announced import notice_over
from services.vouchers.settlements.cases import Step, open_case
from services.vouchers.settlements.checking import find_faults, sample_decision
from services.vouchers.settlements.models import Settlement, SettlementLine
from services.vouchers.settlements.schemas import Cancellation
from shared.events.contracts import vouchers as vc
from shared.policy.decision import combine
from shared.refusals import require_passed


async def approve(session: AsyncSession, *, step: Step, decided_on: date | None) -> Settlement:
    """Approve what was checked, inspected and announced, by somebody who did none of it. What grants claim on the
    invoices is asked again: this is the decisive time (`shared.document_claims`).

    Raises 403 `four-eyes-required`, 409 `notice-running`, `objection-unanswered`, `objection-upheld`,
    `settlement-inspections-open`, `settlement-lines-fail`.
    """
    case = await open_case(session, step, states.NOTICED)
    settlement = case.settlement
    case.require_another(*settlement.hands)
    day = case.day(decided_on, settlement.noticed_on)
    over = await notice_over(session, case, day)
    sample = require_passed(await sample_decision(session, case))
    failing = sum(1 for found in (await find_faults(session, case)).values() if found)
    hold = rules.decide_lines(case.edition, failing=failing, lines=settlement.line_count, day=day)
    decision = combine(over, sample, require_passed(hold))
    settlement.status, settlement.decision = states.APPROVED, decision.to_json()
    settlement.approved_by, settlement.approved_on = step.principal.account_id, day
    await lines.tell(session, vc.SettlementApproved, settlement, case.context(day), decision.rules)
    return settlement


async def cancel(session: AsyncSession, *, step: Step, sent: Cancellation) -> Settlement:
    """Give a batch up before its payment file is made; its lines wait for another one, what was barred stays so."""
    case = await open_case(session, step, *states.BEFORE_APPROVAL, states.APPROVED)
    settlement = case.settlement
    day = case.day(sent.cancelled_on, settlement.approved_on or settlement.noticed_on or settlement.drafted_on)
    context = case.context(day)
    settlement.status, settlement.cancellation = states.CANCELLED, sent.reason
    settlement.cancelled_by, settlement.cancelled_on = step.principal.account_id, day
    query = select(SettlementLine).where(
        SettlementLine.settlement_id == settlement.id, SettlementLine.status == states.INCLUDED
    )
    waiting = (await session.scalars(query)).all()
    await lines.take_out(session, settlement, waiting, states.BACK, states.BATCH_CANCELLED, context=context)
    await lines.tell(session, vc.SettlementCancelled, settlement, context, ("vouchers.settlement",))
    return settlement
