"""The log of sessions: recorded by the mentor or the centre, confirmed or contested by those who were advised."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import operator_code_of
from services.registry.answering import require_another_side
from services.registry.centres.models import Centre
from services.registry.centres.rules import require_state
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import family
from services.registry.mentors import rules
from services.registry.mentors.models import Mentor, MentorLink, MentorSession, MentorTerm
from services.registry.mentors.queries import advised_scope, lock_session, own, recorder_scope
from services.registry.mentors.schemas import RecordSession, SessionReason
from services.registry.mentors.state import tell_session
from services.registry.persons.models import CONFIRMED, Person, PersonLink
from services.registry.policy import edition_at, require_known, require_passed
from services.registry.projects.models import Project
from services.registry.steps import require_four_eyes, step_day
from services.registry.tenancies.models import Tenancy
from shared.auth.principal import Principal
from shared.errors import DomainError, not_found
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Editions

AS_MENTOR: Final = "mentor"
AS_CENTRE: Final = "centre"


async def record_session(
    session: AsyncSession, editions: Editions, principal: Principal, sent: RecordSession
) -> MentorSession:
    """The mentor records its own session, an operator one at its own centre.

    Raises 404 for what the caller has nothing to do with, 422 for a day to come or an unknown field, 409
    `mentor-not-appointed-then`, `mentor-not-at-the-centre`, `session-for-no-tenant`, `mentor-day-full`,
    `mentor-session-late`, `mentor-field-other`, `mentor-of-own-firm`, `mentor-session-known`.
    """
    if sent.held_on > principal.today:
        raise PayloadInvalid.at("held_on", "in_the_future")
    mentor, recorded_as = await _mentor(session, principal, sent)
    if recorded_as == AS_MENTOR and await session.get(Centre, sent.centre_id) is None:
        raise not_found("centre")
    edition = edition_at(editions, sent.held_on)
    require_known("field", [sent.field], edition.mentors.fields)
    firm, team = await _advised(session, sent)
    if await _stands_behind(session, mentor, firm, team):
        raise DomainError("mentor-of-own-firm", 409, clauses=["4.8-1"])
    decision = require_passed(
        rules.decide_session(
            edition,
            held_on=sent.held_on,
            terms=await _terms(session, mentor.id),
            linked=await _links(session, mentor.id, sent.centre_id),
            stays=await _stays(session, sent.centre_id, firm, team),
            hours=sent.hours,
            hours_before=await _hours(session, mentor.id, sent.held_on),
            recorded_on=principal.today,
            own_field=sent.field in mentor.fields,
        )
    )
    await _require_once(session, mentor, sent, firm, team)
    held = MentorSession(
        id=uuid7(),
        version=0,
        no=await next_case_no(session, "MS", principal.today.year),
        mentor_id=mentor.id,
        centre_id=sent.centre_id,
        enterprise_id=None if firm is None else firm.id,
        project_id=None if team is None else team.id,
        held_on=sent.held_on,
        hours=sent.hours,
        field=sent.field,
        topic=sent.topic,
        status=rules.RECORDED,
        edition=edition.id,
        decision=decision.to_json(),
        recorded_as=recorded_as,
        once=True,
        recorded_by=principal.account_id,
    )
    session.add(held)
    await session.flush()
    await tell_session(session, rc.MentorSessionRecorded, held, EventContext.of(principal, sent.held_on))
    return held


async def confirm_session(
    session: AsyncSession, principal: Principal, session_id: UUID, *, if_match: str | None
) -> MentorSession:
    """The enterprise, or the project's founder, confirms that it was advised; whoever recorded it does not (403)."""
    held = await _answer(session, principal, session_id, rules.CONFIRMED, if_match)
    await tell_session(session, rc.MentorSessionConfirmed, held, EventContext.of(principal))
    return held


async def contest_session(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    session_id: UUID,
    sent: SessionReason,
    *,
    if_match: str | None,
) -> MentorSession:
    """It says, with a reason of the edition (422), that it was not advised like that."""
    require_known("reason_code", [sent.reason_code], edition_at(editions, principal.today).mentors.contest_reasons)
    held = await _answer(session, principal, session_id, rules.CONTESTED, if_match)
    held.reason_code = sent.reason_code
    context = EventContext.of(principal)
    await tell_session(session, rc.MentorSessionContested, held, context, remark=sent.remark)
    return held


async def withdraw_session(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    session_id: UUID,
    sent: SessionReason,
    *,
    if_match: str | None,
) -> MentorSession:
    """The side that recorded it takes it back, with a reason of the edition (422); what was confirmed stays."""
    held = await lock_session(session, recorder_scope(principal), session_id)
    honour_match(if_match, held.version)
    require_state(held.status, rules.WITHDRAWABLE)
    require_known("reason_code", [sent.reason_code], edition_at(editions, principal.today).mentors.withdrawal_reasons)
    held.status, held.reason_code = rules.WITHDRAWN, sent.reason_code
    context = EventContext.of(principal)
    await tell_session(session, rc.MentorSessionWithdrawn, held, context, remark=sent.remark)
    return held


async def _mentor(session: AsyncSession, principal: Principal, sent: RecordSession) -> tuple[Mentor, str]:
    """The mentor, locked: its sessions of a day are counted together."""
    mine: Mentor | None = await session.scalar(select(Mentor).where(own(principal)).with_for_update())
    if mine is not None and sent.mentor_id in (None, mine.id):
        return mine, AS_MENTOR
    code = operator_code_of(principal)
    if sent.mentor_id is None and code is not None:
        raise PayloadInvalid.at("mentor_id", "missing")
    here = select(Centre.id).where(Centre.id == sent.centre_id, Centre.operator_code == code)
    if code is None or await session.scalar(here) is None:
        raise not_found("mentor" if code is None else "centre")
    worked: ColumnElement[bool] = exists().where(
        MentorLink.mentor_id == Mentor.id, MentorLink.centre_id == sent.centre_id
    )
    still_known = exists().where(Person.id == Mentor.person_id, Person.erased_on.is_(None))
    known = select(Mentor).where(Mentor.id == sent.mentor_id, worked, still_known)
    mentor: Mentor | None = await session.scalar(known.with_for_update(of=Mentor))
    if mentor is None:
        raise not_found("mentor")
    return mentor, AS_CENTRE


async def _advised(session: AsyncSession, sent: RecordSession) -> tuple[Enterprise | None, Project | None]:
    if sent.project_id is not None:
        team: Project | None = await session.get(Project, sent.project_id)
        if team is None:
            raise not_found("project")
        return None, team
    wanted = Enterprise.id == sent.enterprise_id
    if sent.enterprise_code is not None:
        wanted = Enterprise.code == sent.enterprise_code
    firm: Enterprise | None = await session.scalar(select(Enterprise).where(wanted))
    if firm is None:
        raise not_found("enterprise")
    if firm.merged_into_id is not None:
        firm = await session.get_one(Enterprise, firm.merged_into_id)
    return firm, None


async def _stands_behind(session: AsyncSession, mentor: Mentor, firm: Enterprise | None, team: Project | None) -> bool:
    """Whether the mentor is one of those advised: legal representative, founder or member."""
    person = await session.get_one(Person, mentor.person_id)
    refs = {firm.legal_representative_ref if firm else None, team.founder_ref if team else None}
    of: ColumnElement[bool] = false()
    if team is not None:
        of = PersonLink.project_id == team.id
    elif firm is not None:
        of = PersonLink.enterprise_id.in_(family(firm.id))
    linked = select(PersonLink.id).where(
        PersonLink.person_id == person.id, PersonLink.status == CONFIRMED, PersonLink.until.is_(None), of
    )
    return person.ref in refs or await session.scalar(linked.limit(1)) is not None


async def _terms(session: AsyncSession, mentor_id: UUID) -> list[rules.Term]:
    held = select(MentorTerm).where(MentorTerm.mentor_id == mentor_id, MentorTerm.status == rules.APPOINTED)
    return [rules.Term(term.from_on, term.last_on) for term in await session.scalars(held) if term.last_on is not None]


async def _links(session: AsyncSession, mentor_id: UUID, centre_id: UUID) -> list[rules.Term]:
    worked = select(MentorLink).where(MentorLink.mentor_id == mentor_id, MentorLink.centre_id == centre_id)
    return [rules.Term(link.since, link.until or date.max) for link in await session.scalars(worked)]


async def _stays(
    session: AsyncSession, centre_id: UUID, firm: Enterprise | None, team: Project | None
) -> list[rules.Term]:
    """Tenancies at the centre, an enterprise's also as a project; locked against an end in the past."""
    if team is not None:
        of: ColumnElement[bool] = Tenancy.project_id == team.id
    else:
        assert firm is not None
        teams = select(Project.id).where(Project.enterprise_id.in_(family(firm.id)))
        of = or_(Tenancy.enterprise_id.in_(family(firm.id)), Tenancy.project_id.in_(teams))
    query = select(Tenancy).where(Tenancy.centre_id == centre_id, of).order_by(Tenancy.id)
    rows = await session.scalars(query.with_for_update(read=True))
    return [rules.Term(stay.admitted_on, stay.ended_on or date.max) for stay in rows]


async def _require_once(
    session: AsyncSession, mentor: Mentor, sent: RecordSession, firm: Enterprise | None, team: Project | None
) -> None:
    """One advice is one record, whoever enters it and however often: the mentor is locked, and an index holds it."""
    of: ColumnElement[bool] = (
        MentorSession.enterprise_id == firm.id if firm else MentorSession.project_id == (team.id if team else None)
    )
    same = select(MentorSession.id, MentorSession.no).where(
        MentorSession.mentor_id == mentor.id,
        MentorSession.held_on == sent.held_on,
        MentorSession.field == sent.field,
        MentorSession.status.in_((rules.RECORDED, rules.CONFIRMED)),
        of,
    )
    known = (await session.execute(same.order_by(MentorSession.id).limit(1))).one_or_none()
    if known is not None:
        params = {"no": known.no, "id": known.id}
        headers = {"Location": f"/v1/mentors/sessions/{known.id}"}
        raise DomainError("mentor-session-known", 409, params=params, headers=headers, clauses=["4.8-1"])


async def _hours(session: AsyncSession, mentor_id: UUID, day: date) -> Decimal:
    total = select(func.coalesce(func.sum(MentorSession.hours), 0)).where(
        MentorSession.mentor_id == mentor_id,
        MentorSession.held_on == day,
        MentorSession.status.in_((rules.RECORDED, rules.CONFIRMED)),
    )
    return Decimal(await session.scalar(total) or 0)


async def _answer(
    session: AsyncSession, principal: Principal, session_id: UUID, status: str, if_match: str | None
) -> MentorSession:
    held = await lock_session(session, advised_scope(principal), session_id)
    honour_match(if_match, held.version)
    require_state(held.status, rules.ANSWERABLE)
    require_four_eyes(principal, held.recorded_by)
    itself = await session.scalar(select(Mentor.id).where(own(principal), Mentor.id == held.mentor_id))
    await require_another_side(session, principal, held.centre_id, recording=itself is not None)
    held.status, held.answered_by = status, principal.account_id
    held.answered_on = step_day(principal, None, after=held.held_on)
    return held
