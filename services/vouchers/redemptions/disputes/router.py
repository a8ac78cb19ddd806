"""`/v1/redemptions/{id}`: disputes, and the issuer's decision (4.3-1)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from services.vouchers.access import DivisionOfficer, Enterprise, RedemptionReader
from services.vouchers.redemptions.disputes import usecases
from services.vouchers.redemptions.disputes.models import Dispute
from services.vouchers.redemptions.disputes.schemas import Decided, DisputeFilter, DisputeNew, DisputeOut
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.queries import require_visible
from services.vouchers.redemptions.schemas import RedemptionItem
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/redemptions/{redemption_id}", tags=["redemptions"], route_class=ServiceRoute)


@router.post("/dispute", responses=problem_responses(404, 409, 412))
async def raise_dispute(
    redemption_id: UUID,
    sent: DisputeNew,
    session: Session,
    principal: Enterprise,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RedemptionItem:
    """Say that the delivery is not what was bought."""
    disputed = await usecases.raise_dispute(
        session,
        editions=runtime.editions,
        principal=principal,
        redemption_id=redemption_id,
        sent=sent,
        if_match=if_match,
    )
    return _answer(disputed, response)


@router.post("/decide", dependencies=[IdempotencyRequired], responses=problem_responses(400, 404, 409, 412))
async def decide(
    redemption_id: UUID,
    sent: Decided,
    session: Session,
    principal: DivisionOfficer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> RedemptionItem:
    """Pay or release what is disputed, or what its holder has not confirmed in time."""
    decided = await usecases.decide(
        session,
        editions=runtime.editions,
        principal=principal,
        redemption_id=redemption_id,
        sent=sent,
        if_match=if_match,
    )
    return _answer(decided, response)


@router.get("/disputes", responses=problem_responses(404))
async def list_disputes(
    redemption_id: UUID, session: Session, principal: RedemptionReader, wanted: Annotated[DisputeFilter, Query()]
) -> Page[DisputeOut]:
    """The redemption's disputes, newest first, for whom it concerns."""
    await require_visible(session, principal, redemption_id)
    query = select(Dispute).where(Dispute.redemption_id == redemption_id)
    return await paginate(session, query, keys=[Dispute.id.desc()], params=wanted, item=DisputeOut.model_validate)


def _answer(redemption: Redemption, response: Response) -> RedemptionItem:
    set_etag(response, redemption.version)
    return RedemptionItem.model_validate(redemption)
