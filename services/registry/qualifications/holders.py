"""A title follows its centre: whoever runs the centre holds it, from the first day of the takeover (2.1-1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.models import Centre
from services.registry.qualifications.cases import qualification_state
from services.registry.qualifications.expiry import ContextOn
from services.registry.qualifications.models import Qualification
from services.registry.qualifications.rules import IN_FORCE, PENDING
from shared.events import outbox
from shared.events.contracts import registry as rc

RULES: Final = ("titles.holder", "centre.operator_change")
BATCH: Final = 500


async def follow_operators(
    session: AsyncSession, context_on: ContextOn, *conditions: ColumnElement[bool]
) -> Sequence[Qualification]:
    """Hand up to 500 titles and open applications whose centre has another operator over to that one, each as of the
    day of the takeover or of its own application, whichever is later. What ended before keeps who held it."""
    held = and_(
        Qualification.status.in_(IN_FORCE),
        or_(Qualification.expires_on.is_(None), Qualification.expires_on >= Centre.operator_since),
    )
    stale = (
        select(Qualification.id)
        .join(Centre, Centre.id == Qualification.centre_id)
        .where(
            Qualification.operator_code != Centre.operator_code,
            Centre.operator_since.is_not(None),
            or_(held, Qualification.status.in_(PENDING)),
            *conditions,
        )
        .order_by(Qualification.id)
        .limit(BATCH)
        .with_for_update(of=Qualification)
    )
    statement = (
        update(Qualification)
        .where(Qualification.id.in_(stale), Centre.id == Qualification.centre_id)
        .values(operator_code=Centre.operator_code, version=Qualification.version + 1)
        .returning(Qualification, func.greatest(Centre.operator_since, Qualification.applied_on))
    )
    options = {"synchronize_session": False, "populate_existing": True}
    rows = (await session.execute(statement, execution_options=options)).all()
    by_day: defaultdict[date, list[Qualification]] = defaultdict(list)
    for title, day in rows:
        by_day[day].append(title)
    for day, titles in by_day.items():
        told = [(title.id, title.version, qualification_state(title)) for title in titles]
        await outbox.append_many(session, rc.QualificationTransferred, told, context=context_on(day), rules=RULES)
    return [row[0] for row in rows]
