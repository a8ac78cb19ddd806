"""A single issue: proposed by an officer, who takes budget and quotas with it, approved by another person (4.3-3).

Until then the voucher is frozen, so that nothing is bought with it.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import own_division
from services.vouchers.ceilings.returns import give_back
from services.vouchers.policy import require_not_before
from services.vouchers.programmes.terms import free_enclave_issuer
from services.vouchers.vouchers.facts import unspent_of
from services.vouchers.vouchers.issuing import Issue, issue
from services.vouchers.vouchers.models import Voucher
from services.vouchers.vouchers.rules import ACTIVE, AWAITING_APPROVAL, FROZEN, NOT_APPROVED, STOPPED
from services.vouchers.vouchers.schemas import IssueRefused, VoucherNew
from services.vouchers.vouchers.usecases import lock_own_voucher, record
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import four_eyes_required, invalid_transition
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.money import ZERO
from shared.policy.edition import Editions

RULES = ("vouchers.four_eyes",)


async def propose_issue(
    session: AsyncSession, *, editions: Editions, principal: Principal, wanted: VoucherNew
) -> Voucher:
    """Issue a voucher of one of the caller's own programmes, frozen until another person approves it."""
    day = effective_date(principal, wanted.issued_on)
    order = Issue(
        issuer_division=own_division(principal),
        programme_id=wanted.programme_id,
        enterprise_id=wanted.enterprise_id,
        face_value=wanted.face_value,
        category=wanted.category,
        today=principal.today,
        context=EventContext.of(principal, day),
        awaits_approval=True,
    )
    return await issue(session, editions, order)


async def approve_issue(
    session: AsyncSession, *, principal: Principal, voucher_id: UUID, decided_on: date | None, if_match: str | None
) -> Voucher:
    """It can be used from now on. Raises 404, 409 `invalid-transition`, 403 `four-eyes-required`."""
    voucher, day = await _awaiting(session, principal, voucher_id, decided_on, if_match)
    voucher.status, voucher.approved_by, voucher.approved_on = ACTIVE, principal.account_id, day
    voucher.frozen_on = voucher.frozen_by = voucher.frozen_reason = None
    await record(session, vc.VoucherUnfrozen, voucher, EventContext.of(principal, day), RULES)
    return voucher


async def refuse_issue(
    session: AsyncSession, *, principal: Principal, voucher_id: UUID, wanted: IssueRefused, if_match: str | None
) -> Voucher:
    """It is stopped as if it had never been: all of it goes back, and it was nobody's first. Raises as approving."""
    voucher, day = await _awaiting(session, principal, voucher_id, wanted.decided_on, if_match)
    voucher.refusal = wanted.answer
    voucher.status, voucher.stopped_on, voucher.reason_code = STOPPED, day, NOT_APPROVED
    voucher.returned, voucher.balance = voucher.balance, ZERO
    await give_back(session, [unspent_of(voucher, voucher.returned)])
    await free_enclave_issuer(session, voucher)
    await record(session, vc.VoucherStopped, voucher, EventContext.of(principal, day), RULES)
    return voucher


async def _awaiting(
    session: AsyncSession, principal: Principal, voucher_id: UUID, decided_on: date | None, if_match: str | None
) -> tuple[Voucher, date]:
    voucher = await lock_own_voucher(session, own_division(principal), voucher_id)
    honour_match(if_match, voucher.version)
    if voucher.status != FROZEN or voucher.frozen_reason != AWAITING_APPROVAL:
        raise invalid_transition(voucher.status, [AWAITING_APPROVAL])
    if principal.account_id == voucher.issued_by:
        raise four_eyes_required()
    day = effective_date(principal, decided_on)
    require_not_before(voucher.issued_on, day)
    return voucher, day
