"""What mentors keep of persons: nothing is shown and nothing goes on without their consent."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.mentors.endings import drop_proposal, finish
from services.registry.mentors.models import Mentor, MentorSession, MentorTerm
from services.registry.mentors.rules import APPOINTED, CONSENT_WITHDRAWN, OPEN, PROPOSED
from services.registry.personal_data.hooks import PendingFiles, remove_documents
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
    elif mentor.status == PROPOSED:
        await drop_proposal(session, mentor, context)


async def erase_person(session: AsyncSession, files: PendingFiles, person_id: UUID, context: EventContext) -> None:
    """What was said about the mentor, its papers and the remarks go; terms, centres and sessions stay as facts."""
    ids = list(await session.scalars(select(Mentor.id).where(Mentor.person_id == person_id)))
    if not ids:
        return
    await session.execute(update(Mentor).where(Mentor.id.in_(ids)).values(organisation=None, introduction=None))
    held = select(MentorSession.id).where(MentorSession.mentor_id.in_(ids))
    about = update(CaseRemark).where(CaseRemark.subject_id.in_(ids) | CaseRemark.subject_id.in_(held))
    await session.execute(about.values(text=None))
    name = await session.scalar(select(Person.name).where(Person.id == person_id))
    if name:
        named = MentorSession.topic.contains(name, autoescape=True)
        hidden = func.replace(MentorSession.topic, name, "***")
        await session.execute(update(MentorSession).where(named).values(topic=hidden))
    await remove_documents(session, files, SHELF, ids, context)


def holds(day: date) -> ColumnElement[bool]:
    """Somebody proposed or appointed is kept, and a mentor through the last day of the appointment."""
    term = MentorTerm
    runs = exists().where(term.mentor_id == Mentor.id, term.status == APPOINTED, term.last_on >= day)
    return exists().where(Mentor.person_id == Person.id, Mentor.status.in_(OPEN) | runs)
