"""Which cases somebody sees and may move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import APPROVERS, OFFICERS, READ_ALL, operator_code_of
from services.registry.centres.models import Centre
from services.registry.documents.models import Document
from services.registry.practices.models import Practice, PracticePublication
from services.registry.practices.rules import PUBLISHED
from services.registry.practices.schemas import PracticeFilter, PracticeOut, PublicationOut, PublicPracticeOut
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import SortKey

EDITORS: Final = (*OFFICERS, r.OFFICE_OFFICER)
"""The offices that keep the library; they draft for any centre, publish and keep the log."""

DECIDERS: Final = (*APPROVERS, r.OFFICE_APPROVER)

SHELF: Final = "practice"
"""The kind under which the documents of a case are kept."""

ORDERS: Final[Mapping[str, Sequence[SortKey]]] = {"drafted": (Practice.id,), "-drafted": (Practice.id.desc(),)}


def author_centres(principal: Principal) -> ColumnElement[bool]:
    """The centres that the caller writes about: an operator its own, a division those it owns, the offices all."""
    if principal.has(*EDITORS):
        return true()
    scopes: list[ColumnElement[bool]] = [false()]
    if (code := operator_code_of(principal)) is not None:
        scopes.append(Centre.operator_code == code)
    if principal.has(r.DIVISION_OFFICER) and principal.division is not None:
        scopes.append(Centre.owner_division == principal.division)
    return or_(*scopes)


def author_scope(principal: Principal) -> ColumnElement[bool]:
    """The cases that the caller writes."""
    return Practice.centre_id.in_(select(Centre.id).where(author_centres(principal)))


def read_scope(principal: Principal) -> ColumnElement[bool]:
    """The cases that the caller sees whole, published or not."""
    if principal.has(*READ_ALL):
        return true()
    scopes: list[ColumnElement[bool]] = [author_scope(principal)]
    if principal.has(r.DIVISION_APPROVER) and principal.division is not None:
        owned = select(Centre.id).where(Centre.owner_division == principal.division)
        scopes.append(Practice.centre_id.in_(owned))
    return or_(*scopes)


def visible(principal: Principal) -> Select[Practice, bool]:
    """Cases with a mark whether the caller sees the whole case or only what is published."""
    whole = read_scope(principal)
    return select(Practice, whole.label("whole")).where(or_(whole, Practice.status == PUBLISHED))


def matching(wanted: PracticeFilter) -> ColumnElement[bool]:
    """The list's filters."""
    exact = {Practice.no: wanted.no, Practice.centre_id: wanted.centre_id, Practice.status: wanted.status}
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    if wanted.title:
        conditions.append(Practice.title.icontains(wanted.title, autoescape=True))
    return and_(true(), *conditions)


def shown(row: Row[Practice, bool]) -> PracticeOut | PublicPracticeOut:
    """The whole case, or what is published of it."""
    return (PracticeOut if row[1] else PublicPracticeOut).model_validate(row[0])


async def find_visible(session: AsyncSession, principal: Principal, practice_id: UUID) -> Row[Practice, bool]:
    """One case as the caller sees it. Raises 404."""
    row = (await session.execute(visible(principal).where(Practice.id == practice_id))).one_or_none()
    if row is None:
        raise not_found("practice")
    return row


async def find_whole(session: AsyncSession, principal: Principal, practice_id: UUID) -> Practice:
    """One case that the caller sees whole. Raises 404 also for what is only published to it."""
    practice = await session.scalar(select(Practice).where(Practice.id == practice_id, read_scope(principal)))
    if practice is None:
        raise not_found("practice")
    return practice


async def lock_for_change(session: AsyncSession, scope: ColumnElement[bool], practice_id: UUID) -> Practice:
    """One case of the scope, locked. Raises 404."""
    practice = await session.scalar(select(Practice).where(Practice.id == practice_id, scope).with_for_update())
    if practice is None:
        raise not_found("practice")
    return practice


async def find_attachment(
    session: AsyncSession, principal: Principal, practice_id: UUID, document_id: UUID
) -> Document:
    """A document that is shown with a case the caller sees, and no other document of it. Raises 404."""
    practice = (await find_visible(session, principal, practice_id))[0]
    found = await documents_among(session, practice, practice.attachment_ids)
    document = found.get(document_id)
    if document is None:
        raise not_found("document")
    return document


async def documents_among(session: AsyncSession, practice: Practice, ids: Sequence[UUID]) -> dict[UUID, Document]:
    """Those of the ids that are documents of the case and have not been taken out of it."""
    query = select(Document).where(
        Document.id.in_(ids),
        Document.subject_kind == SHELF,
        Document.subject_id == practice.id,
        Document.removed_at.is_(None),
    )
    return {document.id: document for document in await session.scalars(query)}


async def publications_of(session: AsyncSession, practice_id: UUID) -> list[PublicationOut]:
    """The publication log, oldest first."""
    query = select(PracticePublication).where(PracticePublication.practice_id == practice_id)
    rows = await session.scalars(query.order_by(PracticePublication.publicised_on, PracticePublication.id))
    return [PublicationOut.model_validate(row) for row in rows]
