"""What finance knows of an enterprise, for matching and referrals (3.3-1)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.finance.enterprises import await_enterprise, read_enterprise
from services.finance.projections import LISTED, known_centre, known_enterprise, known_tenancy
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import DomainError, not_found

READERS = (
    r.ENTERPRISE,
    r.CENTRE_OPERATOR,
    r.FINANCE_OFFICER,
    r.FINANCE_APPROVER,
    r.OFFICE_OFFICER,
    r.OFFICE_APPROVER,
    r.AUDITOR,
)
"""Enterprises their own, operators those of their centres, the finance bureau, the office and the auditor all."""
CITY = (r.FINANCE_OFFICER, r.FINANCE_APPROVER, r.OFFICE_OFFICER, r.OFFICE_APPROVER, r.AUDITOR)


@dataclass(frozen=True, slots=True)
class Firm:
    """An enterprise on a day, by the record that goes on; `centre_id` is where it sits that day, None for nowhere."""

    id: UUID
    code: str
    name: str | None
    industry_code: str | None
    registered_on: date | None
    division: str
    size_class: str | None
    centre_id: UUID | None
    centre_name: str | None
    in_centre_since: date | None


def records_of(code: str) -> Select[UUID]:
    """Every record of the enterprise with that code: its own, and those merged into it."""
    own = select(known_enterprise.c.id).where(known_enterprise.c.code == code)
    return select(known_enterprise.c.id).where(
        or_(known_enterprise.c.code == code, known_enterprise.c.merged_into_id.in_(own))
    )


def seated_with(operator: str, day: date) -> Select[UUID]:
    """Enterprises that sit at one of the operator's centres that day."""
    centres = select(known_centre.c.id).where(known_centre.c.operator_code == operator)
    return select(known_tenancy.c.enterprise_id).where(known_tenancy.c.centre_id.in_(centres), _sits(day))


def of_enterprise(column: InstrumentedAttribute[UUID], principal: Principal) -> ColumnElement[bool]:
    """Rows about enterprises that the caller may see; nothing where no role opens them."""
    if principal.has(*CITY):
        return true()
    allowed: list[ColumnElement[bool]] = [false()]
    if principal.has(r.ENTERPRISE) and principal.org:
        allowed.append(column.in_(records_of(principal.org)))
    if principal.has(r.CENTRE_OPERATOR) and principal.org:
        allowed.append(column.in_(seated_with(principal.org, principal.today)))
    return or_(*allowed)


async def find_firm(session: AsyncSession, code: str | None, principal: Principal, *, lock: bool = False) -> Firm:
    """The enterprise asked for, by the record that goes on; an enterprise's own account need not name it.

    Raises 422 `enterprise-code-required` without one, 404 for one that is not the caller's, 409
    `reference-not-yet-known`.
    """
    wanted = code or (principal.org if principal.has(r.ENTERPRISE) else None)
    if wanted is None:
        raise DomainError("enterprise-code-required", 422)
    own = principal.has(r.ENTERPRISE) and wanted == principal.org
    if not own and not principal.has(*CITY, r.CENTRE_OPERATOR):
        raise not_found("enterprise")
    await await_enterprise(session, wanted)
    enterprise = await read_enterprise(session, wanted, lock=lock)
    if enterprise.survivor is not None:
        enterprise = await read_enterprise(session, enterprise.survivor, lock=lock)
    seated = select(known_enterprise.c.id).where(
        known_enterprise.c.id == enterprise.id,
        known_enterprise.c.id.in_(seated_with(principal.org or "", principal.today)),
    )
    if not own and not principal.has(*CITY) and await session.scalar(seated) is None:
        raise not_found("enterprise")
    return await read_firm(session, enterprise.id, principal.today)


async def read_firm(session: AsyncSession, enterprise_id: UUID, day: date) -> Firm:
    """A record as it stands, and where it sat that day. Raises 404."""
    found = await read_firms(session, [enterprise_id], day)
    if enterprise_id not in found:
        raise not_found("enterprise")
    return found[enterprise_id]


async def read_firms(session: AsyncSession, ids: Collection[UUID], day: date) -> dict[UUID, Firm]:
    """Records as they stand, each with the listed centre where it, or a record merged into it, came to sit last of all
    those where it sat that day; in two statements."""
    firm, stay, centre = known_enterprise.c, known_tenancy.c, known_centre.c
    rows = (await session.execute(select(known_enterprise).where(firm.id.in_(ids)))).all()
    goes_on = func.coalesce(firm.merged_into_id, firm.id)
    query = (
        select(goes_on.label("id"), stay.centre_id, stay.admitted_on, centre.name)
        .join(known_tenancy, stay.enterprise_id == firm.id)
        .join(known_centre, and_(centre.id == stay.centre_id, centre.status == LISTED))
        .where(goes_on.in_(ids), _sits(day), centre.delisting_case_id.is_(None))
        .order_by(stay.admitted_on, stay.id)
    )
    seats = {row.id: row for row in await session.execute(query)}
    return {row.id: _firm(row, seats.get(row.id)) for row in rows}


def _firm(row: Row[*tuple[Any, ...]], seat: Row[UUID, UUID, date, str | None] | None) -> Firm:
    """`row` is of a table whose columns have many types, hence Any."""
    return Firm(
        id=row.id,
        code=row.code,
        name=row.name,
        industry_code=row.industry_code,
        registered_on=row.registered_on,
        division=row.division,
        size_class=row.size_class,
        centre_id=seat.centre_id if seat else None,
        centre_name=seat.name if seat else None,
        in_centre_since=seat.admitted_on if seat else None,
    )


def _sits(day: date) -> ColumnElement[bool]:
    stay = known_tenancy.c
    return and_(stay.admitted_on <= day, or_(stay.ended_on.is_(None), stay.ended_on >= day))
