"""Mentors, their centres and sessions as their events carry them: never a name."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.mentors.models import Mentor, MentorLink, MentorSession
from services.registry.persons.models import Person
from services.registry.remarks.usecases import keep_remark
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType


async def tell(
    session: AsyncSession,
    event_type: EventType[rc.MentorState],
    mentor: Mentor,
    person: Person,
    context: EventContext,
    *,
    remark: str | None = None,
) -> None:
    """Publish the mentor."""
    remark_hash = await keep_remark(session, mentor.id, step=mentor.status, text=remark, written_by=context.actor)
    state = rc.MentorState(
        id=mentor.id,
        no=mentor.no,
        person_ref=person.ref,
        status=mentor.status,
        fields=tuple(mentor.fields),
        graduate_team=mentor.graduate_team,
        appointed_from=mentor.appointed_from,
        appointed_until=mentor.appointed_until,
        ended_on=mentor.ended_on,
        document_no=mentor.document_no,
        reason_code=mentor.reason_code,
        remark_hash=remark_hash,
    )
    await outbox.append(session, event_type, mentor, state, context=context, rules=("mentors.appointment",))


async def tell_link(
    session: AsyncSession, event_type: EventType[rc.MentorLinkState], link: MentorLink, context: EventContext
) -> None:
    """Publish that a mentor works with a centre, or does so no more."""
    state = rc.MentorLinkState(
        id=link.id,
        mentor_id=link.mentor_id,
        centre_id=link.centre_id,
        since=link.since,
        until=link.until,
        reason_code=link.reason_code,
    )
    await outbox.append(session, event_type, link, state, context=context, rules=("mentors.coverage",))


async def tell_session(
    session: AsyncSession,
    event_type: EventType[rc.MentorSessionState],
    held: MentorSession,
    context: EventContext,
    *,
    remark: str | None = None,
) -> None:
    """Publish a session."""
    remark_hash = await keep_remark(session, held.id, step=held.status, text=remark, written_by=context.actor)
    state = rc.MentorSessionState(
        id=held.id,
        no=held.no,
        mentor_id=held.mentor_id,
        centre_id=held.centre_id,
        enterprise_id=held.enterprise_id,
        project_id=held.project_id,
        held_on=held.held_on,
        hours=held.hours,
        status=held.status,
        recorded_as=held.recorded_as,
        answered_on=held.answered_on,
        reason_code=held.reason_code,
        remark_hash=remark_hash,
    )
    await outbox.append(
        session, event_type, held, state, context=context, rules=("mentors.session",), edition=held.edition
    )
