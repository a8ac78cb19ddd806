"""The documents of redemptions, which a settlement looks at, and of settlements: inspections, bank slips."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import DIVISION_ROLES, READ_ALL, own_division
from services.vouchers.documents.shelves import case_documents
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.queries import visible_to as concerned
from services.vouchers.redemptions.rules import CAPTURED, RELEASED, STATUSES
from services.vouchers.settlements import states
from services.vouchers.settlements.facts import REDEMPTIONS
from services.vouchers.settlements.models import Settlement
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.errors import invalid_transition, not_found

_OPEN: Final = tuple(status for status in states.STATES if status != states.CANCELLED)
_PARTIES: Final = (*DIVISION_ROLES, r.ENTERPRISE, r.PROVIDER)


async def _read_use(session: AsyncSession, principal: Principal, redemption_id: UUID) -> None:
    query = select(Redemption.id).where(Redemption.id == redemption_id, concerned(principal))
    if await session.scalar(query) is None:
        raise not_found("redemption")


async def _write_use(session: AsyncSession, principal: Principal, redemption_id: UUID) -> bool:
    """By holder, provider and issuer, until it is released; taken out again only before the subsidy is captured."""
    query = select(Redemption.status).where(Redemption.id == redemption_id, concerned(principal))
    status = await session.scalar(query.with_for_update(read=True))
    if status is None:
        raise not_found("redemption")
    if status == RELEASED:
        raise invalid_transition(status, [word for word in STATUSES if word != RELEASED])
    return status not in CAPTURED


async def _read_batch(session: AsyncSession, principal: Principal, settlement_id: UUID) -> None:
    query = select(Settlement.id).where(Settlement.id == settlement_id)
    if not principal.has(*READ_ALL):
        query = query.where(Settlement.issuer_division == own_division(principal))
    if await session.scalar(query) is None:
        raise not_found("settlement")


async def _write_batch(session: AsyncSession, principal: Principal, settlement_id: UUID) -> bool:
    """By the issuer's people; taken out again only while it is a draft."""
    query = select(Settlement.status).where(
        Settlement.id == settlement_id, Settlement.issuer_division == own_division(principal)
    )
    status = await session.scalar(query.with_for_update(read=True))
    if status is None:
        raise not_found("settlement")
    if status not in _OPEN:
        raise invalid_transition(status, list(_OPEN))
    return status == states.DRAFT


redemption_documents = case_documents(
    "/v1/redemptions",
    REDEMPTIONS,
    edition=lambda redemption_id: select(Redemption.edition).where(Redemption.id == redemption_id),
    read=_read_use,
    write=_write_use,
    readers=require(*READ_ALL, *_PARTIES),
    writers=require(*_PARTIES),
)
settlement_documents = case_documents(
    "/v1/settlements",
    "settlements",
    edition=lambda settlement_id: select(Settlement.edition).where(Settlement.id == settlement_id),
    read=_read_batch,
    write=_write_batch,
    readers=require(*READ_ALL, *DIVISION_ROLES),
    writers=require(*DIVISION_ROLES),
)
