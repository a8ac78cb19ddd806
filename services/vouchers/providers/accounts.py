"""Bank accounts that providers are paid to: sealed where they are kept, masked wherever they are shown (4.3-2).

A provider names its account, an officer of the science bureau confirms it; until then the one before stays in force, so
that nobody redirects payments with one login.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends
from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from services.vouchers.settings import VoucherSettings
from shared.db import Database
from shared.errors import DomainError
from shared.ids import uuid7
from shared.logging import get_logger
from shared.runtime import Runtime, RuntimeDep
from shared.sealing import KeyMissing, Keyring, KeyringFile, Sealed, Unreadable

PROPOSED: Final = "proposed"
CURRENT: Final = "current"
REPLACED: Final = "replaced"
REJECTED: Final = "rejected"
SHOWN_DIGITS: Final = 4
BATCH: Final = 200
PAUSE_SECONDS: Final = 60.0

log = get_logger(__name__)


class SettlementAccountRow(Base):
    """An account of a provider; the number is sealed, bound to the row. At most one is current, one proposed."""

    __tablename__ = "settlement_account"
    __table_args__ = (
        CheckConstraint("status IN ('proposed', 'current', 'replaced', 'rejected')", name="status_known"),
        CheckConstraint("last_four ~ '^[0-9]{4}$'", name="last_four_form"),
        CheckConstraint("(status = 'proposed') = (num_nulls(decided_by, decided_on) = 2)", name="decided_whole"),
        CheckConstraint("decided_by <> proposed_by", name="four_eyes"),
        *(
            Index(
                f"uq_settlement_account_{status}", "provider_id", unique=True, postgresql_where=f"status = '{status}'"
            )
            for status in (PROPOSED, CURRENT)
        ),
        Index("ix_settlement_account_provider_id", "provider_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("provider.id"))
    account_name: Mapped[str]
    bank_name: Mapped[str]
    bank_code: Mapped[str | None]
    sealed_number: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str]
    last_four: Mapped[str]
    document_id: Mapped[UUID | None]
    status: Mapped[str]
    proposed_by: Mapped[str]
    proposed_on: Mapped[date]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    reason_code: Mapped[str | None]

    @property
    def masked(self) -> str:
        """What is shown of the number."""
        return f"****{self.last_four}"


@dataclass(frozen=True, slots=True)
class SettlementAccount:
    """Where a provider is paid to; the number stays sealed until a payment file needs it (`number_of`)."""

    id: UUID
    provider_id: UUID
    account_name: str
    bank_name: str
    bank_code: str | None
    masked: str
    sealed: Sealed


async def account_of(session: AsyncSession, provider_id: UUID) -> SettlementAccount | None:
    """The confirmed account of a provider; None where nobody has confirmed one."""
    row = await session.scalar(_in(CURRENT, provider_id))
    return None if row is None else _account(row)


async def account_by_id(session: AsyncSession, account_id: UUID) -> SettlementAccount | None:
    """An account by its id, also one replaced since: what a payment was sent to."""
    row = await session.get(SettlementAccountRow, account_id)
    return None if row is None else _account(row)


def number_of(account: SettlementAccount, keys: Keyring) -> str:
    """The account's number, for the payment file alone. Raises 503 `account-keys-missing` where its key is not here."""
    try:
        return keys.unseal(account.id, account.sealed)
    except KeyMissing as error:
        log.error("a key of accounts is missing", key_id=account.sealed.key_id)
        raise DomainError("account-keys-missing", 503) from error


async def row_in(session: AsyncSession, status: str, provider_id: UUID) -> SettlementAccountRow | None:
    """The provider's account in that state, locked."""
    query = _in(status, provider_id).with_for_update().execution_options(populate_existing=True)
    found: SettlementAccountRow | None = await session.scalar(query)
    return found


def seal_number(row: SettlementAccountRow, number: str, keys: Keyring) -> None:
    """Put a number into the row, sealed with the current key; the row has its id."""
    sealed = keys.seal(row.id, number)
    row.sealed_number, row.key_id, row.last_four = sealed.content, sealed.key_id, number[-SHOWN_DIGITS:]


def _in(status: str, provider_id: UUID) -> Select[SettlementAccountRow]:
    return select(SettlementAccountRow).where(
        SettlementAccountRow.provider_id == provider_id, SettlementAccountRow.status == status
    )


def _account(row: SettlementAccountRow) -> SettlementAccount:
    sealed = Sealed(row.key_id, row.sealed_number)
    return SettlementAccount(
        row.id, row.provider_id, row.account_name, row.bank_name, row.bank_code, row.masked, sealed
    )


@lru_cache
def _file(path: Path) -> KeyringFile:
    return KeyringFile(path)


def keyring_of(runtime: Runtime) -> Keyring:
    """The keys of this process. Raises 503 `account-keys-missing` where none are configured or the file is gone."""
    settings = runtime.settings
    path = settings.account_keys_file if isinstance(settings, VoucherSettings) else None
    if path is None:
        raise DomainError("account-keys-missing", 503)
    try:
        return _file(path).ring()
    except OSError as error:
        log.error("cannot read the keys of accounts", path=str(path))
        raise DomainError("account-keys-missing", 503) from error


async def _keyring(runtime: RuntimeDep) -> Keyring:
    return keyring_of(runtime)


AccountKeys = Annotated[Keyring, Depends(_keyring)]


async def keep_sealed_anew(runtime: Runtime) -> None:
    """Worker: looks once a minute whether rows are sealed with another key than the current one."""
    while True:
        try:
            count = await seal_anew(runtime.db, keyring_of(runtime))
        except DomainError:
            count = 0
        if count:
            log.info("accounts sealed anew", count=count)
        await asyncio.sleep(PAUSE_SECONDS)


async def seal_anew(db: Database, keys: Keyring) -> int:
    """Seal everything with the current key that is not; returns how many rows were.

    A row that cannot be opened is left as it is and logged by its id: its key may come back from a backup.
    """
    done, after = 0, None
    while True:
        async with db.transaction() as session:
            query = select(SettlementAccountRow).where(SettlementAccountRow.key_id != keys.current)
            if after is not None:
                query = query.where(SettlementAccountRow.id > after)
            rows = (await session.scalars(query.order_by(SettlementAccountRow.id).limit(BATCH).with_for_update())).all()
            done += sum([_sealed_anew(row, keys) for row in rows])
        if len(rows) < BATCH:
            return done
        after = rows[-1].id


def _sealed_anew(row: SettlementAccountRow, keys: Keyring) -> bool:
    try:
        number = keys.unseal(row.id, Sealed(row.key_id, row.sealed_number))
    except (KeyMissing, Unreadable) as error:
        log.error("account not sealed anew", account_id=str(row.id), reason=type(error).__name__)
        return False
    seal_number(row, number, keys)
    return True
