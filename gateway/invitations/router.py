"""`/v1/invitations`: an account for somebody whose password nobody else ever knows."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from gateway.accounts.rules import SCOPE_FIELDS
from gateway.accounts.usecases import Scope, fold_username
from gateway.invitations import usecases
from gateway.invitations.models import Invitation
from gateway.invitations.schemas import (
    Accepted,
    InvitationAcceptance,
    InvitationAgain,
    InvitationFilter,
    InvitationNew,
    InvitationOut,
    InvitationSent,
)
from gateway.signin.router import gateway_settings
from shared.auth.principal import Principal, require
from shared.auth.roles import ADMIN, AUDITOR, PUBLIC, SECURITY_ADMIN
from shared.db import Session
from shared.errors import not_found
from shared.events.outbox import EventContext
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/invitations", tags=["accounts"], route_class=ServiceRoute)

Admin = Annotated[Principal, Depends(require(ADMIN))]
Security = Annotated[Principal, Depends(require(SECURITY_ADMIN))]
Either = Annotated[Principal, Depends(require(ADMIN, SECURITY_ADMIN))]
Reader = Annotated[Principal, Depends(require(ADMIN, SECURITY_ADMIN, AUDITOR))]
Anybody = Annotated[Principal, Depends(require(PUBLIC))]

_CHANGES: Final = problem_responses(404, 409)


@router.post("", status_code=201, responses=problem_responses(409))
async def invite(
    request: Request, response: Response, session: Session, caller: Admin, runtime: RuntimeDep, body: InvitationNew
) -> InvitationSent:
    """Invite somebody; the token in the answer is for him alone. Rights that carry power are confirmed first."""
    _once(request, response)
    sent = await usecases.invite(
        session,
        body.username,
        roles=body.roles,
        scope=Scope(**{field: getattr(body, field) for field in SCOPE_FIELDS}),
        days=body.days or gateway_settings(runtime).invitation_days,
        context=EventContext.of(caller),
    )
    response.headers["Location"] = f"/v1/invitations/{sent.invitation.id}"
    return InvitationSent.once(sent.invitation, sent.token)


@router.get("")
async def list_invitations(
    session: Session, _caller: Reader, wanted: Annotated[InvitationFilter, Query()]
) -> Page[InvitationOut]:
    """Invitations, oldest first."""
    statement = select(Invitation)
    if wanted.username is not None:
        statement = statement.where(Invitation.username == fold_username(wanted.username))
    if wanted.waiting is not None:
        waiting = Invitation.needs_confirmation & Invitation.confirmed_by.is_(None)
        waiting = waiting & Invitation.accepted_at.is_(None) & Invitation.revoked_at.is_(None)
        statement = statement.where(waiting if wanted.waiting else ~waiting)
    keys = [Invitation.created_at, Invitation.id]
    return await paginate(session, statement, keys=keys, params=wanted, item=InvitationOut.of)


@router.post("/accept", status_code=201, responses=problem_responses(409))
async def accept(
    request: Request,
    response: Response,
    session: Session,
    _caller: Anybody,
    runtime: RuntimeDep,
    body: InvitationAcceptance,
) -> Accepted:
    """Open one's account with the token and a password of one's own."""
    _once(request, response)
    account = await usecases.accept(
        session, body.token.get_secret_value(), body.password.get_secret_value(), gateway_settings(runtime).breach_list
    )
    return Accepted(account_id=account.id, username=account.username)


@router.get("/{invitation_id}", responses=problem_responses(404))
async def read_invitation(session: Session, _caller: Reader, invitation_id: UUID) -> InvitationOut:
    """One invitation."""
    row = await session.get(Invitation, invitation_id)
    if row is None:
        raise not_found("invitation")
    return InvitationOut.of(row)


@router.post("/{invitation_id}/send-again", responses=_CHANGES)
async def send_again(
    request: Request,
    response: Response,
    session: Session,
    caller: Admin,
    runtime: RuntimeDep,
    invitation_id: UUID,
    body: InvitationAgain,
) -> InvitationSent:
    """Another token; the earlier one counts no more."""
    _once(request, response)
    days = body.days or gateway_settings(runtime).invitation_days
    sent = await usecases.send_again(session, invitation_id, days=days, context=EventContext.of(caller))
    return InvitationSent.once(sent.invitation, sent.token)


@router.post("/{invitation_id}/confirm", responses=_CHANGES)
async def confirm(session: Session, caller: Security, invitation_id: UUID) -> InvitationOut:
    """Confirm the rights that it carries."""
    return InvitationOut.of(await usecases.confirm(session, invitation_id, EventContext.of(caller)))


@router.post("/{invitation_id}/revoke", responses=_CHANGES)
async def revoke(session: Session, caller: Either, invitation_id: UUID) -> InvitationOut:
    """It can no longer be accepted."""
    return InvitationOut.of(await usecases.revoke(session, invitation_id, EventContext.of(caller)))


def _once(request: Request, response: Response) -> None:
    """What is secret in the answer is kept nowhere."""
    request.state.no_replay = True
    response.headers["Cache-Control"] = "no-store"
