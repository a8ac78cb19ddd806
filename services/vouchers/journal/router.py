"""`/v1/voucher-journal`: every movement of subsidies, with the two accounts that it moves (4.3-4)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from services.vouchers.access import SettlementReader
from services.vouchers.journal.queries import list_entries
from services.vouchers.journal.schemas import EntryFilter, VoucherEntryOut
from shared.db import Session
from shared.http.paging import Page
from shared.http.route import ServiceRoute

router = APIRouter(prefix="/v1/voucher-journal", tags=["voucher-journal"], route_class=ServiceRoute)


@router.get("")
async def list_journal(
    session: Session, principal: SettlementReader, wanted: Annotated[EntryFilter, Query()]
) -> Page[VoucherEntryOut]:
    """Entries about the caller's redemptions; all for the city and the auditor."""
    return await list_entries(session, principal, wanted)
