"""The documents of a case: added, read, removed as long as it is a draft, and swept where nobody knows them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth.principal import Principal
from shared.clock import utcnow
from shared.db import Database
from shared.errors import DomainError, not_found
from shared.events.outbox import EventContext
from shared.files.models import DocumentRow
from shared.files.sniffing import media_type
from shared.files.storage import Storage
from shared.http.uploads import MEBIBYTE, Upload
from shared.ids import uuid7

MAX_FILE: Final = 20 * MEBIBYTE
MAX_DOCUMENTS: Final = 200
ORPHAN_AGE: Final = timedelta(hours=24)
"""Longer than any request takes between storing a file and committing its row."""

_AT_ONCE: Final = 500

D = TypeVar("D", bound=DocumentRow)

Readable = Callable[[AsyncSession, Principal, UUID], Awaitable[object]]
"""Raises 404 unless the caller may read the case with everything in it."""

Writable = Callable[[AsyncSession, Principal, UUID], Awaitable[bool]]
"""Raises 404 or 403 unless the caller may add to the case; whether it is still a draft, so that documents can go. Keeps
the case in that state until the transaction ends."""


class Tell(Protocol):
    """Records that a document was added or removed, in the service's events."""

    async def __call__(self, session: AsyncSession, document: Any, *, context: EventContext, removed: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Shelf:
    """The documents of one kind of case in one service."""

    kind: str
    model: type[DocumentRow]
    readable: Readable
    writable: Writable
    tell: Tell


async def add_document(
    session: AsyncSession, storage: Storage, principal: Principal, shelf: Shelf, subject_id: UUID, upload: Upload
) -> DocumentRow:
    """Store a file with a case; the row is committed only after the file is safe.

    Raises 422 `document-type-not-accepted`, 409 `documents-too-many`.
    """
    await shelf.writable(session, principal, subject_id)
    kind = media_type(upload.path)
    if kind is None:
        raise DomainError("document-type-not-accepted", 422)
    count = select(func.count()).select_from(shelf.model).where(*_of(shelf, subject_id))
    if (await session.execute(count)).scalar_one() >= MAX_DOCUMENTS:
        raise DomainError("documents-too-many", 409, params={"limit": MAX_DOCUMENTS})
    document = shelf.model()
    document.id, document.version = uuid7(), 0
    document.subject_kind, document.subject_id = shelf.kind, subject_id
    document.name, document.media_type = upload.name or "document", kind
    document.sha256, document.size = upload.sha256.hex(), upload.size
    document.uploaded_by = principal.account_id
    await storage.put(document.key, upload.path)
    session.add(document)
    await shelf.tell(session, document, context=EventContext.of(principal), removed=False)
    await session.flush()
    return document


async def find_document(
    session: AsyncSession, principal: Principal, shelf: Shelf, subject_id: UUID, document_id: UUID
) -> DocumentRow:
    """One document of a case that the caller reads. Raises 404."""
    await shelf.readable(session, principal, subject_id)
    query = select(shelf.model).where(shelf.model.id == document_id, *_of(shelf, subject_id))
    document = await session.scalar(query)
    if document is None:
        raise not_found("document")
    return document


async def remove_document(
    session: AsyncSession, principal: Principal, shelf: Shelf, subject_id: UUID, document_id: UUID
) -> None:
    """Take a document out of a draft; its file goes with the next sweep. Raises 404, 409 `document-kept`."""
    draft = await shelf.writable(session, principal, subject_id)
    document = await find_document(session, principal, shelf, subject_id, document_id)
    if not draft:
        raise DomainError("document-kept", 409)
    document.removed_by, document.removed_at = principal.account_id, utcnow()
    await shelf.tell(session, document, context=EventContext.of(principal), removed=True)


def _of(shelf: Shelf, subject_id: UUID) -> tuple[Any, ...]:
    model = shelf.model
    return (model.subject_id == subject_id, model.subject_kind == shelf.kind, model.removed_at.is_(None))


def documents_of(shelf: Shelf, subject_id: UUID) -> Any:
    """The statement of the list."""
    return select(shelf.model).where(*_of(shelf, subject_id))


async def sweep(db: Database, storage: Storage, model: type[DocumentRow]) -> int:
    """Remove stored files without a living row: their request was refused or lost, or the document was removed.
    Returns how many."""
    old = await storage.older_than("documents", ORPHAN_AGE)
    removed = 0
    for start in range(0, len(old), _AT_ONCE):
        chunk = {UUID(key.rpartition("/")[2]): key for key in old[start : start + _AT_ONCE]}
        async with db.transaction() as session:
            living = select(model.id).where(model.id.in_(chunk), model.removed_at.is_(None))
            known = set(await session.scalars(living))
        orphans = [key for document_id, key in chunk.items() if document_id not in known]
        await storage.remove(orphans)
        removed += len(orphans)
    return removed
