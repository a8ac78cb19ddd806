"""What waits around mentors: appointments to decide and to prepare, sessions to confirm, centres without a mentor."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import exists, not_, null, select

from services.registry.centres.models import Centre
from services.registry.mentors.coverage import covered_on, on_the_list
from services.registry.mentors.models import Mentor, MentorSession, MentorTerm
from services.registry.mentors.queries import DECIDERS, KEEPERS, advised_scope
from services.registry.mentors.rules import ANSWERABLE, APPOINTED, PROPOSED
from services.registry.policy import edition_at
from services.registry.tasks.cases import by_others
from shared.auth.roles import ENTERPRISE, FOUNDER
from shared.tasks import Asked, Statement, TaskSource, rows


def _to_decide(asked: Asked) -> Statement:
    term = MentorTerm
    return (
        select(term.id, Mentor.id, Mentor.no, term.proposed_on, term.until_on)
        .join(Mentor, Mentor.id == term.mentor_id)
        .where(term.status == PROPOSED, by_others(asked, term.proposed_by))
    )


def _ending(asked: Asked) -> Statement:
    """Terms that may be renewed by now, and no next one is proposed."""
    days = edition_at(asked.editions, asked.today).mentors.reappointment_days.value
    waiting = exists().where(MentorTerm.mentor_id == Mentor.id, MentorTerm.status == PROPOSED)
    return select(Mentor.id, Mentor.id, Mentor.no, null(), Mentor.appointed_until).where(
        Mentor.status == APPOINTED, Mentor.appointed_until <= asked.today + timedelta(days), not_(waiting)
    )


def _sessions(asked: Asked) -> Statement:
    held = MentorSession
    return select(held.id, held.id, held.no, held.held_on, null()).where(
        held.status.in_(ANSWERABLE), advised_scope(asked.principal), by_others(asked, held.recorded_by)
    )


def _uncovered(asked: Asked) -> Statement | None:
    """4.8-1: full coverage; as long as there is nobody to send, there is nothing to do."""
    if not edition_at(asked.editions, asked.today).mentors.covers_every_centre.value:
        return None
    term = MentorTerm
    anybody = exists().where(term.status == APPOINTED, term.from_on <= asked.today, term.last_on >= asked.today)
    return select(Centre.id, Centre.id, Centre.no, Centre.listed_on, null()).where(
        on_the_list(asked.today), not_(covered_on(asked.today)), anybody
    )


SOURCES: Final = (
    TaskSource.of("mentor_to_decide", DECIDERS, "/v1/mentors/{id}", rows(_to_decide), message="task-mentor-to-decide"),
    TaskSource.of("mentor_term_ending", KEEPERS, "/v1/mentors/{id}", rows(_ending), message="task-mentor-term-ending"),
    TaskSource.of(
        "mentor_session_to_confirm",
        (ENTERPRISE, FOUNDER),
        "/v1/mentors/sessions/{id}",
        rows(_sessions),
        message="task-mentor-session-to-confirm",
    ),
    TaskSource.of(
        "centre_without_mentor",
        KEEPERS,
        "/v1/centres/{id}",
        rows(_uncovered),
        message="task-centre-without-mentor",
    ),
)
