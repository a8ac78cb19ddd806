"""Who may be paid out of a division's matching funds: its own centres and enterprises, as known here (5.1-2)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from time import monotonic
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Row, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.centres import WAIT_SECONDS
from services.finance.matching_funds.rules import decide_centre, decide_enterprise, places_of
from services.finance.matching_funds.schemas import SpendingIn
from services.finance.projections import known_centre, known_enterprise, known_tenancy
from shared.errors import not_found, reference_not_yet_known
from shared.policy.decision import Decision
from shared.policy.edition import Edition
from shared.refusals import require_passed

T = TypeVar("T")
_STEP_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Payer:
    """The division that pays, under which edition, and when."""

    edition: Edition
    division: str
    spent_on: date

    @property
    def places(self) -> frozenset[str]:
        return places_of(self.edition, self.division)


async def decide_recipient(session: AsyncSession, payer: Payer, sent: SpendingIn) -> Decision:
    """Whether the recipient may be paid. A centre stays locked FOR SHARE: its delisting comes before this payment,
    which is refused then, or after it.

    Raises 404 for what is not the division's, 409 `matching-fund-centre-not-listed`, `matching-fund-recipient-merged`,
    `reference-not-yet-known`.
    """
    if sent.centre_id is not None:
        return await _centre(session, payer, sent.centre_id)
    assert sent.enterprise_code is not None, "one of the two is sent"
    return await _enterprise(session, payer, sent.enterprise_code)


async def _centre(session: AsyncSession, payer: Payer, centre_id: UUID) -> Decision:
    table = known_centre.c
    query = select(known_centre).where(table.id == centre_id)
    if await _arrived(lambda: session.scalar(query.with_only_columns(table.id))) is None:
        raise reference_not_yet_known("centre", centre_id)
    row = (await session.execute(query.with_for_update(read=True))).one()
    if row.version > 0 and {row.owner_division, row.site_division}.isdisjoint(payer.places):
        raise not_found("centre")
    delisted = row.delisting_case_id is not None
    return require_passed(decide_centre(payer.edition, status=row.status or "unknown", delisted=delisted))


async def _enterprise(session: AsyncSession, payer: Payer, code: str) -> Decision:
    query = select(known_enterprise).where(known_enterprise.c.code == code)

    async def look() -> Row[tuple[object, ...]] | None:
        return (await session.execute(query)).one_or_none()

    row = await _arrived(look)
    if row is None:
        raise reference_not_yet_known("enterprise", code)
    if row.division not in payer.places and not await _sits_there(session, payer, row.id):
        raise not_found("enterprise")
    goes_on = select(known_enterprise.c.code).where(known_enterprise.c.id == row.merged_into_id)
    survivor = await session.scalar(goes_on) if row.merged_into_id else None
    return require_passed(decide_enterprise(payer.edition, enterprise=code, survivor=survivor))


async def _sits_there(session: AsyncSession, payer: Payer, enterprise_id: UUID) -> bool:
    """Whether the enterprise was that day in a centre that the division owns or that lies in it."""
    stay, centre, places = known_tenancy.c, known_centre.c, sorted(payer.places)
    query = (
        select(stay.id)
        .join(known_centre, centre.id == stay.centre_id)
        .where(
            stay.enterprise_id == enterprise_id,
            stay.admitted_on <= payer.spent_on,
            or_(stay.ended_on.is_(None), stay.ended_on >= payer.spent_on),
            or_(centre.owner_division.in_(places), centre.site_division.in_(places)),
        )
    )
    return await session.scalar(query.limit(1)) is not None


async def _arrived(look: Callable[[], Awaitable[T | None]]) -> T | None:
    """What the registry's events brought, within a second; no lock is held meanwhile."""
    deadline = monotonic() + WAIT_SECONDS
    while (found := await look()) is None and monotonic() < deadline:
        await asyncio.sleep(_STEP_SECONDS)
    return found
