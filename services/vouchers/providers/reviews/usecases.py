"""Once a year an officer proposes an outcome and an approver confirms it (4.3-2).

A review that fails takes nothing away by itself: it is the ground on which a suspension or removal may be begun, with
notice and statement.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.policy import require_not_before
from services.vouchers.providers.models import Provider
from services.vouchers.providers.queries import lock
from services.vouchers.providers.reviews.models import CONFIRMED, PROPOSED, RETURNED, ProviderReview
from services.vouchers.providers.reviews.schemas import ReviewNew, ReviewReturn
from services.vouchers.providers.rules import STANDING
from services.vouchers.providers.telling import record
from services.vouchers.providers.terms import next_review, reviewable_from
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, four_eyes_required, invalid_transition, not_found
from shared.events.contracts.vouchers.providers import (
    ProviderReviewConfirmed,
    ProviderReviewData,
    ProviderReviewProposed,
    ProviderReviewReturned,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.policy.edition import Editions

RULES = ("vouchers.provider_review",)

Found = tuple[Provider, ProviderReview]


async def propose_review(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    provider_id: UUID,
    wanted: ReviewNew,
    if_match: str | None,
) -> Found:
    """Propose the outcome of the review that is due, or about to be.

    Raises 404, 412, 409 `invalid-transition` unless in the register, `review-too-early`, `review-already-proposed`.
    """
    provider = await lock(session, provider_id)
    honour_match(if_match, provider.version)
    if provider.status not in STANDING or provider.review_due_on is None:
        raise invalid_transition(provider.status, STANDING)
    day = effective_date(principal, wanted.decided_on)
    first_day = reviewable_from(editions.get(provider.edition), provider.review_due_on)
    if day < first_day:
        raise DomainError("review-too-early", 409, params={"first_day": first_day, "due_on": provider.review_due_on})
    mine = (ProviderReview.provider_id == provider.id, ProviderReview.status == PROPOSED)
    if await session.scalar(select(ProviderReview.id).where(*mine)) is not None:
        raise DomainError("review-already-proposed", 409)
    review = ProviderReview(
        provider_id=provider.id,
        due_on=provider.review_due_on,
        status=PROPOSED,
        outcome=wanted.outcome,
        findings=wanted.findings,
        proposed_by=principal.account_id,
        proposed_on=day,
    )
    session.add(review)
    await session.flush()
    await _record(session, ProviderReviewProposed, provider, review, EventContext.of(principal, day))
    return provider, review


async def confirm_review(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    provider_id: UUID,
    review_id: UUID,
    decided_on: date | None,
    if_match: str | None,
) -> Found:
    """The outcome stands; the next review is due a term after this one was. Raises 404, 403, 412, 409."""
    provider, review = await _open(session, principal, provider_id, review_id, if_match)
    day = effective_date(principal, decided_on)
    require_not_before(review.proposed_on, day)
    review.status, review.decided_by, review.decided_on = CONFIRMED, principal.account_id, day
    provider.review_due_on = next_review(editions.get(provider.edition), review.due_on)
    await _record(session, ProviderReviewConfirmed, provider, review, EventContext.of(principal, day))
    return provider, review


async def return_review(
    session: AsyncSession,
    *,
    principal: Principal,
    provider_id: UUID,
    review_id: UUID,
    wanted: ReviewReturn,
    if_match: str | None,
) -> Found:
    """The outcome is not confirmed: it is looked at again. Raises 404, 403, 412, 409."""
    provider, review = await _open(session, principal, provider_id, review_id, if_match)
    day = effective_date(principal, wanted.decided_on)
    require_not_before(review.proposed_on, day)
    review.status, review.decided_by, review.decided_on = RETURNED, principal.account_id, day
    review.remark = wanted.remark
    await _record(session, ProviderReviewReturned, provider, review, EventContext.of(principal, day))
    return provider, review


async def _open(
    session: AsyncSession, principal: Principal, provider_id: UUID, review_id: UUID, if_match: str | None
) -> Found:
    provider = await lock(session, provider_id)
    review = await session.get(ProviderReview, review_id, populate_existing=True)
    if review is None or review.provider_id != provider.id:
        raise not_found("yearly_review")
    honour_match(if_match, provider.version)
    if review.status != PROPOSED:
        raise invalid_transition(review.status, [PROPOSED])
    if review.proposed_by == principal.account_id:
        raise four_eyes_required()
    return provider, review


async def _record(
    session: AsyncSession,
    event_type: EventType[ProviderReviewData],
    provider: Provider,
    review: ProviderReview,
    context: EventContext,
) -> None:
    await record(
        session,
        event_type,
        provider,
        context,
        [*RULES, "vouchers.four_eyes"],
        review_id=review.id,
        review_status=review.status,
        outcome=review.outcome,
        due_on=review.due_on,
    )
