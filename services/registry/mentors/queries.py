"""Which mentors and sessions somebody sees and may move."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.registry.access import READ_ALL, enterprise_code_of, mentor_of, operator_code_of, person_of
from services.registry.centres import queries as centres
from services.registry.centres.models import Centre
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import family, known_by
from services.registry.mentors.models import Mentor, MentorLink, MentorSession, MentorTerm
from services.registry.mentors.rules import APPOINTED, PUBLIC_PAGE, PURPOSE
from services.registry.mentors.schemas import MentorFilter, MentorOut, PublicMentorOut, SessionFilter
from services.registry.persons.consents import consented
from services.registry.persons.models import Person
from services.registry.projects.models import Project
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import both_ways

KEEPERS: Final = (r.HR_OFFICER, r.SCIENCE_OFFICER)
"""The two bureaus that lead mentors (4.8-1): they propose."""

DECIDERS: Final = (r.HR_APPROVER, r.SCIENCE_APPROVER)

LINKERS: Final = (r.CENTRE_OPERATOR, *KEEPERS)

ORDERS: Final = both_ways({"no": (Mentor.no, Mentor.id)})
SESSION_ORDERS: Final = both_ways({"held": (MentorSession.held_on, MentorSession.id)})

View = Row[Mentor, Person, bool, bool, bool]
"""A mentor, the person, whether the caller sees the whole record, and whether the two consents run."""


def appointed_on(mentor_id: Any, day: date) -> ColumnElement[bool]:
    """Whether an appointment of the mentor covers the day; its first and its last day count."""
    term = aliased(MentorTerm)
    return exists().where(
        term.mentor_id == mentor_id, term.status == APPOINTED, term.from_on <= day, term.last_on >= day
    )


def works_on(link: Any, day: date) -> ColumnElement[bool]:
    """Whether the link covers the day."""
    return and_(link.since <= day, or_(link.until.is_(None), link.until >= day))


def own(principal: Principal) -> ColumnElement[bool]:
    """The mentor that signed in."""
    person = mentor_of(principal)
    return false() if person is None else Mentor.person_id.in_(select(Person.id).where(Person.ref == person))


def read_scope(principal: Principal) -> ColumnElement[bool]:
    """Mentors whose whole record the caller sees: bureaus all, a mentor its own, a centre those it works with."""
    if principal.has(*READ_ALL):
        return true()
    scopes = [own(principal)]
    if (code := operator_code_of(principal)) is not None:
        link, today = aliased(MentorLink), principal.today
        at_own = link.centre_id.in_(select(Centre.id).where(Centre.operator_code == code))
        scopes.append(exists().where(link.mentor_id == Mentor.id, at_own, works_on(link, today)))
    return or_(*scopes)


def paper_scope(principal: Principal) -> ColumnElement[bool]:
    """Mentors whose papers the caller reads: the leading bureaus and the auditor all, a mentor its own."""
    return true() if principal.has(*KEEPERS, *DECIDERS, r.AUDITOR) else own(principal)


def keep_scope(principal: Principal) -> ColumnElement[bool]:
    """Mentors that the caller handles."""
    return true() if principal.has(*KEEPERS) else false()


def shown_to_all(day: date) -> ColumnElement[bool]:
    """Whether everybody sees the mentor: it is appointed, and agreed to both."""
    agreed = and_(consented(Mentor.person_id, PURPOSE, day), consented(Mentor.person_id, PUBLIC_PAGE, day))
    return and_(Mentor.status == APPOINTED, appointed_on(Mentor.id, day), agreed)


def visible(principal: Principal) -> Select[Mentor, Person, bool, bool, bool]:
    """Mentors with what the caller sees of each."""
    whole, today = read_scope(principal), principal.today
    query = select(
        Mentor,
        Person,
        whole.label("whole"),
        consented(Mentor.person_id, PURPOSE, today).label("consented"),
        consented(Mentor.person_id, PUBLIC_PAGE, today).label("public_page"),
    )
    return query.join(Person, Person.id == Mentor.person_id).where(or_(whole, shown_to_all(today)))


def matching(principal: Principal, wanted: MentorFilter) -> ColumnElement[bool]:
    """The list's filters. Whoever sees only what is public is not told more by asking for it: states and the team are
    filters of those who see the whole record."""
    conditions: list[ColumnElement[bool]] = [true()]
    whole = read_scope(principal)
    if wanted.no is not None:
        conditions.append(Mentor.no == wanted.no)
    if wanted.status is not None:
        conditions += [whole, Mentor.status == wanted.status]
    if wanted.graduate_team is not None:
        conditions += [whole, Mentor.graduate_team.is_(wanted.graduate_team)]
    if wanted.field is not None:
        conditions.append(Mentor.fields.contains([wanted.field]))
    if wanted.on is not None:
        conditions.append(appointed_on(Mentor.id, wanted.on))
    if wanted.centre_id is not None:
        link, day = aliased(MentorLink), wanted.on or principal.today
        conditions.append(
            exists().where(link.mentor_id == Mentor.id, link.centre_id == wanted.centre_id, works_on(link, day))
        )
    return and_(*conditions)


def shown(row: View) -> MentorOut | PublicMentorOut:
    """The whole record, or what the mentor agreed to show."""
    mentor, person, whole, agreed, public_page = row[0], row[1], row[2], row[3], row[4]
    named = {"name": person.name, "person_ref": person.ref, "consented": agreed, "public_page": public_page}
    kept = {name: getattr(mentor, name) for name in MentorOut.model_fields if hasattr(mentor, name)}
    answer = MentorOut.model_validate({**kept, **named})
    if whole:
        return answer
    return PublicMentorOut.model_validate(answer.model_dump(include=set(PublicMentorOut.model_fields)))


async def find_visible(session: AsyncSession, principal: Principal, mentor_id: UUID) -> View:
    """One mentor as the caller sees it. Raises 404."""
    row = (await session.execute(visible(principal).where(Mentor.id == mentor_id))).one_or_none()
    if row is None:
        raise not_found("mentor")
    return row


async def find_whole(session: AsyncSession, principal: Principal, mentor_id: UUID) -> Mentor:
    """One mentor whose whole record the caller sees. Raises 404."""
    mentor: Mentor | None = await session.scalar(select(Mentor).where(Mentor.id == mentor_id, read_scope(principal)))
    if mentor is None:
        raise not_found("mentor")
    return mentor


async def lock(session: AsyncSession, scope: ColumnElement[bool], mentor_id: UUID) -> Mentor:
    """One mentor of the scope, locked; the person before it, as everywhere. Raises 404."""
    person_id = await session.scalar(select(Mentor.person_id).where(Mentor.id == mentor_id, scope))
    if person_id is None:
        raise not_found("mentor")
    await session.get_one(Person, person_id, with_for_update=True)
    return await session.get_one(Mentor, mentor_id, with_for_update=True, populate_existing=True)


async def open_term(session: AsyncSession, mentor_id: UUID) -> MentorTerm | None:
    """What waits to be decided."""
    query = select(MentorTerm).where(MentorTerm.mentor_id == mentor_id, MentorTerm.status == "proposed")
    term: MentorTerm | None = await session.scalar(query)
    return term


async def centres_of(session: AsyncSession, mentor_id: UUID, day: date) -> list[UUID]:
    """The centres that the mentor works with on the day."""
    query = select(MentorLink.centre_id).where(MentorLink.mentor_id == mentor_id, works_on(MentorLink, day))
    return list(await session.scalars(query.order_by(MentorLink.centre_id)))


def session_scope(principal: Principal) -> ColumnElement[bool]:
    """Sessions of oneself, of one's centres and division, and those that one was advised in."""
    if principal.has(*READ_ALL):
        return true()
    mine = MentorSession.mentor_id.in_(select(Mentor.id).where(own(principal)))
    here = MentorSession.centre_id.in_(select(Centre.id).where(centres.read_scope(principal)))
    return or_(mine, here, advised_scope(principal))


def advised_scope(principal: Principal) -> ColumnElement[bool]:
    """Sessions for the enterprise that the caller speaks for, or for its project, also before that was registered."""
    session, team = MentorSession, Project
    scopes: list[ColumnElement[bool]] = [false()]
    if (code := enterprise_code_of(principal)) is not None:
        firm, record = select(Enterprise.id).where(known_by(code)), aliased(Enterprise)
        records = select(record.id).where(or_(record.id.in_(firm), record.merged_into_id.in_(firm)))
        scopes.append(session.enterprise_id.in_(records))
        scopes.append(session.project_id.in_(select(team.id).where(team.enterprise_id.in_(records))))
    if (person := person_of(principal)) is not None:
        scopes.append(session.project_id.in_(select(team.id).where(team.founder_ref == person)))
    return or_(*scopes)


def recorder_scope(principal: Principal) -> ColumnElement[bool]:
    """Sessions that the caller's side recorded: the mentor its own, the centre those entered for it."""
    session = MentorSession
    mine = and_(session.recorded_as == "mentor", session.mentor_id.in_(select(Mentor.id).where(own(principal))))
    code = operator_code_of(principal)
    if code is None:
        return mine
    here = session.centre_id.in_(select(Centre.id).where(Centre.operator_code == code))
    return or_(mine, and_(session.recorded_as == "centre", here))


def sessions_matching(wanted: SessionFilter) -> ColumnElement[bool]:
    """The filters of the sessions."""
    session = MentorSession
    exact: dict[Any, object] = {
        session.no: wanted.no,
        session.mentor_id: wanted.mentor_id,
        session.centre_id: wanted.centre_id,
        session.project_id: wanted.project_id,
        session.status: wanted.status,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    if wanted.enterprise_id is not None:
        conditions.append(session.enterprise_id.in_(family(wanted.enterprise_id)))
    if wanted.since is not None:
        conditions.append(session.held_on >= wanted.since)
    if wanted.until is not None:
        conditions.append(session.held_on <= wanted.until)
    return and_(true(), *conditions)


async def find_session(session: AsyncSession, principal: Principal, session_id: UUID) -> MentorSession:
    """One session as the caller sees it. Raises 404."""
    query = select(MentorSession).where(MentorSession.id == session_id, session_scope(principal))
    found: MentorSession | None = await session.scalar(query)
    if found is None:
        raise not_found("mentor-session")
    return found


async def lock_session(session: AsyncSession, scope: ColumnElement[bool], session_id: UUID) -> MentorSession:
    """One session of the scope, locked. Raises 404."""
    query = select(MentorSession).where(MentorSession.id == session_id, scope)
    found: MentorSession | None = await session.scalar(query.with_for_update())
    if found is None:
        raise not_found("mentor-session")
    return found
