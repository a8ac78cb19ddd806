"""`/v1/coverage/ecosystem`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.registry.access import DIVISION_ROLES, READ_ALL
from services.registry.days import require_begun
from services.registry.ecosystem import counting as rooms
from services.registry.ecosystem.schemas import EcosystemOut, EcosystemQuery
from services.registry.policy import edition_at
from shared.auth.principal import Principal, require
from shared.db import Session
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/coverage/ecosystem", tags=["coverage"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(*DIVISION_ROLES, *READ_ALL))]


@router.get("")
async def read_ecosystem(
    session: Session, principal: Reader, runtime: RuntimeDep, wanted: Annotated[EcosystemQuery, Query()]
) -> EcosystemOut:
    """Numbers of the whole city, each with the list behind it; no person is in them."""
    require_begun(principal, wanted.on)
    day = wanted.on or principal.today
    edition = edition_at(runtime.editions, day)
    counting = rooms.Counting(session, edition, day)
    await rooms.count_mentors(counting)
    await rooms.count_training(counting)
    await rooms.count_activities(counting)
    await rooms.count_alliances(counting)
    await rooms.count_communities(counting)
    await rooms.count_library(counting)
    return EcosystemOut(on=day, year=day.year, edition=edition.id, counters=counting.found)
