"""The journal as shown."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.vouchers.schemas import Division
from shared.http.paging import PageParams
from shared.http.schemas import Response
from shared.money import Money

EntryKind = Literal[
    "capture",
    "reversal",
    "payment",
    "payment_returned",
    "recovery",
    "recovery_dropped",
    "repayment",
    "offset",
    "offset_returned",
    "write_off",
]
Account = Literal[
    "programme_subsidy",
    "programme_recovered",
    "programme_written_off",
    "provider_payable",
    "provider_receivable",
    "issuer_bank",
]


class VoucherEntryOut(Response):
    """An entry: so much from one account (credit) to another (debit); yuan. `ordinal` counts the entries of a kind that
    a redemption has."""

    id: UUID
    kind: EntryKind
    effective_on: date
    issuer_division: str
    redemption_no: str
    debit_account: Account
    credit_account: Account
    amount: Money
    ordinal: int
    programme_id: UUID
    provider_id: UUID
    redemption_id: UUID
    settlement_id: UUID | None
    recovery_id: UUID | None
    recorded_at: datetime


class EntryFilter(PageParams):
    """Filters of the journal; days inclusive."""

    kind: EntryKind | None = None
    issuer_division: Division | None = None
    programme_id: UUID | None = None
    provider_id: UUID | None = None
    redemption_id: UUID | None = None
    settlement_id: UUID | None = None
    recovery_id: UUID | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    sort: Literal["created", "-created"] = "-created"
