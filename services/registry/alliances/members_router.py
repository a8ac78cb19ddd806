"""`/v1/alliance-members`."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.alliances import memberships, removals
from services.registry.alliances.models import AllianceMember
from services.registry.alliances.queries import (
    LEAD_APPROVERS,
    LEAD_OFFICERS,
    ORDERS,
    PARTIES,
    answered,
    find_visible,
    matching,
    shown,
    visible,
)
from services.registry.alliances.schemas import (
    AcceptMember,
    LeaveAlliance,
    MemberFilter,
    MemberOut,
    ProposeRemoval,
    PublicMemberOut,
    RefuseMember,
    RemoveMember,
    RequestMembership,
)
from services.registry.days import require_begun
from services.registry.persons.numbers import MaybeKeys
from services.registry.remarks.usecases import latest_remark
from services.registry.steps import CaseStep
from shared.auth.principal import Principal, require
from shared.auth.roles import PUBLIC
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/alliance-members", tags=["alliance-members"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Asker = Annotated[Principal, Depends(require(*PARTIES, *LEAD_OFFICERS))]
Party = Annotated[Principal, Depends(require(*PARTIES))]
Lead = Annotated[Principal, Depends(require(*LEAD_OFFICERS, *LEAD_APPROVERS))]
LeadOfficer = Annotated[Principal, Depends(require(*LEAD_OFFICERS))]
LeadApprover = Annotated[Principal, Depends(require(*LEAD_APPROVERS))]

_STEP = problem_responses(403, 404, 409, 412)


@router.get("")
async def list_members(
    session: Session, principal: Anyone, wanted: Annotated[MemberFilter, Query()]
) -> Page[MemberOut | PublicMemberOut]:
    """Members of a day for everybody; one's own memberships in every state."""
    require_begun(principal, wanted.on)
    query = visible(principal, wanted.on).where(matching(wanted))
    return await paginate(session, query, keys=ORDERS[wanted.sort], params=wanted, item=partial(shown, principal))


@router.get("/{member_id}", responses=problem_responses(404))
async def read_member(
    member_id: UUID, session: Session, principal: Anyone, response: Response
) -> MemberOut | PublicMemberOut:
    """One membership."""
    row = await find_visible(session, principal, member_id)
    set_etag(response, row[0].version)
    answer = shown(principal, row)
    if isinstance(answer, MemberOut):
        return answer.model_copy(update={"remark": await latest_remark(session, member_id)})
    return answer


@router.post("", status_code=201, responses=problem_responses(403, 404, 409, 429, 503))
async def request_membership(
    body: RequestMembership,
    session: Session,
    principal: Asker,
    runtime: RuntimeDep,
    keys: MaybeKeys,
    request: Request,
    response: Response,
) -> MemberOut:
    """Apply for one's own party; or, as the lead bureau, invite one or enter an application on paper."""
    request.state.no_replay = body.person is not None
    member = await memberships.request_membership(session, runtime, keys, principal, body)
    response.headers["Location"] = f"/v1/alliance-members/{member.id}"
    return await _answer(session, principal, member, response)


@router.post("/{member_id}/accept", responses=_STEP)
async def accept_member(
    member_id: UUID,
    session: Session,
    principal: Lead,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[AcceptMember, Body(default_factory=AcceptMember)],
    if_match: IfMatch = None,
) -> MemberOut:
    """Accept an application: a member from that day on."""
    step = CaseStep(on=body.accepted_on, if_match=if_match)
    member = await memberships.accept_member(session, runtime.editions, principal, member_id, step)
    return await _answer(session, principal, member, response)


@router.post("/{member_id}/refuse", responses=_STEP)
async def refuse_member(
    member_id: UUID,
    body: RefuseMember,
    session: Session,
    principal: Lead,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> MemberOut:
    """Do not accept an application."""
    step = CaseStep(reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    member = await memberships.refuse_member(session, runtime.editions, principal, member_id, step)
    return await _answer(session, principal, member, response)


@router.post("/{member_id}/consent", responses=_STEP)
async def consent_to_membership(
    member_id: UUID,
    session: Session,
    principal: Party,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> MemberOut:
    """Follow the invitation: a member from today on."""
    member = await memberships.consent_to_membership(session, runtime.editions, principal, member_id, if_match=if_match)
    return await _answer(session, principal, member, response)


@router.post("/{member_id}/decline", responses=_STEP)
async def decline_membership(
    member_id: UUID, session: Session, principal: Party, response: Response, if_match: IfMatch = None
) -> MemberOut:
    """Do not follow the invitation."""
    member = await memberships.decline_membership(session, principal, member_id, if_match=if_match)
    return await _answer(session, principal, member, response)


@router.post("/{member_id}/withdraw", responses=_STEP)
async def withdraw_request(
    member_id: UUID,
    session: Session,
    principal: Asker,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> MemberOut:
    """Take back an application or an invitation that nobody has answered."""
    member = await memberships.withdraw_request(session, runtime.editions, principal, member_id, if_match=if_match)
    return await _answer(session, principal, member, response)


@router.post("/{member_id}/leave", responses=_STEP)
async def leave_alliance(
    member_id: UUID,
    session: Session,
    principal: Asker,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[LeaveAlliance, Body(default_factory=LeaveAlliance)],
    if_match: IfMatch = None,
) -> MemberOut:
    """Leave of one's own accord."""
    member = await memberships.leave_alliance(session, runtime.editions, principal, member_id, body, if_match=if_match)
    return await _answer(session, principal, member, response)


@router.post("/{member_id}/propose-removal", responses=_STEP)
async def propose_removal(
    member_id: UUID,
    body: ProposeRemoval,
    session: Session,
    principal: LeadOfficer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> MemberOut:
    """Propose to remove a member."""
    step = CaseStep(reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    member = await removals.propose_removal(session, runtime.editions, principal, member_id, step)
    return await _answer(session, principal, member, response)


@router.post("/{member_id}/remove", responses=_STEP)
async def remove_member(
    member_id: UUID,
    body: RemoveMember,
    session: Session,
    principal: LeadApprover,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> MemberOut:
    """Carry the removal out."""
    step = CaseStep(on=body.left_on, document_no=body.document_no, if_match=if_match)
    member = await removals.remove_member(session, runtime.editions, principal, member_id, step)
    return await _answer(session, principal, member, response)


@router.post("/{member_id}/drop-removal", responses=_STEP)
async def drop_removal(
    member_id: UUID,
    session: Session,
    principal: Lead,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> MemberOut:
    """Do not follow the proposal to remove it."""
    member = await removals.drop_removal(session, runtime.editions, principal, member_id, if_match=if_match)
    return await _answer(session, principal, member, response)


async def _answer(session: AsyncSession, principal: Principal, member: AllianceMember, response: Response) -> MemberOut:
    set_etag(response, member.version)
    return await answered(session, principal, member)
