"""Which winners somebody sees, follows up and shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import division_of, enterprise_code_of
from services.registry.activities import queries as activities
from services.registry.activities.models import Activity
from services.registry.activities.winners.models import ActivityWinner, WinnerFollowUp
from services.registry.activities.winners.rules import CONSENT, OPEN, REMOVED
from services.registry.activities.winners.schemas import FollowUpOut, ResultOut, WinnerFilter, WinnerOut
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import known_by
from services.registry.persons.consents import consented
from services.registry.persons.models import Person
from services.registry.projects.models import Project
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import SortKey

ORDERS: Final[Mapping[str, Sequence[SortKey]]] = {
    "entered": (ActivityWinner.id,),
    "-entered": (ActivityWinner.id.desc(),),
    "rank": (ActivityWinner.rank, ActivityWinner.id),
}


def read_scope(principal: Principal) -> ColumnElement[bool]:
    """The winners of the activities that the caller reads, and an enterprise's own entries."""
    of_activities = ActivityWinner.activity_id.in_(select(Activity.id).where(activities.read_scope(principal)))
    return or_(of_activities, own_scope(principal))


def own_scope(principal: Principal) -> ColumnElement[bool]:
    """What the caller's enterprise won, by whichever of its records, and as the project that it was."""
    code = enterprise_code_of(principal)
    if code is None:
        return false()
    own = select(Enterprise.id).where(known_by(code))
    firms = select(Enterprise.id).where(or_(Enterprise.id.in_(own), Enterprise.merged_into_id.in_(own)))
    teams = select(Project.id).where(Project.enterprise_id.in_(firms))
    return or_(ActivityWinner.enterprise_id.in_(firms), ActivityWinner.project_id.in_(teams))


def follow_scope(principal: Principal) -> ColumnElement[bool]:
    """Whoever keeps the activity, and whoever leads its series."""
    leads: list[ColumnElement[bool]] = [false()]
    if own := activities.departments_of(principal):
        leads.append(Activity.lead.in_(own))
    if (division := division_of(principal)) is not None:
        leads.append(Activity.lead == division)
    return ActivityWinner.activity_id.in_(select(Activity.id).where(or_(activities.write_scope(principal), *leads)))


def matching(wanted: WinnerFilter, today: date) -> ColumnElement[bool]:
    """The list's filters."""
    exact = {
        ActivityWinner.no: wanted.no,
        ActivityWinner.activity_id: wanted.activity_id,
        ActivityWinner.project_id: wanted.project_id,
        ActivityWinner.enterprise_id: wanted.enterprise_id,
        ActivityWinner.status: wanted.status,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    if wanted.series is not None:
        of_series = select(Activity.id).where(Activity.series == wanted.series)
        conditions.append(ActivityWinner.activity_id.in_(of_series))
    if wanted.due is not None:
        due = and_(ActivityWinner.status == OPEN, ActivityWinner.next_due_on <= today)
        conditions.append(due if wanted.due else ~due)
    return and_(true(), *conditions)


def named(today: date) -> Select[ActivityWinner, str | None, str | None]:
    """Winners with the name that may be told and the person's reference."""
    agreed = and_(
        ActivityWinner.name_shown,
        consented(ActivityWinner.person_id, CONSENT, today, subject_id=ActivityWinner.id),
    )
    name = func.coalesce(Project.name, Enterprise.name, case((agreed, Person.name)))
    return (
        select(ActivityWinner, name.label("told"), Person.ref)
        .outerjoin(Project, Project.id == ActivityWinner.project_id)
        .outerjoin(Enterprise, Enterprise.id == ActivityWinner.enterprise_id)
        .outerjoin(Person, Person.id == ActivityWinner.person_id)
    )


def results_of(activity_id: UUID, today: date) -> Select[ActivityWinner, str | None, str | None]:
    """The results of an activity that everybody reads."""
    return named(today).where(ActivityWinner.activity_id == activity_id, ActivityWinner.status != REMOVED)


def shown(row: Any) -> WinnerOut:
    """A row of `named` as the answer."""
    winner: ActivityWinner = row[0]
    columns = {column.key: getattr(winner, column.key) for column in ActivityWinner.__table__.columns}
    return WinnerOut.model_validate({**columns, "name": row[1] or None, "person_ref": row[2]})


def result(row: Any) -> ResultOut:
    """A row of `named` as everybody reads it."""
    winner: ActivityWinner = row[0]
    party = "project" if winner.project_id else "enterprise" if winner.enterprise_id else "person"
    return ResultOut(rank=winner.rank, award=winner.award, party=party, name=row[1] or None)


async def find(session: AsyncSession, principal: Principal, winner_id: UUID) -> ActivityWinner:
    """One winner as the caller sees it. Raises 404."""
    query = select(ActivityWinner).where(ActivityWinner.id == winner_id, read_scope(principal))
    winner: ActivityWinner | None = await session.scalar(query)
    if winner is None:
        raise not_found("activity-winner")
    return winner


async def lock_for(session: AsyncSession, principal: Principal, winner_id: UUID) -> ActivityWinner:
    """One winner whom the caller follows up, locked. Raises 404."""
    query = select(ActivityWinner).where(ActivityWinner.id == winner_id, follow_scope(principal))
    winner: ActivityWinner | None = await session.scalar(query.with_for_update(of=ActivityWinner))
    if winner is None:
        raise not_found("activity-winner")
    return winner


async def whole(session: AsyncSession, winner: ActivityWinner, today: date) -> WinnerOut:
    """The winner with everything that was found since."""
    row = (await session.execute(named(today).where(ActivityWinner.id == winner.id))).one()
    found = await session.scalars(
        select(WinnerFollowUp)
        .where(WinnerFollowUp.winner_id == winner.id)
        .order_by(WinnerFollowUp.followed_on, WinnerFollowUp.id)
    )
    return shown(row).model_copy(update={"follow_ups": [FollowUpOut.model_validate(each) for each in found]})
