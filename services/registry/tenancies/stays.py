"""Tenancies that follow their enterprise: counted anew when its industry changes, reassigned when its record does."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.enterprises.models import Enterprise
from services.registry.tenancies import rules
from services.registry.tenancies.events import record, tenancy_state
from services.registry.tenancies.models import NO_OVERLAP, Tenancy
from shared.db import constraint_of
from shared.errors import DomainError
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.policy.edition import Editions


async def recount_stays(
    session: AsyncSession, editions: Editions, enterprise: Enterprise, context: EventContext
) -> None:
    """The longest stay depends on the industry: open tenancies of a locked enterprise get their new last day."""
    stay = select(Tenancy).where(Tenancy.enterprise_id == enterprise.id, Tenancy.ended_on.is_(None)).with_for_update()
    for tenancy in await session.scalars(stay):
        until = rules.stay_until(editions.get(tenancy.edition), enterprise.industry_code, tenancy.stay_since)
        if until != tenancy.stay_until:
            tenancy.stay_until = until
            await record(session, rc.TenancyStayRecounted, tenancy, context, rules=("tenancy.longest_stay",))


async def reassign_stays(
    session: AsyncSession, stays: ColumnElement[bool], enterprise_id: UUID, context: EventContext
) -> int:
    """Give tenancies to another record of the same enterprise; returns how many.

    Raises 409 `tenancies-overlap-after-merge` where the two would then be at two centres at a time.
    """
    statement = (
        update(Tenancy).where(stays).values(enterprise_id=enterprise_id, version=Tenancy.version + 1).returning(Tenancy)
    )
    try:
        found = await session.scalars(
            statement, execution_options={"synchronize_session": False, "populate_existing": True}
        )
    except IntegrityError as error:
        if constraint_of(error) == NO_OVERLAP:
            raise DomainError("tenancies-overlap-after-merge", 409, clauses=["2.1-1"]) from error
        raise
    moved = [(row.id, row.version, tenancy_state(row)) for row in found]
    cited = ("tenancy.kept_after_merge",)
    await outbox.append_many(session, rc.TenancyReassigned, moved, context=context, rules=cited)
    return len(moved)
