"""Lines that an officer takes out of a batch, or lets back into the queue (4.3-4)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.settlements import lines, states
from services.vouchers.settlements.announced import require_upheld
from services.vouchers.settlements.cases import Step, open_case
from services.vouchers.settlements.checking import line_of
from services.vouchers.settlements.models import Settlement, SettlementLine
from services.vouchers.settlements.schemas import ReadmissionIn, TakeOutIn
from shared.events.contracts import vouchers as vc


async def take_out_line(
    session: AsyncSession, *, step: Step, line_id: UUID, sent: TakeOutIn
) -> tuple[Settlement, SettlementLine]:
    """An officer takes a line out: for an upheld objection, or because the payee's account fell away. Until the payment
    file is made. Raises 404, 409 `invalid-transition`, `settlement-objection-not-upheld`."""
    case = await open_case(session, step, *states.BEFORE_APPROVAL, states.APPROVED)
    case.note_hand()
    line = await line_of(session, case.settlement, line_id, states.INCLUDED)
    reason = states.TAKEN_OUT
    if sent.objection_id is not None:
        await require_upheld(session, case.settlement, sent.objection_id)
        line.objection_id, reason = sent.objection_id, states.OBJECTION_UPHELD
    line.note = sent.note
    status = states.BARRED if sent.barred else states.BACK
    context = case.context(step.principal.today)
    await lines.take_out(session, case.settlement, [line], status, reason, context=context)
    return case.settlement, line


async def readmit(
    session: AsyncSession, *, step: Step, line_id: UUID, sent: ReadmissionIn
) -> tuple[Settlement, SettlementLine]:
    """A barred line may be collected again: what stood against it is gone. By another person than who inspected it or
    took it out. Raises 404, 409 `invalid-transition`, 403 `four-eyes-required`."""
    case = await open_case(session, step)
    line = await line_of(session, case.settlement, line_id, states.BARRED)
    case.require_another(line.inspected_by, line.left_by)
    line.status, line.reason_code, line.note = states.BACK, states.READMITTED, sent.note
    line.waiting = True
    await session.flush()
    context = case.context(step.principal.today)
    redemptions = [line.redemption_id]
    await lines.tell_lines(
        session,
        vc.SettlementLineReadmitted,
        case.settlement,
        redemptions,
        states.READMITTED,
        context,
        ("vouchers.settlement",),
    )
    return case.settlement, line
