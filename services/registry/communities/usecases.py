"""The steps of a community: proposed and opened by its division, moved, suspended with its base, closed (4.4-1)."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.models import Centre
from services.registry.centres.queries import hold_standing, read_scope as centre_scope
from services.registry.centres.rules import require_state
from services.registry.communities import rules
from services.registry.communities.models import Community
from services.registry.communities.queries import division_scope, lock_for
from services.registry.communities.schemas import ProposeCommunity, ProposeMove
from services.registry.policy import edition_at, require_known, require_passed
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import CaseStep, require_four_eyes, step_day
from shared.auth.principal import Principal
from shared.auth.roles import DIVISION_APPROVER, DIVISION_OFFICER
from shared.db import constraint_of
from shared.errors import DomainError
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Edition, Editions

RULES: Final = ("communities.opening",)
FOUR_EYES: Final = ("communities.opening", "communities.four_eyes")
BASE: Final = ("communities.base_centre",)


def community_state(community: Community, *, remark_hash: str | None = None) -> rc.CommunityState:
    """The community as its events carry it."""
    fields = set(rc.CommunityState.model_fields) - {"remark_hash"}
    return rc.CommunityState(**{name: getattr(community, name) for name in fields}, remark_hash=remark_hash)


async def propose_community(
    session: AsyncSession, editions: Editions, principal: Principal, sent: ProposeCommunity
) -> Community:
    """Propose a community of one's own division around a listed centre.

    Raises 404 for a centre of another division, 422, 409 `community-division-not-responsible`,
    `community-base-not-listed`, `community-exists`.
    """
    edition = edition_at(editions, principal.today)
    require_passed(rules.decide_division(edition, principal.division))
    require_known("sector", [sent.sector], edition.communities.sectors.value)
    division = principal.division or ""
    await _require_base(session, edition, principal, sent.base_centre_id, division)
    day = step_day(principal, sent.proposed_on, after=None)
    community = Community(
        id=uuid7(),
        version=0,
        name=sent.name,
        base_centre_id=sent.base_centre_id,
        sector=sent.sector,
        division=division,
        status=rules.PROPOSED,
        proposed_by=principal.account_id,
        proposed_on=day,
        edition=edition.id,
        no=await next_case_no(session, "CM", principal.today.year),
    )
    session.add(community)
    await _flush(session)
    await _record(session, rc.CommunityProposed, community, EventContext.of(principal, day))
    return community


async def open_community(
    session: AsyncSession, editions: Editions, principal: Principal, community_id: UUID, step: CaseStep
) -> Community:
    """Open it. Raises 403 `four-eyes-required` for whoever proposed it, 409 where its base left the list meanwhile."""
    community = await _to_decide(session, principal, community_id, step)
    require_state(community.status, rules.DECIDABLE)
    require_four_eyes(principal, community.proposed_by)
    edition = edition_at(editions, principal.today)
    await _require_base(session, edition, principal, community.base_centre_id, community.division)
    day = step_day(principal, step.on, after=community.proposed_on)
    community.status, community.decided_by = rules.OPEN, principal.account_id
    community.opened_on = community.base_since = day
    community.document_no = step.document_no
    await _record(session, rc.CommunityOpened, community, EventContext.of(principal, day), cited=FOUR_EYES)
    return community


async def refuse_community(
    session: AsyncSession, editions: Editions, principal: Principal, community_id: UUID, step: CaseStep
) -> Community:
    """Do not open it, with a reason of the edition (422)."""
    community = await _to_decide(session, principal, community_id, step)
    require_state(community.status, rules.DECIDABLE)
    require_four_eyes(principal, community.proposed_by)
    known = edition_at(editions, principal.today).communities.refusal_reasons
    require_known("reason_code", [step.reason_code or ""], known)
    community.status, community.decided_by = rules.REFUSED, principal.account_id
    community.reason_code = step.reason_code
    context = EventContext.of(principal)
    await _record(session, rc.CommunityRefused, community, context, cited=FOUR_EYES, remark=step.remark)
    return community


async def propose_move(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    community_id: UUID,
    sent: ProposeMove,
    *,
    if_match: str | None,
) -> Community:
    """Propose another base in the division; one that lost its base may go back to the same where that is listed again.

    Raises 409 `community-base-unchanged` for an open one's own base, `community-proposal-open`.
    """
    edition = edition_at(editions, principal.today)
    community = await _to_change(session, principal, community_id, if_match)
    if community.status == rules.OPEN and sent.base_centre_id == community.base_centre_id:
        raise DomainError("community-base-unchanged", 409, clauses=["4.4-1"])
    require_known("reason_code", [sent.reason_code], edition.communities.move_reasons)
    await _require_base(session, edition, principal, sent.base_centre_id, community.division)
    community.proposed_centre_id = sent.base_centre_id
    _propose(community, principal, rules.MOVE, sent.reason_code)
    context = EventContext.of(principal)
    await _record(session, rc.CommunityMoveProposed, community, context, remark=sent.remark)
    return community


async def move_community(
    session: AsyncSession, editions: Editions, principal: Principal, community_id: UUID, step: CaseStep
) -> Community:
    """Move it: from that day it is based there, and open where it was suspended."""
    community = await _proposed(session, principal, community_id, step, rules.MOVE)
    base = community.proposed_centre_id or community.base_centre_id
    edition = edition_at(editions, principal.today)
    await _require_base(session, edition, principal, base, community.division)
    day = step_day(principal, step.on, after=max(community.change_on or date.min, community.base_since or date.min))
    community.base_centre_id, community.base_since = base, day
    community.status, community.suspended_on, community.reason_code = rules.OPEN, None, community.change_reason
    community.decided_by, community.document_no = principal.account_id, step.document_no
    _forget_proposal(community)
    await _flush(session)
    await _record(session, rc.CommunityMoved, community, EventContext.of(principal, day), cited=FOUR_EYES)
    return community


async def propose_closing(
    session: AsyncSession, editions: Editions, principal: Principal, community_id: UUID, step: CaseStep
) -> Community:
    """Propose to close it, with a reason of the edition (422)."""
    community = await _to_change(session, principal, community_id, step.if_match)
    known = edition_at(editions, principal.today).communities.closing_reasons
    require_known("reason_code", [step.reason_code or ""], known)
    _propose(community, principal, rules.CLOSING, step.reason_code or "")
    context = EventContext.of(principal)
    await _record(session, rc.CommunityClosingProposed, community, context, remark=step.remark)
    return community


async def close_community(session: AsyncSession, principal: Principal, community_id: UUID, step: CaseStep) -> Community:
    """Close it; the day is its last one."""
    community = await _proposed(session, principal, community_id, step, rules.CLOSING)
    day = step_day(principal, step.on, after=max(community.change_on or date.min, community.opened_on or date.min))
    community.status, community.closed_on, community.suspended_on = rules.CLOSED, day, None
    community.reason_code, community.document_no = community.change_reason, step.document_no
    community.decided_by = principal.account_id
    _forget_proposal(community)
    await _record(session, rc.CommunityClosed, community, EventContext.of(principal, day), cited=FOUR_EYES)
    return community


async def drop_proposal(
    session: AsyncSession, principal: Principal, community_id: UUID, *, if_match: str | None
) -> Community:
    """Do not follow the move or closing that waits."""
    either = division_scope(principal, DIVISION_OFFICER) | division_scope(principal, DIVISION_APPROVER)
    community = await lock_for(session, either, community_id)
    honour_match(if_match, community.version)
    if community.open_proposal is None:
        raise DomainError("community-proposal-missing", 409, clauses=["4.4-1"])
    _forget_proposal(community)
    await _record(session, rc.CommunityProposalDropped, community, EventContext.of(principal))
    return community


async def lose_base(
    session: AsyncSession, centre_id: UUID, day: date, context: EventContext, *, reason_code: str
) -> None:
    """4.4-1: the centre has left the list. Open communities based there are suspended until they move or close, those
    that wait to be opened are refused, and moves to it are off. The caller has locked the centre."""
    based = Community.base_centre_id == centre_id
    waiting = (rules.PROPOSED, rules.OPEN)
    query = select(Community).where(based, Community.status.in_(waiting)).order_by(Community.id)
    for community in await session.scalars(query.with_for_update()):
        was_open = community.status == rules.OPEN
        if was_open:
            community.status, community.suspended_on = rules.SUSPENDED, max(day, community.opened_on or day)
        else:
            community.status = rules.REFUSED
        community.reason_code = reason_code
        happened = rc.CommunitySuspended if was_open else rc.CommunityRefused
        await _record(session, happened, community, context, cited=BASE)
    moving = select(Community).where(Community.proposed_centre_id == centre_id).order_by(Community.id)
    for community in await session.scalars(moving.with_for_update()):
        _forget_proposal(community)
        await _record(session, rc.CommunityProposalDropped, community, context, cited=BASE)


def _propose(community: Community, principal: Principal, proposal: str, reason_code: str) -> None:
    community.open_proposal, community.change_reason = proposal, reason_code
    community.change_by, community.change_on = principal.account_id, principal.today


def _forget_proposal(community: Community) -> None:
    community.open_proposal = community.change_reason = community.change_by = None
    community.change_on = community.proposed_centre_id = None


async def _to_decide(session: AsyncSession, principal: Principal, community_id: UUID, step: CaseStep) -> Community:
    community = await lock_for(session, division_scope(principal, DIVISION_APPROVER), community_id)
    honour_match(step.if_match, community.version)
    return community


async def _to_change(
    session: AsyncSession, principal: Principal, community_id: UUID, if_match: str | None
) -> Community:
    community = await lock_for(session, division_scope(principal, DIVISION_OFFICER), community_id)
    honour_match(if_match, community.version)
    require_state(community.status, rules.LIVE)
    if community.open_proposal is not None:
        raise DomainError("community-proposal-open", 409, clauses=["4.4-1"])
    return community


async def _proposed(
    session: AsyncSession, principal: Principal, community_id: UUID, step: CaseStep, proposal: str
) -> Community:
    community = await _to_decide(session, principal, community_id, step)
    require_state(community.status, rules.LIVE)
    if community.open_proposal != proposal:
        raise DomainError("community-proposal-missing", 409, clauses=["4.4-1"])
    require_four_eyes(principal, community.change_by, community.proposed_by)
    return community


async def _require_base(
    session: AsyncSession, edition: Edition, principal: Principal, centre_id: UUID, division: str
) -> Centre:
    """The centre is listed and of the division, and stays listed until this is written."""
    centre = await hold_standing(session, centre_scope(principal), centre_id)
    places = (centre.owner_division, centre.site_division)
    require_passed(rules.decide_base(edition, centre.status, places, division))
    return centre


async def _flush(session: AsyncSession) -> None:
    """Write now: of two communities of one sector at one centre, the index lets one through; the other is told."""
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_community_base_centre_id":
            raise DomainError("community-exists", 409, clauses=["4.4-1"]) from error
        raise


async def _record(
    session: AsyncSession,
    event_type: EventType[rc.CommunityState],
    community: Community,
    context: EventContext,
    *,
    cited: tuple[str, ...] = RULES,
    remark: str | None = None,
) -> None:
    remark_hash = await keep_remark(session, community.id, step=community.status, text=remark, written_by=context.actor)
    state = community_state(community, remark_hash=remark_hash)
    await outbox.append(session, event_type, community, state, context=context, rules=cited, edition=community.edition)
