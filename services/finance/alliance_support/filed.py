"""The documents of an alliance's support: plans and photographs of its activities, vouchers of its report."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.alliance_support import states
from services.finance.alliance_support.models import AllianceSupport
from services.finance.alliance_support.queries import READERS, find
from services.finance.alliance_support.usecases import KIND
from services.finance.documents.shelves import case_documents
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.errors import invalid_transition

_OPEN = tuple(state for state in states.STATES if state not in (states.CLOSED, states.REFUSED))


async def _read(session: AsyncSession, principal: Principal, support_id: UUID) -> None:
    await find(session, support_id)


async def _write(session: AsyncSession, principal: Principal, support_id: UUID) -> bool:
    """As long as the support is not over; taken out again only before it was reviewed."""
    await find(session, support_id)
    query = select(AllianceSupport.status).where(AllianceSupport.id == support_id)
    status = await session.scalar(query.with_for_update(read=True))
    if status not in _OPEN:
        raise invalid_transition(str(status), _OPEN)
    return status == states.APPLIED


router = case_documents(
    "/v1/alliance-support",
    KIND,
    rule="alliances.support_activities",
    edition=lambda support_id: select(AllianceSupport.edition).where(AllianceSupport.id == support_id),
    read=_read,
    write=_write,
    readers=require(*READERS),
    writers=require(r.INDUSTRY_OFFICER, r.EDUCATION_OFFICER, r.TREASURY_OFFICER, r.TREASURY_APPROVER),
)
