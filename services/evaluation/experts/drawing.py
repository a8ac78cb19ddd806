"""Drawing experts for the places that a year still has to fill: at first, for a third, in somebody's place, anew."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from secrets import token_hex
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import AnyRow, table_of
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.cycles.queries import find_cycle
from services.evaluation.evaluations.models import Evaluation, ExpertScore
from services.evaluation.evaluations.rules import CORRECTABLE
from services.evaluation.evaluations.usecases import hold_evaluation
from services.evaluation.experts.models import ExpertAssignment, ExpertDraw
from services.evaluation.experts.queries import interests, loads
from services.evaluation.experts.rules import (
    LIVE,
    THIRD,
    Interests,
    Place,
    agree,
    allot,
    decide_free_of_conflict,
    mark_due,
)
from services.evaluation.experts.schemas import NewAssignment
from services.evaluation.experts.telling import tell_draw, tell_made
from services.evaluation.projections import known_centre
from services.evaluation.refusals import require_known, require_passed, require_status
from services.evaluation.rubrics.pinning import pinned_edition
from shared.auth.principal import Principal
from shared.bulk import insert_rows
from shared.errors import DomainError, not_found
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.ids import uuid7
from shared.policy.edition import Edition, Editions

Kind = Literal["draw", "third", "replacement", "re_mark", "by_hand"]
_AT_ONCE: Final = 1000


@dataclass(slots=True)
class Open:
    """What is still to be filled: the places, who has had which indicator, and the objections of later rounds."""

    places: list[Place] = field(default_factory=list)
    seen: dict[tuple[UUID, str], set[UUID]] = field(default_factory=dict)
    objections: dict[tuple[UUID, str, int], UUID | None] = field(default_factory=dict)


def expert_indicators(edition: Edition) -> list[str]:
    """Indicators that experts mark."""
    return [indicator.id for indicator in edition.rubric.with_bonus if indicator.kind == "expert"]


async def open_places(
    session: AsyncSession, cycle: EvaluationCycle, edition: Edition, only: UUID | None = None
) -> Open:
    """Places of the year, or of one evaluation, that nobody fills; the third's once two marks lie too far apart."""
    found = Open()
    given: dict[tuple[UUID, str], list[AnyRow]] = {}
    for row in await _given(session, cycle.id, only):
        given.setdefault((row.evaluation_id, row.indicator), []).append(row)
        found.seen.setdefault((row.evaluation_id, row.indicator), set()).add(row.expert_id)
        found.objections[row.evaluation_id, row.indicator, row.round] = row.objection_id
    agreed = await _agreed_rounds(session, cycle.id, only)
    for evaluation in await _evaluations(session, cycle.id, only):
        for indicator in expert_indicators(edition):
            rows = given.get((evaluation.id, indicator), [])
            latest = max((row.round for row in rows), default=1)
            if agreed.get((evaluation.id, indicator), 0) < latest:
                live = [row for row in rows if row.round == latest and row.status in LIVE]
                found.places += [
                    _place(evaluation, indicator, latest, slot) for slot in _missing(edition, live, cycle.marks)
                ]
    return found


def _missing(edition: Edition, live: Sequence[AnyRow], marks: int) -> list[int]:
    filled = {row.slot for row in live}
    wanted = set(range(1, marks + 1))
    given: list[Decimal | None] = [row.mark for row in live if row.status == "marked" and row.slot in wanted]
    if len(given) == marks and agree(edition, given, marks).state == "third":
        wanted.add(THIRD)
    return sorted(wanted - filled)


def _place(evaluation: AnyRow, indicator: str, number: int, slot: int) -> Place:
    operators = frozenset((evaluation.operator_code, evaluation.operator_now))
    return Place(evaluation.id, evaluation.no, evaluation.centre_id, operators, indicator, number, slot)


async def _evaluations(session: AsyncSession, cycle_id: UUID, only: UUID | None) -> Sequence[AnyRow]:
    columns = (Evaluation.id, Evaluation.no, Evaluation.centre_id, Evaluation.operator_code)
    query = (
        select(*columns, known_centre.c.operator_code.label("operator_now"))
        .join(known_centre, known_centre.c.id == Evaluation.centre_id)
        .where(Evaluation.cycle_id == cycle_id, Evaluation.status != "published", ~Evaluation.exempt)
        .order_by(Evaluation.no)
    )
    return (await session.execute(query if only is None else query.where(Evaluation.id == only))).all()


async def _given(session: AsyncSession, cycle_id: UUID, only: UUID | None) -> Sequence[AnyRow]:
    assignment = ExpertAssignment
    names = ("evaluation_id", "indicator", "round", "slot", "status", "mark", "expert_id", "objection_id")
    query = select(*(getattr(assignment, name) for name in names)).where(assignment.cycle_id == cycle_id)
    query = query if only is None else query.where(assignment.evaluation_id == only)
    return (await session.execute(query.order_by(assignment.slot, assignment.id))).all()


async def _agreed_rounds(session: AsyncSession, cycle_id: UUID, only: UUID | None) -> dict[tuple[UUID, str], int]:
    score = ExpertScore
    query = (
        select(score.evaluation_id, score.indicator, func.max(score.round))
        .join(Evaluation, Evaluation.id == score.evaluation_id)
        .where(Evaluation.cycle_id == cycle_id)
        .group_by(score.evaluation_id, score.indicator)
    )
    rows = await session.execute(query if only is None else query.where(score.evaluation_id == only))
    return {(row[0], row[1]): row[2] for row in rows}


async def draw_for_cycle(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    cycle_id: UUID,
    seed: str | None,
    if_match: str | None,
) -> ExpertDraw:
    """Draw experts for every place of the year that nobody fills; repeated, it fills what has come free since."""
    cycle = await find_cycle(session, cycle_id, lock=True)
    honour_match(if_match, cycle.version)
    require_blind(cycle)
    require_status(cycle.status, CORRECTABLE)
    edition = await pinned_edition(session, editions, cycle.edition, cycle.rubric_id, cycle.year)
    open_ones = await open_places(session, cycle, edition)
    if not open_ones.places:
        raise DomainError("nothing-to-draw", 409)
    return await fill(session, cycle, edition, open_ones, "draw", EventContext.of(principal), seed)


def require_blind(cycle: EvaluationCycle) -> None:
    """409 for a year whose marks are entered directly."""
    if cycle.marks == 1:
        raise DomainError("marks-entered-directly", 409)


async def fill(
    session: AsyncSession,
    cycle: EvaluationCycle,
    edition: Edition,
    open_ones: Open,
    kind: Kind,
    context: EventContext,
    seed: str | None = None,
) -> ExpertDraw:
    """Assign experts to the open places, as far as there are any; what is left is named in the draw."""
    pool = await interests(session)
    load = await loads(session, [expert.id for expert in pool], cycle.id)
    chosen = token_hex(8) if seed is None else seed
    # Seconds for many thousands of places: in a thread, so that others are answered meanwhile.
    drawn, left = await asyncio.to_thread(allot, chosen, open_ones.places, pool, load, open_ones.seen)
    unfilled = list(dict.fromkeys(place.evaluation_no for place in left))
    draw = await _record(session, cycle, edition, kind, chosen, len(open_ones.places), len(drawn), unfilled, context)
    await _assign(session, cycle, edition, draw, drawn, open_ones, context)
    return draw


async def _record(
    session: AsyncSession,
    cycle: EvaluationCycle,
    edition: Edition,
    kind: Kind,
    seed: str,
    wanted: int,
    assigned: int,
    unfilled: Sequence[str],
    context: EventContext,
) -> ExpertDraw:
    draw = ExpertDraw(
        id=uuid7(),
        cycle_id=cycle.id,
        kind=kind,
        seed=seed,
        wanted=wanted,
        assigned=assigned,
        unfilled=list(unfilled),
        drawn_on=context.effective_on,
        drawn_by=context.actor,
    )
    session.add(draw)
    await session.flush()
    await tell_draw(session, draw, edition, context)
    return draw


async def _assign(
    session: AsyncSession,
    cycle: EvaluationCycle,
    edition: Edition,
    draw: ExpertDraw,
    drawn: Sequence[tuple[Place, Interests]],
    open_ones: Open,
    context: EventContext,
) -> None:
    due_on = mark_due(edition, cycle.marking_due_on, draw.drawn_on)
    for start in range(0, len(drawn), _AT_ONCE):
        made = [
            {
                "id": uuid7(),
                "version": 1,
                "cycle_id": cycle.id,
                "evaluation_id": place.evaluation_id,
                "indicator": place.indicator,
                "round": place.round,
                "slot": place.slot,
                "expert_id": expert.id,
                "account_id": expert.account_id,
                "draw_id": draw.id,
                "objection_id": open_ones.objections.get((place.evaluation_id, place.indicator, place.round)),
                "status": "assigned",
                "due_on": due_on,
                "assigned_on": draw.drawn_on,
            }
            for place, expert in drawn[start : start + _AT_ONCE]
        ]
        await insert_rows(session, table_of(ExpertAssignment), made)
        await tell_made(session, made, edition, context)


async def draw_round(
    session: AsyncSession,
    cycle: EvaluationCycle,
    edition: Edition,
    evaluation_id: UUID,
    indicator: str,
    objection_id: UUID,
    context: EventContext,
) -> ExpertDraw:
    """Another round of one indicator after an upheld objection, by experts who have not marked it before."""
    open_ones = await open_places(session, cycle, edition, evaluation_id)
    if any(place.indicator == indicator for place in open_ones.places):
        raise DomainError("marks-outstanding", 409, params={"count": 1})
    rounds = [number for (_, name, number) in open_ones.objections if name == indicator]
    (evaluation,) = await _evaluations(session, cycle.id, evaluation_id)
    agreed = (await _agreed_rounds(session, cycle.id, evaluation_id)).get((evaluation_id, indicator), 0)
    latest = max([*rounds, agreed])
    if latest > agreed:
        raise DomainError("marks-outstanding", 409, params={"count": 1})
    number = latest + 1
    open_ones.places = [_place(evaluation, indicator, number, slot) for slot in range(1, cycle.marks + 1)]
    open_ones.objections[evaluation_id, indicator, number] = objection_id
    return await fill(session, cycle, edition, open_ones, "re_mark", context)


async def assign_by_hand(
    session: AsyncSession, principal: Principal, editions: Editions, sent: NewAssignment
) -> ExpertAssignment:
    """Give the next open place of an indicator to a chosen expert. Raises 409 with the rules that keep them away."""
    held = await hold_evaluation(session, editions, sent.evaluation_id, CORRECTABLE)
    require_blind(held.cycle)
    require_known("indicator", [sent.indicator], expert_indicators(held.edition))
    open_ones = await open_places(session, held.cycle, held.edition, sent.evaluation_id)
    places = [place for place in open_ones.places if place.indicator == sent.indicator]
    if not places:
        raise DomainError("no-place-open", 409, params={"indicator": sent.indicator})
    pool = {expert.id: expert for expert in await interests(session)}
    if sent.expert_id not in pool:
        raise not_found("expert")
    expert, place = pool[sent.expert_id], places[0]
    if expert.id in open_ones.seen.get(place.marked, ()):
        raise DomainError("expert-assigned-before", 409)
    require_passed(decide_free_of_conflict(held.edition, expert, place))
    context = EventContext.of(principal)
    draw = await _record(session, held.cycle, held.edition, "by_hand", "", 1, 1, (), context)
    await _assign(session, held.cycle, held.edition, draw, [(place, expert)], open_ones, context)
    made = await session.scalars(select(ExpertAssignment).where(ExpertAssignment.draw_id == draw.id))
    return made.one()
