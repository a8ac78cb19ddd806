"""`/v1/accounts`: administrators open, change and stop accounts, security administrators confirm what carries power,
auditors look, everybody sees his own."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.accounts import confirming, queries, usecases
from gateway.accounts.models import Account
from gateway.accounts.rules import SCOPE_FIELDS
from gateway.accounts.schemas import (
    AccountDetail,
    AccountFilter,
    AccountNew,
    AccountOut,
    AccountPatch,
    OwnAccount,
    PasswordChange,
)
from gateway.front.callers import CALLER_KEY
from gateway.oidc import queries as identity_queries
from gateway.oidc.schemas import OwnIdentity
from gateway.second_factor import usecases as second_factor
from gateway.sessions import queries as session_queries
from gateway.sessions.ending import end_sessions
from gateway.sessions.seen import Seen
from gateway.signin.router import acts_from_outside, gateway_settings, local_account
from gateway.signin.schemas import Ended, SessionList, SessionOut
from gateway.signin.usecases import confirm_password
from shared.auth.principal import Principal, require
from shared.auth.roles import ADMIN, AUDITOR, SECURITY_ADMIN
from shared.db import Session
from shared.events.outbox import EventContext
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/accounts", tags=["accounts"], route_class=ServiceRoute)

Admin = Annotated[Principal, Depends(require(ADMIN))]
Security = Annotated[Principal, Depends(require(SECURITY_ADMIN))]
Either = Annotated[Principal, Depends(require(ADMIN, SECURITY_ADMIN))]
Reader = Annotated[Principal, Depends(require(ADMIN, SECURITY_ADMIN, AUDITOR))]
SignedIn = Annotated[Principal, Depends(require())]

_CHANGES: Final = problem_responses(404, 409, 412)


async def _detail(session: Session, account: Account, response: Response) -> AccountDetail:
    set_etag(response, account.version)
    return await queries.get_detail(session, account)


@router.post("", status_code=201, responses=problem_responses(409))
async def open_account(
    session: Session, caller: Admin, runtime: RuntimeDep, body: AccountNew, response: Response
) -> AccountDetail:
    """Open an account; an invitation is better, because nobody else then knows the password. Its holder first replaces
    the password. Rights that carry power wait for a security administrator, and until then there are none."""
    account = await usecases.open_account(
        session,
        body.username,
        body.password.get_secret_value(),
        roles=body.roles,
        scope=usecases.Scope(**{field: getattr(body, field) for field in SCOPE_FIELDS}),
        context=EventContext.of(caller),
        breached=gateway_settings(runtime).breach_list,
    )
    response.headers["Location"] = f"/v1/accounts/{account.id}"
    return await _detail(session, account, response)


@router.get("")
async def list_accounts(
    session: Session, _caller: Reader, wanted: Annotated[AccountFilter, Query()]
) -> Page[AccountOut]:
    """Accounts, oldest first."""
    return await queries.list_accounts(session, wanted)


@router.get("/me")
async def own_account(
    request: Request, session: Session, caller: SignedIn, response: Response
) -> OwnAccount | OwnIdentity:
    """Who the caller is and what he may do: his account, or the outside identity that acts under its own id."""
    if acts_from_outside(request):
        row = await identity_queries.get_identity(session, UUID(caller.account_id))
        return OwnIdentity.of(row, request.scope[CALLER_KEY])
    account = await queries.get_account(session, UUID(caller.account_id))
    detail = await _detail(session, account, response)
    return OwnAccount(
        **detail.model_dump(),
        roles_today=sorted(caller.roles),
        on_behalf_of=list(caller.on_behalf_of),
        recovery_codes_left=await second_factor.codes_left(session, account.id),
    )


@router.post("/me/password", status_code=204, responses=problem_responses(409, 429, 503))
async def replace_password(
    request: Request, session: Session, caller: SignedIn, runtime: RuntimeDep, body: PasswordChange
) -> None:
    """Replace one's own password; every access token issued so far ends."""
    account_id = local_account(request, caller)
    current = body.current_password.get_secret_value()
    await confirm_password(runtime.db, account_id, password=current, seen=Seen.of(request))
    await usecases.change_password(
        session,
        account_id,
        new=body.new_password.get_secret_value(),
        context=EventContext.of(caller),
        breached=gateway_settings(runtime).breach_list,
    )


@router.get("/{account_id}", responses=problem_responses(404))
async def read_account(session: Session, _caller: Reader, account_id: UUID, response: Response) -> AccountDetail:
    """One account."""
    return await _detail(session, await queries.get_account(session, account_id), response)


@router.patch("/{account_id}", responses=problem_responses(404, 412, 428))
async def change_rights(
    session: Session, caller: Admin, account_id: UUID, body: AccountPatch, response: Response, if_match: IfMatch = None
) -> AccountDetail:
    """Change somebody else's roles or scope; what carries power waits for a security administrator."""
    account = await usecases.change_rights(
        session,
        account_id,
        if_match=if_match,
        roles=body.roles,
        scope=body.model_dump(include=set(SCOPE_FIELDS), exclude_unset=True),
        context=EventContext.of(caller),
    )
    return await _detail(session, account, response)


@router.post("/{account_id}/disable", responses=_CHANGES)
async def disable_account(
    session: Session, caller: Admin, account_id: UUID, response: Response, if_match: IfMatch = None
) -> AccountDetail:
    """Stop somebody else's account; it can do nothing from now on, in none of its sessions."""
    account = await usecases.disable_account(session, account_id, if_match=if_match, context=EventContext.of(caller))
    return await _detail(session, account, response)


@router.post("/{account_id}/enable", responses=_CHANGES)
async def enable_account(
    session: Session, caller: Admin, account_id: UUID, response: Response, if_match: IfMatch = None
) -> AccountDetail:
    """Let a stopped account sign in again; roles of power wait for a security administrator anew."""
    account = await usecases.enable_account(session, account_id, if_match=if_match, context=EventContext.of(caller))
    return await _detail(session, account, response)


@router.post("/{account_id}/rights/confirm", responses=_CHANGES)
async def confirm_rights(
    session: Session, caller: Security, account_id: UUID, response: Response, if_match: IfMatch = None
) -> AccountDetail:
    """Give the rights that an administrator has asked for; never one's own, nor what one asked for oneself. With
    `If-Match` only the request that one has seen: a later one raises the account's version."""
    account = await confirming.confirm_rights(session, account_id, EventContext.of(caller), if_match=if_match)
    return await _detail(session, account, response)


@router.post("/{account_id}/rights/refuse", responses=_CHANGES)
async def refuse_rights(session: Session, caller: Either, account_id: UUID, response: Response) -> AccountDetail:
    """The rights that were asked for are not given; an administrator takes his own request back."""
    account = await confirming.refuse_rights(session, account_id, EventContext.of(caller))
    return await _detail(session, account, response)


@router.post("/{account_id}/second-factor/reset", responses=_CHANGES)
async def ask_for_reset(session: Session, caller: Security, account_id: UUID, response: Response) -> AccountDetail:
    """Ask that a lost second factor be taken away; another administrator or security administrator confirms."""
    account = await second_factor.ask_for_reset(session, account_id, EventContext.of(caller))
    return await _detail(session, account, response)


@router.post("/{account_id}/second-factor/reset/confirm", responses=_CHANGES)
async def confirm_reset(session: Session, caller: Either, account_id: UUID, response: Response) -> AccountDetail:
    """The second person's word: the second factor is gone and every session of the account over."""
    account = await second_factor.confirm_reset(session, account_id, EventContext.of(caller))
    return await _detail(session, account, response)


@router.post("/{account_id}/second-factor/reset/refuse", responses=_CHANGES)
async def refuse_reset(session: Session, caller: Either, account_id: UUID, response: Response) -> AccountDetail:
    """The second factor stays."""
    account = await confirming.refuse_reset(session, account_id, EventContext.of(caller))
    return await _detail(session, account, response)


@router.get("/{account_id}/sessions", responses=problem_responses(404))
async def list_sessions(session: Session, _caller: Reader, account_id: UUID) -> SessionList:
    """Somebody's open sessions."""
    account = await queries.get_account(session, account_id)
    rows = await session_queries.open_sessions(session, account.id)
    return SessionList(items=[SessionOut.of(row, None) for row in rows])


@router.post("/{account_id}/sessions/revoke", responses=problem_responses(404))
async def end_all_sessions(session: Session, caller: Either, account_id: UUID) -> Ended:
    """End all of somebody's sessions; he may sign in again."""
    account = await queries.get_account(session, account_id)
    return Ended(ended=await end_sessions(session, account.id, "revoked", EventContext.of(caller)))
