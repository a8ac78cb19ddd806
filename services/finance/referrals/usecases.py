"""What the enterprise does with its referral: takes an offer or not, or takes the referral back (3.2-1)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.bank_products.facts import records_of
from services.finance.projections import known_enterprise
from services.finance.referrals.models import Referral
from services.finance.referrals.queries import lock
from services.finance.referrals.recording import tell
from services.finance.referrals.rules import decide_in_time
from services.finance.referrals.schemas import DeclineIn, WithdrawalIn
from services.finance.referrals.states import ACCEPTED, AGREED, DECLINED, OFFERED, PREPARED, SENT, WITHDRAWN
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import invalid_transition, not_found
from shared.events.contracts.finance.banking import ReferralAgreed, ReferralDeclined, ReferralWithdrawn
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.policy.edition import Editions
from shared.refusals import require_passed

_OFFER: Final = ("referrals.offer",)


async def agree(
    session: AsyncSession, referral_id: UUID, *, principal: Principal, editions: Editions, if_match: str | None
) -> Referral:
    """The enterprise takes the offer; the bank may pay out. Raises 404, 409 `invalid-transition`,
    `referral-offer-lapsed`."""
    referral = await lock_own(session, referral_id, principal, if_match)
    if referral.status != OFFERED:
        raise invalid_transition(referral.status, [OFFERED])
    edition = editions.get(referral.edition)
    in_time = decide_in_time(
        edition, day=principal.today, last_day=referral.offer_until, message="referral-offer-lapsed"
    )
    require_passed(in_time)
    referral.status, referral.agreed_on = AGREED, principal.today
    await tell(session, ReferralAgreed, referral, EventContext.of(principal), in_time.rules)
    return referral


async def decline(
    session: AsyncSession, referral_id: UUID, sent: DeclineIn, *, principal: Principal, if_match: str | None
) -> Referral:
    """The enterprise does not take the offer. Raises 404, 409 `invalid-transition`."""
    referral = await lock_own(session, referral_id, principal, if_match)
    if referral.status != OFFERED:
        raise invalid_transition(referral.status, [OFFERED])
    referral.status, referral.reason_code, referral.ended_on = DECLINED, sent.reason_code, principal.today
    await tell(session, ReferralDeclined, referral, EventContext.of(principal), _OFFER)
    return referral


async def withdraw(
    session: AsyncSession, referral_id: UUID, sent: WithdrawalIn, *, principal: Principal, if_match: str | None
) -> Referral:
    """The enterprise takes the referral back, as long as the bank has paid nothing; its centre only what it prepared
    and nobody sent. Raises 404, 409 `invalid-transition`."""
    referral = await lock(session, referral_id, principal)
    allowed = (PREPARED, SENT, ACCEPTED, OFFERED, AGREED) if await _owns(session, referral, principal) else (PREPARED,)
    honour_match(if_match, referral.version)
    if referral.status not in allowed:
        raise invalid_transition(referral.status, allowed)
    referral.status, referral.reason_code, referral.ended_on = WITHDRAWN, sent.reason_code, principal.today
    await tell(session, ReferralWithdrawn, referral, EventContext.of(principal), ("referrals.answered",))
    return referral


async def lock_own(session: AsyncSession, referral_id: UUID, principal: Principal, if_match: str | None) -> Referral:
    """A referral of the caller's own enterprise, locked for a step. Raises 404, 412."""
    referral = await lock(session, referral_id, principal)
    if not await _owns(session, referral, principal):
        raise not_found("referral")
    honour_match(if_match, referral.version)
    return referral


async def _owns(session: AsyncSession, referral: Referral, principal: Principal) -> bool:
    """Whether the referral is about the caller's own enterprise, or a record merged into it."""
    if not principal.has(r.ENTERPRISE) or not principal.org:
        return False
    mine = records_of(principal.org).where(known_enterprise.c.id == referral.enterprise_id)
    return await session.scalar(select(mine.exists())) is True
