"""Which activities somebody sees, keeps and verifies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS, READ_ALL, division_of, operator_code_of
from services.registry.activities.models import Activity
from services.registry.activities.rules import ALLIANCE, PHOTOGRAPHS
from services.registry.activities.schemas import ActivityFilter
from services.registry.centres.models import Centre
from services.registry.documents.models import Document
from services.registry.policy import loaded_editions
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import both_ways

SHELF: Final = "activity"
"""The kind under which the documents of an activity are kept."""

CITY_OFFICERS: Final = tuple(sorted(role for role in r.BUREAU_ROLES if role.endswith("_officer")))
AUTHORS: Final = (r.CENTRE_OPERATOR, *CITY_OFFICERS)
EDITORS: Final = (*OFFICERS, r.OFFICE_OFFICER)
"""Keep the records of everybody, which is how a late one comes in."""

VERIFIERS: Final = tuple(sorted(r.BUREAU_ROLES))

ORDERS: Final = both_ways({"recorded": (Activity.id,), "starts": (Activity.starts_at, Activity.id)})


def departments_of(principal: Principal) -> set[str]:
    """The departments whose officer the caller is, by the editions that are loaded."""
    return {
        name
        for edition in loaded_editions()
        for name, department in edition.departments.items()
        if department.role_prefix and principal.has(f"{department.role_prefix}_officer")
    }


def alliances_of(principal: Principal) -> set[str]:
    """The alliances that those departments lead."""
    own = departments_of(principal)
    return {
        kind
        for edition in loaded_editions()
        for kind, alliance in edition.alliances.kinds.items()
        if alliance.lead_department.value in own
    }


def author_centres(principal: Principal) -> ColumnElement[bool]:
    """The centres whose activities the caller keeps: an operator its own, a division those it owns, the editors all."""
    if principal.has(*EDITORS):
        return true()
    scopes: list[ColumnElement[bool]] = [false()]
    if (code := operator_code_of(principal)) is not None:
        scopes.append(Centre.operator_code == code)
    if principal.has(r.DIVISION_OFFICER) and principal.division is not None:
        scopes.append(Centre.owner_division == principal.division)
    return or_(*scopes)


def write_scope(principal: Principal) -> ColumnElement[bool]:
    """The activities that the caller keeps: of its own centres, division, department, or an alliance it leads."""
    if principal.has(*EDITORS):
        return true()
    scopes: list[ColumnElement[bool]] = [Activity.centre_id.in_(select(Centre.id).where(author_centres(principal)))]
    if principal.has(r.DIVISION_OFFICER) and principal.division is not None:
        scopes.append(Activity.division == principal.division)
    if own := departments_of(principal):
        scopes.append(Activity.department.in_(own))
    if led := alliances_of(principal):
        scopes.append(and_(Activity.organiser_kind == ALLIANCE, Activity.alliance.in_(led)))
    return or_(*scopes)


def read_scope(principal: Principal) -> ColumnElement[bool]:
    """The activities whose whole record the caller reads; a division also those of a series that it leads."""
    if principal.has(*READ_ALL):
        return true()
    scopes: list[ColumnElement[bool]] = [false()]
    if (code := operator_code_of(principal)) is not None:
        scopes.append(Activity.centre_id.in_(select(Centre.id).where(Centre.operator_code == code)))
    if (division := division_of(principal)) is not None:
        scopes += [Activity.division == division, Activity.lead == division]
    return or_(*scopes)


def matching(wanted: ActivityFilter) -> ColumnElement[bool]:
    """The list's filters."""
    exact = {
        Activity.no: wanted.no,
        Activity.centre_id: wanted.centre_id,
        Activity.division: wanted.division,
        Activity.department: wanted.department,
        Activity.alliance: wanted.alliance,
        Activity.series: wanted.series,
        Activity.level: wanted.level,
        Activity.organiser_kind: wanted.organiser_kind,
        Activity.status: wanted.status,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    if wanted.title:
        conditions.append(Activity.title.icontains(wanted.title, autoescape=True))
    if wanted.audience is not None:
        conditions.append(Activity.audiences.contains([wanted.audience]))
    if wanted.since is not None:
        conditions.append(Activity.ended_on >= wanted.since)
    if wanted.until is not None:
        conditions.append(Activity.held_on <= wanted.until)
    return and_(true(), *conditions)


async def find(session: AsyncSession, principal: Principal, activity_id: UUID) -> Activity:
    """One activity as the caller sees it. Raises 404."""
    return await _one(session, read_scope(principal), activity_id, lock=False)


async def lock_for(session: AsyncSession, scope: ColumnElement[bool], activity_id: UUID) -> Activity:
    """One activity of the scope, locked. Raises 404."""
    return await _one(session, scope, activity_id, lock=True)


async def documents_among(session: AsyncSession, activity_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Document]:
    """Those of the ids that are documents of the activity and have not been taken out of it."""
    query = select(Document).where(
        Document.id.in_(ids),
        Document.subject_kind == SHELF,
        Document.subject_id == activity_id,
        Document.removed_at.is_(None),
    )
    return {document.id: document for document in await session.scalars(query)}


def is_photograph(document: Document) -> bool:
    """By its content, whatever its name says."""
    return document.media_type in PHOTOGRAPHS


async def _one(session: AsyncSession, scope: ColumnElement[bool], activity_id: UUID, *, lock: bool) -> Activity:
    query = select(Activity).where(Activity.id == activity_id, scope)
    activity = await session.scalar(query.with_for_update(of=Activity) if lock else query)
    if activity is None:
        raise not_found("activity")
    return activity
