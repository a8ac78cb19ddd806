"""Vouchers as sent and shown; never with their codes, but for the holder's own look."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from services.vouchers.schemas import CaseNo, Decided, Division, Percent, Reason, Word
from services.vouchers.vouchers.models import Voucher
from services.vouchers.vouchers.rules import ACTIVE, EXPIRED
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
    and quota when it was stopped. A single issue is `frozen` (`awaiting_approval`) until another person approves it.
    `expired`: its last day is past by the caller's day, and it will be stopped."""

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
    extensions: int
    stopped_on: date | None
    reason_code: str | None
    approved_on: date | None
    frozen_on: date | None
    frozen_reason: str | None
    application_id: UUID | None
    batch_id: UUID | None

    @classmethod
    def of(cls, voucher: Voucher, day: date) -> Self:
        """As it stands on that day."""
        shown = cls.model_validate(voucher)
        past = voucher.status == ACTIVE and voucher.valid_until < day
        return shown.model_copy(update={"status": EXPIRED}) if past else shown


class CategoryShare(Response):
    """What differs in one category: another share of the price, a cap on what the voucher draws in it (yuan)."""

    percent: Percent | None
    cap: Money | None


class VoucherOut(VoucherItem):
    """A voucher with the decision it was issued on. `first_free`: the first of its issuer, paid in full."""

    category_terms: dict[str, CategoryShare]
    first_free: bool
    refusal: str | None
    decision: StoredDecision


class VoucherCodeOut(Response):
    """The code that the holder shows at the counter, as text and for a QR picture."""

    voucher_id: UUID
    code: str


class IssueRefused(Decided):
    """Why a single issue is not approved."""

    answer: Reason


class FreezeNew(Decided):
    """Why it is frozen: a word of the edition (`vouchers.life.freeze_reasons`)."""

    reason_code: Word


class ExpireAsked(Request):
    """The day as of which vouchers past their last day are stopped; today, or a day before."""

    day: date | None = None


class ExpiredOut(Response):
    """How many were stopped and what they gave back, in yuan; `more`: there are others, ask again."""

    expired: int
    returned: Money
    more: bool


class VoucherFilter(PageParams):
    """Filters of the list."""

    no: CaseNo | None = None
    programme_id: UUID | None = None
    issuer_division: Division | None = None
    kind: Annotated[str, EditionWord(lambda edition: edition.vouchers.kinds)] | None = None
    enterprise_id: UUID | None = None
    centre_id: UUID | None = None
    application_id: UUID | None = None
    batch_id: UUID | None = None
    status: Literal["active", "frozen", "stopped", "expired"] | None = None
    reason_code: Word | None = None
    valid_until_from: date | None = None
    valid_until_to: date | None = None
    usable_on: date | None = None
    """Active, not expired that day, with a free balance."""
