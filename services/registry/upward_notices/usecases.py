"""Sending a notice upward. The delisting writes it; nobody else does."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.rules import require_state
from services.registry.steps import CaseStep, step_day
from services.registry.upward_notices.models import UpwardNotice
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match


def upward_notice_state(notice: UpwardNotice) -> rc.UpwardNoticeState:
    """The notice as its events carry it."""
    return rc.UpwardNoticeState(**{name: getattr(notice, name) for name in rc.UpwardNoticeState.model_fields})


async def send_notice(
    session: AsyncSession, principal: Principal, notice_id: UUID, addressee: str, step: CaseStep
) -> UpwardNotice:
    """Record that the notice went out under a document number. Raises 404, 409 `invalid-transition`, 412."""
    notice = await session.get(UpwardNotice, notice_id, with_for_update=True, populate_existing=True)
    if notice is None:
        raise not_found("upward-notice")
    honour_match(step.if_match, notice.version)
    require_state(notice.status, ("due",))
    day = step_day(principal, step.on, after=notice.due_from)
    notice.status, notice.addressee, notice.document_no = "sent", addressee, step.document_no
    notice.sent_on, notice.sent_by = day, principal.account_id
    context, rule = EventContext.of(principal, day), ("titles.notice_upward",)
    await outbox.append(session, rc.UpwardNoticeSent, notice, upward_notice_state(notice), context=context, rules=rule)
    return notice
