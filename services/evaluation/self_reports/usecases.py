"""A centre writes its self-report, hands it in, and corrects what comes back."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.cycles.phases import decide_self_report_open
from services.evaluation.cycles.publication import hold_cycle
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.evaluations.rules import MARKABLE
from services.evaluation.evidence.queries import evidence_by_indicator, find_file
from services.evaluation.evidence.usecases import hold_own
from services.evaluation.refusals import require_known, require_passed, require_status
from services.evaluation.rubrics.pinning import pinned_edition
from services.evaluation.self_reports.models import SelfReport, SelfReportRevision
from services.evaluation.self_reports.schemas import SelfReportReturn, Statements
from shared.auth.principal import Principal
from shared.errors import DomainError, four_eyes_required, not_found
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match, require_match
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Edition, Editions

_WRITABLE: Final = ("draft", "returned")


async def draft(
    session: AsyncSession, principal: Principal, editions: Editions, evaluation_id: UUID, sent: Statements
) -> SelfReport:
    """Begin the self-report of a centre's year, of which there is one."""
    cycle, evaluation = await hold_own(session, principal, evaluation_id)
    edition = await _require_open(session, principal, editions, cycle, None)
    if await of_evaluation(session, evaluation_id) is not None:
        raise DomainError("self-report-exists", 409)
    report = SelfReport(
        id=uuid7(),
        no=await next_case_no(session, "SR", evaluation.year),
        version=0,
        cycle_id=cycle.id,
        evaluation_id=evaluation_id,
        centre_id=evaluation.centre_id,
        status="draft",
        statements=_merged(edition, {}, sent),
        revision=0,
        late=False,
    )
    session.add(report)
    await session.flush()
    await _tell(session, ec.SelfReportDrafted, report, edition, EventContext.of(principal))
    return report


async def edit(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    evaluation_id: UUID,
    sent: Statements,
    if_match: str | None,
) -> SelfReport:
    """Change statements of a draft or of what was returned."""
    cycle, _ = await hold_own(session, principal, evaluation_id)
    report = await _locked(session, evaluation_id)
    require_match(if_match, report.version)
    edition = await _require_open(session, principal, editions, cycle, report)
    require_status(report.status, _WRITABLE)
    report.statements = _merged(edition, report.statements, sent)
    await _tell(session, ec.SelfReportEdited, report, edition, EventContext.of(principal))
    return report


async def submit(
    session: AsyncSession, principal: Principal, editions: Editions, evaluation_id: UUID, if_match: str | None
) -> SelfReport:
    """Hand it in with a statement for each dimension; late if the first time is after the last day."""
    cycle, _ = await hold_own(session, principal, evaluation_id)
    report = await _locked(session, evaluation_id)
    honour_match(if_match, report.version)
    edition = await _require_open(session, principal, editions, cycle, report)
    require_status(report.status, _WRITABLE)
    if missing := missing_statements(edition, report.statements):
        raise DomainError("self-report-incomplete", 409, params={"missing": missing})
    day = principal.today
    if report.first_submitted_on is None:
        report.first_submitted_on = day
        report.late = cycle.self_report_due_on is not None and day > cycle.self_report_due_on
    report.status, report.revision = "submitted", report.revision + 1
    report.submitted_on, report.submitted_by = day, principal.account_id
    report.returned_by = None
    given = await evidence_by_indicator(session, evaluation_id)
    evidence: dict[str, JsonValue] = {name: [str(found) for found in ids] for name, ids in given.items()}
    session.add(
        SelfReportRevision(
            self_report_id=report.id,
            revision=report.revision,
            statements=report.statements,
            evidence=evidence,
            submitted_on=day,
            submitted_by=principal.account_id,
        )
    )
    await session.flush()
    await _tell(session, ec.SelfReportSubmitted, report, edition, EventContext.of(principal))
    return report


async def send_back(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    evaluation_id: UUID,
    sent: SelfReportReturn,
    if_match: str | None,
) -> SelfReport:
    """An officer returns it for correction, as long as the term lasts."""
    cycle_id = (await find_file(session, principal, evaluation_id)).cycle_id
    cycle = await hold_cycle(session, cycle_id)
    report = await _locked(session, evaluation_id)
    honour_match(if_match, report.version)
    edition = await _require_open(session, principal, editions, cycle, report)
    require_status(report.status, ("submitted",))
    if report.submitted_by == principal.account_id:
        raise four_eyes_required()
    report.status = "returned"
    report.returned_on, report.returned_by = principal.today, principal.account_id
    report.return_reason, report.return_comment = sent.reason, sent.comment
    await _tell(session, ec.SelfReportReturned, report, edition, EventContext.of(principal))
    return report


async def of_evaluation(session: AsyncSession, evaluation_id: UUID) -> SelfReport | None:
    """The self-report of a centre's year, if there is one."""
    return await session.scalar(select(SelfReport).where(SelfReport.evaluation_id == evaluation_id))


async def find_report(session: AsyncSession, evaluation: Evaluation) -> SelfReport:
    """Of an evaluation that the caller may read. Raises 404."""
    report = await of_evaluation(session, evaluation.id)
    if report is None:
        raise not_found("self_report")
    return report


async def _locked(session: AsyncSession, evaluation_id: UUID) -> SelfReport:
    query = select(SelfReport).where(SelfReport.evaluation_id == evaluation_id).with_for_update()
    report = await session.scalar(query.execution_options(populate_existing=True))
    if report is None:
        raise not_found("self_report")
    return report


def missing_statements(edition: Edition, statements: dict[str, JsonValue]) -> list[str]:
    """Dimensions that nothing is said about."""
    return [name for name in edition.rubric.dimensions if name not in statements]


def _merged(edition: Edition, known: dict[str, JsonValue], sent: Statements) -> dict[str, JsonValue]:
    require_known("statements", sent.statements, edition.rubric.dimensions)
    return {name: said for name, said in {**known, **sent.statements}.items() if said is not None}


async def _require_open(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    cycle: EvaluationCycle,
    report: SelfReport | None,
) -> Edition:
    require_status(cycle.status, MARKABLE)
    edition = await pinned_edition(session, editions, cycle.edition, cycle.rubric_id, cycle.year)
    status = "draft" if report is None else report.status
    require_passed(decide_self_report_open(edition, cycle.self_report_due_on, status, principal.today))
    return edition


async def _tell(
    session: AsyncSession,
    happened: EventType[ec.SelfReportState],
    report: SelfReport,
    edition: Edition,
    context: EventContext,
) -> None:
    state = ec.SelfReportState(**{name: getattr(report, name) for name in ec.SelfReportState.model_fields})
    rules = ("evaluation.self_report",)
    await outbox.append(session, happened, report, state, context=context, rules=rules, edition=edition.id)
