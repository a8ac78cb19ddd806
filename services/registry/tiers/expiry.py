"""Designations by the State whose last day is over: the tier that the city had approved before holds again (2.1-3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Text, Uuid, column, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.models import Centre
from services.registry.centres.usecases import centre_state
from services.registry.policy import edition_at
from services.registry.qualifications.expiry import ContextOn
from services.registry.tiers.models import Designation, TierPeriod
from services.registry.tiers.rules import entry_tiers
from services.registry.tiers.state import designation_state
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.policy.edition import Edition, Editions

BATCH: Final = 100
BASIS: Final = "designation_end"
ENDING: Final = ("ends_from", "ending_document_no", "ending_reason", "ending_proposed_by", "ending_proposed_on")
"""What a proposed end says; void once the designation has ended by itself."""
RULES: Final = ("tiers.designation_end", "tiers.history")

_BULK: Final[Mapping[str, Any]] = {"synchronize_session": False, "populate_existing": True}


async def end_designations(
    session: AsyncSession, editions: Editions, today: date, context_on: ContextOn
) -> Sequence[Designation]:
    """End up to 100 designations whose last day was before today. Centres that another transaction holds are left to
    the next call: locked first, as everywhere, so that nothing relies on a tier that is about to change."""
    due = (
        select(Designation.id)
        .join(Centre, Centre.id == Designation.centre_id)
        .where(Designation.status == "confirmed", Designation.valid_until < today)
        .order_by(Centre.id, Designation.id)
        .limit(BATCH)
        .with_for_update(of=Centre, skip_locked=True)
    )
    return await _end_all(session, edition_at(editions, today), list(await session.scalars(due)), context_on)


async def end_lapsed(
    session: AsyncSession, edition: Edition, centre_ids: Sequence[UUID], day: date, context: EventContext
) -> None:
    """End what was over before the day at these centres, so that what is done to their tiers on the day builds on it.
    The caller holds the centres locked and has changed nothing of them yet."""
    due = select(Designation.id).where(
        Designation.centre_id.in_(centre_ids), Designation.status == "confirmed", Designation.valid_until < day
    )
    ids = list(await session.scalars(due.order_by(Designation.id)))
    await _end_all(session, edition, ids, lambda from_on: replace(context, effective_on=from_on))


async def _end_all(
    session: AsyncSession, edition: Edition, ids: Sequence[UUID], context_on: ContextOn
) -> Sequence[Designation]:
    if not ids:
        return []
    ended = await _end(session, ids)
    await revert_tiers(session, edition, ids, context_on)
    for designation in ended:
        assert designation.ended_on is not None
        context = context_on(designation.ended_on + timedelta(days=1))
        row = (designation.id, designation.version, designation_state(designation))
        await outbox.append_many(
            session, rc.DesignationEnded, [row], context=context, rules=RULES, edition=designation.edition
        )
    return ended


async def _end(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[Designation]:
    statement = (
        update(Designation)
        .where(Designation.id.in_(ids), Designation.status == "confirmed")
        .values(
            {"status": "ended", "ended_on": Designation.valid_until, "version": Designation.version + 1}
            | dict.fromkeys(ENDING, None)
        )
        .returning(Designation)
    )
    return (await session.scalars(statement, execution_options=_BULK)).all()


async def revert_tiers(session: AsyncSession, edition: Edition, ids: Sequence[UUID], context_on: ContextOn) -> None:
    """Where the tier of a designation that has ended is the present one. A centre that is off the list has none, and
    one whose tier rests on another designation by now keeps it."""
    statement = (
        update(TierPeriod)
        .where(TierPeriod.source_id == Designation.id, Designation.id.in_(ids), TierPeriod.until_on.is_(None))
        .values(until_on=func.greatest(TierPeriod.from_on, Designation.ended_on))
        .returning(TierPeriod.centre_id, TierPeriod.until_on, TierPeriod.source_id)
    )
    closed = (await session.execute(statement, execution_options={"synchronize_session": False})).all()
    if not closed:
        return
    before = await tiers_before(session, edition, [row.centre_id for row in closed])
    tiers = {row.centre_id: before.get(row.centre_id, entry_tiers(edition)[0]) for row in closed}
    await session.execute(insert(TierPeriod), [_next(row, tiers[row.centre_id]) for row in closed])
    changed = await _set_tiers(session, tiers)
    last_day = {row.centre_id: row.until_on for row in closed}
    by_day: defaultdict[date, list[Centre]] = defaultdict(list)
    for centre in changed:
        by_day[last_day[centre.id] + timedelta(days=1)].append(centre)
    for day, centres in by_day.items():
        rows = [(centre.id, centre.version, centre_state(centre)) for centre in centres]
        await outbox.append_many(
            session, rc.CentreTierChanged, rows, context=context_on(day), rules=RULES, edition=edition.id
        )


def _next(closed: Row[UUID, date | None, UUID | None], tier: str) -> dict[str, object]:
    assert closed.until_on is not None
    return {
        "id": closed.source_id,
        "centre_id": closed.centre_id,
        "tier": tier,
        "from_on": closed.until_on + timedelta(days=1),
        "follows_on": closed.until_on,
        "basis": BASIS,
        "source_id": closed.source_id,
    }


async def tiers_before(session: AsyncSession, edition: Edition, centre_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The last tier of each centre that the city approves."""
    approved = [name for name, tier in edition.tiers.items() if tier.city_approves.value]
    query = (
        select(TierPeriod.centre_id, TierPeriod.tier)
        .ext(distinct_on(TierPeriod.centre_id))
        .where(TierPeriod.centre_id.in_(centre_ids), TierPeriod.tier.in_(approved))
        .order_by(TierPeriod.centre_id, TierPeriod.from_on.desc())
    )
    return {row.centre_id: row.tier for row in await session.execute(query)}


async def _set_tiers(session: AsyncSession, tiers: Mapping[UUID, str]) -> Sequence[Centre]:
    arrays = [literal(list(tiers), ARRAY(Uuid())), literal(list(tiers.values()), ARRAY(Text()))]
    columns = (column("centre_id", Uuid()), column("tier", Text()))
    wanted = func.unnest(*arrays).table_valued(*columns).render_derived(name="tier_again").c
    statement = (
        update(Centre)
        .where(Centre.id == wanted.centre_id)
        .values(tier=wanted.tier, version=Centre.version + 1)
        .returning(Centre)
    )
    return (await session.scalars(statement, execution_options=_BULK)).all()
