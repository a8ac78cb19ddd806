"""Reading calls: published ones by everybody, drafts by the bureaus."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.calls.models import CallWindow, GrantCall
from services.finance.calls.rules import Window
from services.finance.calls.schemas import GrantCallFilter, GrantCallOut
from services.finance.calls.states import PUBLISHED
from services.finance.centres import CITY_READERS
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import Page, paginate


def _visible(principal: Principal) -> ColumnElement[bool]:
    return true() if principal.has(*CITY_READERS) else GrantCall.status == PUBLISHED


async def find_call(session: AsyncSession, call_id: UUID, *, principal: Principal, lock: bool = False) -> GrantCall:
    """A call the caller may see, locked for a step if asked. Raises 404."""
    query = select(GrantCall).where(GrantCall.id == call_id, _visible(principal))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    call = await session.scalar(query)
    if call is None:
        raise not_found("grant-call")
    return call


async def list_calls(session: AsyncSession, wanted: GrantCallFilter, *, principal: Principal) -> Page[GrantCallOut]:
    """One page of the calls the caller may see, newest first."""
    query = select(GrantCall).where(_visible(principal))
    for column in (GrantCall.no, GrantCall.fiscal_year, GrantCall.status):
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    if wanted.open_on is not None:
        query = query.where(
            GrantCall.status == PUBLISHED, GrantCall.opens_on <= wanted.open_on, GrantCall.closes_on >= wanted.open_on
        )
    keys = [GrantCall.id.desc()]
    return await paginate(session, query, keys=keys, params=wanted, item=lambda call: shown(principal, call))


def shown(principal: Principal, call: GrantCall) -> GrantCallOut:
    """The call, without who wrote and approved it for whoever is no reader of grants."""
    told = GrantCallOut.model_validate(call)
    if principal.has(*CITY_READERS):
        return told
    return told.model_copy(update={"drafted_by": None, "decided_by": None})


async def windows_of(session: AsyncSession, fiscal_year: int) -> list[Window]:
    """The windows of the year's published calls."""
    window = CallWindow
    rows = await session.execute(
        select(window.call_id, GrantCall.no, window.tier, window.opens_on, window.closes_on)
        .join(GrantCall, GrantCall.id == window.call_id)
        .where(window.fiscal_year == fiscal_year)
        .order_by(window.opens_on, window.call_id)
    )
    return [Window(*row) for row in rows]
