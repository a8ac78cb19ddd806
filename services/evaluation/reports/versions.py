"""A submitted version of a report: kept for good, and judged as it comes in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.evaluation.reports import rules
from services.evaluation.reports.form import Values, missing_fields
from services.evaluation.reports.models import QuarterlyReport, ReportRevision
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition


@dataclass(frozen=True, slots=True)
class Before:
    """The days from which earlier versions were complete, or had enough fields filled to keep the term."""

    completed_on: date | None
    enough_on: date | None


def judge(edition: Edition, report: QuarterlyReport, before: Before) -> Decision:
    """2.3-2: whether a submitted report came in time and is complete. In time is by the versions that came until the
    due day; a later one makes it complete from its own day on, unless one before was."""
    assert report.first_submitted_on is not None
    version, form = report.form_version, report.form
    fields = len(edition.report_form.required_in(version))
    filled = fields - len(missing_fields(edition.report_form, version, form))
    enough = before.enough_on or (report.submitted_on if rules.enough_filled(edition, filled, fields) else None)
    in_time = rules.decide_in_time(edition, report.due_on, report.first_submitted_on, enough)
    first = before.completed_on or report.submitted_on
    return combine(in_time, rules.decide_complete(edition, version, form, report.due_on, first))


def revision_of(edition: Edition, report: QuarterlyReport, judged: Decision, registry: Values) -> ReportRevision:
    """The report as it was just submitted, to be kept for good with what the registers said of it."""
    required = len(edition.report_form.required_in(report.form_version))
    return ReportRevision(
        report_id=report.id,
        revision=report.revision,
        form_version=report.form_version,
        form=report.form,
        lines=report.lines,
        explanations=report.explanations,
        filled=required - len(missing_fields(edition.report_form, report.form_version, report.form)),
        fields=required,
        submitted_on=report.submitted_on,
        submitted_by=report.submitted_by,
        decision=judged.to_json(),
        recorded=dict(registry),
    )
