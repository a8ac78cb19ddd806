"""`/v1/bans`: the public register of current bans (2.3-6), and the orders that suspend or undo them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import ColumnElement, select

from services.registry.access import APPROVERS, OFFICERS, READ_ALL
from services.registry.bans import liftings
from services.registry.bans.models import Ban, BanLifting
from services.registry.bans.queries import find_ban, register, runs_on
from services.registry.bans.schemas import (
    BanFilter,
    BanOut,
    ConfirmLifting,
    LiftingFilter,
    LiftingOut,
    RecordLifting,
    RejectLifting,
)
from services.registry.days import require_begun
from services.registry.steps import CaseStep
from shared.auth.principal import Principal, require
from shared.auth.roles import PUBLIC
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, SortKey, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/bans", tags=["bans"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Reader = Annotated[Principal, Depends(require(*READ_ALL))]
Officer = Annotated[Principal, Depends(require(*OFFICERS))]
Approver = Annotated[Principal, Depends(require(*APPROVERS))]

_STEP = problem_responses(404, 409, 412)


@router.get("")
async def list_bans(session: Session, principal: Anyone, wanted: Annotated[BanFilter, Query()]) -> Page[BanOut]:
    """Current bans; bureaus and the auditor see ended, stayed and lifted ones too."""
    require_begun(principal, wanted.on)
    query = register(principal).where(*_conditions(wanted))
    keys: list[SortKey] = [Ban.published_on.desc(), Ban.id.desc()]
    return await paginate(session, query, keys=keys, params=wanted, item=BanOut.of)


@router.get("/{ban_id}", responses=problem_responses(404))
async def read_ban(ban_id: UUID, session: Session, principal: Anyone, response: Response) -> BanOut:
    """One ban."""
    row = await find_ban(session, principal, ban_id)
    set_etag(response, row[0].version)
    return BanOut.of(row)


@router.get("/{ban_id}/liftings", responses=problem_responses(404))
async def list_liftings(
    ban_id: UUID, session: Session, principal: Reader, wanted: Annotated[LiftingFilter, Query()]
) -> Page[LiftingOut]:
    """The orders on a ban, oldest first."""
    await find_ban(session, principal, ban_id)
    query = select(BanLifting).where(BanLifting.ban_id == ban_id)
    if wanted.kind is not None:
        query = query.where(BanLifting.kind == wanted.kind)
    if wanted.status is not None:
        query = query.where(BanLifting.status == wanted.status)
    return await paginate(session, query, keys=[BanLifting.id], params=wanted, item=LiftingOut.model_validate)


@router.post("/{ban_id}/liftings", status_code=201, responses=_STEP)
async def record_lifting(
    ban_id: UUID,
    body: RecordLifting,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    if_match: IfMatch = None,
) -> LiftingOut:
    """Record a stay, its end, or a decision that undoes the ban."""
    lifting = await liftings.record_lifting(session, runtime.editions, principal, ban_id, body, if_match=if_match)
    return LiftingOut.model_validate(lifting)


@router.post("/{ban_id}/liftings/{lifting_id}/confirm", responses=_STEP)
async def confirm_lifting(
    ban_id: UUID,
    lifting_id: UUID,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    body: Annotated[ConfirmLifting, Body(default_factory=ConfirmLifting)],
    if_match: IfMatch = None,
) -> LiftingOut:
    """Confirm it for the other bureau: it takes effect."""
    step = CaseStep(on=body.decided_on, if_match=if_match)
    lifting = await liftings.confirm_lifting(session, runtime.editions, principal, ban_id, lifting_id, step)
    return LiftingOut.model_validate(lifting)


@router.post("/{ban_id}/liftings/{lifting_id}/reject", responses=_STEP)
async def reject_lifting(
    ban_id: UUID,
    lifting_id: UUID,
    body: RejectLifting,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    if_match: IfMatch = None,
) -> LiftingOut:
    """Do not confirm it."""
    step = CaseStep(on=body.decided_on, reason_code=body.reason_code, if_match=if_match)
    lifting = await liftings.reject_lifting(session, runtime.editions, principal, ban_id, lifting_id, step)
    return LiftingOut.model_validate(lifting)


def _conditions(wanted: BanFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.centre_id is not None:
        conditions.append(Ban.centre_id == wanted.centre_id)
    if wanted.operator_code is not None:
        conditions.append(Ban.operator_code == wanted.operator_code)
    if wanted.case_id is not None:
        conditions.append(Ban.case_id == wanted.case_id)
    if wanted.on is not None:
        conditions.append(runs_on(wanted.on))
    return conditions
