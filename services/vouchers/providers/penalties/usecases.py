"""An officer records a penalty, another person that it was annulled (4.3-2)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import provider_code_of, reads_all
from services.vouchers.policy import require_not_before
from services.vouchers.providers.penalties.models import ProviderPenalty
from services.vouchers.providers.penalties.schemas import (
    PenaltyAnnulment,
    PenaltyFilter,
    PenaltyNew,
    ProviderPenaltyOut,
)
from services.vouchers.providers.rules import Penalty
from services.vouchers.providers.terms import barred_until
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, four_eyes_required, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.policy.edition import Edition

RULES = ("vouchers.provider_penalty_free",)


async def record_penalty(session: AsyncSession, *, principal: Principal, wanted: PenaltyNew) -> ProviderPenalty:
    """Put a penalty on record, once a document.

    Raises 409 `penalty-already-recorded`, 422 for a day in the future.
    """
    day = effective_date(principal, wanted.decided_on)
    same = (ProviderPenalty.code == wanted.code, ProviderPenalty.document_no == wanted.document_no)
    if await session.scalar(select(ProviderPenalty.id).where(*same)) is not None:
        raise DomainError("penalty-already-recorded", 409, params={"document_no": wanted.document_no})
    penalty = ProviderPenalty(
        recorded_by=principal.account_id, recorded_on=principal.today, **wanted.model_dump(exclude={"decided_on"})
    )
    penalty.decided_on = day
    session.add(penalty)
    await session.flush()
    await _record(session, vc.PenaltyRecorded, penalty, EventContext.of(principal, day))
    return penalty


async def annul_penalty(
    session: AsyncSession, *, principal: Principal, penalty_id: UUID, wanted: PenaltyAnnulment, if_match: str | None
) -> ProviderPenalty:
    """It fell on reconsideration or in court: it bars no more. Never by who recorded it. Raises 404, 403, 409."""
    penalty = await session.get(ProviderPenalty, penalty_id, with_for_update=True, populate_existing=True)
    if penalty is None:
        raise not_found("penalty")
    honour_match(if_match, penalty.version)
    if penalty.annulled_on is not None:
        raise invalid_transition("annulled", ["recorded"])
    if penalty.recorded_by == principal.account_id:
        raise four_eyes_required()
    day = effective_date(principal, wanted.decided_on)
    require_not_before(penalty.decided_on, day)
    penalty.annulled_by, penalty.annulled_on = principal.account_id, day
    penalty.annul_document_no = wanted.document_no
    await _record(session, vc.PenaltyAnnulled, penalty, EventContext.of(principal, day))
    return penalty


async def find_penalty(session: AsyncSession, principal: Principal, penalty_id: UUID) -> ProviderPenalty:
    """One penalty that the caller may see. Raises 404."""
    found: ProviderPenalty | None = await session.scalar(
        select(ProviderPenalty).where(ProviderPenalty.id == penalty_id, *_visible(principal))
    )
    if found is None:
        raise not_found("penalty")
    return found


def conditions(principal: Principal, wanted: PenaltyFilter) -> list[ColumnElement[bool]]:
    """The list's filters, and whose penalties the caller sees: the bureaus all, a provider its own."""
    found = list(_visible(principal))
    if wanted.code is not None:
        found.append(ProviderPenalty.code == wanted.code)
    if wanted.decided_from is not None:
        found.append(ProviderPenalty.decided_on >= wanted.decided_from)
    if wanted.decided_to is not None:
        found.append(ProviderPenalty.decided_on <= wanted.decided_to)
    return found


def _visible(principal: Principal) -> tuple[ColumnElement[bool], ...]:
    return () if reads_all(principal) else (ProviderPenalty.code == provider_code_of(principal),)


async def penalties_of(session: AsyncSession, code: str) -> list[Penalty]:
    """What is on record against the organisation and was not annulled."""
    query = select(ProviderPenalty.decided_on, ProviderPenalty.document_no)
    query = query.where(ProviderPenalty.code == code, ProviderPenalty.annulled_on.is_(None))
    return [Penalty(row.decided_on, row.document_no) for row in await session.execute(query)]


def shown(edition: Edition, penalty: ProviderPenalty) -> ProviderPenaltyOut:
    """The penalty with the last day on which it bars."""
    until: date | None = None if penalty.annulled_on is not None else barred_until(edition, penalty.decided_on)
    values = {name: getattr(penalty, name) for name in ProviderPenaltyOut.model_fields if name != "bars_until"}
    return ProviderPenaltyOut.model_validate({**values, "bars_until": until})


async def _record(
    session: AsyncSession, event_type: EventType[vc.PenaltyState], penalty: ProviderPenalty, context: EventContext
) -> None:
    data = vc.PenaltyState.model_validate(penalty, from_attributes=True)
    await outbox.append(session, event_type, penalty, data, context=context, rules=RULES)
