"""Reading grants: lists, and one with everything an official wants to see beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.finance.ceilings.models import CENTRE_YEAR, ceiling
from services.finance.centres import visible_to
from services.finance.grants.models import Grant, PlanLine
from services.finance.grants.schemas import (
    CeilingOut,
    GradeOut,
    GrantDetail,
    GrantFilter,
    GrantOut,
    PlanLineOut,
    StepDecision,
)
from services.finance.projections import known_centre, known_result
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import Page, SortKey, paginate
from shared.money import ZERO

_ORDERS: Final[Mapping[str, Sequence[SortKey]]] = {
    "created": [Grant.id],
    "-created": [Grant.id.desc()],
    "no": [Grant.no],
    "-no": [Grant.no.desc()],
}
_EQUAL: Final[Mapping[str, InstrumentedAttribute[object]]] = {
    "no": Grant.no,
    "centre_id": Grant.centre_id,
    "fiscal_year": Grant.fiscal_year,
    "status": Grant.status,
    "tier": Grant.tier,
    "purpose": Grant.purpose,
}


def visible_grants(principal: Principal) -> Select[Grant]:
    """The grants of the centres the caller may see."""
    return select(Grant).join(known_centre, known_centre.c.id == Grant.centre_id).where(visible_to(principal))


async def list_grants(session: AsyncSession, wanted: GrantFilter, *, principal: Principal) -> Page[GrantOut]:
    """One page of the grants the caller may see."""
    statement = visible_grants(principal)
    for name, column in _EQUAL.items():
        if (value := getattr(wanted, name)) is not None:
            statement = statement.where(column == value)
    return await paginate(session, statement, keys=_ORDERS[wanted.sort], params=wanted, item=GrantOut.model_validate)


async def read_grant(session: AsyncSession, grant_id: UUID, *, principal: Principal) -> GrantDetail:
    """One grant in full. Raises 404."""
    grant = await session.scalar(visible_grants(principal).where(Grant.id == grant_id))
    if grant is None:
        raise not_found("grant")
    return await detail(session, grant)


async def detail(session: AsyncSession, grant: Grant) -> GrantDetail:
    """The grant with its ceiling as this transaction sees it, its plan and the centre's results."""
    await session.flush()
    plan = await session.scalars(select(PlanLine).where(PlanLine.grant_id == grant.id).order_by(PlanLine.line))
    results = await session.execute(
        select(known_result.c.year, known_result.c.grade)
        .where(known_result.c.centre_id == grant.centre_id)
        .order_by(known_result.c.year)
    )
    decisions = [StepDecision.model_validate(taken) for taken in grant.decisions]
    return GrantDetail(
        **GrantOut.model_validate(grant).model_dump(),
        ceiling=await _ceiling_of(session, grant),
        plan=[PlanLineOut.model_validate(line) for line in plan],
        evidence=grant.evidence,
        results=[GradeOut(year=row.year, grade=row.grade) for row in results],
        decision=decisions[-1].decision,
        decisions=decisions,
    )


async def _ceiling_of(session: AsyncSession, grant: Grant) -> CeilingOut:
    key = {"kind": CENTRE_YEAR, "subject": str(grant.centre_id), "period": str(grant.fiscal_year)}
    row = (await session.execute(select(ceiling.c.committed, ceiling.c.limit_amount).filter_by(**key))).one_or_none()
    committed, limit = (row.committed, row.limit_amount) if row is not None else (ZERO, grant.cap)
    return CeilingOut(committed=committed, limit=limit, remaining=limit - committed)
