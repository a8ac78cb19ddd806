"""Documents that a centre gives for the items of its order."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.documents.models import Document
from services.evaluation.rectifications import rules
from services.evaluation.rectifications.models import Rectification, RectificationEvidence, RectificationItem
from services.evaluation.rectifications.queries import find_order
from services.evaluation.rectifications.schemas import NewItemEvidence
from services.evaluation.rectifications.telling import tell
from services.evaluation.refusals import require_status
from shared.auth.principal import Principal
from shared.errors import DomainError, not_found
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext

KIND: Final = "rectification"
"""The documents' kind of case."""


async def file_evidence(
    session: AsyncSession, principal: Principal, order_id: UUID, sent: NewItemEvidence
) -> RectificationEvidence:
    """Give a document for an item, before the report is handed in. Raises 404, 409 `rectification-not-served`,
    `rectification-evidence-exists`."""
    order = await _hold(session, principal, order_id)
    item = await session.get(RectificationItem, sent.item_id)
    if item is None or item.rectification_id != order.id:
        raise not_found("rectification_item")
    await _require_document(session, order.id, sent.document_id)
    same = select(RectificationEvidence.id).where(
        RectificationEvidence.item_id == item.id,
        RectificationEvidence.document_id == sent.document_id,
        RectificationEvidence.status == "filed",
    )
    if await session.scalar(same) is not None:
        raise DomainError("rectification-evidence-exists", 409, params={"item": item.ordinal})
    evidence = RectificationEvidence(
        **sent.model_dump(), status="filed", filed_on=principal.today, filed_by=principal.account_id
    )
    session.add(evidence)
    await tell(session, ec.RectificationEvidenceFiled, order, EventContext.of(principal))
    return evidence


async def withdraw_evidence(
    session: AsyncSession, principal: Principal, order_id: UUID, evidence_id: UUID
) -> Rectification:
    """Take a document back before the report is handed in; it stays readable as withdrawn. Raises 404, 409."""
    order = await _hold(session, principal, order_id)
    query = (
        select(RectificationEvidence)
        .join(RectificationItem, RectificationItem.id == RectificationEvidence.item_id)
        .where(RectificationEvidence.id == evidence_id, RectificationItem.rectification_id == order.id)
    )
    evidence = await session.scalar(query)
    if evidence is None:
        raise not_found("evidence")
    require_status(evidence.status, ("filed",))
    evidence.status = "withdrawn"
    evidence.withdrawn_on, evidence.withdrawn_by = principal.today, principal.account_id
    await tell(session, ec.RectificationEvidenceWithdrawn, order, EventContext.of(principal))
    return order


async def _hold(session: AsyncSession, principal: Principal, order_id: UUID) -> Rectification:
    order = await find_order(session, principal, order_id, lock=True)
    require_status(order.status, rules.SUBMITTABLE)
    if order.served_on is None:
        raise DomainError("rectification-not-served", 409, params={"no": order.no})
    return order


async def _require_document(session: AsyncSession, order_id: UUID, document_id: UUID) -> None:
    """The document lies with this very order, and keeps lying there. Raises 404."""
    query = select(Document.id).where(
        Document.id == document_id,
        Document.subject_kind == KIND,
        Document.subject_id == order_id,
        Document.removed_at.is_(None),
    )
    if await session.scalar(query.with_for_update(read=True)) is None:
        raise not_found("document")


async def items_without(session: AsyncSession, order_id: UUID) -> list[int]:
    """Numbers of the items still open that no document is given for."""
    given = exists().where(
        RectificationEvidence.item_id == RectificationItem.id,
        RectificationEvidence.status == "filed",
        RectificationEvidence.document_id == Document.id,
        Document.removed_at.is_(None),
    )
    query = select(RectificationItem.ordinal).where(
        RectificationItem.rectification_id == order_id, RectificationItem.status == "open", ~given
    )
    return list(await session.scalars(query.order_by(RectificationItem.ordinal)))
