"""Vouchers for those whom they concern."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from services.vouchers.access import division_of, enterprise_code_of, reads_all
from services.vouchers.projections import same_enterprise
from services.vouchers.vouchers.models import Voucher, voucher_code
from services.vouchers.vouchers.rules import ACTIVE, EXPIRED
from services.vouchers.vouchers.schemas import VoucherFilter
from shared.auth.principal import Principal
from shared.errors import not_found


def held_by(code: str | None) -> ColumnElement[bool]:
    """Vouchers of the enterprise with that code."""
    if code is None:
        return false()
    return Voucher.enterprise_id.in_(same_enterprise(code))


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """Holders see their own, issuers what they issued, the city's bureaus and the auditor all."""
    if reads_all(principal):
        return true()
    division = division_of(principal)
    issued = Voucher.issuer_division == division if division is not None else false()
    return or_(held_by(enterprise_code_of(principal)), issued)


def conditions(wanted: VoucherFilter, today: date) -> list[ColumnElement[bool]]:
    """The list's filters as SQL; `active` and `expired` are as they are shown on that day."""
    columns = {
        "no": Voucher.no,
        "programme_id": Voucher.programme_id,
        "issuer_division": Voucher.issuer_division,
        "kind": Voucher.kind,
        "enterprise_id": Voucher.enterprise_id,
        "centre_id": Voucher.centre_id,
        "reason_code": Voucher.reason_code,
        "application_id": Voucher.application_id,
        "batch_id": Voucher.batch_id,
    }
    sent = wanted.model_dump(include=set(columns), exclude_none=True)
    found: list[ColumnElement[bool]] = [columns[name] == value for name, value in sent.items()]
    if wanted.status is not None:
        found.append(Voucher.status == (ACTIVE if wanted.status == EXPIRED else wanted.status))
    if wanted.status in (ACTIVE, EXPIRED):
        past = Voucher.valid_until < today
        found.append(past if wanted.status == EXPIRED else ~past)
    if wanted.valid_until_from is not None:
        found.append(Voucher.valid_until >= wanted.valid_until_from)
    if wanted.valid_until_to is not None:
        found.append(Voucher.valid_until <= wanted.valid_until_to)
    if (day := wanted.usable_on) is not None:
        found += [Voucher.status == ACTIVE, Voucher.issued_on <= day, Voucher.valid_until >= day, Voucher.balance > 0]
    return found


async def find(session: AsyncSession, principal: Principal, voucher_id: UUID) -> Voucher:
    """One voucher that the caller may see, with its decision. Raises 404."""
    query = select(Voucher).where(Voucher.id == voucher_id, visible_to(principal)).options(undefer(Voucher.decision))
    voucher = (await session.scalars(query)).one_or_none()
    if voucher is None:
        raise not_found("voucher")
    return voucher


async def code_for_holder(session: AsyncSession, principal: Principal, voucher_id: UUID) -> str:
    """The code of the caller's own voucher. Raises 404 for anybody else's."""
    query = (
        select(voucher_code.c.code)
        .join(Voucher, Voucher.id == voucher_code.c.voucher_id)
        .where(Voucher.id == voucher_id, held_by(enterprise_code_of(principal)))
    )
    code: str | None = await session.scalar(query)
    if code is None:
        raise not_found("voucher")
    return code
