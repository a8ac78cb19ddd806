"""/v1/grants: applications and the decisions on them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.finance.centres import READERS
from services.finance.grants import queries, usecases
from services.finance.grants.cases import Step
from services.finance.grants.schemas import (
    Approval,
    GrantApplication,
    GrantDetail,
    GrantFilter,
    GrantOut,
    MoneyDecision,
    Refusal,
    StepRequest,
)
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.decisions import DecisionText, Explain
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.runtime import RuntimeDep

Applicant = Annotated[Principal, Depends(require(r.CENTRE_OPERATOR, r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER))]
Officer = Annotated[Principal, Depends(require(r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER))]
Approver = Annotated[Principal, Depends(require(r.SCIENCE_APPROVER, r.INDUSTRY_APPROVER))]
Decider = Annotated[
    Principal, Depends(require(r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER, r.SCIENCE_APPROVER, r.INDUSTRY_APPROVER))
]
Reader = Annotated[Principal, Depends(require(*READERS))]
Plain = Annotated[StepRequest, Body()]
WithPapers = Annotated[MoneyDecision, Body()]

router = APIRouter(prefix="/v1/grants", tags=["grants"], route_class=ServiceRoute)

STEP = problem_responses(404, 409, 412)
MONEY = problem_responses(400, 404, 409, 412)


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def apply_for_grant(
    session: Session, runtime: RuntimeDep, caller: Applicant, sent: GrantApplication, response: Response
) -> GrantDetail:
    """The centre's operator applies; officers enter applications on paper, with the day they came in."""
    grant = await usecases.apply_for_grant(session, sent, principal=caller, editions=runtime.editions)
    set_etag(response, grant.version)
    response.headers["Location"] = f"/v1/grants/{grant.id}"
    return await queries.detail(session, grant)


@router.post("/eligibility", responses=problem_responses(404, 409))
async def check_eligibility(
    session: Session, runtime: RuntimeDep, caller: Applicant, sent: GrantApplication, explain: Explain
) -> DecisionText:
    """Would this application pass, rule by rule? Nothing is recorded."""
    return explain(await usecases.check_eligibility(session, sent, principal=caller, editions=runtime.editions))


@router.get("")
async def list_grants(session: Session, caller: Reader, wanted: Annotated[GrantFilter, Query()]) -> Page[GrantOut]:
    """Grants of the centres the caller may see, newest first."""
    return await queries.list_grants(session, wanted, principal=caller)


@router.get("/{grant_id}", responses=problem_responses(404))
async def read_grant(session: Session, caller: Reader, grant_id: UUID, response: Response) -> GrantDetail:
    """One grant with its ceiling, plan and rules applied."""
    found = await queries.read_grant(session, grant_id, principal=caller)
    set_etag(response, found.version)
    return found


@router.post("/{grant_id}/review", responses=STEP)
async def review_grant(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    grant_id: UUID,
    response: Response,
    sent: Plain = StepRequest(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> GrantDetail:
    """An officer proposes the grant for approval."""
    step = Step(grant_id, caller, runtime.editions, if_match)
    grant = await usecases.review_grant(session, sent, step=step)
    set_etag(response, grant.version)
    return await queries.detail(session, grant)


@router.post("/{grant_id}/approve", dependencies=[IdempotencyRequired], responses=MONEY)
async def approve_grant(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    grant_id: UUID,
    sent: Approval,
    response: Response,
    if_match: IfMatch = None,
) -> GrantDetail:
    """One bureau approves an amount; the centre's yearly ceiling holds it from now on."""
    step = Step(grant_id, caller, runtime.editions, if_match)
    grant = await usecases.approve_grant(session, sent, step=step)
    set_etag(response, grant.version)
    return await queries.detail(session, grant)


@router.post("/{grant_id}/countersign", responses=STEP)
async def countersign_grant(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    grant_id: UUID,
    response: Response,
    sent: WithPapers = MoneyDecision(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> GrantDetail:
    """The other bureau countersigns (会签)."""
    step = Step(grant_id, caller, runtime.editions, if_match)
    grant = await usecases.countersign_grant(session, sent, step=step)
    set_etag(response, grant.version)
    return await queries.detail(session, grant)


@router.post("/{grant_id}/refuse", dependencies=[IdempotencyRequired], responses=MONEY)
async def refuse_grant(
    session: Session,
    runtime: RuntimeDep,
    caller: Decider,
    grant_id: UUID,
    sent: Refusal,
    response: Response,
    if_match: IfMatch = None,
) -> GrantDetail:
    """The grant is refused, with a reason; an approved one gives its amount back to the ceiling."""
    step = Step(grant_id, caller, runtime.editions, if_match)
    grant = await usecases.refuse_grant(session, sent, step=step)
    set_etag(response, grant.version)
    return await queries.detail(session, grant)
