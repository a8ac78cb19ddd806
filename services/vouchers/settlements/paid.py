"""What a bank's answer does to lines, journal and recoveries. The caller holds the batch locked (4.3-4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.journal.models import (
    ISSUER_BANK,
    PAYMENT,
    PAYMENT_RETURNED,
    PROVIDER_PAYABLE,
    JournalEntry,
)
from services.vouchers.journal.usecases import Move, post_moves
from services.vouchers.recoveries.models import Recovery
from services.vouchers.recoveries.money import withhold, withhold_no_more
from services.vouchers.settlements import lines, states
from services.vouchers.settlements.models import Settlement, SettlementLine, SettlementOffset, SettlementPayment
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext

PAID = ("vouchers.settlement_payment",)


async def settle(
    session: AsyncSession,
    settlement: Settlement,
    payments: Sequence[SettlementPayment],
    *,
    day: date,
    context: EventContext,
    bank_references: Sequence[str | None] | None = None,
) -> None:
    """The bank has paid: lines, journal and what was kept back, all at once. A line is paid in full; what was kept back
    comes back into the issuer's account at the same moment."""
    references = bank_references or [None] * len(payments)
    for payment, reference in zip(payments, references, strict=True):
        payment.status, payment.settled_on, payment.bank_reference = states.PAID, day, reference
    found = await _lines(session, payments, states.INCLUDED)
    for line in found:
        line.status = states.PAID
    returned = await _times_returned(session, [line.redemption_id for line in found])
    moves = [
        Move(
            PAYMENT,
            line.redemption_id,
            line.amount,
            (PROVIDER_PAYABLE, line.provider_id),
            (ISSUER_BANK, line.programme_id),
            ordinal=1 + returned.get(line.redemption_id, 0),
            settlement_id=settlement.id,
        )
        for line in found
    ]
    await session.flush()
    await post_moves(session, moves, effective_on=day, actor=context.actor)
    for offset, recovery in await _offsets(session, payments):
        offset.status = states.APPLIED
        await withhold(session, recovery, offset.amount, settlement_id=settlement.id, day=day, context=context)


async def refuse(
    session: AsyncSession,
    settlement: Settlement,
    payment: SettlementPayment,
    *,
    outcome: str,
    day: date,
    reason: str,
    context: EventContext,
) -> None:
    """The bank has not paid: the lines wait for the next batch, what was to be kept back is open again."""
    payment.status, payment.settled_on, payment.reason = outcome, day, reason
    code = states.PAYMENT_REJECTED if outcome == states.REJECTED else states.PAYMENT_ERROR
    found = await _lines(session, [payment], states.INCLUDED)
    for offset, recovery in await _offsets(session, [payment]):
        offset.status = states.FREED
        recovery.reserved -= offset.amount
    await lines.take_out(session, settlement, found, states.BACK, code, context=context, cited=PAID)


async def take_back(
    session: AsyncSession,
    settlement: Settlement,
    payment: SettlementPayment,
    *,
    day: date,
    reason: str,
    context: EventContext,
) -> None:
    """What the bank had paid came back: it is owed again, and paid by the next batch, with what was kept back of it
    due again."""
    payment.status, payment.settled_on, payment.reason = states.RETURNED, day, reason
    for offset, recovery in await _offsets(session, [payment], states.APPLIED):
        offset.status = states.FREED
        await withhold_no_more(session, recovery, offset.amount, settlement_id=settlement.id, day=day, context=context)
    found = await _lines(session, [payment], states.PAID)
    returned = await _times_returned(session, [line.redemption_id for line in found])
    moves = [
        Move(
            PAYMENT_RETURNED,
            line.redemption_id,
            line.amount,
            (ISSUER_BANK, line.programme_id),
            (PROVIDER_PAYABLE, line.provider_id),
            ordinal=1 + returned.get(line.redemption_id, 0),
            settlement_id=settlement.id,
        )
        for line in found
    ]
    await post_moves(session, moves, effective_on=day, actor=context.actor)
    await lines.take_out(session, settlement, found, states.BACK, states.PAYMENT_RETURNED, context=context, cited=PAID)


async def tell_read(session: AsyncSession, settlement: Settlement, context: EventContext) -> None:
    """The batch with what is paid of it by now."""
    await lines.refresh(session, settlement)
    await lines.tell(session, vc.SettlementResultsRead, settlement, context, PAID)


async def _lines(session: AsyncSession, payments: Sequence[SettlementPayment], status: str) -> Sequence[SettlementLine]:
    line = SettlementLine
    query = select(line).where(line.payment_id.in_([payment.id for payment in payments]), line.status == status)
    return (await session.scalars(query.order_by(line.redemption_id).execution_options(populate_existing=True))).all()


async def _offsets(
    session: AsyncSession, payments: Sequence[SettlementPayment], status: str = states.RESERVED
) -> Sequence[tuple[SettlementOffset, Recovery]]:
    """What payments keep back, or kept, with the recoveries locked by id."""
    query = (
        select(SettlementOffset, Recovery)
        .join(Recovery, Recovery.id == SettlementOffset.recovery_id)
        .where(
            SettlementOffset.payment_id.in_([payment.id for payment in payments]),
            SettlementOffset.status == status,
        )
        .order_by(Recovery.id, SettlementOffset.payment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    await session.flush()
    return [(offset, recovery) for offset, recovery in await session.execute(query)]


async def _times_returned(session: AsyncSession, redemption_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How often a payment came back, by redemption. The n-th payment follows n - 1 returns: a payment written twice
    breaks the journal's unique key."""
    entry = JournalEntry
    query = (
        select(entry.redemption_id, func.count())
        .where(entry.redemption_id == any_(literal(list(redemption_ids), ARRAY(Uuid))), entry.kind == PAYMENT_RETURNED)
        .group_by(entry.redemption_id)
    )
    return {row[0]: row[1] for row in await session.execute(query)}
