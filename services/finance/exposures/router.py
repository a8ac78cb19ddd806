"""`/v1/exposures`: everything public that an enterprise has."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.finance.exposures.members import READERS
from services.finance.exposures.queries import statement
from services.finance.exposures.schemas import ExposureOut, ExposureQuery
from shared.auth.principal import Principal, require
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute, Session
from shared.runtime import RuntimeDep

Reader = Annotated[Principal, Depends(require(*READERS))]

router = APIRouter(prefix="/v1/exposures", tags=["exposures"], route_class=ServiceRoute)


@router.get("", responses=problem_responses(404))
async def read_exposure_of_code(
    session: Session, runtime: RuntimeDep, caller: Reader, wanted: Annotated[ExposureQuery, Query()]
) -> ExposureOut:
    """The statement of the enterprise with that code: its cases, caps and sums, and its group's for the bureaus."""
    return await statement(session, runtime.editions, wanted.code, caller)


@router.get("/{enterprise_id}", responses=problem_responses(404))
async def read_exposure(session: Session, runtime: RuntimeDep, caller: Reader, enterprise_id: UUID) -> ExposureOut:
    """The same by the enterprise's id."""
    return await statement(session, runtime.editions, enterprise_id, caller)
