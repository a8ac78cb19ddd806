"""Guidance: drafted by one in the science bureau, approved by another, effective no earlier than that (4.3-4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.categories.queries import known_codes
from services.vouchers.guidance.models import Guidance
from services.vouchers.guidance.queries import lock
from services.vouchers.guidance.rules import APPROVED, CANCELLED, DRAFT, REFUSED
from services.vouchers.guidance.schemas import GuidanceNew, GuidanceRefusal
from services.vouchers.policy import require_known, require_not_before
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError, four_eyes_required, invalid_transition
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no
from shared.policy.edition import Editions

RULES = ("vouchers.guidance", "vouchers.four_eyes")


@dataclass(frozen=True, slots=True)
class Step:
    """Who decides on which guidance, knowing which version."""

    guidance_id: UUID
    principal: Principal
    if_match: str | None = None


async def draft_guidance(
    session: AsyncSession, *, editions: Editions, principal: Principal, wanted: GuidanceNew
) -> Guidance:
    """Draft limits for a year's programmes; they bind nobody until somebody else approves them.

    Raises 409 `policy-not-in-force`, `guidance-draft-exists`.
    """
    day = effective_date(principal, wanted.drafted_on)
    edition = editions.require_in_force(day)
    require_known("recommended_categories", wanted.recommended_categories, await known_codes(session, edition))
    guidance = Guidance(
        **wanted.model_dump(exclude={"recommended_categories", "drafted_on"}),
        recommended_categories=list(dict.fromkeys(wanted.recommended_categories)),
        no=await next_case_no(session, "VG", day.year),
        status=DRAFT,
        edition=edition.id,
        drafted_by=principal.account_id,
        drafted_on=day,
    )
    session.add(guidance)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_guidance_year_draft":
            raise
        raise DomainError("guidance-draft-exists", 409, params={"year": wanted.year}, clauses=["4.3-4"]) from error
    await _tell(session, vc.GuidanceDrafted, guidance, EventContext.of(principal, day))
    return guidance


async def approve_guidance(session: AsyncSession, decided_on: date | None, *, step: Step) -> Guidance:
    """From its day on programmes are tested by it; those before stay as they are.

    Raises 403 `four-eyes-required`, 409 `guidance-not-forward`.
    """
    guidance, day = await _to_decide(session, decided_on, step)
    earliest = max(day, step.principal.today)
    latest = await session.scalar(
        select(func.max(Guidance.effective_from)).where(Guidance.year == guidance.year, Guidance.status == APPROVED)
    )
    wanted = guidance.effective_from or earliest
    if wanted < earliest or (latest is not None and wanted <= latest):
        params = {"effective_from": wanted, "earliest": earliest, "latest": latest}
        raise DomainError("guidance-not-forward", 409, params=params, clauses=["4.3-4"])
    guidance.status, guidance.effective_from = APPROVED, wanted
    guidance.decided_by, guidance.decided_on = step.principal.account_id, day
    await _tell(session, vc.GuidanceApproved, guidance, EventContext.of(step.principal, day))
    return guidance


async def refuse_guidance(session: AsyncSession, sent: GuidanceRefusal, *, step: Step) -> Guidance:
    """It is not approved; what held before goes on. Raises 403 `four-eyes-required`."""
    guidance, day = await _to_decide(session, sent.decided_on, step)
    guidance.status, guidance.refusal = REFUSED, sent.reason
    guidance.decided_by, guidance.decided_on = step.principal.account_id, day
    await _tell(session, vc.GuidanceRefused, guidance, EventContext.of(step.principal, day))
    return guidance


async def cancel_guidance(session: AsyncSession, decided_on: date | None, *, step: Step) -> Guidance:
    """The bureau gives its draft up."""
    guidance, day = await _draft(session, decided_on, step)
    guidance.status = CANCELLED
    guidance.decided_by, guidance.decided_on = step.principal.account_id, day
    await _tell(session, vc.GuidanceCancelled, guidance, EventContext.of(step.principal, day))
    return guidance


async def _draft(session: AsyncSession, decided_on: date | None, step: Step) -> tuple[Guidance, date]:
    guidance = await lock(session, step.guidance_id)
    honour_match(step.if_match, guidance.version)
    if guidance.status != DRAFT:
        raise invalid_transition(guidance.status, [DRAFT])
    day = effective_date(step.principal, decided_on)
    require_not_before(guidance.drafted_on, day)
    return guidance, day


async def _to_decide(session: AsyncSession, decided_on: date | None, step: Step) -> tuple[Guidance, date]:
    guidance, day = await _draft(session, decided_on, step)
    if guidance.drafted_by == step.principal.account_id:
        raise four_eyes_required()
    return guidance, day


async def _tell(
    session: AsyncSession, event_type: EventType[vc.GuidanceState], guidance: Guidance, context: EventContext
) -> None:
    data = vc.GuidanceState.model_validate(guidance, from_attributes=True)
    await outbox.append(session, event_type, guidance, data, context=context, rules=RULES, edition=guidance.edition)
