"""/v1/findings: grant money in doubt, the centre's reply, and what a second person makes of it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.finance.centres import READERS
from services.finance.findings import queries, usecases
from services.finance.findings.schemas import (
    Confirmation,
    Dismissal,
    FindingFilter,
    FindingItem,
    FindingOut,
    FindingReplyIn,
)
from services.finance.grants.cases import Step
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.runtime import RuntimeDep

Reader = Annotated[Principal, Depends(require(*READERS))]
Answerer = Annotated[Principal, Depends(require(r.CENTRE_OPERATOR, r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER))]
Decider = Annotated[Principal, Depends(require(r.SCIENCE_APPROVER, r.INDUSTRY_APPROVER))]

router = APIRouter(prefix="/v1/findings", tags=["findings"], route_class=ServiceRoute)

STEP = problem_responses(403, 404, 409, 412)
MONEY = problem_responses(400, 403, 404, 409, 412)


@router.get("")
async def list_findings(
    session: Session, caller: Reader, wanted: Annotated[FindingFilter, Query()]
) -> Page[FindingItem]:
    """Findings at the centres the caller may see, newest first."""
    return await queries.list_findings(session, wanted, principal=caller)


@router.get("/{finding_id}", responses=problem_responses(404))
async def read_finding(session: Session, caller: Reader, finding_id: UUID, response: Response) -> FindingOut:
    """One finding with the rule it rests on and the centre's reply."""
    found = await queries.read_finding(session, finding_id, principal=caller)
    set_etag(response, found.version)
    return found


@router.post("/{finding_id}/reply", responses=STEP)
async def answer_finding(
    session: Session,
    runtime: RuntimeDep,
    caller: Answerer,
    finding_id: UUID,
    sent: FindingReplyIn,
    response: Response,
    if_match: IfMatch = None,
) -> FindingOut:
    """The centre answers; officers enter a reply on paper, or that none came."""
    finding = await queries.find(session, finding_id, principal=caller)
    step = Step(finding.grant_id, caller, runtime.editions, if_match)
    finding = await usecases.answer_finding(session, finding_id, sent, step=step)
    set_etag(response, finding.version)
    return await queries.detail(session, finding)


@router.post("/{finding_id}/confirm", responses=STEP)
async def confirm_finding(
    session: Session,
    runtime: RuntimeDep,
    caller: Decider,
    finding_id: UUID,
    response: Response,
    sent: Annotated[Confirmation, Body()] = Confirmation(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> FindingOut:
    """Somebody who neither opened nor answered it confirms that the money was diverted."""
    finding = await queries.find(session, finding_id, principal=caller)
    step = Step(finding.grant_id, caller, runtime.editions, if_match)
    finding = await usecases.confirm_finding(session, finding_id, sent, step=step)
    set_etag(response, finding.version)
    return await queries.detail(session, finding)


@router.post("/{finding_id}/dismiss", dependencies=[IdempotencyRequired], responses=MONEY)
async def dismiss_finding(
    session: Session,
    runtime: RuntimeDep,
    caller: Decider,
    finding_id: UUID,
    sent: Dismissal,
    response: Response,
    if_match: IfMatch = None,
) -> FindingOut:
    """Somebody who neither opened nor answered it accepts the reply; the money counts as spent on purpose."""
    finding = await queries.find(session, finding_id, principal=caller)
    step = Step(finding.grant_id, caller, runtime.editions, if_match)
    finding = await usecases.dismiss_finding(session, finding_id, sent, step=step)
    set_etag(response, finding.version)
    return await queries.detail(session, finding)
