"""Taking the editions' targets over into the ledger, once each."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.targets.models import Target
from services.evaluation.targets.rules import Goal
from services.evaluation.targets.telling import tell
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Edition, Editions
from shared.runtime import Runtime

_ACTOR = "service:evaluation"


def goal_of(target: Target) -> Goal:
    """The target as its rules take it."""
    return Goal(target.item, target.clause, target.operator, target.value, target.tolerance_percent, target.measure)


def _items(editions: Editions) -> Iterator[tuple[Edition, str]]:
    """Items of the years that their edition is valid in; a continuation repeats those of years before it."""
    for edition in editions:
        for name, item in edition.targets.items.items():
            if edition.first_day.year <= item.year <= edition.last_day.year:
                yield edition, name


async def set_targets(session: AsyncSession, editions: Editions) -> int:
    """Put targets on the ledger that are not there yet (1.2-3, 1.2-4); answers how many. What is there stays."""
    known = {(row.item, row.year) for row in await session.execute(select(Target.item, Target.year))}
    added = 0
    for edition, name in _items(editions):
        item = edition.targets.items[name]
        if (name, item.year) in known:
            continue
        target = Target(
            id=uuid7(),
            no=await next_case_no(session, "TG", item.year),
            version=0,
            item=name,
            year=item.year,
            edition=edition.id,
            clause=item.value.clause,
            operator=item.operator,
            value=item.value.value,
            tolerance_percent=edition.targets.tolerance_percent.value,
            unit=item.unit,
            measure=item.measure,
            source=item.source,
        )
        session.add(target)
        await session.flush()
        context = EventContext(actor=_ACTOR, effective_on=edition.first_day, correlation_id=str(uuid7()))
        await tell(session, ec.TargetSet, target, (), context)
        known.add((name, item.year))
        added += 1
    return added


async def keep_targets(runtime: Runtime) -> None:
    """At every start: a new edition's targets are on the ledger before anybody enters figures for them."""

    async def take_over(session: AsyncSession) -> int:
        return await set_targets(session, runtime.editions)

    added = await runtime.db.run(take_over)
    if added:
        runtime.log.info("targets-set", count=added)
