"""Opening and dropping cases as preliminary results come and go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.centres import states_on
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.delistings import rules
from services.evaluation.delistings.models import DelistingCase
from services.evaluation.delistings.records.queries import counted_years
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.numbering import reserve_case_nos
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.ids import uuid7
from shared.policy.decision import Decision
from shared.policy.edition import Edition, Editions

PRELIMINARY = ("announced", "approved", "countersigned", "publishing", "published")
"""States of a cycle in which its unpublished results are preliminary: announced, not yet final."""


@dataclass(frozen=True, slots=True)
class _Second:
    """A preliminary fail that completes a run."""

    evaluation: Evaluation
    edition: Edition
    decision: Decision
    first_year: int
    last_year: int


async def open_cases(
    session: AsyncSession, editions: Editions, which: ColumnElement[bool], context: EventContext
) -> list[UUID]:
    """Open a case for each preliminary fail among `which` that completes a run of final ones and has none yet (2.3-5).

    The evaluations or their cycle are locked by the caller. Returns the ids of the new cases.
    """
    evaluation = Evaluation
    known = select(DelistingCase.id).where(
        DelistingCase.evaluation_id == evaluation.id, DelistingCase.status != rules.DROPPED
    )
    delisted = select(DelistingCase.id).where(
        DelistingCase.centre_id == evaluation.centre_id, DelistingCase.status.in_(rules.IN_FORCE)
    )
    preliminary = (
        select(evaluation)
        .join(EvaluationCycle, EvaluationCycle.id == evaluation.cycle_id)
        .where(
            which,
            evaluation.status == "scored",
            evaluation.failing,
            EvaluationCycle.status.in_(PRELIMINARY),
            ~known.exists(),
            ~delisted.exists(),
        )
        .order_by(evaluation.id)
    )
    failing = (await session.scalars(preliminary)).all()
    if not failing:
        return []
    outcomes = await counted_years(session, (found.centre_id for found in failing))
    seconds = list(_seconds(editions, failing, outcomes))
    cases = await _insert(session, seconds, context)
    for edition_id in sorted({case.edition for case in cases}):
        rows = [(case.id, case.version, state_of(case)) for case in cases if case.edition == edition_id]
        applied = ("delisting.consecutive_failures", "delisting.operator_of_record")
        await outbox.append_many(session, ec.DelistingOpened, rows, context=context, rules=applied, edition=edition_id)
    return [case.id for case in cases]


def _seconds(
    editions: Editions, failing: Sequence[Evaluation], outcomes: Mapping[UUID, Mapping[int, rules.Outcome]]
) -> Iterable[_Second]:
    for evaluation in failing:
        edition = editions.get(evaluation.edition)
        years: dict[int, rules.Outcome] = {**outcomes.get(evaluation.centre_id, {}), evaluation.year: "failed"}
        decision = rules.decide_consecutive_failure(edition, evaluation.year, years)
        inputs = decision.results[0].inputs
        first, last = inputs["first_failed_year"], inputs["last_failed_year"]
        if isinstance(first, int) and isinstance(last, int):
            yield _Second(evaluation, edition, decision, first, last)


async def _insert(session: AsyncSession, seconds: Sequence[_Second], context: EventContext) -> list[DelistingCase]:
    operators = await _operators_of_record(session, seconds)
    numbers = await reserve_case_nos(session, "DL", context.effective_on.year, len(seconds))
    cases = [
        DelistingCase(
            id=uuid7(),
            no=no,
            version=1,
            centre_id=second.evaluation.centre_id,
            evaluation_id=second.evaluation.id,
            edition=second.edition.id,
            status=rules.OPENED,
            first_failed_year=second.first_year,
            second_failed_year=second.last_year,
            operator_code=operators[second.evaluation.id][0],
            operator_name=operators[second.evaluation.id][1],
            operator_barred=second.edition.ban.bars_operator.value,
            decision=second.decision.to_json(),
            opened_on=context.effective_on,
            last_step_on=context.effective_on,
            hearing_requested=False,
        )
        for no, second in zip(numbers, seconds, strict=True)
    ]
    session.add_all(cases)
    await session.flush()
    return cases


async def _operators_of_record(session: AsyncSession, seconds: Sequence[_Second]) -> dict[UUID, tuple[str, str]]:
    """By evaluation: who ran the centre on the edition's day of the last failed year (2.3-6)."""
    found: dict[UUID, tuple[str, str]] = {}
    by_day: dict[date, list[_Second]] = {}
    for second in seconds:
        by_day.setdefault(rules.operator_day(second.edition, second.last_year), []).append(second)
    for day, same_day in by_day.items():
        state = states_on(day, [second.evaluation.centre_id for second in same_day])
        rows = await session.execute(select(state.c.centre_id, state.c.operator_code, state.c.operator_name))
        operators = {row.centre_id: (row.operator_code, row.operator_name) for row in rows}
        found |= {second.evaluation.id: operators[second.evaluation.centre_id] for second in same_day}
    return found


async def drop_case(session: AsyncSession, case: DelistingCase, context: EventContext) -> None:
    """Close a case, locked by the caller, whose second fail did not become final; what was recorded stays."""
    case.status = rules.DROPPED
    applied = ("delisting.consecutive_failures",)
    await outbox.append(
        session, ec.DelistingDropped, case, state_of(case), context=context, rules=applied, edition=case.edition
    )


async def drop_unfounded(session: AsyncSession, cycle_id: UUID, context: EventContext) -> None:
    """Drop the cases of a year, announced anew, whose fail did not last."""
    query = (
        select(DelistingCase)
        .join(Evaluation, Evaluation.id == DelistingCase.evaluation_id)
        .where(
            Evaluation.cycle_id == cycle_id,
            Evaluation.status != "published",
            ~Evaluation.failing,
            DelistingCase.status != rules.DROPPED,
        )
        .order_by(DelistingCase.id)
    )
    for case in await session.scalars(query.with_for_update(of=DelistingCase)):
        await drop_case(session, case, context)


async def open_case_of(session: AsyncSession, evaluation_id: UUID) -> DelistingCase | None:
    """The evaluation's case that was not dropped, locked."""
    case: DelistingCase | None = await session.scalar(
        select(DelistingCase)
        .where(DelistingCase.evaluation_id == evaluation_id, DelistingCase.status != rules.DROPPED)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return case


async def follow_result(
    session: AsyncSession, editions: Editions, evaluation: Evaluation, context: EventContext
) -> None:
    """After a preliminary result changed: drop the case it no longer carries, or open the one that it now does."""
    case = await open_case_of(session, evaluation.id)
    if case is not None and not evaluation.failing:
        await drop_case(session, case, context)
    elif case is None and evaluation.failing:
        await open_cases(session, editions, Evaluation.id == evaluation.id, context)


def state_of(case: DelistingCase) -> ec.DelistingState:
    """The case as its events tell it."""
    return ec.DelistingState(
        id=case.id,
        no=case.no,
        centre_id=case.centre_id,
        status=case.status,
        first_failed_year=case.first_failed_year,
        second_failed_year=case.second_failed_year,
        operator_code=case.operator_code,
        operator_barred=case.operator_barred,
    )
