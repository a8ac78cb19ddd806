"""`/v1/activities`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import DIVISION_ROLES, READ_ALL
from services.registry.activities import usecases, verifying
from services.registry.activities.clashes import clashes_of
from services.registry.activities.models import Activity
from services.registry.activities.queries import AUTHORS, ORDERS, VERIFIERS, find, matching, read_scope
from services.registry.activities.rules import last_reporting_day
from services.registry.activities.schemas import (
    ActivityFilter,
    ActivityOut,
    AmendActivity,
    ClashList,
    DecideActivity,
    HoldActivity,
    PlanActivity,
    ReportCheckOut,
    SubmitActivity,
    VerifyActivity,
)
from services.registry.policy import edition_at
from services.registry.remarks.usecases import latest_remark
from services.registry.steps import CaseStep
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/activities", tags=["activities"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *DIVISION_ROLES, *READ_ALL))]
Author = Annotated[Principal, Depends(require(*AUTHORS))]
Verifier = Annotated[Principal, Depends(require(*VERIFIERS))]

_STEP = problem_responses(403, 404, 409, 412)


@router.get("")
async def list_activities(
    session: Session, principal: Reader, wanted: Annotated[ActivityFilter, Query()]
) -> Page[ActivityOut]:
    """Activities whose records the caller reads."""
    query = select(Activity).where(read_scope(principal), matching(wanted))
    return await paginate(session, query, keys=ORDERS[wanted.sort], params=wanted, item=ActivityOut.model_validate)


@router.get("/{activity_id}", responses=problem_responses(404))
async def read_activity(activity_id: UUID, session: Session, principal: Reader, response: Response) -> ActivityOut:
    """One activity."""
    answer = _answer(await find(session, principal, activity_id), response)
    return answer.model_copy(update={"remark": await latest_remark(session, activity_id)})


@router.get("/{activity_id}/clashes", responses=problem_responses(404))
async def read_clashes(activity_id: UUID, session: Session, principal: Reader) -> ClashList:
    """Others on the same days for the same audience, at the same place or of the same series."""
    activity = await find(session, principal, activity_id)
    return ClashList(items=await clashes_of(session, principal, activity))


@router.post("", status_code=201, responses=problem_responses(403, 404, 409))
async def plan_activity(
    body: PlanActivity, session: Session, principal: Author, runtime: RuntimeDep, response: Response
) -> ActivityOut:
    """Enter an activity; others that fall together with it are named, and refuse nothing."""
    activity = await usecases.plan_activity(session, runtime.editions, principal, body)
    response.headers["Location"] = f"/v1/activities/{activity.id}"
    return await _with_clashes(session, principal, activity, response)


@router.patch("/{activity_id}", responses=problem_responses(404, 409, 412, 428))
async def amend_activity(
    activity_id: UUID,
    body: AmendActivity,
    session: Session,
    principal: Author,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ActivityOut:
    """Change what is not reported yet."""
    activity = await usecases.amend_activity(session, runtime.editions, principal, activity_id, body, if_match=if_match)
    return await _with_clashes(session, principal, activity, response)


@router.post("/{activity_id}/hold", responses=_STEP)
async def hold_activity(
    activity_id: UUID,
    body: HoldActivity,
    session: Session,
    principal: Author,
    response: Response,
    if_match: IfMatch = None,
) -> ActivityOut:
    """It took place."""
    return _answer(await usecases.hold_activity(session, principal, activity_id, body, if_match=if_match), response)


@router.post("/{activity_id}/cancel", responses=_STEP)
async def cancel_activity(
    activity_id: UUID,
    body: DecideActivity,
    session: Session,
    principal: Author,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ActivityOut:
    """It does not take place."""
    activity = await usecases.cancel_activity(
        session, runtime.editions, principal, activity_id, body, if_match=if_match
    )
    return _answer(activity, response)


@router.post("/{activity_id}/eligibility", responses=problem_responses(404))
async def check_report(
    activity_id: UUID,
    session: Session,
    principal: Author,
    runtime: RuntimeDep,
    body: Annotated[SubmitActivity, Body(default_factory=SubmitActivity)],
) -> ReportCheckOut:
    """Could it be reported like this, rule by rule? Nothing is recorded."""
    activity, decision = await usecases.check_report(session, runtime.editions, principal, activity_id, body)
    edition = edition_at(runtime.editions, activity.held_on)
    return ReportCheckOut(
        activity_id=activity.id,
        day=body.submitted_on or principal.today,
        ready=decision.passed,
        last_day=last_reporting_day(edition, activity.ended_on),
        decision=decision.to_json(),
    )


@router.post("/{activity_id}/submit", responses=_STEP)
async def submit_activity(
    activity_id: UUID,
    session: Session,
    principal: Author,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[SubmitActivity, Body(default_factory=SubmitActivity)],
    if_match: IfMatch = None,
) -> ActivityOut:
    """Report it with its evidence."""
    activity = await usecases.submit_activity(
        session, runtime.editions, principal, activity_id, body, if_match=if_match
    )
    return _answer(activity, response)


@router.post("/{activity_id}/verify", responses=_STEP)
async def verify_activity(
    activity_id: UUID,
    session: Session,
    principal: Verifier,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[VerifyActivity, Body(default_factory=VerifyActivity)],
    if_match: IfMatch = None,
) -> ActivityOut:
    """It took place as reported, and counts."""
    step = CaseStep(on=body.verified_on, if_match=if_match)
    return _answer(await verifying.verify_activity(session, runtime.editions, principal, activity_id, step), response)


@router.post("/{activity_id}/return", responses=_STEP)
async def return_activity(
    activity_id: UUID,
    body: DecideActivity,
    session: Session,
    principal: Verifier,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ActivityOut:
    """Send the report back."""
    activity = await verifying.return_activity(
        session, runtime.editions, principal, activity_id, body, if_match=if_match
    )
    return _answer(activity, response)


@router.post("/{activity_id}/reject", responses=_STEP)
async def reject_activity(
    activity_id: UUID,
    body: DecideActivity,
    session: Session,
    principal: Verifier,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ActivityOut:
    """It does not count."""
    activity = await verifying.reject_activity(
        session, runtime.editions, principal, activity_id, body, if_match=if_match
    )
    return _answer(activity, response)


@router.post("/{activity_id}/withdraw-verification", responses=_STEP)
async def withdraw_verification(
    activity_id: UUID,
    body: DecideActivity,
    session: Session,
    principal: Verifier,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ActivityOut:
    """It counts no more, and is looked at anew."""
    activity = await verifying.withdraw_verification(
        session, runtime.editions, principal, activity_id, body, if_match=if_match
    )
    return _answer(activity, response)


def _answer(activity: Activity, response: Response) -> ActivityOut:
    set_etag(response, activity.version)
    return ActivityOut.model_validate(activity)


async def _with_clashes(
    session: AsyncSession, principal: Principal, activity: Activity, response: Response
) -> ActivityOut:
    found = await clashes_of(session, principal, activity)
    return _answer(activity, response).model_copy(update={"clashes": found})
