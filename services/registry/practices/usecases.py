"""The steps of a case: drafted, submitted, approved by a second person, published, made known, withdrawn (5.2-1)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.models import Centre
from services.registry.centres.rules import require_state
from services.registry.changes import put, unchanged
from services.registry.policy import edition_at, require_known
from services.registry.practices import rules
from services.registry.practices.models import Practice, PracticePublication
from services.registry.practices.queries import author_centres, author_scope, documents_among, lock_for_change
from services.registry.practices.schemas import AmendPractice, DraftPractice, PublicisePractice
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

RULES: Final = ("practices.library",)
FOUR_EYES: Final = ("practices.library", "practices.four_eyes")


def practice_state(practice: Practice, *, remark_hash: str | None = None) -> rc.PracticeState:
    """The case as its events carry it."""
    return rc.PracticeState(
        id=practice.id,
        no=practice.no,
        title=practice.title,
        centre_id=practice.centre_id,
        status=practice.status,
        attachment_ids=tuple(practice.attachment_ids),
        submitted_on=practice.submitted_on,
        approved_on=practice.approved_on,
        published_on=practice.published_on,
        withdrawn_on=practice.withdrawn_on,
        reason_code=practice.reason_code,
        remark_hash=remark_hash,
    )


async def draft_practice(session: AsyncSession, principal: Principal, sent: DraftPractice) -> Practice:
    """Draft a case of a centre that the caller writes about. Raises 404 for another centre."""
    centre = await session.scalar(select(Centre.id).where(Centre.id == sent.centre_id, author_centres(principal)))
    if centre is None:
        raise not_found("centre")
    practice = Practice(
        id=uuid7(),
        version=0,
        status=rules.DRAFT,
        drafted_by=principal.account_id,
        attachment_ids=[],
        **sent.model_dump(),
        no=await next_case_no(session, "GP", principal.today.year),
    )
    session.add(practice)
    await _record(session, rc.PracticeDrafted, practice, EventContext.of(principal))
    return practice


async def amend_practice(
    session: AsyncSession, principal: Principal, practice_id: UUID, sent: AmendPractice, *, if_match: str | None
) -> Practice:
    """Change a draft."""
    practice = await lock_for_change(session, author_scope(principal), practice_id)
    require_match(if_match, practice.version)
    require_state(practice.status, rules.EDITABLE)
    for name, value in sent.model_dump(exclude_unset=True).items():
        if value is None:
            raise PayloadInvalid.at(name, "missing")
        put(practice, name, value)
    if unchanged(session, practice):
        return practice
    if len(set(practice.attachment_ids)) < len(practice.attachment_ids):
        raise PayloadInvalid.at("attachment_ids", "listed_twice")
    if await _missing_attachments(session, practice):
        raise PayloadInvalid.at("attachment_ids", "unknown_document")
    await _record(session, rc.PracticeAmended, practice, EventContext.of(principal))
    return practice


async def submit_practice(session: AsyncSession, principal: Principal, practice_id: UUID, step: CaseStep) -> Practice:
    """Hand a draft in. Raises 409 `attachment-missing` where an attachment was taken out of the case meanwhile."""
    practice = await lock_for_change(session, author_scope(principal), practice_id)
    honour_match(step.if_match, practice.version)
    require_state(practice.status, rules.SUBMITTABLE)
    if await _missing_attachments(session, practice):
        raise DomainError("attachment-missing", 409)
    day = step_day(principal, step.on, after=None)
    practice.status = rules.SUBMITTED
    practice.submitted_by, practice.submitted_on = principal.account_id, day
    practice.reason_code = None
    await _record(session, rc.PracticeSubmitted, practice, EventContext.of(principal, day))
    return practice


async def return_practice(
    session: AsyncSession, editions: Editions, principal: Principal, practice_id: UUID, step: CaseStep
) -> Practice:
    """Send it back as a draft, with a reason (422 for one that the edition does not have); who wrote it hands it in
    anew."""
    practice = await lock_for_change(session, true(), practice_id)
    honour_match(step.if_match, practice.version)
    require_state(practice.status, rules.RETURNABLE)
    day = step_day(principal, step.on, after=practice.approved_on or practice.submitted_on)
    known = edition_at(editions, principal.today).practices.return_reasons
    require_known("reason_code", [step.reason_code or ""], known)
    practice.status = rules.DRAFT
    practice.submitted_by = practice.submitted_on = practice.approved_by = practice.approved_on = None
    practice.reason_code = step.reason_code
    await _record(session, rc.PracticeReturned, practice, EventContext.of(principal, day), remark=step.remark)
    return practice


async def approve_practice(session: AsyncSession, principal: Principal, practice_id: UUID, step: CaseStep) -> Practice:
    """Take it into the library. Raises 403 `four-eyes-required` for whoever drafted or submitted it."""
    practice = await lock_for_change(session, true(), practice_id)
    honour_match(step.if_match, practice.version)
    require_state(practice.status, rules.APPROVABLE)
    require_four_eyes(principal, practice.drafted_by, practice.submitted_by)
    day = step_day(principal, step.on, after=practice.submitted_on)
    practice.status = rules.APPROVED
    practice.approved_by, practice.approved_on = principal.account_id, day
    await _record(session, rc.PracticeApproved, practice, EventContext.of(principal, day), cited=FOUR_EYES)
    return practice


async def publish_practice(session: AsyncSession, principal: Principal, practice_id: UUID, step: CaseStep) -> Practice:
    """Make an approved case public."""
    practice = await lock_for_change(session, true(), practice_id)
    honour_match(step.if_match, practice.version)
    require_state(practice.status, rules.PUBLISHABLE)
    day = step_day(principal, step.on, after=practice.approved_on)
    practice.status = rules.PUBLISHED
    practice.published_by, practice.published_on = principal.account_id, day
    await _record(session, rc.PracticePublished, practice, EventContext.of(principal, day))
    return practice


async def withdraw_practice(session: AsyncSession, principal: Principal, practice_id: UUID, step: CaseStep) -> Practice:
    """Take a published case out of the public, with a reason."""
    practice = await lock_for_change(session, true(), practice_id)
    honour_match(step.if_match, practice.version)
    require_state(practice.status, rules.WITHDRAWABLE)
    day = step_day(principal, step.on, after=practice.published_on)
    practice.status = rules.WITHDRAWN
    practice.withdrawn_on, practice.reason_code = day, step.reason_code
    await _record(session, rc.PracticeWithdrawn, practice, EventContext.of(principal, day), remark=step.remark)
    return practice


async def publicise_practice(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    practice_id: UUID,
    sent: PublicisePractice,
    *,
    if_match: str | None,
) -> Practice:
    """Enter in the publication log where a published case was made known, on a day since its publication."""
    practice = await lock_for_change(session, true(), practice_id)
    honour_match(if_match, practice.version)
    require_state(practice.status, rules.PUBLICISABLE)
    require_known("medium", [sent.medium], edition_at(editions, principal.today).practices.media)
    day = step_day(principal, sent.publicised_on, after=practice.published_on)
    entry = PracticePublication(
        id=uuid7(), practice_id=practice.id, recorded_by=principal.account_id, **sent.model_dump()
    )
    session.add(entry)
    data = rc.PracticePublicationData(
        **practice_state(practice).model_dump(), publication_id=entry.id, **sent.model_dump()
    )
    context = EventContext.of(principal, day)
    await outbox.append(session, rc.PracticePublicised, practice, data, context=context, rules=RULES)
    return practice


async def _missing_attachments(session: AsyncSession, practice: Practice) -> bool:
    found = await documents_among(session, practice, practice.attachment_ids)
    return len(found) < len(practice.attachment_ids)


async def _record(
    session: AsyncSession,
    event_type: EventType[rc.PracticeState],
    practice: Practice,
    context: EventContext,
    *,
    cited: tuple[str, ...] = RULES,
    remark: str | None = None,
) -> None:
    remark_hash = await keep_remark(session, practice.id, step=practice.status, text=remark, written_by=context.actor)
    state = practice_state(practice, remark_hash=remark_hash)
    await outbox.append(session, event_type, practice, state, context=context, rules=cited)
