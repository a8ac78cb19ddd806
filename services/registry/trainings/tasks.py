"""What waits for people around training."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from sqlalchemy import Date, and_, cast, exists, null, select

from services.registry.persons.models import Person
from services.registry.tasks.cases import by_others
from services.registry.trainings import rules
from services.registry.trainings.models import Enrolment, TrainingCertificate, TrainingCourse, TrainingSession
from services.registry.trainings.scopes import DECIDERS, LEADS, PARTIES, keeps_session, own_enrolments
from shared.auth.roles import CENTRE_OPERATOR, FOUNDER
from shared.tasks import Asked, Statement, TaskSource, rows

KEEPERS: Final = (CENTRE_OPERATOR, *LEADS)


def _courses(asked: Asked) -> Statement:
    course = TrainingCourse
    return select(course.id, course.id, course.no, null(), null()).where(
        course.status == rules.DRAFT, by_others(asked, course.drafted_by)
    )


def _sessions_to_complete(asked: Asked) -> Statement:
    """The last meeting is over."""
    one = TrainingSession
    return select(one.id, one.id, one.no, one.ended_on, null()).where(
        one.status == rules.PLANNED, one.ended_on < asked.today, keeps_session(asked.principal)
    )


def _certificates(asked: Asked) -> Statement:
    """Somebody attended and has no certificate yet."""
    one = TrainingSession
    has_one = exists().where(TrainingCertificate.enrolment_id == Enrolment.id)
    waits = exists().where(Enrolment.session_id == one.id, Enrolment.status == rules.ATTENDED, ~has_one)
    certified = exists().where(TrainingCourse.id == one.course_id, TrainingCourse.certified)
    return select(one.id, one.id, one.no, one.completed_on, null()).where(
        one.status == rules.COMPLETED, certified, waits, keeps_session(asked.principal)
    )


def _notices(kind: str, *, over: bool = False) -> Callable[[Asked], Statement]:
    """Enrolments with that notice, for whoever speaks for them, while the session is to come, or also when it is
    `over`."""

    def found(asked: Asked) -> Statement:
        one = Enrolment
        to_come = exists().where(TrainingSession.id == one.session_id, TrainingSession.ended_on >= asked.today)
        mine = select(one.id, one.id, one.no, one.notice_on, null()).where(
            one.notice == kind, own_enrolments(asked.principal)
        )
        return mine if over else mine.where(to_come)

    return found


def _strikes(asked: Asked) -> Statement:
    """Completed sessions: what one of those who run them noted, for another one."""
    one = Enrolment
    run = exists().where(TrainingSession.id == one.session_id, keeps_session(asked.principal))
    return select(one.id, one.id, one.no, null(), null()).where(
        one.strike_noted_by.is_not(None), one.strike_noted_by != asked.principal.account_id, run
    )


def _evaluations(asked: Asked) -> Statement:
    """Sessions that the founder attended and has said nothing of."""
    days = max((edition.training.evaluation_days.value for edition in asked.editions), default=0)
    one, held = Enrolment, TrainingSession
    mine = select(Person.id).where(Person.ref == asked.principal.person_ref)
    last = cast(held.completed_on + timedelta(days=days), Date)
    return (
        select(one.id, held.id, held.no, held.completed_on, last)
        .join(held, held.id == one.session_id)
        .where(and_(one.status == rules.ATTENDED, ~one.evaluated, one.person_id.in_(mine), last >= asked.today))
    )


_E: Final = "/v1/training-enrolments/{id}"
_S: Final = "/v1/training-sessions/{id}"

SOURCES: Final = (
    TaskSource.of(
        "course_to_publish", DECIDERS, "/v1/trainings/{id}", rows(_courses), message="task-training-course-to-publish"
    ),
    TaskSource.of(
        "session_to_complete", KEEPERS, _S, rows(_sessions_to_complete), message="task-training-session-to-complete"
    ),
    TaskSource.of(
        "certificates_to_issue", KEEPERS, _S, rows(_certificates), message="task-training-certificates-to-issue"
    ),
    TaskSource.of(
        "place_promoted", PARTIES, _E, rows(_notices(rules.PROMOTED)), message="task-training-place-promoted"
    ),
    TaskSource.of("session_moved", PARTIES, _E, rows(_notices(rules.MOVED)), message="task-training-session-moved"),
    TaskSource.of(
        "session_cancelled",
        PARTIES,
        _E,
        rows(_notices(rules.SESSION_CANCELLED)),
        message="task-training-session-cancelled",
    ),
    TaskSource.of(
        "attendance_struck",
        PARTIES,
        _E,
        rows(_notices(rules.ATTENDANCE_STRUCK, over=True)),
        message="task-training-attendance-struck",
    ),
    TaskSource.of("strike_to_decide", KEEPERS, _E, rows(_strikes), message="task-training-strike-to-decide"),
    TaskSource.of("training_to_evaluate", (FOUNDER,), _S, rows(_evaluations), message="task-training-to-evaluate"),
)
