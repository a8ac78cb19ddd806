"""`/v1/accounts`: administrators open, change and stop accounts, auditors look, everybody sees his own."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.accounts import queries, usecases
from gateway.accounts.models import Account
from gateway.accounts.rules import SCOPE_FIELDS
from gateway.accounts.schemas import AccountFilter, AccountNew, AccountOut, AccountPatch, PasswordChange
from gateway.signin.usecases import confirm_password
from shared.auth.principal import Principal, require
from shared.auth.roles import ADMIN, AUDITOR
from shared.db import Session
from shared.events.outbox import EventContext
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/accounts", tags=["accounts"], route_class=ServiceRoute)

Admin = Annotated[Principal, Depends(require(ADMIN))]
Reader = Annotated[Principal, Depends(require(ADMIN, AUDITOR))]
SignedIn = Annotated[Principal, Depends(require())]

_CHANGES: Final = problem_responses(404, 409, 412)


def _show(account: Account, response: Response) -> AccountOut:
    set_etag(response, account.version)
    return AccountOut.of(account)


@router.post("", status_code=201, responses=problem_responses(409))
async def open_account(session: Session, caller: Admin, body: AccountNew, response: Response) -> AccountOut:
    """Open an account. Its holder changes the password after signing in for the first time."""
    account = await usecases.create_account(
        session,
        body.username,
        body.password.get_secret_value(),
        roles=body.roles,
        scope=usecases.Scope(**{field: getattr(body, field) for field in SCOPE_FIELDS}),
        context=EventContext.of(caller),
    )
    response.headers["Location"] = f"/v1/accounts/{account.id}"
    return _show(account, response)


@router.get("")
async def list_accounts(
    session: Session, _caller: Reader, wanted: Annotated[AccountFilter, Query()]
) -> Page[AccountOut]:
    """Accounts, oldest first."""
    return await queries.list_accounts(session, wanted)


@router.get("/me")
async def own_account(session: Session, caller: SignedIn, response: Response) -> AccountOut:
    """Who the caller is and what he may do."""
    return _show(await queries.get_account(session, UUID(caller.account_id)), response)


@router.post("/me/password", status_code=204, responses=problem_responses(409, 429, 503))
async def replace_password(
    request: Request, session: Session, caller: SignedIn, runtime: RuntimeDep, body: PasswordChange
) -> None:
    """Replace one's own password; every access token issued so far ends."""
    account_id = UUID(caller.account_id)
    address = request.client.host if request.client else None
    await confirm_password(runtime.db, account_id, password=body.current_password.get_secret_value(), address=address)
    await usecases.change_password(
        session, account_id, new=body.new_password.get_secret_value(), context=EventContext.of(caller)
    )


@router.get("/{account_id}", responses=problem_responses(404))
async def read_account(session: Session, _caller: Reader, account_id: UUID, response: Response) -> AccountOut:
    """One account."""
    return _show(await queries.get_account(session, account_id), response)


@router.patch("/{account_id}", responses=problem_responses(404, 412, 428))
async def change_rights(
    session: Session, caller: Admin, account_id: UUID, body: AccountPatch, response: Response, if_match: IfMatch = None
) -> AccountOut:
    """Change somebody else's roles or scope."""
    account = await usecases.change_rights(
        session,
        account_id,
        if_match=if_match,
        roles=body.roles,
        scope=body.model_dump(include=set(SCOPE_FIELDS), exclude_unset=True),
        context=EventContext.of(caller),
    )
    return _show(account, response)


@router.post("/{account_id}/disable", responses=_CHANGES)
async def disable_account(
    session: Session, caller: Admin, account_id: UUID, response: Response, if_match: IfMatch = None
) -> AccountOut:
    """Stop somebody else's account; it can do nothing from now on."""
    account = await usecases.disable_account(session, account_id, if_match=if_match, context=EventContext.of(caller))
    return _show(account, response)


@router.post("/{account_id}/enable", responses=_CHANGES)
async def enable_account(
    session: Session, caller: Admin, account_id: UUID, response: Response, if_match: IfMatch = None
) -> AccountOut:
    """Let a stopped account sign in again."""
    account = await usecases.enable_account(session, account_id, if_match=if_match, context=EventContext.of(caller))
    return _show(account, response)
