"""Evidence about hires, sealed (3.2-4): which class a person belongs to, and the number of the identity card."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.loans.hires import Hire
from services.finance.loans.models import LoanHire
from services.finance.loans.schemas import HireIn
from services.finance.settings import FinanceSettings
from shared.db import Database
from shared.errors import DomainError
from shared.http.validation import PayloadInvalid
from shared.identifiers import IdentifierError, check_identity_card
from shared.ids import uuid7
from shared.logging import get_logger
from shared.runtime import Runtime, RuntimeDep
from shared.sealing import KeyMissing, Keyring, KeyringFile, Sealed, Unreadable

SHOWN_DIGITS: Final = 4
HIDDEN: Final = "*" * 18
BATCH: Final = 200
PAUSE_SECONDS: Final = 60.0

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is sealed with a hire."""

    hire_class: str
    id_number: str | None

    @property
    def masked(self) -> str | None:
        """The number's last four characters."""
        return None if self.id_number is None else HIDDEN[:-SHOWN_DIGITS] + self.id_number[-SHOWN_DIGITS:]


class _Content(BaseModel):
    hire_class: str
    id_number: str | None


@lru_cache
def _file(path: Path) -> KeyringFile:
    return KeyringFile(path)


def keyring_of(runtime: Runtime) -> Keyring:
    """The keys of this process. Raises 503 `evidence-keys-missing` where none are configured or the file is gone."""
    settings = runtime.settings
    path = settings.evidence_keys_file if isinstance(settings, FinanceSettings) else None
    if path is None:
        raise DomainError("evidence-keys-missing", 503)
    try:
        return _file(path).ring()
    except OSError as error:
        log.error("cannot read the keys of evidence", path=str(path))
        raise DomainError("evidence-keys-missing", 503) from error


async def _keyring(runtime: RuntimeDep) -> Keyring:
    return keyring_of(runtime)


async def _maybe_keyring(runtime: RuntimeDep) -> Keyring | None:
    try:
        return keyring_of(runtime)
    except DomainError:
        return None


Keys = Annotated[Keyring, Depends(_keyring)]
MaybeKeys = Annotated[Keyring | None, Depends(_maybe_keyring)]
"""For what only a small or micro enterprise's loan needs; that one is then answered 503."""


def sealed_hire(keys: Keyring, loan_id: UUID, line: int, sent: HireIn, number: str | None) -> LoanHire:
    """The row of a hire. `number` was checked."""
    row_id = uuid7()
    content = json.dumps({"hire_class": sent.hire_class, "id_number": number})
    sealed = keys.seal(row_id, content)
    return LoanHire(
        id=row_id,
        loan_id=loan_id,
        line=line,
        sealed_evidence=sealed.content,
        key_id=sealed.key_id,
        evidence_index=None if number is None else keys.index_of(number),
        **sent.model_dump(exclude={"hire_class", "id_number"}),
    )


def checked_numbers(sent: Sequence[HireIn], today: date) -> list[str | None]:
    """The card numbers that were sent. Raises 422 naming the field and the fault, never the number."""
    found: list[str | None] = []
    for place, hire in enumerate(sent):
        if hire.id_number is None:
            found.append(None)
            continue
        try:
            found.append(check_identity_card(hire.id_number.get_secret_value(), today=today).number)
        except IdentifierError as error:
            raise PayloadInvalid.at(f"hires.{place}.id_number", f"identity_card_{error.reason}") from None
    return found


def evidence_of(hire: LoanHire, keys: Keyring | None) -> Evidence:
    """What was sealed. Raises 503 `evidence-keys-missing` for a row whose key is not here."""
    if keys is None:
        raise DomainError("evidence-keys-missing", 503)
    try:
        content = keys.unseal(hire.id, Sealed(hire.key_id, hire.sealed_evidence))
    except KeyMissing as error:
        log.error("a key of evidence is missing", key_id=hire.key_id)
        raise DomainError("evidence-keys-missing", 503) from error
    read = _Content.model_validate_json(content)
    return Evidence(read.hire_class, read.id_number)


def counted_as(hire: LoanHire, keys: Keyring | None) -> Hire:
    """The hire as the ratio counts it."""
    number = None if hire.evidence_index is None else f"number:{hire.evidence_index.hex()}"
    ref = None if hire.person_ref is None else f"ref:{hire.person_ref}"
    return Hire(
        line=hire.line,
        hired_on=hire.hired_on,
        contract_from=hire.contract_from,
        contract_to=hire.contract_to,
        insured=hire.insured,
        dispatched=hire.dispatched,
        left_on=hire.left_on,
        hire_class=evidence_of(hire, keys).hire_class,
        persons=tuple(filter(None, (number, ref))),
    )


async def hires_of(session: AsyncSession, loan_id: UUID) -> Sequence[LoanHire]:
    """In the order sent."""
    return (await session.scalars(select(LoanHire).where(LoanHire.loan_id == loan_id).order_by(LoanHire.line))).all()


async def keep_sealed_anew(runtime: Runtime) -> None:
    """Worker: looks once a minute whether rows are sealed with another key than the current one."""
    while True:
        try:
            count = await seal_anew(runtime.db, keyring_of(runtime))
        except DomainError:
            count = 0
        if count:
            log.info("evidence sealed anew", count=count)
        await asyncio.sleep(PAUSE_SECONDS)


async def seal_anew(db: Database, keys: Keyring) -> int:
    """Seal everything with the current key that is not; returns how many rows were.

    A row that cannot be opened is left as it is and logged by its id: its key may come back from a backup.
    """
    done, after = 0, None
    while True:
        async with db.transaction() as session:
            query = select(LoanHire).where(LoanHire.key_id != keys.current)
            if after is not None:
                query = query.where(LoanHire.id > after)
            rows = (await session.scalars(query.order_by(LoanHire.id).limit(BATCH).with_for_update())).all()
            done += sum([_seal(hire, keys) for hire in rows])
        if len(rows) < BATCH:
            return done
        after = rows[-1].id


def _seal(hire: LoanHire, keys: Keyring) -> bool:
    try:
        content = keys.unseal(hire.id, Sealed(hire.key_id, hire.sealed_evidence))
    except (KeyMissing, Unreadable) as error:
        log.error("evidence not sealed anew", hire_id=str(hire.id), reason=type(error).__name__)
        return False
    sealed = keys.seal(hire.id, content)
    hire.sealed_evidence, hire.key_id = sealed.content, sealed.key_id
    return True
