"""Reading rectification orders within the caller's scope."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import in_scope
from services.evaluation.documents.models import Document
from services.evaluation.rectifications.models import (
    Rectification,
    RectificationEvidence,
    RectificationExtension,
    RectificationInspection,
    RectificationStep,
)
from services.evaluation.rectifications.proposals import items_of
from services.evaluation.rectifications.schemas import (
    ExtensionOut,
    InspectionOut,
    ItemEvidenceOut,
    ItemOut,
    RectificationFilter,
    RectificationHistory,
    RectificationOut,
    StepOut,
)
from services.evaluation.terms import term_end, warning_codes
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.policy.edition import Editions


def orders_for(principal: Principal, wanted: RectificationFilter) -> Select[Rectification]:
    """The orders the caller may see, filtered."""
    query = select(Rectification).where(in_scope(principal, Rectification.centre_id))
    for name in wanted.model_fields_set - {"limit", "cursor"}:
        query = query.where(getattr(Rectification, name) == getattr(wanted, name))
    return query


async def find_order(
    session: AsyncSession, principal: Principal, order_id: UUID, *, lock: bool = False
) -> Rectification:
    """One order of the caller's scope, locked for a step if asked. Raises 404."""
    query = select(Rectification).where(Rectification.id == order_id, in_scope(principal, Rectification.centre_id))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    order = await session.scalar(query)
    if order is None:
        raise not_found("rectification")
    return order


async def history_of(
    session: AsyncSession, order: Rectification, shown: RectificationOut, editions: Editions
) -> RectificationHistory:
    """The order with everything that belongs to it."""
    return RectificationHistory(
        **shown.model_dump(),
        items=await _items(session, order.id),
        inspections=await _inspections(session, order.id),
        extension_requests=await _extensions(session, order.id),
        calendar_warnings=warning_codes(term_end(editions.get(order.edition), order.due_on)),
        steps=await _steps(session, order.id),
    )


async def _items(session: AsyncSession, order_id: UUID) -> list[ItemOut]:
    items = (await items_of(session, [order_id]))[order_id]
    query = (
        select(RectificationEvidence, Document.name, Document.sha256)
        .join(Document, Document.id == RectificationEvidence.document_id)
        .where(RectificationEvidence.item_id.in_([item.id for item in items]))
        .order_by(RectificationEvidence.id)
    )
    given: dict[UUID, list[ItemEvidenceOut]] = {item.id: [] for item in items}
    own = set(ItemEvidenceOut.model_fields) - {"name", "sha256"}
    for evidence, name, sha256 in await session.execute(query):
        known = {field: getattr(evidence, field) for field in own}
        given[evidence.item_id].append(ItemEvidenceOut(**known, name=name, sha256=sha256))
    fields = set(ItemOut.model_fields) - {"evidence"}
    return [ItemOut(**{name: getattr(item, name) for name in fields}, evidence=given[item.id]) for item in items]


async def _inspections(session: AsyncSession, order_id: UUID) -> list[InspectionOut]:
    query = select(RectificationInspection).where(RectificationInspection.rectification_id == order_id)
    rows = await session.scalars(query.order_by(RectificationInspection.id))
    return [InspectionOut.model_validate(row) for row in rows]


async def _extensions(session: AsyncSession, order_id: UUID) -> list[ExtensionOut]:
    query = select(RectificationExtension).where(RectificationExtension.rectification_id == order_id)
    rows = await session.scalars(query.order_by(RectificationExtension.id))
    return [ExtensionOut.model_validate(row) for row in rows]


async def _steps(session: AsyncSession, order_id: UUID) -> list[StepOut]:
    query = select(RectificationStep).where(RectificationStep.rectification_id == order_id)
    return [StepOut.model_validate(step) for step in await session.scalars(query.order_by(RectificationStep.id))]


async def last_findings(session: AsyncSession, order_id: UUID) -> dict[UUID, str]:
    """By item: what the newest inspection found."""
    query = (
        select(RectificationInspection.findings)
        .where(RectificationInspection.rectification_id == order_id)
        .order_by(RectificationInspection.id.desc())
        .limit(1)
    )
    found = await session.scalar(query)
    return {UUID(str(one["item_id"])): str(one["outcome"]) for one in found or [] if isinstance(one, dict)}


async def show_evidence(session: AsyncSession, evidence: RectificationEvidence) -> ItemEvidenceOut:
    """One piece with its document's name and hash."""
    document = await session.get_one(Document, evidence.document_id)
    own = set(ItemEvidenceOut.model_fields) - {"name", "sha256"}
    known = {field: getattr(evidence, field) for field in own}
    return ItemEvidenceOut(**known, name=document.name, sha256=document.sha256)
