"""Documents under a kind of case, and the sweep of files that nobody knows.

A feature registers its cases in one line, in a module of its own, and names the router in `main`:

    router = case_documents("/v1/loans", "loans", rule="loans.application", read=find_loan, write=hold_loan,
                            readers=require(*READERS), writers=require(r.ENTERPRISE, *OFFICERS), edition=edition_of)

`read` raises 404 unless the caller may read the case; `write` raises 404 or 409 unless documents may be added now,
locks the case's row so that it stays so, and answers whether they may also be taken out again. `edition` selects the
edition that the case is pinned to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.documents.models import Document
from shared.auth.principal import Guard
from shared.events import outbox
from shared.events.contracts.finance.filing import DocumentAdded, DocumentRemoved, DocumentState
from shared.events.outbox import EventContext
from shared.files.documents import Readable, Shelf, Writable, sweep
from shared.files.models import DocumentRow
from shared.files.router import documents_routes
from shared.logging import get_logger
from shared.runtime import Runtime

SWEEP_SECONDS: Final = 3600

log = get_logger(__name__)


EditionOf = Callable[[UUID], Select[str]]
"""The statement that tells a case's edition."""


def case_documents(
    prefix: str,
    kind: str,
    *,
    rule: str,
    edition: EditionOf,
    read: Readable,
    write: Writable,
    readers: Guard,
    writers: Guard,
) -> APIRouter:
    """`<prefix>/{id}/documents`. `kind` is the plural of the address; `rule` is what the events of documents cite."""

    async def tell(session: AsyncSession, document: DocumentRow, *, context: EventContext, removed: bool) -> None:
        state = DocumentState.model_validate(document, from_attributes=True)
        happened = DocumentRemoved if removed else DocumentAdded
        pinned = await session.scalar(edition(document.subject_id))
        await outbox.append(session, happened, document, state, context=context, rules=(rule,), edition=pinned)

    shelf = Shelf(kind, Document, read, write, tell)
    return documents_routes(prefix, shelf, readers=readers, writers=writers)


async def sweep_storage(runtime: Runtime) -> None:
    """Every hour, in the elected process."""
    while True:
        log.info("swept", files=await sweep(runtime.db, runtime.files, Document))
        await asyncio.sleep(SWEEP_SECONDS)
