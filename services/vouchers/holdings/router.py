"""`/v1/providers/{id}/holdings`: shares that make a provider and an enterprise related parties (4.3-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from services.vouchers.access import DivisionOfficer, HoldingReader, Issuer
from services.vouchers.holdings import queries, usecases
from services.vouchers.holdings.models import Holding
from services.vouchers.holdings.schemas import HoldingEnd, HoldingFilter, HoldingNew, HoldingOut
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute

router = APIRouter(prefix="/v1/providers/{provider_id}/holdings", tags=["providers"], route_class=ServiceRoute)


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def record_holding(
    provider_id: UUID, wanted: HoldingNew, session: Session, principal: DivisionOfficer, response: Response
) -> HoldingOut:
    """Record a share between the provider and another organisation, whoever holds whom."""
    holding = await usecases.record_holding(session, principal=principal, provider_id=provider_id, wanted=wanted)
    return _answer(holding, response)


@router.get("", responses=problem_responses(404))
async def list_holdings(
    provider_id: UUID, session: Session, principal: HoldingReader, wanted: Annotated[HoldingFilter, Query()]
) -> Page[HoldingOut]:
    """The provider's recorded holdings, ended ones too, newest first."""
    await queries.require_readable(session, principal, provider_id)
    query = select(Holding).where(*queries.conditions(provider_id, wanted))
    return await paginate(session, query, keys=[Holding.id.desc()], params=wanted, item=HoldingOut.model_validate)


@router.post("/{holding_id}/end", responses=problem_responses(403, 404, 409, 412))
async def end_holding(
    provider_id: UUID,
    holding_id: UUID,
    wanted: HoldingEnd,
    session: Session,
    principal: Issuer,
    response: Response,
    if_match: IfMatch = None,
) -> HoldingOut:
    """Record the last day of a holding that somebody else recorded."""
    holding = await usecases.end_holding(
        session,
        principal=principal,
        provider_id=provider_id,
        holding_id=holding_id,
        wanted=wanted,
        if_match=if_match,
    )
    return _answer(holding, response)


def _answer(holding: Holding, response: Response) -> HoldingOut:
    set_etag(response, holding.version)
    return HoldingOut.model_validate(holding)
