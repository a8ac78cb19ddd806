"""Carrying out rehearsals: batch by batch, resumable, in tables of their own. Nothing official is touched."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import AnyRow, table_of
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.evaluations.gather import Frame, Gathered, frame_of, gather
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.evaluations.scoring import number, subject_of
from services.evaluation.projections import known_centre
from services.evaluation.rubrics.content import values_of
from services.evaluation.rubrics.models import Rehearsal, RehearsedCentre, RubricRevision
from services.evaluation.rubrics.pinning import pinned_edition, with_rubric
from services.evaluation.rubrics.rehearsals.ranking import Entrant, grades_of
from services.evaluation.rubrics.rules import Listing, Score, score
from services.evaluation.settings import EvaluationSettings
from shared.operations.worker import Work, hold, run_waiting as run_work, work_for_ever
from shared.policy.edition import Editions
from shared.policy.rubric import Rubric
from shared.runtime import Runtime

AT_ONCE: Final = 200
NAMED_AT_MOST: Final = 50
"""Centres whose grade would change that the result names; the list of centres has all."""

_MEANS: Final = text(
    "SELECT side, key, avg(value::numeric) AS mean FROM ("
    " SELECT 'old' AS side, p.key, p.value FROM rubric_rehearsal_line l, jsonb_each_text(l.old_points) p"
    " WHERE l.rehearsal_id = :id"
    " UNION ALL SELECT 'new', p.key, p.value FROM rubric_rehearsal_line l, jsonb_each_text(l.new_points) p"
    " WHERE l.rehearsal_id = :id) AS points GROUP BY side, key ORDER BY key"
)


@dataclass(frozen=True, slots=True)
class Sides:
    """The year under the rubric it was evaluated by and under the draft."""

    old: Frame
    new: Frame
    unmarked: tuple[str, ...]
    """Expert indicators that nobody could have marked: they are left out of the comparison."""


async def work_rehearsals(runtime: Runtime) -> None:
    """Carry out rehearsals for ever, in the elected process."""
    await work_for_ever(runtime, WORK, EvaluationSettings().operations_poll_seconds)


async def run_rehearsals(runtime: Runtime) -> int:
    """Finish every rehearsal that is running; returns how many there were."""
    return await run_work(runtime, WORK)


async def _rehearse(runtime: Runtime, rehearsal_id: UUID) -> None:
    async with runtime.db.transaction() as session:
        sides = await _sides(session, runtime.editions, await session.get_one(Rehearsal, rehearsal_id))
    while await runtime.db.run(lambda session: _compare_some(session, rehearsal_id, sides)):
        await asyncio.sleep(0)
    await runtime.db.run(lambda session: _finish(session, rehearsal_id, sides))


async def _sides(session: AsyncSession, editions: Editions, rehearsal: Rehearsal) -> Sides:
    cycle = await session.get_one(EvaluationCycle, rehearsal.cycle_id)
    version = await session.get_one(RubricRevision, (rehearsal.rubric_id, rehearsal.revision))
    old = await pinned_edition(session, editions, cycle.edition, cycle.rubric_id, cycle.year)
    draft = Rubric.model_validate(values_of(version.content).model_dump())
    marked = {found.id for found in _experts(old.rubric)}
    unmarked = tuple(found.id for found in _experts(draft) if found.id not in marked)
    as_of = cycle.scored_on or date(cycle.year + 1, 12, 31)
    return Sides(frame_of(old, cycle.year, as_of), frame_of(with_rubric(old, draft), cycle.year, as_of), unmarked)


def _experts(rubric: Rubric) -> list[Any]:
    return [found for found in (*rubric.indicators, *rubric.bonus) if found.kind == "expert"]


async def _compare_some(session: AsyncSession, rehearsal_id: UUID, sides: Sides) -> bool:
    """The next centres, by both rubrics on the facts as they are now; False when there are none."""
    rehearsal = await hold(session, Rehearsal, rehearsal_id)
    done = select(RehearsedCentre.evaluation_id).where(RehearsedCentre.rehearsal_id == rehearsal.id)
    query = select(Evaluation).where(Evaluation.cycle_id == rehearsal.cycle_id, Evaluation.id.not_in(done))
    evaluations = (await session.scalars(query.order_by(Evaluation.id).limit(AT_ONCE))).all()
    if not evaluations:
        return False
    subjects = [subject_of(evaluation) for evaluation in evaluations]
    old = await gather(session, sides.old, subjects)
    new = await gather(session, sides.new, subjects)
    lines = [_line(rehearsal, evaluation, sides, old[evaluation.id], new[evaluation.id]) for evaluation in evaluations]
    await session.execute(insert(RehearsedCentre), lines)
    rehearsal.done = min(rehearsal.done + len(lines), rehearsal.total)
    return True


def _line(
    rehearsal: Rehearsal, evaluation: Evaluation, sides: Sides, old: Gathered, new: Gathered
) -> dict[str, object]:
    nothing: dict[str, Decimal | None] = dict.fromkeys(sides.unmarked)
    by_old = score(sides.old.edition.rubric, old.facts)
    by_new = score(sides.new.edition.rubric, replace(new.facts, marks=nothing | dict(new.facts.marks)))
    return {
        "rehearsal_id": rehearsal.id,
        "evaluation_id": evaluation.id,
        "centre_id": evaluation.centre_id,
        "tier": evaluation.tier,
        "exempt": evaluation.exempt,
        "recorded_score": evaluation.score,
        "recorded_grade": evaluation.grade,
        "old_score": by_old.rounded,
        "new_score": by_new.rounded,
        "new_bonus": by_new.bonus,
        "vetoes": old.vetoes,
        "old_grade": None,
        "new_grade": None,
        "old_points": _points(by_old),
        "new_points": _points(by_new),
    }


def _points(computed: Score) -> dict[str, JsonValue]:
    return {line.indicator.id: number(line.points) if line.applicable else None for line in computed.lines}


async def _finish(session: AsyncSession, rehearsal_id: UUID, sides: Sides) -> None:
    rehearsal = await hold(session, Rehearsal, rehearsal_id)
    rows = await _scores(session, rehearsal.id)
    old = grades_of(sides.old.edition, rehearsal.year, [_entrant(row, "old") for row in rows])
    new = grades_of(sides.new.edition, rehearsal.year, [_entrant(row, "new") for row in rows])
    if rows:
        await _write_grades(session, rehearsal.id, old, new)
    rehearsal.finish(_result(sides, rows, old, new) | {"indicators": await _means(session, rehearsal.id)})


async def _scores(session: AsyncSession, rehearsal_id: UUID) -> Sequence[AnyRow]:
    line, evaluation = RehearsedCentre, Evaluation
    scores = (line.evaluation_id, line.centre_id, line.tier, line.exempt, line.vetoes, line.old_score, line.new_score)
    listing = (evaluation.listed_on, evaluation.delisted_on, evaluation.withdrawn_on)
    query = (
        select(*scores, line.recorded_score, *listing, known_centre.c.no)
        .join(evaluation, evaluation.id == line.evaluation_id)
        .join(known_centre, known_centre.c.id == line.centre_id)
        .where(line.rehearsal_id == rehearsal_id)
        .order_by(known_centre.c.no)
    )
    return (await session.execute(query)).all()


def _entrant(row: AnyRow, side: Literal["old", "new"]) -> Entrant:
    listing = Listing(row.listed_on, row.delisted_on, row.withdrawn_on)
    found = row.old_score if side == "old" else row.new_score
    return Entrant(row.evaluation_id, row.tier, listing, row.exempt, tuple(row.vetoes), found)


async def _write_grades(session: AsyncSession, rehearsal_id: UUID, old: dict[UUID, str], new: dict[UUID, str]) -> None:
    table = table_of(RehearsedCentre)
    changed = (
        update(table)
        .where(table.c.rehearsal_id == rehearsal_id, table.c.evaluation_id == bindparam("key"))
        .values(old_grade=bindparam("old"), new_grade=bindparam("new"))
    )
    grades = [{"key": key, "old": grade, "new": new[key]} for key, grade in old.items()]
    await (await session.connection()).execute(changed, grades)


def _result(sides: Sides, rows: Sequence[AnyRow], old: dict[UUID, str], new: dict[UUID, str]) -> dict[str, JsonValue]:
    """Counts over all centres, and the first whose grade would change."""
    moves = Counter(f"{old[row.evaluation_id]}→{new[row.evaluation_id]}" for row in rows)
    changed = [row for row in rows if old[row.evaluation_id] != new[row.evaluation_id]]
    fails = {band.id for band in (*sides.old.edition.rubric.bands, *sides.new.edition.rubric.bands) if band.failing}
    failed = [(old[row.evaluation_id] in fails, new[row.evaluation_id] in fails) for row in rows]
    return {
        "centres": len(rows),
        "changed": len(changed),
        "higher_score": sum(row.new_score > row.old_score for row in rows),
        "lower_score": sum(row.new_score < row.old_score for row in rows),
        "newly_failing": sum(after and not before for before, after in failed),
        "no_longer_failing": sum(before and not after for before, after in failed),
        "facts_changed_since": sum(row.recorded_score not in (None, row.old_score) for row in rows),
        "grades": dict(sorted(moves.items())),
        "left_out_unmarked": list(sides.unmarked),
        "examples": [
            {
                "centre_no": row.no,
                "old_score": f"{row.old_score:.2f}",
                "new_score": f"{row.new_score:.2f}",
                "old_grade": old[row.evaluation_id],
                "new_grade": new[row.evaluation_id],
            }
            for row in changed[:NAMED_AT_MOST]
        ],
    }


async def _means(session: AsyncSession, rehearsal_id: UUID) -> JsonValue:
    """Each indicator's mean points over the centres it was due for."""
    means: dict[str, JsonValue] = {}
    for row in await session.execute(_MEANS, {"id": rehearsal_id}):
        of_indicator = means.setdefault(row.key, {})
        assert isinstance(of_indicator, dict)
        of_indicator[row.side] = None if row.mean is None else f"{row.mean:.2f}"
    return means


async def _give_up(_: AsyncSession, __: Rehearsal) -> None:
    """A failed rehearsal can be asked for again; what it wrote is its own."""


WORK: Final = Work(Rehearsal, {"rehearse": _rehearse}, _give_up)
