"""The front: every request comes in here, on bare ASGI, and most are passed on without touching anything heavier."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Final

from starlette.datastructures import State
from starlette.types import Message, Receive, Scope, Send

from gateway.build import Parts, build
from gateway.front import clock, headers as border
from gateway.front.callers import NOBODY, Caller
from gateway.front.exchange import CallerGone, Exchange
from gateway.front.record import flush, record
from gateway.front.routes import OWN, is_ambiguous, owner
from gateway.front.upstream import AnswerBroken
from gateway.settings import GatewaySettings
from shared.errors import DomainError
from shared.logging import get_logger

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SIGN_IN: Final = b"/v1/auth/token"
_WITH_PASSWORDS: Final = frozenset({SIGN_IN, b"/v1/accounts", b"/v1/accounts/me/password"})
"""An Idempotency-Key would keep a fast hash of these bodies for a month, from which a password could be guessed."""
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

log = get_logger(__name__)


class Gateway:
    """The process's ASGI app. Its parts are made when the server starts it, not when the module is imported."""

    def __init__(self, settings: GatewaySettings | None = None) -> None:
        self.state = State({"draining": False})
        self._settings = settings
        self._parts: Parts | None = None

    @property
    def parts(self) -> Parts:
        """Raises RuntimeError before the start."""
        if self._parts is None:
            raise RuntimeError("the gateway has not been started")
        return self._parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(Exchange(scope, receive, send))
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1003})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with AsyncExitStack() as stack:
            try:
                self._parts = await build(self._settings or GatewaySettings.model_validate({}), self.state, stack)
            except Exception as error:
                log.critical("not-started", exc_info=error)
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            await send({"type": "lifespan.startup.complete"})
            await receive()
            flush()
        self._parts = None
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, exchange: Exchange) -> None:
        parts = self.parts
        try:
            await self._answer(parts, exchange)
        except CallerGone:
            exchange.status = exchange.status or 499
        except AnswerBroken as error:
            log.warning("answer-broken", service=str(error), request_id=exchange.request_id)
            raise
        except Exception as error:
            if exchange.status:
                raise
            response = parts.problems.render(error, exchange.scope)
            await exchange.refuse(
                response.status_code,
                [(name, value) for name, value in response.raw_headers if name != b"content-length"],
                bytes(response.body),
            )
        finally:
            record(exchange)

    async def _answer(self, parts: Parts, exchange: Exchange) -> None:
        if exchange.method not in METHODS:
            raise DomainError("method-not-allowed", 405, headers={"Allow": ", ".join(sorted(METHODS))})
        _check_form(exchange, parts.settings)
        if not exchange.raw_path.startswith(b"/v1/"):
            exchange.route = "site"
            exchange.expect_body(0, parts.settings.body_wait_seconds)
            await parts.site({**exchange.scope, "app": parts.own}, exchange.receive, exchange.send)
            return
        service = owner(exchange.raw_path)
        if service is None:
            raise DomainError("route-not-found", 404)
        exchange.route = service
        caller = await self._caller(parts, exchange)
        exchange.account_id = caller.account_id
        today = clock.today_of(exchange.all(clock.HEADER), simulated=parts.settings.business_clock == "simulated")
        exchange.expect_body(_body_limit(exchange, parts.settings), parts.settings.body_wait_seconds)
        token = parts.callers.internal_token(caller, service, today)
        if service == OWN:
            await _ask_own(parts, exchange, token)
        else:
            await parts.upstreams.forward(exchange, service, token)

    async def _caller(self, parts: Parts, exchange: Exchange) -> Caller:
        """At the sign-in the form says who somebody is; whatever else a client sends along there is not looked at."""
        if exchange.raw_path == SIGN_IN:
            return NOBODY
        return await parts.callers.identify(exchange.first(b"authorization"))


def _check_form(exchange: Exchange, settings: GatewaySettings) -> None:
    """Refuse what two readers could read differently, before anybody reads it."""
    size = sum(len(name) + len(value) + 4 for name, value in exchange.headers)
    if size > settings.max_header_bytes:
        raise DomainError("headers-too-large", 431, params={"limit": settings.max_header_bytes})
    twice = border.repeated(exchange.headers)
    if twice is not None:
        raise DomainError("header-repeated", 400, params={"header": twice.decode("latin-1")})
    query: bytes = exchange.scope.get("query_string", b"")
    if not query.isascii() or b"#" in query or not exchange.raw_path.isascii() or is_ambiguous(exchange.raw_path):
        raise DomainError("request-malformed", 400)


def _body_limit(exchange: Exchange, settings: GatewaySettings) -> int:
    path = exchange.raw_path
    uploads = path.startswith(b"/v1/imports/") or path.endswith(b"/documents")
    return settings.max_upload_bytes if uploads else settings.max_body_bytes


async def _ask_own(parts: Parts, exchange: Exchange, token: str) -> None:
    """Let the gateway's own app answer, as if it were a service of its own."""
    body = await exchange.whole_body()
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            return await exchange.receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    unwanted = b"idempotency-key" if exchange.raw_path in _WITH_PASSWORDS else b""
    headers = [(name, value) for name, value in exchange.headers if name in border.REQUEST_ALLOWED - {unwanted}]
    headers.append((b"authorization", f"Bearer {token}".encode()))
    headers.append((b"x-request-id", exchange.request_id.encode()))
    headers.append((b"traceparent", exchange.trace.parent.encode()))
    if body:
        headers.append((b"content-length", str(len(body)).encode()))
    exchange.reached = True
    await parts.own({**exchange.scope, "headers": headers}, receive, exchange.send)
    if exchange.method not in _SAFE and exchange.raw_path.startswith(b"/v1/accounts"):
        parts.accounts.forget_all()
