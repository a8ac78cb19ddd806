"""Loan prime rates: entered with their source by an officer, confirmed by another person (3.2-4)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.subsidies import states
from services.finance.subsidies.models import PrimeRate
from services.finance.subsidies.rules import decide_another_person
from services.finance.subsidies.schemas import PrimeRateFilter, PrimeRateIn, PrimeRateOut
from services.finance.subsidies.telling import tell_rate
from shared.auth.principal import Principal
from shared.db import constraint_of
from shared.errors import DomainError, invalid_transition, not_found
from shared.events.contracts.finance.interest_subsidies import (
    PrimeRateConfirmed,
    PrimeRateRecorded,
    PrimeRateRefused,
    PrimeRateState,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.paging import Page, SortKey, paginate
from shared.ids import uuid7
from shared.policy.edition import Edition
from shared.refusals import require_passed


async def record(session: AsyncSession, sent: PrimeRateIn, *, principal: Principal) -> PrimeRate:
    """Raises 409 `prime-rate-exists`, 422 `effective-date-in-future`."""
    if sent.effective_on > principal.today:
        params = {"sent": sent.effective_on.isoformat(), "today": principal.today.isoformat()}
        raise DomainError("effective-date-in-future", 422, params=params)
    rate = PrimeRate(
        id=uuid7(),
        version=0,
        effective_on=sent.effective_on,
        rate=sent.rate,
        source=sent.source,
        status=states.RECORDED,
        recorded_by=principal.account_id,
        recorded_on=principal.today,
    )
    session.add(rate)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_prime_rate_effective_on":
            raise
        raise DomainError("prime-rate-exists", 409, params={"effective_on": sent.effective_on}) from error
    await tell_rate(session, PrimeRateRecorded, rate, EventContext.of(principal))
    return rate


async def confirm(
    session: AsyncSession, rate_id: UUID, *, principal: Principal, edition: Edition, if_match: str | None
) -> PrimeRate:
    """A second person has compared it with its source. Raises 403 `four-eyes-required`."""
    return await _decide(session, rate_id, states.CONFIRMED, PrimeRateConfirmed, principal, edition, if_match)


async def refuse(
    session: AsyncSession, rate_id: UUID, *, principal: Principal, edition: Edition, if_match: str | None
) -> PrimeRate:
    """It is not the published rate; its day may be entered anew."""
    return await _decide(session, rate_id, states.REFUSED, PrimeRateRefused, principal, edition, if_match)


async def list_rates(session: AsyncSession, wanted: PrimeRateFilter) -> Page[PrimeRateOut]:
    """The latest first."""
    query = select(PrimeRate)
    if wanted.status is not None:
        query = query.where(PrimeRate.status == wanted.status)
    keys: list[SortKey] = [PrimeRate.effective_on.desc(), PrimeRate.id]
    return await paginate(session, query, keys=keys, params=wanted, item=PrimeRateOut.model_validate)


async def _decide(
    session: AsyncSession,
    rate_id: UUID,
    status: str,
    event_type: EventType[PrimeRateState],
    principal: Principal,
    edition: Edition,
    if_match: str | None,
) -> PrimeRate:
    rate = await session.scalar(select(PrimeRate).where(PrimeRate.id == rate_id).with_for_update())
    if rate is None:
        raise not_found("prime-rate")
    honour_match(if_match, rate.version)
    if rate.status != states.RECORDED:
        raise invalid_transition(rate.status, [states.RECORDED])
    handled_by = {"recorded": rate.recorded_by}
    require_passed(decide_another_person(edition, actor=principal.account_id, handled_by=handled_by), 403)
    rate.status, rate.decided_by, rate.decided_on = status, principal.account_id, principal.today
    await tell_rate(session, event_type, rate, EventContext.of(principal))
    return rate
