"""`/v1/enterprises`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import DIVISION_ROLES, OFFICERS, READ_ALL
from services.registry.enterprises import usecases
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import ORDERS, find, matching, read_scope
from services.registry.enterprises.schemas import (
    AmendEnterprise,
    EnterpriseFilter,
    EnterpriseOut,
    RegisterEnterprise,
)
from services.registry.enterprises.showing import shown
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, ENTERPRISE, FOUNDER
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/enterprises", tags=["enterprises"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, ENTERPRISE, FOUNDER, *DIVISION_ROLES, *READ_ALL))]
Registrar = Annotated[Principal, Depends(require(CENTRE_OPERATOR, ENTERPRISE, *OFFICERS))]


@router.get("")
async def list_enterprises(
    session: Session, principal: Reader, wanted: Annotated[EnterpriseFilter, Query()]
) -> Page[EnterpriseOut]:
    """Enterprises that the caller has to do with; `?code=` finds one."""
    query = select(Enterprise).where(read_scope(principal), matching(wanted, principal.today))
    page = await paginate(session, query, keys=ORDERS[wanted.sort], params=wanted, item=lambda found: found)
    return Page(items=await shown(session, page.items), next=page.next)


@router.get("/{enterprise_id}", responses=problem_responses(404))
async def read_enterprise(
    enterprise_id: UUID, session: Session, principal: Reader, response: Response
) -> EnterpriseOut:
    """One enterprise."""
    return await _answer(session, await find(session, read_scope(principal), enterprise_id), response)


@router.post("", status_code=201, responses=problem_responses(409))
async def register_enterprise(
    body: RegisterEnterprise, session: Session, principal: Registrar, runtime: RuntimeDep, response: Response
) -> EnterpriseOut:
    """Register an enterprise under its unified social credit code."""
    enterprise = await usecases.register_enterprise(session, runtime.editions, principal, body)
    response.headers["Location"] = f"/v1/enterprises/{enterprise.id}"
    return await _answer(session, enterprise, response)


@router.patch("/{enterprise_id}", responses=problem_responses(403, 404, 409, 412, 428))
async def amend_enterprise(
    enterprise_id: UUID,
    body: AmendEnterprise,
    session: Session,
    principal: Registrar,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> EnterpriseOut:
    """Change particulars."""
    enterprise = await usecases.amend_enterprise(
        session, runtime.editions, principal, enterprise_id, body, if_match=if_match
    )
    return await _answer(session, enterprise, response)


async def _answer(session: AsyncSession, enterprise: Enterprise, response: Response) -> EnterpriseOut:
    set_etag(response, enterprise.version)
    return (await shown(session, [enterprise]))[0]
