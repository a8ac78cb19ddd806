"""The steps of a municipal title: applied for, reviewed, granted or refused. It ends with its centre's delisting."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.bans.queries import bans_against
from services.registry.bans.rules import TITLE, decide_application
from services.registry.centres.models import Centre
from services.registry.centres.queries import hold_standing, write_scope
from services.registry.centres.rules import require_state
from services.registry.policy import edition_at, require_known, require_passed
from services.registry.qualifications import rules
from services.registry.qualifications.models import ONE_ACTIVE, Qualification
from services.registry.qualifications.queries import kinds_held
from services.registry.qualifications.schemas import ApplyForTitle
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import CaseStep, require_four_eyes, step_day
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions


def qualification_state(title: Qualification, *, remark_hash: str | None = None) -> rc.QualificationState:
    """The title as its events carry it."""
    return rc.QualificationState(
        id=title.id,
        no=title.no,
        application_id=title.id,
        centre_id=title.centre_id,
        operator_code=title.operator_code,
        kind=title.kind,
        level=title.level,
        status=title.status,
        applied_on=title.applied_on,
        granted_on=title.granted_on,
        revoked_on=title.revoked_on,
        reason_code=title.reason_code,
        case_id=title.case_id,
        document_no=title.document_no,
        remark_hash=remark_hash,
    )


async def apply_for_title(
    session: AsyncSession, editions: Editions, principal: Principal, sent: ApplyForTitle
) -> Qualification:
    """Apply for a municipal title of a listed centre; pins the edition.

    Raises 404 for somebody else's centre, 422 for an unknown kind, 409 `carrier-ban-in-force`, `policy-not-in-force`,
    `centre-not-listed`, `title-already-held`.
    """
    centre = await hold_standing(session, write_scope(principal), sent.centre_id)
    day = effective_date(principal, sent.applied_on)
    edition = edition_at(editions, day)
    require_known("kind", [sent.kind], edition.titles.kinds)
    decision = await _decide(session, edition, centre, sent.kind, applied_on=day, today=principal.today)
    title = Qualification(
        id=uuid7(),
        version=0,
        centre_id=centre.id,
        operator_code=centre.operator_code,
        kind=sent.kind,
        level=rules.MUNICIPAL,
        status="applied",
        edition=edition.id,
        decision=decision.to_json(),
        applied_by=principal.account_id,
        applied_on=day,
        no=await next_case_no(session, "QA", day.year),
    )
    session.add(title)
    await _record(session, rc.QualificationApplied, title, EventContext.of(principal, day), decision)
    return title


async def review_title(session: AsyncSession, principal: Principal, title_id: UUID, step: CaseStep) -> Qualification:
    """Propose the grant to an approver."""
    title, _ = await _lock(session, principal, title_id)
    honour_match(step.if_match, title.version)
    require_state(title.status, rules.REVIEWABLE)
    day = step_day(principal, step.on, after=title.applied_on)
    title.status = "reviewed"
    title.reviewed_by, title.reviewed_on = principal.account_id, day
    await _record(session, rc.QualificationReviewed, title, EventContext.of(principal, day))
    return title


async def grant_title(
    session: AsyncSession, editions: Editions, principal: Principal, title_id: UUID, step: CaseStep
) -> Qualification:
    """Grant what an officer has reviewed; bans, the centre's standing and the titles it holds are tested again.

    Raises 403 `four-eyes-required` for whoever applied or reviewed, 409 as at application.
    """
    title, centre = await _lock(session, principal, title_id)
    honour_match(step.if_match, title.version)
    require_state(title.status, rules.GRANTABLE)
    require_four_eyes(principal, title.applied_by, title.reviewed_by)
    day = step_day(principal, step.on, after=title.reviewed_on)
    edition = editions.get(title.edition)
    decision = await _decide(session, edition, centre, title.kind, applied_on=title.applied_on, today=principal.today)
    title.status = "active"
    title.decided_by, title.decided_on, title.granted_on = principal.account_id, day, day
    title.document_no = step.document_no
    title.decision = decision.to_json()
    await _flush_grant(session, title)
    await _record(session, rc.QualificationGranted, title, EventContext.of(principal, day), decision)
    return title


async def refuse_title(session: AsyncSession, principal: Principal, title_id: UUID, step: CaseStep) -> Qualification:
    """Refuse an application, with a reason. Raises 403 `four-eyes-required` for whoever applied or reviewed."""
    title, _ = await _lock(session, principal, title_id)
    honour_match(step.if_match, title.version)
    require_state(title.status, rules.PENDING)
    require_four_eyes(principal, title.applied_by, title.reviewed_by)
    day = step_day(principal, step.on, after=title.reviewed_on or title.applied_on)
    title.status = "refused"
    title.decided_by, title.decided_on = principal.account_id, day
    title.reason_code = step.reason_code
    await _record(session, rc.QualificationRefused, title, EventContext.of(principal, day), remark=step.remark)
    return title


async def propose_revocation(
    session: AsyncSession, principal: Principal, title_id: UUID, step: CaseStep
) -> Qualification:
    """Propose to revoke a title in force outside a delisting, with a reason; the title stays until it is decided."""
    title, _ = await _lock(session, principal, title_id)
    honour_match(step.if_match, title.version)
    require_state(title.status, rules.IN_FORCE)
    day = step_day(principal, step.on, after=title.granted_on)
    title.revocation_proposed_by, title.revocation_proposed_on = principal.account_id, day
    title.reason_code = step.reason_code
    context = EventContext.of(principal, day)
    await _record(session, rc.QualificationRevocationProposed, title, context, remark=step.remark)
    return title


async def revoke_title(session: AsyncSession, principal: Principal, title_id: UUID, step: CaseStep) -> Qualification:
    """Revoke a title by a document. Raises 409 `revocation-not-proposed`, 403 `four-eyes-required` for its proposer."""
    title, _ = await _lock(session, principal, title_id)
    honour_match(step.if_match, title.version)
    require_state(title.status, rules.IN_FORCE)
    if title.revocation_proposed_on is None:
        raise DomainError("revocation-not-proposed", 409)
    require_four_eyes(principal, title.revocation_proposed_by)
    day = step_day(principal, step.on, after=title.revocation_proposed_on)
    title.status, title.revoked_on = "revoked", day
    title.revocation_decided_by, title.revocation_document_no = principal.account_id, step.document_no
    await _record(session, rc.QualificationRevoked, title, EventContext.of(principal, day))
    return title


async def _lock(session: AsyncSession, principal: Principal, title_id: UUID) -> tuple[Qualification, Centre]:
    """The application locked, after its centre's standing: the order in which a delisting takes them."""
    centre_id = await session.scalar(select(Qualification.centre_id).where(Qualification.id == title_id))
    if centre_id is None:
        raise not_found("qualification-application")
    centre = await hold_standing(session, write_scope(principal), centre_id)
    title = await session.get_one(Qualification, title_id, with_for_update=True, populate_existing=True)
    return title, centre


async def _decide(
    session: AsyncSession, edition: Edition, centre: Centre, kind: str, *, applied_on: date, today: date
) -> Decision:
    bans = await bans_against(session, centre.operator_code, centre.id)
    held = await kinds_held(session, centre.id)
    return require_passed(
        combine(
            decide_application(edition, TITLE, bans, applied_on, today),
            rules.decide_title(edition, kind, centre.status, held),
        )
    )


async def _flush_grant(session: AsyncSession, title: Qualification) -> None:
    """Write the grant now: of two grants at the same moment the index lets one through."""
    kind = title.kind
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == ONE_ACTIVE:
            raise DomainError("title-already-held", 409, params={"kind": kind}, clauses=["2.3-5"]) from error
        raise


async def _record(
    session: AsyncSession,
    event_type: EventType[rc.QualificationState],
    title: Qualification,
    context: EventContext,
    decision: Decision | None = None,
    remark: str | None = None,
) -> None:
    remark_hash = await keep_remark(session, title.id, step=title.status, text=remark, written_by=context.actor)
    state = qualification_state(title, remark_hash=remark_hash)
    cited = decision.rules if decision else ("policy.four_eyes",)
    await outbox.append(session, event_type, title, state, context=context, rules=cited, edition=title.edition)
