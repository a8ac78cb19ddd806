"""Evaluations, and what changes them, as the event log tells them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import AnyRow
from services.evaluation.evaluations.models import Evaluation, Exemption, ExpertScore, Veto
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.events.types import EventType

FIELDS: Final = tuple(ec.EvaluationState.model_fields)
"""Columns of an evaluation that its events carry."""

_VETO_EVENTS: Final = {
    "recorded": ec.VetoRecorded,
    "confirmed": ec.VetoConfirmed,
    "dismissed": ec.VetoDismissed,
}
_EXEMPTION_EVENTS: Final = {
    "proposed": ec.ExemptionProposed,
    "approved": ec.ExemptionApproved,
    "granted": ec.ExemptionGranted,
    "refused": ec.ExemptionRefused,
}


async def tell_enrolled(
    session: AsyncSession, edition: str, rows: Iterable[Mapping[str, object]], context: EventContext
) -> None:
    """Centres that now belong to the year, just inserted with version 1."""
    nothing = {"score": None, "sheet_id": None, "grade": None}
    states = [ec.EvaluationState.model_validate({**nothing, **row}) for row in rows]
    enrolled = [(state.id, 1, state) for state in states]
    rules = ("evaluation.yearly",)
    await outbox.append_many(session, ec.ResultEnrolled, enrolled, context=context, rules=rules, edition=edition)


async def tell_scored(
    session: AsyncSession,
    edition: str,
    evaluations: Sequence[Evaluation],
    changes: Sequence[Mapping[str, object]],
    context: EventContext,
) -> None:
    """New scores: what each evaluation was when it was locked, with the columns that the score has changed since."""
    scored = [
        (evaluation.id, evaluation.version + 1, _state(evaluation, change))
        for evaluation, change in zip(evaluations, changes, strict=True)
    ]
    rules = ("evaluation.rubric", "evaluation.band")
    await outbox.append_many(session, ec.ResultScored, scored, context=context, rules=rules, edition=edition)


async def tell_graded(session: AsyncSession, edition: str, rows: Iterable[AnyRow], context: EventContext) -> None:
    """Rows as an UPDATE returned them: `FIELDS` and `version`."""
    graded = [(row.id, row.version, _state(row, {})) for row in rows]
    rules = ("evaluation.band",)
    await outbox.append_many(session, ec.ResultGraded, graded, context=context, rules=rules, edition=edition)


def _state(row: Evaluation | AnyRow, changes: Mapping[str, object]) -> ec.EvaluationState:
    return ec.EvaluationState.model_validate({name: getattr(row, name) for name in FIELDS} | dict(changes))


async def tell_mark(
    session: AsyncSession,
    evaluation: Evaluation,
    mark: ExpertScore,
    context: EventContext,
    rules: Sequence[str] = (),
) -> None:
    """A mark is never changed, so that this is its only event."""
    data = ec.MarkState(
        id=mark.id,
        evaluation_id=mark.evaluation_id,
        centre_id=evaluation.centre_id,
        year=evaluation.year,
        indicator=mark.indicator,
        mark=mark.mark,
        marked_on=mark.marked_on,
        round=mark.round,
        assignment_ids=tuple(UUID(str(assignment)) for assignment in mark.agreed_from or ()),
    )
    entered: list[tuple[UUID, int, ec.MarkState]] = [(mark.id, 1, data)]
    applied = ("evaluation.rubric", *rules)
    await outbox.append_many(
        session, ec.MarkEntered, entered, context=context, rules=applied, edition=evaluation.edition
    )


async def tell_veto(session: AsyncSession, evaluation: Evaluation, veto: Veto, context: EventContext) -> None:
    """A veto in the state that it has just reached."""
    data = ec.VetoState(
        id=veto.id,
        evaluation_id=veto.evaluation_id,
        centre_id=evaluation.centre_id,
        year=evaluation.year,
        code=veto.code,
        status=veto.status,
        document_no=veto.document_no,
        recorded_on=veto.recorded_on,
        decided_on=veto.decided_on,
    )
    rules = ("evaluation.veto",)
    happened: EventType[ec.VetoState] = _VETO_EVENTS[veto.status]
    await outbox.append(session, happened, veto, data, context=context, rules=rules, edition=evaluation.edition)


async def tell_exemption(
    session: AsyncSession,
    evaluation: Evaluation,
    exemption: Exemption,
    context: EventContext,
    rules: Sequence[str] = ("evaluation.exemption",),
) -> None:
    """An exemption in the state that it has just reached."""
    data = ec.ExemptionState(
        id=exemption.id,
        evaluation_id=exemption.evaluation_id,
        centre_id=evaluation.centre_id,
        year=evaluation.year,
        status=exemption.status,
        reason=exemption.reason,
        document_no=exemption.document_no,
        minutes_no=exemption.minutes_no,
        proposed_on=exemption.proposed_on,
        approved_on=exemption.approved_on,
        approved_bureau=exemption.approved_bureau,
        countersigned_on=exemption.countersigned_on,
        countersigned_bureau=exemption.countersigned_bureau,
    )
    happened: EventType[ec.ExemptionState] = _EXEMPTION_EVENTS[exemption.status]
    await outbox.append(session, happened, exemption, data, context=context, rules=rules, edition=evaluation.edition)
