"""Computing scores of a batch of evaluations and grading a cycle's tiers; both set-based, both repeatable."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final, TypeAlias
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import (
    Boolean,
    Integer,
    Update,
    and_,
    bindparam,
    cast,
    column,
    func,
    insert,
    select,
    update,
    values,
)
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import AnyRow, table_of
from services.evaluation.evaluations.gather import Frame, Gathered, Subject, gather
from services.evaluation.evaluations.models import Evaluation, ScoreSheet
from services.evaluation.evaluations.telling import FIELDS, tell_graded, tell_scored
from services.evaluation.rubrics.catalogue import CATALOGUE
from services.evaluation.rubrics.rules import (
    EXEMPT,
    NOT_GRADED,
    Grade,
    Line,
    Listing,
    Score,
    Standing,
    decide_grade,
    decide_graded,
    decide_vetoes,
    score,
)
from shared.clock import utcnow
from shared.events.outbox import EventContext
from shared.ids import uuid7
from shared.policy.decision import Plain
from shared.policy.edition import Edition

_UNRANKED = Standing(place=1, graded=0)
"""Before the tier is ranked nobody is among its best."""

_COMPUTED_AT_ONCE: Final = 10
"""Centres until others get a turn: requests are answered by the same process, and must not wait for a whole batch."""

_REGRADED_AT_ONCE: Final = 1000
_Change: TypeAlias = tuple[UUID, str, dict[str, JsonValue], bool]
"""Evaluation, grade, decision, and whether the grade moved."""


async def score_evaluations(
    session: AsyncSession,
    frame: Frame,
    evaluations: Sequence[Evaluation],
    context: EventContext,
    *,
    operation_id: UUID | None = None,
) -> None:
    """Write a new score sheet for each evaluation, all locked by the caller, and the grade its score alone gives.

    `grade_tiers` must follow in the same cycle: the best share of a tier is known only when all are scored.
    """
    if not evaluations:
        return
    await session.flush()
    subjects = [subject_of(evaluation) for evaluation in evaluations]
    found = await gather(session, frame, subjects)
    sheets: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []
    for place, subject in enumerate(subjects):
        if place % _COMPUTED_AT_ONCE == 0:
            await asyncio.sleep(0)
        gathered = found[subject.id]
        computed = score(frame.edition.rubric, gathered.facts)
        sheet = _sheet(frame, subject, computed, gathered, context.actor)
        grade = _grade(frame, subject, computed, gathered.vetoes)
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
    told = [{name: change[f"new_{name}"] for name in _CHANGED} for change in changes]
    await tell_scored(session, frame.edition.id, evaluations, told, context)


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


def subject_of(evaluation: Evaluation) -> Subject:
    """Who is evaluated, as the evaluation has it."""
    return Subject(
        id=evaluation.id,
        centre_id=evaluation.centre_id,
        tier=evaluation.tier,
        owner_division=evaluation.owner_division,
        site_division=evaluation.site_division,
        total_area_m2=evaluation.total_area_m2,
        listing=Listing(evaluation.listed_on, evaluation.delisted_on, evaluation.withdrawn_on),
        exempt=evaluation.exempt,
    )


def _grade(frame: Frame, subject: Subject, computed: Score, vetoes: Sequence[str]) -> Grade:
    edition = frame.edition
    graded = decide_graded(edition, frame.year, subject.listing)
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
        "rubric_id": frame.rubric_id,
        "as_of": frame.as_of,
        "computed_by": actor,
        "score": computed.rounded,
        "exact": str(computed.exact),
        "bonus": computed.bonus,
        "dimensions": {
            name: None if points is None else number(points) for name, points in computed.dimensions.items()
        },
        "lines": [
            *(line_of(line) for line in computed.lines),
            *({**line_of(line), "bonus": True} for line in computed.bonus_lines),
        ],
        "lineage": gathered.lineage,
    }


def line_of(line: Line) -> dict[str, JsonValue]:
    """An indicator as a score sheet has it."""
    entry = CATALOGUE[line.indicator.formula]
    value, reading = line.measured.value, line.measured.reading
    told: dict[str, JsonValue] = {} if reading is None else {"reading": reading}
    return told | {
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
        "sources": list(entry.sources_for(line.indicator)),
        "clause": line.indicator.clause,
    }


def _plain(given: object) -> Plain:
    if given is None or isinstance(given, int):
        return given
    return number(given if isinstance(given, Fraction) else Fraction(str(given)))


def number(value: Fraction) -> str:
    """As people read it: exact where six decimals suffice, else rounded half up to six."""
    numerator, denominator = value.numerator, value.denominator
    if denominator == 1:
        return str(numerator)
    digits = (2 * numerator * 10**6 + denominator) // (2 * denominator)
    text = f"{digits // 10**6}.{digits % 10**6:06d}"
    return text.rstrip("0").rstrip(".")


async def grade_tiers(
    session: AsyncSession, cycle_id: UUID, edition: Edition, year: int, context: EventContext
) -> None:
    """Rank the graded centres of each tier and give the bands that only a tier's best share reaches (2.3-3).

    Vetoed centres are graded, so they count in n, but take no place before others. The caller holds the cycle so that
    nobody scores in it meanwhile.
    """
    await session.execute(_ranking(cycle_id))
    best = [band for band in edition.rubric.bands if band.top_share is not None]
    if not best:
        return
    evaluation = Evaluation
    columns = (evaluation.id, evaluation.score, evaluation.grade, evaluation.place, evaluation.graded_in_tier)
    listing = (evaluation.listed_on, evaluation.delisted_on, evaluation.withdrawn_on)
    candidates = await session.execute(
        select(*columns, evaluation.decision, *listing).where(
            evaluation.cycle_id == cycle_id,
            evaluation.status == "scored",
            ~evaluation.vetoed,
            evaluation.grade.not_in([EXEMPT, NOT_GRADED]),
            evaluation.score >= min(band.minimum for band in best),
        )
    )
    changes: list[_Change] = []
    for place, row in enumerate(candidates):
        if place % _COMPUTED_AT_ONCE == 0:
            await asyncio.sleep(0)
        if (change := _regraded(edition, year, row)) is not None:
            changes.append(change)
    for start in range(0, len(changes), _REGRADED_AT_ONCE):
        await _regrade(session, edition, changes[start : start + _REGRADED_AT_ONCE], context)


async def _regrade(session: AsyncSession, edition: Edition, changes: Sequence[_Change], context: EventContext) -> None:
    """Write decisions that the ranking changed; an evaluation whose grade moved gets its next version and event."""
    table = table_of(Evaluation)
    types = (table.c.id.type, table.c.grade.type, table.c.decision.type, Boolean())
    names = ("id", "grade", "decision", "moved")
    new = values(*(column(name, type_) for name, type_ in zip(names, types, strict=True)), name="new").data(changes)
    changed = (
        update(table)
        .where(table.c.id == new.c.id)
        .values(
            grade=new.c.grade,
            decision=cast(new.c.decision, table.c.decision.type),
            version=table.c.version + cast(new.c.moved, Integer),
        )
        .returning(*(table.c[name] for name in FIELDS), table.c.version, new.c.moved)
    )
    rows = (await (await session.connection()).execute(changed)).all()
    await tell_graded(session, edition.id, [row for row in rows if row.moved], context)


def _regraded(edition: Edition, year: int, row: AnyRow) -> _Change | None:
    listing = Listing(row.listed_on, row.delisted_on, row.withdrawn_on)
    graded = decide_graded(edition, year, listing)
    standing = Standing(row.place, row.graded_in_tier)
    grade = decide_grade(edition, graded, decide_vetoes(edition, ()), row.score, standing, exempt=False)
    decision = grade.decision.to_json()
    return None if decision == row.decision else (row.id, grade.grade, decision, grade.grade != row.grade)


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
