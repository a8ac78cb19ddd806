"""Recording that titles have run out. They count as expired from the day after their last one, recorded or not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Row, Uuid, case, column, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.policy import edition_of_event
from services.registry.qualifications.cases import qualification_state
from services.registry.qualifications.models import Qualification
from services.registry.qualifications.rules import IN_FORCE, plaque_due
from shared.auth.principal import Principal
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.policy.edition import Editions

BATCH: Final = 500

ContextOn: TypeAlias = Callable[[date], EventContext]
"""Who records it, as of the day from which it holds."""

_Found: TypeAlias = Row[UUID, str, date | None]
"""Id, edition and last day of a title."""


async def expire_due(
    session: AsyncSession, editions: Editions, today: date, context_on: ContextOn
) -> Sequence[Qualification]:
    """Record up to 500 titles whose last day was before today as expired, the oldest first; what another transaction
    holds is left to the next call."""
    return await _expire(session, editions, await _run_out(session, today), context_on)


async def expire_former(session: AsyncSession, editions: Editions, principal: Principal, title: Qualification) -> None:
    """Before a grant: what the centre held of the same kind and level and has run out makes room for it."""
    same = (
        Qualification.centre_id == title.centre_id,
        Qualification.kind == title.kind,
        Qualification.level == title.level,
    )
    found = await _run_out(session, principal.today, *same)
    await _expire(session, editions, found, lambda day: EventContext.of(principal, day))


async def _run_out(session: AsyncSession, today: date, *conditions: ColumnElement[bool]) -> Sequence[_Found]:
    """Locked in one order; what another transaction holds is waited for only where it stands in a grant's way."""
    query = (
        select(Qualification.id, Qualification.edition, Qualification.expires_on)
        .where(Qualification.status.in_(IN_FORCE), Qualification.expires_on < today, *conditions)
        .order_by(Qualification.expires_on, Qualification.id)
        .limit(BATCH)
        .with_for_update(skip_locked=not conditions)
    )
    return (await session.execute(query)).all()


async def _expire(
    session: AsyncSession, editions: Editions, found: Sequence[_Found], context_on: ContextOn
) -> Sequence[Qualification]:
    """One statement for all; the day by which a plaque goes back is counted once for each edition and last day."""
    due: dict[tuple[str, date], date] = {}
    for row in found:
        assert row.expires_on is not None
        edition = edition_of_event(editions, row.edition, row.expires_on)
        due.setdefault((row.edition, row.expires_on), plaque_due(edition, row.expires_on))
    days = [due[row.edition, row.expires_on] for row in found if row.expires_on is not None]
    arrays = [literal([row.id for row in found], ARRAY(Uuid())), literal(days, ARRAY(Date()))]
    columns = (column("title_id", Uuid()), column("due_on", Date()))
    over = func.unnest(*arrays).table_valued(*columns).render_derived(name="run_out").c
    statement = (
        update(Qualification)
        .where(Qualification.id == over.title_id)
        .values(
            status="expired",
            plaque_due_on=case((Qualification.plaque_no.is_not(None), over.due_on)),
            version=Qualification.version + 1,
        )
        .returning(Qualification)
    )
    options = {"synchronize_session": False, "populate_existing": True}
    titles = (await session.scalars(statement, execution_options=options)).all() if found else []
    await _tell(session, titles, context_on)
    return titles


async def _tell(session: AsyncSession, titles: Sequence[Qualification], context_on: ContextOn) -> None:
    """An event for each title, effective on the day after its last one."""
    together: defaultdict[tuple[date, str], list[Qualification]] = defaultdict(list)
    for title in titles:
        assert title.expires_on is not None
        together[title.expires_on, title.edition].append(title)
    for (last_day, edition), same in together.items():
        rows = [(title.id, title.version, qualification_state(title)) for title in same]
        context, rules = context_on(last_day + timedelta(days=1)), ("titles.validity",)
        await outbox.append_many(session, rc.QualificationExpired, rows, context=context, rules=rules, edition=edition)
