"""Which cases have documents, by the scopes of the cases themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.activities import queries as activities
from services.registry.activities.models import Activity
from services.registry.activities.rules import AMENDABLE
from services.registry.alliances import queries as alliances
from services.registry.alliances.models import AllianceMember
from services.registry.alliances.rules import OPEN as ASKED_FOR
from services.registry.base import Base
from services.registry.centres import queries as centres
from services.registry.centres.models import Centre
from services.registry.centres.rules import EDITABLE
from services.registry.communities import queries as communities
from services.registry.communities.models import CommunityReport
from services.registry.communities.rules import EDITABLE as REPORT_DRAFTS
from services.registry.divisions import queries as divisions
from services.registry.divisions.models import Division
from services.registry.documents.models import Document
from services.registry.enterprises import queries as enterprises
from services.registry.enterprises.models import Enterprise
from services.registry.graduate_platform import queries as graduate_platform
from services.registry.graduate_platform.models import PlatformService
from services.registry.graduate_platform.rules import ANSWERABLE as UNANSWERED
from services.registry.mentors import queries as mentors
from services.registry.mentors.models import Mentor
from services.registry.pairings import queries as pairings
from services.registry.pairings.models import Pairing
from services.registry.pairings.rules import ANSWERABLE as PROPOSED_PAIR
from services.registry.practices import queries as practices
from services.registry.practices.models import Practice
from services.registry.practices.rules import EDITABLE as DRAFTS
from services.registry.project_library import queries as project_library
from services.registry.project_library.models import LibraryItem
from services.registry.project_library.rules import EDITABLE as LIBRARY_DRAFTS
from services.registry.qualifications.models import Qualification
from services.registry.qualifications.rules import REVIEWABLE as APPLIED_TITLE
from services.registry.tenancies import queries as tenancies
from services.registry.tenancies.models import Tenancy
from services.registry.tenancies.rules import FILEABLE
from services.registry.tiers.models import TierApplication
from services.registry.tiers.rules import REVIEWABLE as APPLIED_TIER
from services.registry.trainings import scopes as trainings
from services.registry.trainings.models import TrainingCourse
from services.registry.trainings.rules import DRAFT as COURSE_DRAFT
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.files.documents import Shelf
from shared.files.models import DocumentRow

Scope = Callable[[Principal], ColumnElement[bool]]


def _of_centre(model: Any, scope: Scope) -> Scope:
    """What belongs to a centre is seen and moved with the centre's case."""
    return lambda principal: model.centre_id.in_(select(Centre.id).where(scope(principal)))


async def _tell(session: AsyncSession, document: DocumentRow, *, context: EventContext, removed: bool) -> None:
    state = rc.DocumentState(
        id=document.id,
        subject_kind=document.subject_kind,
        subject_id=document.subject_id,
        sha256=document.sha256,
        size=document.size,
        media_type=document.media_type,
    )
    happened = rc.DocumentRemoved if removed else rc.DocumentAdded
    await outbox.append(session, happened, document, state, context=context)


def _shelf(kind: str, model: type[Base], read: Scope, write: Scope, drafts: Sequence[str] = ()) -> Shelf:
    """The documents of one kind of case; `drafts` are the states in which one may be taken out again."""
    table: Any = model

    async def readable(session: AsyncSession, principal: Principal, subject_id: UUID) -> None:
        if await session.scalar(select(table.id).where(table.id == subject_id, read(principal))) is None:
            raise not_found(kind)

    async def writable(session: AsyncSession, principal: Principal, subject_id: UUID) -> bool:
        state = table.status if drafts else table.id
        query = select(state).where(table.id == subject_id, write(principal)).with_for_update(read=True, of=table)
        found = await session.scalar(query)
        if found is None:
            raise not_found(kind)
        return found in drafts

    return Shelf(kind, Document, readable, writable, _tell)


SHELVES: Final = {
    "/v1/centres": _shelf("centre", Centre, centres.read_scope, centres.write_scope, EDITABLE),
    "/v1/qualification-applications": _shelf(
        "qualification-application",
        Qualification,
        _of_centre(Qualification, centres.read_scope),
        _of_centre(Qualification, centres.write_scope),
        APPLIED_TITLE,
    ),
    "/v1/tier-applications": _shelf(
        "tier-application",
        TierApplication,
        _of_centre(TierApplication, centres.read_scope),
        _of_centre(TierApplication, centres.write_scope),
        APPLIED_TIER,
    ),
    "/v1/enterprises": _shelf("enterprise", Enterprise, enterprises.read_scope, enterprises.write_scope),
    "/v1/tenancies": _shelf("tenancy", Tenancy, tenancies.read_scope, tenancies.write_scope, FILEABLE),
    "/v1/divisions": _shelf("division", Division, divisions.read_scope, divisions.write_scope),
    "/v1/trainings": _shelf(
        "training-course", TrainingCourse, trainings.reads_course, trainings.keeps_course, (COURSE_DRAFT,)
    ),
    "/v1/activities": _shelf(activities.SHELF, Activity, activities.read_scope, activities.write_scope, AMENDABLE),
    "/v1/mentors": _shelf("mentor", Mentor, mentors.paper_scope, mentors.keep_scope),
    "/v1/alliance-members": _shelf(
        "alliance-member", AllianceMember, alliances.read_scope, alliances.file_scope, ASKED_FOR
    ),
    "/v1/pairings": _shelf("pairing", Pairing, pairings.read_scope, pairings.file_scope, PROPOSED_PAIR),
    "/v1/community-reports": _shelf(
        communities.SHELF,
        CommunityReport,
        communities.report_read_scope,
        communities.author_scope,
        REPORT_DRAFTS,
    ),
    "/v1/practices": _shelf("practice", Practice, practices.read_scope, practices.author_scope, DRAFTS),
    "/v1/project-library": _shelf(
        project_library.ITEM,
        LibraryItem,
        project_library.read_scope,
        project_library.author_scope,
        LIBRARY_DRAFTS,
    ),
    "/v1/graduate-platform": _shelf(
        graduate_platform.SHELF,
        PlatformService,
        graduate_platform.read_scope,
        graduate_platform.write_scope,
        UNANSWERED,
    ),
}
"""By the address of the cases' list."""
