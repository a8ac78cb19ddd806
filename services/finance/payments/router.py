"""/v1/grants/{id}: payment, money back, closing."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Response

from services.finance.grants import queries
from services.finance.grants.cases import Step
from services.finance.grants.schemas import GrantDetail, MoneyDecision
from services.finance.payments import usecases
from services.finance.payments.schemas import MoneyBack, Payment
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.runtime import RuntimeDep

Treasury = Annotated[Principal, Depends(require(r.TREASURY_OFFICER, r.TREASURY_APPROVER))]
Closer = Annotated[
    Principal,
    Depends(require(r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER, r.TREASURY_OFFICER, r.TREASURY_APPROVER)),
]

router = APIRouter(prefix="/v1/grants/{grant_id}", tags=["grants"], route_class=ServiceRoute)

STEP = problem_responses(404, 409, 412)
MONEY = problem_responses(400, 404, 409, 412)
PAYMENT = problem_responses(400, 404, 409, 412, 503)


@router.post("/disburse", dependencies=[IdempotencyRequired], responses=PAYMENT)
async def disburse_grant(
    session: Session,
    runtime: RuntimeDep,
    caller: Treasury,
    grant_id: UUID,
    response: Response,
    sent: Annotated[Payment, Body()] = Payment(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> GrantDetail:
    """The treasury pays the approved amount, after asking how the centre stands."""
    step = Step(grant_id, caller, runtime.editions, if_match)
    standing = await usecases.standing_of_payee(session, runtime.peers, step=step)
    grant = await usecases.disburse_grant(session, sent, standing, step=step)
    set_etag(response, grant.version)
    return await queries.detail(session, grant)


@router.post("/refund", dependencies=[IdempotencyRequired], responses=MONEY)
async def refund_grant(
    session: Session,
    runtime: RuntimeDep,
    caller: Treasury,
    grant_id: UUID,
    sent: MoneyBack,
    response: Response,
    if_match: IfMatch = None,
) -> GrantDetail:
    """The treasury records what the centre gave back of its own accord."""
    step = Step(grant_id, caller, runtime.editions, if_match)
    grant = await usecases.refund_grant(session, sent, step=step)
    set_etag(response, grant.version)
    return await queries.detail(session, grant)


@router.post("/recover", dependencies=[IdempotencyRequired], responses=MONEY)
async def recover_grant(
    session: Session,
    runtime: RuntimeDep,
    caller: Treasury,
    grant_id: UUID,
    sent: MoneyBack,
    response: Response,
    if_match: IfMatch = None,
) -> GrantDetail:
    """The treasury records what was recovered from a delisted centre."""
    step = Step(grant_id, caller, runtime.editions, if_match)
    grant = await usecases.recover_grant(session, sent, step=step)
    set_etag(response, grant.version)
    return await queries.detail(session, grant)


@router.post("/close", responses=STEP)
async def close_grant(
    session: Session,
    runtime: RuntimeDep,
    caller: Closer,
    grant_id: UUID,
    response: Response,
    sent: Annotated[MoneyDecision, Body()] = MoneyDecision(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> GrantDetail:
    """The grant is accounted for and closed."""
    step = Step(grant_id, caller, runtime.editions, if_match)
    grant = await usecases.close_grant(session, sent, step=step)
    set_etag(response, grant.version)
    return await queries.detail(session, grant)
