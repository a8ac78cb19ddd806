"""A provider keeps its own price list (4.3-2)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.offerings.models import ACTIVE, WITHDRAWN, Offering
from services.vouchers.offerings.schemas import OfferingChange, OfferingNew
from services.vouchers.policy import require_known
from services.vouchers.providers.models import Provider
from services.vouchers.providers.queries import lock_own
from services.vouchers.providers.rules import ADMITTED, STANDING
from shared.auth.principal import Principal
from shared.errors import invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match, require_match
from shared.http.validation import PayloadInvalid

RULES = ("vouchers.price_list",)


async def publish(session: AsyncSession, *, principal: Principal, provider_id: UUID, wanted: OfferingNew) -> Offering:
    """Put a service on the list, in one of the provider's categories, from today or a later day on.

    Raises 404, 409 `invalid-transition` for a provider that is not admitted, 422.
    """
    provider = await lock_own(session, principal, provider_id)
    if provider.status != ADMITTED:
        raise invalid_transition(provider.status, [ADMITTED])
    require_known("category", [wanted.category], provider.categories)
    first_day = wanted.valid_from or principal.today
    if first_day < principal.today:
        raise PayloadInvalid.at("valid_from", "day_passed")
    _require_forward(first_day, wanted.valid_to)
    offering = Offering(
        provider_id=provider.id,
        status=ACTIVE,
        valid_from=first_day,
        entered_by=principal.account_id,
        **wanted.model_dump(exclude={"valid_from"}),
    )
    session.add(offering)
    await session.flush()
    await _record(session, vc.OfferingPublished, offering, EventContext.of(principal))
    return offering


async def change(
    session: AsyncSession,
    *,
    principal: Principal,
    provider_id: UUID,
    offering_id: UUID,
    wanted: OfferingChange,
    if_match: str | None,
) -> Offering:
    """Change what is offered, or its price, for orders from now on. Raises 404, 412, 428, 409, 422."""
    provider, offering = await _own(session, principal, provider_id, offering_id)
    require_match(if_match, offering.version)
    if provider.status not in STANDING:
        raise invalid_transition(provider.status, STANDING)
    if offering.status != ACTIVE:
        raise invalid_transition(offering.status, [ACTIVE])
    for name, value in wanted.model_dump(exclude={"open_ended"}, exclude_none=True).items():
        setattr(offering, name, value)
    if wanted.open_ended:
        offering.valid_to = None
    _require_forward(offering.valid_from, offering.valid_to)
    await _record(session, vc.OfferingAmended, offering, EventContext.of(principal))
    return offering


async def withdraw(
    session: AsyncSession, *, principal: Principal, provider_id: UUID, offering_id: UUID, if_match: str | None
) -> Offering:
    """Take a service off the list; orders that name it go on. Raises 404, 412, 409 `invalid-transition`."""
    _provider, offering = await _own(session, principal, provider_id, offering_id)
    honour_match(if_match, offering.version)
    if offering.status != ACTIVE:
        raise invalid_transition(offering.status, [ACTIVE])
    offering.status, offering.withdrawn_by, offering.withdrawn_on = WITHDRAWN, principal.account_id, principal.today
    await _record(session, vc.OfferingWithdrawn, offering, EventContext.of(principal))
    return offering


async def _own(
    session: AsyncSession, principal: Principal, provider_id: UUID, offering_id: UUID
) -> tuple[Provider, Offering]:
    provider = await lock_own(session, principal, provider_id)
    offering = await session.get(Offering, offering_id, with_for_update=True, populate_existing=True)
    if offering is None or offering.provider_id != provider.id:
        raise not_found("offering")
    return provider, offering


def _require_forward(first_day: date, last_day: date | None) -> None:
    if last_day is not None and last_day < first_day:
        raise PayloadInvalid.at("valid_to", "days_backward")


async def _record(
    session: AsyncSession, event_type: EventType[vc.OfferingState], offering: Offering, context: EventContext
) -> None:
    data = vc.OfferingState.model_validate(offering, from_attributes=True)
    await outbox.append(session, event_type, offering, data, context=context, rules=RULES)
