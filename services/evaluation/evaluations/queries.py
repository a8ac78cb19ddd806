"""Reading evaluations: published results for everybody, preliminary ones for those concerned."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import in_scope, reads_all
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.delistings.opening import PRELIMINARY
from services.evaluation.evaluations.models import Evaluation, Exemption, ScoreSheet, Veto
from services.evaluation.evaluations.rules import UNDECIDED
from services.evaluation.evaluations.schemas import (
    EvaluationFile,
    EvaluationFilter,
    EvaluationOut,
    ExemptionOut,
    ResultOut,
    SheetOut,
    VetoOut,
)
from services.evaluation.experts.queries import marked_by
from services.evaluation.projections import known_centre
from shared.auth.principal import Principal
from shared.auth.roles import EXPERT
from shared.errors import not_found


def concerned(principal: Principal) -> ColumnElement[bool]:
    """Bureaus always, experts what they mark; operators and divisions once the results are on public notice."""
    if reads_all(principal):
        return Evaluation.id.is_not(None)
    if principal.has(EXPERT):
        return marked_by(principal)
    announced = select(EvaluationCycle.id).where(EvaluationCycle.status.in_(PRELIMINARY))
    return and_(in_scope(principal, Evaluation.centre_id), Evaluation.cycle_id.in_(announced))


def _unannounced(principal: Principal) -> ColumnElement[bool]:
    """Evaluations of the caller's centres whose results nobody outside the bureaus and experts knows yet."""
    return and_(in_scope(principal, Evaluation.centre_id), Evaluation.status != "published", ~concerned(principal))


def _named() -> Select[Evaluation, str, str]:
    names = (known_centre.c.no, known_centre.c.name)
    return select(Evaluation, *names).join(known_centre, known_centre.c.id == Evaluation.centre_id)


def evaluations_for(principal: Principal, wanted: EvaluationFilter) -> Select[Evaluation, str, str, bool]:
    """Published results and what else the caller may see, filtered. Evaluations of the caller's own centres are listed
    from the opening of their year; until the announcement no filter tells how they stand."""
    blank = _unannounced(principal)
    query = _named().add_columns(blank.label("blank"))
    query = query.where(or_(Evaluation.status == "published", concerned(principal), blank))
    for name in wanted.model_fields_set - {"limit", "cursor"}:
        asked = getattr(Evaluation, name) == getattr(wanted, name)
        if name == "status" and wanted.status == "pending":
            asked = or_(asked, blank)
        elif name in ("status", "grade"):
            asked = and_(asked, ~blank)
        query = query.where(asked)
    return query


async def show_evaluation(session: AsyncSession, principal: Principal, evaluation_id: UUID) -> ResultOut:
    """A result, or for those concerned the whole file. Raises 404."""
    columns = concerned(principal).label("concerned"), _unannounced(principal).label("blank")
    query = _named().add_columns(*columns).where(Evaluation.id == evaluation_id)
    row = (await session.execute(query)).one_or_none()
    if row is None or not (row.concerned or row.blank or row[0].status == "published"):
        raise not_found("evaluation")
    if row.blank:
        return ResultOut.unannounced(row[0], row[1], row[2])
    if not row.concerned:
        return ResultOut.of(row[0], row[1], row[2])
    shown = EvaluationOut.of(row[0], row[1], row[2])
    return EvaluationFile(
        **shown.model_dump(),
        vetoes=[VetoOut.model_validate(found) for found in await _of(session, Veto, evaluation_id)],
        exemptions=[ExemptionOut.model_validate(found) for found in await _of(session, Exemption, evaluation_id)],
    )


async def _of(session: AsyncSession, table: type[Veto | Exemption], evaluation_id: UUID) -> list[Veto | Exemption]:
    return list(await session.scalars(select(table).where(table.evaluation_id == evaluation_id).order_by(table.id)))


async def undecided(session: AsyncSession, cycle_id: UUID, table: type[Veto | Exemption]) -> list[str]:
    """For each veto or exemption of a cycle that still waits for somebody's decision, its evaluation's number."""
    query = (
        select(Evaluation.no)
        .join(table, table.evaluation_id == Evaluation.id)
        .where(Evaluation.cycle_id == cycle_id, table.status.in_(UNDECIDED))
        .order_by(Evaluation.no)
    )
    return list(await session.scalars(query))


def shown_to(principal: Principal) -> Callable[[Row[Evaluation, str, str, bool]], ResultOut]:
    """How a listed row is shown: in full to those who read everything, else as a result."""
    full = reads_all(principal)

    def item(row: Row[Evaluation, str, str, bool]) -> ResultOut:
        if row[3]:
            return ResultOut.unannounced(row[0], row[1], row[2])
        return (EvaluationOut if full else ResultOut).of(row[0], row[1], row[2])

    return item


async def find_concerned(session: AsyncSession, principal: Principal, evaluation_id: UUID) -> Evaluation:
    """An evaluation that concerns the caller. Raises 404."""
    query = select(Evaluation).where(Evaluation.id == evaluation_id, concerned(principal))
    evaluation = await session.scalar(query)
    if evaluation is None:
        raise not_found("evaluation")
    return evaluation


async def concerns(session: AsyncSession, principal: Principal, evaluation_id: UUID) -> bool:
    """Whether the caller is one of those concerned."""
    query = select(Evaluation.id).where(Evaluation.id == evaluation_id, concerned(principal))
    return await session.scalar(query) is not None


async def find_on_notice(session: AsyncSession, evaluation_id: UUID) -> None:
    """Raises 404 for an evaluation whose result is not on public notice: nobody else knows of it."""
    announced = select(EvaluationCycle.id).where(EvaluationCycle.announced_on.is_not(None))
    query = select(Evaluation.id).where(
        Evaluation.id == evaluation_id, Evaluation.cycle_id.in_(announced), Evaluation.grade.is_not(None)
    )
    if await session.scalar(query) is None:
        raise not_found("evaluation")


async def sheets_of(session: AsyncSession, evaluation_id: UUID) -> list[SheetOut]:
    """Every score ever computed, newest first."""
    query = select(ScoreSheet).where(ScoreSheet.evaluation_id == evaluation_id).order_by(ScoreSheet.id.desc())
    return [SheetOut.model_validate(sheet) for sheet in await session.scalars(query)]
