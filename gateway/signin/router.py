"""`POST /v1/auth/token`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from gateway.signin.access import AccessTokens
from gateway.signin.schemas import Token, TokenForm
from gateway.signin.usecases import sign_in
from shared.auth.principal import Principal, require
from shared.auth.roles import PUBLIC
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/auth", tags=["auth"], route_class=ServiceRoute)

Anybody = Annotated[Principal, Depends(require(PUBLIC))]


async def access_tokens(request: Request) -> AccessTokens:
    """The issuer of the process."""
    tokens: AccessTokens = request.app.state.access_tokens
    return tokens


@router.post("/token", responses=problem_responses(429, 503))
async def issue_token(
    request: Request,
    response: Response,
    _caller: Anybody,
    runtime: RuntimeDep,
    tokens: Annotated[AccessTokens, Depends(access_tokens)],
    form: Annotated[TokenForm, Form()],
) -> Token:
    """Sign in with user name and password; the token goes into `Authorization: Bearer`."""
    request.state.no_replay = True
    response.headers["Cache-Control"] = "no-store"
    issued = await sign_in(
        runtime.db,
        tokens,
        username=form.username,
        password=form.password.get_secret_value(),
        address=request.client.host if request.client else None,
    )
    return Token(access_token=issued.access_token, expires_in=issued.expires_in)
