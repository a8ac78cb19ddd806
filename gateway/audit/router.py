"""`/v1/audit/entries`: who signed in, what keys were used for, what was refused and what was taken out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from gateway.audit import queries
from gateway.audit.schemas import AuditEntryFilter, AuditEntryOut
from shared.auth.principal import Principal, require
from shared.auth.roles import AUDITOR
from shared.http.paging import Page
from shared.http.route import ServiceRoute, Session

router = APIRouter(prefix="/v1/audit/entries", tags=["audit"], route_class=ServiceRoute)

Auditor = Annotated[Principal, Depends(require(AUDITOR))]


@router.get("")
async def list_entries(
    session: Session, _caller: Auditor, wanted: Annotated[AuditEntryFilter, Query()]
) -> Page[AuditEntryOut]:
    """The gateway's audit entries, the latest first; each also stands in its hash-chained log."""
    return await queries.list_entries(session, wanted)
