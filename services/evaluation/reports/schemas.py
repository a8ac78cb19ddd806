"""Quarterly reports as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue

from services.evaluation.reports.form import missing_fields, unfilled_fields
from services.evaluation.reports.line_schemas import EnterpriseLines, FieldName, LineOut, TenantOut
from services.evaluation.reports.models import QuarterlyReport, ReportReturn, ReportRevision
from services.evaluation.reports.record_behind import RecordKind
from services.evaluation.reports.rules import STATUSES, due_day
from services.evaluation.terms import warning_codes
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response, clean, refuse_identity_numbers
from shared.http.words import OneOf
from shared.policy.edition import Edition

Quarter = Annotated[int, Field(strict=True, ge=1, le=4)]
Year = Annotated[int, Field(strict=True, ge=2000, le=2199)]
AskedQuarter = Annotated[int, Field(ge=1, le=4)]
AskedYear = Annotated[int, Field(ge=2000, le=2199)]
"""The same as query parameters, which are texts."""


def _without_identity_number(text: str) -> str:
    refuse_identity_numbers(text)
    return text


Statement = Annotated[
    str, Field(min_length=2, max_length=500), BeforeValidator(clean), AfterValidator(_without_identity_number)
]
"""Free text, also where it is a value of an object, which a request's own checks do not look into."""

ReturnReason = Literal["missing", "implausible", "inconsistent", "unsupported", "wrong_unit"]
FormValues = Annotated[
    dict[FieldName, JsonValue],
    Field(
        description="Values by field of `GET /v1/quarterly-reports/form`: counts as whole numbers, amounts as texts in"
        " yuan, yes or no as true or false, levels as an object; null empties a field.",
        examples=[{"jobs": 20, "bank_loans": "150000.00", "own_fund": True, "events_by_level": {"municipal": 1}}],
    ),
]
Explanations = Annotated[
    dict[FieldName, Statement | None],
    Field(description="What to say to the warnings, by check, and to fields in doubt, by field; null takes one back."),
]
Printed = Annotated[
    bool, Field(description="Amounts are given in the units of the printed form (`enter_in`), 千元 where it says so.")
]


class NewReport(Request):
    """A draft for one quarter of an own centre; the form may come with it or later. `prefill` takes the registry's
    values for the fields that are not sent, and a line to fill for each enterprise there at the quarter's end."""

    centre_id: UUID
    year: Year
    quarter: Quarter
    form: FormValues = Field(default_factory=dict)
    lines: EnterpriseLines = Field(default_factory=dict)
    explanations: Explanations = Field(default_factory=dict)
    prefill: bool = False
    printed: Printed = False


class ReportChange(Request):
    """Fields and lines to change; null empties one, those left out stay as they are."""

    form: FormValues = Field(default_factory=dict)
    lines: EnterpriseLines = Field(default_factory=dict)
    explanations: Explanations = Field(default_factory=dict)
    printed: Printed = False


class ReportReturnRequest(Request):
    """Why the report goes back: a reason for each field in doubt, and a comment where the reason does not say it."""

    reasons: Annotated[dict[FieldName, ReturnReason], Field(min_length=1)]
    comments: dict[FieldName, Statement] = Field(default_factory=dict)
    returned_on: date | None = None


class ReportAcceptance(Request):
    """`accepted_on` only when it happened on paper earlier."""

    accepted_on: date | None = None


class ReportFilter(PageParams):
    """Filters of the list."""

    no: str | None = None
    centre_id: UUID | None = None
    year: int | None = None
    quarter: int | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None
    late: bool | None = None


class ReportOut(Response):
    """A report: `late` also while it is due and not yet submitted. `missing` are required fields without a value,
    `unfilled` statistical ones, which count for nothing."""

    id: UUID
    no: str
    version: int
    centre_id: UUID
    year: int
    quarter: int
    edition: str
    form_version: int
    status: str
    due_on: date
    term_warnings: list[str]
    first_submitted_on: date | None
    submitted_on: date | None
    late: bool
    revision: int
    accepted_on: date | None
    form: dict[str, JsonValue]
    explanations: dict[str, str]
    missing: list[str]
    unfilled: list[str]

    @classmethod
    def of(cls, report: QuarterlyReport, edition: Edition, today: date) -> Self:
        """`today` tells whether a report that was never submitted is late by now."""
        return cls.model_validate(plain_report(report, edition, today))


def plain_report(report: QuarterlyReport, edition: Edition, today: date) -> dict[str, object]:
    """What the report itself says."""
    form, version = edition.report_form, report.form_version
    return {
        "id": report.id,
        "no": report.no,
        "version": report.version,
        "centre_id": report.centre_id,
        "year": report.year,
        "quarter": report.quarter,
        "edition": report.edition,
        "form_version": version,
        "status": report.status,
        "due_on": report.due_on,
        "term_warnings": warning_codes(due_day(edition, report.year, report.quarter)),
        "first_submitted_on": report.first_submitted_on,
        "submitted_on": report.submitted_on,
        "late": report.late or (report.revision == 0 and today > report.due_on),
        "revision": report.revision,
        "accepted_on": report.accepted_on,
        "form": {name: report.form.get(name) for name in form.fields_of(version)},
        "explanations": report.explanations,
        "missing": missing_fields(form, version, report.form),
        "unfilled": unfilled_fields(form, version, report.form),
    }


class CheckOut(Response):
    """A check that does not hold: `value` against `limit`. An error refuses the submission; a warning lets it pass with
    an explanation."""

    id: str
    field: str
    severity: Literal["error", "warning"]
    value: str
    limit: str
    clause: str
    message_zh: str
    message_en: str
    remedy_zh: str
    remedy_en: str
    explanation: str | None


class RecordOut(Response):
    """A record of a register, by its case number and the last event that told of it."""

    kind: RecordKind
    id: UUID
    no: str
    event_id: UUID


class PrefilledFrom(Response):
    """What a prefilled number was counted from: at most 100 records, and how many there are."""

    total: int
    records: list[RecordOut]


class DifferenceOut(Response):
    """A field where the report says something else than the registry; either may be right. `difference` is how much
    more the report says, by level where the field has levels; `counted_from` names what an evaluation goes by. Where
    `needs_reason`, the report is submitted with one: `explanation`, sent under the field's id."""

    field: str
    title_zh: str
    title_en: str
    entered: JsonValue
    registry: JsonValue
    difference: JsonValue
    counted_from: Literal["form", "records"]
    needs_reason: bool
    explanation: str | None
    warning_zh: str
    warning_en: str


class ReturnOut(Response):
    """A version's return."""

    returned_on: date
    correction_due_on: date
    reasons: dict[str, str]
    comments: dict[str, str]


class ReportDetail(ReportOut):
    """A report with what surrounds it: its `lines` by enterprise, null where the version of the form has none, and the
    `tenants` that may have one; `checks` as submission will judge them and `faults` those that do not hold, in
    words; what the registry knows (`prefilled`), the records of mentors, training and activities behind it by field
    (`prefilled_from`) and where the report says otherwise. `locked` once the year's results were announced. `returned`
    says why the newest version was sent back, until it is submitted again; `completed_on` is the day of the first
    submitted version without an empty required field, whatever `late` says of the first one."""

    lines: list[LineOut] | None
    tenants: list[TenantOut]
    checks: StoredDecision
    faults: list[CheckOut]
    prefilled: dict[str, JsonValue]
    prefilled_from: dict[str, PrefilledFrom]
    differences: list[DifferenceOut]
    locked: bool
    returned: ReturnOut | None
    completed_on: date | None
    enough_on: date | None
    """From this day on enough required fields were filled; after the due day the report does not count as in time."""


class RevisionOut(Response):
    """A submitted version and, if it was sent back, why and until when it had to be corrected; `correction_id` names
    the correction that made it. `recorded` is what the registers of mentors, training and activities said of its fields
    that day; null for versions from before it was kept."""

    id: UUID
    revision: int
    submitted_on: date
    form_version: int
    filled: int
    fields: int
    form: dict[str, JsonValue]
    lines: list[LineOut] | None
    explanations: dict[str, str]
    decision: StoredDecision
    recorded: dict[str, JsonValue] | None
    returned: ReturnOut | None
    correction_id: UUID | None

    @classmethod
    def of(cls, revision: ReportRevision, returned: ReportReturn | None, correction_id: UUID | None) -> Self:
        """A version with its return, if it had one."""
        return cls(
            id=revision.id,
            revision=revision.revision,
            submitted_on=revision.submitted_on,
            form_version=revision.form_version,
            filled=revision.filled,
            fields=revision.fields,
            form=revision.form,
            lines=None if revision.lines is None else [LineOut.of(line, {}) for line in revision.lines],
            explanations=revision.explanations,
            decision=revision.decision,
            recorded=revision.recorded,
            returned=None if returned is None else ReturnOut.model_validate(returned),
            correction_id=correction_id,
        )


class RevisionList(Response):
    """All submitted versions of a report, oldest first."""

    items: list[RevisionOut]


class ChangeOut(Response):
    """A field that two versions have differently, or a figure of a line (`lines.<code>.<figure>`; `lines.<code>.code`
    for a line that only one has); null where one of them leaves it empty."""

    field: str
    title_zh: str
    title_en: str
    before: JsonValue
    after: JsonValue


class Comparison(Response):
    """What changed between two submitted versions of a report, in the form's order."""

    report_id: UUID
    before: int
    after: int
    changes: list[ChangeOut]
