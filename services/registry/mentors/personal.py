"""What mentors keep of persons: nothing is shown and nothing goes on without their consent."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.mentors.endings import drop_proposal, finish
from services.registry.mentors.models import Mentor, MentorSession, MentorTerm
from services.registry.mentors.queries import open_term
from services.registry.mentors.rules import APPOINTED, CONSENT_WITHDRAWN, PROPOSED
from services.registry.personal_data.hooks import HIDDEN, PendingFiles, remove_documents
from services.registry.persons.models import Consent, Person
from services.registry.remarks.models import CaseRemark
from shared.events.outbox import EventContext

SHELF: Final = "mentor"


async def consent_withdrawn(session: AsyncSession, consent: Consent, context: EventContext) -> None:
    """Without consent nobody is a mentor: what was proposed is dropped, an appointment ends that day. The public page
    asks for its consent whenever it is shown, so there is nothing else to undo."""
    query = select(Mentor).where(Mentor.person_id == consent.person_id).with_for_update()
    mentor: Mentor | None = await session.scalar(query)
    if mentor is None:
        return
    if mentor.status == APPOINTED:
        await finish(session, mentor, context.effective_on, CONSENT_WITHDRAWN, context)
    elif mentor.status == PROPOSED or await open_term(session, mentor.id) is not None:
        await drop_proposal(session, mentor, context)


async def erase_person(session: AsyncSession, files: PendingFiles, person_id: UUID, context: EventContext) -> None:
    """What was said about the mentor, its papers and the remarks go, and a proposal that nobody decided; terms, centres
    and sessions stay as facts."""
    mentors = list(await session.scalars(select(Mentor).where(Mentor.person_id == person_id).with_for_update()))
    if not mentors:
        return
    ids = [mentor.id for mentor in mentors]
    for mentor in mentors:
        if mentor.status == PROPOSED or await open_term(session, mentor.id) is not None:
            await drop_proposal(session, mentor, context)
    await session.execute(update(Mentor).where(Mentor.id.in_(ids)).values(organisation=None, introduction=None))
    held = select(MentorSession.id).where(MentorSession.mentor_id.in_(ids))
    about = update(CaseRemark).where(CaseRemark.subject_id.in_(ids) | CaseRemark.subject_id.in_(held))
    await session.execute(about.values(text=None))
    name = await session.scalar(select(Person.name).where(Person.id == person_id))
    if name:
        own = MentorSession.mentor_id.in_(ids)
        named = and_(own, MentorSession.topic.contains(name, autoescape=True))
        hidden = func.replace(MentorSession.topic, name, HIDDEN)
        await session.execute(update(MentorSession).where(named).values(topic=hidden))
    await remove_documents(session, files, SHELF, ids, context)


def holds(day: date) -> ColumnElement[bool]:
    """A mentor is kept through the last day of the appointment. Who is only proposed is kept by its consent, if it gave
    one, and no longer without than anybody who is new."""
    term = MentorTerm
    runs = exists().where(term.mentor_id == Mentor.id, term.status == APPOINTED, term.last_on >= day)
    return exists().where(Mentor.person_id == Person.id, (Mentor.status == APPOINTED) | runs)
