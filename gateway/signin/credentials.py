"""People's access tokens as credentials: from the token to the account as it is now."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import jwt
from sqlalchemy import select

from gateway.accounts.models import Account
from gateway.delegations.queries import standins_of
from gateway.front.callers import CACHE_SIZE, Caller
from gateway.sessions.models import AccountSession
from gateway.signin.access import ISSUER, MAX_TOKEN_LENGTH, TYPE, AccessTokens
from shared.auth.tokens import InvalidToken, is_compact
from shared.clock import utcnow
from shared.db import Database


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

    async def find(self, account_id: UUID, generation: int | None = None) -> Caller | None:
        """The account, or None: unknown, disabled, or of another generation than the one asked for."""
        entry = self._entries.get(account_id)
        if entry is None or entry.stale_at <= time.monotonic():
            entry = await self._ask(account_id)
        return entry.caller if generation is None or entry.generation == generation else None

    def forget(self, account_id: str) -> None:
        """This account may have changed."""
        try:
            self._entries.pop(UUID(account_id), None)
        except ValueError:
            self.forget_all()

    def forget_all(self) -> None:
        """Some account has changed."""
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
            Account.must_change_password,
        ).where(Account.id == account_id)
        async with self._db.engine.connect() as connection:
            row = (await connection.execute(columns)).one_or_none()
            standins = await standins_of(connection, account_id)
        caller = None
        if row is not None and row.disabled_at is None:
            scope = (row.org, row.division, row.provider, row.bank, row.person_ref)
            changing = row.must_change_password
            caller = Caller(str(account_id), tuple(row.roles), *scope, must_change_password=changing, standins=standins)
        entry = _Entry(caller, row.generation if row is not None else 0, asked + self._seconds)
        self._entries[account_id] = entry
        self._entries.move_to_end(account_id)
        if len(self._entries) > CACHE_SIZE:
            self._entries.popitem(last=False)
        return entry


@dataclass(frozen=True, slots=True)
class _State:
    account_id: UUID | None
    second_factor: bool
    expires_at: datetime
    stale_at: float


class OpenSessions:
    """Which sessions are open, believed for at most `seconds` before the database is asked again."""

    def __init__(self, db: Database, seconds: float) -> None:
        self._db = db
        self._seconds = seconds
        self._entries: OrderedDict[UUID, _State] = OrderedDict()

    async def find(self, session_id: UUID, account_id: UUID) -> bool | None:
        """Whether a second factor was shown in the account's session; None for one that is over or unknown."""
        state = self._entries.get(session_id)
        if state is None or state.stale_at <= time.monotonic():
            state = await self._load(session_id)
        if state.account_id != account_id or state.expires_at <= utcnow():
            return None
        return state.second_factor

    def forget(self, session_id: str) -> None:
        """This session may have changed."""
        try:
            self._entries.pop(UUID(session_id), None)
        except ValueError:
            self.forget_all()

    def forget_all(self) -> None:
        """Some session has changed."""
        self._entries.clear()

    async def _load(self, session_id: UUID) -> _State:
        asked = time.monotonic()
        row = AccountSession
        wanted = select(row.account_id, row.second_factor, row.expires_at).where(
            row.id == session_id, row.revoked_at.is_(None)
        )
        async with self._db.engine.connect() as connection:
            found = (await connection.execute(wanted)).one_or_none()
        stale_at = asked + self._seconds
        state = _State(*found, stale_at) if found is not None else _State(None, False, utcnow(), stale_at)
        self._entries[session_id] = state
        self._entries.move_to_end(session_id)
        if len(self._entries) > CACHE_SIZE:
            self._entries.popitem(last=False)
        return state


class Sessions:
    """Access tokens that were issued here."""

    def __init__(self, access: AccessTokens, accounts: Accounts, sessions: OpenSessions) -> None:
        self._access = access
        self._accounts = accounts
        self._sessions = sessions

    def recognises(self, token: str) -> bool:
        """By the token's own word: our type and our issuer."""
        if self._access.knows(token):
            return True
        if len(token) > MAX_TOKEN_LENGTH or not is_compact(token):
            return False
        try:
            if jwt.get_unverified_header(token).get("typ") != TYPE:
                return False
            claims: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
        except jwt.PyJWTError:
            return False
        return claims.get("iss") == ISSUER

    async def identify(self, token: str) -> Caller | None:
        try:
            access = self._access.read(token)
        except InvalidToken:
            return None
        caller = await self._accounts.find(access.account_id, access.generation)
        shown = await self._sessions.find(access.session_id, access.account_id) if caller is not None else None
        if caller is None or shown is None:
            return None
        return replace(caller, mfa=shown, credential="session", credential_id=str(access.session_id))
