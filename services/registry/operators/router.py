"""`/v1/centres/{id}/operators` and `/v1/centres/{id}/operator-changes`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import select

from services.registry.access import APPROVERS, OFFICERS, READ_ALL
from services.registry.centres.queries import find_visible, require_readable
from services.registry.days import require_begun
from services.registry.operators import usecases
from services.registry.operators.models import OperatorChange
from services.registry.operators.queries import operator_spans, span_on
from services.registry.operators.schemas import (
    ApplyForChange,
    ApproveChange,
    ChangeFilter,
    OperatorChangeOut,
    OperatorFilter,
    OperatorHistory,
    RefuseChange,
    ReviewChange,
)
from services.registry.steps import CaseStep
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, DIVISION_APPROVER, DIVISION_OFFICER, PUBLIC
from shared.db import Session
from shared.errors import not_found
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/centres/{centre_id}", tags=["centres"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, DIVISION_OFFICER, DIVISION_APPROVER, *READ_ALL))]
Applicant = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *OFFICERS))]
Officer = Annotated[Principal, Depends(require(*OFFICERS))]
Approver = Annotated[Principal, Depends(require(*APPROVERS))]

_STEP = problem_responses(404, 409, 412)


@router.get("/operators", responses=problem_responses(404))
async def list_operators(
    centre_id: UUID, session: Session, principal: Anyone, wanted: Annotated[OperatorFilter, Query()]
) -> OperatorHistory:
    """Everybody who ran the centre, by date, or the operator of record on one day."""
    require_begun(principal, wanted.on)
    await find_visible(session, principal, centre_id)
    spans = await operator_spans(session, centre_id)
    return OperatorHistory(items=list(spans) if wanted.on is None else [span_on(spans, wanted.on)])


@router.get("/operator-changes", responses=problem_responses(404))
async def list_changes(
    centre_id: UUID, session: Session, principal: Reader, wanted: Annotated[ChangeFilter, Query()]
) -> Page[OperatorChangeOut]:
    """The centre's changes of operator, for those who see its case."""
    await require_readable(session, principal, centre_id)
    query = select(OperatorChange).where(OperatorChange.centre_id == centre_id)
    for column, value in ((OperatorChange.status, wanted.status), (OperatorChange.no, wanted.no)):
        if value is not None:
            query = query.where(column == value)
    item = OperatorChangeOut.model_validate
    return await paginate(session, query, keys=[OperatorChange.id], params=wanted, item=item)


@router.get("/operator-changes/{change_id}", responses=problem_responses(404))
async def read_change(
    centre_id: UUID, change_id: UUID, session: Session, principal: Reader, response: Response
) -> OperatorChangeOut:
    """One change of operator."""
    await require_readable(session, principal, centre_id)
    change = await session.get(OperatorChange, change_id)
    if change is None or change.centre_id != centre_id:
        raise not_found("operator-change")
    return _answer(change, response)


@router.post("/operator-changes", status_code=201, responses=problem_responses(404, 409))
async def apply_for_change(
    centre_id: UUID,
    body: ApplyForChange,
    session: Session,
    principal: Applicant,
    runtime: RuntimeDep,
    response: Response,
) -> OperatorChangeOut:
    """Ask for another operator."""
    change = await usecases.apply_for_change(session, runtime.editions, principal, centre_id, body)
    response.headers["Location"] = f"/v1/centres/{centre_id}/operator-changes/{change.id}"
    return _answer(change, response)


@router.post("/operator-changes/{change_id}/review", responses=_STEP)
async def review_change(
    centre_id: UUID,
    change_id: UUID,
    session: Session,
    principal: Officer,
    response: Response,
    body: Annotated[ReviewChange, Body(default_factory=ReviewChange)],
    if_match: IfMatch = None,
) -> OperatorChangeOut:
    """Propose the change."""
    step = CaseStep(on=body.reviewed_on, if_match=if_match)
    return _answer(await usecases.review_change(session, principal, centre_id, change_id, step), response)


@router.post("/operator-changes/{change_id}/approve", responses=_STEP)
async def approve_change(
    centre_id: UUID,
    change_id: UUID,
    body: ApproveChange,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> OperatorChangeOut:
    """Let the new operator take over."""
    step = CaseStep(on=body.decided_on, document_no=body.document_no, if_match=if_match)
    editions = runtime.editions
    change = await usecases.approve_change(session, editions, principal, centre_id, change_id, step)
    return _answer(change, response)


@router.post("/operator-changes/{change_id}/refuse", responses=_STEP)
async def refuse_change(
    centre_id: UUID,
    change_id: UUID,
    body: RefuseChange,
    session: Session,
    principal: Approver,
    response: Response,
    if_match: IfMatch = None,
) -> OperatorChangeOut:
    """Refuse the change."""
    step = CaseStep(on=body.decided_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    return _answer(await usecases.refuse_change(session, principal, centre_id, change_id, step), response)


def _answer(change: OperatorChange, response: Response) -> OperatorChangeOut:
    set_etag(response, change.version)
    return OperatorChangeOut.model_validate(change)
