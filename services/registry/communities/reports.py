"""A yearly self-report: drafted by the base, handed in, judged by the division, seen by the city (4.4-1)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.rules import require_state
from services.registry.changes import put, unchanged
from services.registry.communities import rules
from services.registry.communities.models import Community, CommunityReport
from services.registry.communities.queries import author_scope, base_scope, judge_scope, lock_report, papers_of
from services.registry.communities.schemas import AmendReport, CommunityReportOut, DraftReport, ElementIn
from services.registry.policy import edition_at, edition_of_case, require_known, require_passed
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import CaseStep, require_four_eyes, step_day
from shared.auth.principal import Principal
from shared.errors import DomainError, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match, require_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Editions

RULES: Final = ("communities.report",)
FOUR_EYES: Final = ("communities.report", "communities.four_eyes")


def report_out(editions: Editions, report: CommunityReport) -> CommunityReportOut:
    """The report, with what it still lacks and whether it came late."""
    edition = edition_of_case(editions, report.edition, report.due_on)
    missing = rules.missing_elements(edition, _texts(report), _papers(report))
    if report.resident_jobs is None:
        missing.append("resident_jobs")
    told = {"missing": missing, "late": _late(report), "remark": None}
    fields = set(CommunityReportOut.model_fields) - set(told)
    return CommunityReportOut.model_validate({**{name: getattr(report, name) for name in fields}, **told})


async def draft_report(
    session: AsyncSession, editions: Editions, principal: Principal, sent: DraftReport
) -> CommunityReport:
    """Begin the report of a year in which the community was open. Raises 404, 409 `community-year-not-open`,
    `community-report-exists`."""
    community = await session.scalar(
        select(Community)
        .where(Community.id == sent.community_id, base_scope(principal))
        .with_for_update(read=True, of=Community)
    )
    if community is None:
        raise not_found("community")
    begun = community.opened_on is not None and community.opened_on.year <= sent.year <= principal.today.year
    if not begun or (community.closed_on is not None and community.closed_on.year < sent.year):
        raise DomainError("community-year-not-open", 409, params={"year": sent.year}, clauses=["4.4-1"])
    edition = edition_at(editions, principal.today)
    new = insert(CommunityReport).values(
        id=uuid7(),
        version=0,
        community_id=community.id,
        centre_id=community.base_centre_id,
        year=sent.year,
        status=rules.DRAFT,
        elements={},
        due_on=rules.report_due_on(edition, sent.year),
        drafted_by=principal.account_id,
        edition=edition.id,
        no=await next_case_no(session, "CR", principal.today.year),
    )
    added = new.on_conflict_do_nothing(index_elements=["community_id", "year"]).returning(CommunityReport)
    report: CommunityReport | None = await session.scalar(added)
    if report is None:
        raise DomainError("community-report-exists", 409, params={"year": sent.year}, clauses=["4.4-1"])
    await _record(session, rc.CommunityReportDrafted, report, EventContext.of(principal))
    return report


async def amend_report(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    report_id: UUID,
    sent: AmendReport,
    *,
    if_match: str | None,
) -> CommunityReport:
    """Fill in elements and jobs of a draft. Raises 422 for an element the edition does not have or an unknown paper."""
    report = await lock_report(session, author_scope(principal), report_id)
    require_match(if_match, report.version)
    require_state(report.status, rules.EDITABLE)
    if sent.elements is not None:
        known = edition_of_case(editions, report.edition, report.due_on).communities.elements.value
        require_known("elements", sent.elements, known)
        papers = await papers_of(session, report.id)
        for element, content in sent.elements.items():
            if set(content.evidence_ids) - papers:
                raise PayloadInvalid.at(f"elements.{element}.evidence_ids", "unknown_document")
        put(report, "elements", {**report.elements, **{name: _kept(one) for name, one in sent.elements.items()}})
    if sent.resident_jobs is not None:
        put(report, "resident_jobs", sent.resident_jobs)
    if unchanged(session, report):
        return report
    await _record(session, rc.CommunityReportAmended, report, EventContext.of(principal))
    return report


async def submit_report(
    session: AsyncSession, editions: Editions, principal: Principal, report_id: UUID, *, if_match: str | None
) -> CommunityReport:
    """Hand it in. Raises 409 `community-report-incomplete` naming what is missing."""
    report = await lock_report(session, author_scope(principal), report_id)
    honour_match(if_match, report.version)
    require_state(report.status, rules.EDITABLE)
    edition = edition_of_case(editions, report.edition, report.due_on)
    shelf = await papers_of(session, report.id)
    missing = rules.missing_elements(edition, _texts(report), _papers(report, shelf))
    require_passed(rules.decide_complete(edition, missing, report.resident_jobs))
    day = step_day(principal, None, after=None)
    report.status, report.reason_code = rules.SUBMITTED, None
    report.submitted_by, report.submitted_on = principal.account_id, day
    report.first_submitted_on = report.first_submitted_on or day
    await _record(session, rc.CommunityReportSubmitted, report, EventContext.of(principal, day))
    return report


async def return_report(
    session: AsyncSession, editions: Editions, principal: Principal, report_id: UUID, step: CaseStep
) -> CommunityReport:
    """The division sends it back, with a reason of the edition (422)."""
    report = await lock_report(session, judge_scope(principal), report_id)
    honour_match(step.if_match, report.version)
    require_state(report.status, (rules.SUBMITTED,))
    known = edition_at(editions, principal.today).communities.return_reasons
    require_known("reason_code", [step.reason_code or ""], known)
    report.status, report.reason_code = rules.RETURNED, step.reason_code
    await _record(session, rc.CommunityReportReturned, report, EventContext.of(principal), remark=step.remark)
    return report


async def accept_report(
    session: AsyncSession, principal: Principal, report_id: UUID, step: CaseStep
) -> CommunityReport:
    """The division accepts it. Raises 403 `four-eyes-required` for whoever wrote or handed it in."""
    report = await lock_report(session, judge_scope(principal), report_id)
    honour_match(step.if_match, report.version)
    require_state(report.status, (rules.SUBMITTED,))
    require_four_eyes(principal, report.drafted_by, report.submitted_by)
    day = step_day(principal, step.on, after=report.submitted_on)
    report.status = rules.ACCEPTED
    report.accepted_by, report.accepted_on = principal.account_id, day
    await _record(session, rc.CommunityReportAccepted, report, EventContext.of(principal, day), cited=FOUR_EYES)
    return report


async def see_report(session: AsyncSession, principal: Principal, report_id: UUID, step: CaseStep) -> CommunityReport:
    """The city takes note of an accepted report."""
    report = await lock_report(session, CommunityReport.status != rules.DRAFT, report_id)
    honour_match(step.if_match, report.version)
    require_state(report.status, (rules.ACCEPTED,))
    day = step_day(principal, step.on, after=report.accepted_on)
    report.status = rules.SEEN
    report.seen_by, report.seen_on = principal.account_id, day
    await _record(session, rc.CommunityReportSeen, report, EventContext.of(principal, day))
    return report


def _kept(content: ElementIn) -> dict[str, JsonValue]:
    figure = None if content.figure is None else str(content.figure)
    return {"text": content.text, "figure": figure, "evidence_ids": [str(paper) for paper in content.evidence_ids]}


def _texts(report: CommunityReport) -> Mapping[str, str | None]:
    return {name: str(content["text"]) if content.get("text") else None for name, content in report.elements.items()}


def _evidence(content: Mapping[str, JsonValue]) -> list[UUID]:
    ids = content.get("evidence_ids")
    return [UUID(str(paper)) for paper in ids] if isinstance(ids, list) else []


def _papers(report: CommunityReport, shelf: set[UUID] | None = None) -> Mapping[str, int]:
    """How many papers each element names; with `shelf`, of those that are still there."""
    named = {name: set(_evidence(content)) for name, content in report.elements.items()}
    return {name: len(ids if shelf is None else ids & shelf) for name, ids in named.items()}


def _late(report: CommunityReport) -> bool | None:
    return None if report.first_submitted_on is None else report.first_submitted_on > report.due_on


def _element_state(content: Mapping[str, JsonValue]) -> rc.ElementState:
    figure = content.get("figure")
    return rc.ElementState(
        figure=None if figure is None else Decimal(str(figure)), evidence_ids=tuple(_evidence(content))
    )


async def _record(
    session: AsyncSession,
    event_type: EventType[rc.CommunityReportState],
    report: CommunityReport,
    context: EventContext,
    *,
    cited: tuple[str, ...] = RULES,
    remark: str | None = None,
) -> None:
    remark_hash = await keep_remark(session, report.id, step=report.status, text=remark, written_by=context.actor)
    division = await session.scalar(select(Community.division).where(Community.id == report.community_id))
    given = {"elements", "division", "late", "remark_hash"}
    state = rc.CommunityReportState(
        **{name: getattr(report, name) for name in set(rc.CommunityReportState.model_fields) - given},
        division=division or "",
        elements={name: _element_state(content) for name, content in report.elements.items()},
        late=_late(report),
        remark_hash=remark_hash,
    )
    await outbox.append(session, event_type, report, state, context=context, rules=cited, edition=report.edition)
