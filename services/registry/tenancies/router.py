"""`/v1/tenancies`."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import select

from services.registry.access import DIVISION_ROLES, OFFICERS, READ_ALL
from services.registry.days import require_begun
from services.registry.history.queries import AsOf, state_on
from services.registry.history.schemas import StateAsOf
from services.registry.remarks.usecases import latest_remark
from services.registry.steps import CaseStep
from services.registry.tenancies import transfers, usecases
from services.registry.tenancies.models import Tenancy
from services.registry.tenancies.queries import ORDERS, find, matching, read_scope, shown
from services.registry.tenancies.schemas import (
    AdmitEnterprise,
    ExitTenancy,
    FileTenancy,
    GraduateTenancy,
    TenancyFilter,
    TenancyOut,
    TransferTenancy,
)
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, ENTERPRISE, FOUNDER
from shared.db import Session
from shared.events.contracts import registry as rc
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/tenancies", tags=["tenancies"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, ENTERPRISE, FOUNDER, *DIVISION_ROLES, *READ_ALL))]
Host = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *OFFICERS))]

_STEP = problem_responses(404, 409, 412)


@router.get("")
async def list_tenancies(
    session: Session, principal: Reader, wanted: Annotated[TenancyFilter, Query()]
) -> Page[TenancyOut]:
    """Tenancies; `overdue=true` for those not filed in time or beyond the longest stay."""
    require_begun(principal, wanted.on)
    query = select(Tenancy).where(read_scope(principal), matching(wanted, principal.today))
    show = partial(shown, today=principal.today)
    return await paginate(session, query, keys=ORDERS[wanted.sort], params=wanted, item=show)


@router.get("/{tenancy_id}", responses=problem_responses(404))
async def read_tenancy(
    tenancy_id: UUID, session: Session, principal: Reader, response: Response, as_of: AsOf = None
) -> TenancyOut | StateAsOf:
    """One tenancy, now or on a day."""
    tenancy = await find(session, principal, tenancy_id)
    if as_of is not None:
        return await state_on(session, principal, rc.TENANCY, tenancy_id, as_of)
    remark = await latest_remark(session, tenancy_id)
    return _answer(tenancy, principal, response).model_copy(update={"remark": remark})


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def admit_enterprise(
    body: AdmitEnterprise, session: Session, principal: Host, runtime: RuntimeDep, response: Response
) -> TenancyOut:
    """Admit an enterprise into a listed centre."""
    tenancy = await usecases.admit_enterprise(session, runtime.editions, principal, body)
    response.headers["Location"] = f"/v1/tenancies/{tenancy.id}"
    return _answer(tenancy, principal, response)


@router.post("/{tenancy_id}/file", responses=_STEP)
async def file_tenancy(
    tenancy_id: UUID,
    session: Session,
    principal: Host,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[FileTenancy, Body(default_factory=FileTenancy)],
    if_match: IfMatch = None,
) -> TenancyOut:
    """File the admission with the bureau."""
    step = CaseStep(on=body.filed_on, if_match=if_match)
    tenancy = await usecases.file_tenancy(session, runtime.editions, principal, tenancy_id, step)
    return _answer(tenancy, principal, response)


@router.post("/{tenancy_id}/graduate", responses=_STEP)
async def graduate_tenancy(
    tenancy_id: UUID,
    body: GraduateTenancy,
    session: Session,
    principal: Host,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> TenancyOut:
    """Graduate the enterprise."""
    tenancy = await usecases.graduate_tenancy(session, runtime.editions, principal, tenancy_id, body, if_match=if_match)
    return _answer(tenancy, principal, response)


@router.post("/{tenancy_id}/exit", responses=_STEP)
async def exit_tenancy(
    tenancy_id: UUID,
    body: ExitTenancy,
    session: Session,
    principal: Host,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> TenancyOut:
    """End the tenancy without graduation."""
    tenancy = await usecases.exit_tenancy(session, runtime.editions, principal, tenancy_id, body, if_match=if_match)
    return _answer(tenancy, principal, response)


@router.post("/{tenancy_id}/transfer", status_code=201, responses=_STEP)
async def transfer_tenancy(
    tenancy_id: UUID,
    body: TransferTenancy,
    session: Session,
    principal: Host,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> TenancyOut:
    """End the tenancy and open one at another centre, in one step; answers the new one."""
    tenancy = await transfers.transfer_tenancy(
        session, runtime.editions, principal, tenancy_id, body, if_match=if_match
    )
    response.headers["Location"] = f"/v1/tenancies/{tenancy.id}"
    return _answer(tenancy, principal, response)


def _answer(tenancy: Tenancy, principal: Principal, response: Response) -> TenancyOut:
    set_etag(response, tenancy.version)
    return shown(tenancy, principal.today)
