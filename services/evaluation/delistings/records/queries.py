"""The years that count for centres, over annulled results and successions; and the records themselves, to be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.delistings.records.models import CentreSuccession, ResultAnnulment
from services.evaluation.delistings.records.rules import Registration, Year, joined_years, predecessors, years_off_list
from services.evaluation.delistings.rules import Outcome
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.projections import known_centre, known_centre_state
from services.evaluation.rubrics.rules import EXEMPT, NOT_GRADED, Listing

APPROVED = "approved"
_GENERATIONS = 20
"""How far back successions are followed: more re-registrations than a policy's life has years."""


def outcome_of(grade: str | None, failing: bool) -> Outcome:
    """What a year counts as for 2.3-5."""
    if failing:
        return "failed"
    return "exempt" if grade == EXEMPT else "other"


async def counted_years(session: AsyncSession, centres: Iterable[UUID]) -> dict[UUID, dict[int, Outcome]]:
    """Final outcomes by centre and year, those of predecessors included; an annulled result counts as not failed."""
    wanted = list(centres)
    before = await predecessors_of(session, wanted)
    chain = {centre: _lineage(centre, before) for centre in wanted}
    years = await _own_years(session, {one for line in chain.values() for one in line})
    listings = await _listings(session, {*before, *before.values()})
    counted: dict[UUID, dict[int, Outcome]] = {}
    for centre, line in chain.items():
        joined: dict[int, Year] = {}
        for one in reversed(line):
            joined = joined_years(years.get(one, {}), joined)
        if joined:
            outcomes: dict[int, Outcome] = {year: found.outcome for year, found in joined.items()}
            off_list = years_off_list([listings[one] for one in line if one in listings], joined)
            counted[centre] = outcomes | dict.fromkeys(off_list, "ungraded")
    return counted


def _lineage(centre: UUID, before: dict[UUID, UUID]) -> list[UUID]:
    """The centre and those before it, the youngest first; each once."""
    line = [centre]
    while (earlier := before.get(line[-1])) is not None and earlier not in line:
        line.append(earlier)
    return line


async def _own_years(session: AsyncSession, centres: Iterable[UUID]) -> dict[UUID, dict[int, Year]]:
    evaluation, annulment = Evaluation, ResultAnnulment
    annulled = select(annulment.id).where(annulment.evaluation_id == evaluation.id, annulment.status == APPROVED)
    rows = await session.execute(
        select(
            evaluation.centre_id,
            evaluation.year,
            evaluation.grade,
            evaluation.failing,
            annulled.exists().label("annulled"),
        ).where(evaluation.centre_id.in_(list(centres)), evaluation.status == "published")
    )
    found: dict[UUID, dict[int, Year]] = {}
    for row in rows:
        outcome = outcome_of(row.grade, row.failing and not row.annulled)
        found.setdefault(row.centre_id, {})[row.year] = Year(outcome, row.grade != NOT_GRADED)
    return found


async def _listings(session: AsyncSession, centres: Iterable[UUID]) -> dict[UUID, Listing]:
    centre = known_centre.c
    query = select(centre.id, centre.listed_on, centre.delisted_on, centre.withdrawn_on)
    rows = await session.execute(query.where(centre.id.in_(list(centres))))
    return {row.id: Listing(row.listed_on, row.delisted_on, row.withdrawn_on) for row in rows}


async def predecessors_of(session: AsyncSession, centres: Sequence[UUID]) -> dict[UUID, UUID]:
    """Each centre's predecessor, and theirs, as far as there are any."""
    found: dict[UUID, UUID] = {}
    asked = set(centres)
    for _ in range(_GENERATIONS):
        new = {centre: earlier for centre, earlier in (await _one_back(session, asked)).items() if centre not in found}
        found |= new
        asked = set(new.values()) - found.keys()
        if not asked:
            break
    return found


async def _one_back(session: AsyncSession, centres: set[UUID]) -> dict[UUID, UUID]:
    succession = CentreSuccession
    query = select(succession.centre_id, succession.predecessor_id).where(succession.status == APPROVED)
    declared = {row.centre_id: row.predecessor_id for row in await session.execute(query)}
    registered = await _registrations(session, centres)
    by_id = {str(centre): str(earlier) for centre, earlier in declared.items()}
    found = {UUID(centre): UUID(earlier) for centre, earlier in predecessors(registered, by_id).items()}
    return {centre: earlier for centre, earlier in found.items() if centre in centres}


async def _registrations(session: AsyncSession, centres: set[UUID]) -> list[Registration]:
    """These centres, and all that share an operator with one of them: whoever left is matched with whoever came."""
    state = known_centre_state.c
    first = (
        select(state.centre_id, state.operator_code)
        .ext(distinct_on(state.centre_id))
        .order_by(state.centre_id, state.version)
        .subquery("first_state")
    )
    centre = known_centre.c
    listed_by = select(first.c.operator_code).where(first.c.centre_id.in_(centres))
    rows = await session.execute(
        select(
            centre.id, centre.operator_code, centre.listed_on, centre.withdrawn_on, first.c.operator_code.label("by")
        )
        .join(first, first.c.centre_id == centre.id)
        .where(or_(centre.id.in_(centres), centre.operator_code.in_(listed_by), first.c.operator_code.in_(listed_by)))
    )
    return [Registration(str(row.id), row.by, row.operator_code, row.listed_on, row.withdrawn_on) for row in rows]


async def successors_of(session: AsyncSession, centre_id: UUID) -> list[UUID]:
    """The centres that go on, directly or not, where this one left off."""
    found: list[UUID] = []
    asked = centre_id
    for _ in range(_GENERATIONS):
        later = await _one_on(session, asked)
        if later is None or later in (centre_id, *found):
            break
        found.append(later)
        asked = later
    return found


async def _one_on(session: AsyncSession, centre_id: UUID) -> UUID | None:
    succession, centre, state = CentreSuccession, known_centre.c, known_centre_state.c
    declared: UUID | None = await session.scalar(
        select(succession.centre_id).where(succession.predecessor_id == centre_id, succession.status == APPROVED)
    )
    if declared is not None:
        return declared
    operator = select(centre.operator_code).where(centre.id == centre_id, centre.withdrawn_on.is_not(None))
    candidates = select(state.centre_id).where(state.operator_code == operator.scalar_subquery())
    ids = set(await session.scalars(candidates.distinct())) - {centre_id}
    before = await _one_back(session, ids) if ids else {}
    return next((later for later, earlier in sorted(before.items()) if earlier == centre_id), None)


def annulments(evaluation_id: UUID | None, status: str | None) -> Select[ResultAnnulment]:
    """Annulled results, filtered."""
    query = select(ResultAnnulment)
    if evaluation_id is not None:
        query = query.where(ResultAnnulment.evaluation_id == evaluation_id)
    return query if status is None else query.where(ResultAnnulment.status == status)


def successions(centre_id: UUID | None, status: str | None) -> Select[CentreSuccession]:
    """Declared successions, filtered; a centre's are those it is on either side of."""
    query = select(CentreSuccession)
    if centre_id is not None:
        query = query.where(or_(CentreSuccession.centre_id == centre_id, CentreSuccession.predecessor_id == centre_id))
    return query if status is None else query.where(CentreSuccession.status == status)
