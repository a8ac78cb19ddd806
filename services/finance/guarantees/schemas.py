"""What is sent and answered about guarantees, claims and recoveries."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import Field, computed_field

from services.finance.exposures.links import borrowers_link
from services.finance.grants.schemas import Code, Line, StepDecision
from services.finance.guarantees import states
from services.finance.servicing.schemas import BankReference, Rate
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.money import Money, PositiveMoney

State = Literal["drafted", "issued", "called", "released", "written_off", "cancelled"]
assert get_args(State) == states.STATES, "the one list, spelled out for OpenAPI"
ClaimState = Literal["filed", "accepted", "approved", "paid", "refused", "withdrawn"]
assert get_args(ClaimState) == states.CLAIM_STATES, "likewise"
ClaimRefusal = Literal[
    "not_in_arrears", "amount_disputed", "documents_missing", "conditions_not_met", "settled_by_borrower", "other"
]
CancelReason = Literal["loan_not_drawn", "counter_guarantee_failed", "wrong_terms", "withdrawn", "other"]
Reference = Annotated[str, Field(min_length=1, max_length=64, examples=["DB202009300001"])]


class CounterGuaranteeIn(Request):
    """What the borrower gives the guarantor (反担保); `kind` is a word of the edition."""

    kind: Code
    description: Line
    value: Money
    document_no: Annotated[str, Field(min_length=1, max_length=60)] | None = None


class GuaranteeIn(Request):
    """The guarantor's officer draws up the guarantee of a signed loan; share and fee are the edition's."""

    loan_id: UUID
    counter_guarantees: list[CounterGuaranteeIn] = Field(default=[], max_length=50)


class GuaranteeIssueIn(Request):
    """A second person puts it in force, by the number of the guarantee contract."""

    contract_no: Annotated[str, Field(min_length=1, max_length=60, examples=["拉担〔2020〕012号"])]


class GuaranteeCancelIn(Request):
    """Before anything was drawn."""

    reason_code: CancelReason


class GuaranteeFeeIn(Request):
    """The borrower has paid the fee."""

    paid_on: date
    reference: Reference


class GuaranteeClaimIn(Request):
    """The bank asks the guarantor to pay, by the bank's own number; `amount` is the guarantor's share unless sent."""

    bank_reference: BankReference
    amount: PositiveMoney | None = None
    reason: Line


class ClaimRefusalIn(Request):
    """Why the guarantor does not pay."""

    reason_code: ClaimRefusal


class ClaimPaymentIn(Request):
    """The guarantor has paid the bank."""

    paid_on: date
    reference: Reference


class GuaranteeRecoveryIn(Request):
    """Money recovered from the borrower (追偿), whole; how it is shared is computed."""

    amount: PositiveMoney
    received_on: date
    reference: Reference


class GuaranteeReturnIn(Request):
    """The treasury has the public fund's part of recovered money."""

    reference: Reference
    returned_on: date | None = None


class RecoveryReversalIn(Request):
    """Why a recovery is taken back, by which document."""

    reason_code: Literal["wrong_amount", "wrong_guarantee", "duplicate", "not_received", "other"]
    document_no: Annotated[str, Field(min_length=1, max_length=60)]


class WriteOffIn(Request):
    """What was paid and cannot be recovered, by a document."""

    reason: Line
    document_no: Annotated[str, Field(min_length=1, max_length=60)]


class GuaranteeFilter(PageParams):
    """Filters of the list; newest first unless sorted otherwise."""

    no: str | None = Field(default=None, max_length=40)
    loan_id: UUID | None = None
    product: Annotated[str, Field(max_length=60)] | None = None
    bank: Annotated[str, Field(max_length=40)] | None = None
    borrower: Annotated[str, Field(max_length=80)] | None = None
    status: State | None = None
    fee_paid: bool | None = None
    sort: Literal["no", "-no", "created", "-created"] = "-created"


class GuaranteeClaimFilter(PageParams):
    """Likewise."""

    no: str | None = Field(default=None, max_length=40)
    guarantee_id: UUID | None = None
    loan_id: UUID | None = None
    bank: Annotated[str, Field(max_length=40)] | None = None
    status: ClaimState | None = None
    sort: Literal["no", "-no", "created", "-created"] = "-created"


class CounterGuaranteeOut(Response):
    """What the borrower gave the guarantor."""

    kind: str
    description: str
    value: Money
    document_no: str | None


class GuaranteeLimitOut(Response):
    """One of the guarantor's limits: what it holds, and what may still be guaranteed."""

    committed: Money
    limit: Money
    remaining: Money


class GuaranteeLimitsOut(Response):
    """The guarantor's limits, from its net assets: for one borrower, for it with its related parties, and for all
    together."""

    net_assets: Money
    borrower: GuaranteeLimitOut
    related: GuaranteeLimitOut
    total: GuaranteeLimitOut


class GuaranteeOut(Response):
    """A guarantee; yuan. `liability` is what the limits hold now; `receivable` is paid and not recovered."""

    id: UUID
    no: str
    version: int
    loan_id: UUID
    product: str
    edition: str
    borrower: str
    bank: str
    status: State
    amount: Money
    share_percent: Rate
    guaranteed: Money
    liability: Money
    budget_percent: Rate
    fee_percent: Rate
    fee_from: date
    fee_to: date
    fee: Money
    fee_paid_on: date | None
    fee_reference: str | None
    drafted_by: str
    drafted_on: date
    issued_by: str | None
    issued_on: date | None
    contract_no: str | None
    cancelled_by: str | None
    cancelled_on: date | None
    released_on: date | None
    paid: Money
    budget_paid: Money
    recovered: Money
    budget_returned: Money
    receivable: Money
    written_off: Money
    write_off_reason: str | None
    write_off_document_no: str | None
    write_off_proposed_by: str | None
    write_off_proposed_on: date | None
    write_off_approved_by: str | None
    write_off_approved_on: date | None
    reason_code: str | None
    created_at: datetime
    updated_at: datetime


class GuaranteeDetail(GuaranteeOut):
    """With the counter-guarantees and the rules applied at each step."""

    counter_guarantees: list[CounterGuaranteeOut]
    decisions: list[StepDecision]

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way with properties
    @property
    def exposure(self) -> str | None:
        """Where everything is that the enterprise has."""
        return borrowers_link(self.borrower)


class GuaranteeClaimOut(Response):
    """A claim on a guarantee; yuan. `amount` is less than `claimed` where the borrower has paid since; `budget_amount`
    is paid out of the public guarantee fund."""

    id: UUID
    no: str
    version: int
    guarantee_id: UUID
    loan_id: UUID
    edition: str
    bank: str
    bank_reference: str
    status: ClaimState
    as_of: date
    days_in_arrears: int
    outstanding: Money
    claimed: Money
    amount: Money
    budget_amount: Money
    reason: str
    filed_by: str
    filed_on: date
    accepted_by: str | None
    accepted_on: date | None
    approved_by: str | None
    approved_on: date | None
    paid_by: str | None
    paid_on: date | None
    payment_reference: str | None
    ended_by: str | None
    ended_on: date | None
    reason_code: str | None
    journal_entry_id: UUID | None
    created_at: datetime
    updated_at: datetime


class GuaranteeClaimDetail(GuaranteeClaimOut):
    """With the rules applied at each step."""

    decisions: list[StepDecision]


class GuaranteeRecoveryOut(Response):
    """Recovered money and how it was shared; `budget_share` is of the guarantor's part, and is back in the public fund
    from `returned_on` on. A line that was wrong is proposed for reversal by one person and `reversed_on` by another."""

    id: UUID
    guarantee_id: UUID
    line: int
    amount: Money
    guarantor_share: Money
    bank_share: Money
    budget_share: Money
    returned_by: str | None
    returned_on: date | None
    return_reference: str | None
    reversal_proposed_by: str | None
    reversal_proposed_on: date | None
    reversal_reason_code: str | None
    reversal_document_no: str | None
    reversed_by: str | None
    reversed_on: date | None
    received_on: date
    reference: str
    recorded_by: str
    recorded_at: datetime
    journal_entry_id: UUID | None
    decision: StoredDecision
