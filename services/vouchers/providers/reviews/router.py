"""`/v1/providers/{id}/reviews`: the yearly review, by two people (4.3-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from services.vouchers.access import HoldingReader, ScienceApprover, ScienceOfficer
from services.vouchers.providers.queries import readable
from services.vouchers.providers.reviews import usecases
from services.vouchers.providers.reviews.models import ProviderReview
from services.vouchers.providers.reviews.schemas import ProviderReviewOut, ReviewFilter, ReviewNew, ReviewReturn
from services.vouchers.schemas import Decided, day_sent
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/providers/{provider_id}/reviews", tags=["providers"], route_class=ServiceRoute)

_STEP = problem_responses(403, 404, 409, 412)


@router.post("", status_code=201, responses=problem_responses(404, 409, 412))
async def propose_review(
    provider_id: UUID,
    wanted: ReviewNew,
    session: Session,
    principal: ScienceOfficer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ProviderReviewOut:
    """Propose what the review that is due comes to."""
    found = await usecases.propose_review(
        session,
        editions=runtime.editions,
        principal=principal,
        provider_id=provider_id,
        wanted=wanted,
        if_match=if_match,
    )
    return _answer(found, response)


@router.get("", responses=problem_responses(404))
async def list_reviews(
    provider_id: UUID, session: Session, principal: HoldingReader, wanted: Annotated[ReviewFilter, Query()]
) -> Page[ProviderReviewOut]:
    """The provider's yearly reviews, newest first."""
    await readable(session, principal, provider_id)
    query = select(ProviderReview).where(ProviderReview.provider_id == provider_id)
    if wanted.status is not None:
        query = query.where(ProviderReview.status == wanted.status)
    if wanted.outcome is not None:
        query = query.where(ProviderReview.outcome == wanted.outcome)
    keys = [ProviderReview.id.desc()]
    return await paginate(session, query, keys=keys, params=wanted, item=ProviderReviewOut.model_validate)


@router.post("/{review_id}/confirm", responses=_STEP)
async def confirm_review(
    provider_id: UUID,
    review_id: UUID,
    session: Session,
    principal: ScienceApprover,
    runtime: RuntimeDep,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> ProviderReviewOut:
    """Let stand what somebody else proposed."""
    found = await usecases.confirm_review(
        session,
        editions=runtime.editions,
        principal=principal,
        provider_id=provider_id,
        review_id=review_id,
        decided_on=day_sent(wanted),
        if_match=if_match,
    )
    return _answer(found, response)


@router.post("/{review_id}/return", responses=_STEP)
async def return_review(
    provider_id: UUID,
    review_id: UUID,
    wanted: ReviewReturn,
    session: Session,
    principal: ScienceApprover,
    response: Response,
    if_match: IfMatch = None,
) -> ProviderReviewOut:
    """Have it looked at again."""
    found = await usecases.return_review(
        session,
        principal=principal,
        provider_id=provider_id,
        review_id=review_id,
        wanted=wanted,
        if_match=if_match,
    )
    return _answer(found, response)


def _answer(found: usecases.Found, response: Response) -> ProviderReviewOut:
    provider, review = found
    set_etag(response, provider.version)
    return ProviderReviewOut.model_validate(review)
