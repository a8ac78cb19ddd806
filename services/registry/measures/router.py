"""`/v1/centres/{id}/measures` and the steps that change a listed centre's standing."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select

from services.registry.access import APPROVERS, OFFICERS, READ_ALL
from services.registry.centres.models import Centre
from services.registry.centres.queries import require_readable
from services.registry.centres.schemas import CentreOut
from services.registry.measures import usecases
from services.registry.measures.models import CentreMeasure
from services.registry.measures.rules import RESUMPTION, SUSPENSION, WITHDRAWAL
from services.registry.measures.schemas import DecideMeasure, DropProposal, MeasureFilter, MeasureOut, ProposeMeasure
from services.registry.steps import CaseStep
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, DIVISION_APPROVER, DIVISION_OFFICER
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/centres/{centre_id}", tags=["centres"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, DIVISION_OFFICER, DIVISION_APPROVER, *READ_ALL))]
Officer = Annotated[Principal, Depends(require(*OFFICERS))]
Requester = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *OFFICERS))]
Approver = Annotated[Principal, Depends(require(*APPROVERS))]
Party = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *OFFICERS, *APPROVERS))]

_STEP = problem_responses(404, 409, 412)


@router.get("/measures", responses=problem_responses(404))
async def list_measures(
    centre_id: UUID, session: Session, principal: Reader, wanted: Annotated[MeasureFilter, Query()]
) -> Page[MeasureOut]:
    """The centre's measures, for those who see its case."""
    await require_readable(session, principal, centre_id)
    query = select(CentreMeasure).where(CentreMeasure.centre_id == centre_id)
    for column, value in ((CentreMeasure.kind, wanted.kind), (CentreMeasure.status, wanted.status)):
        if value is not None:
            query = query.where(column == value)
    return await paginate(session, query, keys=[CentreMeasure.id], params=wanted, item=MeasureOut.model_validate)


@router.post("/propose-suspension", responses=_STEP)
async def propose_suspension(
    centre_id: UUID,
    body: ProposeMeasure,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CentreOut:
    """Propose to suspend a listed centre."""
    step = _proposal(body, if_match)
    editions = runtime.editions
    centre = await usecases.propose_measure(session, editions, principal, centre_id, SUSPENSION, step)
    return _answer(centre, response)


@router.post("/suspend", responses=_STEP)
async def suspend_centre(
    centre_id: UUID,
    body: DecideMeasure,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CentreOut:
    """Suspend the centre, as another person proposed."""
    step = _decision(body, if_match)
    editions = runtime.editions
    centre = await usecases.carry_out_measure(session, editions, principal, centre_id, SUSPENSION, step)
    return _answer(centre, response)


@router.post("/propose-resumption", responses=_STEP)
async def propose_resumption(
    centre_id: UUID,
    body: ProposeMeasure,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CentreOut:
    """Propose to let a suspended centre work again."""
    step = _proposal(body, if_match)
    editions = runtime.editions
    centre = await usecases.propose_measure(session, editions, principal, centre_id, RESUMPTION, step)
    return _answer(centre, response)


@router.post("/resume", responses=_STEP)
async def resume_centre(
    centre_id: UUID,
    body: DecideMeasure,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CentreOut:
    """Let the centre work again, as another person proposed."""
    step = _decision(body, if_match)
    editions = runtime.editions
    centre = await usecases.carry_out_measure(session, editions, principal, centre_id, RESUMPTION, step)
    return _answer(centre, response)


@router.post("/request-withdrawal", responses=_STEP)
async def request_withdrawal(
    centre_id: UUID,
    body: ProposeMeasure,
    session: Session,
    principal: Requester,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CentreOut:
    """Ask to leave the list, as its operator; officers enter a paper."""
    step = _proposal(body, if_match)
    editions = runtime.editions
    centre = await usecases.propose_measure(session, editions, principal, centre_id, WITHDRAWAL, step)
    return _answer(centre, response)


@router.post("/withdraw", responses=_STEP)
async def withdraw_centre(
    centre_id: UUID,
    body: DecideMeasure,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CentreOut:
    """Take the centre off the list, as it asked; its open applications end."""
    step = _decision(body, if_match)
    editions = runtime.editions
    centre = await usecases.carry_out_measure(session, editions, principal, centre_id, WITHDRAWAL, step)
    return _answer(centre, response)


@router.post("/drop-proposal", responses=_STEP)
async def drop_proposal(
    centre_id: UUID,
    body: DropProposal,
    session: Session,
    principal: Party,
    response: Response,
    if_match: IfMatch = None,
) -> CentreOut:
    """Do not follow the proposal that waits; an operator takes back its own request."""
    step = CaseStep(on=body.dropped_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    return _answer(await usecases.drop_proposal(session, principal, centre_id, step), response)


def _proposal(body: ProposeMeasure, if_match: str | None) -> CaseStep:
    return CaseStep(on=body.proposed_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)


def _decision(body: DecideMeasure, if_match: str | None) -> CaseStep:
    return CaseStep(on=body.decided_on, document_no=body.document_no, if_match=if_match)


def _answer(centre: Centre, response: Response) -> CentreOut:
    set_etag(response, centre.version)
    return CentreOut.model_validate(centre)
