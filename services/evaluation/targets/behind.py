"""The registry's records behind a computed figure, so that it can be followed to each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import Select, func, null, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import AnyRow
from services.evaluation.ecosystem.communities import communities_on
from services.evaluation.ecosystem.projections import OPEN, known_mentor, known_mentor_term, known_pairing
from services.evaluation.evaluations.record_counts import in_office_on
from services.evaluation.projections import known_centre, known_enterprise
from services.evaluation.targets.figures import (
    NATIONAL,
    REGIONAL,
    SPECIALISED,
    carriers_on,
    first_graduations,
    listed_on,
    paired_by,
)

NAMED_AT_MOST: Final = 500

RecordKind: TypeAlias = Literal["centre", "enterprise", "mentor", "pairing", "community"]
_Records = Select[*tuple[Any, ...]]
"""Id, number, event and owning division of each record; the columns come from other tables each time, hence Any."""


def _carriers(level: str) -> Callable[[date], _Records]:
    def records(day: date) -> _Records:
        carrier = carriers_on(level, day)
        centre = known_centre.c
        columns = select(carrier.c.centre_id.label("id"), centre.no, null().label("event_id"), centre.owner_division)
        return columns.select_from(carrier.outerjoin(known_centre, centre.id == carrier.c.centre_id))

    return records


def _listed(tier: str | None) -> Callable[[date], _Records]:
    def records(day: date) -> _Records:
        listed = listed_on(day)
        own = listed.c
        query = select(own.centre_id.label("id"), known_centre.c.no, own.event_id, own.owner_division)
        query = query.join(known_centre, known_centre.c.id == own.centre_id)
        return query if tier is None else query.where(own.tier == tier)

    return records


def _graduates(day: date) -> _Records:
    first = first_graduations(day)
    firm, centre = known_enterprise.c, known_centre.c
    columns = select(first.c.enterprise_id.label("id"), firm.code.label("no"), first.c.event_id, centre.owner_division)
    joined = first.outerjoin(known_enterprise, firm.id == first.c.enterprise_id)
    return columns.select_from(joined.outerjoin(known_centre, centre.id == first.c.centre_id))


def _mentors(day: date) -> _Records:
    mentor = known_mentor.c
    serving = select(known_mentor_term.c.mentor_id).where(known_mentor_term.c.graduate_team, *in_office_on(day))
    columns = select(mentor.id, mentor.no, mentor.event_id, null().label("owner_division"))
    return columns.where(mentor.id.in_(serving))


def _pairs(side: str | None) -> Callable[[date], _Records]:
    pair = known_pairing.c
    columns = select(pair.id, pair.no, pair.event_id, null().label("owner_division"))
    return lambda day: columns.where(paired_by(day, side))


def _communities(day: date) -> _Records:
    state = communities_on(day).c
    columns = select(state.community_id.label("id"), state.no, state.event_id, state.division.label("owner_division"))
    return columns.where(state.status == OPEN)


_RECORDS: Final[Mapping[str, tuple[RecordKind, Callable[[date], _Records]]]] = {
    "national_carriers": ("centre", _carriers(NATIONAL)),
    "regional_carriers": ("centre", _carriers(REGIONAL)),
    "incubation_area": ("centre", _listed(None)),
    "specialised_centres": ("centre", _listed(SPECIALISED)),
    "graduates": ("enterprise", _graduates),
    "graduate_mentors": ("mentor", _mentors),
    "paired_beijing": ("pairing", _pairs("beijing")),
    "paired_jiangsu": ("pairing", _pairs("jiangsu")),
    "paired_lhasa": ("pairing", _pairs(None)),
    "community_divisions": ("community", _communities),
}
TRACED: Final = frozenset(_RECORDS)


async def records_on(session: AsyncSession, item: str, day: date) -> tuple[RecordKind, int, list[AnyRow]]:
    """The kind of the item's records, how many there are on the day, and the first 500 by number."""
    kind, ask = _RECORDS[item]
    each = ask(day).subquery("each").c
    query = select(each.id, each.no, each.event_id, each.owner_division, func.count().over().label("total"))
    rows = list(await session.execute(query.order_by(each.no, each.id).limit(NAMED_AT_MOST)))
    return kind, rows[0].total if rows else 0, rows
