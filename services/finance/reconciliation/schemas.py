"""What is sent and answered about reconciled days."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import Field

from services.finance.banks.schemas import BankCode
from services.finance.grants.schemas import Line
from services.finance.reconciliation import states
from services.finance.referrals.schemas import Reference
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord
from shared.money import Money, PositiveMoney, SignedMoney

State = Literal["agreed", "differing", "resolved", "replaced"]
assert get_args(State) == states.STATES, "the one list, spelled out for OpenAPI"
DifferenceState = Literal["open", "resolved", "gone"]
assert get_args(DifferenceState) == states.DIFFERENCE_STATES, "likewise"
LineKind = Literal["disbursement", "repayment", "disbursement_reversal", "repayment_reversal"]
assert get_args(LineKind) == states.LINE_KINDS, "likewise"
DifferenceKind = Literal[
    "missing_here", "missing_there", "amount_differs", "kind_differs", "case_differs", "outstanding_differs"
]
assert get_args(DifferenceKind) == states.DIFFERENCE_KINDS, "likewise"
Format = Literal["csv", "xlsx", "json"]
assert get_args(Format) == states.FORMATS, "likewise"
Outcome = Annotated[str, EditionWord(lambda edition: edition.banking.difference_outcomes)]
CaseNo = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Z]{2,4}-[0-9]{4}-[0-9]{4,}$")]

MAX_LINES = 10_000


class LineIn(Request):
    """Money of the day under the bank's own reference, on the case that we number."""

    kind: LineKind
    reference: Reference
    case_no: CaseNo
    amount: PositiveMoney


class ControlIn(Request):
    """Control totals: how many lines, the sums net of reversals, and the principal owed at the end of the day."""

    count: Annotated[int, Field(ge=0, le=MAX_LINES)]
    disbursed: SignedMoney
    repaid: SignedMoney
    outstanding: Money


class DayIn(Request):
    """A whole day. `replace` says that an earlier file of the day counts no more."""

    day: date
    replace: bool = False
    lines: Annotated[list[LineIn], Field(max_length=MAX_LINES)]
    control: ControlIn


class FileQuery(Request):
    """Which day a file is of."""

    day: date
    replace: bool = False


class StatementQuery(Request):
    """Which day of which bank, and in which form; a bank's own account need not name it."""

    day: date
    bank: BankCode | None = None
    format: Format = "json"


class ResolutionIn(Request):
    """What a difference came to, in a word and in a sentence."""

    outcome: Outcome
    reason: Line


class DayFilter(PageParams):
    """Filters of the list; days inclusive. Replaced files only where they are asked for by `status`."""

    no: str | None = Field(default=None, max_length=40)
    bank: BankCode | None = None
    status: State | None = None
    day_from: date | None = None
    day_to: date | None = None


class LineFilter(PageParams):
    """Filters of a file's lines."""

    kind: LineKind | None = None


class DifferenceFilter(PageParams):
    """Filters of differences, over all days that count."""

    bank: BankCode | None = None
    day_id: UUID | None = None
    kind: DifferenceKind | None = None
    status: DifferenceState | None = None


class TotalsOut(Response):
    """Control totals; yuan."""

    count: int
    disbursed: SignedMoney
    repaid: SignedMoney
    outstanding: SignedMoney


class LineOut(Response):
    """A line, of the bank's file or of our statement."""

    kind: LineKind
    reference: str
    case_no: str
    amount: Money


class FileLineOut(LineOut):
    """With its place in the file."""

    line: int


class DifferenceOut(Response):
    """Something that differs; null for what a side does not know."""

    id: UUID
    day_id: UUID
    number: int
    kind: DifferenceKind
    reference: str | None
    case_no: str | None
    our_kind: LineKind | None
    their_kind: LineKind | None
    ours: SignedMoney | None
    theirs: SignedMoney | None
    status: DifferenceState
    outcome: str | None
    reason: str | None
    resolved_on: date | None
    found_at: datetime


class DifferenceItem(DifferenceOut):
    """The same in a list over days."""

    day_no: str
    bank: str
    day: date


class DayOut(Response):
    """A filed day: the bank's totals and ours as of the last comparison; yuan."""

    id: UUID
    no: str
    version: int
    livemode: bool
    bank: str
    day: date
    revision: int
    status: State
    format: Format
    file_name: str | None
    sha256: str
    count: int
    disbursed: SignedMoney
    repaid: SignedMoney
    outstanding: SignedMoney
    our_count: int
    our_disbursed: SignedMoney
    our_repaid: SignedMoney
    our_outstanding: SignedMoney
    differences: int
    open_differences: int
    filed_on: date
    compared_at: datetime
    created_at: datetime
    updated_at: datetime


class DayDetail(DayOut):
    """With every difference found, and the days' files before this one, the first first."""

    found: list[DifferenceOut]
    earlier: list[DayOut]


class StatementOut(Response):
    """Our own statement of a bank's day, in the form that the bank's file has."""

    bank: str
    day: date
    livemode: bool
    lines: list[LineOut]
    control: TotalsOut
