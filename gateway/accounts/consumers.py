"""What happens to accounts because of what happens elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.models import Account
from gateway.accounts.usecases import stop
from gateway.invitations.usecases import revoke_of_person
from gateway.oidc.usecases import stop_person
from shared.events.consumer import Consumers, Received
from shared.events.contracts.registry import PersonErased, PersonErasedState
from shared.events.outbox import EventContext

consumers: Final = Consumers("gateway")


@consumers.on(PersonErased, kind="command")
async def stop_accounts(session: AsyncSession, events: Sequence[Received[PersonErasedState]]) -> None:
    """Whose data were erased no longer signs in, here or by an outside issuer, nor accepts an invitation; the account
    stays, as who acted in the records it is named in."""
    for event in events:
        context = EventContext.caused_by(event)
        await stop_person(session, event.data.ref, context)
        await revoke_of_person(session, event.data.ref, context)
        wanted = select(Account).where(Account.person_ref == event.data.ref, Account.disabled_at.is_(None))
        for account in await session.scalars(wanted.order_by(Account.id).with_for_update()):
            await stop(session, account, context)
