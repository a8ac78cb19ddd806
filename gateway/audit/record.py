"""For other rooms of the gateway: what they alone know about a request that the audit keeps.

    await record_export(session, principal, kind="case_pack", route="/v1/audit/case-packs", purpose=..., rows=...)

`session` is the transaction of the endpoint: the entry is there if, and only if, what it is about is committed, and
before anything of the answer is sent.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit.entries import Entry, write
from shared.auth.principal import Principal
from shared.events.contracts.gateway import DataExported, ExportedState, SignedIn, SignedInState, Taken
from shared.ids import uuid7


@dataclass(slots=True)
class Note:
    """What the front and the gateway's own app tell each other about one request, beside what is sent."""

    credential: str = "anonymous"
    credential_id: str | None = None
    network: str = "-"
    account_id: UUID | None = None
    """Whom a sign-in that failed was about."""
    export: UUID | None = None
    """An export that is on record already."""


NOTE: Final[ContextVar[Note | None]] = ContextVar("mengchuang.audit", default=None)


def concerns(account_id: UUID) -> None:
    """The sign-in under way is about this account, whether it succeeds or not."""
    note = NOTE.get()
    if note is not None:
        note.account_id = account_id


async def record_sign_in(session: AsyncSession, account_id: UUID, session_id: UUID, *, second_factor: bool) -> None:
    """Somebody signed in, in the transaction that opens the session."""
    network = (NOTE.get() or Note()).network
    state = SignedInState(account_id=account_id, session_id=session_id, second_factor=second_factor, network=network)
    await write(session, [Entry(SignedIn, state, actor=str(account_id), subject=session_id)])


async def record_export(
    session: AsyncSession,
    principal: Principal,
    *,
    kind: Taken,
    route: str,
    method: str = "GET",
    purpose: str | None = None,
    rows: int | None = None,
    size: int | None = None,
    digest: str | None = None,
) -> UUID:
    """Somebody takes data out: `route` is the path's template, `digest` the answer's SHA-256 in hex, `purpose` a code
    and never free text. Returns the export's id.

    Once for a request: what the front would say about the same answer is then left out, but for how it ended.
    """
    note = NOTE.get() or Note()
    export_id = uuid7()
    state = ExportedState(
        account_id=principal.account_id,
        credential=note.credential,
        credential_id=note.credential_id,
        kind=kind,
        method=method,
        route=route,
        purpose=purpose,
        rows=rows,
        bytes=size,
        digest=digest,
    )
    await write(session, [Entry(DataExported, state, actor=principal.account_id, subject=export_id)])
    note.export = export_id
    return export_id
