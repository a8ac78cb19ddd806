"""`/internal/centres/{id}/standing`: asked before money is paid (2.3-3)."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import select

from services.evaluation.access import InternalCaller
from services.evaluation.delistings.models import DelistingCase
from services.evaluation.delistings.rules import IN_FORCE
from services.evaluation.rectifications.models import Rectification
from services.evaluation.rectifications.rules import OPEN
from shared.db import Session
from shared.http.route import ServiceRoute
from shared.http.schemas import Response

router = APIRouter(prefix="/internal/centres", tags=["internal"], route_class=ServiceRoute)


class StandingOut(Response):
    """`delisting_decided` from the moment the decision is published, unless it is stayed or reversed;
    `rectification_open` from a published fail until its rectification is accepted; a centre nothing is known about is
    in good standing here."""

    centre_id: UUID
    standing: Literal["good", "rectification_open", "delisting_decided"]
    case_id: UUID | None


@router.get("/{centre_id}/standing")
async def read_standing(centre_id: UUID, session: Session, _: InternalCaller) -> StandingOut:
    """Whether a published decision or an order not yet complied with stands against the centre."""
    query = select(DelistingCase.id).where(
        DelistingCase.centre_id == centre_id, DelistingCase.status.in_(IN_FORCE), DelistingCase.stayed_on.is_(None)
    )
    case_id = await session.scalar(query)
    if case_id is not None:
        return StandingOut(centre_id=centre_id, standing="delisting_decided", case_id=case_id)
    order = select(Rectification.id).where(Rectification.centre_id == centre_id, Rectification.status.in_(OPEN))
    open_order = await session.scalar(order.limit(1)) is not None
    return StandingOut(centre_id=centre_id, standing="rectification_open" if open_order else "good", case_id=None)
