"""Voucher programmes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue

from shared.events.types import Audience, EventData, EventType, Topic

PROGRAMME = Topic("vouchers.programme", "Voucher programmes (券项目)")


class ProgrammeCategoryTerms(EventData):
    """What differs in one category; None where it does not."""

    category: str
    percent: Decimal | None
    cap: Decimal | None
    """Yuan that one use in the category draws at most."""


class ProgrammeState(EventData):
    """A division's voucher programme; amounts in yuan, ratio in percent. Its terms hold from `terms_from` on."""

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
    category_terms: tuple[ProgrammeCategoryTerms, ...] | None = None
    first_voucher_free: bool | None = None
    eligible_sizes: tuple[str, ...] | None = None
    """Size classes of enterprises it is for; None for all."""
    terms_from: date | None = None
    unissued_at_close: Decimal | None = None
    """Yuan of the budget that went back when it closed."""


ProgrammeDrafted = EventType(PROGRAMME, "vouchers.programme.drafted.v1", ProgrammeState, summary="Drafted.")
ProgrammeOpened = EventType(PROGRAMME, "vouchers.programme.opened.v1", ProgrammeState, Audience.PUBLIC, "Open.")
ProgrammeClosed = EventType(PROGRAMME, "vouchers.programme.closed.v1", ProgrammeState, Audience.PUBLIC, "Closed.")
ProgrammeAmended = EventType(
    PROGRAMME, "vouchers.programme.amended.v1", ProgrammeState, Audience.PUBLIC, "Its terms change on a day to come."
)

AMENDMENT = Topic("vouchers.amendment", "Changes of voucher programmes (券项目变更)")


class AmendmentState(EventData):
    """A change of a programme's terms; `changes` as drafted, by the names of `ProgrammeState`."""

    id: UUID
    no: str
    programme_id: UUID
    issuer_division: str
    status: str
    changes: Mapping[str, JsonValue]
    reason: str
    effective_from: date | None
    refusal: str | None


AmendmentDrafted = EventType(AMENDMENT, "vouchers.amendment.drafted.v1", AmendmentState, summary="Drafted.")
AmendmentApproved = EventType(AMENDMENT, "vouchers.amendment.approved.v1", AmendmentState, summary="Approved.")
AmendmentRefused = EventType(AMENDMENT, "vouchers.amendment.refused.v1", AmendmentState, summary="Refused.")
AmendmentCancelled = EventType(AMENDMENT, "vouchers.amendment.cancelled.v1", AmendmentState, summary="Given up.")
