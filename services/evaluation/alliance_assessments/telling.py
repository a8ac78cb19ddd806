"""The events of alliances' work and sheets."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.alliance_assessments.models import AllianceAssessment, AllianceRecord
from services.evaluation.alliance_assessments.queries import kinds_of, marks_of
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.policy.edition import Edition


async def tell_record(
    session: AsyncSession,
    event_type: EventType[ec.AllianceRecordState],
    record: AllianceRecord,
    context: EventContext,
) -> None:
    """What happened to a record."""
    data = ec.AllianceRecordState(
        id=record.id,
        no=record.no,
        alliance=record.alliance,
        kind=record.kind,
        year=record.held_on.year,
        held_on=record.held_on,
        title=record.title,
        participants=record.participants,
        evidence=tuple(record.evidence),
        status=record.status,
        reason_code=record.reason_code,
        activity_id=record.activity_id,
    )
    applied = ("alliances.record",)
    await outbox.append(session, event_type, record, data, context=context, rules=applied, edition=record.edition)


async def tell_sheet(
    session: AsyncSession,
    event_type: EventType[ec.AllianceAssessmentState],
    edition: Edition,
    sheet: AllianceAssessment,
    context: EventContext,
) -> None:
    """What happened to a sheet, with all that it says."""
    data = ec.AllianceAssessmentState(
        id=sheet.id,
        no=sheet.no,
        alliance=sheet.alliance,
        year=sheet.year,
        edition=sheet.edition,
        status=sheet.status,
        items=tuple(
            ec.AssessedItem(item=name, mark=mark, full_mark=full_mark)
            for name, mark, full_mark in marks_of(edition, sheet)
        ),
        score=sheet.score,
        grade=sheet.grade,
        record_ids=tuple(sheet.record_ids),
        records_by_kind=await kinds_of(session, sheet),
        reason_code=sheet.reason_code,
        confirmed_on=sheet.confirmed_on,
        document_no=sheet.document_no,
        published_on=sheet.published_on,
    )
    applied = ("alliances.assessment",)
    await outbox.append(session, event_type, sheet, data, context=context, rules=applied, edition=sheet.edition)
