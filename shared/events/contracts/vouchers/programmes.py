"""Voucher programmes."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

PROGRAMME = Topic("vouchers.programme", "Voucher programmes (券项目)")


class ProgrammeState(EventData):
    """A division's voucher programme; amounts in yuan, ratio in percent."""

    id: UUID
    no: str
    issuer_division: str
    kind: str
    year: int
    status: str
    budget: Decimal
    subsidy_percent: Decimal
    enterprise_quota: Decimal
    valid_months: int
    categories: tuple[str, ...]
    startup_months: int | None = None


ProgrammeDrafted = EventType(PROGRAMME, "vouchers.programme.drafted.v1", ProgrammeState, summary="Drafted.")
ProgrammeOpened = EventType(PROGRAMME, "vouchers.programme.opened.v1", ProgrammeState, Audience.PUBLIC, "Open.")
ProgrammeClosed = EventType(PROGRAMME, "vouchers.programme.closed.v1", ProgrammeState, Audience.PUBLIC, "Closed.")
