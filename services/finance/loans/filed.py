"""The documents of loans: what an application was made with, and the signed contract."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.documents.shelves import case_documents
from services.finance.loans.models import Loan
from services.finance.loans.queries import DEPARTMENT_ROLES, PARTIES, find, visible
from services.finance.loans.states import DRAFT, ENDED, SMALL_MICRO, STATES
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.errors import forbidden, invalid_transition

KIND = "loans"
_OPEN = tuple(state for state in STATES if state not in ENDED)
_SEEN_BY = (*DEPARTMENT_ROLES, r.AUDITOR, r.GUARANTOR, *PARTIES)
"""Not by banks: what proves who was hired may be among them."""
_BESIDE_GUARANTOR = tuple(role for role in _SEEN_BY if role != r.GUARANTOR)


async def _read(session: AsyncSession, principal: Principal, loan_id: UUID) -> None:
    """The guarantor what it guarantees, and never what proves who was hired. Raises 404, 403."""
    loan = await find(session, loan_id, principal)
    if not principal.has(*_BESIDE_GUARANTOR) and (not loan.guarantor or loan.product == SMALL_MICRO):
        raise forbidden()


async def _write(session: AsyncSession, principal: Principal, loan_id: UUID) -> bool:
    """As long as the loan is not over; taken out again only while it is a draft."""
    await _read(session, principal, loan_id)
    held = select(Loan.status).where(Loan.id == loan_id, visible(principal)).with_for_update(read=True)
    status = await session.scalar(held)
    if status not in _OPEN:
        raise invalid_transition(str(status), _OPEN)
    return status == DRAFT


router = case_documents(
    "/v1/loans",
    KIND,
    rule="loans.documents",
    edition=lambda loan_id: select(Loan.edition).where(Loan.id == loan_id),
    read=_read,
    write=_write,
    readers=require(*_SEEN_BY),
    writers=require(r.ENTERPRISE, r.FOUNDER, r.HR_OFFICER, r.FINANCE_OFFICER, r.GUARANTOR),
)
