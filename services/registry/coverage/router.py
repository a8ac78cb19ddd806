"""`/v1/coverage`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.registry.access import DIVISION_ROLES, READ_ALL
from services.registry.coverage.queries import coverage_on
from services.registry.coverage.schemas import CoverageOut, CoverageQuery
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
    day = wanted.on or principal.today
    return await coverage_on(session, edition_at(runtime.editions, day), day)
