"""A use report is handed in by the operator, and accepted or returned by an officer who is another person (3.1-4)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.grants import states as grant_states
from services.finance.grants.cases import Case, Step, day_of, open_case
from services.finance.grants.rules import decide_four_eyes
from services.finance.grants.schemas import StepRequest
from services.finance.use_reports.models import UseReport
from services.finance.use_reports.queries import figures_at, find_report
from services.finance.use_reports.rules import (
    Figures,
    Indicator,
    band_of,
    decide_figures,
    decide_in_time,
    decide_performance,
    decide_report_time,
    due_day,
    total,
)
from services.finance.use_reports.schemas import UseReportIn, UseReportReturn
from services.finance.use_reports.states import ACCEPTED, RETURNED, SUBMITTED
from shared.errors import DomainError, invalid_transition
from shared.events import outbox
from shared.events.contracts.finance.grant_years import (
    UseReportAccepted,
    UseReportReturned,
    UseReportState,
    UseReportSubmitted,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition
from shared.refusals import require_passed


async def submit_report(session: AsyncSession, sent: UseReportIn, *, step: Step) -> UseReport:
    """Hand in the report on a year of the grant, for the first time or after it was returned.

    Raises 409 `use-report-too-early`, `use-report-other-year`, `use-report-figures-differ`,
    `performance-weights-not-100`, `performance-score-above-weight`, `use-report-handed-in`.
    """
    case = await open_case(session, step, *grant_states.PAID_OUT)
    grant, edition = case.grant, case.edition
    assert grant.paid_on is not None, "a grant that was paid has the day"
    day = day_of(step, sent.submitted_on, not_before=grant.paid_on)
    timely = decide_report_time(edition, year=sent.year, day=day, paid_on=grant.paid_on, ended_on=grant.ended_on)
    decision = combine(require_passed(timely), await _decide_contents(session, case, sent))
    query = select(UseReport).where(UseReport.grant_id == grant.id, UseReport.year == sent.year)
    report = await session.scalar(query.with_for_update())
    if report is None:
        report = _new_report(case, sent.year, day)
        report.no = await next_case_no(session, "UR", day.year)
        session.add(report)
    elif report.status != RETURNED:
        raise DomainError("use-report-handed-in", 409, params={"year": sent.year, "status": report.status})
    decision = combine(decision, decide_in_time(edition, due_on=report.due_on, day=report.first_submitted_on))
    _fill(report, sent, edition)
    report.status, report.submission = SUBMITTED, report.submission + 1
    report.submitted_on, report.submitted_by = day, step.principal.account_id
    report.decided_on = report.decided_by = report.reason_code = None
    report.decision = decision.to_json()
    await _record(session, UseReportSubmitted, report, EventContext.of(step.principal, day), decision)
    return report


async def accept_report(session: AsyncSession, report_id: UUID, sent: StepRequest, *, step: Step) -> UseReport:
    """Another person accepts it, if its figures still agree. Raises 403 `four-eyes-required`, 409
    `use-report-figures-differ`."""
    case, report, day, four_eyes = await _open(session, report_id, sent, step, SUBMITTED)
    reported = Figures(**{name: getattr(report, name) for name in Figures.__dataclass_fields__})
    agreed = require_passed(await _decide_figures(session, case, report.year, reported))
    report.status, report.decided_on, report.decided_by = ACCEPTED, day, step.principal.account_id
    context, decision = EventContext.of(step.principal, day), combine(four_eyes, agreed)
    await _record(session, UseReportAccepted, report, context, decision)
    return report


async def return_report(session: AsyncSession, report_id: UUID, sent: UseReportReturn, *, step: Step) -> UseReport:
    """Another person returns it, also after it was accepted, where the books have to be completed: it counts as not
    handed in until it comes again. Raises 403 `four-eyes-required`."""
    _, report, day, decision = await _open(session, report_id, sent, step, SUBMITTED, ACCEPTED)
    report.status, report.decided_on, report.decided_by = RETURNED, day, step.principal.account_id
    report.reason_code = sent.reason_code
    await _record(session, UseReportReturned, report, EventContext.of(step.principal, day), decision)
    return report


async def _open(
    session: AsyncSession, report_id: UUID, sent: StepRequest, step: Step, *from_states: str
) -> tuple[Case, UseReport, date, Decision]:
    """Lock centre, grant and report, in this order. Raises 404, 412, 403, 409 `invalid-transition`."""
    found = await find_report(session, report_id, principal=step.principal)
    own = Step(found.grant_id, step.principal, step.editions)
    case = await open_case(session, own, *grant_states.PAID_OUT)
    report = await session.get_one(UseReport, report_id, with_for_update=True, populate_existing=True)
    honour_match(step.if_match, report.version)
    if report.status not in from_states:
        raise invalid_transition(report.status, from_states)
    day = day_of(own, sent.decided_on, not_before=report.decided_on or report.submitted_on)
    handled_by = {"submitted": report.submitted_by}
    decision = decide_four_eyes(case.edition, step.principal.account_id, handled_by)
    return case, report, day, require_passed(decision, 403)


async def _decide_contents(session: AsyncSession, case: Case, sent: UseReportIn) -> Decision:
    figures = Figures(**sent.figures.model_dump())
    agreed = require_passed(await _decide_figures(session, case, sent.year, figures))
    if not sent.indicators:
        return agreed
    return combine(agreed, require_passed(decide_performance(case.edition, _indicators(sent))))


async def _decide_figures(session: AsyncSession, case: Case, year: int, reported: Figures) -> Decision:
    kept = await figures_at(session, case.grant, date(year, 12, 31))
    return decide_figures(case.edition, sent=reported, kept=kept)


def _indicators(sent: UseReportIn) -> list[Indicator]:
    return [Indicator(indicator.weight, indicator.score) for indicator in sent.indicators]


def _new_report(case: Case, year: int, day: date) -> UseReport:
    grant, due = case.grant, due_day(case.edition, year)
    return UseReport(
        id=uuid7(),
        version=0,
        grant_id=grant.id,
        centre_id=grant.centre_id,
        fiscal_year=grant.fiscal_year,
        year=year,
        edition=grant.edition,
        due_on=due,
        late=day > due,
        first_submitted_on=day,
        submission=0,
    )


def _fill(report: UseReport, sent: UseReportIn, edition: Edition) -> None:
    for name, amount in sent.figures.model_dump().items():
        setattr(report, name, amount)
    report.statement = sent.statement
    report.indicators = [indicator.model_dump(mode="json") for indicator in sent.indicators] or None
    score: Decimal | None = total(_indicators(sent)) if sent.indicators else None
    report.score, report.band = score, None if score is None else band_of(edition, score)


async def _record(
    session: AsyncSession,
    event_type: EventType[UseReportState],
    report: UseReport,
    context: EventContext,
    decision: Decision,
) -> None:
    state = UseReportState.model_validate(report, from_attributes=True)
    rules = decision.rules
    await outbox.append(session, event_type, report, state, context=context, rules=rules, edition=report.edition)
