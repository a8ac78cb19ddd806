"""Secrets that the gateway has to read again (second factors, webhooks, signed requests) are sealed at rest."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from gateway.settings import GatewaySettings
from shared.db import Database
from shared.errors import DomainError
from shared.logging import get_logger
from shared.runtime import Runtime
from shared.sealing import KeyMissing, Keyring, KeyringFile, Sealed, Unreadable
from shared.settings import ServiceSettings

BATCH: Final = 200
PAUSE_SECONDS: Final = 60.0

log = get_logger(__name__)


@lru_cache
def _file(path: Path) -> KeyringFile:
    return KeyringFile(path)


def keyring_of(settings: ServiceSettings) -> Keyring:
    """The keys of this process. Raises 503 `gateway-keys-missing` where none are configured or the file is gone."""
    path = settings.gateway_keys_file if isinstance(settings, GatewaySettings) else None
    if path is None:
        raise DomainError("gateway-keys-missing", 503)
    try:
        return _file(path).ring()
    except OSError as error:
        log.error("cannot read the keys of secrets", path=str(path))
        raise DomainError("gateway-keys-missing", 503) from error


async def keep_sealed_anew(runtime: Runtime, models: Sequence[Any]) -> None:
    """Worker: looks once a minute whether secrets are sealed with another key than the current one.

    Each model has `id`, `key_id` and `sealed_secret`; mapped classes have no type in common that says so, hence Any.
    """
    while True:
        for model in models:
            try:
                count = await seal_anew(runtime.db, keyring_of(runtime.settings), model)
            except DomainError:
                continue
            if count:
                log.info("secrets sealed anew", table=model.__tablename__, count=count)
        await asyncio.sleep(PAUSE_SECONDS)


async def seal_anew(db: Database, keys: Keyring, model: Any) -> int:
    """Seal every secret with the current key that is not; returns how many were.

    One that cannot be opened is left as it is and logged by its row: its key may come back from a backup.
    """
    done, after = 0, None
    while True:
        async with db.transaction() as session:
            wanted = select(model).where(model.key_id.is_not(None), model.key_id != keys.current)
            if after is not None:
                wanted = wanted.where(model.id > after)
            rows = (await session.scalars(wanted.order_by(model.id).limit(BATCH).with_for_update())).all()
            done += sum([_seal(row, keys) for row in rows])
        if len(rows) < BATCH:
            return done
        after = rows[-1].id


def _seal(row: Any, keys: Keyring) -> bool:
    try:
        text = keys.unseal(row.id, Sealed(row.key_id, row.sealed_secret))
    except (KeyMissing, Unreadable) as error:
        log.error("not sealed anew", row_id=str(row.id), reason=type(error).__name__)
        return False
    sealed = keys.seal(row.id, text)
    row.key_id, row.sealed_secret = sealed.key_id, sealed.content
    return True
