"""Who belongs to a year: all centres listed at its end or during it, as the registry's events tell (2.3-1)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import table_of
from services.evaluation.centres import states_on
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.evaluations.telling import tell_enrolled
from services.evaluation.numbering import reserve_case_nos
from services.evaluation.projections import known_centre
from shared.bulk import insert_rows
from shared.events.outbox import EventContext
from shared.ids import uuid7

_PROFILE = ("operator_code", "tier", "owner_division", "site_division", "total_area_m2")
_LISTING = ("listed_on", "delisted_on", "withdrawn_on")


async def enrol_centres(session: AsyncSession, cycle: EvaluationCycle, context: EventContext) -> int:
    """Give every centre of the year an evaluation, and refresh what those not yet published are evaluated as.

    Safe to repeat: centres that became known since are added. The caller holds the cycle FOR UPDATE. Returns how many
    were added.
    """
    last = date(cycle.year, 12, 31)
    centre = known_centre.c
    new = list(await session.scalars(select(centre.id).where(not_enrolled(cycle)).order_by(centre.no)))
    await _add(session, cycle, new, last, context)
    await _refresh(session, cycle, last)
    return len(new)


def not_enrolled(cycle: EvaluationCycle) -> ColumnElement[bool]:
    """Centres listed at the year's end or during it that have no evaluation in it."""
    first, last = date(cycle.year, 1, 1), date(cycle.year, 12, 31)
    centre = known_centre.c
    left = func.least(centre.delisted_on, centre.withdrawn_on)
    listed = and_(centre.listed_on <= last, or_(left.is_(None), left >= first))
    enrolled = select(Evaluation.centre_id).where(Evaluation.cycle_id == cycle.id)
    return and_(listed, centre.id.not_in(enrolled))


async def _add(
    session: AsyncSession, cycle: EvaluationCycle, centres: list[UUID], last: date, context: EventContext
) -> None:
    numbers = await reserve_case_nos(session, "EV", cycle.year, len(centres))
    for start in range(0, len(centres), 1000):
        batch = dict(zip(centres[start : start + 1000], numbers[start : start + 1000], strict=True))
        state = states_on(last, list(batch))
        columns = (*(state.c[name] for name in _PROFILE), *(known_centre.c[name] for name in _LISTING))
        rows = await session.execute(
            select(state.c.centre_id, *columns).join(known_centre, known_centre.c.id == state.c.centre_id)
        )
        found = [
            {
                **row._mapping,
                "id": uuid7(),
                "no": batch[row.centre_id],
                "version": 1,
                "cycle_id": cycle.id,
                "year": cycle.year,
                "edition": cycle.edition,
                "status": "pending",
                "exempt": False,
                "failing": False,
                "vetoed": False,
            }
            for row in rows
        ]
        found.sort(key=lambda values: str(values["no"]))
        await insert_rows(session, table_of(Evaluation), found)
        await tell_enrolled(session, cycle.edition, found, context)


async def _refresh(session: AsyncSession, cycle: EvaluationCycle, last: date) -> None:
    table = table_of(Evaluation)
    state = states_on(last)
    values = {name: state.c[name] for name in _PROFILE}
    values |= {name: known_centre.c[name] for name in _LISTING}
    changed = or_(*(table.c[name].is_distinct_from(value) for name, value in values.items()))
    await session.execute(
        update(table)
        .where(
            table.c.cycle_id == cycle.id,
            table.c.status != "published",
            state.c.centre_id == table.c.centre_id,
            known_centre.c.id == table.c.centre_id,
            changed,
        )
        .values(values)
    )
