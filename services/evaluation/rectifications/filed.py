"""The documents of orders: the centre's evidence, and what an officer brings back from an inspection."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import DIVISION_ROLES, OFFICERS, READ_ALL
from services.evaluation.documents.models import Document
from services.evaluation.rectifications import rules
from services.evaluation.rectifications.evidence import KIND
from services.evaluation.rectifications.models import Rectification
from services.evaluation.rectifications.queries import find_order
from services.evaluation.refusals import require_status
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.files.documents import Shelf
from shared.files.models import DocumentRow
from shared.files.router import documents_routes


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
    edition = await session.scalar(select(Rectification.edition).where(Rectification.id == document.subject_id))
    applied = ("evaluation.rectification",)
    await outbox.append(session, happened, document, state, context=context, rules=applied, edition=edition)


async def _writable(session: AsyncSession, principal: Principal, subject_id: UUID) -> bool:
    """The centre's until it has handed its report in, an officer's as long as the order is open; taken out again only
    by the centre, before its first report."""
    order = await find_order(session, principal, subject_id, lock=True)
    if principal.has(*OFFICERS):
        require_status(order.status, rules.OPEN)
        return False
    require_status(order.status, rules.SUBMITTABLE)
    return order.status == rules.ORDERED


ORDERS: Final = Shelf(KIND, Document, find_order, _writable, _tell)

router = documents_routes(
    "/v1/rectifications",
    ORDERS,
    readers=require(*READ_ALL, *DIVISION_ROLES, r.CENTRE_OPERATOR),
    writers=require(r.CENTRE_OPERATOR, *OFFICERS),
)
