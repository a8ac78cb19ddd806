"""Quarterly reports as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue

from services.evaluation.reports.form import QuarterlyForm, missing_fields
from services.evaluation.reports.models import QuarterlyReport, ReportReturn, ReportRevision
from services.evaluation.reports.rules import decide_consistent, due_day
from services.evaluation.terms import warning_codes
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.policy.edition import Edition

Quarter = Annotated[int, Field(strict=True, ge=1, le=4)]
Year = Annotated[int, Field(strict=True, ge=2000, le=2199)]
ReturnReason = Literal["missing", "implausible", "inconsistent", "unsupported", "wrong_unit"]


class NewReport(Request):
    """A draft for one quarter of an own centre; the form may come with it or later."""

    centre_id: UUID
    year: Year
    quarter: Quarter
    form: QuarterlyForm = QuarterlyForm()


class ReportChange(Request):
    """Fields to change; null empties one, those left out stay as they are."""

    form: QuarterlyForm


class ReportReturnRequest(Request):
    """Why the report goes back: a reason for each field in doubt."""

    reasons: Annotated[dict[str, ReturnReason], Field(min_length=1)]
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
    status: str | None = None
    late: bool | None = None


class ReportOut(Response):
    """A report: `late` also while it is due and not yet submitted, `checks` as submission will judge them."""

    id: UUID
    no: str
    version: int
    centre_id: UUID
    year: int
    quarter: int
    edition: str
    status: str
    due_on: date
    term_warnings: list[str]
    first_submitted_on: date | None
    submitted_on: date | None
    late: bool
    revision: int
    accepted_on: date | None
    form: QuarterlyForm
    missing: list[str]
    checks: dict[str, JsonValue]

    @classmethod
    def of(cls, report: QuarterlyReport, edition: Edition, today: date) -> Self:
        """`today` tells whether a report that was never submitted is late by now."""
        form = QuarterlyForm.model_validate(report.form)
        return cls(
            id=report.id,
            no=report.no,
            version=report.version,
            centre_id=report.centre_id,
            year=report.year,
            quarter=report.quarter,
            edition=report.edition,
            status=report.status,
            due_on=report.due_on,
            term_warnings=warning_codes(due_day(edition, report.year, report.quarter)),
            first_submitted_on=report.first_submitted_on,
            submitted_on=report.submitted_on,
            late=report.late or (report.revision == 0 and today > report.due_on),
            revision=report.revision,
            accepted_on=report.accepted_on,
            form=form,
            missing=list(missing_fields(form)),
            checks=decide_consistent(edition, form, None).to_json(),
        )


class ReturnOut(Response):
    """A version's return."""

    returned_on: date
    correction_due_on: date
    reasons: dict[str, str]


class RevisionOut(Response):
    """A submitted version and, if it was sent back, why and until when it had to be corrected."""

    id: UUID
    revision: int
    submitted_on: date
    filled: int
    fields: int
    form: QuarterlyForm
    decision: dict[str, JsonValue]
    returned: ReturnOut | None

    @classmethod
    def of(cls, revision: ReportRevision, returned: ReportReturn | None) -> Self:
        """A version with its return, if it had one."""
        return cls(
            id=revision.id,
            revision=revision.revision,
            submitted_on=revision.submitted_on,
            filled=revision.filled,
            fields=revision.fields,
            form=QuarterlyForm.model_validate(revision.form),
            decision=revision.decision,
            returned=None if returned is None else ReturnOut.model_validate(returned),
        )


class RevisionList(Response):
    """All submitted versions of a report, oldest first."""

    items: list[RevisionOut]
