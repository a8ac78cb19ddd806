"""What every step of a title shares: its locks, and its events."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.models import Centre
from services.registry.centres.queries import hold_standing, write_scope
from services.registry.qualifications.models import Qualification
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import CaseStep
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.policy.decision import Decision


def qualification_state(title: Qualification, *, remark_hash: str | None = None) -> rc.QualificationState:
    """The title as its events carry it."""
    names = set(rc.QualificationState.model_fields) - {"application_id", "remark_hash", "measure"}
    values = {name: getattr(title, name) for name in names}
    return rc.QualificationState(**values, application_id=title.id, remark_hash=remark_hash)


async def lock_title(
    session: AsyncSession, principal: Principal, title_id: UUID, step: CaseStep
) -> tuple[Qualification, Centre]:
    """The title locked, after its centre's standing: the order in which a delisting takes them.

    Raises 404 for somebody else's centre, 412.
    """
    centre_id = await session.scalar(select(Qualification.centre_id).where(Qualification.id == title_id))
    if centre_id is None:
        raise not_found("qualification-application")
    centre = await hold_standing(session, write_scope(principal), centre_id)
    title = await session.get_one(Qualification, title_id, with_for_update=True, populate_existing=True)
    honour_match(step.if_match, title.version)
    return title, centre


async def record(
    session: AsyncSession,
    event_type: EventType[rc.QualificationState],
    title: Qualification,
    context: EventContext,
    decision: Decision | None = None,
    remark: str | None = None,
    measure: str | None = None,
) -> None:
    """Append the event, and keep what was written at the step."""
    step = measure or title.status
    remark_hash = await keep_remark(session, title.id, step=step, text=remark, written_by=context.actor)
    state = qualification_state(title, remark_hash=remark_hash).model_copy(update={"measure": measure})
    cited = decision.rules if decision else ("policy.four_eyes",)
    await outbox.append(session, event_type, title, state, context=context, rules=cited, edition=title.edition)
