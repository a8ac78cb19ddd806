"""`/v1/library-rounds`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import Row

from services.registry.project_library import publication
from services.registry.project_library.models import LibraryRound
from services.registry.project_library.publication import round_out, rounds
from services.registry.project_library.queries import EDITORS, LIBRARIANS, ROUND
from services.registry.project_library.schemas import (
    CancelRound,
    LibraryRoundOut,
    PlanRound,
    PublishedRoundOut,
    PublishRound,
    RoundFilter,
)
from services.registry.steps import CaseStep
from shared.auth.principal import Principal, require
from shared.auth.roles import PUBLIC
from shared.db import Session
from shared.errors import not_found
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/library-rounds", tags=["library-rounds"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Librarian = Annotated[Principal, Depends(require(*LIBRARIANS))]
Editor = Annotated[Principal, Depends(require(*EDITORS))]

_STEP = problem_responses(403, 404, 409, 412)


def _shown(row: Row[LibraryRound, int]) -> LibraryRoundOut:
    return round_out(row[0], row[1])


@router.get("")
async def list_rounds(session: Session, _: Anyone, wanted: Annotated[RoundFilter, Query()]) -> Page[LibraryRoundOut]:
    """When the library was and will be published, the earliest first."""
    query = rounds()
    if wanted.no is not None:
        query = query.where(LibraryRound.no == wanted.no)
    if wanted.status is not None:
        query = query.where(LibraryRound.status == wanted.status)
    keys = [LibraryRound.publishes_on, LibraryRound.id]
    return await paginate(session, query, keys=keys, params=wanted, item=_shown)


@router.get("/{round_id}", responses=problem_responses(404))
async def read_round(round_id: UUID, session: Session, _: Anyone, response: Response) -> LibraryRoundOut:
    """One round."""
    row = (await session.execute(rounds().where(LibraryRound.id == round_id))).one_or_none()
    if row is None:
        raise not_found(ROUND)
    set_etag(response, row[0].version)
    return _shown(row)


@router.post("", status_code=201)
async def plan_round(body: PlanRound, session: Session, principal: Librarian, response: Response) -> LibraryRoundOut:
    """Plan a publication."""
    found = await publication.plan_round(session, principal, body)
    response.headers["Location"] = f"/v1/library-rounds/{found.id}"
    set_etag(response, found.version)
    return round_out(found, 0)


@router.post("/{round_id}/publish", responses=_STEP)
async def publish_round(
    round_id: UUID,
    session: Session,
    principal: Editor,
    response: Response,
    body: Annotated[PublishRound, Body(default_factory=PublishRound)],
    if_match: IfMatch = None,
) -> PublishedRoundOut:
    """Put up together what was checked for it."""
    step = CaseStep(on=body.published_on, if_match=if_match)
    answer = await publication.publish_round(session, principal, round_id, step)
    set_etag(response, answer.version)
    return answer


@router.post("/{round_id}/cancel", responses=_STEP)
async def cancel_round(
    round_id: UUID,
    body: CancelRound,
    session: Session,
    principal: Editor,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> LibraryRoundOut:
    """It does not take place."""
    step = CaseStep(reason_code=body.reason_code, if_match=if_match)
    found = await publication.cancel_round(session, runtime.editions, principal, round_id, step)
    set_etag(response, found.version)
    return round_out(found, 0)
