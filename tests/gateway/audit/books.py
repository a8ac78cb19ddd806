"""Audit entries written straight into a gateway's database, and somebody with all rights who alters them."""

from uuid import uuid4

from gateway.audit.entries import Entry, write
from shared.db import Database
from shared.events.contracts.gateway import SignedIn, SignedInState


async def entries_of(db: Database, count: int) -> None:
    """So many sign-ins."""
    for _ in range(count):
        account, opened = uuid4(), uuid4()
        state = SignedInState(account_id=account, session_id=opened, second_factor=True, network="0" * 16)
        async with db.transaction() as session:
            await write(session, [Entry(SignedIn, state, actor=str(account), subject=opened)])
