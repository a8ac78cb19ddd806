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
from services.finance.exposures.links import exposure_link
from services.finance.grants.models import Grant, GrantPaper, PlanLine
from services.finance.grants.rules import LastGrade
from services.finance.grants.schemas import (
    CeilingOut,
    GradeOut,
    GrantDetail,
    GrantFilter,
    GrantOut,
    PaperOut,
    PlanLineOut,
    StepDecision,
)
from services.finance.projections import ANNULLED, known_centre, known_result
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import Page, SortKey, paginate
from shared.money import ZERO

_ORDERS: Final[Mapping[str, Sequence[SortKey]]] = {
    "created": [Grant.id],
    "-created": [Grant.id.desc()],
    "no": [Grant.no],
    "-no": [Grant.no.desc()],
    "priority": [Grant.priority, Grant.id],
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
    if wanted.document_no is not None:
        named = select(GrantPaper.grant_id).where(GrantPaper.document_no == wanted.document_no)
        statement = statement.where(Grant.id.in_(named))
    return await paginate(session, statement, keys=_ORDERS[wanted.sort], params=wanted, item=GrantOut.model_validate)


async def find_grant(session: AsyncSession, grant_id: UUID, *, principal: Principal) -> Grant:
    """A grant the caller may see. Raises 404."""
    grant = await session.scalar(visible_grants(principal).where(Grant.id == grant_id))
    if grant is None:
        raise not_found("grant")
    return grant


async def read_grant(session: AsyncSession, grant_id: UUID, *, principal: Principal) -> GrantDetail:
    """One grant in full. Raises 404."""
    return await detail(session, await find_grant(session, grant_id, principal=principal))


async def detail(session: AsyncSession, grant: Grant) -> GrantDetail:
    """The grant with its ceiling as this transaction sees it, its plan and the centre's results."""
    await session.flush()
    plan = await session.scalars(select(PlanLine).where(PlanLine.grant_id == grant.id).order_by(PlanLine.line))
    result = known_result.c
    results = await session.execute(
        select(result.year, result.grade, result.version, result.document_no, result.published_on)
        .where(result.centre_id == grant.centre_id)
        .order_by(result.year)
    )
    papers = await session.scalars(
        select(GrantPaper).where(GrantPaper.grant_id == grant.id).order_by(GrantPaper.version)
    )
    decisions = [StepDecision.model_validate(taken) for taken in grant.decisions]
    return GrantDetail(
        **GrantOut.model_validate(grant).model_dump(),
        ceiling=await _ceiling_of(session, grant),
        plan=[PlanLineOut.model_validate(line) for line in plan],
        evidence=grant.evidence,
        results=[GradeOut.model_validate(row) for row in results],
        papers=[PaperOut.model_validate(paper) for paper in papers],
        decision=decisions[-1].decision,
        decisions=decisions,
        exposure=exposure_link(grant.operator_code),
    )


async def _ceiling_of(session: AsyncSession, grant: Grant) -> CeilingOut:
    key = {"kind": CENTRE_YEAR, "subject": str(grant.centre_id), "period": str(grant.fiscal_year)}
    row = (await session.execute(select(ceiling.c.committed, ceiling.c.limit_amount).filter_by(**key))).one_or_none()
    committed, limit = (row.committed, row.limit_amount) if row is not None else (ZERO, grant.cap)
    return CeilingOut(committed=committed, limit=limit, remaining=limit - committed)


async def last_grade(session: AsyncSession, centre_id: UUID) -> LastGrade | None:
    """The centre's last published result (2.3-3); one that was annulled is none."""
    result = known_result.c
    newest = (
        select(result.grade, result.year, result.version)
        .where(result.centre_id == centre_id, result.grade != ANNULLED)
        .order_by(result.year.desc())
        .limit(1)
    )
    row = (await session.execute(newest)).one_or_none()
    return None if row is None else LastGrade(*row)
