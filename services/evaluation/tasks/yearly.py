"""The yearly evaluation: objections, vetoes, exemptions, signatures, publication, rectification."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, false, null, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from services.evaluation.access import APPROVERS, OFFICERS, bureaus_of, in_scope
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.cycles.queries import outdated_in, unmarked_by
from services.evaluation.evaluations.models import Evaluation, Exemption, Veto
from services.evaluation.evaluations.rules import UNDECIDED
from services.evaluation.objections.models import Objection
from services.evaluation.rectifications.models import Rectification, RectificationExtension
from services.evaluation.rectifications.rules import ACCEPTABLE, ORDERED, SUBMITTABLE, SUBMITTED
from services.evaluation.rubrics.pinning import pinned_edition
from shared.auth.roles import CENTRE_OPERATOR
from shared.policy.edition import Edition
from shared.tasks import Asked, Statement, TaskSource, Waiting, rows

_DECIDING: Final = ("announced",)
"""State of a cycle in which its objections are answered."""

Bureau = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]


def signs_after(asked: Asked, bureau: Bureau) -> ColumnElement[bool]:
    """Whether the caller may countersign what the named bureau approved: as an approver of another deciding bureau."""
    own: Collection[str] = {name for edition in asked.editions for name in bureaus_of(asked.principal, edition)}
    if not own:
        return false()
    return or_(*(bureau != name for name in own))


def _objections(asked: Asked) -> Statement:
    """2.3-4: signed ones, by somebody else than who entered them, before the results are approved."""
    objection, cycle = Objection, EvaluationCycle
    return (
        select(objection.id, objection.id, objection.no, objection.submitted_on, cycle.notice_until)
        .join(cycle, cycle.id == objection.cycle_id)
        .where(
            objection.status == "submitted",
            objection.submitted_by != asked.principal.account_id,
            cycle.status.in_(_DECIDING),
        )
    )


def _vetoes(asked: Asked) -> Statement:
    """2.3-2: a second person confirms or dismisses."""
    return (
        select(Veto.id, Evaluation.id, Veto.document_no, Veto.recorded_on, null())
        .join(Evaluation, Evaluation.id == Veto.evaluation_id)
        .where(Veto.status == "recorded", Veto.recorded_by != asked.principal.account_id)
    )


def _exemptions_to_approve(asked: Asked) -> Statement:
    """2.3-1: by an approver who did not propose it."""
    return select(Exemption.id, Exemption.evaluation_id, Exemption.document_no, Exemption.proposed_on, null()).where(
        Exemption.status == "proposed", Exemption.proposed_by != asked.principal.account_id
    )


def _exemptions_to_countersign(asked: Asked) -> Statement:
    """2.3-1: by an approver of the other bureau, another person again."""
    me = asked.principal.account_id
    return select(Exemption.id, Exemption.evaluation_id, Exemption.document_no, Exemption.approved_on, null()).where(
        Exemption.status == "approved",
        Exemption.proposed_by != me,
        Exemption.approved_by != me,
        signs_after(asked, Exemption.approved_bureau),
    )


def _not_by_hand(asked: Asked) -> ColumnElement[bool]:
    """Neither scored nor announced by the caller."""
    me, cycle = asked.principal.account_id, EvaluationCycle
    return and_(cycle.scored_by.is_distinct_from(me), cycle.announced_by.is_distinct_from(me))


async def _results_to_approve(asked: Asked) -> Sequence[Waiting]:
    """2.3-4: once the notice is over, every signed objection, veto and exemption is decided, every mark given and every
    score up to date."""
    cycle = EvaluationCycle
    unanswered = exists().where(Objection.cycle_id == cycle.id, Objection.status == "submitted")
    query = (
        select(cycle)
        .where(cycle.status == "announced", cycle.notice_until < asked.today, ~unanswered, _not_by_hand(asked))
        .order_by(cycle.notice_until, cycle.id)
    )
    found: list[Waiting] = []
    for year in (await asked.session.scalars(query)).all():
        edition = await pinned_edition(asked.session, asked.editions, year.edition, year.rubric_id, year.year)
        if len(found) < asked.limit and not await asked.session.scalar(select(_held_back(year, edition))):
            found.append(Waiting(year.id, year.id, year.document_no, year.notice_until, None))
    return found


def _held_back(cycle: EvaluationCycle, edition: Edition) -> ColumnElement[bool]:
    """Something of the year waits for a mark, another score, or a second person: approving it is refused."""
    waiting = (Evaluation.cycle_id == cycle.id, Evaluation.status != "published")
    within = select(Evaluation.id).where(Evaluation.cycle_id == cycle.id)
    return or_(
        exists().where(*waiting, unmarked_by(edition)),
        exists().where(*waiting, outdated_in(cycle.year)),
        exists().where(Veto.evaluation_id.in_(within), Veto.status.in_(UNDECIDED)),
        exists().where(Exemption.evaluation_id.in_(within), Exemption.status.in_(UNDECIDED)),
    )


def _results_to_countersign(asked: Asked) -> Statement:
    """2.3-4: by the other bureau."""
    cycle = EvaluationCycle
    return select(cycle.id, cycle.id, cycle.document_no, cycle.approved_on, null()).where(
        cycle.status == "approved",
        cycle.approved_by != asked.principal.account_id,
        _not_by_hand(asked),
        signs_after(asked, cycle.approved_bureau),
    )


def _results_to_publish(asked: Asked) -> Statement:
    """2.3-4: signed by both bureaus."""
    cycle = EvaluationCycle
    return select(cycle.id, cycle.id, cycle.document_no, cycle.countersigned_on, null()).where(
        cycle.status == "countersigned", _not_by_hand(asked)
    )


def _to_serve(_asked: Asked) -> Statement:
    """2.3-4: orders whose term does not run before they are served."""
    order = Rectification
    return select(order.id, order.id, order.no, order.ordered_on, null()).where(
        order.status == ORDERED, order.served_on.is_(None)
    )


def _to_rectify(asked: Asked) -> Statement:
    """2.3-4: by the centre's operator, within the term."""
    order = Rectification
    return select(order.id, order.id, order.no, order.served_on, order.due_on).where(
        order.status.in_(SUBMITTABLE), order.served_on.is_not(None), in_scope(asked.principal, order.centre_id)
    )


def _to_inspect(asked: Asked) -> Statement:
    """2.3-4: evidence that came in, by somebody else than who handed it in."""
    order = Rectification
    return select(order.id, order.id, order.no, order.submitted_on, order.due_on).where(
        order.status == SUBMITTED, order.submitted_by != asked.principal.account_id
    )


def _to_accept(asked: Asked) -> Statement:
    """2.3-4: by another person than who handed it in and who inspected."""
    order, me = Rectification, asked.principal.account_id
    return select(order.id, order.id, order.no, order.inspected_on, order.due_on).where(
        order.status.in_(ACCEPTABLE), order.submitted_by != me, order.inspected_by != me
    )


def _extensions(asked: Asked) -> Statement:
    """2.3-4: more time that somebody else asked for."""
    wanted = RectificationExtension
    return (
        select(wanted.id, Rectification.id, Rectification.no, wanted.requested_on, null())
        .join(Rectification, Rectification.id == wanted.rectification_id)
        .where(wanted.status == "requested", wanted.requested_by != asked.principal.account_id)
    )


_C: Final = "/v1/evaluation-cycles/{id}"
_E: Final = "/v1/evaluations/{id}"
_R: Final = "/v1/rectifications/{id}"

SOURCES: Final = (
    TaskSource.of(
        "objection_to_answer",
        OFFICERS,
        "/v1/objections/{id}",
        rows(_objections),
        message="task-objection-to-answer",
    ),
    TaskSource.of("veto_to_decide", OFFICERS, _E, rows(_vetoes), message="task-veto-to-decide"),
    TaskSource.of(
        "exemption_to_approve", APPROVERS, _E, rows(_exemptions_to_approve), message="task-exemption-to-approve"
    ),
    TaskSource.of(
        "exemption_to_countersign",
        APPROVERS,
        _E,
        rows(_exemptions_to_countersign),
        message="task-exemption-to-countersign",
    ),
    TaskSource.of("results_to_approve", APPROVERS, _C, _results_to_approve, message="task-results-to-approve"),
    TaskSource.of(
        "results_to_countersign",
        APPROVERS,
        _C,
        rows(_results_to_countersign),
        message="task-results-to-countersign",
    ),
    TaskSource.of("results_to_publish", APPROVERS, _C, rows(_results_to_publish), message="task-results-to-publish"),
    TaskSource.of("rectification_to_serve", OFFICERS, _R, rows(_to_serve), message="task-rectification-to-serve"),
    TaskSource.of("rectification_to_accept", OFFICERS, _R, rows(_to_accept), message="task-rectification-to-accept"),
    TaskSource.of("extension_to_decide", APPROVERS, _R, rows(_extensions), message="task-extension-to-decide"),
    TaskSource.of("rectification_due", (CENTRE_OPERATOR,), _R, rows(_to_rectify), message="task-rectification-due"),
    TaskSource.of("rectification_to_inspect", OFFICERS, _R, rows(_to_inspect), message="task-rectification-to-inspect"),
)
