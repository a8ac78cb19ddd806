"""Reports, evaluations, and what follows from failing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar

from pydantic import field_validator

from deploy.demo.tables.base import Row, words


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


FORM_FIELDS = tuple(Report.model_fields)[8:]


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
    """What the experts' marks for the sample check of filings come to, 0 to 100; the first two lie `apart` points below
    and above it."""

    file: ClassVar[str] = "expert-marks.csv"

    centre: str
    year: int
    indicator: str
    mark: str
    apart: Decimal
    evidence: str


class Rubric(Row):
    """An evaluation rubric of the bureaus for years from `first_year` on: the policy edition's own, but every number
    counted from the quarterly form."""

    file: ClassVar[str] = "rubrics.csv"

    first_year: int
    title_zh: str
    title_en: str
    drafted_on: date
    approved_on: date
    document_no: str


class Expert(Row):
    """Somebody who marks, by the account's name, with a conflict of interest that keeps one centre away."""

    file: ClassVar[str] = "experts.csv"

    username: str
    applied_on: date
    appointed_on: date
    conflict_kind: str | None
    conflict_centre: str | None


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
    """The order that a failed centre is served, and what it does about it: reported, perhaps rejected and reported
    again, inspected on site and accepted. A missing day is a step that is not taken."""

    file: ClassVar[str] = "rectifications.csv"

    centre: str
    year: int
    served_on: date
    notice_no: str
    submitted_on: date | None
    evidence: str | None
    rejected_on: date | None
    rejected_reason: str | None
    resubmitted_on: date | None
    inspected_on: date | None
    inspection_no: str | None
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


class TargetFigure(Row):
    """A figure reached by the end of a quarter, entered by the office and confirmed by its approver; without
    `confirmed_on` it waits and does not count."""

    file: ClassVar[str] = "target-figures.csv"

    item: str
    year: int
    quarter: int
    value: str
    document_no: str
    entered_on: date
    confirmed_on: date | None
