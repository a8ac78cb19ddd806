"""What is sent and answered about the journal, its accounts and its periods."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar, Final, Literal, get_args
from uuid import UUID

from pydantic import Field

from services.finance.grants.schemas import StepRequest
from services.finance.journal import periods
from services.finance.journal.entries import Account, Movement
from shared.http.paging import Page, PageParams
from shared.http.schemas import Request, Response
from shared.http.words import DivisionCode, OneOf
from shared.money import Money, SignedMoney

PROGRAMMES: Final = tuple(dict.fromkeys(account.partition(".")[0] for account in Account))
"""What account codes begin with."""

PeriodState = Literal["proposed", "closed", "refused", "reopening", "reopened"]
assert get_args(PeriodState) == periods.STATES, "the one list, spelled out for OpenAPI"
PeriodRefusalReason = Literal["does_not_balance", "entries_missing", "withdrawn", "other"]

Year = Annotated[int, Field(ge=2000, le=2999)]
Month = Annotated[int, Field(ge=1, le=12)]
Subject = Annotated[str, Field(max_length=100)]
AccountProgramme = Annotated[str, OneOf(*PROGRAMMES)]


class EntryFilter(PageParams):
    """Filters of the journal; oldest first. An entry matches if any of its postings is on the account."""

    case_id: UUID | None = None
    case_no: str | None = Field(default=None, max_length=40)
    kind: Movement | None = None
    programme: AccountProgramme | None = None
    account: Account | None = None
    subject: Subject | None = None
    centre_id: UUID | None = None
    division: Annotated[str, DivisionCode] | None = None
    fiscal_year: Year | None = None
    effective_from: date | None = None
    effective_to: date | None = None


class PostingOut(Response):
    """Debits are positive, credits negative; subject is the centre, or the division of matching funds, period the
    year."""

    line: int
    account: Account
    subject: str
    period: str
    amount: SignedMoney


class EntryOut(Response):
    """One balanced entry. `case_version` names the event of the case that it belongs to. Where it is true for a day of
    a closed period, `occurred_on` is that day and `effective_on` the first open one after it."""

    id: UUID
    kind: Movement
    case_id: UUID
    case_no: str
    case_version: int
    effective_on: date
    occurred_on: date | None
    closed_period: str | None
    recorded_at: datetime
    actor: str
    counterparty: str | None
    reverses_id: UUID | None
    postings: list[PostingOut]


class LedgerAccountOut(Response):
    """One account of the chart. `subject` says whose it is: of a programme, centre, division …; `normal` is the side on
    which it stands as a rule."""

    code: Account
    programme: str
    title_zh: str
    title_en: str
    normal: Literal["debit", "credit"]
    subject: str


class LedgerAccountFilter(PageParams):
    """Filters of the chart."""

    programme: AccountProgramme | None = None


class BooksFilter(Request):
    """Of which entries: a year or one month of it, by the day they are booked on; of a programme, of one account, of
    one subject, or of a division and the centres that it owns."""

    year: Year
    month: Month | None = None
    programme: AccountProgramme | None = None
    account: Account | None = None
    subject: Subject | None = None
    division: Annotated[str, DivisionCode] | None = None


class BalanceFilter(BooksFilter):
    """`by`: a line for each account, or for each account with its subject and year."""

    by: Literal["account", "subject"] = "account"


class BalanceTotals(Response):
    """Sums over all lines: opening and closing are zero, debits and credits are equal, whole programmes given."""

    opening: SignedMoney
    debit: Money
    credit: Money
    closing: SignedMoney


class BalanceLine(Response):
    """An account over the period: debit balances are positive, credit balances negative."""

    account: Account
    account_title: str
    normal: Literal["debit", "credit"]
    subject: str | None
    subject_name: str | None
    period: str | None
    opening: SignedMoney
    debit: Money
    credit: Money
    closing: SignedMoney


class TrialBalance(Response):
    """The balances of all accounts that moved by the end of the period. `closed` names the closed periods in it."""

    exported: ClassVar[str] = "lines"

    from_on: date
    to_on: date
    closed: list[str]
    lines: list[BalanceLine]
    totals: BalanceTotals


class LedgerFilter(BooksFilter, PageParams):
    """The same, page by page."""


class LedgerLine(Response):
    """One posting with its entry, in the order booked."""

    effective_on: date
    occurred_on: date | None
    closed_period: str | None
    kind: Movement
    case_no: str
    account: Account
    account_title: str
    subject: str
    subject_name: str | None
    period: str
    debit: Money | None
    credit: Money | None
    counterparty: str | None
    actor: str
    recorded_at: datetime
    line: int
    entry_id: UUID
    reverses_id: UUID | None
    case_id: UUID


class LedgerTotals(Response):
    """Control totals of the whole ledger asked for: count of postings, debits and credits."""

    line: int
    debit: Money
    credit: Money


class Ledger(Page[LedgerLine]):
    """One page; the last one has the control totals."""

    totals: LedgerTotals | None


class JournalPeriodIn(Request):
    """A month of the books or, without one, the whole year."""

    year: Year
    month: Month | None = None
    proposed_on: date | None = None


class JournalPeriodRefusal(StepRequest):
    """Why the period is not closed."""

    reason_code: PeriodRefusalReason


class ReopeningIn(Request):
    """Why the period is to be opened again."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]
    proposed_on: date | None = None


class JournalPeriodFilter(PageParams):
    """Filters of periods; the latest first."""

    label: Annotated[str, Field(pattern=r"^\d{4}(-\d{2})?$")] | None = None
    status: PeriodState | None = None


class JournalPeriodOut(Response):
    """A month or year of the books. `entries` and `turnover` (sum of debits) are those of the moment it was closed."""

    id: UUID
    no: str
    version: int
    label: str
    starts_on: date
    ends_on: date
    edition: str
    status: PeriodState
    proposed_by: str
    proposed_on: date
    closed_by: str | None
    closed_on: date | None
    entries: int | None
    turnover: Money | None
    refused_by: str | None
    reason_code: str | None
    reopening_by: str | None
    reopening_on: date | None
    reopening_reason: str | None
    reopened_by: str | None
    reopened_on: date | None
    created_at: datetime
    updated_at: datetime
