"""The CSV files, one row type each: what the generator writes and the story reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, field_validator

DATA = Path(__file__).parent / "data"

LIST_SEPARATOR = ";"


class Row(BaseModel):
    """A line of a file. An empty cell is None, a list is separated by semicolons, yes and no are words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: ClassVar[str]

    @field_validator("*", mode="before")
    @classmethod
    def _from_cell(cls, value: object) -> object:
        return None if value == "" else value

    def cells(self) -> list[str]:
        return [_cell(value) for value in self.model_dump().values()]


R = TypeVar("R", bound=Row)


def write(rows: Sequence[Row], folder: Path) -> Path:
    """Write one kind of rows to its file, in their order. Raises IndexError without rows."""
    kind = type(rows[0])
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(kind.model_fields)
    writer.writerows(row.cells() for row in rows)
    path = folder / kind.file
    path.write_text(out.getvalue(), encoding="utf-8")
    return path


def read(kind: type[R], folder: Path = DATA) -> list[R]:
    """All rows of a file. Raises ValidationError that names the cell."""
    with (folder / kind.file).open(encoding="utf-8", newline="") as lines:
        return [kind.model_validate(line) for line in csv.DictReader(lines)]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return LIST_SEPARATOR.join(map(str, value))
    return value.isoformat() if isinstance(value, date) else str(value)


def words(value: object) -> object:
    """A cell with a list."""
    return tuple(value.split(LIST_SEPARATOR)) if isinstance(value, str) and value else value or None


class Centre(Row):
    """A centre and the days of its listing. `key` is the files' own name for it."""

    file: ClassVar[str] = "centres.csv"

    key: str
    name: str
    operator_code: str
    operator_name: str
    service_kinds: tuple[str, ...]
    tier: str
    owner_division: str
    site_division: str
    total_area_m2: Decimal
    incubation_area_m2: Decimal
    industry_code: str
    designation_issuer: str | None
    designation_no: str | None
    designated_on: date | None
    registered_on: date
    reviewed_on: date
    listed_on: date
    document_no: str

    _lists = field_validator("service_kinds", mode="before")(words)


class Title(Row):
    """An application for a municipal title; without `granted_on` it stays pending."""

    file: ClassVar[str] = "titles.csv"

    centre: str
    kind: str
    applied_on: date
    reviewed_on: date
    granted_on: date | None
    document_no: str | None


class Enterprise(Row):
    """An incubated enterprise."""

    file: ClassVar[str] = "enterprises.csv"

    code: str
    name: str
    industry_code: str
    division: str
    registered_on: date
    legal_representative_ref: str
    graduate_founder: bool


class Tenancy(Row):
    """A stay at a centre: `criterion` and what it rests on where it ended in graduation, `exit_reason` where not."""

    file: ClassVar[str] = "tenancies.csv"

    enterprise: str
    centre: str
    agreement_no: str
    admitted_on: date
    filed_on: date | None
    ended_on: date | None
    criterion: str | None
    criterion_value: str | None
    exit_reason: str | None
    evidence: str | None


class Report(Row):
    """A quarterly report. `returned_field` is left out of the first version and returned as missing; it comes with the
    correction. An empty cell of the form is a field left empty for good."""

    file: ClassVar[str] = "quarterly-reports.csv"

    centre: str
    year: int
    quarter: int
    submitted_on: date
    returned_on: date | None
    returned_field: str | None
    corrected_on: date | None
    accepted_on: date
    incubatees_opening: int | None
    admitted: int | None
    graduated: int | None
    exited: int | None
    incubatees: int | None
    long_stay_enterprises: int | None
    alive_after_12_months: int | None
    enterprises_served: int | None
    confirmed_services: int | None
    mentors: int | None
    specialist_staff: int | None
    trained_staff: int | None
    area_used_m2: int | None
    enterprises_with_ip: int | None
    jobs: int | None
    enterprises_financed: int | None
    equity_financing: str | None
    bank_loans: str | None
    financing_matches: int | None
    events_by_level: tuple[str, ...] | None
    attendance: int | None

    _lists = field_validator("events_by_level", mode="before")(words)


class Grant(Row):
    """A grant of a centre for a fiscal year. `bureau` approves, the other one countersigns. A missing day is a step
    that is not taken."""

    file: ClassVar[str] = "grants.csv"

    centre: str
    fiscal_year: int
    amount: str
    purpose: str
    description: str
    evidence: str | None
    applied_on: date
    reviewed_on: date
    bureau: str
    approved_on: date | None
    approved: str | None
    countersigned_on: date | None
    paid_on: date | None
    payment_reference: str | None
    refunded_on: date | None
    refunded: str | None
    recovered_on: date | None
    recovered: str | None
    closed_on: date | None


class Spending(Row):
    """A payment out of a grant; without `spent_on` it is planned only."""

    file: ClassVar[str] = "spending.csv"

    centre: str
    fiscal_year: int
    recorded_on: date
    description: str
    amount: str
    purpose: str
    voucher_no: str | None
    invoice_number: str | None
    seller_code: str | None
    spent_on: date | None


class Programme(Row):
    """A county's or park's voucher programme of a year."""

    file: ClassVar[str] = "voucher-programmes.csv"

    issuer_division: str
    kind: str
    year: int
    budget: str
    subsidy_percent: str | None
    drafted_on: date
    opened_on: date
    closed_on: date | None


class Provider(Row):
    """A service provider; `refused_reason` where it was not admitted."""

    file: ClassVar[str] = "providers.csv"

    code: str
    name: str
    categories: tuple[str, ...]
    applied_on: date
    reviewed_on: date
    decided_on: date
    refused_reason: str | None

    _lists = field_validator("categories", mode="before")(words)


class Voucher(Row):
    """A voucher of a programme, one for an enterprise; `centre` is where the enterprise is."""

    file: ClassVar[str] = "vouchers.csv"

    issuer_division: str
    kind: str
    year: int
    enterprise: str
    centre: str
    category: str | None
    face_value: str
    issued_on: date


class Redemption(Row):
    """A use of a voucher: held, then delivered and redeemed, or released, or left where the days are missing."""

    file: ClassVar[str] = "redemptions.csv"

    issuer_division: str
    kind: str
    year: int
    enterprise: str
    centre: str
    provider: str
    category: str
    price: str
    contract_no: str
    held_on: date
    delivered_on: date | None
    redeemed_on: date | None
    released_on: date | None


class Evaluation(Row):
    """The yearly evaluation and the days of its steps."""

    file: ClassVar[str] = "evaluations.csv"

    year: int
    opened_on: date
    marked_on: date
    scored_on: date
    announced_on: date
    approved_on: date
    countersigned_on: date
    published_on: date
    document_no: str
    continuation_basis: str | None


class Mark(Row):
    """An expert's mark for the sample check of filings, 0 to 100."""

    file: ClassVar[str] = "expert-marks.csv"

    centre: str
    year: int
    indicator: str
    mark: str
    evidence: str


class Exemption(Row):
    """A year without evaluation, approved by both bureaus."""

    file: ClassVar[str] = "exemptions.csv"

    centre: str
    year: int
    reason: str
    document_no: str
    minutes_no: str | None
    proposed_on: date
    approved_on: date
    countersigned_on: date


class Rectification(Row):
    """What a failed centre does about the order it got; without `accepted_on` nothing is accepted."""

    file: ClassVar[str] = "rectifications.csv"

    centre: str
    year: int
    submitted_on: date | None
    evidence: str | None
    rejected_on: date | None
    rejected_reason: str | None
    resubmitted_on: date | None
    accepted_on: date | None
    acceptance_no: str | None


class Delisting(Row):
    """The procedure of a delisting case, step by step."""

    file: ClassVar[str] = "delistings.csv"

    centre: str
    year: int
    notice_on: date
    notice_no: str
    notice_method: str
    statement_on: date
    statement_no: str
    hearing_requested_on: date
    hearing_request_no: str
    hearing_on: date
    hearing_minutes_no: str
    legal_review_on: date
    legal_review_no: str
    decision_on: date
    decision_no: str
    countersigned_on: date
    served_on: date
    service_method: str


class Comeback(Row):
    """An application of the barred operator for a new centre under a new name, on a day."""

    file: ClassVar[str] = "comebacks.csv"

    applied_on: date
    expected: str
    name: str
    operator_code: str
    operator_name: str
    former_centre: str
    service_kinds: tuple[str, ...]
    tier: str
    owner_division: str
    site_division: str
    total_area_m2: Decimal
    incubation_area_m2: Decimal
    industry_code: str
    reviewed_on: date | None
    listed_on: date | None
    document_no: str | None

    _lists = field_validator("service_kinds", mode="before")(words)


class Account(Row):
    """An account to open. `key` is its name in credentials.json; those without are in other-accounts.json."""

    file: ClassVar[str] = "accounts.csv"

    username: str
    key: str | None
    roles: tuple[str, ...]
    org: str | None
    division: str | None
    person_ref: str | None
    about: str

    _lists = field_validator("roles", mode="before")(words)


FORM_FIELDS = tuple(Report.model_fields)[8:]


def select(rows: Iterable[R], centres: frozenset[str], field: str = "centre") -> list[R]:
    """The rows of some centres."""
    return [row for row in rows if getattr(row, field) in centres]
