"""Reading repayments: those of the centres the caller may see, and an operator's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.finance.centres import visible_to
from services.finance.projections import known_centre
from services.finance.repayments.models import Repayment
from services.finance.repayments.schemas import RepaymentDetail, RepaymentFilter, RepaymentOut
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import Page, SortKey, paginate

_ORDERS: Final[Mapping[str, Sequence[SortKey]]] = {
    "created": [Repayment.id],
    "-created": [Repayment.id.desc()],
    "no": [Repayment.no],
    "-no": [Repayment.no.desc()],
}
_EQUAL: Final[Mapping[str, InstrumentedAttribute[object]]] = {
    "no": Repayment.no,
    "grant_id": Repayment.grant_id,
    "centre_id": Repayment.centre_id,
    "delisting_case_id": Repayment.delisting_case_id,
    "fiscal_year": Repayment.fiscal_year,
    "payee_code": Repayment.payee_code,
    "status": Repayment.status,
}


async def list_repayments(
    session: AsyncSession, wanted: RepaymentFilter, *, principal: Principal
) -> Page[RepaymentOut]:
    """One page of the repayments the caller may see."""
    statement = _visible(principal)
    for name, column in _EQUAL.items():
        if (value := getattr(wanted, name)) is not None:
            statement = statement.where(column == value)
    keys = _ORDERS[wanted.sort]
    return await paginate(session, statement, keys=keys, params=wanted, item=RepaymentOut.model_validate)


async def find(session: AsyncSession, repayment_id: UUID, *, principal: Principal) -> Repayment:
    """A repayment the caller may see. Raises 404."""
    repayment = await session.scalar(_visible(principal).where(Repayment.id == repayment_id))
    if repayment is None:
        raise not_found("repayment")
    return repayment


async def detail(session: AsyncSession, repayment: Repayment) -> RepaymentDetail:
    """The repayment with what was decided at each step."""
    await session.flush()
    return RepaymentDetail.model_validate(repayment)


def _visible(principal: Principal) -> Select[Repayment]:
    allowed: list[ColumnElement[bool]] = [visible_to(principal)]
    if principal.has(r.CENTRE_OPERATOR) and principal.org:
        allowed.append(Repayment.payee_code == principal.org)
    joined = select(Repayment).join(known_centre, known_centre.c.id == Repayment.centre_id)
    return joined.where(or_(*allowed))
