"""A centre on the list is known by its name: no other one has it (2.1-0)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.models import Centre
from services.registry.centres.rules import STANDING
from services.registry.names.terms import key_of
from shared.errors import DomainError

TAKEN: Final = "centre-name-taken"
_LISTING: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('registry.centre.names', 0))")


async def require_name_free(session: AsyncSession, name: str, own: UUID | None = None, *, settle: bool = False) -> None:
    """409 `centre-name-taken` where another centre on the list has the name, whatever its case, width and spaces.

    With `settle` whoever else puts a name on the list waits until this transaction has ended.
    """
    if settle:
        await hold_names(session)
    taken = await names_taken(session, [key_of(name)], own)
    refuse_taken(taken, name)


async def hold_names(session: AsyncSession) -> None:
    """Let nobody else put a name on the list until this transaction has ended."""
    await session.execute(_LISTING)


async def names_taken(session: AsyncSession, keys: Iterable[str], own: UUID | None = None) -> dict[str, str]:
    """Of these names those that centres on the list have, with the number of one each."""
    query = select(Centre.name_key, Centre.no).where(Centre.name_key.in_(list(keys)), Centre.status.in_(STANDING))
    if own is not None:
        query = query.where(Centre.id != own)
    return {row.name_key: row.no for row in await session.execute(query.order_by(Centre.id.desc()))}


def refuse_taken(taken: dict[str, str], name: str) -> None:
    """Raises 409 `centre-name-taken`."""
    if (no := taken.get(key_of(name))) is not None:
        raise DomainError(TAKEN, 409, params={"no": no, "name": name}, clauses=["2.1-0"])
