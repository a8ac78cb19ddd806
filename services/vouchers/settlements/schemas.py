"""Settlements as sent and shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from services.vouchers.schemas import CaseNo, Division
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.money import Money

MAX_RESULTS: Final = 5_000
"""Payments of one answer of the bank; a batch has one a provider."""

Period = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
"""A month: `2019-05`."""
Note = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,59}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

Status = Literal["draft", "checking", "noticed", "approved", "paying", "closed", "cancelled"]
LineStatus = Literal["included", "paid", "barred", "back", "reversed"]
PaymentStatus = Literal["issued", "paid", "rejected", "error", "returned"]
Outcome = Literal["paid", "rejected", "error", "returned"]
Inspection = Literal["passed", "failed"]
InvalidKind = Literal["cancelled", "red_lettered"]


class SettlementNew(Request):
    """A batch of the caller's own division; `drafted_on` for one that was drawn up on paper before."""

    period: Period
    drafted_on: date | None = None


class InspectionIn(Request):
    """What was found of a line. A failed one that can be mended is collected again; one of suspected fraud never is
    before an officer readmits it."""

    line_id: UUID
    outcome: Inspection
    findings: Note
    inspected_on: date | None = None
    can_be_mended: bool = False
    fraud_suspected: bool = False


class TakeOutIn(Request):
    """Why a line goes out: an upheld objection, or another reason that the event keeps. Barred ones are not collected
    again before they are readmitted."""

    note: Note
    objection_id: UUID | None = None
    barred: bool = False


class ReadmissionIn(Request):
    """Why a barred line may be collected again."""

    note: Note


class Cancellation(Request):
    """Why a batch is given up."""

    reason: Note
    cancelled_on: date | None = None


class ResultIn(Request):
    """The bank's answer on one payment: `settled_on` is the day of the payment or of its refusal, `bank_reference` the
    bank's own number of it, `reason` why it was not paid."""

    reference: Reference
    outcome: Outcome
    amount: Money
    settled_on: date
    bank_reference: Reference | None = None
    reason: Note | None = None


class ResultControl(Request):
    """Control totals: of all results of this answer, and the digest of the payment file that they answer."""

    count: Annotated[int, Field(ge=1, le=MAX_RESULTS)]
    amount: Money
    file_digest: Digest


class ResultsIn(Request):
    """An answer of the bank: all of a batch's payments, or those that it has decided so far."""

    results: Annotated[list[ResultIn], Field(min_length=1, max_length=MAX_RESULTS)]
    control: ResultControl


class InvalidInvoiceIn(Request):
    """That the invoice behind a redemption is void, found on which day, and by what."""

    redemption_id: UUID
    kind: InvalidKind
    note: Note
    found_on: date | None = None


class WithdrawalIn(Request):
    """Why the entry does not hold."""

    reason: Note


class InvalidInvoiceOut(Response):
    """An invoice that nothing is paid on; `invoice_key` is seller's code, invoice code and number."""

    id: UUID
    version: int
    issuer_division: str
    invoice_key: str
    kind: InvalidKind
    found_on: date
    note: str
    withdrawn_on: date | None
    withdrawal: str | None


class InvalidInvoiceFilter(PageParams):
    """Filters of the list; withdrawn entries are left out unless asked for."""

    invoice_key: str | None = Field(default=None, max_length=100)
    kind: InvalidKind | None = None
    withdrawn: bool = False


class SettlementItem(Response):
    """A batch in a list; yuan."""

    id: UUID
    no: str
    issuer_division: str
    period: str
    collects_to: date
    status: Status
    line_count: int
    total: Money
    paid_total: Money
    sample_size: int | None
    drafted_on: date
    checked_on: date | None
    noticed_on: date | None
    approved_on: date | None
    filed_on: date | None
    file_count: int | None
    file_total: Money | None
    file_digest: str | None
    closed_on: date | None
    cancelled_on: date | None
    cancellation: str | None


class SettlementOut(SettlementItem):
    """A batch with who took which step, for issuer and bureaus, and what was decided at the approval."""

    version: int
    edition: str
    drafted_by: str | None
    checked_by: str | None
    noticed_by: str | None
    approved_by: str | None
    filed_by: str | None
    closed_by: str | None
    cancelled_by: str | None
    decision: StoredDecision | None


class SettlementLineOut(Response):
    """A redemption in a batch. `faults` is everything that the last check found; `draw` its place in the sample's
    draw."""

    id: UUID
    redemption_id: UUID
    redemption_no: str
    provider_id: UUID
    programme_id: UUID
    enterprise_id: UUID
    amount: Money
    status: LineStatus
    reason_code: str | None
    check_status: str
    faults: list[str]
    flagged: bool
    sampled: bool
    draw: str | None
    inspection: Inspection | None
    inspected_on: date | None
    findings: str | None
    note: str | None
    payment_reference: str | None


class SettlementPaymentOut(Response):
    """What one provider is paid of a batch: its lines less what is kept back for recoveries."""

    id: UUID
    provider_id: UUID
    reference: str
    line_count: int
    gross: Money
    withheld: Money
    net: Money
    bank: str
    account_name: str
    account: str
    """Its last digits."""
    status: PaymentStatus
    settled_on: date | None
    bank_reference: str | None
    reason: str | None


class FileOut(Response):
    """The payment file's control totals; the file itself is at the same address, by GET."""

    settlement: SettlementOut
    reference: str
    count: int
    total: Money
    digest: str


class ResultsOut(Response):
    """The batch after an answer of the bank; `repeated` where the same answer had been read before."""

    settlement: SettlementOut
    paid: int
    refused: int
    waiting: int
    repeated: bool


class PayeeOut(Response):
    """What a provider is to be paid, as a public notice shows it."""

    provider_id: UUID
    provider_code: str
    provider_name: str
    line_count: int
    total: Money


class SettlementFilter(PageParams):
    """Filters of the list."""

    no: CaseNo | None = None
    issuer_division: Division | None = None
    period: Period | None = None
    status: Status | None = None
    sort: Literal["created", "-created", "period", "-period"] = "-created"


class LineFilter(PageParams):
    """Filters of a batch's lines."""

    status: LineStatus | None = None
    provider_id: UUID | None = None
    sampled: bool | None = None
    flagged: bool | None = None
    inspection: Inspection | None = None
    reason_code: str | None = Field(default=None, max_length=40)


class PaymentFilter(PageParams):
    """Filters of a batch's payments."""

    status: PaymentStatus | None = None
    provider_id: UUID | None = None


class FileQuery(Request):
    """In which form."""

    format: Literal["csv", "xlsx"] = "csv"
