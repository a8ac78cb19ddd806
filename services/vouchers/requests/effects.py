"""What an approved request does to its voucher.

Locks are taken in the order of an issue: the holder's centre and enterprise and the programme where the voucher is to
run again, then the voucher, its redemptions, the ceilings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.ceilings.returns import give_back
from services.vouchers.programmes.queries import lock_own
from services.vouchers.programmes.terms import free_enclave_issuer, take_ceilings, terms_on
from services.vouchers.redemptions import rules as uses
from services.vouchers.redemptions.claims import free_documents
from services.vouchers.redemptions.disputes.closing import close_released
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.recording import record_ended
from services.vouchers.requests.models import RELEASED, VoucherRequest
from services.vouchers.requests.rules import decide_extension, decide_reinstatement
from services.vouchers.vouchers.facts import load_holder, unspent_of
from services.vouchers.vouchers.models import Voucher
from services.vouchers.vouchers.rules import ACTIVE, FROZEN, STOPPED, decide_in_centre
from services.vouchers.vouchers.usecases import lock_own_voucher, record
from shared.errors import DomainError, invalid_transition
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.policy.edition import Editions
from shared.refusals import require_passed

VOUCHER_VOID: Final = "voucher_void"
"""Why a hold was released."""
_BULK: Final = {"synchronize_session": False, "populate_existing": True}


async def extend(session: AsyncSession, editions: Editions, request: VoucherRequest, context: EventContext) -> Decision:
    """A later last day. Raises 409 `invalid-transition`, or the rule's refusal."""
    voucher = await lock_own_voucher(session, request.issuer_division, request.voucher_id)
    _require_running(voucher)
    assert request.valid_until is not None, "the kind's own column"
    decision = require_passed(
        decide_extension(
            editions.get(voucher.edition),
            voucher.valid_until,
            voucher.extensions,
            request.valid_until,
            request.submitted_on,
        )
    )
    voucher.valid_until = request.valid_until
    voucher.extensions += 1
    await record(session, vc.VoucherExtended, voucher, context, ("vouchers.extension", "vouchers.four_eyes"))
    return decision


async def void(session: AsyncSession, request: VoucherRequest, context: EventContext) -> None:
    """Stop it: holds are released, delivered ones as decided; what is free or released goes back. Raises 409
    `invalid-transition`."""
    voucher = await lock_own_voucher(session, request.issuer_division, request.voucher_id)
    _require_running(voucher)
    ending = [uses.ORDERED, uses.HELD, *(uses.RENDERED if request.delivered == RELEASED else ())]
    ended = await _release(session, voucher, ending, context)
    await free_documents(session, ended)
    await close_released(session, ended, context)
    released = sum((redemption.subsidy for redemption in ended), ZERO)
    voucher.held -= released
    voucher.returned += voucher.balance + released
    voucher.balance = ZERO
    voucher.status, voucher.stopped_on = STOPPED, max(context.effective_on, voucher.issued_on)
    voucher.reason_code = request.reason_code
    request.amount = voucher.returned
    await give_back(session, [unspent_of(voucher, voucher.returned)])
    await free_enclave_issuer(session, voucher)
    await record(session, vc.VoucherStopped, voucher, context, ("vouchers.void", "vouchers.four_eyes"))
    ended.sort(key=lambda use: use.id)
    await record_ended(session, ended, context, ("vouchers.void",), edition=voucher.edition)


async def reinstate(
    session: AsyncSession, editions: Editions, request: VoucherRequest, context: EventContext
) -> Decision:
    """2.3-5: commit again what went back, within today's quotas and budget, and let it run until its own last day.

    From here it depends on the centre where its holder is now. Raises the refusal of the rule that failed, 409
    `voucher-in-use` where the holder's record was merged meanwhile.
    """
    day = context.effective_on
    known = select(Voucher.enterprise_id, Voucher.programme_id, Voucher.edition).where(Voucher.id == request.voucher_id)
    seen = (await session.execute(known)).one()
    edition = editions.get(seen.edition)
    holder = await load_holder(session, seen.enterprise_id, day, lock=True)
    programme = await lock_own(session, request.issuer_division, seen.programme_id, share=True)
    voucher = await lock_own_voucher(session, request.issuer_division, request.voucher_id)
    if voucher.enterprise_id != seen.enterprise_id:
        raise DomainError("voucher-in-use", 409, headers={"Retry-After": "1"})
    allowed = decide_reinstatement(
        edition,
        status=voucher.status,
        reason_code=voucher.reason_code,
        returned=voucher.returned,
        valid_until=voucher.valid_until,
        day=day,
    )
    standing = require_passed(combine(allowed, decide_in_centre(edition, holder.place, day)))
    assert holder.centre_id is not None, "passed vouchers.in_centre"
    amount = voucher.returned
    caps = await take_ceilings(
        session,
        edition,
        programme,
        await terms_on(session, programme, day),
        enterprise_id=voucher.enterprise_id,
        enclave=False,
        amount=amount,
    )
    voucher.balance += amount
    voucher.returned, request.amount = ZERO, amount
    voucher.status = ACTIVE if voucher.frozen_by is None else FROZEN
    voucher.stopped_on = voucher.reason_code = None
    voucher.centre_id = holder.centre_id
    await record(session, vc.VoucherReinstated, voucher, context, ("vouchers.reinstatement", "vouchers.four_eyes"))
    return combine(standing, caps)


def _require_running(voucher: Voucher) -> None:
    if voucher.status == STOPPED:
        raise invalid_transition(voucher.status, [ACTIVE, FROZEN])


async def _release(
    session: AsyncSession, voucher: Voucher, statuses: Sequence[str], context: EventContext
) -> list[Redemption]:
    statement = (
        update(Redemption)
        .where(Redemption.voucher_id == voucher.id, Redemption.status.in_(statuses))
        .values(
            status=uses.RELEASED,
            released_on=func.greatest(context.effective_on, Redemption.held_on, Redemption.ordered_on),
            released_by=context.actor,
            reason_code=VOUCHER_VOID,
            version=Redemption.version + 1,
        )
        .returning(Redemption)
    )
    return list(await session.scalars(statement, execution_options=_BULK))
