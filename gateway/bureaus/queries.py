"""Reading bureaus."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.models import Account
from gateway.bureaus.models import Bureau
from gateway.bureaus.schemas import BureauFilter, BureauOut
from shared.http.paging import Page, paginate


async def list_bureaus(session: AsyncSession, wanted: BureauFilter) -> Page[BureauOut]:
    """Bureaus in the order in which they were let in."""
    statement = select(Bureau)
    if wanted.name is not None:
        statement = statement.where(Bureau.name == wanted.name)
    if wanted.removed is not None:
        statement = statement.where(Bureau.removed_at.is_not(None) if wanted.removed else Bureau.removed_at.is_(None))
    keys = [Bureau.created_at, Bureau.id]
    return await paginate(session, statement, keys=keys, params=wanted, item=BureauOut.of)


async def bureaus_let_in(session: AsyncSession) -> Sequence[Bureau]:
    """Those that the broker lets in: not removed, and their account is not disabled."""
    statement = select(Bureau).join(Account, Account.id == Bureau.account_id)
    statement = statement.where(Bureau.removed_at.is_(None), Account.disabled_at.is_(None)).order_by(Bureau.name)
    return (await session.scalars(statement)).all()


async def topics_of(session: AsyncSession, account_id: UUID) -> frozenset[str] | None:
    """The topics that a bureau's account has chosen; None where it has chosen none, or is no such account."""
    topics = await session.scalar(select(Bureau.topics).where(Bureau.account_id == account_id))
    return None if topics is None else frozenset(topics)
