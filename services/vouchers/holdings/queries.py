"""Holdings of a provider, and the one that makes it a related party."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import division_of, provider_code_of, reads_all
from services.vouchers.holdings.models import Holding
from services.vouchers.holdings.schemas import HoldingFilter
from services.vouchers.providers.models import Provider
from shared.auth.principal import Principal
from shared.errors import not_found


async def require_readable(session: AsyncSession, principal: Principal, provider_id: UUID) -> None:
    """The bureaus, the issuers and the auditor read every provider's holdings, a provider its own. Raises 404."""
    code = await session.scalar(select(Provider.code).where(Provider.id == provider_id))
    everybody = reads_all(principal) or division_of(principal) is not None
    if code is None or not (everybody or code == provider_code_of(principal)):
        raise not_found("provider")


def conditions(provider_id: UUID, wanted: HoldingFilter) -> list[ColumnElement[bool]]:
    """The list's filters as SQL."""
    found = [Holding.provider_id == provider_id]
    return found if wanted.valid_on is None else [*found, *_valid_on(wanted.valid_on)]


async def barring_percent(session: AsyncSession, one: str, other: str, *, limit: Decimal, day: date) -> Decimal | None:
    """The largest holding between the two, whoever holds whom, that reaches the limit that day; None without one.

    The counter's statement tests the same condition.
    """
    either_way = or_(
        (Holding.holder_code == one) & (Holding.held_code == other),
        (Holding.holder_code == other) & (Holding.held_code == one),
    )
    query = select(func.max(Holding.percent)).where(either_way, Holding.percent >= limit, *_valid_on(day))
    percent: Decimal | None = await session.scalar(query)
    return percent


def _valid_on(day: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Holding.valid_from <= day, or_(Holding.valid_to.is_(None), Holding.valid_to >= day)
