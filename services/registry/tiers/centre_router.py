"""`/v1/centres/{id}/tiers` and `/v1/centres/{id}/designations`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import select

from services.registry.access import APPROVERS, OFFICERS
from services.registry.centres.queries import find_visible
from services.registry.days import require_begun
from services.registry.policy import edition_at
from services.registry.steps import CaseStep
from services.registry.tiers import designations, upward
from services.registry.tiers.models import Designation
from services.registry.tiers.periods import periods_as_of, runs_on
from services.registry.tiers.queries import find_designation
from services.registry.tiers.rules import PUBLIC_DESIGNATIONS
from services.registry.tiers.schemas import (
    ConfirmDesignation,
    DecideDesignationEnd,
    DeclineDesignationEnd,
    DesignationFilter,
    DesignationOut,
    ProposeDesignationEnd,
    RecordDesignation,
    RejectDesignation,
    TierPeriodFilter,
    TierPeriodOut,
)
from shared.auth.principal import Principal, require
from shared.auth.roles import PUBLIC
from shared.db import Session
from shared.errors import not_found
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/centres/{centre_id}", tags=["tiers"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Officer = Annotated[Principal, Depends(require(*OFFICERS))]
Approver = Annotated[Principal, Depends(require(*APPROVERS))]

_STEP = problem_responses(404, 409, 412)


@router.get("/tiers", responses=problem_responses(404))
async def list_tiers(
    centre_id: UUID,
    session: Session,
    principal: Anyone,
    runtime: RuntimeDep,
    wanted: Annotated[TierPeriodFilter, Query()],
) -> Page[TierPeriodOut]:
    """The tiers of a centre in the order of their days; with `on`, the one of that day."""
    require_begun(principal, wanted.on)
    await find_visible(session, principal, centre_id)
    period = periods_as_of(edition_at(runtime.editions, principal.today), principal.today).c
    query = select(*period).where(period.centre_id == centre_id)
    if wanted.on is not None:
        query = query.where(runs_on(period, wanted.on))
    keys = [period.from_on, period.id]
    return await paginate(session, query, keys=keys, params=wanted, item=TierPeriodOut.model_validate)


@router.get("/designations", responses=problem_responses(404))
async def list_designations(
    centre_id: UUID, session: Session, principal: Anyone, wanted: Annotated[DesignationFilter, Query()]
) -> Page[DesignationOut]:
    """The designations of a centre; those in effect or ended for everybody, the others for those who read its case."""
    row = await find_visible(session, principal, centre_id)
    query = select(Designation).where(Designation.centre_id == centre_id)
    if not row[1]:
        query = query.where(Designation.status.in_(PUBLIC_DESIGNATIONS))
    if wanted.status is not None:
        query = query.where(Designation.status == wanted.status)
    item = DesignationOut.model_validate if row[1] else DesignationOut.public
    return await paginate(session, query, keys=[Designation.id], params=wanted, item=item)


@router.get("/designations/{designation_id}", responses=problem_responses(404))
async def read_designation(
    centre_id: UUID, designation_id: UUID, session: Session, principal: Anyone, response: Response
) -> DesignationOut:
    """One designation; as long as it is not confirmed, for those who read the centre's case."""
    row = await find_visible(session, principal, centre_id)
    designation = await find_designation(session, centre_id, designation_id)
    answer = _answer(designation, response)
    if row[1]:
        return answer
    if designation.status not in PUBLIC_DESIGNATIONS:
        raise not_found("designation")
    return DesignationOut.public(designation)


@router.post("/designations", status_code=201, responses=problem_responses(404, 409))
async def record_designation(
    centre_id: UUID,
    body: RecordDesignation,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
) -> DesignationOut:
    """Record a designation from above."""
    designation = await designations.record_designation(session, runtime.editions, principal, centre_id, body)
    response.headers["Location"] = f"/v1/centres/{centre_id}/designations/{designation.id}"
    return _answer(designation, response)


@router.post("/designations/{designation_id}/confirm", responses=_STEP)
async def confirm_designation(
    centre_id: UUID,
    designation_id: UUID,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[ConfirmDesignation, Body(default_factory=ConfirmDesignation)],
    if_match: IfMatch = None,
) -> DesignationOut:
    """Confirm it: its tier holds."""
    step = CaseStep(on=body.effective_on, if_match=if_match)
    designation = await designations.confirm_designation(
        session, runtime.editions, principal, centre_id, designation_id, step
    )
    return _answer(designation, response)


@router.post("/designations/{designation_id}/reject", responses=_STEP)
async def reject_designation(
    centre_id: UUID,
    designation_id: UUID,
    body: RejectDesignation,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> DesignationOut:
    """Do not confirm it."""
    step = CaseStep(on=body.decided_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    designation = await designations.reject_designation(
        session, runtime.editions, principal, centre_id, designation_id, step
    )
    return _answer(designation, response)


@router.post("/designations/{designation_id}/propose-end", responses=_STEP)
async def propose_designation_end(
    centre_id: UUID,
    designation_id: UUID,
    body: ProposeDesignationEnd,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> DesignationOut:
    """Record a document from above by which the designation ends before its time."""
    designation = await upward.propose_end(
        session, runtime.editions, principal, centre_id, designation_id, body, if_match=if_match
    )
    return _answer(designation, response)


@router.post("/designations/{designation_id}/confirm-end", responses=_STEP)
async def confirm_designation_end(
    centre_id: UUID,
    designation_id: UUID,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[DecideDesignationEnd, Body(default_factory=DecideDesignationEnd)],
    if_match: IfMatch = None,
) -> DesignationOut:
    """Confirm that it ended: the tier before holds again from that day."""
    step = CaseStep(remark=body.remark, if_match=if_match)
    designation = await upward.confirm_end(session, runtime.editions, principal, centre_id, designation_id, step)
    return _answer(designation, response)


@router.post("/designations/{designation_id}/decline-end", responses=_STEP)
async def decline_designation_end(
    centre_id: UUID,
    designation_id: UUID,
    body: DeclineDesignationEnd,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> DesignationOut:
    """Do not confirm the end: the designation runs on."""
    step = CaseStep(reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    designation = await upward.decline_end(session, runtime.editions, principal, centre_id, designation_id, step)
    return _answer(designation, response)


def _answer(designation: Designation, response: Response) -> DesignationOut:
    set_etag(response, designation.version)
    return DesignationOut.model_validate(designation)
