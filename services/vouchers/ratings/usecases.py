"""The holder rates once, after the capture; an officer may hide a text that does not belong in public (4.3-2)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import enterprise_code_of
from services.vouchers.ratings.models import ProviderScore, Rating
from services.vouchers.ratings.schemas import RatingHiding, RatingNew, RatingOut
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.queries import bought_by
from services.vouchers.redemptions.rules import CAPTURED
from shared.auth.principal import Principal
from shared.errors import DomainError, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match

RULES = ("vouchers.rating",)
RATED = CAPTURED


async def rate(session: AsyncSession, *, principal: Principal, redemption_id: UUID, wanted: RatingNew) -> Rating:
    """Rate what was bought. Raises 404 for another's redemption, 409 `invalid-transition` before it is captured,
    `redemption-already-rated`.

    The score's row is the last that is locked: two ratings of one provider wait for each other only there.
    """
    mine = select(Redemption).where(Redemption.id == redemption_id, bought_by(enterprise_code_of(principal)))
    redemption = (await session.scalars(mine.with_for_update(read=True))).one_or_none()
    if redemption is None:
        raise not_found("redemption")
    if redemption.status not in RATED:
        raise invalid_transition(redemption.status, RATED)
    if await session.scalar(select(Rating.id).where(Rating.redemption_id == redemption.id)) is not None:
        raise DomainError("redemption-already-rated", 409, params={"no": redemption.no})
    rating = Rating(
        redemption_id=redemption.id,
        provider_id=redemption.provider_id,
        enterprise_id=redemption.enterprise_id,
        category=redemption.category,
        rated_by=principal.account_id,
        rated_on=principal.today,
        **wanted.model_dump(),
    )
    session.add(rating)
    await session.flush()
    await _record(session, vc.RatingGiven, rating, EventContext.of(principal))
    added = insert(ProviderScore).values(provider_id=rating.provider_id, ratings=1, stars=rating.stars)
    more = {"ratings": ProviderScore.ratings + 1, "stars": ProviderScore.stars + rating.stars}
    await session.execute(added.on_conflict_do_update(index_elements=[ProviderScore.provider_id], set_=more))
    return rating


async def hide_text(
    session: AsyncSession, *, principal: Principal, rating_id: UUID, wanted: RatingHiding, if_match: str | None
) -> Rating:
    """Show the text no more, with a reason; its stars go on counting. Raises 404, 412, 409 `invalid-transition`."""
    rating = await session.get(Rating, rating_id, with_for_update=True, populate_existing=True)
    if rating is None:
        raise not_found("rating")
    honour_match(if_match, rating.version)
    if rating.hidden_on is not None:
        raise invalid_transition("hidden", ["shown"])
    rating.hidden_by, rating.hidden_on = principal.account_id, principal.today
    rating.hidden_reason = wanted.reason_code
    await _record(session, vc.RatingHidden, rating, EventContext.of(principal))
    return rating


def shown(rating: Rating) -> RatingOut:
    """The rating as everybody may see it, without a hidden text."""
    answer = RatingOut.model_validate(rating)
    return answer if rating.hidden_on is None else answer.model_copy(update={"text": None})


async def _record(
    session: AsyncSession, event_type: EventType[vc.RatingState], rating: Rating, context: EventContext
) -> None:
    data = vc.RatingState.model_validate(rating, from_attributes=True)
    await outbox.append(session, event_type, rating, data, context=context, rules=RULES)
