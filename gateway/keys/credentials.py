"""API keys as credentials: from the key to its owner as he is now."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Final
from uuid import UUID

from sqlalchemy import Row, or_, select, update

from gateway.accounts.models import Account
from gateway.front.callers import CACHE_SIZE, Caller
from gateway.keys import form
from gateway.keys.models import ApiKey
from gateway.keys.rules import KEY_ROLES
from gateway.keys.terms import KeyTerms
from shared.clock import utcnow
from shared.db import Database
from shared.logging import get_logger
from shared.sealing import Sealed

USED_EVERY: Final = timedelta(seconds=60)
"""The last use is written at most so often: it is for finding keys that nobody needs."""
_NO_DIGEST: Final = bytes(32)

log = get_logger(__name__)


@dataclass(slots=True)
class _Entry:
    """`caller` is None for a key that there is not, or that is of no use; `ids` are the key's and its owner's."""

    caller: Caller | None
    digest: bytes
    expires_at: datetime
    stale_at: float
    used_at: datetime | None
    key_id: UUID | None
    ids: frozenset[str]


class ApiKeys:
    """Keys and their owners, believed for at most `seconds` before the database is asked again."""

    def __init__(self, db: Database, seconds: float) -> None:
        self._db = db
        self._seconds = seconds
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._asking: dict[str, asyncio.Task[_Entry]] = {}
        self._noting: set[asyncio.Task[None]] = set()

    def recognises(self, token: str) -> bool:
        return token.startswith(form.PREFIX)

    async def identify(self, token: str) -> Caller | None:
        """The key's owner with the key's scopes and mode. A typing error is told without asking the database."""
        key = form.parse(token)
        if key is None:
            return None
        entry = self._entries.get(key.public_id)
        if entry is None or entry.stale_at <= time.monotonic():
            entry = await self._ask(key.public_id)
        same = hmac.compare_digest(key.digest, entry.digest)
        if not same or entry.caller is None or entry.expires_at <= utcnow():
            return None
        self._note_use(entry)
        return entry.caller

    def forget(self, changed: str) -> None:
        """This key, or this owner of keys, may have changed."""
        for public_id in [public_id for public_id, entry in self._entries.items() if changed in entry.ids]:
            del self._entries[public_id]

    def forget_all(self) -> None:
        """Some key has changed."""
        self._entries.clear()

    async def close(self) -> None:
        """Wait for the last uses to be written."""
        if self._noting:
            await asyncio.wait(self._noting, timeout=2)

    async def _ask(self, public_id: str) -> _Entry:
        """One question to the database at a time for each key, however many requests wait for it."""
        task = self._asking.get(public_id)
        if task is None:
            task = asyncio.create_task(self._load(public_id))
            self._asking[public_id] = task
            task.add_done_callback(lambda _: self._asking.pop(public_id, None))
        return await asyncio.shield(task)

    async def _load(self, public_id: str) -> _Entry:
        stale_at = time.monotonic() + self._seconds
        wanted = (
            select(ApiKey, Account).join(Account, Account.id == ApiKey.account_id).where(ApiKey.public_id == public_id)
        )
        async with self._db.sessions() as session:
            row = (await session.execute(wanted)).one_or_none()
        entry = _entry(row, stale_at)
        self._entries[public_id] = entry
        self._entries.move_to_end(public_id)
        if len(self._entries) > CACHE_SIZE:
            self._entries.popitem(last=False)
        return entry

    def _note_use(self, entry: _Entry) -> None:
        now = utcnow()
        if entry.key_id is None or (entry.used_at is not None and now - entry.used_at < USED_EVERY):
            return
        entry.used_at = now
        task = asyncio.create_task(self._write_use(entry.key_id, now))
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def _write_use(self, key_id: UUID, now: datetime) -> None:
        """Not the version: nobody's If-Match shall fail because a key was used."""
        unused = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= now - USED_EVERY)
        statement = (
            update(ApiKey)
            .where(ApiKey.id == key_id, unused)
            .values(last_used_at=now, updated_at=ApiKey.updated_at)
            .execution_options(synchronize_session=False)
        )
        try:
            async with self._db.transaction() as session:
                await session.execute(statement)
        except Exception as error:
            log.warning("use-of-key-not-noted", reason=type(error).__name__)


def _entry(row: Row[ApiKey, Account] | None, stale_at: float) -> _Entry:
    if row is None:
        return _Entry(None, _NO_DIGEST, utcnow(), stale_at, None, None, frozenset())
    key, account = row
    usable = (
        key.confirmed_at is not None
        and key.revoked_at is None
        and account.disabled_at is None
        and KEY_ROLES.issuperset(account.roles)
    )
    return _Entry(
        caller=_caller(key, account) if usable else None,
        digest=key.digest,
        expires_at=key.expires_at,
        stale_at=stale_at,
        used_at=key.last_used_at,
        key_id=key.id,
        ids=frozenset({str(key.id), str(account.id)}),
    )


def _caller(key: ApiKey, account: Account) -> Caller:
    secret = Sealed(key.key_id, key.sealed_secret) if key.key_id is not None and key.sealed_secret is not None else None
    return Caller(
        str(account.id),
        tuple(account.roles),
        account.org,
        account.division,
        account.provider,
        account.bank,
        account.person_ref,
        livemode=key.livemode,
        scopes=frozenset(key.scopes),
        credential="key",
        credential_id=str(key.id),
        rate_class=key.rate_class,
        terms=KeyTerms(
            id=key.id,
            public_id=key.public_id,
            networks=tuple(ip_network(network) for network in key.networks),
            signature_mode=key.signature_mode,
            algorithm=key.algorithm,
            public_key=key.public_key,
            secret=secret,
        ),
    )
