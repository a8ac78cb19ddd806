"""What a room that keeps something about persons gives to the common steps: the end of a consent, erasure, a ground."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.documents.models import Document
from services.registry.persons.models import Consent
from shared.clock import utcnow
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.files.storage import Storage

HIDDEN: Final = "***"
"""In the place of a word that identifies a person, in what others wrote."""


class PendingFiles:
    """Files that are removed once the transaction is committed; one lost in between goes with the sweep of files that
    no row knows."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    async def remove(self, keys: Sequence[str]) -> None:
        """Remove them when it is certain that their rows are gone."""
        self.keys.extend(keys)

    async def carry_out(self, storage: Storage) -> None:
        """After the commit."""
        await storage.remove(self.keys)


ConsentEnded: TypeAlias = Callable[[AsyncSession, Consent, EventContext], Awaitable[None]]
"""A consent of the purpose was withdrawn or has lapsed: undo what rested on it. The person is locked."""

ErasePerson: TypeAlias = Callable[[AsyncSession, PendingFiles, UUID, EventContext], Awaitable[None]]
"""Remove what the room keeps of the person beside references; the rows stay. The person is locked."""

Holds: TypeAlias = Callable[[date], ColumnElement[bool]]
"""A condition on `Person`: the room has a ground to keep the person on that day, such as an appointment that runs."""

Rests: TypeAlias = Callable[[], ColumnElement[bool]]
"""A condition on `Consent`: something of the room that goes on rests on it, so that it does not lapse."""


async def remove_documents(
    session: AsyncSession, files: PendingFiles, subject_kind: str, subject_ids: Sequence[UUID], context: EventContext
) -> None:
    """Remove all documents of these cases, names and files; their hashes stay."""
    document = Document
    query = select(document).where(
        document.subject_kind == subject_kind, document.subject_id.in_(subject_ids), document.removed_at.is_(None)
    )
    for row in await session.scalars(query.order_by(document.id).with_for_update()):
        await files.remove([row.key])
        row.removed_by, row.removed_at = context.actor, utcnow()
        state = rc.DocumentState(
            id=row.id,
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
            sha256=row.sha256,
            size=row.size,
            media_type=row.media_type,
        )
        await outbox.append(session, rc.DocumentRemoved, row, state, context=context)
    await session.flush()
    ended = (document.subject_kind == subject_kind, document.subject_id.in_(subject_ids))
    unnamed = update(document).where(*ended, document.removed_at.is_not(None), func.length(document.name) > 0)
    await session.execute(unnamed.values(name=""))
