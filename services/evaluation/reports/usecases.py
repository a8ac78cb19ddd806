"""What happens to a quarterly report: drafted, edited, submitted, returned, corrected, accepted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import AnyRow
from services.evaluation.centres import await_centre, hold_reporting_centre
from services.evaluation.refusals import require_known, require_passed, require_status
from services.evaluation.reports import rules
from services.evaluation.reports.form import FIELDS, QuarterlyForm, missing_fields
from services.evaluation.reports.models import QuarterlyReport, ReportReturn, ReportRevision
from services.evaluation.reports.queries import find_report
from services.evaluation.reports.schemas import NewReport
from shared.auth.principal import Principal
from shared.clock import effective_date, utcnow
from shared.errors import DomainError, four_eyes_required
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match, require_match
from shared.ids import next_case_no
from shared.policy.decision import combine
from shared.policy.edition import Edition, Editions


async def draft_report(
    session: AsyncSession, principal: Principal, editions: Editions, wanted: NewReport
) -> QuarterlyReport:
    """Open the draft of a quarter that has begun, for an own centre that owes it. A quarter has one report."""
    await await_centre(session, wanted.centre_id)
    centre = await hold_reporting_centre(session, wanted.centre_id, principal.org)
    edition = editions.require_in_force(rules.last_day(wanted.year, wanted.quarter))
    _check_levels(edition, wanted.form)
    _check_period(centre, wanted, principal.today)
    await _refuse_second(session, wanted)
    report = QuarterlyReport(
        no=await next_case_no(session, "QR", wanted.year),
        centre_id=wanted.centre_id,
        year=wanted.year,
        quarter=wanted.quarter,
        edition=edition.id,
        due_on=rules.due_day(edition, wanted.year, wanted.quarter).day,
        form=wanted.form.stored(),
        version=0,
    )
    session.add(report)
    await session.flush()
    await _tell(session, ec.ReportDrafted, report, state_of(report), EventContext.of(principal), ("quarterly.due",))
    return report


async def edit_report(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    report_id: UUID,
    change: QuarterlyForm,
    if_match: str | None,
) -> QuarterlyReport:
    """Change fields of a draft or of a returned report."""
    report = await find_report(session, principal, report_id, lock=True)
    require_match(if_match, report.version)
    require_status(report.status, rules.EDITABLE)
    _check_levels(editions.get(report.edition), change)
    stored = change.stored()
    report.form = {**report.form, **stored}
    data = state_of(report, changed_fields=tuple(sorted(stored)))
    await _tell(session, ec.ReportEdited, report, data, EventContext.of(principal), ("quarterly.complete",))
    return report


async def submit_report(
    session: AsyncSession, principal: Principal, editions: Editions, report_id: UUID, if_match: str | None
) -> QuarterlyReport:
    """Hand in the form as it is, for the first time or corrected; kept as a version for good."""
    centre_id = (await find_report(session, principal, report_id)).centre_id
    centre = await hold_reporting_centre(session, centre_id, principal.org)
    report = await find_report(session, principal, report_id, lock=True)
    honour_match(if_match, report.version)
    require_status(report.status, rules.EDITABLE)
    edition = editions.get(report.edition)
    today = principal.today
    _require_over(report, today)
    _require_still_listed(centre, rules.last_day(report.year, report.quarter))
    form = QuarterlyForm.model_validate(report.form)
    require_passed(rules.decide_consistent(edition, form, centre.total_area_m2))
    report.revision += 1
    report.status = "submitted"
    report.submitted_on, report.submitted_by = today, principal.account_id
    report.first_submitted_on = report.first_submitted_on or today
    in_time = rules.decide_in_time(edition, report.due_on, report.first_submitted_on)
    judged = combine(in_time, rules.decide_complete(edition, form))
    report.late = not in_time.passed
    session.add(
        ReportRevision(
            report_id=report.id,
            revision=report.revision,
            form=report.form,
            filled=len(FIELDS) - len(missing_fields(form)),
            fields=len(FIELDS),
            submitted_on=today,
            submitted_by=principal.account_id,
            decision=judged.to_json(),
        )
    )
    await _tell(session, ec.ReportSubmitted, report, state_of(report), EventContext.of(principal), judged.rules)
    return report


async def return_report(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    report_id: UUID,
    reasons: dict[str, str],
    returned_on: date | None,
    if_match: str | None,
) -> QuarterlyReport:
    """Send a submitted report back with a reason for each field in doubt; the term for correction begins."""
    report = await _under_review(session, principal, report_id, if_match)
    require_known("reasons", reasons, FIELDS)
    day = _on_or_after_submission(report, effective_date(principal, returned_on))
    edition = editions.get(report.edition)
    report.status = "returned"
    session.add(
        ReportReturn(
            report_id=report.id,
            revision=report.revision,
            returned_on=day,
            correction_due_on=rules.correction_due_day(edition, day).day,
            returned_by=principal.account_id,
            reasons=reasons,
        )
    )
    data = state_of(report, tuple(f"{field}:{reason}" for field, reason in sorted(reasons.items())))
    await _tell(session, ec.ReportReturned, report, data, EventContext.of(principal, day), ("quarterly.correction",))
    return report


async def accept_report(
    session: AsyncSession, principal: Principal, report_id: UUID, accepted_on: date | None, if_match: str | None
) -> QuarterlyReport:
    """Accept a submitted report: from now on it counts for the evaluation and is not changed."""
    report = await _under_review(session, principal, report_id, if_match)
    day = _on_or_after_submission(report, effective_date(principal, accepted_on))
    report.status = "accepted"
    report.accepted_on, report.accepted_by, report.accepted_at = day, principal.account_id, utcnow()
    context = EventContext.of(principal, day)
    await _tell(session, ec.ReportAccepted, report, state_of(report), context, ("quarterly.complete",))
    return report


async def _tell(
    session: AsyncSession,
    event_type: EventType[ec.ReportState],
    report: QuarterlyReport,
    data: ec.ReportState,
    context: EventContext,
    applied: Sequence[str],
) -> None:
    await outbox.append(session, event_type, report, data, context=context, rules=applied, edition=report.edition)


def state_of(
    report: QuarterlyReport, reason_codes: tuple[str, ...] = (), changed_fields: tuple[str, ...] = ()
) -> ec.ReportState:
    """The report as its events tell it."""
    return ec.ReportState(
        id=report.id,
        no=report.no,
        centre_id=report.centre_id,
        year=report.year,
        quarter=report.quarter,
        status=report.status,
        due_on=report.due_on,
        submitted_on=report.submitted_on,
        late=report.late,
        revision=report.revision,
        reason_codes=reason_codes,
        changed_fields=changed_fields,
    )


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


def _check_levels(edition: Edition, form: QuarterlyForm) -> None:
    require_known("form.events_by_level", form.events_by_level or (), edition.activities.levels)


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
