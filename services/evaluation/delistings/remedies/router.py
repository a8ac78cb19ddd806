"""`/v1/delistings/{id}/stay`, `/lift`, `/reverse`: orders on published delistings, and who has followed them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response

from services.evaluation.access import Approver, CaseReader, Officer
from services.evaluation.delistings.models import DelistingCase
from services.evaluation.delistings.queries import find_case
from services.evaluation.delistings.remedies import rules, usecases
from services.evaluation.delistings.remedies.models import DelistingRemedy
from services.evaluation.delistings.remedies.queries import orders_for, progress
from services.evaluation.delistings.remedies.schemas import (
    NewOrder,
    OrderApproval,
    OrderRejection,
    RemedyFilter,
    RemedyOut,
    RemedyProgress,
    TimelineOut,
)
from services.evaluation.delistings.remedies.timeline import timeline
from services.evaluation.delistings.schemas import CaseOut
from services.evaluation.delistings.usecases import Caller
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/delistings", tags=["delistings"], route_class=ServiceRoute)

_STEP = problem_responses(404, 409, 412)


def _case(case: DelistingCase, response: Response) -> CaseOut:
    set_etag(response, case.version)
    return CaseOut.model_validate(case)


@router.get("/remedies")
async def list_orders(
    session: Session, principal: CaseReader, wanted: Annotated[RemedyFilter, Query()]
) -> Page[RemedyOut]:
    """Orders on cases of the caller's scope, newest first; `status=proposed` are those that wait for an approver."""
    keys = [DelistingRemedy.id.desc()]
    query = orders_for(principal, wanted)
    return await paginate(session, query, keys=keys, params=wanted, item=RemedyOut.model_validate)


@router.get("/{case_id}/remedies", responses=problem_responses(404))
async def read_orders(
    case_id: UUID, session: Session, principal: CaseReader, runtime: RuntimeDep
) -> list[RemedyProgress]:
    """The case's orders in their order, with each participant's confirmation: expected against done."""
    case = await find_case(session, principal, case_id)
    return await progress(session, case, runtime.editions.get(case.edition))


@router.get("/{case_id}/timeline", responses=problem_responses(404))
async def read_timeline(case_id: UUID, session: Session, principal: CaseReader, runtime: RuntimeDep) -> TimelineOut:
    """Everything that happened, in the order of time: steps, confirmations, orders, plaques; and every term."""
    case = await find_case(session, principal, case_id)
    return await timeline(session, case, runtime.editions.get(case.edition))


@router.post("/{case_id}/stay", status_code=201, responses=_STEP)
async def record_stay(
    case_id: UUID,
    sent: NewOrder,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    if_match: IfMatch = None,
) -> RemedyOut:
    """Record a stay order (停止执行); it suspends every effect once the other bureau approves."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return RemedyOut.model_validate(await usecases.record_order(caller, case_id, rules.STAY, sent))


@router.post("/{case_id}/lift", status_code=201, responses=_STEP)
async def record_lift(
    case_id: UUID,
    sent: NewOrder,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    if_match: IfMatch = None,
) -> RemedyOut:
    """Record that the stay is over (恢复执行); the effects come back once the other bureau approves."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return RemedyOut.model_validate(await usecases.record_order(caller, case_id, rules.LIFT, sent))


@router.post("/{case_id}/reverse", status_code=201, responses=_STEP)
async def record_reversal(
    case_id: UUID,
    sent: NewOrder,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    if_match: IfMatch = None,
) -> RemedyOut:
    """Record that the decision was reversed (撤销); it is undone once the other bureau approves."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return RemedyOut.model_validate(await usecases.record_order(caller, case_id, rules.REVERSAL, sent))


@router.post("/{case_id}/remedies/{remedy_id}/approve", responses=_STEP)
async def approve_order(
    case_id: UUID,
    remedy_id: UUID,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    sent: Annotated[OrderApproval, Body(default_factory=OrderApproval)],
    if_match: IfMatch = None,
) -> CaseOut:
    """Approve an order for the other bureau: it takes effect in every service."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _case(await usecases.approve_order(caller, case_id, remedy_id, sent), response)


@router.post("/{case_id}/remedies/{remedy_id}/reject", responses=_STEP)
async def reject_order(
    case_id: UUID,
    remedy_id: UUID,
    sent: OrderRejection,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CaseOut:
    """Do not approve an order; nothing changes."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _case(await usecases.reject_order(caller, case_id, remedy_id, sent), response)
