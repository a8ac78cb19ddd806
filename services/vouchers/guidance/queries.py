"""Guidance for those whom it concerns, and the limits that hold on a day."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.vouchers.access import reads_all
from services.vouchers.guidance.models import Guidance
from services.vouchers.guidance.rules import APPROVED, Limits
from services.vouchers.guidance.schemas import GuidanceFilter
from shared.auth.principal import Principal
from shared.errors import not_found


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """What is approved is public; the rest concerns the city's bureaus and the auditor."""
    return true() if reads_all(principal) else Guidance.status == APPROVED


def conditions(wanted: GuidanceFilter) -> list[ColumnElement[bool]]:
    """The list's filters as SQL."""
    columns = {"no": Guidance.no, "year": Guidance.year, "status": Guidance.status}
    sent = wanted.model_dump(include=set(columns), exclude_none=True)
    found: list[ColumnElement[bool]] = [columns[name] == value for name, value in sent.items()]
    if wanted.in_force_on is not None:
        found += [Guidance.status == APPROVED, Guidance.effective_from == _latest_day(wanted.in_force_on)]
    return found


def _latest_day(day: date) -> ColumnElement[date | None]:
    """The last day up to that one from which guidance of the same year counts."""
    other = aliased(Guidance)
    return (
        select(other.effective_from)
        .where(other.year == Guidance.year, other.status == APPROVED, other.effective_from <= day)
        .order_by(other.effective_from.desc())
        .limit(1)
        .scalar_subquery()
    )


async def find(session: AsyncSession, principal: Principal, guidance_id: UUID) -> Guidance:
    """One that the caller may see. Raises 404."""
    query = select(Guidance).where(Guidance.id == guidance_id, visible_to(principal))
    guidance = (await session.scalars(query)).one_or_none()
    if guidance is None:
        raise not_found("guidance")
    return guidance


async def lock(session: AsyncSession, guidance_id: UUID) -> Guidance:
    """One of the bureau's, locked FOR UPDATE. Raises 404."""
    query = select(Guidance).where(Guidance.id == guidance_id).with_for_update()
    guidance = (await session.scalars(query)).one_or_none()
    if guidance is None:
        raise not_found("guidance")
    return guidance


async def limits_on(session: AsyncSession, year: int, day: date) -> Limits | None:
    """What the city's guidance for programmes of the year is on that day; None before the first."""
    query = (
        select(Guidance)
        .where(Guidance.year == year, Guidance.status == APPROVED, Guidance.effective_from <= day)
        .order_by(Guidance.effective_from.desc())
        .limit(1)
    )
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        return None
    return Limits(
        no=found.no,
        max_percent=found.max_percent,
        max_enterprise_quota=found.max_enterprise_quota,
        max_quota_share_percent=found.max_quota_share_percent,
        first_voucher_free_allowed=found.first_voucher_free_allowed,
        recommended_categories=tuple(found.recommended_categories),
    )
