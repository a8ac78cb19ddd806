"""Putting a case on public notice, taking and answering objections, and asking whether it may be decided.

A case is named by its kind, the plural of its address (`settlements`), and its id. The use case that announces or
decides holds the case's row FOR UPDATE. For another kind of case:

1. its endpoint that announces calls `open_notice` after its own checks (state, four eyes);
2. its approval calls `require_notice_over` and combines the decision with its own;
3. `router.notice_routes` mounts what is read and objected below its address; `settlements.announced` is an example.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.notices.models import NoticeObjection, PublicNotice
from services.vouchers.notices.queries import lock_notice, sees_objectors, tally
from services.vouchers.notices.subjects import FindSubject, NoticeSubject
from services.vouchers.policy import require_not_before
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, four_eyes_required, not_found
from shared.events import outbox
from shared.events.contracts.vouchers.notices import (
    NoticeLeadKept,
    NoticeObjectionAnswered,
    NoticeObjectionData,
    NoticeObjectionRecorded,
    NoticeOpened,
    NoticeState,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.notices import NoticeOut, ObjectionAnswer, ObjectionIn
from shared.http.validation import PayloadInvalid
from shared.ids import uuid7
from shared.policy import public_notices as rules
from shared.policy.decision import Decision, plain
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed


async def open_notice(
    session: AsyncSession,
    principal: Principal,
    edition: Edition,
    kind: str,
    subject_id: UUID,
    *,
    clause: str,
    starts_on: date,
    document_no: str | None = None,
    amount: Decimal | None = None,
) -> PublicNotice:
    """Put a case on public notice from `starts_on`; `amount` is what is proposed. A case announced again gets a round
    of its own, once the one before is over and left no objection open or upheld.

    A notice of the past hung on paper: `document_no` names it, and the case is decided tomorrow at the earliest, so
    that what was objected on paper can be entered. Raises 409 `notice-running`, `objection-unanswered`,
    `objection-upheld`, `notice-document-no-missing`.
    """
    before = await lock_notice(session, kind, subject_id)
    if before is not None:
        await _require_settled(session, before, starts_on)
    if starts_on < principal.today and document_no is None:
        params = {"starts_on": starts_on, "today": principal.today}
        raise DomainError("notice-document-no-missing", 409, params=params)
    term = rules.notice_term(edition, starts_on)
    notice = PublicNotice(
        id=uuid7(),
        version=0,
        subject_kind=kind,
        subject_id=subject_id,
        round=1 if before is None else before.round + 1,
        edition=edition.id,
        clause=clause,
        amount=amount,
        opened_by=principal.account_id,
        starts_on=term.starts_on,
        last_day=term.last_day,
        objections_until=term.objections_until,
        first_decision_day=max(term.first_decision_day, principal.today + timedelta(days=1)),
        document_no=document_no,
        warnings=[
            {"code": warning.code, "year": warning.year, "days": [plain(day) for day in warning.days]}
            for warning in term.warnings
        ],
    )
    session.add(notice)
    await session.flush()
    state = await _state(session, notice)
    context, cited = EventContext.of(principal, starts_on), ("notice.given",)
    await outbox.append(session, NoticeOpened, notice, state, context=context, rules=cited, edition=edition.id)
    return notice


async def _require_settled(session: AsyncSession, before: PublicNotice, starts_on: date) -> None:
    """Another round would bury what the last one left: open objections are answered first, and an upheld one ends with
    the case, which nothing can change before a new application."""
    if starts_on < before.first_decision_day:
        params: dict[str, object] = {"last_day": before.last_day, "first_decision_day": before.first_decision_day}
        raise DomainError("notice-running", 409, params=params)
    counted = await tally(session, before.id)
    if counted.unanswered:
        raise DomainError("objection-unanswered", 409, params={"unanswered": counted.unanswered})
    if counted.upheld:
        raise DomainError("objection-upheld", 409, params={"upheld": counted.upheld})


async def require_notice_over(
    session: AsyncSession,
    edition: Edition,
    kind: str,
    subject_id: UUID,
    day: date,
    *,
    clause: str,
    required: bool = True,
    carried_out: int = 0,
) -> Decision:
    """Whether the case may be decided on `day`, with its notice locked until the transaction ends. Where none is
    `required`, one that was put up binds all the same; so many upheld objections were `carried_out` since.

    Raises 409 `notice-missing`, `notice-running`, `objection-unanswered`, `objection-upheld`.
    """
    notice = await lock_notice(session, kind, subject_id)
    if notice is None:
        if required:
            return require_passed(rules.decide_notice_over(edition, None, day, clause=clause))
        none = edition.result("notice.given", True, {"day": day}, message="notice-not-required", clause=clause)
        return edition.decision(none)
    counted = await tally(session, notice.id)
    state = rules.NoticeState(
        starts_on=notice.starts_on,
        last_day=notice.last_day,
        first_decision_day=notice.first_decision_day,
        unanswered=counted.unanswered,
        upheld=max(counted.upheld - carried_out, 0),
    )
    return require_passed(rules.decide_notice_over(edition, state, day, clause=clause))


async def record_objection(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    kind: str,
    subject_id: UUID,
    find: FindSubject,
    sent: ObjectionIn,
) -> NoticeObjection:
    """Take an objection: signed by the caller, or from a paper that an officer enters. Without a signatory, which only
    who is in charge may leave out, it is kept as a lead.

    Raises 404, 409 `notice-not-running`, `objection-out-of-time`, `leads-not-taken`, 422.
    """
    subject = await find(session, principal, subject_id)
    if sent.signatory is None and not subject.in_charge:
        raise PayloadInvalid.at("signatory", "missing")
    notice = await lock_notice(session, kind, subject_id)
    if notice is None or not (await find(session, principal, subject_id)).announced:
        raise DomainError("notice-not-running", 409)
    day = effective_date(principal, sent.received_on)
    signed, edition = sent.signatory is not None, editions.get(notice.edition)
    terms = (notice.starts_on, notice.objections_until, day)
    decision = require_passed(rules.decide_objection(edition, *terms, signed=signed, clause=notice.clause))
    salt = secrets.token_bytes(16)
    objection = NoticeObjection(
        id=uuid7(),
        notice_id=notice.id,
        signed=signed,
        signatory=sent.signatory,
        text=sent.text,
        salt=salt,
        text_hash=_hash(salt, sent.text),
        received_on=day,
        recorded_by=principal.account_id,
    )
    session.add(objection)
    await session.flush()
    kept = NoticeObjectionRecorded if signed else NoticeLeadKept
    await _record(session, kept, notice, objection, EventContext.of(principal, day), decision.rules)
    return objection


async def answer_objection(
    session: AsyncSession,
    principal: Principal,
    kind: str,
    subject_id: UUID,
    objection_id: UUID,
    sent: ObjectionAnswer,
    *,
    if_match: str | None,
) -> NoticeObjection:
    """Answer a signed objection, once, by somebody who did not raise or enter it.

    Raises 404, 403 `four-eyes-required`, 409 `lead-gets-no-answer`, `objection-answered-already`, 412.
    """
    notice = await lock_notice(session, kind, subject_id)
    if notice is None:
        raise not_found("public_notice")
    objection = await session.get(NoticeObjection, objection_id, with_for_update=True, populate_existing=True)
    if objection is None or objection.notice_id != notice.id:
        raise not_found("objection")
    honour_match(if_match, objection.version)
    if not objection.signed:
        raise DomainError("lead-gets-no-answer", 409)
    if objection.outcome is not None:
        raise DomainError("objection-answered-already", 409, params={"answered_on": objection.answered_on})
    if objection.recorded_by == principal.account_id:
        raise four_eyes_required()
    day = effective_date(principal, sent.answered_on)
    require_not_before(objection.received_on, day)
    objection.outcome, objection.answered_by, objection.answered_on = sent.outcome, principal.account_id, day
    objection.answer, objection.answer_hash = sent.text, _hash(objection.salt, sent.text)
    await session.flush()
    cited = ("notice.objections_answered",)
    await _record(session, NoticeObjectionAnswered, notice, objection, EventContext.of(principal, day), cited)
    return objection


async def shown_notice(
    session: AsyncSession, principal: Principal, subject: NoticeSubject, notice: PublicNotice
) -> NoticeOut:
    """The notice with its case and how many objections there are, as the caller may know it."""
    counted = await tally(session, notice.id)
    shown = {name: getattr(notice, name) for name in NoticeOut.model_fields if hasattr(notice, name)}
    leads = counted.leads if sees_objectors(principal, subject) else None
    told = {"objections": counted.signed, "unanswered": counted.unanswered, "leads": leads}
    case = {"no": subject.no, "name": subject.name, "announced": subject.announced}
    return NoticeOut.model_validate({**shown, **case, **told})


def _hash(salt: bytes, text: str) -> str:
    return hashlib.sha256(salt + text.encode()).hexdigest()


async def _state(session: AsyncSession, notice: PublicNotice) -> NoticeState:
    counted = asdict(await tally(session, notice.id))
    fields = {name: getattr(notice, name) for name in NoticeState.model_fields if name not in counted}
    return NoticeState.model_validate({**fields, **counted})


async def _record(
    session: AsyncSession,
    event_type: EventType[NoticeObjectionData],
    notice: PublicNotice,
    objection: NoticeObjection,
    context: EventContext,
    cited: tuple[str, ...],
) -> None:
    state = await _state(session, notice)
    data = NoticeObjectionData(
        **state.model_dump(),
        objection_id=objection.id,
        received_on=objection.received_on,
        outcome=objection.outcome,
        answered_on=objection.answered_on,
        text_hash=objection.answer_hash or objection.text_hash,
    )
    await outbox.append(session, event_type, notice, data, context=context, rules=cited, edition=notice.edition)
