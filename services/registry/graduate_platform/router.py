"""`/v1/graduate-platform`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select

from services.registry.access import DIVISION_ROLES, READ_ALL
from services.registry.graduate_platform import usecases
from services.registry.graduate_platform.models import PlatformService
from services.registry.graduate_platform.queries import ORDERS, find, matching, platform_year, read_scope
from services.registry.graduate_platform.schemas import (
    ContestStage,
    CorrectStage,
    PlatformCountsFilter,
    PlatformFilter,
    PlatformServiceOut,
    PlatformYearOut,
    RecordStage,
)
from services.registry.project_library.queries import LIBRARIANS
from services.registry.remarks.usecases import latest_remark
from services.registry.steps import CaseStep
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, ENTERPRISE, FOUNDER
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/graduate-platform", tags=["graduate-platform"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, ENTERPRISE, FOUNDER, *DIVISION_ROLES, *READ_ALL))]
Counter = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *DIVISION_ROLES, *READ_ALL))]
Recorder = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *LIBRARIANS))]
Party = Annotated[Principal, Depends(require(ENTERPRISE, FOUNDER))]

_STEP = problem_responses(403, 404, 409, 412)


@router.get("")
async def list_stages(
    session: Session, principal: Reader, wanted: Annotated[PlatformFilter, Query()]
) -> Page[PlatformServiceOut]:
    """Records that the caller has to do with."""
    query = select(PlatformService).where(read_scope(principal), matching(wanted))
    keys, item = ORDERS[wanted.sort], PlatformServiceOut.model_validate
    return await paginate(session, query, keys=keys, params=wanted, item=item)


@router.get("/counts")
async def count_stages(
    session: Session, principal: Counter, wanted: Annotated[PlatformCountsFilter, Query()]
) -> PlatformYearOut:
    """The year by stage."""
    return await platform_year(session, principal, wanted)


@router.get("/{record_id}", responses=problem_responses(404))
async def read_stage(record_id: UUID, session: Session, principal: Reader, response: Response) -> PlatformServiceOut:
    """One record."""
    answer = _answer(await find(session, principal, record_id), response)
    return answer.model_copy(update={"remark": await latest_remark(session, record_id)})


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def record_stage(
    body: RecordStage, session: Session, principal: Recorder, runtime: RuntimeDep, response: Response
) -> PlatformServiceOut:
    """Record a stage of a graduate's product."""
    return _created(await usecases.record_stage(session, runtime.editions, principal, body), response)


@router.post("/{record_id}/confirm", responses=_STEP)
async def confirm_stage(
    record_id: UUID,
    session: Session,
    principal: Party,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> PlatformServiceOut:
    """Confirm it as the enterprise or founder whose product it is."""
    step = CaseStep(if_match=if_match)
    return _answer(await usecases.confirm_stage(session, runtime.editions, principal, record_id, step), response)


@router.post("/{record_id}/contest", responses=_STEP)
async def contest_stage(
    record_id: UUID,
    body: ContestStage,
    session: Session,
    principal: Party,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> PlatformServiceOut:
    """Contest it as the enterprise or founder whose product it is."""
    record = await usecases.contest_stage(session, runtime.editions, principal, record_id, body, if_match=if_match)
    return _answer(record, response)


@router.post("/{record_id}/correct", status_code=201, responses=_STEP)
async def correct_stage(
    record_id: UUID,
    body: CorrectStage,
    session: Session,
    principal: Recorder,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> PlatformServiceOut:
    """Replace it by a new record."""
    record = await usecases.correct_stage(session, runtime.editions, principal, record_id, body, if_match=if_match)
    return _created(record, response)


def _created(record: PlatformService, response: Response) -> PlatformServiceOut:
    response.headers["Location"] = f"/v1/graduate-platform/{record.id}"
    return _answer(record, response)


def _answer(record: PlatformService, response: Response) -> PlatformServiceOut:
    set_etag(response, record.version)
    return PlatformServiceOut.model_validate(record)
