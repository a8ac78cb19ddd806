"""An order waits for its provider: accepted it is a hold, declined or left alone it ends (4.3-1)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import provider_code_of
from services.vouchers.offerings.queries import offering_of
from services.vouchers.redemptions.documents import Papers
from services.vouchers.redemptions.locking import lock_use
from services.vouchers.redemptions.models import Redemption, redemption_number
from services.vouchers.redemptions.parties import by_holder, of_order
from services.vouchers.redemptions.queries import sold_by
from services.vouchers.redemptions.recording import record_order
from services.vouchers.redemptions.rules import ORDERED, RELEASED, decide_not_expired, decide_use
from services.vouchers.redemptions.schemas import Acceptance, Declined, OrderNew
from services.vouchers.redemptions.usecases import reserve, unheld
from shared.auth.principal import Principal
from shared.errors import invalid_transition, not_found
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.http.validation import Fault, PayloadInvalid
from shared.ids import case_no
from shared.policy.decision import Decision
from shared.policy.edition import Editions
from shared.refusals import require_passed


async def place_order(
    session: AsyncSession, *, editions: Editions, principal: Principal, wanted: OrderNew
) -> tuple[Redemption, Decision]:
    """Ask a provider for a service. What could not be held today is refused at once; nothing is reserved.

    Raises 404, 422 for an order that names neither a listed service nor category, words and price, or both.
    """
    category, price, description = await _wanted(session, principal, wanted)
    parties = await by_holder(session, principal, wanted.voucher_id, wanted.provider_id, lock=True)
    use = parties.use(category, price, principal.today)
    edition = editions.get(parties.voucher.edition)
    decision = require_passed(decide_use(edition, use))
    order = unheld(parties, use)
    order.offering_id, order.description = wanted.offering_id, description
    order.ordered_by, order.ordered_on = principal.account_id, principal.today
    order.expires_on = principal.today + timedelta(days=edition.vouchers.use.order_days.value)
    order.no = case_no("RD", use.day.year, await session.scalar(redemption_number.next_value()) or 0)
    session.add(order)
    await session.flush()
    await record_order(session, vc.RedemptionOrdered, order, EventContext.of(principal), decision.rules)
    return order, decision


async def _wanted(session: AsyncSession, principal: Principal, wanted: OrderNew) -> tuple[str, Decimal, str | None]:
    """Category, price and words of what is ordered: the listed ones, or those sent."""
    if wanted.offering_id is None:
        if wanted.category is None or wanted.price is None or wanted.description is None:
            missing = (name for name in ("category", "price", "description") if getattr(wanted, name) is None)
            raise PayloadInvalid(*(Fault(name, "missing", {}) for name in missing))
        return wanted.category, wanted.price * wanted.quantity, wanted.description
    sent = [name for name in ("category", "price") if getattr(wanted, name) is not None]
    if sent:
        raise PayloadInvalid(*(Fault(name, "listed_price_fixed", {}) for name in sent))
    offering = await offering_of(session, wanted.provider_id, wanted.offering_id, principal.today, lock=True)
    return offering.category, offering.price * wanted.quantity, wanted.description or offering.title


async def accept_order(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    redemption_id: UUID,
    sent: Acceptance,
    if_match: str | None,
) -> tuple[Redemption, Decision]:
    """The provider takes the order: the rules are applied again and the subsidy is reserved, in one step.

    Raises what a hold does, and 409 `voucher-order-expired`.
    """
    seller = sold_by(provider_code_of(principal))
    order = await session.scalar(select(Redemption).where(Redemption.id == redemption_id, seller))
    if order is None:
        raise not_found("redemption")
    parties = await of_order(session, order, principal.today)
    _, order = await lock_use(session, redemption_id, seller)
    honour_match(if_match, order.version)
    if order.status != ORDERED:
        raise invalid_transition(order.status, [ORDERED])
    edition = editions.get(order.edition)
    require_passed(decide_not_expired(edition, "vouchers.order_open", order.expires_on, principal.today))
    papers = Papers(order.price, sent.invoice, sent.contract_no, sent.contract_amount)
    use = parties.use(order.category, order.price, principal.today)
    decision = await reserve(
        session, editions=editions, principal=principal, parties=parties, redemption=order, use=use, sale=papers
    )
    return order, decision


async def decline_order(
    session: AsyncSession, *, principal: Principal, redemption_id: UUID, sent: Declined, if_match: str | None
) -> Redemption:
    """The provider does not take the order; nothing was reserved."""
    _, order = await lock_use(session, redemption_id, sold_by(provider_code_of(principal)))
    honour_match(if_match, order.version)
    if order.status != ORDERED:
        raise invalid_transition(order.status, [ORDERED])
    order.status, order.reason_code = RELEASED, f"declined_{sent.reason_code}"
    order.released_by, order.released_on = principal.account_id, principal.today
    await record_order(session, vc.RedemptionOrderEnded, order, EventContext.of(principal))
    return order
