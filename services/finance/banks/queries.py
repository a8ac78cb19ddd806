"""Reading the register of banks: everybody sees those approved, the finance bureau and the auditor all."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.banks import states
from services.finance.banks.models import Bank, BankRevision
from services.finance.banks.schemas import BankDetail, BankFilter, BankOut, BankRevisionOut
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import Page, paginate

KEEPERS: Final = (r.FINANCE_OFFICER, r.FINANCE_APPROVER, r.AUDITOR)
"""Who sees what is not approved, and who recorded it."""

_PENDING: Final = exists().where(BankRevision.bank_id == Bank.id, BankRevision.status == states.RECORDED)


def visible(principal: Principal) -> ColumnElement[bool]:
    """Which banks the caller reads."""
    return true() if principal.has(*KEEPERS) else Bank.status.in_(states.SHOWN)


async def find(session: AsyncSession, bank_id: UUID, principal: Principal) -> Bank:
    """Raises 404."""
    return await _one(session, select(Bank).where(Bank.id == bank_id, visible(principal)))


async def lock(session: AsyncSession, bank_id: UUID) -> Bank:
    """Raises 404."""
    query = select(Bank).where(Bank.id == bank_id).with_for_update()
    return await _one(session, query.execution_options(populate_existing=True))


async def pending_revision(session: AsyncSession, bank_id: UUID) -> BankRevision | None:
    """The change that waits for approval; the bank is locked by whoever decides."""
    query = select(BankRevision).where(BankRevision.bank_id == bank_id, BankRevision.status == states.RECORDED)
    return (await session.scalars(query)).one_or_none()


async def by_codes(session: AsyncSession, codes: list[str]) -> dict[str, Bank]:
    """The banks of the register under these codes."""
    found = await session.scalars(select(Bank).where(Bank.code.in_(codes), Bank.status.in_(states.SHOWN)))
    return {bank.code: bank for bank in found}


async def list_banks(session: AsyncSession, wanted: BankFilter, principal: Principal) -> Page[BankOut]:
    """One page of the banks that the caller reads."""
    query = select(Bank, _PENDING).where(visible(principal))
    if wanted.code is not None:
        query = query.where(Bank.code == wanted.code)
    if wanted.status is not None:
        query = query.where(Bank.status == wanted.status)
    if wanted.channel is not None:
        query = query.where(Bank.channels.contains([wanted.channel]))
    if wanted.pending is not None:
        query = query.where(_PENDING if wanted.pending else ~_PENDING)
    key = Bank.code.desc() if wanted.sort == "-code" else Bank.code
    shown = principal.has(*KEEPERS)
    return await paginate(
        session, query, keys=[key], params=wanted, item=lambda row: _shown(row[0], pending=row[1] and shown)
    )


async def detail(session: AsyncSession, bank: Bank, principal: Principal) -> BankDetail:
    """A bank with its history, as this transaction sees it."""
    await session.flush()
    revisions = []
    if principal.has(*KEEPERS):
        query = select(BankRevision).where(BankRevision.bank_id == bank.id).order_by(BankRevision.revision)
        revisions = [BankRevisionOut.model_validate(row) for row in await session.scalars(query)]
    pending = any(row.status == states.RECORDED for row in revisions)
    return BankDetail(**_shown(bank, pending=pending).model_dump(), revisions=revisions)


def _shown(bank: Bank, *, pending: bool) -> BankOut:
    own = {name: getattr(bank, name) for name in BankOut.model_fields if name != "pending"}
    return BankOut(**own, pending=pending)


async def _one(session: AsyncSession, query: Select[Bank]) -> Bank:
    bank = await session.scalar(query)
    if bank is None:
        raise not_found("bank")
    return bank
