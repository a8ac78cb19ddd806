"""`/v1/accounts/{id}/password-reset` and `/v1/auth/password-reset`: the way back for who has forgotten his password."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import ConfigDict, Field, SecretStr
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse

from gateway.accounts import queries
from gateway.accounts.schemas import AccountDetail, Password
from gateway.password_resets import usecases
from gateway.signin.router import gateway_settings
from shared.auth.principal import Principal, require
from shared.auth.roles import ADMIN, PUBLIC, SECURITY_ADMIN
from shared.db import Session
from shared.events.outbox import EventContext
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.http.schemas import Request, Response
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/accounts/{account_id}/password-reset", tags=["accounts"], route_class=ServiceRoute)
use_router = APIRouter(prefix="/v1/auth", tags=["auth"], route_class=ServiceRoute)

Security = Annotated[Principal, Depends(require(SECURITY_ADMIN))]
Either = Annotated[Principal, Depends(require(ADMIN, SECURITY_ADMIN))]
Anybody = Annotated[Principal, Depends(require(PUBLIC))]

_CHANGES: Final = problem_responses(404, 409)


class PasswordResetSent(Response):
    """The token for the account's holder, shown this once."""

    account_id: UUID
    username: str
    token: str
    expires_at: datetime


class PasswordResetUse(Request):
    """The token and the password that only the holder knows."""

    model_config = ConfigDict(str_strip_whitespace=False)

    token: SecretStr = Field(min_length=1, max_length=200)
    new_password: Password


@router.post("", responses=_CHANGES)
async def ask_for_password_reset(session: Session, caller: Either, account_id: UUID) -> AccountDetail:
    """Somebody has forgotten his password and is who he says: a security administrator, another person, confirms."""
    account = await usecases.ask(session, account_id, EventContext.of(caller))
    return await queries.get_detail(session, account)


@router.post("/confirm", responses=_CHANGES)
async def confirm_password_reset(
    request: HttpRequest, response: HttpResponse, session: Session, caller: Security, account_id: UUID
) -> PasswordResetSent:
    """The second person's word; the token in the answer is for the account's holder alone."""
    request.state.no_replay = True
    response.headers["Cache-Control"] = "no-store"
    issued = await usecases.confirm(session, account_id, EventContext.of(caller))
    return PasswordResetSent(
        account_id=account_id, username=issued.account.username, token=issued.token, expires_at=issued.expires_at
    )


@router.post("/refuse", responses=_CHANGES)
async def refuse_password_reset(session: Session, caller: Either, account_id: UUID) -> AccountDetail:
    """The password stays."""
    account = await usecases.refuse(session, account_id, EventContext.of(caller))
    return await queries.get_detail(session, account)


@use_router.post("/password-reset", status_code=204, responses=problem_responses(409, 503))
async def use_password_reset(
    request: HttpRequest, session: Session, _caller: Anybody, runtime: RuntimeDep, body: PasswordResetUse
) -> None:
    """Choose another password with the token one was handed; then sign in, with the second factor if there is one."""
    request.state.no_replay = True
    await usecases.use(
        session,
        body.token.get_secret_value(),
        body.new_password.get_secret_value(),
        gateway_settings(runtime).breach_list,
    )
