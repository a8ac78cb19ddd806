"""Who is calling: from a bearer token to an account, and from the account to the token a service believes."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select

from gateway.accounts.models import Account
from gateway.signin.access import AccessTokens
from shared.auth.principal import ANONYMOUS
from shared.auth.roles import PUBLIC
from shared.auth.tokens import MAX_TTL_SECONDS, InvalidToken, TokenMinter
from shared.db import Database
from shared.errors import DomainError, unauthenticated

RENEW_BEFORE_SECONDS: Final = 10
CACHE_SIZE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """The account's rights at the moment; equal callers get the same internal token."""

    account_id: str
    roles: tuple[str, ...]
    org: str | None = None
    division: str | None = None
    provider: str | None = None
    bank: str | None = None
    person_ref: str | None = None
    livemode: bool = True


NOBODY: Final = Caller(ANONYMOUS, (PUBLIC,))


@dataclass(frozen=True, slots=True)
class _Entry:
    caller: Caller | None
    generation: int
    stale_at: float


class Accounts:
    """Accounts as callers, believed for at most `seconds` before the database is asked again."""

    def __init__(self, db: Database, seconds: float) -> None:
        self._db = db
        self._seconds = seconds
        self._entries: OrderedDict[UUID, _Entry] = OrderedDict()
        self._asking: dict[UUID, asyncio.Task[_Entry]] = {}

    async def find(self, account_id: UUID, generation: int) -> Caller | None:
        """The account, or None: unknown, disabled, or of another generation than the token."""
        entry = self._entries.get(account_id)
        if entry is None or entry.stale_at <= time.monotonic():
            entry = await self._ask(account_id)
        return entry.caller if entry.generation == generation else None

    def forget_all(self) -> None:
        """Some account has changed in this process."""
        self._entries.clear()

    async def _ask(self, account_id: UUID) -> _Entry:
        """One question to the database at a time for each account, however many requests wait for it."""
        task = self._asking.get(account_id)
        if task is None:
            task = asyncio.create_task(self._load(account_id))
            self._asking[account_id] = task
            task.add_done_callback(lambda _: self._asking.pop(account_id, None))
        return await asyncio.shield(task)

    async def _load(self, account_id: UUID) -> _Entry:
        asked = time.monotonic()
        columns = select(
            Account.roles,
            Account.org,
            Account.division,
            Account.provider,
            Account.bank,
            Account.person_ref,
            Account.generation,
            Account.disabled_at,
        ).where(Account.id == account_id)
        async with self._db.engine.connect() as connection:
            row = (await connection.execute(columns)).one_or_none()
        caller = None
        if row is not None and row.disabled_at is None:
            scope = (row.org, row.division, row.provider, row.bank, row.person_ref)
            caller = Caller(str(account_id), tuple(row.roles), *scope)
        entry = _Entry(caller, row.generation if row is not None else 0, asked + self._seconds)
        self._entries[account_id] = entry
        self._entries.move_to_end(account_id)
        if len(self._entries) > CACHE_SIZE:
            self._entries.popitem(last=False)
        return entry


class Callers:
    """Reads Authorization headers and signs what goes to the services instead."""

    def __init__(self, access: AccessTokens, accounts: Accounts, minter: TokenMinter, *, simulated: bool) -> None:
        self._access = access
        self._accounts = accounts
        self._minter = minter
        self._simulated = simulated
        self._tokens: OrderedDict[tuple[Caller, str, date], tuple[float, str]] = OrderedDict()

    async def identify(self, authorization: bytes | None) -> Caller:
        """Who sent this header; nobody in particular without one.

        Raises 401 `unauthenticated` for whatever is sent and not a good token of a living account: a caller who
        believes to be known must never be treated as nobody.
        """
        if authorization is None:
            return NOBODY
        scheme, _, token = authorization.partition(b" ")
        token = token.strip(b" ")
        if scheme.lower() != b"bearer" or not token:
            raise unauthenticated()
        try:
            access = self._access.read(token.decode("ascii"))
        except (InvalidToken, UnicodeDecodeError) as error:
            raise _invalid() from error
        caller = await self._accounts.find(access.account_id, access.generation)
        if caller is None:
            raise _invalid()
        return caller

    def internal_token(self, caller: Caller, audience: str, today: date) -> str:
        """The token that tells `audience` who is calling; signed anew ten seconds before the last one is over."""
        key = (caller, audience, today)
        now = time.monotonic()
        known = self._tokens.get(key)
        if known is not None and now < known[0]:
            return known[1]
        claims: dict[str, object] = {
            "sub": caller.account_id,
            "scope": "user",
            "roles": list(caller.roles),
            "org": caller.org,
            "division": caller.division,
            "provider": caller.provider,
            "bank": caller.bank,
            "person_ref": caller.person_ref,
            "today": today.isoformat(),
            "simulated": self._simulated,
            "livemode": caller.livemode,
        }
        token = self._minter.mint(audience, {name: value for name, value in claims.items() if value is not None})
        self._tokens[key] = (now + MAX_TTL_SECONDS - RENEW_BEFORE_SECONDS, token)
        self._tokens.move_to_end(key)
        if len(self._tokens) > CACHE_SIZE:
            self._tokens.popitem(last=False)
        return token


def _invalid() -> DomainError:
    return DomainError("unauthenticated", 401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
