"""Ending sessions: from the commit on nothing of them counts."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.sessions.models import AccountSession
from shared.clock import utcnow
from shared.events import outbox
from shared.events.contracts.gateway import SessionEndState, SessionRevoked
from shared.events.outbox import EventContext

Reason = Literal[
    "signed_out", "revoked", "password_changed", "account_disabled", "refresh_reused", "second_factor_reset"
]


async def end_session(session: AsyncSession, row: AccountSession, reason: Reason, context: EventContext) -> None:
    """End one, which is locked and open."""
    row.revoked_at, row.reason = utcnow(), reason
    state = SessionEndState(account_id=row.account_id, reason=reason)
    await outbox.append(session, SessionRevoked, row, state, context=context)


async def end_sessions(
    session: AsyncSession, account_id: UUID, reason: Reason, context: EventContext, *, keep: UUID | None = None
) -> int:
    """End all that are open, but for the one to keep; returns how many there were."""
    wanted = (
        select(AccountSession)
        .where(AccountSession.account_id == account_id, AccountSession.revoked_at.is_(None))
        .where(AccountSession.expires_at > utcnow())
        .order_by(AccountSession.id)
        .with_for_update()
    )
    ended = [row for row in await session.scalars(wanted) if row.id != keep]
    for row in ended:
        await end_session(session, row, reason, context)
    return len(ended)
