"""`/v1/service-categories`: what vouchers may pay for (4.3-2)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from services.vouchers.access import Anyone
from services.vouchers.categories.queries import catalogue
from services.vouchers.categories.schemas import CategoryFilter, CategoryOut
from shared.db import Session
from shared.http.paging import Page, paginate
from shared.http.route import ServiceRoute
from shared.policy.edition import PolicyNotInForce
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/service-categories", tags=["service categories"], route_class=ServiceRoute)


@router.get("")
async def list_categories(
    session: Session, principal: Anyone, runtime: RuntimeDep, wanted: Annotated[CategoryFilter, Query()]
) -> Page[CategoryOut]:
    """The categories of the edition in force (else the closest) and those that issuers added, by code."""
    edition = runtime.editions.closest_to(principal.today)
    if edition is None:
        raise PolicyNotInForce(principal.today, None)
    query, table = catalogue(edition, wanted.issuer_division)
    return await paginate(session, query, keys=[table.c.code], params=wanted, item=CategoryOut.model_validate)
