"""`/v1/rectifications`: orders to put things right after a failed year (2.3-4)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.evaluation.access import CaseReader, Officer, Operator
from services.evaluation.rectifications import usecases
from services.evaluation.rectifications.models import Rectification
from services.evaluation.rectifications.queries import find_order, orders_for, steps_of
from services.evaluation.rectifications.schemas import (
    Acceptance,
    EvidenceSubmission,
    RectificationFilter,
    RectificationHistory,
    RectificationOut,
    Rejection,
)
from shared.auth.principal import Principal
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute

router = APIRouter(prefix="/v1/rectifications", tags=["rectifications"], route_class=ServiceRoute)

_STEP = problem_responses(404, 409, 412)


def _answer(order: Rectification, principal: Principal, response: Response) -> RectificationOut:
    set_etag(response, order.version)
    return RectificationOut.of(order, principal.today)


@router.get("")
async def list_orders(
    session: Session, principal: CaseReader, wanted: Annotated[RectificationFilter, Query()]
) -> Page[RectificationOut]:
    """Orders of the caller's scope, newest first."""

    def item(order: Rectification) -> RectificationOut:
        return RectificationOut.of(order, principal.today)

    keys = [Rectification.id.desc()]
    return await paginate(session, orders_for(principal, wanted), keys=keys, params=wanted, item=item)


@router.get("/{order_id}", responses=problem_responses(404))
async def read_order(
    order_id: UUID, session: Session, principal: CaseReader, response: Response
) -> RectificationHistory:
    """One order with everything handed in and decided."""
    order = await find_order(session, principal, order_id)
    answer = _answer(order, principal, response)
    return RectificationHistory(**answer.model_dump(), steps=await steps_of(session, order.id))


@router.post("/{order_id}/submit", responses=_STEP)
async def submit_evidence(
    order_id: UUID,
    sent: EvidenceSubmission,
    session: Session,
    principal: Operator,
    response: Response,
    if_match: IfMatch = None,
) -> RectificationOut:
    """Hand in the evidence."""
    order = await usecases.submit_evidence(session, principal, order_id, sent.evidence, if_match)
    return _answer(order, principal, response)


@router.post("/{order_id}/accept", responses=_STEP)
async def accept_rectification(
    order_id: UUID,
    sent: Acceptance,
    session: Session,
    principal: Officer,
    response: Response,
    if_match: IfMatch = None,
) -> RectificationOut:
    """Accept the rectification; the grade stays."""
    order = await usecases.accept_rectification(
        session, principal, order_id, sent.document_no, sent.accepted_on, if_match
    )
    return _answer(order, principal, response)


@router.post("/{order_id}/reject", responses=_STEP)
async def reject_rectification(
    order_id: UUID,
    sent: Rejection,
    session: Session,
    principal: Officer,
    response: Response,
    if_match: IfMatch = None,
) -> RectificationOut:
    """Reject the evidence with a reason."""
    order = await usecases.reject_rectification(session, principal, order_id, sent.reason, sent.rejected_on, if_match)
    return _answer(order, principal, response)
