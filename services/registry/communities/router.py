"""`/v1/communities`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.registry.communities import usecases
from services.registry.communities.models import Community
from services.registry.communities.queries import ORDERS, find_visible, matching, shown, visible
from services.registry.communities.schemas import (
    CommunityFilter,
    CommunityOut,
    DecideChange,
    OpenCommunity,
    ProposeClosing,
    ProposeCommunity,
    ProposeMove,
    PublicCommunityOut,
    RefuseCommunity,
)
from services.registry.days import require_begun
from services.registry.remarks.usecases import latest_remark
from services.registry.steps import CaseStep
from shared.auth.principal import Principal, require
from shared.auth.roles import DIVISION_APPROVER, DIVISION_OFFICER, PUBLIC
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/communities", tags=["communities"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Officer = Annotated[Principal, Depends(require(DIVISION_OFFICER))]
Approver = Annotated[Principal, Depends(require(DIVISION_APPROVER))]
Division = Annotated[Principal, Depends(require(DIVISION_OFFICER, DIVISION_APPROVER))]

_STEP = problem_responses(404, 409, 412)


@router.get("")
async def list_communities(
    session: Session, principal: Anyone, wanted: Annotated[CommunityFilter, Query()]
) -> Page[CommunityOut | PublicCommunityOut]:
    """Communities that were opened for everybody; one's own from the proposal on."""
    require_begun(principal, wanted.on)
    query = visible(principal).where(matching(wanted))
    return await paginate(session, query, keys=ORDERS[wanted.sort], params=wanted, item=shown)


@router.get("/{community_id}", responses=problem_responses(404))
async def read_community(
    community_id: UUID, session: Session, principal: Anyone, response: Response
) -> CommunityOut | PublicCommunityOut:
    """One community."""
    row = await find_visible(session, principal, community_id)
    set_etag(response, row[0].version)
    answer = shown(row)
    if isinstance(answer, CommunityOut):
        return answer.model_copy(update={"remark": await latest_remark(session, community_id)})
    return answer


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def propose_community(
    body: ProposeCommunity, session: Session, principal: Officer, runtime: RuntimeDep, response: Response
) -> CommunityOut:
    """Propose a community of one's own division."""
    community = await usecases.propose_community(session, runtime.editions, principal, body)
    response.headers["Location"] = f"/v1/communities/{community.id}"
    return _answer(community, response)


@router.post("/{community_id}/open", responses=_STEP)
async def open_community(
    community_id: UUID,
    body: OpenCommunity,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CommunityOut:
    """Open it."""
    step = CaseStep(on=body.opened_on, document_no=body.document_no, if_match=if_match)
    return _answer(await usecases.open_community(session, runtime.editions, principal, community_id, step), response)


@router.post("/{community_id}/refuse", responses=_STEP)
async def refuse_community(
    community_id: UUID,
    body: RefuseCommunity,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CommunityOut:
    """Do not open it."""
    step = CaseStep(reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    return _answer(await usecases.refuse_community(session, runtime.editions, principal, community_id, step), response)


@router.post("/{community_id}/propose-move", responses=_STEP)
async def propose_move(
    community_id: UUID,
    body: ProposeMove,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CommunityOut:
    """Propose another base."""
    community = await usecases.propose_move(session, runtime.editions, principal, community_id, body, if_match=if_match)
    return _answer(community, response)


@router.post("/{community_id}/move", responses=_STEP)
async def move_community(
    community_id: UUID,
    body: DecideChange,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CommunityOut:
    """Move it."""
    step = CaseStep(on=body.decided_on, document_no=body.document_no, if_match=if_match)
    return _answer(await usecases.move_community(session, runtime.editions, principal, community_id, step), response)


@router.post("/{community_id}/propose-closing", responses=_STEP)
async def propose_closing(
    community_id: UUID,
    body: ProposeClosing,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CommunityOut:
    """Propose to close it."""
    step = CaseStep(reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    return _answer(await usecases.propose_closing(session, runtime.editions, principal, community_id, step), response)


@router.post("/{community_id}/close", responses=_STEP)
async def close_community(
    community_id: UUID,
    body: DecideChange,
    session: Session,
    principal: Approver,
    response: Response,
    if_match: IfMatch = None,
) -> CommunityOut:
    """Close it."""
    step = CaseStep(on=body.decided_on, document_no=body.document_no, if_match=if_match)
    return _answer(await usecases.close_community(session, principal, community_id, step), response)


@router.post("/{community_id}/drop-proposal", responses=_STEP)
async def drop_proposal(
    community_id: UUID, session: Session, principal: Division, response: Response, if_match: IfMatch = None
) -> CommunityOut:
    """Do not follow the move or closing that waits."""
    return _answer(await usecases.drop_proposal(session, principal, community_id, if_match=if_match), response)


def _answer(community: Community, response: Response) -> CommunityOut:
    set_etag(response, community.version)
    return CommunityOut.model_validate(community)
