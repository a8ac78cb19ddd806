"""4.8-1: a team of 50 for graduates, and mentors at every centre; and how much each mentor has to do."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, not_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.registry.access import READ_ALL, division_of
from services.registry.centres.models import Centre
from services.registry.days import require_begun
from services.registry.mentors import rules
from services.registry.mentors.links import LISTED
from services.registry.mentors.models import Mentor, MentorLink, MentorSession, MentorTerm
from services.registry.mentors.queries import appointed_on, own, works_on
from services.registry.mentors.schemas import (
    AsOfFilter,
    LoadFilter,
    MentorCountersOut,
    MentorLoadOut,
    UncoveredCentreOut,
    UncoveredFilter,
)
from services.registry.policy import edition_at
from shared.auth.principal import Principal
from shared.http.paging import Page, paginate
from shared.http.validation import PayloadInvalid
from shared.policy.edition import Editions


def on_the_list(day: date) -> ColumnElement[bool]:
    """Whether the centre was on the list on the day, suspended or not; its first day there counts."""
    left = func.coalesce(Centre.delisted_on, Centre.withdrawn_on)
    return and_(Centre.listed_on <= day, or_(Centre.status.in_(LISTED), left > day))


def covered_on(day: date) -> ColumnElement[bool]:
    """Whether a mentor who is appointed works with the centre on the day."""
    link = aliased(MentorLink)
    return exists().where(link.centre_id == Centre.id, works_on(link, day), appointed_on(link.mentor_id, day))


async def uncovered(session: AsyncSession, principal: Principal, wanted: UncoveredFilter) -> Page[UncoveredCentreOut]:
    """The listed centres without a mentor, of the caller's own division where it works for one."""
    require_begun(principal, wanted.as_of, "as_of")
    day = wanted.as_of or principal.today
    conditions = [on_the_list(day), not_(covered_on(day)), _of_division(principal)]
    if wanted.division is not None:
        conditions.append(Centre.owner_division == wanted.division)
    query = select(Centre.id, Centre.owner_division, Centre.listed_on, _last_covered(day)).where(*conditions)

    def item(row: Row[Any, Any, Any, Any]) -> UncoveredCentreOut:
        return UncoveredCentreOut(centre_id=row[0], owner_division=row[1], listed_on=row[2], last_covered_on=row[3])

    return await paginate(session, query, keys=[Centre.id], params=wanted, item=item)


async def counters(
    session: AsyncSession, editions: Editions, principal: Principal, wanted: AsOfFilter
) -> MentorCountersOut:
    """How far it is on the day."""
    require_begun(principal, wanted.as_of, "as_of")
    day = wanted.as_of or principal.today
    appointed = appointed_on(Mentor.id, day)
    people = (
        await session.execute(select(func.count(), func.count().filter(Mentor.graduate_team)).where(appointed))
    ).one()
    listed = select(func.count(), func.count().filter(covered_on(day))).select_from(Centre)
    centres = (await session.execute(listed.where(on_the_list(day), _of_division(principal)))).one()
    return MentorCountersOut(
        as_of=day,
        graduate_team=people[1],
        team_size=edition_at(editions, day).mentors.team_size.value,
        mentors=people[0],
        centres_listed=centres[0],
        centres_covered=centres[1],
    )


async def loads(session: AsyncSession, principal: Principal, wanted: LoadFilter) -> Page[MentorLoadOut]:
    """What each mentor who was appointed within the period had to do in it; a mentor asks for its own. Raises 422 for a
    period that ends before it begins."""
    if wanted.until < wanted.since:
        raise PayloadInvalid.at("until", "before_beginning")
    require_begun(principal, wanted.since, "since")
    query = _loads(wanted).where(true() if principal.has(*READ_ALL) else own(principal))

    def item(row: Row[Any]) -> MentorLoadOut:
        fields = (
            "mentor_id",
            "no",
            "centres",
            "sessions_recorded",
            "sessions_confirmed",
            "sessions_contested",
            "hours",
        )
        return MentorLoadOut.model_validate(dict(zip(fields, row, strict=False)))

    return await paginate(session, query, keys=[Mentor.no, Mentor.id], params=wanted, item=item)


def _loads(wanted: LoadFilter) -> Select[*tuple[Any, ...]]:
    held, term, link = MentorSession, aliased(MentorTerm), aliased(MentorLink)
    status = held.status
    mine = (held.mentor_id == Mentor.id, held.held_on.between(wanted.since, wanted.until))

    def count(of: str) -> ColumnElement[int]:
        return select(func.count()).where(*mine, status == of).correlate(Mentor).scalar_subquery()

    hours = select(func.coalesce(func.sum(held.hours), 0)).where(*mine, status == rules.CONFIRMED)
    centres = select(func.count(link.centre_id.distinct())).where(
        link.mentor_id == Mentor.id, works_on(link, wanted.until)
    )
    within = exists().where(
        term.mentor_id == Mentor.id,
        term.status == rules.APPOINTED,
        term.from_on <= wanted.until,
        term.last_on >= wanted.since,
    )
    return select(
        Mentor.id,
        Mentor.no,
        centres.correlate(Mentor).scalar_subquery(),
        count(rules.RECORDED),
        count(rules.CONFIRMED),
        count(rules.CONTESTED),
        hours.correlate(Mentor).scalar_subquery(),
    ).where(within)


def _last_covered(day: date) -> ColumnElement[date]:
    """The last day before, on which link and appointment both ran."""
    link, term = aliased(MentorLink), aliased(MentorTerm)
    last = func.least(func.coalesce(link.until, term.last_on), term.last_on)
    query = select(func.max(last)).where(
        link.centre_id == Centre.id,
        term.mentor_id == link.mentor_id,
        term.status == rules.APPOINTED,
        last >= func.greatest(link.since, term.from_on),
        last < day,
    )
    return query.correlate(Centre).scalar_subquery()


def _of_division(principal: Principal) -> ColumnElement[bool]:
    division = division_of(principal)
    return true() if principal.has(*READ_ALL) else Centre.owner_division == division
