"""Flags that have a redemption inspected before it is paid (4.3-4). Its parties do not see them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import division_of, own_division, reads_all
from services.vouchers.redemptions.locking import lock_use
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.queries import issued_by
from services.vouchers.redemptions.recording import record
from services.vouchers.redemptions.rules import DELIVERED, DISPUTED, HELD, REDEEMED
from shared.auth.principal import Principal
from shared.errors import invalid_transition, not_found
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match


async def flag(
    session: AsyncSession, *, principal: Principal, redemption_id: UUID, reason: str, if_match: str | None
) -> Redemption:
    """Add a reason; one that is there already changes nothing."""
    _, redemption = await lock_use(session, redemption_id, issued_by(own_division(principal)))
    honour_match(if_match, redemption.version)
    allowed = [HELD, DELIVERED, DISPUTED, REDEEMED]
    if redemption.status not in allowed:
        raise invalid_transition(redemption.status, allowed)
    if reason not in redemption.sampling_flags:
        redemption.sampling_flags = [*redemption.sampling_flags, reason]
        await record(session, vc.RedemptionFlagged, redemption, EventContext.of(principal))
    return redemption


async def flags_of(session: AsyncSession, principal: Principal, redemption_id: UUID) -> list[str]:
    """For the issuer, the bureaus and the auditor. Raises 404."""
    concerned = true() if reads_all(principal) else issued_by(division_of(principal))
    query = select(Redemption.sampling_flags).where(Redemption.id == redemption_id, concerned)
    found: list[str] | None = await session.scalar(query)
    if found is None:
        raise not_found("redemption")
    return found
