"""Reading API keys: everybody's by who watches over them, an owner's own."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.keys.models import ApiKey
from gateway.keys.rules import Status
from gateway.keys.schemas import KeyFilter, KeyOut
from shared.errors import not_found
from shared.http.paging import Page, paginate


@dataclass(frozen=True, slots=True)
class View:
    """Whose keys somebody sees: of one account or of all, and of one mode or of both."""

    account_id: UUID | None = None
    livemode: bool | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.account_id is not None:
            found.append(ApiKey.account_id == self.account_id)
        if self.livemode is not None:
            found.append(ApiKey.livemode.is_(self.livemode))
        return found


async def get_key(session: AsyncSession, view: View, key_id: UUID, *, lock: bool = False) -> ApiKey:
    """One key that the caller may see. Raises 404."""
    statement = select(ApiKey).where(ApiKey.id == key_id, *view.conditions())
    row = (await session.scalars(statement.with_for_update() if lock else statement)).one_or_none()
    if row is None:
        raise not_found("api-key")
    return row


async def newest_active(session: AsyncSession, account_id: UUID, *, livemode: bool) -> ApiKey | None:
    """The owner's latest key of a mode that can be used."""
    statement = select(ApiKey).where(
        ApiKey.account_id == account_id, ApiKey.livemode.is_(livemode), _has_status("active")
    )
    return (
        await session.scalars(statement.order_by(ApiKey.created_at.desc(), ApiKey.id.desc()).limit(1))
    ).one_or_none()


async def list_keys(session: AsyncSession, view: View, wanted: KeyFilter) -> Page[KeyOut]:
    """Keys in the order in which they were made."""
    keys = [ApiKey.created_at, ApiKey.id]
    return await paginate(session, _matching(view, wanted), keys=keys, params=wanted, item=KeyOut.of)


def _matching(view: View, wanted: KeyFilter) -> Select[ApiKey]:
    statement = select(ApiKey).where(*view.conditions())
    if wanted.account_id is not None:
        statement = statement.where(ApiKey.account_id == wanted.account_id)
    if wanted.mode is not None:
        statement = statement.where(ApiKey.livemode.is_(wanted.mode == "live"))
    if wanted.status is not None:
        statement = statement.where(_has_status(wanted.status))
    return statement


def _has_status(status: Status) -> ColumnElement[bool]:
    """The same as `rules.status_of`."""
    unrevoked, unexpired = ApiKey.revoked_at.is_(None), ApiKey.expires_at > func.now()
    if status == "revoked":
        return ~unrevoked
    if status == "expired":
        return and_(unrevoked, ~unexpired)
    confirmed = ApiKey.confirmed_at.is_not(None)
    return and_(unrevoked, unexpired, confirmed if status == "active" else ~confirmed)
