"""`/v1/redemptions/{id}/reversals`: taking back what was redeemed (4.3-4)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from services.vouchers.access import (
    DivisionApprover,
    DivisionOfficer,
    Issuer,
    OfficerOrProvider,
    RedemptionReader,
)
from services.vouchers.redemptions.queries import require_visible
from services.vouchers.redemptions.reversals import usecases
from services.vouchers.redemptions.reversals.models import Reversal
from services.vouchers.redemptions.reversals.schemas import Answer, ReversalFilter, ReversalNew, ReversalOut
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/redemptions/{redemption_id}", tags=["redemptions"], route_class=ServiceRoute)

_REVERSALS = "/reversals"
_ONE = "/reversals/{reversal_id}"


@router.post(
    "/reverse", status_code=201, dependencies=[IdempotencyRequired], responses=problem_responses(400, 404, 409, 412)
)
async def ask_reversal(
    redemption_id: UUID,
    wanted: ReversalNew,
    session: Session,
    principal: OfficerOrProvider,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ReversalOut:
    """Propose to take a redeemed subsidy back, or a part of it; a provider asks the issuer for it."""
    reversal = await usecases.ask_reversal(
        session,
        editions=runtime.editions,
        principal=principal,
        redemption_id=redemption_id,
        wanted=wanted,
        if_match=if_match,
    )
    return _answer(reversal, response)


@router.get(_REVERSALS, responses=problem_responses(404))
async def list_reversals(
    redemption_id: UUID, session: Session, principal: RedemptionReader, wanted: Annotated[ReversalFilter, Query()]
) -> Page[ReversalOut]:
    """The redemption's reversals, refused ones too, newest first, for whom it concerns."""
    await require_visible(session, principal, redemption_id)
    query = select(Reversal).where(Reversal.redemption_id == redemption_id)
    return await paginate(session, query, keys=[Reversal.id.desc()], params=wanted, item=ReversalOut.model_validate)


@router.post(f"{_ONE}/propose", responses=problem_responses(404, 409, 412))
async def propose_reversal(
    redemption_id: UUID,
    reversal_id: UUID,
    session: Session,
    principal: DivisionOfficer,
    response: Response,
    if_match: IfMatch = None,
) -> ReversalOut:
    """Support what the provider asked for."""
    reversal = await usecases.propose_reversal(
        session, principal=principal, redemption_id=redemption_id, reversal_id=reversal_id, if_match=if_match
    )
    return _answer(reversal, response)


@router.post(
    f"{_ONE}/approve", dependencies=[IdempotencyRequired], responses=problem_responses(400, 403, 404, 409, 412)
)
async def approve_reversal(
    redemption_id: UUID,
    reversal_id: UUID,
    session: Session,
    principal: DivisionApprover,
    runtime: RuntimeDep,
    response: Response,
    sent: Answer | None = None,
    if_match: IfMatch = None,
) -> ReversalOut:
    """Take it back: it is not paid, or claimed back from the provider if it was."""
    reversal = await usecases.approve_reversal(
        session,
        editions=runtime.editions,
        principal=principal,
        redemption_id=redemption_id,
        reversal_id=reversal_id,
        sent=sent,
        if_match=if_match,
    )
    return _answer(reversal, response)


@router.post(f"{_ONE}/refuse", responses=problem_responses(403, 404, 409, 412))
async def refuse_reversal(
    redemption_id: UUID,
    reversal_id: UUID,
    sent: Answer,
    session: Session,
    principal: Issuer,
    response: Response,
    if_match: IfMatch = None,
) -> ReversalOut:
    """It stays redeemed, with a reason."""
    reversal = await usecases.refuse_reversal(
        session,
        principal=principal,
        redemption_id=redemption_id,
        reversal_id=reversal_id,
        sent=sent,
        if_match=if_match,
    )
    return _answer(reversal, response)


def _answer(reversal: Reversal, response: Response) -> ReversalOut:
    set_etag(response, reversal.version)
    return ReversalOut.model_validate(reversal)
