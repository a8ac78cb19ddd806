"""Ratings after use: given with the redemption, read with the provider (4.3-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from services.vouchers.access import Anyone, Enterprise, RedemptionReader, ScienceOfficer
from services.vouchers.providers.queries import find
from services.vouchers.ratings import usecases
from services.vouchers.ratings.models import Rating
from services.vouchers.ratings.schemas import OwnRating, RatingFilter, RatingHiding, RatingNew, RatingOut
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.queries import visible_to
from shared.db import Session
from shared.errors import not_found
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute

router = APIRouter(prefix="/v1", tags=["ratings"], route_class=ServiceRoute)


@router.post("/redemptions/{redemption_id}/rating", status_code=201, responses=problem_responses(404, 409))
async def rate_redemption(
    redemption_id: UUID, wanted: RatingNew, session: Session, principal: Enterprise, response: Response
) -> OwnRating:
    """Rate a service that was paid with one's voucher, once."""
    rating = await usecases.rate(session, principal=principal, redemption_id=redemption_id, wanted=wanted)
    set_etag(response, rating.version)
    return OwnRating.model_validate(rating)


@router.get("/redemptions/{redemption_id}/rating", responses=problem_responses(404))
async def read_rating_of_redemption(
    redemption_id: UUID, session: Session, principal: RedemptionReader, response: Response
) -> OwnRating:
    """The rating of a redemption that the caller may see."""
    query = select(Rating).join(Redemption, Redemption.id == Rating.redemption_id)
    rating = await session.scalar(query.where(Rating.redemption_id == redemption_id, visible_to(principal)))
    if rating is None:
        raise not_found("rating")
    set_etag(response, rating.version)
    return OwnRating.model_validate(rating)


@router.get("/providers/{provider_id}/ratings", responses=problem_responses(404))
async def list_ratings(
    provider_id: UUID, session: Session, principal: Anyone, wanted: Annotated[RatingFilter, Query()]
) -> Page[RatingOut]:
    """What a provider's customers say, newest first; not who they are."""
    await find(session, principal, provider_id)
    query = select(Rating).where(Rating.provider_id == provider_id)
    if wanted.stars is not None:
        query = query.where(Rating.stars == wanted.stars)
    if wanted.category is not None:
        query = query.where(Rating.category == wanted.category)
    return await paginate(session, query, keys=[Rating.id.desc()], params=wanted, item=usecases.shown)


@router.post("/ratings/{rating_id}/hide", responses=problem_responses(404, 409, 412))
async def hide_rating(
    rating_id: UUID,
    wanted: RatingHiding,
    session: Session,
    principal: ScienceOfficer,
    response: Response,
    if_match: IfMatch = None,
) -> RatingOut:
    """Show its text no more; its stars go on counting."""
    rating = await usecases.hide_text(
        session, principal=principal, rating_id=rating_id, wanted=wanted, if_match=if_match
    )
    set_etag(response, rating.version)
    return usecases.shown(rating)
