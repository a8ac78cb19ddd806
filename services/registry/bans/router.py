"""`/v1/bans`: the public register of current bans (2.3-6)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import ColumnElement, Row

from services.registry.bans.models import Ban
from services.registry.bans.queries import find_ban, register, runs_on
from services.registry.bans.schemas import BanFilter, BanOut
from shared.auth.principal import Principal, require
from shared.auth.roles import PUBLIC
from shared.db import Session
from shared.http.etag import set_etag
from shared.http.paging import Page, SortKey, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute

router = APIRouter(prefix="/v1/bans", tags=["bans"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]


@router.get("")
async def list_bans(session: Session, principal: Anyone, wanted: Annotated[BanFilter, Query()]) -> Page[BanOut]:
    """Current bans; bureaus and the auditor see ended ones too."""
    query = register(principal).where(*_conditions(wanted))
    keys: list[SortKey] = [Ban.published_on.desc(), Ban.id.desc()]

    def item(row: Row[Ban, str, str]) -> BanOut:
        return BanOut.of(row, principal.today)

    return await paginate(session, query, keys=keys, params=wanted, item=item)


@router.get("/{ban_id}", responses=problem_responses(404))
async def read_ban(ban_id: UUID, session: Session, principal: Anyone, response: Response) -> BanOut:
    """One ban."""
    row = await find_ban(session, principal, ban_id)
    set_etag(response, row[0].version)
    return BanOut.of(row, principal.today)


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
