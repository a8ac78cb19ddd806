"""The steps of a course: drafted, published by a second person, closed (4.8-2)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import exists, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.models import Centre
from services.registry.centres.rules import require_state
from services.registry.changes import put, unchanged
from services.registry.policy import edition_at, require_known
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import CaseStep, require_four_eyes, step_day
from services.registry.trainings import rules
from services.registry.trainings.courses.schemas import AmendCourse, DraftCourse
from services.registry.trainings.models import TrainingCourse, TrainingSession
from services.registry.trainings.scopes import LEADS, keeps_course, lock_course, own_centres
from services.registry.trainings.states import course_state
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


async def draft_course(session: AsyncSession, principal: Principal, sent: DraftCourse) -> TrainingCourse:
    """Draft a course. An operator names one of its centres (422 without, 404 for another's)."""
    await require_centre(session, principal, sent.centre_id)
    course = TrainingCourse(
        id=uuid7(),
        version=0,
        status=rules.DRAFT,
        drafted_by=principal.account_id,
        **sent.model_dump(),
        no=await next_case_no(session, "TC", principal.today.year),
    )
    session.add(course)
    await _record(session, rc.TrainingDrafted, course, EventContext.of(principal))
    return course


async def amend_course(
    session: AsyncSession, principal: Principal, course_id: UUID, sent: AmendCourse, *, if_match: str | None
) -> TrainingCourse:
    """Change a draft; what is published stays as it was published."""
    course = await lock_course(session, keeps_course(principal), course_id)
    require_match(if_match, course.version)
    require_state(course.status, (rules.DRAFT,))
    for name, value in sent.model_dump(exclude_unset=True).items():
        if value is None:
            raise PayloadInvalid.at(name, "missing")
        put(course, name, value)
    if not unchanged(session, course):
        course.drafted_by = principal.account_id
        await _record(session, rc.TrainingAmended, course, EventContext.of(principal))
    return course


async def publish_course(
    session: AsyncSession, principal: Principal, course_id: UUID, step: CaseStep
) -> TrainingCourse:
    """Sessions may be planned from now on. Raises 403 `four-eyes-required` for whoever drafted or changed it last."""
    course = await lock_course(session, true(), course_id)
    honour_match(step.if_match, course.version)
    require_state(course.status, (rules.DRAFT,))
    require_four_eyes(principal, course.drafted_by)
    course.status = rules.PUBLISHED
    course.published_by = principal.account_id
    course.published_on = step_day(principal, step.on, after=None)
    context = EventContext.of(principal, course.published_on)
    await _record(session, rc.TrainingPublished, course, context, cited=rules.FOUR_EYES)
    return course


async def close_course(
    session: AsyncSession, editions: Editions, principal: Principal, course_id: UUID, step: CaseStep
) -> TrainingCourse:
    """No more sessions. Raises 409 `training-sessions-open` while one is planned: it is held or cancelled first."""
    course = await lock_course(session, keeps_course(principal), course_id)
    honour_match(step.if_match, course.version)
    require_state(course.status, (rules.PUBLISHED,))
    known = edition_at(editions, principal.today).training.close_reasons
    require_known("reason_code", [step.reason_code or ""], known)
    planned = exists().where(TrainingSession.course_id == course.id, TrainingSession.status == rules.PLANNED)
    if await session.scalar(select(planned)):
        raise DomainError("training-sessions-open", 409, clauses=["4.8-2"])
    course.status = rules.CLOSED
    course.closed_on = step_day(principal, step.on, after=course.published_on)
    course.reason_code = step.reason_code
    context = EventContext.of(principal, course.closed_on)
    await _record(session, rc.TrainingClosed, course, context, remark=step.remark)
    return course


async def require_centre(session: AsyncSession, principal: Principal, centre_id: UUID | None) -> None:
    """Whether the caller gives training at that centre; without one it is a lead bureau's."""
    if centre_id is None:
        if not principal.has(*LEADS):
            raise PayloadInvalid.at("centre_id", "missing")
        return
    scope = true() if principal.has(*LEADS) else own_centres(principal)
    if await session.scalar(select(Centre.id).where(Centre.id == centre_id, scope)) is None:
        raise not_found("centre")


async def _record(
    session: AsyncSession,
    event_type: EventType[rc.TrainingCourseState],
    course: TrainingCourse,
    context: EventContext,
    *,
    cited: tuple[str, ...] = rules.COURSE_RULES,
    remark: str | None = None,
) -> None:
    remark_hash = await keep_remark(session, course.id, step=course.status, text=remark, written_by=context.actor)
    state = course_state(course, remark_hash=remark_hash)
    await outbox.append(session, event_type, course, state, context=context, rules=cited)
