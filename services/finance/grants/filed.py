"""The documents of grants: what an application, a payment or a report was made with."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.centres import READERS
from services.finance.documents.shelves import case_documents
from services.finance.grants import states
from services.finance.grants.cases import centre_of
from services.finance.grants.models import Grant
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.errors import invalid_transition

KIND = "grants"
_OPEN = tuple(state for state in states.STATES if state not in states.ENDED)


async def _read(session: AsyncSession, principal: Principal, grant_id: UUID) -> None:
    await centre_of(session, grant_id, principal)


async def _write(session: AsyncSession, principal: Principal, grant_id: UUID) -> bool:
    """As long as the grant is not over; taken out again only before it was reviewed."""
    await centre_of(session, grant_id, principal)
    status = await session.scalar(select(Grant.status).where(Grant.id == grant_id).with_for_update(read=True))
    if status not in _OPEN:
        raise invalid_transition(str(status), _OPEN)
    return status == states.APPLIED


router = case_documents(
    "/v1/grants",
    KIND,
    rule="grants.documents",
    edition=lambda grant_id: select(Grant.edition).where(Grant.id == grant_id),
    read=_read,
    write=_write,
    readers=require(*READERS),
    writers=require(r.CENTRE_OPERATOR, r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER, r.TREASURY_OFFICER, r.TREASURY_APPROVER),
)
