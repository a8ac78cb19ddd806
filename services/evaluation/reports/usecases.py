"""What happens to a quarterly report: drafted, edited, submitted, returned, corrected, accepted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import AnyRow
from services.evaluation.centres import await_centre, hold_reporting_centre
from services.evaluation.refusals import require_known, require_status
from services.evaluation.reports import rules
from services.evaluation.reports.form import Values, changed_fields, in_yuan, validated
from services.evaluation.reports.judging import (
    completed_on,
    content_of,
    enough_on,
    merged_explanations,
    require_submittable,
)
from services.evaluation.reports.lines import Changes, Line, names_in_doubt, validated_lines
from services.evaluation.reports.models import QuarterlyReport, ReportReturn, ReportRevision
from services.evaluation.reports.period import hold_open_period, hold_score
from services.evaluation.reports.prefill import known_values, prefilled
from services.evaluation.reports.queries import find_report
from services.evaluation.reports.schemas import NewReport, ReportChange, ReportReturnRequest
from services.evaluation.reports.stays import empty_lines, tenants_of, with_changes
from services.evaluation.reports.telling import state_of, tell, told_fields
from services.evaluation.reports.versions import Before, judge, revision_of
from shared.auth.principal import Principal
from shared.clock import effective_date, utcnow
from shared.errors import DomainError, four_eyes_required
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.http.etag import honour_match, require_match
from shared.ids import next_case_no
from shared.policy.edition import Edition, Editions


async def draft_report(
    session: AsyncSession, principal: Principal, editions: Editions, wanted: NewReport
) -> QuarterlyReport:
    """Open the draft of a quarter that has begun, for an own centre that owes it. A quarter has one report."""
    await await_centre(session, wanted.centre_id)
    await hold_open_period(session, wanted.year)
    centre = await hold_reporting_centre(session, wanted.centre_id, principal.org)
    edition = editions.require_in_force(rules.last_day(wanted.year, wanted.quarter))
    version = edition.report_form.version
    values = _taken(edition, version, wanted.form, printed=wanted.printed)
    _check_period(centre, wanted, principal.today)
    await _refuse_second(session, wanted)
    changes = validated_lines(edition, version, wanted.lines, printed=wanted.printed)
    tenants = await tenants_of(session, wanted.centre_id, wanted.year, wanted.quarter, wanted.lines)
    lines: list[Line] | None = [] if edition.report_form.lines_of(version) else None
    if wanted.prefill:
        known = await known_values(session, [wanted.centre_id], wanted.year, wanted.quarter)
        values = {**prefilled(edition.report_form, version, known[wanted.centre_id]), **values}
        lines = None if lines is None else with_changes(lines, empty_lines(tenants), tenants)
    lines = None if lines is None else with_changes(lines, changes, tenants)
    report = QuarterlyReport(
        no=await next_case_no(session, "QR", wanted.year),
        centre_id=wanted.centre_id,
        year=wanted.year,
        quarter=wanted.quarter,
        edition=edition.id,
        due_on=rules.due_day(edition, wanted.year, wanted.quarter).day,
        form_version=version,
        form=values,
        lines=lines,
        explanations=merged_explanations(edition, version, {}, wanted.explanations, lines),
        version=0,
    )
    session.add(report)
    await session.flush()
    await tell(session, ec.ReportDrafted, report, state_of(report), EventContext.of(principal), ("quarterly.due",))
    return report


async def edit_report(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    report_id: UUID,
    change: ReportChange,
    if_match: str | None,
) -> QuarterlyReport:
    """Change fields of a draft or of a returned report."""
    report = await find_report(session, principal, report_id, lock=True)
    require_match(if_match, report.version)
    require_status(report.status, rules.EDITABLE)
    await hold_open_period(session, report.year)
    edition = editions.get(report.edition)
    values = _taken(edition, report.form_version, change.form, printed=change.printed)
    lines = validated_lines(edition, report.form_version, change.lines, printed=change.printed)
    await change_values(session, principal, edition, report, values, lines, change.explanations)
    return report


async def change_values(
    session: AsyncSession,
    principal: Principal,
    edition: Edition,
    report: QuarterlyReport,
    values: Values,
    lines: Changes,
    explanations: Mapping[str, str | None],
) -> None:
    """Put validated values and lines into a locked report that is being edited."""
    if lines:
        tenants = await tenants_of(session, report.centre_id, report.year, report.quarter, lines)
        report.lines = with_changes(report.lines or [], lines, tenants)
    known, version = report.explanations, report.form_version
    report.explanations = merged_explanations(edition, version, known, explanations, report.lines)
    report.form = {**report.form, **values}
    data = state_of(report, changed_fields=told_fields(values, lines))
    await tell(session, ec.ReportEdited, report, data, EventContext.of(principal), ("quarterly.complete",))


async def submit_report(
    session: AsyncSession, principal: Principal, editions: Editions, report_id: UUID, if_match: str | None
) -> QuarterlyReport:
    """Hand in the form as it is, for the first time or corrected; kept as a version for good."""
    found = await find_report(session, principal, report_id)
    await hold_open_period(session, found.year)
    centre = await hold_reporting_centre(session, found.centre_id, principal.org)
    report = await find_report(session, principal, report_id, lock=True)
    honour_match(if_match, report.version)
    require_status(report.status, rules.EDITABLE)
    edition = editions.get(report.edition)
    today = principal.today
    _require_over(report, today)
    _require_still_listed(centre, rules.last_day(report.year, report.quarter))
    await _require_answered(session, report)
    registry = await require_submittable(session, edition, report, content_of(report))
    before = Before(await completed_on(session, report), await enough_on(session, edition, report))
    report.revision += 1
    report.status = "submitted"
    report.submitted_on, report.submitted_by = today, principal.account_id
    report.first_submitted_on = report.first_submitted_on or today
    judged = judge(edition, report, before)
    report.late = report.first_submitted_on > report.due_on
    session.add(revision_of(edition, report, judged, registry))
    await tell(session, ec.ReportSubmitted, report, state_of(report), EventContext.of(principal), judged.rules)
    return report


async def _require_answered(session: AsyncSession, report: QuarterlyReport) -> None:
    """2.3-2: what was returned comes back with another value or with an explanation of the field in doubt."""
    query = select(ReportRevision).where(
        ReportRevision.report_id == report.id, ReportRevision.revision == report.revision
    )
    last = await session.scalar(query)
    same = last is not None and last.explanations == report.explanations and last.lines == report.lines
    if same and last is not None and not changed_fields(last.form, report.form):
        raise DomainError("report-unchanged", 409, clauses=["2.3-2"])


async def return_report(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    report_id: UUID,
    wanted: ReportReturnRequest,
    if_match: str | None,
) -> QuarterlyReport:
    """Send a submitted report back with a reason for each field in doubt; the term for correction begins."""
    report = await _under_review(session, principal, report_id, if_match)
    await hold_open_period(session, report.year)
    edition = editions.get(report.edition)
    fields = edition.report_form.fields_of(report.form_version)
    require_known("reasons", wanted.reasons, [*fields, *names_in_doubt(report.lines)])
    require_known("comments", wanted.comments, wanted.reasons)
    day = _on_or_after_submission(report, effective_date(principal, wanted.returned_on))
    report.status = "returned"
    session.add(
        ReportReturn(
            report_id=report.id,
            revision=report.revision,
            returned_on=day,
            correction_due_on=rules.correction_due_day(edition, day).day,
            returned_by=principal.account_id,
            reasons=dict(wanted.reasons),
            comments=dict(wanted.comments),
        )
    )
    data = state_of(report, tuple(f"{field}:{reason}" for field, reason in sorted(wanted.reasons.items())))
    await tell(session, ec.ReportReturned, report, data, EventContext.of(principal, day), ("quarterly.correction",))
    return report


async def accept_report(
    session: AsyncSession, principal: Principal, report_id: UUID, accepted_on: date | None, if_match: str | None
) -> QuarterlyReport:
    """Accept a submitted report: from now on it counts for the evaluation and changes by correction only."""
    report = await _under_review(session, principal, report_id, if_match)
    await hold_open_period(session, report.year)
    day = _on_or_after_submission(report, effective_date(principal, accepted_on))
    await hold_score(session, report)
    report.status = "accepted"
    report.accepted_on, report.accepted_by, report.accepted_at = day, principal.account_id, utcnow()
    context = EventContext.of(principal, day)
    await tell(session, ec.ReportAccepted, report, state_of(report), context, ("quarterly.complete",))
    return report


def _taken(edition: Edition, version: int, sent: Values, *, printed: bool) -> dict[str, JsonValue]:
    """Values as they are stored; `printed` ones were given in the units of the printed form."""
    return validated(edition, version, in_yuan(edition.report_form, sent) if printed else sent)


async def _under_review(
    session: AsyncSession, principal: Principal, report_id: UUID, if_match: str | None
) -> QuarterlyReport:
    report = await find_report(session, principal, report_id, lock=True)
    honour_match(if_match, report.version)
    require_status(report.status, rules.UNDER_REVIEW)
    if report.submitted_by == principal.account_id:
        raise four_eyes_required()
    return report


def _on_or_after_submission(report: QuarterlyReport, day: date) -> date:
    if report.submitted_on is not None and day < report.submitted_on:
        raise DomainError("date-before-step", 409, params={"day": day, "earliest": report.submitted_on})
    return day


def _check_period(centre: AnyRow, wanted: NewReport, today: date) -> None:
    first, last = rules.first_day(wanted.year, wanted.quarter), rules.last_day(wanted.year, wanted.quarter)
    if today < first:
        raise DomainError("quarter-not-begun", 409, params={"first_day": first})
    listed_on: date | None = centre.listed_on
    if listed_on is None or listed_on > last:
        raise DomainError("centre-not-listed-in-quarter", 409, params={"listed_on": listed_on, "last_day": last})
    _require_still_listed(centre, last)


def _require_still_listed(centre: AnyRow, last: date) -> None:
    left = rules.left_on(centre.delisted_on, centre.withdrawn_on)
    if left is not None and left <= last:
        raise DomainError("centre-left-in-quarter", 409, params={"left_on": left, "last_day": last})


async def _refuse_second(session: AsyncSession, wanted: NewReport) -> None:
    known = await session.scalar(
        select(QuarterlyReport.no).where(
            QuarterlyReport.centre_id == wanted.centre_id,
            QuarterlyReport.year == wanted.year,
            QuarterlyReport.quarter == wanted.quarter,
        )
    )
    if known is not None:
        raise DomainError("report-exists", 409, params={"no": known})


def _require_over(report: QuarterlyReport, today: date) -> None:
    last = rules.last_day(report.year, report.quarter)
    if today <= last:
        raise DomainError("quarter-not-over", 409, params={"last_day": last})
