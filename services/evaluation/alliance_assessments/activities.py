"""Activities run through an alliance are its work: recorded by themselves once a bureau has verified them (4.6-2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.alliance_assessments import rules
from services.evaluation.alliance_assessments.models import AllianceAssessment, AllianceRecord
from services.evaluation.alliance_assessments.telling import tell_record
from services.evaluation.ecosystem.projections import ASSISTING
from shared.events.consumer import Received
from shared.events.contracts import evaluation as ec, registry as rc
from shared.events.outbox import EventContext
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Editions

WITHDRAWN: Final = "verification_withdrawn"


async def record_verified(
    session: AsyncSession, editions: Editions, events: Sequence[Received[rc.ActivityState]]
) -> None:
    """A verified activity through an alliance is on its record exactly once, however often it is told, as that of who
    holds it: who only assisted has a record of its own at the registry, and none here. One that was
    struck by hand stays struck; one whose verification had been withdrawn counts again, with its figures of now."""
    for event in events:
        activity = event.data
        if activity.alliance is None or activity.verified_on is None or activity.organiser_role == ASSISTING:
            continue
        record = await _record_of(session, activity.id)
        if record is None:
            await _add(session, editions, event)
        elif record.status == rules.STRUCK and record.reason_code == WITHDRAWN:
            record.status, record.reason_code, record.struck_by = rules.RECORDED, None, None
            _fill(record, activity)
            await tell_record(session, ec.AllianceWorkRecorded, record, EventContext.caused_by(event))


async def strike_withdrawn(session: AsyncSession, events: Sequence[Received[rc.ActivityState]]) -> None:
    """Without its verification an activity counts no more, unless a confirmed sheet rests on it: that one is final, and
    the record stays to show what it rests on."""
    for event in events:
        record = await _record_of(session, event.data.id)
        if record is None or record.status != rules.RECORDED or await _cited(session, record):
            continue
        record.status, record.reason_code, record.struck_by = rules.STRUCK, WITHDRAWN, event.actor
        await tell_record(session, ec.AllianceWorkStruck, record, EventContext.caused_by(event))


async def _add(session: AsyncSession, editions: Editions, event: Received[rc.ActivityState]) -> None:
    activity = event.data
    assert activity.verified_on is not None
    edition = editions.closest_to(activity.held_on)
    assert edition is not None, "a service does not start without an edition"
    record = AllianceRecord(
        id=uuid7(),
        no=await next_case_no(session, "AR", activity.held_on.year),
        version=0,
        activity_id=activity.id,
        kind=rules.ACTIVITY,
        edition=edition.id,
        status=rules.RECORDED,
        recorded_on=activity.verified_on,
        recorded_by=event.actor,
    )
    _fill(record, activity)
    session.add(record)
    await tell_record(session, ec.AllianceWorkRecorded, record, EventContext.caused_by(event))


def _fill(record: AllianceRecord, activity: rc.ActivityState) -> None:
    assert activity.alliance is not None
    record.alliance, record.held_on, record.title = activity.alliance, activity.held_on, activity.title
    record.participants, record.evidence = activity.heads or 0, [activity.no]


async def _record_of(session: AsyncSession, activity_id: UUID) -> AllianceRecord | None:
    query = select(AllianceRecord).where(AllianceRecord.activity_id == activity_id).with_for_update()
    return await session.scalar(query.execution_options(populate_existing=True))


async def _cited(session: AsyncSession, record: AllianceRecord) -> bool:
    """Locks the year's sheet, so that no confirmation comes between the look and the strike."""
    sheet = AllianceAssessment
    query = select(sheet).where(sheet.alliance == record.alliance, sheet.year == record.held_on.year)
    found = await session.scalar(query.with_for_update().execution_options(populate_existing=True))
    return found is not None and record.id in found.record_ids
