"""What a report shows: photographs and papers out of the activity's documents, and the centre's standing on the day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.activities.models import Activity
from services.registry.activities.queries import SHELF, documents_among, is_photograph
from services.registry.activities.rules import (
    ALLIANCE,
    ASSIST,
    BUREAU,
    CENTRE,
    COUNTING,
    DIVISION,
    Report,
    plain_place,
)
from services.registry.activities.schemas import SubmitActivity
from services.registry.alliances.models import Alliance
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
    found = [documents[known] for known in photos if known in documents]
    pictures = {document.sha256 for document in found if is_photograph(document)}
    elsewhere = await _used_elsewhere(session, activity, pictures)
    return Report(
        ended_on=activity.ended_on,
        reported_on=step_day(principal, step.on, after=None),
        first_reported_on=activity.first_submitted_on,
        by_bureau=principal.has(*BUREAU_ROLES),
        late_reason=sent.late_reason,
        organiser_listed=await _listed(session, activity),
        heads=activity.heads,
        spend=activity.spend,
        photographs=len(pictures - elsewhere),
        photographs_elsewhere=len(elsewhere),
        papers=len({known for known in papers if known in documents}),
        series=activity.series,
        alliance=activity.alliance,
        recorded_as=await _recorded_as(session, activity, _same_organiser(activity)),
        alliance_recorded_as=await _recorded_for_alliance(session, activity),
    )


async def _used_elsewhere(session: AsyncSession, activity: Activity, pictures: Collection[str]) -> set[str]:
    """Those pictures, by their content, that the report of another activity rests on."""
    query = (
        select(Document.sha256)
        .join(Activity, Activity.id == Document.subject_id)
        .where(
            Document.subject_kind == SHELF,
            Document.sha256.in_(pictures),
            Document.id == func.any(Activity.photo_ids),
            Activity.id != activity.id,
            Activity.status.in_(COUNTING),
        )
    )
    return set(await session.scalars(query))


async def _recorded_for_alliance(session: AsyncSession, activity: Activity) -> str | None:
    """The number under which another organiser reported it as held through the same alliance: whoever assisted says so,
    and is no second piece of the alliance's work. The alliance is held meanwhile, so that of two reports at the same
    moment one sees the other."""
    if activity.alliance is None or activity.organiser_role == ASSIST:
        return None
    held = select(Alliance.id).where(Alliance.kind == activity.alliance)
    await session.execute(held.with_for_update(key_share=True))
    through = and_(
        Activity.alliance == activity.alliance,
        Activity.organiser_role != ASSIST,
        not_(_same_organiser(activity)),
    )
    return await _recorded_as(session, activity, through)


async def _recorded_as(session: AsyncSession, activity: Activity, whose: ColumnElement[bool]) -> str | None:
    """The number of a reported activity of theirs that takes up part of the same time in the same place. Others that
    hold it with them have a record of their own."""
    query = select(Activity.no, Activity.place).where(
        Activity.id != activity.id,
        Activity.status.in_(COUNTING),
        Activity.starts_at < activity.ends_at,
        Activity.ends_at > activity.starts_at,
        whose,
    )
    place = plain_place(activity.place)
    rows = await session.execute(query.order_by(Activity.id))
    return next((row.no for row in rows if plain_place(row.place) == place), None)


def _same_organiser(activity: Activity) -> ColumnElement[bool]:
    kind = activity.organiser_kind
    if kind == CENTRE:
        return func.coalesce(Activity.centre_id == activity.centre_id, false())
    name = {DIVISION: Activity.division, BUREAU: Activity.department, ALLIANCE: Activity.alliance}[kind]
    return func.coalesce(and_(Activity.organiser_kind == kind, name == getattr(activity, name.key)), false())


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
