"""Correcting an accepted report: asked for by one person, approved by another, a new version that scores see."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.refusals import require_status
from services.evaluation.reports import rules
from services.evaluation.reports.correction_schemas import NewCorrection
from services.evaluation.reports.form import changed_fields, in_yuan, validated
from services.evaluation.reports.judging import (
    Content,
    completed_on,
    content_of,
    enough_on,
    merged_explanations,
    require_submittable,
)
from services.evaluation.reports.lines import Line, validated_lines
from services.evaluation.reports.models import QuarterlyReport, ReportCorrection
from services.evaluation.reports.period import hold_score, hold_unsigned_period
from services.evaluation.reports.queries import find_report
from services.evaluation.reports.stays import tenants_of, with_changes
from services.evaluation.reports.telling import state_of, tell, told_fields
from services.evaluation.reports.versions import Before, judge, revision_of
from shared.auth.principal import Principal
from shared.clock import effective_date, utcnow
from shared.errors import DomainError, four_eyes_required, not_found
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.policy.edition import Edition, Editions

_RULES = ("quarterly.correction",)


async def request_correction(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    report_id: UUID,
    wanted: NewCorrection,
    if_match: str | None,
) -> ReportCorrection:
    """Ask for a change of an accepted report; one request at a time. The numbers are checked now, so that nobody
    approves what could not be submitted.

    Raises 409 `correction-changes-nothing`, `correction-requested-already`, and what submitting would raise.
    """
    report = await find_report(session, principal, report_id, lock=True)
    honour_match(if_match, report.version)
    require_status(report.status, rules.ACCEPTED)
    await _refuse_second(session, report.id)
    edition = editions.get(report.edition)
    sent = in_yuan(edition.report_form, wanted.form) if wanted.printed else wanted.form
    values = validated(edition, report.form_version, sent)
    differing = changed_fields(report.form, {**report.form, **values})
    changed = {name: value for name, value in values.items() if name in differing}
    lines = await _lines(session, edition, report, wanted)
    if not changed and lines is None:
        raise DomainError("correction-changes-nothing", 409)
    known, version = report.explanations, report.form_version
    new_lines = report.lines if lines is None else lines
    explanations = merged_explanations(edition, version, known, wanted.explanations, new_lines)
    await require_submittable(session, edition, report, Content({**report.form, **changed}, new_lines, explanations))
    correction = ReportCorrection(
        report_id=report.id,
        of_revision=report.revision,
        form=changed,
        lines=lines,
        explanations=explanations,
        reason=wanted.reason,
        statement=wanted.statement,
        requested_on=principal.today,
        requested_by=principal.account_id,
    )
    session.add(correction)
    await session.flush()
    data = state_of(report, (wanted.reason,), told_fields(changed, lines is not None))
    await tell(session, ec.ReportCorrectionRequested, report, data, EventContext.of(principal), _RULES)
    return correction


async def _lines(
    session: AsyncSession, edition: Edition, report: QuarterlyReport, wanted: NewCorrection
) -> list[Line] | None:
    """All lines as they are to be; None where the correction changes none."""
    changes = validated_lines(edition, report.form_version, wanted.lines, printed=wanted.printed)
    if not changes:
        return None
    tenants = await tenants_of(session, report.centre_id, report.year, report.quarter, changes)
    lines = with_changes(report.lines or [], changes, tenants)
    return lines if lines != report.lines else None


async def approve_correction(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    report_id: UUID,
    correction_id: UUID,
    decided_on: date | None,
) -> QuarterlyReport:
    """The corrected version is the accepted one from now on; those before are kept, lateness stays what it was.

    Raises 409 `results-signed` while the year's results are signed and not all published.
    """
    await find_report(session, principal, report_id)
    await hold_unsigned_period(session, report_id)
    report, correction, day = await _decidable(session, principal, report_id, correction_id, decided_on)
    edition = editions.get(report.edition)
    before = Before(await completed_on(session, report), await enough_on(session, edition, report))
    report.form = {**report.form, **correction.form}
    report.lines = report.lines if correction.lines is None else correction.lines
    report.explanations = correction.explanations
    registry = await require_submittable(session, edition, report, content_of(report), with_reasons=False)
    await hold_score(session, report)
    report.revision += 1
    report.submitted_on, report.submitted_by = correction.requested_on, correction.requested_by
    report.accepted_on, report.accepted_by, report.accepted_at = day, principal.account_id, utcnow()
    session.add(revision_of(edition, report, judge(edition, report, before), registry))
    _decide(correction, "approved", principal, day)
    correction.revision = report.revision
    data = state_of(report, (correction.reason,), told_fields(correction.form, correction.lines is not None))
    await tell(session, ec.ReportCorrected, report, data, EventContext.of(principal, day), _RULES)
    return report


async def refuse_correction(
    session: AsyncSession,
    principal: Principal,
    report_id: UUID,
    correction_id: UUID,
    answer: str,
    decided_on: date | None,
) -> QuarterlyReport:
    """The report stays as it is."""
    report, correction, day = await _decidable(session, principal, report_id, correction_id, decided_on)
    _decide(correction, "refused", principal, day)
    correction.answer = answer
    data = state_of(report, (correction.reason,), told_fields(correction.form, correction.lines is not None))
    await tell(session, ec.ReportCorrectionRefused, report, data, EventContext.of(principal, day), _RULES)
    return report


async def corrections_of(session: AsyncSession, report_id: UUID) -> list[ReportCorrection]:
    """All of a report, oldest first."""
    query = select(ReportCorrection).where(ReportCorrection.report_id == report_id).order_by(ReportCorrection.id)
    return list(await session.scalars(query))


async def _decidable(
    session: AsyncSession, principal: Principal, report_id: UUID, correction_id: UUID, decided_on: date | None
) -> tuple[QuarterlyReport, ReportCorrection, date]:
    report = await find_report(session, principal, report_id, lock=True)
    query = select(ReportCorrection).where(
        ReportCorrection.id == correction_id, ReportCorrection.report_id == report.id
    )
    correction = await session.scalar(query.execution_options(populate_existing=True))
    if correction is None:
        raise not_found("report_correction")
    require_status(correction.status, rules.CORRECTION_STATUSES[:1])
    if correction.requested_by == principal.account_id:
        raise four_eyes_required()
    day = effective_date(principal, decided_on)
    if day < correction.requested_on:
        raise DomainError("date-before-step", 409, params={"day": day, "earliest": correction.requested_on})
    return report, correction, day


def _decide(correction: ReportCorrection, status: str, principal: Principal, day: date) -> None:
    correction.status, correction.decided_by, correction.decided_on = status, principal.account_id, day


async def _refuse_second(session: AsyncSession, report_id: UUID) -> None:
    query = select(ReportCorrection.id).where(
        ReportCorrection.report_id == report_id, ReportCorrection.status == "requested"
    )
    if await session.scalar(query) is not None:
        raise DomainError("correction-requested-already", 409)
