"""`/v1/redemptions`: orders, their acceptance, and delivery (4.3-1)."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from services.vouchers.access import Enterprise, Provider
from services.vouchers.redemptions import delivery, orders, queries
from services.vouchers.redemptions.schemas import (
    Acceptance,
    Declined,
    Delivery,
    DeliveryOut,
    OrderNew,
    RedemptionItem,
    RedemptionOut,
)
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/redemptions", tags=["redemptions"], route_class=ServiceRoute)


@router.post("/orders", status_code=201, dependencies=[IdempotencyRequired], responses=problem_responses(400, 404, 409))
async def order(
    wanted: OrderNew, session: Session, principal: Enterprise, runtime: RuntimeDep, response: Response
) -> RedemptionOut:
    """Order a listed service, or one in words; nothing is reserved until the provider accepts."""
    placed, decision = await orders.place_order(session, editions=runtime.editions, principal=principal, wanted=wanted)
    set_etag(response, placed.version)
    response.headers["Location"] = f"{router.prefix}/{placed.id}"
    return queries.shown(placed, decision)


@router.post(
    "/{redemption_id}/accept", dependencies=[IdempotencyRequired], responses=problem_responses(400, 404, 409, 412)
)
async def accept(
    redemption_id: UUID,
    session: Session,
    principal: Provider,
    runtime: RuntimeDep,
    response: Response,
    sent: Acceptance | None = None,
    if_match: IfMatch = None,
) -> RedemptionOut:
    """Take the order: the subsidy is reserved from here on."""
    accepted, decision = await orders.accept_order(
        session,
        editions=runtime.editions,
        principal=principal,
        redemption_id=redemption_id,
        sent=sent or Acceptance(),
        if_match=if_match,
    )
    set_etag(response, accepted.version)
    return queries.shown(accepted, decision)


@router.post("/{redemption_id}/decline", responses=problem_responses(404, 409, 412))
async def decline(
    redemption_id: UUID,
    sent: Declined,
    session: Session,
    principal: Provider,
    response: Response,
    if_match: IfMatch = None,
) -> RedemptionItem:
    """Do not take the order, with a reason."""
    declined = await orders.decline_order(
        session, principal=principal, redemption_id=redemption_id, sent=sent, if_match=if_match
    )
    set_etag(response, declined.version)
    return RedemptionItem.model_validate(declined)


@router.post("/{redemption_id}/deliver", responses=problem_responses(404, 409, 412))
async def deliver(
    redemption_id: UUID,
    session: Session,
    principal: Provider,
    runtime: RuntimeDep,
    response: Response,
    sent: Delivery | None = None,
    if_match: IfMatch = None,
) -> DeliveryOut:
    """The provider has rendered the service, or a part of it: then the rest is a redemption of its own."""
    delivered, rest = await delivery.deliver(
        session,
        editions=runtime.editions,
        principal=principal,
        redemption_id=redemption_id,
        sent=sent or Delivery(),
        if_match=if_match,
    )
    set_etag(response, delivered.version)
    item = RedemptionItem.model_validate(delivered)
    return DeliveryOut(**item.model_dump(), rest_id=None if rest is None else rest.id)
