"""Reading sessions."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.models import Account
from gateway.front.callers import Caller
from gateway.front.restrictions import restriction
from gateway.sessions.models import AccountSession
from shared.clock import utcnow
from shared.db import Database

MOST_SHOWN = 200


async def open_sessions(session: AsyncSession, account_id: UUID) -> list[AccountSession]:
    """An account's open sessions, the newest first."""
    wanted = (
        select(AccountSession)
        .where(AccountSession.account_id == account_id, AccountSession.revoked_at.is_(None))
        .where(AccountSession.expires_at > utcnow())
        .order_by(AccountSession.opened_at.desc())
        .limit(MOST_SHOWN)
    )
    return list(await session.scalars(wanted))


async def restriction_of(db: Database, session_id: UUID, second_factor: str) -> str | None:
    """What comes first in a session, as the code of the refusal that its work is answered with; None if nothing."""
    row = AccountSession
    wanted = select(Account.roles, Account.must_change_password, row.second_factor).join(
        Account, Account.id == row.account_id
    )
    async with db.transaction() as session:
        found = (await session.execute(wanted.where(row.id == session_id))).one()
    caller = Caller("", tuple(found[0]), mfa=found[2], credential="session", must_change_password=found[1])
    return restriction(caller, required=second_factor == "required")
