"""What issuers do with single vouchers: freeze, unfreeze (4.3-4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from services.vouchers.access import own_division
from services.vouchers.policy import require_known, require_not_before
from services.vouchers.vouchers.models import Voucher
from services.vouchers.vouchers.rules import ACTIVE, AWAITING_APPROVAL, FROZEN
from services.vouchers.vouchers.schemas import FreezeNew
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, four_eyes_required, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.policy.edition import Editions

FREEZE_RULES = ("vouchers.freeze",)


async def freeze(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    voucher_id: UUID,
    wanted: FreezeNew,
    if_match: str | None,
) -> Voucher:
    """No new hold or sale until it is unfrozen; its validity runs on. At once, and by one person: what is in doubt must
    not be spent meanwhile."""
    voucher = await lock_own_voucher(session, own_division(principal), voucher_id)
    honour_match(if_match, voucher.version)
    if voucher.status != ACTIVE:
        raise invalid_transition(voucher.status, [ACTIVE])
    require_known("reason_code", [wanted.reason_code], editions.get(voucher.edition).vouchers.life.freeze_reasons)
    day = effective_date(principal, wanted.decided_on)
    require_not_before(voucher.issued_on, day)
    voucher.status, voucher.frozen_on, voucher.frozen_by = FROZEN, day, principal.account_id
    voucher.frozen_reason = wanted.reason_code
    await record(session, vc.VoucherFrozen, voucher, EventContext.of(principal, day), FREEZE_RULES)
    return voucher


async def unfreeze(
    session: AsyncSession, *, principal: Principal, voucher_id: UUID, decided_on: date | None, if_match: str | None
) -> Voucher:
    """By another person than the one who froze it: money moves again. Raises 403 `four-eyes-required`, 409
    `voucher-awaits-approval` for an issue that is not approved yet."""
    voucher = await lock_own_voucher(session, own_division(principal), voucher_id)
    honour_match(if_match, voucher.version)
    if voucher.status != FROZEN:
        raise invalid_transition(voucher.status, [FROZEN])
    if voucher.frozen_reason == AWAITING_APPROVAL:
        raise DomainError("voucher-awaits-approval", 409)
    if voucher.frozen_by == principal.account_id:
        raise four_eyes_required()
    day = effective_date(principal, decided_on)
    require_not_before(voucher.frozen_on or voucher.issued_on, day)
    voucher.status, voucher.frozen_by = ACTIVE, None
    await record(session, vc.VoucherUnfrozen, voucher, EventContext.of(principal, day), FREEZE_RULES)
    return voucher


async def lock_own_voucher(session: AsyncSession, division: str, voucher_id: UUID) -> Voucher:
    """A voucher that the division issued, locked. Raises 404."""
    query = select(Voucher).where(Voucher.id == voucher_id, Voucher.issuer_division == division)
    query = query.with_for_update().options(undefer(Voucher.decision))
    voucher = (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if voucher is None:
        raise not_found("voucher")
    return voucher


async def record(
    session: AsyncSession,
    event_type: EventType[vc.VoucherState],
    voucher: Voucher,
    context: EventContext,
    rules: Sequence[str],
) -> None:
    """What happened to the voucher, with its whole state."""
    data = vc.VoucherState.model_validate(voucher, from_attributes=True)
    await outbox.append(session, event_type, voucher, data, context=context, rules=rules, edition=voucher.edition)
