"""`/v1/outside-identities`: who comes in by another issuer's word, and as whom; `/v1/auth/issuers`: whose word counts.

Administrators and security administrators link and stop, security administrators confirm, auditors look.
"""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from gateway.front.callers import CALLER_KEY, Caller
from gateway.oidc import queries, usecases
from gateway.oidc.config import Issuer
from gateway.oidc.identities import OutsideIdentities
from gateway.oidc.models import OutsideIdentity
from gateway.oidc.schemas import (
    IssuerOut,
    OutsideIdentityFilter,
    OutsideIdentityLink,
    OutsideIdentityNew,
    OutsideIdentityOut,
    OwnIdentity,
)
from shared.auth.principal import Principal, require
from shared.auth.roles import ADMIN, AUDITOR, PUBLIC, SECURITY_ADMIN
from shared.db import Session
from shared.errors import DomainError, not_found
from shared.events.outbox import EventContext
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute

router = APIRouter(prefix="/v1/outside-identities", tags=["outside-identities"], route_class=ServiceRoute)
issuers_router = APIRouter(prefix="/v1/auth", tags=["auth"], route_class=ServiceRoute)

Admin = Annotated[Principal, Depends(require(ADMIN, SECURITY_ADMIN))]
Security = Annotated[Principal, Depends(require(SECURITY_ADMIN))]
Reader = Annotated[Principal, Depends(require(ADMIN, SECURITY_ADMIN, AUDITOR))]
SignedIn = Annotated[Principal, Depends(require())]
Anybody = Annotated[Principal, Depends(require(PUBLIC))]

_CHANGES: Final = problem_responses(404, 409, 412)


async def outside_identities(request: Request) -> OutsideIdentities:
    """Those of the process."""
    identities: OutsideIdentities = request.app.state.outside_identities
    return identities


Identities = Annotated[OutsideIdentities, Depends(outside_identities)]


def _changed(
    session: AsyncSession, identities: OutsideIdentities, row: OutsideIdentity, response: Response
) -> OutsideIdentityOut:
    """Show the row, and let this process forget what it believed of it as soon as the change is committed."""

    def forget(_session: object) -> None:
        identities.forget(str(row.id))

    event.listen(session.sync_session, "after_commit", forget, once=True)
    set_etag(response, row.version)
    return OutsideIdentityOut.of(row)


def _trusted(identities: OutsideIdentities, name: str) -> Issuer:
    issuer = identities.issuers.get(name)
    if issuer is None:
        known = ", ".join(sorted(identities.issuers)) or "-"
        raise DomainError("issuer-unknown", 422, params={"issuer": name, "known": known})
    return issuer


@issuers_router.get("/issuers")
async def list_issuers(_caller: Anybody, identities: Identities) -> list[IssuerOut]:
    """Whose access tokens are accepted besides the gateway's own: where a client sends its user to sign in."""
    return [IssuerOut.of(issuer) for issuer in identities.issuers.values()]


@router.get("")
async def list_outside_identities(
    session: Session, _caller: Reader, wanted: Annotated[OutsideIdentityFilter, Query()]
) -> Page[OutsideIdentityOut]:
    """Identities, oldest first; `status=waiting` are those that nobody has linked yet."""
    return await queries.list_identities(session, wanted)


@router.get("/me", responses=problem_responses(404))
async def own_outside_identity(
    request: Request, session: Session, _caller: SignedIn, identities: Identities
) -> OwnIdentity:
    """Who the caller is by his outside token, and what he may do; 404 for who came in otherwise."""
    caller: Caller = request.scope[CALLER_KEY]
    if caller.credential != "oidc" or caller.credential_id is None:
        raise not_found("outside-identity")
    row = await queries.get_identity(session, UUID(caller.credential_id))
    return OwnIdentity.of(row, caller)


@router.post("", status_code=201, responses=problem_responses(409))
async def announce_outside_identity(
    session: Session, caller: Admin, identities: Identities, body: OutsideIdentityNew, response: Response
) -> OutsideIdentityOut:
    """Enter somebody of a trusted issuer before he comes, linked to his account if one is named."""
    issuer = _trusted(identities, body.issuer)
    context = EventContext.of(caller)
    row = await usecases.announce(session, issuer, body.subject, body.account_id, context)
    response.headers["Location"] = f"/v1/outside-identities/{row.id}"
    return _changed(session, identities, row, response)


@router.get("/{identity_id}", responses=problem_responses(404))
async def read_outside_identity(
    session: Session, _caller: Reader, identity_id: UUID, response: Response
) -> OutsideIdentityOut:
    """One identity."""
    row = await queries.get_identity(session, identity_id)
    set_etag(response, row.version)
    return OutsideIdentityOut.of(row)


@router.post("/{identity_id}/link", responses=_CHANGES)
async def link_outside_identity(
    session: Session,
    caller: Admin,
    identities: Identities,
    identity_id: UUID,
    body: OutsideIdentityLink,
    response: Response,
    if_match: IfMatch = None,
) -> OutsideIdentityOut:
    """Let an identity that waits act as a local account; roles of power count once a second person confirms it."""
    context = EventContext.of(caller)
    row = await usecases.link(session, identity_id, body.account_id, if_match=if_match, context=context)
    return _changed(session, identities, row, response)


@router.post("/{identity_id}/confirm", responses=_CHANGES)
async def confirm_outside_identity(
    session: Session,
    caller: Security,
    identities: Identities,
    identity_id: UUID,
    response: Response,
    if_match: IfMatch = None,
) -> OutsideIdentityOut:
    """Confirm somebody else's link as a second person, so that roles of power count through it."""
    row = await usecases.confirm(session, identity_id, if_match=if_match, context=EventContext.of(caller))
    return _changed(session, identities, row, response)


@router.post("/{identity_id}/unlink", responses=_CHANGES)
async def unlink_outside_identity(
    session: Session,
    caller: Admin,
    identities: Identities,
    identity_id: UUID,
    response: Response,
    if_match: IfMatch = None,
) -> OutsideIdentityOut:
    """Take back a link; the identity waits again."""
    row = await usecases.unlink(session, identity_id, if_match=if_match, context=EventContext.of(caller))
    return _changed(session, identities, row, response)


@router.post("/{identity_id}/disable", responses=_CHANGES)
async def disable_outside_identity(
    session: Session,
    caller: Admin,
    identities: Identities,
    identity_id: UUID,
    response: Response,
    if_match: IfMatch = None,
) -> OutsideIdentityOut:
    """Stop an identity at once, whatever tokens it has."""
    row = await usecases.disable(session, identity_id, if_match=if_match, context=EventContext.of(caller))
    return _changed(session, identities, row, response)


@router.post("/{identity_id}/enable", responses=_CHANGES)
async def enable_outside_identity(
    session: Session,
    caller: Admin,
    identities: Identities,
    identity_id: UUID,
    response: Response,
    if_match: IfMatch = None,
) -> OutsideIdentityOut:
    """Let a stopped identity in again."""
    row = await usecases.enable(session, identity_id, if_match=if_match, context=EventContext.of(caller))
    return _changed(session, identities, row, response)
