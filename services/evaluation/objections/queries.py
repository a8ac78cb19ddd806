"""Reading objections within the caller's scope."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import in_scope, reads_all
from services.evaluation.objections.models import Objection, ObjectionStatement
from services.evaluation.objections.schemas import ObjectionFilter, ObjectionOut
from shared.auth.principal import Principal
from shared.errors import not_found


def _visible(principal: Principal) -> ColumnElement[bool]:
    """Bureaus read all; whoever objected the own ones; a centre those against itself, never leads."""
    against = and_(in_scope(principal, Objection.centre_id), Objection.signed)
    own = or_(against, Objection.submitted_by == principal.account_id)
    return or_(own, Objection.id.is_not(None)) if reads_all(principal) else own


def objections_for(principal: Principal, wanted: ObjectionFilter) -> Select[Objection, str | None]:
    """Objections with what was written, filtered."""
    query = (
        select(Objection, ObjectionStatement.statement)
        .outerjoin(ObjectionStatement, ObjectionStatement.objection_id == Objection.id)
        .where(_visible(principal))
    )
    for name in wanted.model_fields_set - {"limit", "cursor"}:
        query = query.where(getattr(Objection, name) == getattr(wanted, name))
    return query


def shown_objection(principal: Principal, objection: Objection, statement: str | None) -> ObjectionOut:
    """As the caller may know it: the number of somebody else's letter is for the bureaus, an objector need not fear the
    centre."""
    shown = ObjectionOut.of(objection, statement)
    if reads_all(principal) or objection.submitted_by == principal.account_id:
        return shown
    return shown.model_copy(update={"document_no": None})


async def find_objection(
    session: AsyncSession, principal: Principal, objection_id: UUID, *, lock: bool = False
) -> Objection:
    """One objection of the caller's scope, locked for its answer if asked. Raises 404."""
    query = select(Objection).where(Objection.id == objection_id, _visible(principal))
    objection = await session.scalar(query.with_for_update() if lock else query)
    if objection is None:
        raise not_found("objection")
    return objection


async def statement_of(session: AsyncSession, objection_id: UUID) -> str | None:
    """What was written, unless it was erased."""
    query = select(ObjectionStatement.statement).where(ObjectionStatement.objection_id == objection_id)
    return await session.scalar(query)


async def unanswered(session: AsyncSession, cycle_id: UUID) -> int:
    """Signed objections of a cycle that still need an answer."""
    query = select(func.count()).where(Objection.cycle_id == cycle_id, Objection.status == "submitted")
    return (await session.execute(query)).scalar_one()


async def upheld(session: AsyncSession, evaluation_id: UUID) -> bool:
    """Whether an objection against the evaluation was upheld, so that its marks may be corrected."""
    query = select(Objection.id).where(Objection.evaluation_id == evaluation_id, Objection.status == "upheld")
    return await session.scalar(query.limit(1)) is not None
