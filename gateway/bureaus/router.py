"""`/v1/bureaus`: who reads events. They are let in and let go on the command line, which reaches the broker too."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from gateway.bureaus import queries
from gateway.bureaus.schemas import BureauFilter, BureauOut
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.paging import Page
from shared.http.route import ServiceRoute, Session

router = APIRouter(prefix="/v1/bureaus", tags=["bureaus"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(r.ADMIN, r.SECURITY_ADMIN, r.AUDITOR))]


@router.get("")
async def list_bureaus(session: Session, _caller: Reader, wanted: Annotated[BureauFilter, Query()]) -> Page[BureauOut]:
    """Bureaus that read events or did, oldest first."""
    return await queries.list_bureaus(session, wanted)
