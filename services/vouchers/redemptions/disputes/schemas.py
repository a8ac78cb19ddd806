"""Disputes as sent and shown."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from services.vouchers.redemptions.documents import Invoice
from services.vouchers.redemptions.schemas import Words
from services.vouchers.schemas import Word
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response


class DisputeNew(Request):
    """What is wrong with the delivery: one of the edition's reasons, and in words."""

    reason_code: Word
    text: Words


class Decided(Request):
    """The issuer pays, on the invoice if it was not there before, or releases; and says why."""

    outcome: Literal["capture", "release"]
    text: Words
    invoice: Invoice | None = None


class DisputeOut(Response):
    """A dispute; without an outcome it is open."""

    id: UUID
    redemption_id: UUID
    reason_code: str
    statement: str
    raised_on: date
    outcome: str | None
    answer: str | None
    closed_on: date | None


class DisputeFilter(PageParams):
    """The list has no filters of its own."""
