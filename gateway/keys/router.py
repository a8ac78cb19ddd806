"""`/v1/api-keys`: administrators propose keys, security administrators confirm, owners replace their own."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.front.callers import CALLER_KEY, Caller
from gateway.keys import issuing, queries, usecases
from gateway.keys.models import ApiKey
from gateway.keys.queries import View
from gateway.keys.rules import KEY_ROLES
from gateway.keys.schemas import KeyFilter, KeyIssued, KeyNew, KeyOut, KeyPatch, KeyRotation
from shared.auth.principal import Principal, require
from shared.auth.roles import ADMIN, AUDITOR, SECURITY_ADMIN
from shared.db import Session
from shared.events.outbox import EventContext
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/api-keys", tags=["api-keys"], route_class=ServiceRoute)

_WATCH: Final = (ADMIN, SECURITY_ADMIN, AUDITOR)
_END: Final = (ADMIN, SECURITY_ADMIN)

Maker = Annotated[Principal, Depends(require(ADMIN, *KEY_ROLES))]
Owner = Annotated[Principal, Depends(require(*KEY_ROLES))]
Security = Annotated[Principal, Depends(require(SECURITY_ADMIN))]
Ender = Annotated[Principal, Depends(require(ADMIN, SECURITY_ADMIN, *KEY_ROLES))]
Reader = Annotated[Principal, Depends(require(*_WATCH, *KEY_ROLES))]

_CHANGES: Final = problem_responses(404, 409, 412)


async def _caller(request: Request) -> Caller:
    """By what the caller came in."""
    caller: Caller = request.scope[CALLER_KEY]
    return caller


CallerDep = Annotated[Caller, Depends(_caller)]


def _view(principal: Principal, caller: Caller, *everybody_s: str) -> View:
    """One's own keys, and everybody's for whoever has one of these roles.

    A key sees keys of its own mode; a person sees both, because test keys have to be made by somebody.
    """
    account_id = None if principal.has(*everybody_s) else UUID(principal.account_id)
    return View(account_id, caller.livemode if caller.credential == "key" else None)


def _show(row: ApiKey, response: Response) -> KeyOut:
    set_etag(response, row.version)
    return KeyOut.of(row)


def _show_once(request: Request, response: Response, issued: usecases.Issued) -> KeyIssued:
    """An answer with a secret is kept nowhere: repeated, the request makes another key."""
    request.state.no_replay = True
    set_etag(response, issued.row.version)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Location"] = f"/v1/api-keys/{issued.row.id}"
    return KeyIssued.with_secrets(issued.row, issued.key.text, issued.signing_secret)


@router.post("", status_code=201, responses=problem_responses(404, 409, 503))
async def issue_key(
    request: Request,
    session: Session,
    principal: Maker,
    caller: CallerDep,
    runtime: RuntimeDep,
    body: KeyNew,
    response: Response,
) -> KeyIssued:
    """Make a key. An administrator's is proposed until a security administrator has confirmed it; an owner's second
    one, with no more rights than the first, can be used at once. The key is shown in this answer and never again."""
    issue = issuing.propose if principal.has(ADMIN) else issuing.add_own
    return _show_once(request, response, await issue(session, runtime.settings, principal, caller, body))


@router.get("")
async def list_keys(
    session: Session, principal: Reader, caller: CallerDep, wanted: Annotated[KeyFilter, Query()]
) -> Page[KeyOut]:
    """Keys, oldest first; an owner sees his own."""
    return await queries.list_keys(session, _view(principal, caller, *_WATCH), wanted)


@router.get("/{key_id}", responses=problem_responses(404))
async def read_key(session: Session, principal: Reader, caller: CallerDep, key_id: UUID, response: Response) -> KeyOut:
    """One key, without its secret."""
    return _show(await queries.get_key(session, _view(principal, caller, *_WATCH), key_id), response)


@router.patch("/{key_id}", responses=problem_responses(404, 409, 412, 428))
async def narrow_key(
    session: Session,
    principal: Maker,
    caller: CallerDep,
    key_id: UUID,
    body: KeyPatch,
    response: Response,
    if_match: IfMatch = None,
) -> KeyOut:
    """Name a key otherwise, or let it do less: from fewer networks, for a shorter time."""
    row = await queries.get_key(session, _view(principal, caller, ADMIN), key_id, lock=True)
    row = await usecases.narrow_key(
        session,
        row,
        if_match=if_match,
        name=body.name,
        networks=body.networks,
        expires_at=body.expires_at,
        context=EventContext.of(principal),
    )
    return _show(row, response)


@router.post("/{key_id}/confirm", responses=_CHANGES)
async def confirm_key(
    session: Session, principal: Security, key_id: UUID, response: Response, if_match: IfMatch = None
) -> KeyOut:
    """Let a key be used that an administrator has proposed."""
    by = frozenset({principal.account_id, *principal.on_behalf_of})
    row = await usecases.confirm_key(session, key_id, by=by, if_match=if_match, context=EventContext.of(principal))
    return _show(row, response)


@router.post("/{key_id}/rotate", status_code=201, responses=problem_responses(404, 409, 412, 503))
async def rotate_key(
    request: Request,
    session: Session,
    principal: Owner,
    caller: CallerDep,
    runtime: RuntimeDep,
    key_id: UUID,
    body: KeyRotation,
    response: Response,
    if_match: IfMatch = None,
) -> KeyIssued:
    """Make the successor of one's own key. The old one goes on for a while, so that systems can change over."""
    old = await queries.get_key(session, _view(principal, caller), key_id, lock=True)
    issued = await issuing.rotate_own(
        session,
        runtime.settings,
        principal,
        caller,
        old,
        body,
        overlap=timedelta(hours=body.overlap_hours),
        if_match=if_match,
    )
    return _show_once(request, response, issued)


@router.post("/{key_id}/revoke", responses=_CHANGES)
async def revoke_key(
    session: Session, principal: Ender, caller: CallerDep, key_id: UUID, response: Response, if_match: IfMatch = None
) -> KeyOut:
    """End a key, for good and at once."""
    row = await queries.get_key(session, _view(principal, caller, *_END), key_id, lock=True)
    return _show(
        await usecases.revoke_key(session, row, if_match=if_match, context=EventContext.of(principal)), response
    )
