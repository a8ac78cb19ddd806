"""Computing scores of a batch of evaluations and grading a cycle's tiers; both set-based, both repeatable."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Update, and_, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import AnyRow, table_of
from services.evaluation.evaluations.gather import Frame, Gathered, Subject, gather
from services.evaluation.evaluations.models import Evaluation, ScoreSheet
from services.evaluation.rubrics.catalogue import CATALOGUE
from services.evaluation.rubrics.rules import (
    EXEMPT,
    NOT_GRADED,
    Grade,
    Line,
    Score,
    Standing,
    decide_grade,
    decide_graded,
    decide_vetoes,
    score,
)
from shared.clock import utcnow
from shared.ids import uuid7
from shared.policy.decision import Plain
from shared.policy.edition import Edition

_UNRANKED = Standing(place=1, graded=0)
"""Before the tier is ranked nobody is among its best."""


async def score_evaluations(
    session: AsyncSession,
    frame: Frame,
    evaluations: Sequence[Evaluation],
    *,
    actor: str,
    operation_id: UUID | None = None,
) -> None:
    """Write a new score sheet for each evaluation, all locked by the caller, and the grade its score alone gives.

    `grade_tiers` must follow in the same cycle: the best share of a tier is known only when all are scored.
    """
    if not evaluations:
        return
    subjects = [_subject(evaluation) for evaluation in evaluations]
    found = await gather(session, frame, subjects)
    sheets: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []
    for subject in subjects:
        gathered = found[subject.id]
        computed = score(frame.edition.rubric, gathered.facts)
        sheet = _sheet(frame, subject, computed, gathered, actor)
        grade = _grade(frame.edition, frame.year, subject, computed, gathered.vetoes)
        sheets.append(sheet)
        changes.append(_change(subject, sheet, grade, bool(gathered.vetoes), operation_id))
    await session.execute(insert(ScoreSheet), sheets)
    table = table_of(Evaluation)
    changed = (
        update(table)
        .where(table.c.id == bindparam("key"))
        .values(
            {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in _CHANGED}
            | {"version": table.c.version + 1}
        )
    )
    await (await session.connection()).execute(changed, changes)


_CHANGED = (
    "status",
    "score",
    "sheet_id",
    "grade",
    "failing",
    "vetoed",
    "place",
    "graded_in_tier",
    "decision",
    "scored_at",
    "scored_by_operation",
    "updated_at",
)


def _subject(evaluation: Evaluation) -> Subject:
    return Subject(
        id=evaluation.id,
        centre_id=evaluation.centre_id,
        tier=evaluation.tier,
        owner_division=evaluation.owner_division,
        site_division=evaluation.site_division,
        total_area_m2=evaluation.total_area_m2,
        listed_on=evaluation.listed_on,
        delisted_on=evaluation.delisted_on,
        exempt=evaluation.exempt,
    )


def _grade(edition: Edition, year: int, subject: Subject, computed: Score, vetoes: Sequence[str]) -> Grade:
    graded = decide_graded(edition, year, subject.listed_on, subject.delisted_on)
    against = decide_vetoes(edition, vetoes)
    return decide_grade(edition, graded, against, computed.rounded, _UNRANKED, exempt=subject.exempt)


def _change(
    subject: Subject, sheet: dict[str, Any], grade: Grade, vetoed: bool, operation_id: UUID | None
) -> dict[str, Any]:
    now = utcnow()
    values = {
        "status": "scored",
        "score": None if grade.grade == EXEMPT else sheet["score"],
        "sheet_id": sheet["id"],
        "grade": grade.grade,
        "failing": grade.failing,
        "vetoed": vetoed,
        "place": None,
        "graded_in_tier": None,
        "decision": grade.decision.to_json(),
        "scored_at": now,
        "scored_by_operation": operation_id,
        "updated_at": now,
    }
    return {"key": subject.id} | {f"new_{name}": value for name, value in values.items()}


def _sheet(frame: Frame, subject: Subject, computed: Score, gathered: Gathered, actor: str) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "evaluation_id": subject.id,
        "edition": frame.edition.id,
        "as_of": frame.as_of,
        "computed_by": actor,
        "score": computed.rounded,
        "exact": str(computed.exact),
        "dimensions": {
            name: None if points is None else number(points) for name, points in computed.dimensions.items()
        },
        "lines": [_line(line) for line in computed.lines],
        "lineage": gathered.lineage,
    }


def _line(line: Line) -> dict[str, JsonValue]:
    entry = CATALOGUE[line.indicator.formula]
    value = line.measured.value
    return {
        "indicator": line.indicator.id,
        "dimension": line.indicator.dimension,
        "weight": f"{line.indicator.weight:f}",
        "formula": line.indicator.formula,
        "applicable": line.applicable,
        "value": None if value is None else number(value),
        "full_mark": number(line.full_mark),
        "points": number(line.points),
        "inputs": {name: _plain(given) for name, given in line.measured.inputs.items()},
        "fields": list(entry.fields),
        "sources": list(entry.sources),
        "clause": line.indicator.clause,
    }


def _plain(given: object) -> Plain:
    if given is None or isinstance(given, int):
        return given
    return number(Fraction(str(given)))


def number(value: Fraction) -> str:
    """As people read it: exact where six decimals suffice, else rounded half up to six."""
    shifted = value * 10**6
    digits = (2 * shifted.numerator + shifted.denominator) // (2 * shifted.denominator)
    text = f"{digits // 10**6}.{digits % 10**6:06d}"
    return text.rstrip("0").rstrip(".")


async def grade_tiers(session: AsyncSession, cycle_id: UUID, edition: Edition, year: int) -> None:
    """Rank the graded centres of each tier and give the bands that only a tier's best share reaches (2.3-3).

    Vetoed centres are graded, so they count in n, but take no place before others.
    """
    await session.execute(_ranking(cycle_id))
    best = [band for band in edition.rubric.bands if band.top_share is not None]
    if not best:
        return
    evaluation = Evaluation
    columns = (evaluation.id, evaluation.score, evaluation.place, evaluation.graded_in_tier, evaluation.decision)
    candidates = await session.execute(
        select(*columns, evaluation.listed_on, evaluation.delisted_on).where(
            evaluation.cycle_id == cycle_id,
            evaluation.status == "scored",
            ~evaluation.vetoed,
            evaluation.grade.not_in([EXEMPT, NOT_GRADED]),
            evaluation.score >= min(band.minimum for band in best),
        )
    )
    changes = [change for row in candidates if (change := _regraded(edition, year, row)) is not None]
    if changes:
        table = table_of(evaluation)
        changed = (
            update(table)
            .where(table.c.id == bindparam("key"))
            .values(grade=bindparam("new_grade"), decision=bindparam("new_decision", type_=table.c.decision.type))
        )
        await (await session.connection()).execute(changed, changes)


def _regraded(edition: Edition, year: int, row: AnyRow) -> dict[str, Any] | None:
    graded = decide_graded(edition, year, row.listed_on, row.delisted_on)
    standing = Standing(row.place, row.graded_in_tier)
    grade = decide_grade(edition, graded, decide_vetoes(edition, ()), row.score, standing, exempt=False)
    decision = grade.decision.to_json()
    return None if decision == row.decision else {"key": row.id, "new_grade": grade.grade, "new_decision": decision}


def _ranking(cycle_id: UUID) -> Update:
    evaluation = Evaluation
    ranked = (
        select(
            evaluation.id,
            func.rank()
            .over(partition_by=evaluation.tier, order_by=[evaluation.vetoed, evaluation.score.desc()])
            .label("place"),
            func.count().over(partition_by=evaluation.tier).label("graded"),
        )
        .where(evaluation.cycle_id == cycle_id, evaluation.grade.not_in([EXEMPT, NOT_GRADED]))
        .subquery("ranked")
    )
    table = table_of(Evaluation)
    moved = (table.c.place.is_distinct_from(ranked.c.place)) | (
        table.c.graded_in_tier.is_distinct_from(ranked.c.graded)
    )
    return (
        update(table)
        .where(and_(table.c.id == ranked.c.id, table.c.status == "scored", moved))
        .values(place=ranked.c.place, graded_in_tier=ranked.c.graded)
    )
