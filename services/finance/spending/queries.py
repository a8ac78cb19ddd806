"""Reading spending lines."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.grants.cases import centre_of
from services.finance.spending.models import SpendingLine
from services.finance.spending.schemas import SpendingFilter, SpendingOut
from shared.auth.principal import Principal
from shared.http.paging import Page, paginate


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
