"""Reading spending lines."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.grants.cases import centre_of
from services.finance.grants.models import PlanLine
from services.finance.spending.models import SpendingLine
from services.finance.spending.schemas import PlanOut, PlanUseOut, SpendingFilter, SpendingOut
from shared.auth.principal import Principal
from shared.http.paging import Page, paginate
from shared.money import ZERO


async def list_spending(
    session: AsyncSession, grant_id: UUID, wanted: SpendingFilter, *, principal: Principal
) -> Page[SpendingOut]:
    """One page of a grant's lines. Raises 404 for a grant that the caller may not see."""
    await centre_of(session, grant_id, principal)
    statement = select(SpendingLine).where(SpendingLine.grant_id == grant_id)
    if wanted.status is not None:
        statement = statement.where(SpendingLine.status == wanted.status)
    if wanted.eligible is not None:
        statement = statement.where(SpendingLine.eligible == wanted.eligible)
    keys = [SpendingLine.line]
    return await paginate(session, statement, keys=keys, params=wanted, item=SpendingOut.model_validate)


async def plan_of(session: AsyncSession, grant_id: UUID, *, principal: Principal) -> PlanOut:
    """The grant's plan against its spending lines. Raises 404."""
    await centre_of(session, grant_id, principal)
    lines = await session.scalars(select(PlanLine).where(PlanLine.grant_id == grant_id).order_by(PlanLine.line))
    of_grant = SpendingLine.grant_id == grant_id, SpendingLine.eligible
    sums = await session.execute(
        select(SpendingLine.plan_line, SpendingLine.status, func.sum(SpendingLine.amount))
        .where(*of_grant)
        .group_by(SpendingLine.plan_line, SpendingLine.status)
    )
    used: dict[tuple[int | None, str], Decimal] = {(line, status): amount for line, status, amount in sums}
    return PlanOut(
        lines=[_against(line, used) for line in lines],
        unassigned=sum((amount for (line, _), amount in used.items() if line is None), ZERO),
    )


def _against(line: PlanLine, used: Mapping[tuple[int | None, str], Decimal]) -> PlanUseOut:
    planned, made = (used.get((line.line, status), ZERO) for status in ("planned", "made"))
    return PlanUseOut(
        line=line.line,
        purpose=line.purpose,
        description=line.description,
        amount=line.amount,
        planned=planned,
        made=made,
        remaining=line.amount - planned - made,
    )
