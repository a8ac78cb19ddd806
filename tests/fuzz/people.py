"""One account of each role on a running suite, signed in as if each had shown a second factor, and their API keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.usecases import Scope, create_account
from gateway.front.scopes import KNOWN
from gateway.keys.rules import KEY_ROLES
from gateway.keys.usecases import Signing, Wanted, confirm_key, issue_key
from gateway.sessions.lifetimes import Lifetimes
from gateway.sessions.seen import Seen
from gateway.sessions.usecases import open_session
from gateway.signin.access import AccessTokens
from shared.auth import roles
from shared.auth.tokens import load_private_key
from shared.clock import utcnow
from shared.db import Database
from shared.events.outbox import EventContext
from tests.support.identifiers import make_uscc
from tests.support.suite import Suite

PASSWORD: Final = "seventeen yaks cross the frozen pass"
DAY: Final = "2019-06-14"
ORGANISATION: Final = make_uscc(77_001)

_SECONDS: Final = 24 * 3600
_CONTEXT = EventContext(actor="service:test", effective_on=date(2019, 1, 1), correlation_id="fuzz")
_SECOND = replace(_CONTEXT, actor="service:another")
_LIFETIMES = Lifetimes(timedelta(hours=24), timedelta(days=7))
_SCOPES: Final[Mapping[str, Scope]] = {
    roles.CENTRE_OPERATOR: Scope(org=ORGANISATION),
    roles.ENTERPRISE: Scope(org=ORGANISATION),
    roles.PROVIDER: Scope(org=ORGANISATION),
    roles.DIVISION_OFFICER: Scope(division="540102"),
    roles.DIVISION_APPROVER: Scope(division="540102"),
    roles.FOUNDER: Scope(person_ref="person-fuzz-1"),
    roles.MENTOR: Scope(person_ref="person-fuzz-2"),
    roles.BANK: Scope(bank="CCB"),
}


async def hire_all(suite: Suite) -> dict[str, str]:
    """Access tokens by role, keys as `key of <role>`; `public` has none."""
    access = AccessTokens(load_private_key(suite.folder / "secrets/gateway/access.pem"), _SECONDS)
    database = Database(suite.database_urls["gateway"], pool_size=2)
    tokens = {}
    try:
        for role in sorted(roles.ALL_ROLES - {roles.PUBLIC}):
            async with database.transaction() as session:
                account = await create_account(
                    session, f"fuzz-{role}", PASSWORD, roles=[role], scope=_SCOPES.get(role, Scope()), context=_CONTEXT
                )
                opened = await open_session(
                    session, account.id, 1, seen=Seen("192.0.2.77", "tests"), second_factor=True, lifetimes=_LIFETIMES
                )
                if role in KEY_ROLES:
                    tokens[key_of(role)] = await _key(session, account.id)
            tokens[role] = access.issue(account.id, 1, opened.session_id)
    finally:
        await database.close()
    return tokens


def key_of(role: str) -> str:
    """Who calls with the key of an account of the role."""
    return f"key of {role}"


async def _key(session: AsyncSession, account_id: UUID) -> str:
    """A key that may do whatever its account may."""
    expires_at = utcnow() + timedelta(days=30)
    wanted = Wanted("fuzz", livemode=True, scopes=sorted(KNOWN), networks=[], expires_at=expires_at, signing=Signing())
    issued = await issue_key(session, account_id, wanted, confirmed=False, keys=None, context=_CONTEXT)
    await session.flush()
    others = frozenset({_SECOND.actor})
    await confirm_key(session, issued.row.id, by=others, if_match=f'"{issued.row.version}"', context=_SECOND)
    return issued.key.text


def headers_of(token: str | None) -> dict[str, str]:
    """What everybody sends along: who, on which day, in which language."""
    said = {"Mengchuang-Today": DAY, "Accept-Language": "en"}
    return said | ({"Authorization": f"Bearer {token}"} if token else {})
