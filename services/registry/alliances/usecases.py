"""Another lead body is proposed and decided by a second person (4.7-3)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.alliances.models import Alliance, LeadBody
from services.registry.alliances.queries import find_alliance, lead_bodies, require_lead
from services.registry.alliances.schemas import ProposeLeadBody
from services.registry.policy import edition_at
from services.registry.steps import require_four_eyes
from shared.auth.principal import Principal
from shared.errors import DomainError, invalid_transition
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.policy.edition import Editions

RULES: Final = ("alliances.lead_body",)


async def propose_lead_body(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    alliance_id: UUID,
    sent: ProposeLeadBody,
    *,
    if_match: str | None,
) -> Alliance:
    """Propose who leads the alliance from a day on. Raises 403 for the other alliance's bureau, 409
    `invalid-transition` while a proposal waits, `lead-body-since` for a day not after the present one's first."""
    alliance = await find_alliance(session, alliance_id, lock=True)
    require_lead(principal, edition_at(editions, principal.today), alliance.kind)
    honour_match(if_match, alliance.version)
    if alliance.proposed_body is not None:
        raise invalid_transition("proposed", ["led"])
    last = await session.scalar(select(func.max(LeadBody.from_on)).where(LeadBody.alliance_id == alliance.id))
    if last is not None and sent.from_on <= last:
        raise DomainError("lead-body-since", 409, params={"since": last}, clauses=["4.7-3"])
    alliance.proposed_body, alliance.proposed_code = sent.name, sent.code
    alliance.proposed_from, alliance.proposed_document_no = sent.from_on, sent.document_no
    alliance.proposed_by = principal.account_id
    await _record(session, editions, rc.AllianceLeadProposed, alliance, EventContext.of(principal))
    return alliance


async def confirm_lead_body(
    session: AsyncSession, editions: Editions, principal: Principal, alliance_id: UUID, *, if_match: str | None
) -> Alliance:
    """Follow the proposal. Raises 403 `four-eyes-required` for whoever made it."""
    alliance = await _waiting(session, editions, principal, alliance_id, if_match)
    body, since, document_no = alliance.proposed_body, alliance.proposed_from, alliance.proposed_document_no
    if body is None or since is None or document_no is None or alliance.proposed_by is None:
        raise invalid_transition("led", ["proposed"])
    session.add(
        LeadBody(
            alliance_id=alliance.id,
            name=body,
            code=alliance.proposed_code,
            from_on=since,
            document_no=document_no,
            proposed_by=alliance.proposed_by,
            named_by=principal.account_id,
        )
    )
    _forget_proposal(alliance)
    await session.flush()
    await _record(session, editions, rc.AllianceLeadNamed, alliance, EventContext.of(principal))
    return alliance


async def refuse_lead_body(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    alliance_id: UUID,
    reason_code: str,
    *,
    if_match: str | None,
) -> Alliance:
    """Do not follow the proposal."""
    alliance = await _waiting(session, editions, principal, alliance_id, if_match)
    _forget_proposal(alliance)
    context = EventContext.of(principal)
    await _record(session, editions, rc.AllianceLeadRefused, alliance, context, reason_code=reason_code)
    return alliance


async def _waiting(
    session: AsyncSession, editions: Editions, principal: Principal, alliance_id: UUID, if_match: str | None
) -> Alliance:
    alliance = await find_alliance(session, alliance_id, lock=True)
    require_lead(principal, edition_at(editions, principal.today), alliance.kind)
    honour_match(if_match, alliance.version)
    if alliance.proposed_body is None:
        raise invalid_transition("led", ["proposed"])
    require_four_eyes(principal, alliance.proposed_by)
    return alliance


def _forget_proposal(alliance: Alliance) -> None:
    alliance.proposed_body = alliance.proposed_code = alliance.proposed_by = None
    alliance.proposed_from = alliance.proposed_document_no = None


async def _record(
    session: AsyncSession,
    editions: Editions,
    event_type: EventType[rc.AllianceState],
    alliance: Alliance,
    context: EventContext,
    *,
    reason_code: str | None = None,
) -> None:
    bodies = await lead_bodies(session, editions, alliance)
    last = bodies[0] if bodies else None
    state = rc.AllianceState(
        id=alliance.id,
        kind=alliance.kind,
        lead_body=last.name if last else None,
        lead_code=last.code if last else None,
        lead_since=last.from_on if last else None,
        document_no=last.document_no if last else None,
        proposed_body=alliance.proposed_body,
        proposed_code=alliance.proposed_code,
        proposed_from=alliance.proposed_from,
        reason_code=reason_code,
    )
    await outbox.append(session, event_type, alliance, state, context=context, rules=RULES)
