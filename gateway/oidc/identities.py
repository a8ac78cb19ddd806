"""Outside issuers' access tokens as credentials: from the token to the identity as it stands here now."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.front.callers import CACHE_SIZE, Caller
from gateway.front.changes import MAX_AGE_SECONDS
from gateway.oidc import usecases
from gateway.oidc.config import Issuer, load_issuers
from gateway.oidc.documents import Documents
from gateway.oidc.keyring import IssuerAway, Keyring
from gateway.oidc.models import OutsideIdentity
from gateway.oidc.rules import linked_ceiling
from gateway.oidc.tokens import OutsideToken, TokenReader
from gateway.settings import GatewaySettings
from shared.auth.tokens import InvalidToken
from shared.clock import utcnow
from shared.db import Database
from shared.errors import DomainError
from shared.logging import get_logger

log = get_logger(__name__)

_Key = tuple[str, str]


class Accounts(Protocol):
    """The local accounts as callers."""

    async def find(self, account_id: UUID) -> Caller | None:
        """The account as it is now; None where it is not let in."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What an identity is here, believed until `stale_at`."""

    id: UUID
    status: str
    linked_account_id: UUID | None
    confirmed: bool
    person_ref: str | None
    seen_at: datetime | None
    stale_at: float


class OutsideIdentities:
    """People and programs that come with a token of a trusted issuer."""

    def __init__(self, issuers: tuple[Issuer, ...], db: Database, accounts: Accounts, *, production: bool) -> None:
        self.issuers = {issuer.name: issuer for issuer in issuers}
        self._keyrings = [
            (issuer, Keyring(issuer, Documents(issuer, production=production))) for issuer in self.issuers.values()
        ]
        self._reader = TokenReader(self._keyrings)
        self._db = db
        self._accounts = accounts
        self._standings: OrderedDict[_Key, Standing] = OrderedDict()
        self._keys: dict[UUID, _Key] = {}
        self._asking: dict[_Key, asyncio.Task[Standing | None]] = {}

    @classmethod
    def open(
        cls, settings: GatewaySettings, db: Database, accounts: Accounts, stack: AsyncExitStack
    ) -> OutsideIdentities:
        """Of the configured issuers. Raises ConfigurationInvalid. Keys are fetched when the first token comes."""
        production = settings.environment == "production"
        issuers = load_issuers(settings.oidc_issuers_file, production=production)
        made = cls(issuers, db, accounts, production=production)
        stack.push_async_callback(made.close)
        return made

    async def close(self) -> None:
        for _, keyring in self._keyrings:
            await keyring.close()

    def recognises(self, token: str) -> bool:
        return self._reader.issuer_of(token) is not None

    async def identify(self, token: str) -> Caller | None:
        """Whom the token stands for.

        Raises 503 `issuer-away` where its issuer cannot be asked for its keys, 403 `outside-identity-waiting` for
        somebody who was not linked to an account yet, and `outside-identity-without-rights`.
        """
        try:
            read = await self._reader.read(token)
        except InvalidToken:
            return None
        except IssuerAway as error:
            raise DomainError(
                "issuer-away", 503, params={"issuer": str(error)}, headers={"Retry-After": "5"}
            ) from error
        standing = await self._standing(read)
        if standing is None:
            raise DomainError("outside-identity-waiting", 403)
        if standing.status == "disabled":
            return None
        caller = await self._linked(read, standing) if standing.status == "linked" else self._own(read, standing)
        if caller is not None and not caller.roles:
            raise DomainError("outside-identity-without-rights", 403)
        return caller

    def forget(self, identity_id: str) -> None:
        """This identity may have changed."""
        try:
            key = self._keys.pop(UUID(identity_id), None)
        except ValueError:
            return
        if key is not None:
            self._standings.pop(key, None)

    async def _linked(self, read: OutsideToken, standing: Standing) -> Caller | None:
        assert standing.linked_account_id is not None
        account = await self._accounts.find(standing.linked_account_id)
        if account is None:
            return None
        ceiling = linked_ceiling(read.issuer.ceiling, confirmed=standing.confirmed)
        return replace(
            account,
            roles=tuple(role for role in account.roles if role in ceiling),
            ceiling=ceiling,
            scopes=read.rights.scopes,
            mfa=read.rights.mfa,
            credential="oidc",
            credential_id=str(standing.id),
        )

    def _own(self, read: OutsideToken, standing: Standing) -> Caller | None:
        """Under its own id. Who was one person yesterday and another one today is neither."""
        if standing.status != "own" or read.issuer.provisioning != "first_sight":
            raise DomainError("outside-identity-waiting", 403)
        fields = read.rights.fields
        if "person_ref" in fields and fields["person_ref"] != standing.person_ref:
            log.warning("outside-person-changed", issuer=read.issuer.name, identity=str(standing.id))
            return None
        return Caller(
            str(standing.id),
            read.rights.roles,
            org=fields.get("org"),
            division=fields.get("division"),
            provider=fields.get("provider"),
            bank=fields.get("bank"),
            person_ref=fields.get("person_ref"),
            scopes=read.rights.scopes,
            mfa=read.rights.mfa,
            credential="oidc",
            credential_id=str(standing.id),
        )

    async def _standing(self, read: OutsideToken) -> Standing | None:
        """One question to the database at a time for each identity, however many requests wait for it."""
        key = (read.issuer.issuer, read.subject)
        known = self._standings.get(key)
        if known is not None and known.stale_at > time.monotonic():
            return known
        task = self._asking.get(key)
        if task is None:
            task = asyncio.create_task(self._load(key, read))
            self._asking[key] = task
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        return await asyncio.shield(task)

    async def _load(self, key: _Key, read: OutsideToken) -> Standing | None:
        standing = await self._ask(key)
        person_ref = read.rights.fields.get("person_ref")
        first = read.issuer.provisioning == "first_sight"
        if (
            standing is None
            or (standing.status == "waiting" and first)
            or (standing.status == "own" and standing.person_ref is None and person_ref is not None)
        ):
            await self._db.run(partial(usecases.see, issuer=read.issuer, subject=read.subject, person_ref=person_ref))
            standing = await self._ask(key)
        if standing is None:
            return None
        if standing.seen_at is None or standing.seen_at < utcnow() - usecases.SEEN_EVERY:
            await self._db.run(partial(_touch, identity_id=standing.id))
        self._remember(key, standing)
        return standing

    async def _ask(self, key: _Key) -> Standing | None:
        asked = time.monotonic()
        wanted = select(OutsideIdentity).where(OutsideIdentity.issuer == key[0], OutsideIdentity.subject == key[1])
        async with self._db.sessions() as session:
            row = (await session.scalars(wanted)).one_or_none()
        if row is None:
            return None
        confirmed = row.confirmed_at is not None
        stale_at = asked + MAX_AGE_SECONDS
        return Standing(row.id, row.status, row.linked_account_id, confirmed, row.person_ref, row.seen_at, stale_at)

    def _remember(self, key: _Key, standing: Standing) -> None:
        self._standings[key] = standing
        self._standings.move_to_end(key)
        self._keys[standing.id] = key
        if len(self._standings) > CACHE_SIZE:
            _, oldest = self._standings.popitem(last=False)
            self._keys.pop(oldest.id, None)


async def _touch(session: AsyncSession, identity_id: UUID) -> None:
    await usecases.touch(session, identity_id)
