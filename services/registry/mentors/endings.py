"""How an appointment ends: before its time, with its last day, or with the person's consent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.mentors import rules
from services.registry.mentors.links import end_links
from services.registry.mentors.models import Mentor, MentorTerm
from services.registry.mentors.queries import open_term
from services.registry.mentors.state import tell
from services.registry.persons.models import Person
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext

BATCH: Final = 200


async def finish(
    session: AsyncSession, mentor: Mentor, day: date, reason: str, context: EventContext, *, remark: str | None = None
) -> None:
    """The appointment is over after `day`; what hangs on it ends with it. The mentor and its person are locked."""
    if mentor.appointed_until is not None:
        day = min(day, mentor.appointed_until)
    last = func.greatest(MentorTerm.from_on - 1, func.least(MentorTerm.last_on, day))
    held = update(MentorTerm).where(MentorTerm.mentor_id == mentor.id, MentorTerm.status == rules.APPOINTED)
    await session.execute(held.where(MentorTerm.last_on > day).values(last_on=last))
    waiting = await open_term(session, mentor.id)
    if waiting is not None and reason != rules.TERM_OVER:
        _decide_no(waiting, context.actor, context.effective_on, reason)
    mentor.status, mentor.ended_on, mentor.reason_code, mentor.ended_by = rules.ENDED, day, reason, context.actor
    await session.flush()
    await end_links(session, mentor.id, day, reason, context)
    person = await session.get_one(Person, mentor.person_id)
    await tell(session, rc.MentorEnded, mentor, person, context, remark=remark)


async def end_terms(session: AsyncSession, today: date, context_on: Callable[[date], EventContext]) -> list[UUID]:
    """Mentors whose last day is over; one that is being worked on is left for the next run."""
    due = select(Mentor.id, Mentor.person_id).where(Mentor.status == rules.APPOINTED, Mentor.appointed_until < today)
    ended = []
    for mentor_id, person_id in (await session.execute(due.order_by(Mentor.id).limit(BATCH))).all():
        held = await session.scalar(select(Person.id).where(Person.id == person_id).with_for_update(skip_locked=True))
        if held is None:
            continue
        mentor = await session.get_one(Mentor, mentor_id, with_for_update=True, populate_existing=True)
        last = mentor.appointed_until
        if mentor.status == rules.APPOINTED and last is not None and last < today:
            await finish(session, mentor, last, rules.TERM_OVER, context_on(last))
            ended.append(mentor_id)
    return ended


async def drop_proposal(session: AsyncSession, mentor: Mentor, context: EventContext) -> None:
    """What was proposed cannot be: the person took back its consent."""
    term = await open_term(session, mentor.id)
    if term is not None:
        refuse(mentor, term, context.actor, context.effective_on, rules.CONSENT_WITHDRAWN)
    else:
        mentor.status, mentor.reason_code = rules.REFUSED, rules.CONSENT_WITHDRAWN
    await session.flush()
    person = await session.get_one(Person, mentor.person_id)
    await tell(session, rc.MentorRefused, mentor, person, context)


def refuse(mentor: Mentor, term: MentorTerm, actor: str, day: date, reason: str) -> None:
    """What was proposed is not to be; a term that runs goes on."""
    _decide_no(term, actor, day, reason)
    if mentor.status == rules.PROPOSED:
        mentor.status, mentor.reason_code = rules.REFUSED, reason


def _decide_no(term: MentorTerm, actor: str, day: date, reason: str) -> None:
    term.status, term.decided_by, term.decided_on, term.reason_code = rules.REFUSED, actor, day, reason
