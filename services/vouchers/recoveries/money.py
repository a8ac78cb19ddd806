"""What makes up for a recovery: repaid, kept back from a payment, or given up by two people (4.3-4).

Locks: voucher and redemption, where the redemption was reversed; then the recovery.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.journal.models import (
    ISSUER_BANK,
    OFFSET,
    OFFSET_RETURNED,
    PROGRAMME_WRITTEN_OFF,
    PROVIDER_RECEIVABLE,
    REPAYMENT,
    WRITE_OFF,
)
from services.vouchers.journal.usecases import Account, Move, next_ordinal, post_moves
from services.vouchers.recoveries import rules, states
from services.vouchers.recoveries.cases import Step, open_case, use_of
from services.vouchers.recoveries.models import Recovery, RecoveryMovement
from services.vouchers.recoveries.restoring import lock_uses
from services.vouchers.recoveries.schemas import RepaymentIn, WriteOffDecision, WriteOffIn
from services.vouchers.recoveries.usecases import tell
from services.vouchers.redemptions.reversals.usecases import restore_recovered
from shared.db import constraint_of
from shared.errors import DomainError
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.refusals import require_passed

SLIP = "uq_recovery_movement_slip"


async def repay(session: AsyncSession, *, step: Step, sent: RepaymentIn) -> Recovery:
    """Money of the provider has arrived on the issuer's account; a bank's slip counts once. Raises 404, 409
    `recovery-above-outstanding`, `recovery-slip-counted`, `invalid-transition`.

    What had been given up may come all the same: it makes good what was written off.
    """
    await lock_uses(session, await use_of(session, step))
    case = await open_case(session, step, states.DECIDED, states.WRITTEN_OFF)
    recovery = case.recovery
    given_up = recovery.status == states.WRITTEN_OFF
    missing = recovery.written_off if given_up else recovery.outstanding
    day = case.day(sent.received_on, recovery.decided_on)
    rule = "vouchers.recovery_repayment"
    require_passed(rules.decide_made_up(case.edition, rule, amount=sent.amount, outstanding=missing))
    recovery.repaid += sent.amount
    if given_up:
        recovery.written_off -= sent.amount
    context = case.context(day)
    await _enter(session, recovery, REPAYMENT, sent.amount, day, context, reference=sent.reference, given_up=given_up)
    if not given_up:
        _end_if_made_up(recovery, day)
    await tell(session, vc.RecoveryRepaid, recovery, context, (rule,))
    return recovery


async def withhold(
    session: AsyncSession,
    recovery: Recovery,
    amount: Decimal,
    *,
    settlement_id: UUID,
    day: date,
    context: EventContext,
) -> None:
    """A reserved amount was kept back from a payment that the bank has made. The caller holds voucher, redemption and
    recovery locked."""
    recovery.reserved -= amount
    recovery.withheld += amount
    await _enter(session, recovery, OFFSET, amount, day, context, settlement_id=settlement_id)
    _end_if_made_up(recovery, day)
    await tell(session, vc.RecoveryOffset, recovery, context, ("vouchers.recovery_repayment",))


async def withhold_no_more(
    session: AsyncSession,
    recovery: Recovery,
    amount: Decimal,
    *,
    settlement_id: UUID,
    day: date,
    context: EventContext,
) -> None:
    """The payment that kept an amount back has come back: all of it is owed again, and the amount is due again. What a
    voucher was given back for it stays given back, and is not given a second time. The caller holds voucher, redemption
    and recovery locked; the recovery is not written off."""
    recovery.withheld -= amount
    recovery.status, recovery.ended_on = states.DECIDED, None
    await _enter(session, recovery, OFFSET_RETURNED, amount, day, context, settlement_id=settlement_id)
    await tell(session, vc.RecoveryOffset, recovery, context, ("vouchers.recovery_repayment",))


async def propose_write_off(session: AsyncSession, *, step: Step, sent: WriteOffIn) -> Recovery:
    """An officer says why the rest cannot be got back; somebody else decides. Raises 409 `recovery-write-off-proposed`,
    `recovery-reserved`."""
    case = await open_case(session, step, states.DECIDED)
    recovery = case.recovery
    if recovery.write_off_by is not None:
        raise DomainError("recovery-write-off-proposed", 409, params={"proposed_on": recovery.write_off_on})
    _require_none_reserved(recovery)
    day = case.day(sent.proposed_on, recovery.decided_on)
    recovery.write_off_by, recovery.write_off_on = step.principal.account_id, day
    recovery.write_off_reason = sent.reason
    cited = ("vouchers.recovery_write_off",)
    await tell(session, vc.RecoveryWriteOffProposed, recovery, case.context(day), cited)
    return recovery


async def decide_write_off(session: AsyncSession, *, step: Step, sent: WriteOffDecision) -> Recovery:
    """An approver gives up what is outstanding, or goes on claiming it. Raises 403 `four-eyes-required`, 409
    `recovery-write-off-missing`, `recovery-reserved`."""
    await lock_uses(session, await use_of(session, step))
    case = await open_case(session, step, states.DECIDED)
    recovery = case.recovery
    if recovery.write_off_by is None:
        raise DomainError("recovery-write-off-missing", 409)
    case.require_another(recovery.write_off_by)
    day = case.day(sent.decided_on, recovery.write_off_on)
    context, cited = case.context(day), ("vouchers.recovery_write_off", "vouchers.four_eyes")
    if sent.outcome == "refused":
        recovery.write_off_by = recovery.write_off_on = recovery.write_off_reason = None
        await tell(session, vc.RecoveryWriteOffRefused, recovery, context, cited)
        return recovery
    _require_none_reserved(recovery)
    amount = recovery.outstanding
    recovery.written_off += amount
    recovery.status, recovery.ended_on = states.WRITTEN_OFF, day
    recovery.written_off_by, recovery.written_off_on = step.principal.account_id, day
    await _enter(session, recovery, WRITE_OFF, amount, day, context)
    await tell(session, vc.RecoveryWrittenOff, recovery, context, cited)
    return recovery


def _require_none_reserved(recovery: Recovery) -> None:
    """A payment that keeps a part back waits for the bank's answer: nobody knows yet what is left."""
    if recovery.reserved:
        raise DomainError("recovery-reserved", 409, params={"reserved": recovery.reserved})


def _end_if_made_up(recovery: Recovery, day: date) -> None:
    if recovery.outstanding == 0 and recovery.reserved == 0:
        recovery.status, recovery.ended_on = states.SETTLED, day
        recovery.write_off_by = recovery.write_off_on = recovery.write_off_reason = None


async def _enter(
    session: AsyncSession,
    recovery: Recovery,
    kind: str,
    amount: Decimal,
    day: date,
    context: EventContext,
    *,
    reference: str | None = None,
    settlement_id: UUID | None = None,
    given_up: bool = False,
) -> None:
    """The movement on the case, and in the journal; what was `given_up` before is the programme's loss no more."""
    movement = RecoveryMovement(
        recovery_id=recovery.id,
        kind=kind,
        amount=amount,
        moved_on=day,
        reference=reference,
        recorded_by=context.actor,
    )
    session.add(movement)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != SLIP:
            raise
        raise DomainError("recovery-slip-counted", 409, params={"reference": reference}) from error
    owed: Account = (PROVIDER_RECEIVABLE, recovery.provider_id)
    lost: Account = (PROGRAMME_WRITTEN_OFF, recovery.programme_id)
    bank: Account = (ISSUER_BANK, recovery.programme_id)
    debit, credit = (lost if kind == WRITE_OFF else bank), (lost if given_up else owed)
    if kind == OFFSET_RETURNED:
        debit, credit = owed, bank
    move = Move(
        kind,
        recovery.redemption_id,
        amount,
        debit,
        credit,
        ordinal=await next_ordinal(session, recovery.redemption_id, kind),
        settlement_id=settlement_id,
        recovery_id=recovery.id,
    )
    await post_moves(session, [move], effective_on=day, actor=context.actor)
    if recovery.reversed and kind in (REPAYMENT, OFFSET):
        await restore_recovered(session, recovery.redemption_id, amount, context=context)
