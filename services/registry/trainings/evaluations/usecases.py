"""What those who attended thought of a session: once each, and nobody's in the results (4.8-2)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.policy import edition_at
from services.registry.trainings import rules
from services.registry.trainings.evaluations.schemas import CriterionOut, Evaluate, TrainingResultsOut
from services.registry.trainings.models import Enrolment, TrainingEvaluation, TrainingSession
from services.registry.trainings.scopes import find_session, find_session_kept, lock_own_enrolment, require_not_running
from shared.auth.principal import Principal
from shared.errors import DomainError
from shared.http.validation import Fault, PayloadInvalid
from shared.policy.edition import Editions


async def evaluate(
    session: AsyncSession, editions: Editions, principal: Principal, training_id: UUID, sent: Evaluate
) -> int:
    """Keep an answer apart from who gave it; how many there are.

    The enrolment keeps that there was one, the answer neither whose nor when, and no event tells of it: its time and
    actor would. Raises 403 `four-eyes-required` for whoever runs the session, 409 `training-not-attended`,
    `training-already-evaluated`, `training-evaluation-over`, and 422 for other criteria than the edition's.
    """
    training = await find_session(session, training_id)
    await require_not_running(session, principal, training)
    enrolment = await lock_own_enrolment(session, principal, training.id, sent.enrolment_id)
    if enrolment is None or enrolment.status != rules.ATTENDED:
        raise DomainError("training-not-attended", 409, clauses=["4.8-2"])
    if enrolment.evaluated:
        raise DomainError("training-already-evaluated", 409, clauses=["4.8-2"])
    last = open_until(editions, training)
    if principal.today > last:
        raise DomainError("training-evaluation-over", 409, params={"last": last}, clauses=["4.8-2"])
    criteria = edition_at(editions, training.ended_on).training.evaluation_criteria
    if set(sent.scores) != set(criteria):
        raise PayloadInvalid(Fault("scores", "enum", {"expected": ", ".join(criteria)}))
    enrolment.evaluated = True
    session.add(
        TrainingEvaluation(
            id=uuid4(),
            session_id=training.id,
            scores={name: sent.scores[name] for name in criteria},
            comment=sent.comment,
        )
    )
    await session.flush()
    return await _answers(session, training)


async def results(
    session: AsyncSession, editions: Editions, principal: Principal, training_id: UUID
) -> TrainingResultsOut:
    """For whoever runs the session or reads it as a bureau: nothing but a count until there are the edition's minimum
    of answers and no more can come, so that nobody sees whose answer was the last. Raises 404."""
    training = await find_session_kept(session, principal, training_id)
    edition = edition_at(editions, training.ended_on)
    given = select(TrainingEvaluation).where(TrainingEvaluation.session_id == training.id)
    answers = list(await session.scalars(given.order_by(TrainingEvaluation.id)))
    of_session = select(func.count()).where(Enrolment.session_id == training.id, Enrolment.status == rules.ATTENDED)
    attended = await session.scalar(of_session) or 0
    minimum, last = edition.training.minimum_answers.value, open_until(editions, training)
    complete = len(answers) == attended or principal.today > last
    shown = len(answers) >= minimum and training.status == rules.COMPLETED and complete
    return TrainingResultsOut(
        session_id=training.id,
        attended=attended,
        answers=len(answers),
        minimum_answers=minimum,
        open_until=last,
        shown=shown,
        criteria=[_criterion(name, answers) for name in edition.training.evaluation_criteria] if shown else [],
        comments=[one.comment for one in answers if one.comment is not None] if shown else [],
    )


def open_until(editions: Editions, training: TrainingSession) -> date:
    """The last day on which an answer is taken."""
    begins = training.completed_on or training.ended_on
    return begins + timedelta(days=edition_at(editions, training.ended_on).training.evaluation_days.value)


async def _answers(session: AsyncSession, training: TrainingSession) -> int:
    query = select(func.count()).where(TrainingEvaluation.session_id == training.id)
    return await session.scalar(query) or 0


def _criterion(name: str, answers: list[TrainingEvaluation]) -> CriterionOut:
    scores = [score for one in answers if isinstance(score := one.scores.get(name), int)]
    counts = [scores.count(score) for score in range(1, 6)]
    return CriterionOut(criterion=name, average=rules.average(scores), counts=counts)
