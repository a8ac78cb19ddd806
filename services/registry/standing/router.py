"""`/internal/centres/{id}/standing`: asked before money leaves."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy import select

from services.registry.centres.models import Centre
from shared.auth.principal import Principal, require_internal
from shared.db import Session
from shared.errors import not_found
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.http.schemas import Response

router = APIRouter(prefix="/internal/centres", tags=["standing"], route_class=ServiceRoute)

Caller = Annotated[Principal, Depends(require_internal())]


class CentreStanding(Response):
    """A centre's state at this moment, and the case that delisted it."""

    centre_id: UUID
    standing: str
    case_id: UUID | None


@router.get("/{centre_id}/standing", responses=problem_responses(404))
async def read_standing(centre_id: UUID, session: Session, _: Caller) -> CentreStanding:
    """404 for a centre that was never registered."""
    query = select(Centre.status, Centre.delisting_case_id).where(Centre.id == centre_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise not_found("centre")
    return CentreStanding(centre_id=centre_id, standing=row.status, case_id=row.delisting_case_id)
