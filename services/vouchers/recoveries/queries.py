"""Recoveries for those whom they concern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import division_of, reads_all
from services.vouchers.recoveries.cases import visible_to
from services.vouchers.recoveries.models import Recovery, RecoveryMovement
from services.vouchers.recoveries.schemas import MovementOut, RecoveryFilter, RecoveryItem, RecoveryOut
from shared.auth.principal import Principal
from shared.http.paging import Page, SortKey, both_ways, paginate

_ORDERS: Final[Mapping[str, Sequence[SortKey]]] = both_ways({"created": [Recovery.id], "no": [Recovery.no]})
_EQUAL: Final = ("no", "issuer_division", "programme_id", "provider_id", "redemption_id", "status", "reason_code")
_HANDS: Final = ("opened_by", "decided_by", "write_off_by", "written_off_by")
_INTERNAL: Final = (*_HANDS, "write_off_on", "write_off_reason")


async def list_recoveries(session: AsyncSession, principal: Principal, wanted: RecoveryFilter) -> Page[RecoveryItem]:
    """One page of the recoveries that the caller may see."""
    query = select(Recovery).where(visible_to(principal))
    for name in _EQUAL:
        if (value := getattr(wanted, name)) is not None:
            query = query.where(getattr(Recovery, name) == value)
    if wanted.opened_from is not None:
        query = query.where(Recovery.opened_on >= wanted.opened_from)
    if wanted.opened_to is not None:
        query = query.where(Recovery.opened_on <= wanted.opened_to)
    keys = _ORDERS[wanted.sort]
    return await paginate(session, query, keys=keys, params=wanted, item=RecoveryItem.model_validate)


async def detail(session: AsyncSession, principal: Principal, recovery: Recovery) -> RecoveryOut:
    """The recovery with what made up for it; who took a step, and that a write-off is proposed, is not for the
    provider."""
    await session.flush()
    query = select(RecoveryMovement).where(RecoveryMovement.recovery_id == recovery.id).order_by(RecoveryMovement.id)
    movements = [MovementOut.model_validate(row) for row in await session.scalars(query)]
    values = {name: getattr(recovery, name) for name in RecoveryOut.model_fields if name != "movements"}
    if not (reads_all(principal) or division_of(principal) is not None):
        values |= dict.fromkeys(_INTERNAL)
    return RecoveryOut.model_validate({**values, "movements": movements})
