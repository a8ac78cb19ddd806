"""/v1/grants/{id}/assets and /v1/grants/assets: the inventory of what grants bought."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.finance.assets import queries, usecases
from services.finance.assets.schemas import (
    AssetCheckIn,
    AssetMove,
    AssetWriteOff,
    GrantAssetFilter,
    GrantAssetIn,
    GrantAssetItem,
    GrantAssetOut,
)
from services.finance.centres import READERS
from services.finance.grants.cases import Step
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute, Session
from shared.runtime import RuntimeDep

Reader = Annotated[Principal, Depends(require(*READERS))]
Keeper = Annotated[Principal, Depends(require(r.CENTRE_OPERATOR, r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER))]
Officer = Annotated[Principal, Depends(require(r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER))]
Approver = Annotated[Principal, Depends(require(r.SCIENCE_APPROVER, r.INDUSTRY_APPROVER))]

of_grant = APIRouter(prefix="/v1/grants/{grant_id}/assets", tags=["grant assets"], route_class=ServiceRoute)
router = APIRouter(prefix="/v1/grants/assets", tags=["grant assets"], route_class=ServiceRoute)

STEP = problem_responses(403, 404, 409, 412)


@of_grant.post("", status_code=201, responses=problem_responses(404, 409))
async def enter_asset(
    session: Session, runtime: RuntimeDep, caller: Keeper, grant_id: UUID, sent: GrantAssetIn, response: Response
) -> GrantAssetOut:
    """The operator enters what a payment bought, where it stands and which organisation keeps it."""
    asset = await usecases.enter_asset(session, sent, step=Step(grant_id, caller, runtime.editions))
    set_etag(response, asset.version)
    response.headers["Location"] = f"/v1/grants/assets/{asset.id}"
    return await queries.detail(session, asset)


@router.get("")
async def list_assets(
    session: Session, caller: Reader, wanted: Annotated[GrantAssetFilter, Query()]
) -> Page[GrantAssetItem]:
    """Assets at the centres the caller may see, newest first."""
    return await queries.list_assets(session, wanted, principal=caller)


@router.get("/{asset_id}", responses=problem_responses(404))
async def read_asset(session: Session, caller: Reader, asset_id: UUID, response: Response) -> GrantAssetOut:
    """One asset with its invoice and every check."""
    asset = await queries.find_asset(session, asset_id, principal=caller)
    set_etag(response, asset.version)
    return await queries.detail(session, asset)


@router.post("/{asset_id}/check", responses=STEP)
async def check_asset(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    asset_id: UUID,
    sent: AssetCheckIn,
    response: Response,
    if_match: IfMatch = None,
) -> GrantAssetOut:
    """An officer who did not enter it counts it: every year, and after a delisting."""
    step = Step(asset_id, caller, runtime.editions, if_match)
    asset = await usecases.check_asset(session, asset_id, sent, step=step)
    set_etag(response, asset.version)
    return await queries.detail(session, asset)


@router.post("/{asset_id}/move", responses=STEP)
async def move_asset(
    session: Session,
    runtime: RuntimeDep,
    caller: Keeper,
    asset_id: UUID,
    sent: AssetMove,
    response: Response,
    if_match: IfMatch = None,
) -> GrantAssetOut:
    """It is kept elsewhere, or by another organisation."""
    step = Step(asset_id, caller, runtime.editions, if_match)
    asset = await usecases.move_asset(session, asset_id, sent, step=step)
    set_etag(response, asset.version)
    return await queries.detail(session, asset)


@router.post("/{asset_id}/write-off", responses=STEP)
async def write_off_asset(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    asset_id: UUID,
    sent: AssetWriteOff,
    response: Response,
    if_match: IfMatch = None,
) -> GrantAssetOut:
    """An approver who neither entered nor checked it takes it off the list, by a document."""
    step = Step(asset_id, caller, runtime.editions, if_match)
    asset = await usecases.write_off(session, asset_id, sent, step=step)
    set_etag(response, asset.version)
    return await queries.detail(session, asset)
