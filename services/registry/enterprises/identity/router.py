"""`/v1/enterprises/{id}/changes` and `/v1/enterprises/{id}/merge`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select

from services.registry.access import DIVISION_ROLES, OFFICERS, READ_ALL
from services.registry.enterprises.identity import usecases
from services.registry.enterprises.identity.models import EnterpriseChange
from services.registry.enterprises.identity.schemas import (
    ChangeFilter,
    ChangeOut,
    MergeEnterprise,
    ProposeChange,
    RefuseChange,
)
from services.registry.enterprises.queries import family, find, read_scope
from services.registry.enterprises.schemas import EnterpriseOut
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, ENTERPRISE
from shared.db import Session
from shared.http.etag import set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/enterprises/{enterprise_id}", tags=["enterprises"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, ENTERPRISE, *DIVISION_ROLES, *READ_ALL))]
Host = Annotated[Principal, Depends(require(CENTRE_OPERATOR))]
Confirmer = Annotated[Principal, Depends(require(ENTERPRISE, *OFFICERS))]
Officer = Annotated[Principal, Depends(require(*OFFICERS))]


@router.get("/changes", responses=problem_responses(404))
async def list_changes(
    enterprise_id: UUID, session: Session, principal: Reader, wanted: Annotated[ChangeFilter, Query()]
) -> Page[ChangeOut]:
    """Changes of identity facts that were proposed, and what became of them."""
    await find(session, read_scope(principal), enterprise_id, below="/changes")
    query = select(EnterpriseChange).where(EnterpriseChange.enterprise_id.in_(family(enterprise_id)))
    if wanted.status is not None:
        query = query.where(EnterpriseChange.status == wanted.status)
    return await paginate(session, query, keys=[EnterpriseChange.id], params=wanted, item=ChangeOut.model_validate)


@router.post("/changes", status_code=201, responses=problem_responses(403, 404, 409))
async def propose_change(enterprise_id: UUID, body: ProposeChange, session: Session, principal: Host) -> ChangeOut:
    """Say that an identity fact has changed."""
    change = await usecases.propose_change(session, principal, enterprise_id, body)
    return ChangeOut.model_validate(change)


@router.post("/changes/{change_id}/confirm", responses=problem_responses(403, 404, 409))
async def confirm_change(
    enterprise_id: UUID, change_id: UUID, session: Session, principal: Confirmer, runtime: RuntimeDep
) -> ChangeOut:
    """Confirm the change, which then is written."""
    change = await usecases.confirm_change(session, runtime.editions, principal, enterprise_id, change_id)
    return ChangeOut.model_validate(change)


@router.post("/changes/{change_id}/refuse", responses=problem_responses(403, 404, 409))
async def refuse_change(
    enterprise_id: UUID, change_id: UUID, body: RefuseChange, session: Session, principal: Confirmer
) -> ChangeOut:
    """Refuse the change."""
    change = await usecases.refuse_change(session, principal, enterprise_id, change_id, body)
    return ChangeOut.model_validate(change)


@router.post("/merge", responses=problem_responses(404, 409))
async def merge_enterprise(
    enterprise_id: UUID,
    body: MergeEnterprise,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
) -> EnterpriseOut:
    """Merge this record into another of the same enterprise; answers the one that goes on."""
    survivor = await usecases.merge_enterprise(session, runtime.editions, principal, enterprise_id, body)
    response.headers["Location"] = f"/v1/enterprises/{survivor.id}"
    set_etag(response, survivor.version)
    return EnterpriseOut.model_validate(survivor)
