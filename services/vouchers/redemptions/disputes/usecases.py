"""A holder disputes a delivery; where the two do not settle it, or nobody says anything, the issuer decides (4.3-1)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import enterprise_code_of, own_division
from services.vouchers.policy import require_known
from services.vouchers.redemptions.disputes.closing import close_dispute, record_dispute
from services.vouchers.redemptions.disputes.models import CAPTURED, RELEASED, Dispute
from services.vouchers.redemptions.disputes.schemas import Decided, DisputeNew
from services.vouchers.redemptions.locking import lock_use
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.queries import bought_by, issued_by
from services.vouchers.redemptions.recording import record
from services.vouchers.redemptions.rules import (
    DELIVERED,
    DISPUTE_DECIDED,
    DISPUTED,
    NOT_CONFIRMED,
    RENDERED,
    decide_confirmation,
)
from services.vouchers.redemptions.usecases import capture, end
from shared.auth.principal import Principal
from shared.errors import invalid_transition
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.policy.edition import Editions
from shared.refusals import require_passed


async def raise_dispute(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    redemption_id: UUID,
    sent: DisputeNew,
    if_match: str | None,
) -> Redemption:
    """The holder says that the delivery is not what was bought; the money stays reserved. Raises 404, 422."""
    _, redemption = await lock_use(session, redemption_id, bought_by(enterprise_code_of(principal)))
    honour_match(if_match, redemption.version)
    if redemption.status != DELIVERED:
        raise invalid_transition(redemption.status, [DELIVERED])
    edition = editions.get(redemption.edition)
    require_known("reason_code", [sent.reason_code], edition.vouchers.use.dispute_reasons)
    dispute = Dispute(
        redemption_id=redemption.id,
        reason_code=sent.reason_code,
        statement=sent.text,
        raised_by=principal.account_id,
        raised_on=principal.today,
    )
    session.add(dispute)
    redemption.status = DISPUTED
    await session.flush()
    await record_dispute(session, vc.DisputeRaised, dispute, principal, redemption.edition)
    await record(session, vc.RedemptionDisputed, redemption, EventContext.of(principal))
    return redemption


async def decide(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    redemption_id: UUID,
    sent: Decided,
    if_match: str | None,
) -> Redemption:
    """The issuer's officer pays or releases: what is disputed at any time, what nobody confirmed after its last day.

    Raises 404, 409 `voucher-still-to-confirm`, and for a payment what a confirmation does.
    """
    voucher, redemption = await lock_use(session, redemption_id, issued_by(own_division(principal)))
    honour_match(if_match, redemption.version)
    if redemption.status not in RENDERED:
        raise invalid_transition(redemption.status, [DELIVERED, DISPUTED])
    edition = editions.get(redemption.edition)
    require_passed(decide_confirmation(edition, redemption.status, redemption.confirm_by, principal.today))
    disputed = redemption.status == DISPUTED
    if disputed:
        outcome = CAPTURED if sent.outcome == "capture" else RELEASED
        await close_dispute(session, redemption, outcome, principal, sent.text)
    redemption.issuer_decision = sent.text
    if sent.outcome == "capture":
        await capture(session, editions, voucher, redemption, principal, sent.invoice)
    else:
        await end(session, redemption, DISPUTE_DECIDED if disputed else NOT_CONFIRMED, principal)
    return redemption
