"""`/v1/enterprises/{id}/growth`, `…/technology-flags`, `…/permits`."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy import select

from services.registry.access import DIVISION_ROLES, OFFICERS, READ_ALL
from services.registry.days import require_begun
from services.registry.enterprises.particulars import usecases
from services.registry.enterprises.particulars.models import EnterpriseYear, Permit, TechnologyFlagRow
from services.registry.enterprises.particulars.rules import flag_status
from services.registry.enterprises.particulars.schemas import (
    FlagOut,
    OnDayPage,
    PermitOut,
    RecordFlag,
    RecordYear,
    RequirePermit,
    SeePermit,
    WithdrawFlag,
    YearOut,
)
from services.registry.enterprises.queries import family, find, read_scope
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, ENTERPRISE, FOUNDER
from shared.db import Session
from shared.http.paging import Page, PageParams, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/enterprises/{enterprise_id}", tags=["enterprises"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, ENTERPRISE, FOUNDER, *DIVISION_ROLES, *READ_ALL))]
Keeper = Annotated[Principal, Depends(require(CENTRE_OPERATOR, ENTERPRISE, *OFFICERS))]
Seer = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *OFFICERS))]
Officer = Annotated[Principal, Depends(require(*OFFICERS))]

_NOT_MINE = problem_responses(403, 404)
_REFUSED = problem_responses(403, 404, 409)


@router.get("/growth", responses=problem_responses(404))
async def list_years(
    enterprise_id: UUID, session: Session, principal: Reader, wanted: Annotated[PageParams, Query()]
) -> Page[YearOut]:
    """The growth file by year, with what was entered under records that were merged into this one."""
    await find(session, read_scope(principal), enterprise_id, below="/growth")
    query = select(EnterpriseYear).where(EnterpriseYear.enterprise_id.in_(family(enterprise_id)))
    keys = [EnterpriseYear.year, EnterpriseYear.id]
    return await paginate(session, query, keys=keys, params=wanted, item=YearOut.model_validate)


@router.post("/growth", responses=_NOT_MINE)
async def record_year(
    enterprise_id: UUID, body: RecordYear, session: Session, principal: Keeper, runtime: RuntimeDep
) -> YearOut:
    """Record a year's figures, or replace them."""
    year = await usecases.record_year(session, runtime.editions, principal, enterprise_id, body)
    return YearOut.model_validate(year)


@router.get("/technology-flags", responses=problem_responses(404))
async def list_flags(
    enterprise_id: UUID, session: Session, principal: Reader, wanted: Annotated[OnDayPage, Query()]
) -> Page[FlagOut]:
    """Certificates as a technology enterprise, and how each stands on the day."""
    await find(session, read_scope(principal), enterprise_id, below="/technology-flags")
    query = select(TechnologyFlagRow).where(TechnologyFlagRow.enterprise_id.in_(family(enterprise_id)))
    require_begun(principal, wanted.on)
    show = partial(_flag, day=wanted.on or principal.today)
    return await paginate(session, query, keys=[TechnologyFlagRow.id], params=wanted, item=show)


@router.post("/technology-flags", status_code=201, responses=_REFUSED)
async def record_flag(
    enterprise_id: UUID, body: RecordFlag, session: Session, principal: Officer, runtime: RuntimeDep
) -> FlagOut:
    """Record a certificate."""
    flag = await usecases.record_flag(session, runtime.editions, principal, enterprise_id, body)
    return _flag(flag, principal.today)


@router.post("/technology-flags/{flag_id}/withdraw", responses=_REFUSED)
async def withdraw_flag(
    enterprise_id: UUID, flag_id: UUID, body: WithdrawFlag, session: Session, principal: Officer
) -> FlagOut:
    """Record that the recognition was withdrawn."""
    flag = await usecases.withdraw_flag(session, principal, enterprise_id, flag_id, body)
    return _flag(flag, principal.today)


@router.get("/permits", responses=problem_responses(404))
async def list_permits(
    enterprise_id: UUID, session: Session, principal: Reader, wanted: Annotated[PageParams, Query()]
) -> Page[PermitOut]:
    """Permits that follow the licence."""
    await find(session, read_scope(principal), enterprise_id, below="/permits")
    query = select(Permit).where(Permit.enterprise_id.in_(family(enterprise_id)))
    return await paginate(session, query, keys=[Permit.id], params=wanted, item=PermitOut.model_validate)


@router.post("/permits", status_code=201, responses=_REFUSED)
async def require_permit(enterprise_id: UUID, body: RequirePermit, session: Session, principal: Keeper) -> PermitOut:
    """Flag the enterprise until a permit is seen."""
    permit = await usecases.require_permit(session, principal, enterprise_id, body)
    return PermitOut.model_validate(permit)


@router.post("/permits/{permit_id}/see", responses=_REFUSED)
async def see_permit(
    enterprise_id: UUID, permit_id: UUID, body: SeePermit, session: Session, principal: Seer
) -> PermitOut:
    """Record that the permit was seen."""
    permit = await usecases.see_permit(session, principal, enterprise_id, permit_id, body)
    return PermitOut.model_validate(permit)


def _flag(flag: TechnologyFlagRow, day: date) -> FlagOut:
    status = flag_status(flag.issued_on, flag.valid_through, flag.withdrawn_on, day)
    return FlagOut.model_validate({**{name: getattr(flag, name) for name in _FLAG_COLUMNS}, "status": status})


_FLAG_COLUMNS = tuple(name for name in FlagOut.model_fields if name != "status")
