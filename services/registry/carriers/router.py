"""`/v1/centres/{id}/carriers` and `/v1/enterprises/{id}/stages`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import Row, or_, select

from services.registry.access import DIVISION_ROLES, OFFICERS, READ_ALL
from services.registry.carriers import usecases
from services.registry.carriers.models import Carrier, CarrierLink, CarrierStay
from services.registry.carriers.queries import links, stages
from services.registry.carriers.schemas import (
    CarrierOut,
    EndLink,
    EndStage,
    LinkCarrier,
    LinkFilter,
    LinkOut,
    RecordStage,
    StageFilter,
    StageOut,
)
from services.registry.centres.queries import find_visible
from services.registry.days import require_begun
from services.registry.enterprises.queries import find as find_enterprise, read_scope as enterprise_scope
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, ENTERPRISE, FOUNDER, PUBLIC
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, SortKey, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/centres/{centre_id}/carriers", tags=["carriers"], route_class=ServiceRoute)
stage_router = APIRouter(prefix="/v1/enterprises/{enterprise_id}/stages", tags=["stages"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, ENTERPRISE, FOUNDER, *DIVISION_ROLES, *READ_ALL))]
Recorder = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *OFFICERS))]

_STEP = problem_responses(404, 409, 412)


@router.get("", responses=problem_responses(404))
async def list_carriers(
    centre_id: UUID, session: Session, principal: Anyone, wanted: Annotated[LinkFilter, Query()]
) -> Page[LinkOut]:
    """The carriers that a centre is or was linked to; with `on`, those of that day."""
    require_begun(principal, wanted.on)
    await find_visible(session, principal, centre_id)

    def item(row: Row[CarrierLink, Carrier]) -> LinkOut:
        return _link(row[0], row[1])

    return await paginate(session, links(centre_id, wanted), keys=[CarrierLink.id], params=wanted, item=item)


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def link_carrier(
    centre_id: UUID,
    body: LinkCarrier,
    session: Session,
    principal: Recorder,
    runtime: RuntimeDep,
    response: Response,
) -> LinkOut:
    """Link a carrier to the centre."""
    link, carrier = await usecases.link_carrier(session, runtime.editions, principal, centre_id, body)
    set_etag(response, link.version)
    return _link(link, carrier)


@router.post("/{link_id}/end", responses=_STEP)
async def end_link(
    centre_id: UUID,
    link_id: UUID,
    body: EndLink,
    session: Session,
    principal: Recorder,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> LinkOut:
    """The last day of a link."""
    link, carrier = await usecases.end_link(
        session, runtime.editions, principal, centre_id, link_id, body, if_match=if_match
    )
    set_etag(response, link.version)
    return _link(link, carrier)


@stage_router.get("", responses=problem_responses(404))
async def list_stages(
    enterprise_id: UUID, session: Session, principal: Reader, wanted: Annotated[StageFilter, Query()]
) -> Page[StageOut]:
    """An enterprise along the chain of maker space, centre and incubator, in the order of the days."""
    require_begun(principal, wanted.on)
    await find_enterprise(session, enterprise_scope(principal), enterprise_id)
    table = stages(principal, enterprise_id)
    stage, query = table.c, select(table)
    if wanted.on is not None:
        query = query.where(stage.began_on <= wanted.on, or_(stage.ended_on.is_(None), stage.ended_on >= wanted.on))
    keys: list[SortKey] = [stage.began_on, stage.id]
    return await paginate(session, query, keys=keys, params=wanted, item=StageOut.model_validate)


@stage_router.post("", status_code=201, responses=problem_responses(404, 409))
async def record_stage(
    enterprise_id: UUID,
    body: RecordStage,
    session: Session,
    principal: Recorder,
    runtime: RuntimeDep,
    response: Response,
) -> StageOut:
    """Record a stay at a carrier that is no centre here."""
    stay, carrier = await usecases.record_stage(session, runtime.editions, principal, enterprise_id, body)
    set_etag(response, stay.version)
    return _stage(stay, carrier)


@stage_router.post("/{stay_id}/end", responses=_STEP)
async def end_stage(
    enterprise_id: UUID,
    stay_id: UUID,
    body: EndStage,
    session: Session,
    principal: Recorder,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> StageOut:
    """The enterprise's last day at the carrier."""
    stay, carrier = await usecases.end_stage(
        session, runtime.editions, principal, enterprise_id, stay_id, body, if_match=if_match
    )
    set_etag(response, stay.version)
    return _stage(stay, carrier)


def _link(link: CarrierLink, carrier: Carrier) -> LinkOut:
    return LinkOut(
        id=link.id,
        version=link.version,
        centre_id=link.centre_id,
        carrier=CarrierOut.model_validate(carrier),
        linked_on=link.linked_on,
        ended_on=link.ended_on,
        agreement_no=link.agreement_no,
        reason_code=link.reason_code,
    )


def _stage(stay: CarrierStay, carrier: Carrier) -> StageOut:
    return StageOut(
        id=stay.id,
        stage=carrier.kind,
        carrier_id=carrier.id,
        centre_id=carrier.centre_id,
        name=carrier.name,
        began_on=stay.began_on,
        ended_on=stay.ended_on,
        outcome=None,
    )
