"""`/v1/delistings/annulments` and `/v1/delistings/successions`: what the count of failed years rests on (2.3-5)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response

from services.evaluation.access import Approver, BureauReader, Officer
from services.evaluation.delistings.records import annulments, successions
from services.evaluation.delistings.records.models import CentreSuccession, ResultAnnulment
from services.evaluation.delistings.records.queries import annulments as annulled, successions as declared
from services.evaluation.delistings.records.schemas import (
    AnnulmentFilter,
    AnnulmentOut,
    Approval,
    NewAnnulment,
    NewSuccession,
    Rejection,
    SuccessionFilter,
    SuccessionOut,
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
ApprovalBody = Annotated[Approval, Body(default_factory=Approval)]


def _annulment(annulment: ResultAnnulment, response: Response) -> AnnulmentOut:
    set_etag(response, annulment.version)
    return AnnulmentOut.model_validate(annulment)


def _succession(succession: CentreSuccession, response: Response) -> SuccessionOut:
    set_etag(response, succession.version)
    return SuccessionOut.model_validate(succession)


@router.get("/annulments")
async def list_annulments(
    session: Session, _: BureauReader, wanted: Annotated[AnnulmentFilter, Query()]
) -> Page[AnnulmentOut]:
    """Annulled results, newest first."""
    query = annulled(wanted.evaluation_id, wanted.status)
    keys = [ResultAnnulment.id.desc()]
    return await paginate(session, query, keys=keys, params=wanted, item=AnnulmentOut.model_validate)


@router.post("/annulments", status_code=201, responses=_STEP)
async def record_annulment(
    sent: NewAnnulment, session: Session, principal: Officer, runtime: RuntimeDep, response: Response
) -> AnnulmentOut:
    """Record that a published result was annulled; it counts on until the other bureau approves."""
    caller = Caller(session, principal, runtime.editions, None)
    return _annulment(await annulments.record_annulment(caller, sent), response)


@router.post("/annulments/{annulment_id}/approve", responses=_STEP)
async def approve_annulment(
    annulment_id: UUID,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    sent: ApprovalBody,
    if_match: IfMatch = None,
) -> AnnulmentOut:
    """Approve it for the other bureau: the year counts no more, and a delisting that rests on it is looked at."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _annulment(await annulments.approve_annulment(caller, annulment_id, sent), response)


@router.post("/annulments/{annulment_id}/reject", responses=_STEP)
async def reject_annulment(
    annulment_id: UUID,
    sent: Rejection,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> AnnulmentOut:
    """Do not approve it."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _annulment(await annulments.reject_annulment(caller, annulment_id, sent), response)


@router.get("/successions")
async def list_successions(
    session: Session, _: BureauReader, wanted: Annotated[SuccessionFilter, Query()]
) -> Page[SuccessionOut]:
    """Declared successions, newest first; one re-registered by the same operator needs no declaration."""
    query = declared(wanted.centre_id, wanted.status)
    keys = [CentreSuccession.id.desc()]
    return await paginate(session, query, keys=keys, params=wanted, item=SuccessionOut.model_validate)


@router.post("/successions", status_code=201, responses=_STEP)
async def record_succession(
    sent: NewSuccession, session: Session, principal: Officer, runtime: RuntimeDep, response: Response
) -> SuccessionOut:
    """Record that a centre goes on where another one left off."""
    caller = Caller(session, principal, runtime.editions, None)
    return _succession(await successions.record_succession(caller, sent), response)


@router.post("/successions/{succession_id}/approve", responses=_STEP)
async def approve_succession(
    succession_id: UUID,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    sent: ApprovalBody,
    if_match: IfMatch = None,
) -> SuccessionOut:
    """Approve it for the other bureau: the predecessor's years count."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _succession(await successions.approve_succession(caller, succession_id, sent), response)


@router.post("/successions/{succession_id}/reject", responses=_STEP)
async def reject_succession(
    succession_id: UUID,
    sent: Rejection,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> SuccessionOut:
    """Do not approve it."""
    caller = Caller(session, principal, runtime.editions, if_match)
    return _succession(await successions.reject_succession(caller, succession_id, sent), response)
