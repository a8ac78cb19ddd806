"""Reading authorisations, and whether one holds: an enterprise its own, a bank those given to it, the bureau all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.authorisations.models import DataAuthorisation
from services.finance.authorisations.rules import holds_on
from services.finance.authorisations.schemas import AuthorisationFilter, AuthorisationOut, State
from services.finance.bank_products.facts import CITY, of_enterprise, records_of
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import Page, paginate
from shared.livemode import of_mode

READERS: Final = (r.ENTERPRISE, r.CENTRE_OPERATOR, r.BANK, *CITY)


def visible(principal: Principal) -> ColumnElement[bool]:
    """Which authorisations the caller reads, of the mode of its credential. A bank reads those that hold: what one that
    has ended said is not its business any more."""
    allowed = [of_enterprise(DataAuthorisation.enterprise_id, principal)]
    if principal.has(r.BANK) and principal.bank:
        allowed.append(and_(DataAuthorisation.bank == principal.bank, valid_on(principal.today)))
    return and_(of_mode(DataAuthorisation, principal), or_(*allowed))


def valid_on(day: date) -> ColumnElement[bool]:
    """`rules.holds_on` in SQL."""
    return and_(
        DataAuthorisation.withdrawn_at.is_(None),
        DataAuthorisation.valid_from <= day,
        DataAuthorisation.valid_until >= day,
    )


async def find(session: AsyncSession, authorisation_id: UUID, principal: Principal) -> DataAuthorisation:
    """Raises 404."""
    return await _one(session, select(DataAuthorisation).where(DataAuthorisation.id == authorisation_id), principal)


async def lock_own(session: AsyncSession, authorisation_id: UUID, principal: Principal) -> DataAuthorisation:
    """An authorisation of the caller's own enterprise, locked. Raises 404."""
    query = select(DataAuthorisation).where(
        DataAuthorisation.id == authorisation_id,
        DataAuthorisation.enterprise_id.in_(records_of(principal.org or "")),
    )
    return await _one(session, query.with_for_update().execution_options(populate_existing=True), principal)


async def holding(
    session: AsyncSession,
    enterprise_id: UUID,
    bank: str,
    purposes: Sequence[str],
    day: date,
    *,
    livemode: bool,
    lock: bool = False,
) -> DataAuthorisation | None:
    """The authorisation of that enterprise for that bank and one of the purposes that holds longest from that day on;
    with `lock` no withdrawal overtakes what rests on it."""
    query = (
        select(DataAuthorisation)
        .where(
            DataAuthorisation.enterprise_id == enterprise_id,
            DataAuthorisation.bank == bank,
            DataAuthorisation.purpose.in_(purposes),
            DataAuthorisation.livemode.is_(livemode),
            valid_on(day),
        )
        .order_by(DataAuthorisation.valid_until.desc(), DataAuthorisation.id)
        .limit(1)
    )
    return (await session.scalars(query.with_for_update(read=True) if lock else query)).one_or_none()


async def list_authorisations(
    session: AsyncSession, wanted: AuthorisationFilter, principal: Principal
) -> Page[AuthorisationOut]:
    """One page of the authorisations that the caller reads."""
    query = select(DataAuthorisation).where(visible(principal))
    for column in (
        DataAuthorisation.no,
        DataAuthorisation.bank,
        DataAuthorisation.purpose,
        DataAuthorisation.enterprise_code,
    ):
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    if wanted.valid_on is not None:
        query = query.where(valid_on(wanted.valid_on))
    if wanted.withdrawn is not None:
        withdrawn = DataAuthorisation.withdrawn_at.is_not(None)
        query = query.where(withdrawn if wanted.withdrawn else ~withdrawn)
    key = DataAuthorisation.no if wanted.sort == "no" else DataAuthorisation.no.desc()
    return await paginate(session, query, keys=[key], params=wanted, item=lambda row: shown(row, principal.today))


def shown(row: DataAuthorisation, today: date) -> AuthorisationOut:
    """An authorisation as it stands today."""
    own = {name: getattr(row, name) for name in AuthorisationOut.model_fields if name != "state"}
    return AuthorisationOut(**own, state=_state(row, today))


def _state(row: DataAuthorisation, today: date) -> State:
    if row.withdrawn_at is not None:
        return "withdrawn"
    dates = {"valid_from": row.valid_from, "valid_until": row.valid_until}
    if holds_on(today, withdrawn_at=None, **dates):
        return "valid"
    return "upcoming" if today < row.valid_from else "ended"


async def _one(session: AsyncSession, query: Select[DataAuthorisation], principal: Principal) -> DataAuthorisation:
    found = await session.scalar(query.where(visible(principal)))
    if found is None:
        raise not_found("authorisation")
    return found
