"""The documents of an angel fund: its rules, agreements, minutes, bank slips, valuation reports."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds import states
from services.finance.angel_funds.cases import centre_of
from services.finance.angel_funds.models import AngelFund
from services.finance.angel_funds.queries import READERS
from services.finance.documents.shelves import case_documents
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.errors import invalid_transition


async def _read(session: AsyncSession, principal: Principal, fund_id: UUID) -> None:
    await centre_of(session, fund_id, principal)


async def _write(session: AsyncSession, principal: Principal, fund_id: UUID) -> bool:
    """As long as the fund is not refused; taken out again only before it is approved."""
    await centre_of(session, fund_id, principal)
    status = await session.scalar(select(AngelFund.status).where(AngelFund.id == fund_id).with_for_update(read=True))
    if status == states.REFUSED:
        raise invalid_transition(str(status), [states.REGISTERED, states.ACTIVE])
    return status == states.REGISTERED


router = case_documents(
    "/v1/angel-funds",
    "angel-funds",
    rule="angel_fund.registration",
    edition=lambda fund_id: select(AngelFund.edition).where(AngelFund.id == fund_id),
    read=_read,
    write=_write,
    readers=require(*READERS),
    writers=require(r.FINANCE_OFFICER, r.TREASURY_OFFICER, r.TREASURY_APPROVER),
)
