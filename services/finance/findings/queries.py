"""Reading findings."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.centres import visible_to
from services.finance.findings.models import Finding, FindingReply
from services.finance.findings.schemas import FindingFilter, FindingItem, FindingOut
from services.finance.projections import known_centre
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import Page, paginate


async def list_findings(session: AsyncSession, wanted: FindingFilter, *, principal: Principal) -> Page[FindingItem]:
    """One page of the findings at centres the caller may see."""
    statement = _visible(principal)
    for column in (Finding.no, Finding.grant_id, Finding.centre_id, Finding.fiscal_year, Finding.status):
        if (value := getattr(wanted, column.key)) is not None:
            statement = statement.where(column == value)
    keys = [Finding.id.desc()]
    return await paginate(session, statement, keys=keys, params=wanted, item=FindingItem.model_validate)


async def read_finding(session: AsyncSession, finding_id: UUID, *, principal: Principal) -> FindingOut:
    """One finding. Raises 404."""
    return await detail(session, await find(session, finding_id, principal=principal))


async def find(session: AsyncSession, finding_id: UUID, *, principal: Principal, lock: bool = False) -> Finding:
    """A finding the caller may see, locked for a step if asked. Raises 404."""
    query = _visible(principal).where(Finding.id == finding_id)
    if lock:
        query = query.with_for_update(of=Finding).execution_options(populate_existing=True)
    finding = await session.scalar(query)
    if finding is None:
        raise not_found("finding")
    return finding


async def detail(session: AsyncSession, finding: Finding) -> FindingOut:
    """The finding with what the centre replied."""
    await session.flush()
    reply = await session.scalar(select(FindingReply.text).where(FindingReply.finding_id == finding.id))
    return FindingOut.model_validate(finding).model_copy(update={"reply": reply})


def _visible(principal: Principal) -> Select[Finding]:
    return select(Finding).join(known_centre, known_centre.c.id == Finding.centre_id).where(visible_to(principal))
