"""Each nonce of a key counts once, whichever gateway process sees it."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from gateway.keys.models import ApiKeyNonce
from shared.clock import utcnow
from shared.db import Database
from shared.runtime import Runtime

KEPT: Final = timedelta(minutes=12)
"""Longer than any signature is good, which is five minutes before and after its time, whatever our clocks say."""
_SWEEP_SECONDS: Final = 60.0
_BATCH: Final = 5_000


async def use_nonce(db: Database, key_id: UUID, nonce: str) -> bool:
    """Whether the nonce is the first of its kind; it is used up by asking."""
    row = {
        "api_key_id": key_id,
        "nonce_digest": hashlib.sha256(nonce.encode()).digest(),
        "expires_at": utcnow() + KEPT,
    }
    statement = insert(ApiKeyNonce).values(row).on_conflict_do_nothing().returning(ApiKeyNonce.expires_at)
    async with db.transaction() as session:
        return (await session.execute(statement)).one_or_none() is not None


async def sweep_nonces(runtime: Runtime) -> None:
    """Worker: forgets nonces whose signatures are too old by now."""
    while True:
        while await forget_nonces(runtime.db) == _BATCH:
            pass
        await asyncio.sleep(_SWEEP_SECONDS)


async def forget_nonces(db: Database) -> int:
    """Forget some of the old ones; returns how many."""
    key = tuple_(ApiKeyNonce.api_key_id, ApiKeyNonce.nonce_digest)
    old = (
        select(ApiKeyNonce.api_key_id, ApiKeyNonce.nonce_digest)
        .where(ApiKeyNonce.expires_at < func.now())
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
    )
    statement = delete(ApiKeyNonce).where(key.in_(old)).execution_options(synchronize_session=False)
    async with db.transaction() as session:
        result = await session.execute(statement)
    return int(getattr(result, "rowcount", 0))
