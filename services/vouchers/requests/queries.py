"""Requests for those whom they concern."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import division_of, enterprise_code_of, reads_all
from services.vouchers.requests.models import VoucherRequest
from services.vouchers.requests.schemas import RequestFilter
from services.vouchers.vouchers.models import Voucher
from services.vouchers.vouchers.queries import held_by
from shared.auth.principal import Principal
from shared.errors import not_found


def about_own(code: str | None) -> ColumnElement[bool]:
    """Requests about vouchers of the enterprise with that code."""
    return false() if code is None else VoucherRequest.voucher_id.in_(select(Voucher.id).where(held_by(code)))


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """Holders see what is asked about their own vouchers, issuers about theirs, the city's bureaus and the auditor
    all."""
    if reads_all(principal):
        return true()
    division = division_of(principal)
    own = VoucherRequest.issuer_division == division if division is not None else false()
    return or_(about_own(enterprise_code_of(principal)), own)


def conditions(wanted: RequestFilter) -> list[ColumnElement[bool]]:
    """The list's filters as SQL."""
    names = ("no", "voucher_id", "issuer_division", "kind", "status")
    sent = wanted.model_dump(include=set(names), exclude_none=True)
    return [getattr(VoucherRequest, name) == value for name, value in sent.items()]


async def find(session: AsyncSession, principal: Principal, request_id: UUID) -> VoucherRequest:
    """One request that the caller may see. Raises 404."""
    return await _one(session, select(VoucherRequest).where(VoucherRequest.id == request_id, visible_to(principal)))


async def lock(session: AsyncSession, request_id: UUID, whose: ColumnElement[bool]) -> VoucherRequest:
    """One of the caller's requests, locked. Raises 404."""
    query = select(VoucherRequest).where(VoucherRequest.id == request_id, whose).with_for_update()
    return await _one(session, query.execution_options(populate_existing=True))


async def _one(session: AsyncSession, query: Select[VoucherRequest]) -> VoucherRequest:
    request = (await session.scalars(query)).one_or_none()
    if request is None:
        raise not_found("voucher_request")
    return request
