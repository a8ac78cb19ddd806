"""`/v1/coverage`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.registry.access import DIVISION_ROLES, READ_ALL
from services.registry.coverage.queries import coverage_on
from services.registry.coverage.schemas import CoverageOut, CoverageQuery
from services.registry.days import require_begun
from services.registry.policy import edition_at
from shared.auth.principal import Principal, require
from shared.db import Session
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/coverage", tags=["coverage"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(*DIVISION_ROLES, *READ_ALL))]


@router.get("")
async def read_coverage(
    session: Session, principal: Reader, runtime: RuntimeDep, wanted: Annotated[CoverageQuery, Query()]
) -> CoverageOut:
    """Counties and districts with their centres, and what is missing, on a day."""
    require_begun(principal, wanted.on)
    day = wanted.on or principal.today
    edition = edition_at(runtime.editions, day)
    return await coverage_on(session, principal, edition, day, wanted.year or day.year)
