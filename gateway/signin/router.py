"""`/v1/auth`: tokens, and the sessions that they belong to."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from gateway.front.callers import CALLER_KEY, Caller
from gateway.sealing import keyring_of
from gateway.sessions import queries, usecases as sessions
from gateway.sessions.ending import end_sessions
from gateway.sessions.seen import Seen
from gateway.sessions.usecases import Opened
from gateway.settings import GatewaySettings
from gateway.signin.access import AccessTokens
from gateway.signin.schemas import Ended, RevokeForm, SessionList, SessionOut, SessionsEnd, Token, TokenForm
from gateway.signin.usecases import SignIn, sign_in, sign_in_by_challenge
from shared.auth.principal import Principal, require
from shared.auth.roles import PUBLIC
from shared.auth.tokens import InvalidToken
from shared.clock import utcnow
from shared.db import Session
from shared.errors import DomainError
from shared.events.outbox import EventContext
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import Runtime, RuntimeDep

router = APIRouter(prefix="/v1/auth", tags=["auth"], route_class=ServiceRoute)

Anybody = Annotated[Principal, Depends(require(PUBLIC))]
SignedIn = Annotated[Principal, Depends(require())]

_PASSWORD: Final = frozenset({"password", ""})


async def access_tokens(request: Request) -> AccessTokens:
    """The issuer of the process."""
    tokens: AccessTokens = request.app.state.access_tokens
    return tokens


Tokens = Annotated[AccessTokens, Depends(access_tokens)]


@router.post("/token", responses=problem_responses(400, 401, 429, 503))
async def issue_token(
    request: Request,
    response: Response,
    _caller: Anybody,
    runtime: RuntimeDep,
    tokens: Tokens,
    form: Annotated[TokenForm, Form()],
) -> Token:
    """Sign in, or exchange a refresh token; the access token goes into `Authorization: Bearer`. Refusals carry OAuth's
    `error` too (RFC 6749, 5.2)."""
    request.state.no_replay = True
    response.headers["Cache-Control"] = "no-store"
    settings = gateway_settings(runtime)
    lifetimes, seen = settings.lifetimes, Seen.of(request)
    if form.grant_type == "refresh_token":
        opened = await sessions.refresh(runtime.db, _given(form.refresh_token), seen=seen, lifetimes=lifetimes)
    else:
        by = SignIn(runtime.db, tokens, partial(keyring_of, settings), lifetimes, seen)
        opened = await _signed_in(by, form)
    restriction = await queries.restriction_of(runtime.db, opened.session_id, settings.second_factor)
    return _token(tokens, opened, restriction)


async def _signed_in(by: SignIn, form: TokenForm) -> Opened:
    if form.grant_type in _PASSWORD:
        if not form.username:
            raise _incomplete()
        otp = form.otp.get_secret_value() if form.otp is not None else None
        return await sign_in(by, username=form.username, password=_given(form.password), otp=otp or None)
    if form.grant_type == "second_factor":
        return await sign_in_by_challenge(by, challenge=_given(form.challenge), otp=_given(form.otp))
    raise DomainError("grant-type-unsupported", 400, members={"error": "unsupported_grant_type"})


def _given(secret: SecretStr | None) -> str:
    if secret is None or not secret.get_secret_value():
        raise _incomplete()
    return secret.get_secret_value()


def _incomplete() -> DomainError:
    return DomainError("token-request-incomplete", 400, members={"error": "invalid_request"})


def _token(tokens: AccessTokens, opened: Opened, restriction: str | None) -> Token:
    left = (opened.refresh_until - utcnow()).total_seconds()
    return Token.model_validate(
        {
            "access_token": tokens.issue(opened.account_id, opened.generation, opened.session_id),
            "expires_in": tokens.seconds,
            "refresh_token": opened.refresh_token,
            "refresh_expires_in": max(0, int(left)),
            "restriction": restriction,
        }
    )


@router.post("/revoke", status_code=200)
async def revoke_token(
    request: Request, session: Session, _caller: Anybody, tokens: Tokens, form: Annotated[RevokeForm, Form()]
) -> None:
    """Sign out: the session of this refresh or access token ends, whoever has its tokens. Always 200 (RFC 7009)."""
    token = form.token.get_secret_value()
    try:
        await sessions.sign_out(session, tokens.read(token).session_id)
    except InvalidToken:
        await sessions.end_by_token(session, token)
    request.state.no_replay = True


@router.get("/sessions")
async def list_sessions(request: Request, session: Session, caller: SignedIn) -> SessionList:
    """The caller's own open sessions."""
    current = session_of(request)
    rows = await queries.open_sessions(session, _account(caller))
    return SessionList(items=[SessionOut.of(row, current) for row in rows])


@router.delete("/sessions/{session_id}", status_code=204, responses=problem_responses(404))
async def end_session(session: Session, caller: SignedIn, session_id: UUID) -> None:
    """End one of one's own sessions."""
    await sessions.end_one(session, session_id, _account(caller), EventContext.of(caller))


@router.post("/sessions/revoke")
async def end_own_sessions(request: Request, session: Session, caller: SignedIn, body: SessionsEnd) -> Ended:
    """End all of one's own sessions, this one too where asked for."""
    keep = session_of(request) if body.keep_current else None
    ended = await end_sessions(session, _account(caller), "signed_out", EventContext.of(caller), keep=keep)
    return Ended(ended=ended)


def session_of(request: Request) -> UUID | None:
    """The session that the caller acts in; None for keys and identities from outside."""
    caller: Caller | None = request.scope.get(CALLER_KEY)
    if caller is None or caller.credential != "session" or caller.credential_id is None:
        return None
    return UUID(caller.credential_id)


def local_account(request: Request, caller: Principal) -> UUID:
    """The caller's account. Raises 403 `local-account-needed` for who came in by an outside issuer under his own id."""
    if acts_from_outside(request):
        raise DomainError("local-account-needed", 403)
    return _account(caller)


def acts_from_outside(request: Request) -> bool:
    """Whether the caller is an outside identity under its own id, which has no account here."""
    caller: Caller | None = request.scope.get(CALLER_KEY)
    return caller is not None and caller.credential == "oidc" and caller.account_id == caller.credential_id


def gateway_settings(runtime: Runtime) -> GatewaySettings:
    """The process's settings as what they are."""
    settings = runtime.settings
    assert isinstance(settings, GatewaySettings)
    return settings


def _account(caller: Principal) -> UUID:
    """Raises 403 `local-account-needed` for a caller without an account here."""
    try:
        return UUID(caller.account_id)
    except ValueError as error:
        raise DomainError("local-account-needed", 403) from error
