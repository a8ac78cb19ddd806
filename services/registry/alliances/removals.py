"""A member is removed: proposed by one person of the lead bureau, decided by another (4.6-2)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.alliances import rules
from services.registry.alliances.memberships import end_membership, of_lead, record
from services.registry.alliances.models import AllianceMember
from services.registry.alliances.parties import keep_after_the_end
from services.registry.centres.rules import require_state
from services.registry.policy import edition_at, require_known
from services.registry.steps import CaseStep, require_four_eyes, step_day
from shared.auth.principal import Principal
from shared.errors import DomainError
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.policy.edition import Editions

REMOVAL: Final = ("alliances.removal",)


async def propose_removal(
    session: AsyncSession, editions: Editions, principal: Principal, member_id: UUID, step: CaseStep
) -> AllianceMember:
    """Propose to remove a member, with a reason of the edition (422); it stays one until another person decides."""
    edition = edition_at(editions, principal.today)
    member = await of_lead(session, edition, principal, member_id, step.if_match)
    require_state(member.status, rules.LEAVABLE)
    if member.removal_proposed_on is not None:
        raise DomainError("removal-proposed", 409, params={"since": member.removal_proposed_on}, clauses=["4.6-2"])
    require_known("reason_code", [step.reason_code or ""], edition.alliances.removal_reasons)
    day = principal.today
    member.removal_proposed_by, member.removal_proposed_on = principal.account_id, day
    member.reason_code = step.reason_code
    context = EventContext.of(principal, day)
    await record(session, rc.AllianceMemberRemovalProposed, member, context, cited=REMOVAL, remark=step.remark)
    return member


async def remove_member(
    session: AsyncSession, editions: Editions, principal: Principal, member_id: UUID, step: CaseStep
) -> AllianceMember:
    """Carry a removal out. Raises 403 `four-eyes-required` for whoever proposed it, 409 `removal-not-proposed`."""
    edition = edition_at(editions, principal.today)
    member = await of_lead(session, edition, principal, member_id, step.if_match)
    require_state(member.status, rules.LEAVABLE)
    if member.removal_proposed_on is None:
        raise DomainError("removal-not-proposed", 409, clauses=["4.6-2"])
    require_four_eyes(principal, member.removal_proposed_by)
    day = step_day(principal, step.on, after=member.removal_proposed_on)
    end_membership(member, rules.REMOVED, day, principal.account_id)
    member.document_no = step.document_no
    await keep_after_the_end(session, editions, principal, member)
    context = EventContext.of(principal, day)
    await record(session, rc.AllianceMemberRemoved, member, context, cited=REMOVAL)
    return member


async def drop_removal(
    session: AsyncSession, editions: Editions, principal: Principal, member_id: UUID, *, if_match: str | None
) -> AllianceMember:
    """Do not follow the proposal: the member stays."""
    edition = edition_at(editions, principal.today)
    member = await of_lead(session, edition, principal, member_id, if_match)
    require_state(member.status, rules.LEAVABLE)
    if member.removal_proposed_on is None:
        raise DomainError("removal-not-proposed", 409, clauses=["4.6-2"])
    member.removal_proposed_by = member.removal_proposed_on = member.reason_code = None
    context = EventContext.of(principal)
    await record(session, rc.AllianceMemberRemovalDropped, member, context, cited=REMOVAL)
    return member
