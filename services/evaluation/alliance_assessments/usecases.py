"""Recording what alliances do, and drafting, confirming and publishing the sheet of their year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.alliance_assessments import rules
from services.evaluation.alliance_assessments.models import AllianceAssessment, AllianceRecord
from services.evaluation.alliance_assessments.queries import (
    find_assessment,
    find_record,
    led_by,
    records_of_year,
    verified_on,
)
from services.evaluation.alliance_assessments.schemas import NewAssessment, NewRecord, Return
from services.evaluation.alliance_assessments.telling import tell_record, tell_sheet
from services.evaluation.refusals import require_known, require_passed, require_status
from shared.auth.principal import Principal
from shared.auth.roles import OFFICE_OFFICER
from shared.clock import effective_date
from shared.errors import DomainError, forbidden, four_eyes_required
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.http.etag import honour_match, require_match
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Edition, Editions


@dataclass(frozen=True, slots=True)
class Caller:
    """Who takes the step, under which version, and the editions to read it by."""

    session: AsyncSession
    principal: Principal
    editions: Editions
    if_match: str | None = None


async def record_work(caller: Caller, sent: NewRecord) -> AllianceRecord:
    """Record what an alliance did, by its lead bureau or the office (4.6-2). Raises 409 `alliance-activity-recorded`
    for an activity of a day of which a verified one is on record already."""
    principal = caller.principal
    held_on = effective_date(principal, sent.held_on)
    edition = caller.editions.require_in_force(held_on)
    require_known("alliance", [sent.alliance], edition.alliances.kinds)
    require_known("kind", [sent.kind], edition.alliance_assessment.record_kinds)
    _require_lead(principal, edition, sent.alliance, "officer", office=True)
    known = await verified_on(caller.session, sent.alliance, held_on) if sent.kind == rules.ACTIVITY else None
    if known is not None:
        raise DomainError("alliance-activity-recorded", 409, params={"no": known}, clauses=["4.6-3"])
    record = AllianceRecord(
        id=uuid7(),
        no=await next_case_no(caller.session, "AR", held_on.year),
        version=0,
        alliance=sent.alliance,
        kind=sent.kind,
        held_on=held_on,
        title=sent.title,
        participants=sent.participants,
        evidence=sent.evidence,
        edition=edition.id,
        status=rules.RECORDED,
        recorded_on=principal.today,
        recorded_by=principal.account_id,
    )
    caller.session.add(record)
    await tell_record(caller.session, ec.AllianceWorkRecorded, record, EventContext.of(principal, held_on))
    return record


async def strike_record(caller: Caller, record_id: UUID, reason_code: str) -> AllianceRecord:
    """Take a record out of the count, unless a confirmed sheet rests on it."""
    record = await find_record(caller.session, record_id, lock=True)
    honour_match(caller.if_match, record.version)
    require_status(record.status, (rules.RECORDED,))
    edition = caller.editions.get(record.edition)
    _require_lead(caller.principal, edition, record.alliance, "officer", office=True)
    sheet = await _sheet_of(caller.session, record.alliance, record.held_on.year)
    if sheet is not None and record.id in sheet.record_ids:
        raise DomainError("alliance-record-cited", 409, params={"no": sheet.no})
    record.status, record.reason_code = rules.STRUCK, reason_code
    record.struck_by = caller.principal.account_id
    await tell_record(caller.session, ec.AllianceWorkStruck, record, EventContext.of(caller.principal))
    return record


async def draft_assessment(caller: Caller, sent: NewAssessment) -> AllianceAssessment:
    """Draft the sheet of a year that has begun, one an alliance and year (4.6-2)."""
    principal = caller.principal
    edition = caller.editions.for_evaluation_year(sent.year)
    require_known("alliance", [sent.alliance], edition.alliances.kinds)
    _require_lead(principal, edition, sent.alliance, "officer")
    require_passed(rules.decide_year_begun(edition, sent.year, principal.today.year))
    no = await next_case_no(caller.session, "AA", sent.year)
    existing = await _sheet_of(caller.session, sent.alliance, sent.year)
    if existing is not None:
        raise DomainError("alliance-assessment-exists", 409, params={"no": existing.no})
    sheet = AllianceAssessment(
        id=uuid7(),
        no=no,
        version=0,
        alliance=sent.alliance,
        year=sent.year,
        edition=edition.id,
        status=rules.DRAFTED,
        record_ids=[],
        hands=[principal.account_id],
        drafted_on=principal.today,
    )
    _mark(edition, sheet, sent.marks)
    caller.session.add(sheet)
    await tell_sheet(caller.session, ec.AllianceAssessmentDrafted, edition, sheet, EventContext.of(principal))
    return sheet


async def edit_assessment(caller: Caller, sheet_id: UUID, marks: Mapping[str, Decimal]) -> AllianceAssessment:
    """Change the marks of a sheet that nobody has confirmed; whoever does so cannot confirm it."""
    sheet = await find_assessment(caller.session, caller.principal, sheet_id, lock=True)
    require_match(caller.if_match, sheet.version)
    require_status(sheet.status, rules.EDITABLE)
    edition = caller.editions.get(sheet.edition)
    _require_lead(caller.principal, edition, sheet.alliance, "officer")
    sheet.hands = sorted({*sheet.hands, caller.principal.account_id})
    sheet.status = rules.DRAFTED
    _mark(edition, sheet, marks)
    context = EventContext.of(caller.principal)
    await tell_sheet(caller.session, ec.AllianceAssessmentEdited, edition, sheet, context)
    return sheet


async def return_assessment(caller: Caller, sheet_id: UUID, sent: Return) -> AllianceAssessment:
    """Send the draft back to its drafter with a reason."""
    sheet, edition = await _for_decision(caller, sheet_id, (rules.DRAFTED,))
    day = _not_before(effective_date(caller.principal, sent.returned_on), sheet.drafted_on)
    sheet.status, sheet.reason_code = rules.RETURNED, sent.reason_code
    context = EventContext.of(caller.principal, day)
    await tell_sheet(caller.session, ec.AllianceAssessmentReturned, edition, sheet, context)
    return sheet


async def confirm_assessment(caller: Caller, sheet_id: UUID, confirmed_on: date | None) -> AllianceAssessment:
    """A second person stands by the sheet; the records it rests on are fixed (4.6-2). Raises 403 `four-eyes-required`
    for who entered one of them by hand as well, 409 `alliance-records-twice`."""
    sheet, edition = await _for_decision(caller, sheet_id, (rules.DRAFTED,))
    day = _not_before(effective_date(caller.principal, confirmed_on), sheet.drafted_on)
    records = await records_of_year(caller.session, sheet.alliance, sheet.year)
    entered = [record for record in records if record.activity_id is None]
    if any(record.recorded_by == caller.principal.account_id for record in entered):
        raise four_eyes_required()
    require_passed(rules.decide_by_activities(edition, sheet.score, len(records)))
    by_hand = {record.no: record.held_on for record in entered if record.kind == rules.ACTIVITY}
    verified = {record.held_on: record.no for record in records if record.activity_id is not None}
    require_passed(rules.decide_each_once(edition, by_hand, verified))
    sheet.status, sheet.record_ids = rules.CONFIRMED, [record.id for record in records]
    sheet.confirmed_on, sheet.confirmed_by = day, caller.principal.account_id
    context = EventContext.of(caller.principal, day)
    await tell_sheet(caller.session, ec.AllianceAssessmentConfirmed, edition, sheet, context)
    return sheet


async def publish_assessment(
    caller: Caller, sheet_id: UUID, document_no: str, published_on: date | None
) -> AllianceAssessment:
    """Publish the sheet under its document number; from then on support cites it and nothing in it changes (4.6-3)."""
    sheet, edition = await _for_decision(caller, sheet_id, (rules.CONFIRMED,))
    assert sheet.confirmed_on is not None
    day = _not_before(effective_date(caller.principal, published_on), sheet.confirmed_on)
    same = select(AllianceAssessment.no).where(AllianceAssessment.document_no == document_no)
    if (other := await caller.session.scalar(same)) is not None:
        raise DomainError("alliance-document-taken", 409, params={"document_no": document_no, "no": other})
    sheet.status, sheet.document_no = rules.PUBLISHED, document_no
    sheet.published_on, sheet.published_by = day, caller.principal.account_id
    context = EventContext.of(caller.principal, day)
    await tell_sheet(caller.session, ec.AllianceAssessmentPublished, edition, sheet, context)
    return sheet


async def _for_decision(
    caller: Caller, sheet_id: UUID, allowed_from: tuple[str, ...]
) -> tuple[AllianceAssessment, Edition]:
    sheet = await find_assessment(caller.session, caller.principal, sheet_id, lock=True)
    honour_match(caller.if_match, sheet.version)
    edition = caller.editions.get(sheet.edition)
    _require_lead(caller.principal, edition, sheet.alliance, "approver")
    require_status(sheet.status, allowed_from)
    if caller.principal.account_id in sheet.hands:
        raise four_eyes_required()
    return sheet, edition


async def _sheet_of(session: AsyncSession, alliance: str, year: int) -> AllianceAssessment | None:
    """Locked, so that no confirmation comes between a look at it and a change that rests on it."""
    query = select(AllianceAssessment).where(AllianceAssessment.alliance == alliance, AllianceAssessment.year == year)
    return await session.scalar(query.with_for_update())


def _mark(edition: Edition, sheet: AllianceAssessment, marks: Mapping[str, Decimal]) -> None:
    decision = require_passed(rules.decide_marks(edition, marks))
    sheet.marks = {name: f"{mark:f}" for name, mark in marks.items()}
    sheet.score = rules.score_of(marks)
    sheet.grade = rules.grade_of(edition, sheet.score)
    sheet.decision = decision.to_json()


def _require_lead(principal: Principal, edition: Edition, alliance: str, suffix: str, *, office: bool = False) -> None:
    """The bureau that leads an alliance handles it; its work may be recorded by the office, too."""
    if alliance not in led_by(principal, edition, suffix) and not (office and principal.has(OFFICE_OFFICER)):
        raise forbidden()


def _not_before(day: date, earliest: date) -> date:
    if day < earliest:
        raise DomainError("date-before-step", 409, params={"day": day, "earliest": earliest})
    return day
