"""Bringing the registry up to a business day: set-based, in small transactions, and the same however often it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.models import Centre
from services.registry.measures.endings import end_what_was_held
from services.registry.measures.models import CentreMeasure
from services.registry.mentors import endings as mentor_endings
from services.registry.policy import edition_at
from services.registry.project_library import follow_ups
from services.registry.qualifications import expiry, holders
from services.registry.qualifications.models import Qualification
from services.registry.tenancies.models import Tenancy
from services.registry.tiers import expiry as tier_expiry
from shared.db import Database
from shared.events.outbox import EventContext
from shared.policy.edition import Edition, Editions

ACTOR: Final = "service:registry"
WITHDRAWN_BATCH: Final = 20


@dataclass(frozen=True, slots=True)
class Settled:
    """How much there was to record."""

    titles_expired: int
    designations_ended: int
    titles_transferred: int
    withdrawals_completed: int
    mentors_ended: int = 0
    library_claims_lapsed: int = 0


async def settle(db: Database, editions: Editions, today: date, *, simulated: bool) -> Settled:
    """Record what ended before `today`: titles and designations whose last day is over. Also makes good what was
    decided before the registry drew the consequence by itself: titles that did not follow a takeover, and what a
    withdrawn centre still held.

    Any process may run it at any time, also two at once: rows are locked in one order and looked at under the lock.
    """

    def context_on(day: date) -> EventContext:
        return EventContext(ACTOR, day, f"terms-{today}", simulated=simulated)

    async def in_batches(step: Callable[[AsyncSession], Awaitable[Sequence[object]]], size: int) -> int:
        total = 0
        while True:
            count = len(await db.run(step))
            total += count
            if count < size:
                return total

    return Settled(
        titles_expired=await in_batches(
            lambda session: expiry.expire_due(session, editions, today, context_on), expiry.BATCH
        ),
        designations_ended=await in_batches(
            lambda session: tier_expiry.end_designations(session, editions, today, context_on), tier_expiry.BATCH
        ),
        titles_transferred=await in_batches(
            lambda session: holders.follow_operators(session, context_on), holders.BATCH
        ),
        withdrawals_completed=await in_batches(
            lambda session: _complete_withdrawals(session, edition_at(editions, today), context_on), WITHDRAWN_BATCH
        ),
        mentors_ended=await in_batches(
            lambda session: mentor_endings.end_terms(session, today, context_on), mentor_endings.BATCH
        ),
        library_claims_lapsed=await in_batches(
            lambda session: follow_ups.lapse_due(session, today, context_on), follow_ups.BATCH
        ),
    )


async def _complete_withdrawals(
    session: AsyncSession, edition: Edition, context_on: Callable[[date], EventContext]
) -> Sequence[Centre]:
    """Centres that left the list and still hold a title that ends with it, or tenants whom nobody has told to move."""
    title, tenancy = Qualification, Tenancy
    holds = exists().where(
        title.centre_id == Centre.id,
        title.kind.in_(edition.titles.falling_kinds),
        title.level.in_(edition.titles.falling_levels.value),
        title.status.in_(edition.titles.falling_states.value),
    )
    houses = exists().where(
        tenancy.centre_id == Centre.id, tenancy.ended_on.is_(None), tenancy.relocation_case_id.is_(None)
    )
    query = (
        select(Centre, CentreMeasure.id)
        .join(CentreMeasure, CentreMeasure.centre_id == Centre.id)
        .where(
            Centre.status == "withdrawn",
            and_(CentreMeasure.kind == "withdrawal", CentreMeasure.status == "carried_out"),
            or_(holds, houses),
        )
        .order_by(Centre.id)
        .limit(WITHDRAWN_BATCH)
        .with_for_update(of=Centre, skip_locked=True)
    )
    found = (await session.execute(query)).all()
    for centre, measure_id in found:
        assert centre.withdrawn_on is not None
        await end_what_was_held(session, edition, centre, measure_id, context_on(centre.withdrawn_on))
    return [row[0] for row in found]
