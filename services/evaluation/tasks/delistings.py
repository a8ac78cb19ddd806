"""The next step of each delisting case, for those who may take it (2.3-5)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, and_, exists, false, null, or_, select

from services.evaluation.access import APPROVERS, OFFICERS, bureaus_of, in_scope
from services.evaluation.delistings import rules
from services.evaluation.delistings.models import DelistingCase, DelistingStep
from services.evaluation.tasks.yearly import signs_after
from shared.auth.roles import CENTRE_OPERATOR
from shared.tasks import Asked, Statement, TaskSource, rows


def _next_is(asked: Asked, step: str) -> ColumnElement[bool]:
    """Whether a case's next step is this one, in the order of its own edition's procedure."""
    places = [
        and_(DelistingCase.edition == edition.id, DelistingCase.status.in_(rules.states_before(edition, step)))
        for edition in asked.editions
        if step in edition.procedure.steps.value
    ]
    return or_(false(), *places)


def _no_hand_in_it(asked: Asked) -> ColumnElement[bool]:
    """Whoever took any step of a case neither decides nor countersigns it."""
    me = asked.principal.account_id
    own = exists().where(DelistingStep.case_id == DelistingCase.id, DelistingStep.actor == me)
    by_mark = (DelistingCase.notice_served_by, DelistingCase.reviewed_by, DelistingCase.decided_by)
    return and_(~own, *(mark.is_distinct_from(me) for mark in by_mark))


def _notices(asked: Asked) -> Statement:
    case = DelistingCase
    return select(case.id, case.id, case.no, case.opened_on, null()).where(_next_is(asked, rules.NOTICE))


def _statements(asked: Asked) -> Statement:
    """The operator's, while the term runs."""
    case = DelistingCase
    return select(case.id, case.id, case.no, case.notice_served_on, case.statement_due_on).where(
        _next_is(asked, rules.STATEMENT),
        case.statement_due_on >= asked.today,
        in_scope(asked.principal, case.centre_id),
    )


def _statements_over(asked: Asked) -> Statement:
    """Terms that passed without a statement: an officer records that."""
    case = DelistingCase
    return select(case.id, case.id, case.no, case.notice_served_on, null()).where(
        _next_is(asked, rules.STATEMENT), case.statement_due_on < asked.today
    )


def _hearings(asked: Asked) -> Statement:
    case = DelistingCase
    return select(case.id, case.id, case.no, case.last_step_on, null()).where(
        _next_is(asked, rules.HEARING), case.hearing_requested
    )


def _reviews(asked: Asked) -> Statement:
    """Once the hearing was held, or nobody can ask for one any more."""
    case = DelistingCase
    unheard = and_(~case.hearing_requested, case.hearing_request_due_on < asked.today)
    return select(case.id, case.id, case.no, case.last_step_on, null()).where(
        _next_is(asked, rules.LEGAL_REVIEW), or_(case.status == rules.HEARING, unheard)
    )


def _decisions(asked: Asked) -> Statement | None:
    """By an approver of a deciding bureau."""
    if not any(bureaus_of(asked.principal, edition) for edition in asked.editions):
        return None
    case = DelistingCase
    return select(case.id, case.id, case.no, case.last_step_on, null()).where(
        _next_is(asked, rules.DECISION), _no_hand_in_it(asked)
    )


def _countersignatures(asked: Asked) -> Statement:
    """By the other bureau."""
    case = DelistingCase
    return select(case.id, case.id, case.no, case.decided_on, null()).where(
        _next_is(asked, rules.COUNTERSIGNATURE), _no_hand_in_it(asked), signs_after(asked, case.decided_bureau)
    )


def _services(asked: Asked) -> Statement:
    """Published decisions that nobody has recorded the service of."""
    case = DelistingCase
    return select(case.id, case.id, case.no, case.published_on, null()).where(
        case.status.in_(rules.IN_FORCE), case.served_on.is_(None)
    )


_LINK: Final = "/v1/delistings/{id}"

SOURCES: Final = (
    TaskSource.of("delisting_notice", OFFICERS, _LINK, rows(_notices), message="task-delisting-notice"),
    TaskSource.of(
        "delisting_statement", (CENTRE_OPERATOR,), _LINK, rows(_statements), message="task-delisting-statement"
    ),
    TaskSource.of(
        "delisting_statement_over", OFFICERS, _LINK, rows(_statements_over), message="task-delisting-statement-over"
    ),
    TaskSource.of("delisting_hearing", OFFICERS, _LINK, rows(_hearings), message="task-delisting-hearing"),
    TaskSource.of("delisting_legal_review", OFFICERS, _LINK, rows(_reviews), message="task-delisting-legal-review"),
    TaskSource.of("delisting_to_decide", APPROVERS, _LINK, rows(_decisions), message="task-delisting-to-decide"),
    TaskSource.of(
        "delisting_to_countersign",
        APPROVERS,
        _LINK,
        rows(_countersignatures),
        message="task-delisting-to-countersign",
    ),
    TaskSource.of("delisting_to_serve", OFFICERS, _LINK, rows(_services), message="task-delisting-to-serve"),
)
