"""Putting a case on public notice, taking and answering objections, and asking whether it may be decided.

A case is named by its kind, the plural of its address (`centres`, `qualification-applications`), and its id. The use
case that announces or decides holds the case's row FOR UPDATE.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS
from services.registry.notices.models import NoticeObjection, PublicNotice
from services.registry.notices.queries import lock_notice, tally
from services.registry.notices.schemas import AnswerObjection, RecordObjection
from services.registry.notices.subjects import FindSubject
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import step_day
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import uuid7
from shared.policy import public_notices as rules
from shared.policy.decision import Decision, plain
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed


async def open_notice(
    session: AsyncSession, principal: Principal, edition: Edition, kind: str, subject_id: UUID, starts_on: date
) -> PublicNotice:
    """Put a case on public notice from `starts_on`; a case announced again gets a round of its own."""
    term = rules.notice_term(edition, starts_on)
    mine = (PublicNotice.subject_kind == kind, PublicNotice.subject_id == subject_id)
    before = await session.scalar(select(func.max(PublicNotice.round)).where(*mine))
    notice = PublicNotice(
        id=uuid7(),
        version=0,
        subject_kind=kind,
        subject_id=subject_id,
        round=(before or 0) + 1,
        edition=edition.id,
        opened_by=principal.account_id,
        starts_on=term.starts_on,
        last_day=term.last_day,
        objections_until=term.objections_until,
        first_decision_day=term.first_decision_day,
        warnings=[
            {"code": warning.code, "year": warning.year, "days": [plain(day) for day in warning.days]}
            for warning in term.warnings
        ],
    )
    session.add(notice)
    await session.flush()
    await _record(session, rc.NoticeOpened, notice, EventContext.of(principal, starts_on), ("notice.given",))
    return notice


async def require_notice_over(
    session: AsyncSession, edition: Edition, kind: str, subject_id: UUID, day: date
) -> Decision:
    """Whether the case may be decided on `day`, with its notice locked until the transaction ends.

    Raises 409 `notice-missing`, `notice-running`, `objection-unanswered`, `objection-upheld`.
    """
    notice = await lock_notice(session, kind, subject_id)
    if notice is None:
        return require_passed(rules.decide_notice_over(edition, None, day))
    counted = await tally(session, notice.id)
    state = rules.NoticeState(
        starts_on=notice.starts_on,
        last_day=notice.last_day,
        first_decision_day=notice.first_decision_day,
        unanswered=counted.unanswered,
        upheld=counted.upheld,
    )
    return require_passed(rules.decide_notice_over(edition, state, day))


async def record_objection(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    kind: str,
    subject_id: UUID,
    find: FindSubject,
    sent: RecordObjection,
) -> NoticeObjection:
    """Take an objection: signed by the caller, or from a paper that an officer enters. Without a signatory, which only
    officers may leave out, it is kept as a lead.

    Raises 404, 409 `notice-not-running`, `objection-out-of-time`, `leads-not-taken`, 422.
    """
    if sent.signatory is None and not principal.has(*OFFICERS):
        raise PayloadInvalid.at("signatory", "missing")
    await find(session, principal, subject_id)
    notice = await lock_notice(session, kind, subject_id)
    if notice is None or not (await find(session, principal, subject_id)).announced:
        raise DomainError("notice-not-running", 409)
    day = effective_date(principal, sent.received_on)
    signed = sent.signatory is not None
    edition = editions.get(notice.edition)
    decision = require_passed(
        rules.decide_objection(edition, notice.starts_on, notice.objections_until, day, signed=signed)
    )
    objection = NoticeObjection(
        id=uuid7(),
        notice_id=notice.id,
        signed=signed,
        signatory=sent.signatory,
        received_on=day,
        recorded_by=principal.account_id,
    )
    session.add(objection)
    digest = await keep_remark(session, objection.id, step="objection", text=sent.text, written_by=principal.account_id)
    await session.flush()
    kept = rc.NoticeObjectionRecorded if signed else rc.NoticeLeadKept
    context = EventContext.of(principal, day)
    await _record_objection(session, kept, notice, objection, context, decision.rules, digest)
    return objection


async def answer_objection(
    session: AsyncSession,
    principal: Principal,
    kind: str,
    subject_id: UUID,
    objection_id: UUID,
    sent: AnswerObjection,
    *,
    if_match: str | None,
) -> NoticeObjection:
    """Answer a signed objection, once. Raises 404, 409 `lead-gets-no-answer`, `objection-answered-already`, 412."""
    notice = await lock_notice(session, kind, subject_id)
    if notice is None:
        raise not_found("public-notice")
    objection = await session.get(NoticeObjection, objection_id, with_for_update=True, populate_existing=True)
    if objection is None or objection.notice_id != notice.id:
        raise not_found("objection")
    honour_match(if_match, objection.version)
    if not objection.signed:
        raise DomainError("lead-gets-no-answer", 409)
    if objection.outcome is not None:
        raise DomainError("objection-answered-already", 409, params={"answered_on": objection.answered_on})
    day = step_day(principal, sent.answered_on, after=objection.received_on)
    objection.outcome, objection.answered_by, objection.answered_on = sent.outcome, principal.account_id, day
    digest = await keep_remark(session, objection.id, step="answer", text=sent.text, written_by=principal.account_id)
    await session.flush()
    context = EventContext.of(principal, day)
    answered, cited = rc.NoticeObjectionAnswered, ("notice.objections_answered",)
    await _record_objection(session, answered, notice, objection, context, cited, digest)
    return objection


async def notice_state(session: AsyncSession, notice: PublicNotice) -> rc.NoticeState:
    """The notice as its events carry it."""
    counted = asdict(await tally(session, notice.id))
    return rc.NoticeState(
        id=notice.id,
        subject_kind=notice.subject_kind,
        subject_id=notice.subject_id,
        round=notice.round,
        starts_on=notice.starts_on,
        last_day=notice.last_day,
        objections_until=notice.objections_until,
        first_decision_day=notice.first_decision_day,
        **counted,
    )


async def _record(
    session: AsyncSession,
    event_type: EventType[rc.NoticeState],
    notice: PublicNotice,
    context: EventContext,
    cited: tuple[str, ...],
) -> None:
    state = await notice_state(session, notice)
    await outbox.append(session, event_type, notice, state, context=context, rules=cited, edition=notice.edition)


async def _record_objection(
    session: AsyncSession,
    event_type: EventType[rc.NoticeObjectionData],
    notice: PublicNotice,
    objection: NoticeObjection,
    context: EventContext,
    cited: tuple[str, ...],
    digest: str | None,
) -> None:
    state = await notice_state(session, notice)
    data = rc.NoticeObjectionData(
        **state.model_dump(),
        objection_id=objection.id,
        received_on=objection.received_on,
        outcome=objection.outcome,
        answered_on=objection.answered_on,
        remark_hash=digest,
    )
    await outbox.append(session, event_type, notice, data, context=context, rules=cited, edition=notice.edition)
