"""A holding is recorded by one person of the division and ended by another (4.3-2)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import own_division
from services.vouchers.holdings.models import Holding
from services.vouchers.holdings.schemas import HoldingEnd, HoldingNew
from services.vouchers.policy import require_not_before
from services.vouchers.providers.queries import lock
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, four_eyes_required, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid

RULES = ("vouchers.related_party",)


async def record_holding(
    session: AsyncSession, *, principal: Principal, provider_id: UUID, wanted: HoldingNew
) -> Holding:
    """Record that the provider holds a share of another organisation, or the other of it.

    Uses that begin after the commit see it; what was redeemed before stays as it was. Raises 422 for two codes of which
    none, or both, are the provider's, 409 `holding-already-recorded` while one of the pair goes on.
    """
    own_division(principal)
    provider = await lock(session, provider_id)
    if (wanted.holder_code == provider.code) == (wanted.held_code == provider.code):
        raise PayloadInvalid.at("holder_code", "holding_parties")
    day = effective_date(principal, wanted.valid_from)
    pair = (Holding.holder_code == wanted.holder_code) & (Holding.held_code == wanted.held_code)
    open_since = await session.scalar(select(Holding.valid_from).where(pair, Holding.valid_to.is_(None)))
    if open_since is not None:
        raise DomainError("holding-already-recorded", 409, params={"valid_from": open_since}, clauses=["4.3-2"])
    holding = Holding(
        provider_id=provider.id,
        holder_code=wanted.holder_code,
        held_code=wanted.held_code,
        percent=wanted.percent,
        valid_from=day,
        source_document=wanted.source_document,
        recorded_by=principal.account_id,
    )
    session.add(holding)
    await session.flush()
    await _record(session, vc.HoldingRecorded, holding, EventContext.of(principal, day))
    return holding


async def end_holding(
    session: AsyncSession,
    *,
    principal: Principal,
    provider_id: UUID,
    holding_id: UUID,
    wanted: HoldingEnd,
    if_match: str | None,
) -> Holding:
    """Record a holding's last day, which lifts the bar from the next day on: never by who recorded it. Raises 404."""
    own_division(principal)
    query = select(Holding).where(Holding.id == holding_id, Holding.provider_id == provider_id).with_for_update()
    holding = (await session.scalars(query)).one_or_none()
    if holding is None:
        raise not_found("holding")
    honour_match(if_match, holding.version)
    if holding.valid_to is not None:
        raise invalid_transition("ended", ["recorded"])
    if holding.recorded_by == principal.account_id:
        raise four_eyes_required()
    day = effective_date(principal, wanted.valid_to)
    require_not_before(holding.valid_from, day)
    holding.valid_to, holding.ended_by, holding.end_document = day, principal.account_id, wanted.source_document
    await _record(session, vc.HoldingEnded, holding, EventContext.of(principal, day))
    return holding


async def _record(
    session: AsyncSession, event_type: EventType[vc.HoldingState], holding: Holding, context: EventContext
) -> None:
    data = vc.HoldingState.model_validate(holding, from_attributes=True)
    await outbox.append(session, event_type, holding, data, context=context, rules=RULES)
