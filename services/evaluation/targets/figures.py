"""Figures that the suite computes itself from the registry's events, as of any day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, Text, and_, case, cast, func, literal, null, or_, select, union
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.centres import states_on
from services.evaluation.ecosystem.communities import communities_on
from services.evaluation.ecosystem.projections import (
    COMPLETED,
    OPEN,
    known_mentor,
    known_mentor_term,
    known_pairing,
)
from services.evaluation.evaluations.record_counts import in_office_on
from services.evaluation.projections import known_centre, known_enterprise, known_qualification, known_tenancy
from shared.policy.edition import Edition
from shared.policy.rules import counting_division

NATIONAL: Final = "national"
REGIONAL: Final = "regional"
SPECIALISED: Final = "specialised"


@dataclass(frozen=True, slots=True)
class Figure:
    """A count or sum, by county and district too. `unknown` is how many centres it could not see."""

    value: Decimal
    by_division: Mapping[str, Decimal]
    as_of_on: date
    unknown: int = 0


Grouped = Select[*tuple[Any, ...]]
"""Owner division, value, number of centres without one; hence Any."""


def listed_on(day: date) -> Subquery:
    """Centres on the list on the day, suspended ones included, with their state of that day."""
    state = states_on(day)
    known = known_centre.c
    return (
        select(state)
        .join(known_centre, known.id == state.c.centre_id)
        .where(
            known.listed_on <= day,
            or_(known.withdrawn_on.is_(None), known.withdrawn_on > day),
            or_(known.delisted_on.is_(None), known.delisted_on > day),
        )
        .subquery("listed")
    )


def _specialised(day: date) -> Grouped:
    """1.2-5: centres of the specialised tier."""
    listed = listed_on(day)
    return (
        select(listed.c.owner_division, func.count(), func.count().filter(listed.c.tier.is_(None)))
        .where(listed.c.tier == SPECIALISED)
        .group_by(listed.c.owner_division)
    )


def _area(day: date) -> Grouped:
    """1.2-4: square metres for incubation."""
    listed = listed_on(day)
    area = listed.c.incubation_area_m2
    return select(
        listed.c.owner_division, func.coalesce(func.sum(area), 0), func.count().filter(area.is_(None))
    ).group_by(listed.c.owner_division)


def first_graduations(day: date) -> Subquery:
    """1.2-4: enterprises that have ever graduated, each once, where they did so first."""
    stays = known_tenancy.c
    return (
        select(stays.enterprise_id, stays.centre_id, stays.event_id)
        .ext(distinct_on(stays.enterprise_id))
        .where(stays.graduated, stays.ended_on <= day)
        .order_by(stays.enterprise_id, stays.ended_on, stays.id)
        .subquery("first_graduation")
    )


def _graduates(day: date) -> Grouped:
    """1.2-4: counted where they graduated first."""
    first = first_graduations(day)
    owner = known_centre.c.owner_division
    return (
        select(owner, func.count(), func.count().filter(owner.is_(None)))
        .select_from(first.outerjoin(known_centre, known_centre.c.id == first.c.centre_id))
        .group_by(owner)
    )


def _carriers(level: str) -> Callable[[date], Grouped]:
    """1.2-4: carriers by the highest level that they hold, each once however many titles it has.

    The State's designation of a centre counts as the national level.
    """

    def grouped(day: date) -> Grouped:
        carrier = carriers_on(level, day)
        owner = known_centre.c.owner_division
        return (
            select(owner, func.count(), func.count().filter(owner.is_(None)))
            .select_from(carrier.outerjoin(known_centre, known_centre.c.id == carrier.c.centre_id))
            .group_by(owner)
        )

    return grouped


def carriers_on(level: str, day: date) -> Subquery:
    """1.2-4: centres whose highest level on the day is this one."""
    title = known_qualification.c
    held = and_(
        title.level.in_((NATIONAL, REGIONAL)),
        title.granted_on <= day,
        or_(title.revoked_on.is_(None), title.revoked_on > day),
        or_(title.expires_on.is_(None), title.expires_on >= day),
    )
    listed = listed_on(day)
    ranked = union(
        select(title.centre_id.label("centre_id"), case((title.level == NATIONAL, 2), else_=1).label("rank")).where(
            held
        ),
        select(listed.c.centre_id, case((listed.c.tier == NATIONAL, 2), else_=0).label("rank")),
    ).subquery("ranked")
    rank = func.max(ranked.c.rank)
    best = select(ranked.c.centre_id).group_by(ranked.c.centre_id).having(rank == (2 if level == NATIONAL else 1))
    return best.subquery("carrier")


def _graduate_mentors(day: date) -> Grouped:
    """4.8-1: people of the team for graduates who are in office; they belong to no county."""
    term, mentor = known_mentor_term.c, known_mentor.c
    person = func.coalesce(mentor.person_ref, cast(mentor.id, Text))
    return (
        select(null(), func.count(person.distinct()), literal(0))
        .select_from(known_mentor_term)
        .join(known_mentor, mentor.id == term.mentor_id)
        .where(term.graduate_team, *in_office_on(day))
    )


def paired_by(day: date, side: str | None) -> ColumnElement[bool]:
    """4.7-2: pairs that are active or completed on the day, of one inland side or of both."""
    pair = known_pairing.c
    active = or_(pair.ended_on.is_(None), pair.ended_on >= day, pair.status == COMPLETED)
    counted = and_(pair.since <= day, active)
    return counted if side is None else and_(counted, pair.province_side == side)


def _paired(side: str | None) -> Callable[[date], Grouped]:
    """4.7-2: firms in pairs that are active or completed, each once: inland ones of a side, or the city's."""

    def grouped(day: date) -> Grouped:
        pair = known_pairing.c
        counted = paired_by(day, side)
        if side is not None:
            return select(null(), func.count(pair.partner_id.distinct()), literal(0)).where(counted)
        firm = known_enterprise.c
        going_on = func.coalesce(firm.merged_into_id, pair.enterprise_id)
        joined = known_pairing.outerjoin(known_enterprise, firm.id == pair.enterprise_id)
        return select(null(), func.count(going_on.distinct()), literal(0)).select_from(joined).where(counted)

    return grouped


def _community_divisions(day: date) -> Grouped:
    """4.4-1: responsible divisions with a community that is open, each once however many it has."""
    community = communities_on(day).c
    return select(community.division, literal(1), literal(0)).where(community.status == OPEN).distinct()


_QUERIES: Final[Mapping[str, Callable[[date], Grouped]]] = {
    "national_carriers": _carriers(NATIONAL),
    "regional_carriers": _carriers(REGIONAL),
    "incubation_area": _area,
    "graduates": _graduates,
    "specialised_centres": _specialised,
    "graduate_mentors": _graduate_mentors,
    "paired_beijing": _paired("beijing"),
    "paired_jiangsu": _paired("jiangsu"),
    "paired_lhasa": _paired(None),
    "community_divisions": _community_divisions,
}
COMPUTABLE: Final = frozenset(_QUERIES)
"""Items that this service can count; a computed item of another name has no figure until somebody enters one."""


async def figure_on(session: AsyncSession, edition: Edition, item: str, day: date) -> Figure:
    """An item's figure on the day: the city counts every centre once, a park's in the district around it."""
    value, unknown = Decimal(0), 0
    by_division: dict[str, Decimal] = {}
    for division, amount, missing in (await session.execute(_QUERIES[item](day))).all():
        value += amount
        unknown += missing
        if division is not None:
            home = counting_division(edition, division)
            by_division[home] = by_division.get(home, Decimal(0)) + amount
    return Figure(value, dict(sorted(by_division.items())), day, unknown)


async def centres_by_division(session: AsyncSession, edition: Edition, day: date) -> dict[str, int]:
    """1.2-5: listed centres of each county and district, none of them left out."""
    listed = listed_on(day)
    found = {code: 0 for code, unit in edition.divisions.units.items() if not unit.within}
    query = select(listed.c.owner_division, func.count()).group_by(listed.c.owner_division)
    for division, count in (await session.execute(query)).all():
        home = counting_division(edition, division)
        found[home] = found.get(home, 0) + count
    return found
