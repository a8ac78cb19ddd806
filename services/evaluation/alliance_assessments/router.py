"""`/v1/alliance-assessments`: what alliances do, and the sheet of their year (4.6-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.evaluation.access import DIVISION_ROLES, READ_ALL, Anyone
from services.evaluation.alliance_assessments import queries, usecases
from services.evaluation.alliance_assessments.models import AllianceAssessment, AllianceRecord
from services.evaluation.alliance_assessments.schemas import (
    AssessmentConfirmation,
    AssessmentFilter,
    AssessmentOut,
    AssessmentPatch,
    AssessmentPublication,
    NewAssessment,
    NewRecord,
    RecordFilter,
    RecordOut,
    Return,
    Strike,
)
from services.evaluation.alliance_assessments.usecases import Caller
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, SortKey, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/alliance-assessments", tags=["alliance-assessments"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(*READ_ALL, *DIVISION_ROLES))]
Recorder = Annotated[Principal, Depends(require(r.INDUSTRY_OFFICER, r.EDUCATION_OFFICER, r.OFFICE_OFFICER))]
Drafter = Annotated[Principal, Depends(require(r.INDUSTRY_OFFICER, r.EDUCATION_OFFICER))]
Confirmer = Annotated[Principal, Depends(require(r.INDUSTRY_APPROVER, r.EDUCATION_APPROVER))]
"""The bureaus that may lead an alliance (4.6-2, 4.7-3); which of them leads which one, the edition says."""

_STEP = problem_responses(404, 409, 412)


def _record(record: AllianceRecord, response: Response) -> RecordOut:
    set_etag(response, record.version)
    return RecordOut.model_validate(record)


async def _sheet(caller: Caller, sheet: AllianceAssessment, response: Response) -> AssessmentOut:
    set_etag(response, sheet.version)
    return await queries.show(caller.session, caller.editions, sheet)


@router.post("/records", status_code=201, responses=problem_responses(409))
async def record_work(
    sent: NewRecord, session: Session, principal: Recorder, runtime: RuntimeDep, response: Response
) -> RecordOut:
    """Record something that an alliance did."""
    record = await usecases.record_work(Caller(session, principal, runtime.editions), sent)
    response.headers["Location"] = f"/v1/alliance-assessments/records/{record.id}"
    return _record(record, response)


@router.get("/records")
async def list_records(
    session: Session, _principal: Reader, wanted: Annotated[RecordFilter, Query()]
) -> Page[RecordOut]:
    """Records, newest first."""
    keys: list[SortKey] = [AllianceRecord.held_on.desc(), AllianceRecord.id.desc()]
    query = queries.records_for(wanted)
    return await paginate(session, query, keys=keys, params=wanted, item=RecordOut.model_validate)


@router.get("/records/{record_id}", responses=problem_responses(404))
async def read_record(record_id: UUID, session: Session, _principal: Reader, response: Response) -> RecordOut:
    """One record."""
    return _record(await queries.find_record(session, record_id), response)


@router.post("/records/{record_id}/strike", responses=_STEP)
async def strike_record(
    record_id: UUID,
    sent: Strike,
    session: Session,
    principal: Recorder,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RecordOut:
    """Strike a record off; it stays to be read and no longer counts."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _record(await usecases.strike_record(caller, record_id, sent.reason_code), response)


@router.post("", status_code=201, responses=problem_responses(409))
async def draft_assessment(
    sent: NewAssessment, session: Session, principal: Drafter, runtime: RuntimeDep, response: Response
) -> AssessmentOut:
    """Draft the sheet of a year."""
    caller = Caller(session, principal, runtime.editions)
    sheet = await usecases.draft_assessment(caller, sent)
    response.headers["Location"] = f"/v1/alliance-assessments/{sheet.id}"
    return await _sheet(caller, sheet, response)


@router.get("")
async def list_assessments(
    session: Session, principal: Anyone, runtime: RuntimeDep, wanted: Annotated[AssessmentFilter, Query()]
) -> Page[AssessmentOut]:
    """Sheets, newest year first; the public sees those that are published."""
    query, keys = queries.assessments_for(principal, wanted), [AllianceAssessment.year, AllianceAssessment.id]
    down = [key.desc() for key in keys]
    page = await paginate(session, query, keys=down, params=wanted, item=lambda sheet: sheet)
    return Page(items=[await queries.show(session, runtime.editions, sheet) for sheet in page.items], next=page.next)


@router.get("/{assessment_id}", responses=problem_responses(404))
async def read_assessment(
    assessment_id: UUID, session: Session, principal: Anyone, runtime: RuntimeDep, response: Response
) -> AssessmentOut:
    """One sheet."""
    caller = Caller(session, principal, runtime.editions)
    return await _sheet(caller, await queries.find_assessment(session, principal, assessment_id), response)


@router.patch("/{assessment_id}", responses=problem_responses(404, 409, 412, 428))
async def edit_assessment(
    assessment_id: UUID,
    sent: AssessmentPatch,
    session: Session,
    principal: Drafter,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> AssessmentOut:
    """Change the marks of a draft."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return await _sheet(caller, await usecases.edit_assessment(caller, assessment_id, sent.marks), response)


@router.post("/{assessment_id}/return", responses=_STEP)
async def return_assessment(
    assessment_id: UUID,
    sent: Return,
    session: Session,
    principal: Confirmer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> AssessmentOut:
    """Send a draft back with a reason."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return await _sheet(caller, await usecases.return_assessment(caller, assessment_id, sent), response)


@router.post("/{assessment_id}/confirm", responses=_STEP)
async def confirm_assessment(
    assessment_id: UUID,
    sent: AssessmentConfirmation,
    session: Session,
    principal: Confirmer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> AssessmentOut:
    """Confirm a sheet that others drafted."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return await _sheet(caller, await usecases.confirm_assessment(caller, assessment_id, sent.confirmed_on), response)


@router.post("/{assessment_id}/publish", responses=_STEP)
async def publish_assessment(
    assessment_id: UUID,
    sent: AssessmentPublication,
    session: Session,
    principal: Confirmer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> AssessmentOut:
    """Publish a confirmed sheet under its document number."""
    caller = Caller(session, principal, runtime.editions, if_match)
    sheet = await usecases.publish_assessment(caller, assessment_id, sent.document_no, sent.published_on)
    return await _sheet(caller, sheet, response)
