"""`/v1/service-records`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select

from services.registry.access import DIVISION_ROLES, READ_ALL
from services.registry.remarks.usecases import latest_remark
from services.registry.service_records import usecases
from services.registry.service_records.counts import centre_years
from services.registry.service_records.models import ServiceRecord
from services.registry.service_records.queries import find, matching, read_scope
from services.registry.service_records.schemas import (
    CentreYearOut,
    ContestService,
    CorrectService,
    CountsFilter,
    RecordService,
    ServiceRecordFilter,
    ServiceRecordOut,
)
from services.registry.steps import CaseStep
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, ENTERPRISE, FOUNDER
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/service-records", tags=["service-records"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, ENTERPRISE, FOUNDER, *DIVISION_ROLES, *READ_ALL))]
Counter = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *DIVISION_ROLES, *READ_ALL))]
Operator = Annotated[Principal, Depends(require(CENTRE_OPERATOR))]
Served = Annotated[Principal, Depends(require(ENTERPRISE))]

_STEP = problem_responses(404, 409, 412)


@router.get("")
async def list_service_records(
    session: Session, principal: Reader, wanted: Annotated[ServiceRecordFilter, Query()]
) -> Page[ServiceRecordOut]:
    """Records that the caller has to do with."""
    query = select(ServiceRecord).where(read_scope(principal), matching(wanted))
    item = ServiceRecordOut.model_validate
    return await paginate(session, query, keys=[ServiceRecord.id], params=wanted, item=item)


@router.get("/counts")
async def count_service_records(
    session: Session, principal: Counter, runtime: RuntimeDep, wanted: Annotated[CountsFilter, Query()]
) -> Page[CentreYearOut]:
    """Records, agreements and joint carriers per centre in one year."""
    return await centre_years(session, runtime.editions, principal, wanted)


@router.get("/{record_id}", responses=problem_responses(404))
async def read_service_record(
    record_id: UUID, session: Session, principal: Reader, response: Response
) -> ServiceRecordOut:
    """One record."""
    answer = _answer(await find(session, principal, record_id), response)
    return answer.model_copy(update={"remark": await latest_remark(session, record_id)})


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def record_service(
    body: RecordService, session: Session, principal: Operator, runtime: RuntimeDep, response: Response
) -> ServiceRecordOut:
    """Record a service for a tenant."""
    record = await usecases.record_service(session, runtime.editions, principal, body)
    return _created(record, response)


@router.post("/{record_id}/confirm", responses=_STEP)
async def confirm_service(
    record_id: UUID, session: Session, principal: Served, response: Response, if_match: IfMatch = None
) -> ServiceRecordOut:
    """Confirm it as the enterprise that was served."""
    record = await usecases.confirm_service(session, principal, record_id, CaseStep(if_match=if_match))
    return _answer(record, response)


@router.post("/{record_id}/contest", responses=_STEP)
async def contest_service(
    record_id: UUID,
    body: ContestService,
    session: Session,
    principal: Served,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ServiceRecordOut:
    """Contest it as the enterprise that it names."""
    record = await usecases.contest_service(session, runtime.editions, principal, record_id, body, if_match=if_match)
    return _answer(record, response)


@router.post("/{record_id}/correct", status_code=201, responses=_STEP)
async def correct_service(
    record_id: UUID,
    body: CorrectService,
    session: Session,
    principal: Operator,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ServiceRecordOut:
    """Replace it by a new record."""
    record = await usecases.correct_service(session, runtime.editions, principal, record_id, body, if_match=if_match)
    return _created(record, response)


def _created(record: ServiceRecord, response: Response) -> ServiceRecordOut:
    response.headers["Location"] = f"/v1/service-records/{record.id}"
    return _answer(record, response)


def _answer(record: ServiceRecord, response: Response) -> ServiceRecordOut:
    set_etag(response, record.version)
    return ServiceRecordOut.model_validate(record)
