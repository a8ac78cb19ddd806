"""What is sent and answered about budget lines, transfers and commitments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self, get_args
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.finance.appropriations import states
from services.finance.grants.schemas import Code, FiscalYear, Line, StepRequest
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord
from shared.money import Money, PositiveMoney, SignedMoney

State = Literal["recorded", "approved", "refused", "closed"]
assert get_args(State) == states.STATES, "the one list, spelled out for OpenAPI"
ProposalState = Literal["proposed", "approved", "refused"]
assert get_args(ProposalState) == states.PROPOSAL_STATES, "likewise"
Unpaid = Literal["carry", "release"]
assert get_args(Unpaid) == states.UNPAID, "likewise"
RefusalReason = Literal["wrong_amount", "document_missing", "not_in_budget", "withdrawn", "other"]

DocumentNo = Annotated[str, Field(min_length=1, max_length=100, examples=["拉财预〔2019〕12号"])]
Programme = Annotated[str, EditionWord(lambda edition: edition.appropriations.programmes)]
MAX_CASES = 1000


class AppropriationAmount(Request):
    """The line's amount by the document that provides it; zero takes it all back."""

    document_no: DocumentNo
    amount: Money
    proposed_on: date | None = None


class AppropriationIn(Request):
    """The first amount of a programme's year."""

    programme: Code
    year: FiscalYear
    document_no: DocumentNo
    amount: PositiveMoney
    proposed_on: date | None = None


class AppropriationRefusal(StepRequest):
    """Why it is not approved."""

    reason_code: RefusalReason


class AppropriationTransferIn(Request):
    """Money from one programme to another of the same year; the total stays as it is."""

    year: FiscalYear
    from_programme: Code
    to_programme: Code
    amount: PositiveMoney
    document_no: DocumentNo
    reason: Line
    proposed_on: date | None = None

    @model_validator(mode="after")
    def _programmes_differ(self) -> Self:
        if self.from_programme == self.to_programme:
            raise PydanticCustomError("programmes_differ", "from_programme and to_programme are the same")
        return self


class AppropriationClosingIn(Request):
    """How the year ends: of what is free, `carry_over` goes to the next year and the rest is released. What is
    committed and not paid is carried with its cases or released, those in `release_cases` in any event."""

    document_no: DocumentNo
    carry_over: Money
    unpaid: Unpaid
    release_cases: list[UUID] = Field(default_factory=list, max_length=MAX_CASES)
    proposed_on: date | None = None


class AppropriationFilter(PageParams):
    """Filters of the list; `pending` finds lines where an amount or a closing waits for approval, or none does."""

    no: str | None = Field(default=None, max_length=40)
    programme: Programme | None = None
    year: FiscalYear | None = None
    status: State | None = None
    pending: bool | None = None
    sort: Literal["-year", "programme", "no", "-no"] = "-year"


class AppropriationTransferFilter(PageParams):
    """Filters of transfers; `programme` finds those from it and those to it."""

    no: str | None = Field(default=None, max_length=40)
    year: FiscalYear | None = None
    programme: Programme | None = None
    status: ProposalState | None = None
    sort: Literal["no", "-no"] = "-no"


class BudgetCommitmentFilter(PageParams):
    """Filters of what cases have of a line."""

    case_no: str | None = Field(default=None, max_length=40)
    unpaid: bool | None = None


class AppropriationRevisionOut(Response):
    """An amount proposed for the line, and what a second person made of it."""

    revision: int
    status: ProposalState
    document_no: str
    amount: Money
    proposed_by: str
    proposed_on: date
    decided_by: str | None
    decided_on: date | None
    reason_code: str | None
    decision: StoredDecision | None
    journal_entry_id: UUID | None


class AppropriationClosingOut(Response):
    """A proposal to close the year, and what a second person made of it."""

    number: int
    status: ProposalState
    document_no: str
    carry_over: Money
    unpaid: Unpaid
    release_cases: list[UUID]
    carried_unpaid: Money | None
    lapsed: Money | None
    proposed_by: str
    proposed_on: date
    decided_by: str | None
    decided_on: date | None
    reason_code: str | None
    decision: StoredDecision | None


class AppropriationOut(Response):
    """A budget line; yuan. `budget` = granted + transferred + carried_in − carried_out − lapsed. `committed` is of it
    and includes what is `paid`; `returned` came back of what was paid and is not free again. `free` is what may still
    be committed. `pending_*` is the amount that waits for approval."""

    id: UUID
    no: str
    version: int
    programme: str
    year: int
    edition: str
    status: State
    revision: int
    document_no: str | None
    budget: Money
    committed: Money
    paid: Money
    returned: Money
    free: Money
    granted: Money
    transferred: SignedMoney
    carried_in: Money
    carried_out: Money
    lapsed: Money
    approved_by: str | None
    approved_on: date | None
    first_approved_on: date | None
    closed_on: date | None
    pending_document_no: str | None
    pending_amount: Money | None
    reason_code: str | None
    created_at: datetime
    updated_at: datetime


class AppropriationDetail(AppropriationOut):
    """With every amount and closing ever proposed, the first one first. `journal` is where its entries are found."""

    revisions: list[AppropriationRevisionOut]
    closings: list[AppropriationClosingOut]
    journal: str


class AppropriationTransferOut(Response):
    """A transfer between two programmes of a year."""

    id: UUID
    no: str
    version: int
    year: int
    edition: str
    from_id: UUID
    from_programme: str
    to_id: UUID
    to_programme: str
    amount: Money
    document_no: str
    reason: str
    status: ProposalState
    proposed_by: str
    proposed_on: date
    decided_by: str | None
    decided_on: date | None
    reason_code: str | None
    decision: StoredDecision | None
    journal_entry_id: UUID | None
    created_at: datetime
    updated_at: datetime


class BudgetCommitmentOut(Response):
    """What a case has of the line: `year` is the case's own, the line's where nothing was carried over. Its entries:
    `/v1/journal-entries?case_no=…`."""

    case_no: str
    case_id: UUID
    programme: str
    year: int
    line_year: int
    committed: Money
    paid: Money
    unpaid: Money
    returned: Money
    committed_at: datetime
