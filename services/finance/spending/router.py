"""/v1/grants/{id}/spending: what the money went to."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.finance.centres import READERS
from services.finance.grants.cases import Step
from services.finance.spending import queries, usecases
from services.finance.spending.schemas import PlanOut, SpendingDocuments, SpendingFilter, SpendingIn, SpendingOut
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.runtime import RuntimeDep

Recorder = Annotated[Principal, Depends(require(r.CENTRE_OPERATOR, r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER))]
Reader = Annotated[Principal, Depends(require(*READERS))]

router = APIRouter(prefix="/v1/grants/{grant_id}/spending", tags=["spending"], route_class=ServiceRoute)

MONEY = problem_responses(400, 404, 409, 412)


@router.post("", status_code=201, dependencies=[IdempotencyRequired], responses=MONEY)
async def record_spending(
    session: Session,
    runtime: RuntimeDep,
    caller: Recorder,
    grant_id: UUID,
    sent: SpendingIn,
    response: Response,
    if_match: IfMatch = None,
) -> SpendingOut:
    """A payment planned (refused if off purpose) or made (off purpose: not eligible, a finding is opened).

    The ETag is the grant's.
    """
    step = Step(grant_id, caller, runtime.editions, if_match)
    version, line = await usecases.record_spending(session, sent, step=step)
    set_etag(response, version)
    return SpendingOut.model_validate(line)


@router.post("/{line_id}/make", dependencies=[IdempotencyRequired], responses=MONEY)
async def make_planned_spending(
    session: Session,
    runtime: RuntimeDep,
    caller: Recorder,
    grant_id: UUID,
    line_id: UUID,
    sent: SpendingDocuments,
    response: Response,
    if_match: IfMatch = None,
) -> SpendingOut:
    """The planned payment was made: voucher and invoice."""
    step = Step(grant_id, caller, runtime.editions, if_match)
    version, line = await usecases.make_planned_spending(session, line_id, sent, step=step)
    set_etag(response, version)
    return SpendingOut.model_validate(line)


@router.get("", responses=problem_responses(404))
async def list_spending(
    session: Session, caller: Reader, grant_id: UUID, wanted: Annotated[SpendingFilter, Query()]
) -> Page[SpendingOut]:
    """The grant's spending lines, in the order recorded."""
    return await queries.list_spending(session, grant_id, wanted, principal=caller)


@router.get("/plan", responses=problem_responses(404))
async def read_plan(session: Session, caller: Reader, grant_id: UUID) -> PlanOut:
    """The plan line by line against what is planned and was paid."""
    return await queries.plan_of(session, grant_id, principal=caller)
