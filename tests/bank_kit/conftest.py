"""A gateway and finance as they run, and two banks with keys of every kind."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from gateway.accounts.usecases import Scope, create_account
from gateway.keys.rules import check_expiry
from gateway.keys.usecases import Signing, Wanted, issue_key
from shared.clock import utcnow
from shared.db import Database
from shared.events.outbox import EventContext
from shared.sealing import Keyring
from tests.support.postgres import Cluster
from tests.support.suite import Suite

DAY = "2019-05-06"
SCOPES = ["referrals:read", "referrals:write", "banks:read", "banks:write", "tasks:read", "loans:read"]
_CONTEXT = EventContext(actor="command-line", effective_on=date(2019, 1, 1), correlation_id="bank-kit")


@dataclass
class Street:
    """A running gateway with finance; `accounts` by bank."""

    suite: Suite
    folder: Path
    accounts: dict[str, UUID] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.suite.gateway_url

    def open_account(
        self, name: str, roles: list[str], password: str = "a long enough pass phrase", **scope: str
    ) -> UUID:
        async def work() -> UUID:
            database = Database(self.suite.database_urls["gateway"], pool_size=1)
            try:
                async with database.transaction() as session:
                    row = await create_account(
                        session, name, password, roles=roles, scope=Scope(**scope), context=_CONTEXT
                    )
                    return row.id
            finally:
                await database.close()

        return asyncio.run(work())

    def key(
        self, bank: str, *, live: bool = False, signing: Signing | None = None, scopes: list[str] | None = None
    ) -> Issued:
        """A key of the bank that counts at once."""
        if bank not in self.accounts:
            self.accounts[bank] = self.open_account(f"bank-{bank.lower()}", ["bank"], bank=bank)
        wanted = Wanted(
            name="core banking",
            livemode=live,
            scopes=scopes or SCOPES,
            networks=[],
            expires_at=check_expiry(utcnow() + timedelta(days=30), utcnow(), timedelta(days=366)),
            signing=signing or Signing(),
        )
        keys = Keyring.parse(self.suite.surroundings.secrets.gateway_keys.read_text(encoding="utf-8"))

        async def work() -> Issued:
            database = Database(self.suite.database_urls["gateway"], pool_size=1)
            try:
                async with database.transaction() as session:
                    issued = await issue_key(
                        session, self.accounts[bank], wanted, confirmed=True, keys=keys, context=_CONTEXT
                    )
                    return Issued(issued.key.text, issued.signing_secret)
            finally:
                await database.close()

        return asyncio.run(work())

    def ed25519_key(self, bank: str) -> tuple[str, Path]:
        """A key that has to sign, and the file of the private key it signs with."""
        private = Ed25519PrivateKey.generate()
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        issued = self.key(bank, signing=Signing.of("required", "ed25519", public))
        file = self.folder / f"{issued.text.split('_')[2]}.pem"
        file.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return issued.text, file


@dataclass(frozen=True)
class Issued:
    """A key's text, and its secret for HMAC where it has one."""

    text: str
    secret: str | None


@pytest.fixture(scope="session")
def street(postgres: Cluster, scratch: Path) -> Iterator[Street]:
    folder = scratch / "bank-kit"
    folder.mkdir()
    with Suite(
        postgres, folder, only=("gateway", "finance"), extra={"RATE_LIMITS": "on", "PUBLIC_CACHE_SECONDS": "1"}
    ) as suite:
        yield Street(suite, folder)
