"""/v1/journal-entries: the double-entry journal, for the treasury and the auditor."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.finance.journal import queries
from services.finance.journal.schemas import EntryFilter, EntryOut
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute, Session

Bookkeeper = Annotated[Principal, Depends(require(r.TREASURY_OFFICER, r.TREASURY_APPROVER, r.AUDITOR))]

router = APIRouter(prefix="/v1/journal-entries", tags=["journal"], route_class=ServiceRoute)


@router.get("")
async def list_entries(session: Session, _: Bookkeeper, wanted: Annotated[EntryFilter, Query()]) -> Page[EntryOut]:
    """Entries in the order recorded, each with its postings."""
    return await queries.list_entries(session, wanted)


@router.get("/{entry_id}", responses=problem_responses(404))
async def read_entry(session: Session, _: Bookkeeper, entry_id: UUID) -> EntryOut:
    """One entry."""
    return await queries.read_entry(session, entry_id)
