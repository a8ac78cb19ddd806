"""Who is known at the gateway in these tests, and what they carry: sessions and keys that are good, and that were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.models import Account
from gateway.accounts.usecases import Scope, create_account
from gateway.keys.models import ApiKey
from gateway.keys.usecases import Issued, Signing, Wanted, confirm_key, issue_key
from gateway.sessions.lifetimes import Lifetimes
from gateway.sessions.models import AccountSession
from gateway.sessions.seen import Seen
from gateway.sessions.usecases import Opened, open_session
from gateway.signin.access import AccessTokens
from shared.auth.tokens import load_private_key
from shared.clock import utcnow
from shared.db import Database
from shared.events.outbox import EventContext

PASSWORD: Final = "correct horse battery staple"
LIFETIMES: Final = Lifetimes(timedelta(hours=12), timedelta(days=7))
NOWHERE: Final = Scope()
CONTEXT: Final = EventContext(actor="service:test", effective_on=date(2019, 3, 18), correlation_id="test")


@dataclass(frozen=True)
class Person:
    """An account with a session; `token` is its access token."""

    id: UUID
    token: str
    session_id: UUID
    generation: int
    refresh_token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True)
class Town:
    """People and keys by what is the matter with them."""

    access_key: Path
    people: dict[str, Person] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def tokens(self, seconds: int = 3600) -> AccessTokens:
        return AccessTokens(load_private_key(self.access_key), seconds)


async def settle(database_url: str, access_key: Path) -> Town:
    """An approver whose session is good, others whose sessions and keys are not any more or never were."""
    town, db = Town(access_key), Database(database_url, pool_size=2)
    try:
        async with db.transaction() as session:
            town.people["good"] = await enrol(session, town, "good-approver", ["science_approver"])
            town.people["other"] = await enrol(session, town, "other-officer", ["science_officer"])
            town.people["signed out"] = await enrol(session, town, "signed-out", ["science_approver"])
            town.people["stopped"] = await enrol(session, town, "stopped", ["science_approver"])
            town.people["over"] = await enrol(session, town, "over", ["science_approver"])
            bank = await enrol(session, town, "a-bank", ["bank"], scope=Scope(bank="CCB"))
            stopped_bank = await enrol(session, town, "a-stopped-bank", ["bank"], scope=Scope(bank="ICBC"))
            third = await enrol(session, town, "a-third-bank", ["bank"], scope=Scope(bank="ABC"))
            for name, owner in (("good", bank), ("revoked", bank), ("expired", third), ("owner stopped", stopped_bank)):
                town.keys[name] = (await issue(session, owner.id)).key.text
            fourth = await enrol(session, town, "a-fourth-bank", ["bank"], scope=Scope(bank="BOC"))
            town.keys["proposed"] = (await issue(session, third.id, confirmed=False)).key.text
            town.keys["from elsewhere"] = (await issue(session, fourth.id, networks=["10.9.0.0/16"])).key.text
            await _spoil(session, town, stopped_bank)
    finally:
        await db.close()
    return town


async def enrol(
    session: AsyncSession, town: Town, username: str, roles: Sequence[str], *, scope: Scope = NOWHERE
) -> Person:
    """An account, signed in as if a second factor had been shown."""
    account = await create_account(session, username, PASSWORD, roles=roles, scope=scope, context=CONTEXT)
    return await sign_in(session, town, account.id)


async def sign_in(session: AsyncSession, town: Town, account_id: UUID) -> Person:
    opened: Opened = await open_session(
        session, account_id, 1, seen=Seen("192.0.2.77", "tests"), second_factor=True, lifetimes=LIFETIMES
    )
    token = town.tokens().issue(account_id, 1, opened.session_id)
    return Person(account_id, token, opened.session_id, 1, opened.refresh_token)


async def issue(
    session: AsyncSession, account_id: UUID, *, confirmed: bool = True, networks: Sequence[str] = ()
) -> Issued:
    """A key of an account, confirmed or not."""
    wanted = Wanted(
        name="of a test",
        livemode=True,
        scopes=["*:read", "referrals:write", "loans:write"],
        networks=list(networks),
        expires_at=utcnow() + timedelta(days=30),
        signing=Signing(),
    )
    issued = await issue_key(session, account_id, wanted, confirmed=False, keys=None, context=CONTEXT)
    if confirmed:
        another = replace(CONTEXT, actor="service:another")
        await confirm_key(session, issued.row.id, by=frozenset({another.actor}), if_match=None, context=another)
    return issued


async def _spoil(session: AsyncSession, town: Town, stopped_bank: Person) -> None:
    now, ended = utcnow(), AccountSession.id
    await session.execute(
        update(AccountSession)
        .where(ended == town.people["signed out"].session_id)
        .values(revoked_at=now, reason="revoked")
    )
    early = {"opened_at": now - timedelta(days=9), "expires_at": now - timedelta(days=2)}
    await session.execute(
        update(AccountSession)
        .where(ended == town.people["over"].session_id)
        .values(last_used_at=now - timedelta(days=3), **early)
    )
    stopped = [town.people["stopped"].id, stopped_bank.id]
    await session.execute(update(Account).where(Account.id.in_(stopped)).values(disabled_at=now, generation=2))
    for name, change in (
        ("revoked", {"revoked_at": now, "slot": None}),
        ("expired", {"expires_at": now - timedelta(days=1)}),
    ):
        public_id = town.keys[name].split("_")[2]
        await session.execute(update(ApiKey).where(ApiKey.public_id == public_id).values(**change))
