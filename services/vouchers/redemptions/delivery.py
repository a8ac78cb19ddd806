"""Delivery of what was held: all of it, or a part, which splits the redemption (4.3-1).

Each part is captured at most once, because it is a redemption of its own. Their subsidies are rounded each for itself
and never make more than the whole had; a fen that is left over is free again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import provider_code_of
from services.vouchers.projections import LISTED, WITHDRAWN, known_enterprise
from services.vouchers.providers.models import Provider
from services.vouchers.redemptions.claims import lower_claims
from services.vouchers.redemptions.disputes.closing import close_dispute
from services.vouchers.redemptions.disputes.models import REDELIVERED
from services.vouchers.redemptions.documents import Papers, claims_of
from services.vouchers.redemptions.freeing import free
from services.vouchers.redemptions.locking import lock_use
from services.vouchers.redemptions.models import Redemption, redemption_number
from services.vouchers.redemptions.queries import sold_by
from services.vouchers.redemptions.recording import record
from services.vouchers.redemptions.rules import (
    DELIVERED,
    DISPUTED,
    HELD,
    decide_centre,
    decide_not_expired,
    decide_part,
    full_subsidy,
)
from services.vouchers.redemptions.schemas import Delivery
from services.vouchers.redemptions.usecases import attach
from services.vouchers.vouchers.facts import centre_withdrawn
from services.vouchers.vouchers.models import Voucher
from shared.auth.principal import Principal
from shared.errors import invalid_transition
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import case_no
from shared.money import ZERO
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed

_COPIED: Final = (
    "voucher_id",
    "programme_id",
    "issuer_division",
    "enterprise_id",
    "provider_id",
    "category",
    "edition",
    "subsidy_percent",
    "balance_before",
    "category_left",
    "offering_id",
    "description",
    "invoice_key",
    "invoice_amount",
    "contract_key",
    "ordered_by",
    "ordered_on",
    "expires_on",
    "held_by",
    "held_on",
)
"""What the rest of a split redemption has in common with the part that was delivered."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The subsidies of a delivered part and of the rest, in yuan; what both leave of the whole is free again."""

    part: Decimal
    rest: Decimal


def parts_of(price: Decimal, percent: Decimal, subsidy: Decimal, delivered: Decimal) -> Parts:
    """4.3-3: what was delivered gets its share of its own price first, the rest its own of what is left."""
    part = min(full_subsidy(delivered, percent), subsidy)
    return Parts(part, min(full_subsidy(price - delivered, percent), subsidy - part))


async def deliver(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    redemption_id: UUID,
    sent: Delivery,
    if_match: str | None,
) -> tuple[Redemption, Redemption | None]:
    """The provider says that it has rendered the service, or a part of it; the redemption, and the rest that stays
    reserved. From here a delisting, or the centre's withdrawal, honours it.

    Raises 404, 409 `voucher-centre-withdrawn`, `voucher-hold-expired`, and what claiming documents does.
    """
    voucher, redemption = await lock_use(session, redemption_id, sold_by(provider_code_of(principal)))
    honour_match(if_match, redemption.version)
    if redemption.status not in (HELD, DISPUTED):
        raise invalid_transition(redemption.status, [HELD, DISPUTED])
    edition = editions.get(redemption.edition)
    rest = None
    if redemption.status == DISPUTED:
        _require_whole(sent)
        await close_dispute(session, redemption, REDELIVERED, principal)
    else:
        require_passed(decide_not_expired(edition, "vouchers.hold_open", redemption.expires_on, principal.today))
        withdrawn = await centre_withdrawn(session, voucher)
        require_passed(decide_centre(edition, WITHDRAWN if withdrawn else LISTED, principal.today))
        rest = await _split(session, edition, voucher, redemption, sent.delivered_price, principal)
    await _attach_sent(session, editions, redemption, sent, principal)
    redemption.status = DELIVERED
    redemption.delivered_by, redemption.delivered_on = principal.account_id, principal.today
    redemption.confirm_by = principal.today + timedelta(days=edition.vouchers.use.confirm_days.value)
    context = EventContext.of(principal)
    await record(session, vc.RedemptionDelivered, redemption, context)
    if rest is not None:
        session.add(rest)
        await session.flush()
        await record(session, vc.RedemptionHeld, rest, context)
    return redemption, rest


def _require_whole(sent: Delivery) -> None:
    """What was disputed is delivered again as a whole."""
    if sent.delivered_price is not None:
        raise PayloadInvalid.at("delivered_price", "extra_forbidden")


async def _split(
    session: AsyncSession,
    edition: Edition,
    voucher: Voucher,
    redemption: Redemption,
    delivered: Decimal | None,
    principal: Principal,
) -> Redemption | None:
    """Cut the redemption down to what was delivered; the rest, unless nothing is left of the subsidy for it."""
    if delivered is None or delivered == redemption.price:
        return None
    parts = parts_of(redemption.price, redemption.subsidy_percent, redemption.subsidy, min(delivered, redemption.price))
    require_passed(decide_part(edition, redemption.price, delivered, redemption.subsidy_percent, parts.part))
    rest_price, whole = redemption.price - delivered, redemption.subsidy
    left_over = whole - parts.part - parts.rest
    dropped = ZERO if parts.rest > 0 else rest_price
    await lower_claims(session, [redemption], {redemption: (dropped, left_over)})
    rest = None
    if parts.rest > 0:
        common = {name: getattr(redemption, name) for name in _COPIED}
        rest = Redemption(**common, status=HELD, price=rest_price, subsidy=parts.rest, split_from=redemption.id)
        number = await session.scalar(redemption_number.next_value())
        rest.no = case_no("RD", principal.today.year, number or 0)
    redemption.price, redemption.subsidy = delivered, parts.part
    await free(session, voucher, left_over, held=left_over)
    return rest


async def _attach_sent(
    session: AsyncSession, editions: Editions, redemption: Redemption, sent: Delivery, principal: Principal
) -> None:
    """Invoice and contract that came with the delivery are of the delivered part."""
    if sent.invoice is None and sent.contract_no is None:
        return
    seller = select(Provider.code).where(Provider.id == redemption.provider_id)
    holder = select(known_enterprise.c.code).where(known_enterprise.c.id == redemption.enterprise_id)
    with session.no_autoflush:
        codes = select(seller.scalar_subquery(), holder.scalar_subquery())
        seller_code, holder_code = (await session.execute(codes)).one()
        papers = Papers(redemption.price, sent.invoice, sent.contract_no, sent.contract_amount)
        claims = claims_of(seller_code, holder_code, papers, redemption.subsidy)
        await attach(session, editions, redemption, claims, principal)
