"""`/v1/delistings`: cases of centres that failed consecutive years (2.3-5), step by step."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.evaluation.access import Approver, CaseReader, Officer, OperatorOrOfficer
from services.evaluation.delistings import usecases
from services.evaluation.delistings.models import DelistingCase
from services.evaluation.delistings.queries import cases_for, find_case, timeline
from services.evaluation.delistings.schemas import (
    CaseDecision,
    CaseFilter,
    CaseOut,
    CaseTimeline,
    Countersignature,
    Hearing,
    HearingRequest,
    LegalReview,
    NoticeOfIntent,
    ServiceRecord,
    Statement,
)
from services.evaluation.delistings.usecases import Caller
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/delistings", tags=["delistings"], route_class=ServiceRoute)

_STEP = problem_responses(404, 409, 412)


def _answer(case: DelistingCase, response: Response) -> CaseOut:
    set_etag(response, case.version)
    return CaseOut.model_validate(case)


@router.get("")
async def list_cases(session: Session, principal: CaseReader, wanted: Annotated[CaseFilter, Query()]) -> Page[CaseOut]:
    """Cases of the caller's scope, newest first."""
    keys = [DelistingCase.id.desc()]
    return await paginate(session, cases_for(principal, wanted), keys=keys, params=wanted, item=CaseOut.model_validate)


@router.get("/{case_id}", responses=problem_responses(404))
async def read_case(
    case_id: UUID, session: Session, principal: CaseReader, runtime: RuntimeDep, response: Response
) -> CaseTimeline:
    """One case with every step, its rules and clauses, and each participant's confirmation."""
    case = await find_case(session, principal, case_id)
    set_etag(response, case.version)
    return await timeline(session, case, runtime.editions.get(case.edition))


@router.post("/{case_id}/notice-of-intent", responses=_STEP)
async def serve_notice(
    case_id: UUID,
    sent: NoticeOfIntent,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CaseOut:
    """Record that the notice of intent was served (拟摘牌告知书)."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _answer(await usecases.serve_notice(caller, case_id, sent), response)


@router.post("/{case_id}/statement", responses=_STEP)
async def record_statement(
    case_id: UUID,
    sent: Statement,
    session: Session,
    principal: OperatorOrOfficer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CaseOut:
    """The operator's statement and defence (陈述申辩), or that none came in time."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _answer(await usecases.record_statement(caller, case_id, sent), response)


@router.post("/{case_id}/hearing-request", responses=_STEP)
async def request_hearing(
    case_id: UUID,
    sent: HearingRequest,
    session: Session,
    principal: OperatorOrOfficer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CaseOut:
    """The operator asks for a hearing (听证)."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _answer(await usecases.request_hearing(caller, case_id, sent), response)


@router.post("/{case_id}/hearing", responses=_STEP)
async def record_hearing(
    case_id: UUID,
    sent: Hearing,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CaseOut:
    """The hearing was held, or the request withdrawn."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _answer(await usecases.record_hearing(caller, case_id, sent), response)


@router.post("/{case_id}/legal-review", responses=_STEP)
async def record_legal_review(
    case_id: UUID,
    sent: LegalReview,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CaseOut:
    """The legal review (法制审核)."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _answer(await usecases.record_legal_review(caller, case_id, sent), response)


@router.post("/{case_id}/decision", responses=_STEP)
async def decide_case(
    case_id: UUID,
    sent: CaseDecision,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CaseOut:
    """One bureau decides; the decision takes effect by publication."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _answer(await usecases.decide_case(caller, case_id, sent), response)


@router.post("/{case_id}/countersign", responses=_STEP)
async def countersign_case(
    case_id: UUID,
    sent: Countersignature,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CaseOut:
    """The other bureau countersigns (会签)."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _answer(await usecases.countersign_case(caller, case_id, sent), response)


@router.post("/{case_id}/service-record", responses=_STEP)
async def record_service(
    case_id: UUID,
    sent: ServiceRecord,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CaseOut:
    """Record the service (送达) of the published decision; the terms for remedies begin."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _answer(await usecases.record_service(caller, case_id, sent), response)
