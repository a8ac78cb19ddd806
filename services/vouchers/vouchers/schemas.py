"""Vouchers as sent and shown; never with their codes, but for the holder's own look."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from services.vouchers.schemas import CaseNo, Division, Percent, Word
from shared.http.decisions import DecisionText, StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord
from shared.money import Money, PositiveMoney


class VoucherAsked(Request):
    """Whether a voucher could be issued today."""

    programme_id: UUID
    enterprise_id: UUID
    face_value: PositiveMoney
    category: Word | None = None


class VoucherNew(VoucherAsked):
    """A voucher to issue; `category` restricts it to one of the programme's."""

    issued_on: date | None = None


class EligibilityOut(Response):
    """The answer to "would it pass?", rule by rule."""

    eligible: bool
    decision: DecisionText


class VoucherItem(Response):
    """A voucher in a list. Yuan: `balance` is free, `held` reserved, `spent` redeemed, `returned` given back to budget
    and quota when it was stopped."""

    id: UUID
    no: str
    programme_id: UUID
    issuer_division: str
    kind: str
    enterprise_id: UUID
    centre_id: UUID
    category: str | None
    categories: list[str]
    subsidy_percent: Percent
    edition: str
    status: str
    face_value: Money
    balance: Money
    held: Money
    spent: Money
    returned: Money
    issued_on: date
    valid_until: date
    stopped_on: date | None
    reason_code: str | None


class VoucherOut(VoucherItem):
    """A voucher with the decision it was issued on."""

    decision: StoredDecision


class VoucherCodeOut(Response):
    """The code that the holder shows at the counter, as text and for a QR picture."""

    voucher_id: UUID
    code: str


class VoucherFilter(PageParams):
    """Filters of the list."""

    no: CaseNo | None = None
    programme_id: UUID | None = None
    issuer_division: Division | None = None
    kind: Annotated[str, EditionWord(lambda edition: edition.vouchers.kinds)] | None = None
    enterprise_id: UUID | None = None
    centre_id: UUID | None = None
    status: Literal["active", "stopped"] | None = None
    usable_on: date | None = None
    """Active, not expired that day, with a free balance."""
