"""Recording that titles have run out. They count as expired from the day after their last one, recorded or not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.qualifications.cases import qualification_state
from services.registry.qualifications.models import Qualification
from services.registry.qualifications.rules import IN_FORCE, plaque_due
from shared.auth.principal import Principal
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.policy.edition import Edition, Editions

BATCH = 500


async def expire_due(session: AsyncSession, editions: Editions, principal: Principal) -> Sequence[Qualification]:
    """Record up to 500 titles whose last day was before today as expired, the oldest first."""
    found = await _run_out(session, principal)
    for title in found:
        await _expire(session, editions.get(title.edition), principal, title)
    return found


async def expire_former(session: AsyncSession, edition: Edition, principal: Principal, title: Qualification) -> None:
    """Before a grant: what the centre held of the same kind and level and has run out makes room for it."""
    same = (
        Qualification.centre_id == title.centre_id,
        Qualification.kind == title.kind,
        Qualification.level == title.level,
    )
    for former in await _run_out(session, principal, *same):
        await _expire(session, edition, principal, former)
    await session.flush()


async def _run_out(
    session: AsyncSession, principal: Principal, *conditions: ColumnElement[bool]
) -> Sequence[Qualification]:
    """Locked in one order; what another transaction holds is left to it, unless it stands in a grant's way."""
    query = (
        select(Qualification)
        .where(Qualification.status.in_(IN_FORCE), Qualification.expires_on < principal.today, *conditions)
        .order_by(Qualification.expires_on, Qualification.id)
        .limit(BATCH)
        .with_for_update(skip_locked=not conditions)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(query)).all()


async def _expire(session: AsyncSession, edition: Edition, principal: Principal, title: Qualification) -> None:
    assert title.expires_on is not None
    ended_on = title.expires_on + timedelta(days=1)
    title.status = "expired"
    if title.plaque_no is not None:
        title.plaque_due_on = plaque_due(edition, title.expires_on)
    await outbox.append(
        session,
        rc.QualificationExpired,
        title,
        qualification_state(title),
        context=EventContext.of(principal, ended_on),
        rules=("titles.validity",),
        edition=title.edition,
    )
