"""Ending what has run out: admissions whose last day has passed, suspensions that were for a time (4.3-2).

Sales ask the days themselves (`standing`), so nothing depends on when this runs. Each pass is conditional on the rows
as they are then: it may run anywhere, beside itself, any number of times.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.providers.measures.deciding import give_back_standing
from services.vouchers.providers.measures.models import DECIDED, LIFTED, LIFTING, SUSPENSION, ProviderMeasure
from services.vouchers.providers.measures.usecases import tell
from services.vouchers.providers.models import Provider
from services.vouchers.providers.rules import EXPIRED, STANDING, SUSPENDED
from services.vouchers.providers.telling import record
from shared.clock import business_today
from shared.db import Database
from shared.events.contracts.vouchers.providers import ProviderExpired, ProviderReinstated
from shared.events.outbox import EventContext
from shared.ids import uuid7
from shared.logging import get_logger
from shared.runtime import Runtime

AT_ONCE: Final = 200
EVERY_SECONDS: Final = 600
ACTOR: Final = "service:vouchers"

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ended:
    """How many admissions expired, and how many suspensions were over."""

    expired: int
    reinstated: int

    @property
    def done(self) -> int:
        return self.expired + self.reinstated


async def end_due(session: AsyncSession, day: date, context: EventContext) -> Ended:
    """End what lies before `day`, at most so many of each; what others hold locked waits for the next pass."""
    reinstated = await _end_suspensions(session, day, context)
    due = select(Provider).where(Provider.status.in_(STANDING), Provider.admitted_until < day)
    due = due.order_by(Provider.admitted_until, Provider.id).limit(AT_ONCE).with_for_update(skip_locked=True)
    providers = (await session.scalars(due.execution_options(populate_existing=True))).all()
    for provider in providers:
        provider.status, provider.ended_on, provider.suspended_until = EXPIRED, provider.admitted_until, None
        await record(session, ProviderExpired, provider, context, ("vouchers.provider_term",))
    return Ended(len(providers), reinstated)


async def _end_suspensions(session: AsyncSession, day: date, context: EventContext) -> int:
    due = select(Provider).where(Provider.status == SUSPENDED, Provider.suspended_until < day)
    due = due.order_by(Provider.id).limit(AT_ONCE).with_for_update(skip_locked=True)
    providers = (await session.scalars(due.execution_options(populate_existing=True))).all()
    for provider in providers:
        measure = await session.scalar(
            select(ProviderMeasure).where(
                ProviderMeasure.provider_id == provider.id,
                ProviderMeasure.kind == SUSPENSION,
                ProviderMeasure.status.in_((DECIDED, LIFTING)),
            )
        )
        give_back_standing(provider, day)
        if measure is not None:
            measure.status, measure.lifted_on = LIFTED, day
            await tell(session, ProviderReinstated, provider, measure, context)
    return len(providers)


async def settle(db: Database, day: date, context: EventContext | None = None) -> Ended:
    """Everything that is due on `day`, in transactions of its own."""
    expired = reinstated = 0
    context = context or EventContext(actor=ACTOR, effective_on=day, correlation_id=str(uuid7()))
    while True:
        done = await db.run(lambda session: end_due(session, day, context))
        expired, reinstated = expired + done.expired, reinstated + done.reinstated
        if max(done.expired, done.reinstated) < AT_ONCE:
            return Ended(expired, reinstated)


async def watch_providers(runtime: Runtime) -> None:
    """Every ten minutes, in the elected process; under the simulated clock an officer asks for it."""
    if runtime.settings.business_clock == "simulated":
        log.info("providers-not-watched", business_clock="simulated")
        return
    while True:
        ended = await settle(runtime.db, business_today())
        if ended.done:
            log.info("providers-ended", expired=ended.expired, reinstated=ended.reinstated)
        await asyncio.sleep(EVERY_SECONDS)
