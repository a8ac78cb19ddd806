"""Amendments for those whom they concern."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import own_division, reads_all
from services.vouchers.amendments.models import ProgrammeAmendment
from services.vouchers.amendments.schemas import AmendmentFilter
from shared.auth.principal import Principal
from shared.errors import not_found


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """Amendments concern their issuer, the city's bureaus and the auditor; the terms they led to are public."""
    return true() if reads_all(principal) else ProgrammeAmendment.issuer_division == own_division(principal)


def conditions(wanted: AmendmentFilter) -> list[ColumnElement[bool]]:
    """The list's filters as SQL."""
    columns = {
        "no": ProgrammeAmendment.no,
        "programme_id": ProgrammeAmendment.programme_id,
        "issuer_division": ProgrammeAmendment.issuer_division,
        "status": ProgrammeAmendment.status,
    }
    sent = wanted.model_dump(include=set(columns), exclude_none=True)
    return [columns[name] == value for name, value in sent.items()]


async def find(session: AsyncSession, principal: Principal, amendment_id: UUID) -> ProgrammeAmendment:
    """One that the caller may see. Raises 404."""
    query = select(ProgrammeAmendment).where(ProgrammeAmendment.id == amendment_id, visible_to(principal))
    amendment = (await session.scalars(query)).one_or_none()
    if amendment is None:
        raise not_found("amendment")
    return amendment
