"""Which cases have documents, by the scopes of the cases themselves."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.documents.models import Document
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.evaluations.rules import CORRECTABLE
from services.evaluation.evidence.queries import find_file
from services.evaluation.evidence.usecases import KIND, hold_own
from services.evaluation.refusals import require_status
from shared.auth.principal import Principal
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.files.documents import Shelf
from shared.files.models import DocumentRow


async def _tell(session: AsyncSession, document: DocumentRow, *, context: EventContext, removed: bool) -> None:
    state = ec.DocumentState(
        id=document.id,
        subject_kind=document.subject_kind,
        subject_id=document.subject_id,
        sha256=document.sha256,
        size=document.size,
        media_type=document.media_type,
    )
    happened = ec.DocumentRemoved if removed else ec.DocumentAdded
    edition = await session.scalar(select(Evaluation.edition).where(Evaluation.id == document.subject_id))
    rules = ("evaluation.rubric",)
    await outbox.append(session, happened, document, state, context=context, rules=rules, edition=edition)


async def _readable(session: AsyncSession, principal: Principal, subject_id: UUID) -> None:
    await find_file(session, principal, subject_id)


async def _writable(session: AsyncSession, principal: Principal, subject_id: UUID) -> bool:
    """A centre's own, until its result is signed; taken out again only before anything is scored."""
    cycle, _ = await hold_own(session, principal, subject_id)
    require_status(cycle.status, CORRECTABLE)
    return cycle.status == "open"


EVALUATIONS: Final = Shelf(KIND, Document, _readable, _writable, _tell)
