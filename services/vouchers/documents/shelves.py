"""Documents under a kind of case, and the sweep of files that nobody knows.

A feature registers its cases in one line, in a module of its own, and names the router in `main`:

    router = case_documents("/v1/redemptions", "redemptions", rule="vouchers.documents", read=_read, write=_write,
                            readers=require(*READERS), writers=require(r.ENTERPRISE, r.PROVIDER), edition=_edition)

`read` raises 404 unless the caller may read the case; `write` raises 404 or 409 unless documents may be added now,
locks the case's row so that it stays so, and answers whether they may also be taken out again. `edition` selects the
edition that the case is pinned to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Final
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.documents.models import Document
from shared.auth.principal import Guard
from shared.errors import not_found
from shared.events import outbox
from shared.events.contracts.vouchers.filing import DocumentAdded, DocumentRemoved, DocumentState
from shared.events.outbox import EventContext
from shared.files.documents import Readable, Shelf, Writable, sweep
from shared.files.models import DocumentRow
from shared.files.router import documents_routes
from shared.logging import get_logger
from shared.runtime import Runtime

RULE: Final = "vouchers.documents"
SWEEP_SECONDS: Final = 3600

log = get_logger(__name__)

EditionOf = Callable[[UUID], Select[str]]
"""The statement that tells a case's edition."""


def case_documents(
    prefix: str,
    kind: str,
    *,
    edition: EditionOf,
    read: Readable,
    write: Writable,
    readers: Guard,
    writers: Guard,
    rule: str = RULE,
) -> APIRouter:
    """`<prefix>/{id}/documents`. `kind` is the plural of the address; `rule` is what the events of documents cite."""

    async def tell(session: AsyncSession, document: DocumentRow, *, context: EventContext, removed: bool) -> None:
        state = DocumentState.model_validate(document, from_attributes=True)
        happened = DocumentRemoved if removed else DocumentAdded
        pinned = await session.scalar(edition(document.subject_id))
        await outbox.append(session, happened, document, state, context=context, rules=(rule,), edition=pinned)

    shelf = Shelf(kind, Document, read, write, tell)
    return documents_routes(prefix, shelf, readers=readers, writers=writers)


async def require_document(session: AsyncSession, kind: str, subject_id: UUID, document_id: UUID) -> None:
    """That a case has the document that somebody names, locked so that it stays. Raises 404."""
    query = select(Document.id).where(Document.id == document_id, *_of(kind, subject_id))
    if await session.scalar(query.with_for_update(read=True)) is None:
        raise not_found("document")


async def count_documents(session: AsyncSession, kind: str, subject_id: UUID) -> int:
    """How many documents a case has."""
    found = await session.scalar(select(func.count()).select_from(Document).where(*_of(kind, subject_id)))
    return int(found or 0)


async def with_documents(session: AsyncSession, kind: str, subject_ids: Collection[UUID]) -> set[UUID]:
    """Those of the cases that have any document."""
    query = select(Document.subject_id).distinct()
    query = query.where(Document.subject_kind == kind, Document.subject_id.in_(subject_ids))
    return set(await session.scalars(query.where(Document.removed_at.is_(None))))


def _of(kind: str, subject_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (Document.subject_kind == kind, Document.subject_id == subject_id, Document.removed_at.is_(None))


async def sweep_storage(runtime: Runtime) -> None:
    """Every hour, in the elected process."""
    while True:
        log.info("swept", files=await sweep(runtime.db, runtime.files, Document))
        await asyncio.sleep(SWEEP_SECONDS)
