"""What a report shows: photographs and papers out of the activity's documents, and the centre's standing on the day."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.activities.models import Activity
from services.registry.activities.queries import documents_among, is_photograph
from services.registry.activities.rules import Report
from services.registry.activities.schemas import SubmitActivity
from services.registry.centres.models import Centre
from services.registry.documents.models import Document
from services.registry.steps import CaseStep, step_day
from shared.auth.principal import Principal
from shared.auth.roles import BUREAU_ROLES
from shared.http.validation import PayloadInvalid


async def keep_evidence(
    session: AsyncSession, activity: Activity, photos: Sequence[UUID] | None, papers: Sequence[UUID] | None
) -> None:
    """Name documents of the activity as evidence. Raises 422 for one that is not on its shelf, is named twice, or is no
    photograph."""
    if photos is not None:
        activity.photo_ids = list(photos)
        found = await _documents(session, activity, "photo_ids", photos)
        if not all(is_photograph(document) for document in found):
            raise PayloadInvalid.at("photo_ids", "not_a_photograph")
    if papers is not None:
        activity.paper_ids = list(papers)
        await _documents(session, activity, "paper_ids", papers)


async def report_of(
    session: AsyncSession,
    principal: Principal,
    activity: Activity,
    sent: SubmitActivity,
    *,
    photos: Sequence[UUID],
    papers: Sequence[UUID],
    step: CaseStep,
) -> Report:
    """The record as the rules look at it. Documents that were taken out of the shelf meanwhile show nothing."""
    documents = await documents_among(session, activity.id, [*photos, *papers])
    pictures = {known for known in photos if known in documents and is_photograph(documents[known])}
    return Report(
        ended_on=activity.ended_on,
        reported_on=step_day(principal, step.on, after=None),
        by_bureau=principal.has(*BUREAU_ROLES),
        late_reason=sent.late_reason,
        organiser_listed=await _listed(session, activity),
        heads=activity.heads,
        spend=activity.spend,
        photographs=len(pictures),
        papers=len({known for known in papers if known in documents}),
        series=activity.series,
        alliance=activity.alliance,
    )


async def _documents(session: AsyncSession, activity: Activity, field: str, ids: Sequence[UUID]) -> list[Document]:
    if len(set(ids)) < len(ids):
        raise PayloadInvalid.at(field, "listed_twice")
    found = await documents_among(session, activity.id, ids)
    if len(found) < len(ids):
        raise PayloadInvalid.at(field, "unknown_document")
    return list(found.values())


async def _listed(session: AsyncSession, activity: Activity) -> bool | None:
    """Whether the centre was on the list on the activity's first day; None where no centre held it."""
    if activity.centre_id is None:
        return None
    centre = await session.get_one(Centre, activity.centre_id)
    ended = centre.delisted_on or centre.withdrawn_on
    since = centre.listed_on
    return since is not None and since <= activity.held_on and (ended is None or activity.held_on < ended)
