"""`/v1/providers/{id}/offerings` and `/v1/offerings`: price lists, public (4.3-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from services.vouchers.access import Anyone, Provider
from services.vouchers.offerings import queries, usecases
from services.vouchers.offerings.models import Offering
from services.vouchers.offerings.schemas import (
    CatalogueFilter,
    OfferingChange,
    OfferingFilter,
    OfferingNew,
    OfferingOut,
)
from services.vouchers.providers.models import Provider as ProviderRow
from services.vouchers.providers.queries import find
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute

router = APIRouter(prefix="/v1/providers/{provider_id}/offerings", tags=["offerings"], route_class=ServiceRoute)
catalogue = APIRouter(prefix="/v1/offerings", tags=["offerings"], route_class=ServiceRoute)


@catalogue.get("")
async def list_all_offerings(
    session: Session, principal: Anyone, wanted: Annotated[CatalogueFilter, Query()]
) -> Page[OfferingOut]:
    """What can be bought today, over all providers that may sell; on another day with `valid_on`."""
    query = select(Offering).join(ProviderRow, ProviderRow.id == Offering.provider_id)
    query = query.where(*queries.sold_on(wanted.valid_on or principal.today), *queries.conditions(wanted))
    keys = queries.keys_of(wanted)
    return await paginate(session, query, keys=keys, params=wanted, item=OfferingOut.model_validate)


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def publish_offering(
    provider_id: UUID, wanted: OfferingNew, session: Session, principal: Provider, response: Response
) -> OfferingOut:
    """Put a service on one's own price list."""
    offering = await usecases.publish(session, principal=principal, provider_id=provider_id, wanted=wanted)
    response.headers["Location"] = f"/v1/providers/{provider_id}/offerings/{offering.id}"
    return _answer(offering, response)


@router.get("", responses=problem_responses(404))
async def list_offerings(
    provider_id: UUID, session: Session, principal: Anyone, wanted: Annotated[OfferingFilter, Query()]
) -> Page[OfferingOut]:
    """A provider's price list; itself and the bureaus find what was taken off it as well."""
    await find(session, principal, provider_id)
    query = select(Offering).join(ProviderRow, ProviderRow.id == Offering.provider_id)
    query = query.where(Offering.provider_id == provider_id, queries.visible_to(principal), *queries.conditions(wanted))
    keys = queries.keys_of(wanted)
    return await paginate(session, query, keys=keys, params=wanted, item=OfferingOut.model_validate)


@router.get("/{offering_id}", responses=problem_responses(404))
async def read_offering(
    provider_id: UUID, offering_id: UUID, session: Session, principal: Anyone, response: Response
) -> OfferingOut:
    """One service of the list."""
    return _answer(await queries.find_offering(session, principal, provider_id, offering_id), response)


@router.patch("/{offering_id}", responses=problem_responses(404, 409, 412, 428))
async def change_offering(
    provider_id: UUID,
    offering_id: UUID,
    wanted: OfferingChange,
    session: Session,
    principal: Provider,
    response: Response,
    if_match: IfMatch = None,
) -> OfferingOut:
    """Change what is offered, or its price; orders keep the price of their day."""
    offering = await usecases.change(
        session,
        principal=principal,
        provider_id=provider_id,
        offering_id=offering_id,
        wanted=wanted,
        if_match=if_match,
    )
    return _answer(offering, response)


@router.post("/{offering_id}/withdraw", responses=problem_responses(404, 409, 412))
async def withdraw_offering(
    provider_id: UUID,
    offering_id: UUID,
    session: Session,
    principal: Provider,
    response: Response,
    if_match: IfMatch = None,
) -> OfferingOut:
    """Take a service off one's own price list."""
    offering = await usecases.withdraw(
        session, principal=principal, provider_id=provider_id, offering_id=offering_id, if_match=if_match
    )
    return _answer(offering, response)


def _answer(offering: Offering, response: Response) -> OfferingOut:
    set_etag(response, offering.version)
    return OfferingOut.model_validate(offering)
