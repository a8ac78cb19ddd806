"""What surrounds every request: its id, its identity, its log line, its metrics and the last resort for errors."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import Final
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import budget, tracing
from shared.auth.principal import SCOPE_KEY, Principal
from shared.auth.tokens import InvalidToken, TokenVerifier
from shared.errors import unauthenticated
from shared.http.problems import Problems
from shared.http.route import ROUTE_KEY
from shared.logging import get_logger
from shared.metrics import observe_request

REQUEST_ID: Final = "X-Request-Id"
CORRELATION_ID: Final = "X-Correlation-Id"
ROUTE: Final = "Mengchuang-Route"
"""Tells the gateway the path's template, for its log; it passes the header on to nobody."""
UNMATCHED: Final = "unmatched"

_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})

log = get_logger(__name__)


class IdentityMiddleware:
    """Turns the bearer token into the request's principal; the only way to an identity.

    Without a token the request goes on and the route's guard answers 401; a token that does not verify is
    answered 401 here.
    """

    def __init__(self, app: ASGIApp, verifier: TokenVerifier, problems: Problems) -> None:
        self._app = app
        self._verifier = verifier
        self._problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        tokens = headers.getlist("authorization")
        if tokens:
            try:
                scope[SCOPE_KEY] = self._identify(tokens, headers, scope["state"]["request_id"])
            except InvalidToken as error:
                log.warning("token-refused", reason=str(error))
                await self._problems.render(unauthenticated(), scope)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _identify(self, tokens: list[str], headers: Headers, request_id: str) -> Principal:
        scheme, _, token = tokens[0].partition(" ")
        if len(tokens) > 1 or scheme.lower() != "bearer" or not token:
            raise InvalidToken("not one bearer token")
        principal = self._verifier.verify(token.strip())
        correlation = principal.correlation_id
        if principal.internal and _ID.fullmatch(headers.get(CORRELATION_ID, "")):
            correlation = headers[CORRELATION_ID]
        principal = replace(principal, correlation_id=correlation or request_id)
        structlog.contextvars.bind_contextvars(account_id=principal.account_id, correlation_id=principal.correlation_id)
        return principal


class RequestMiddleware:
    """Outermost: request id in and out, one log line and one observation a request, errors nobody handled."""

    def __init__(self, app: ASGIApp, service: str, problems: Problems) -> None:
        self._app = app
        self._service = service
        self._problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = Headers(scope=scope)
        sent = headers.get(REQUEST_ID, "")
        request_id = sent if _ID.fullmatch(sent) else uuid4().hex
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        state["runtime"] = getattr(scope["app"].state, "runtime", None)
        structlog.contextvars.clear_contextvars()
        trace = tracing.enter(headers.get("traceparent"))
        budget.enter(headers.get(budget.HEADER))
        structlog.contextvars.bind_contextvars(request_id=request_id, trace_id=trace.id)
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                answered = MutableHeaders(scope=message)
                answered[REQUEST_ID] = request_id
                answered[ROUTE] = _route(scope)
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except ClientDisconnect:
            status = status or 499
        except Exception as error:
            if status:
                log.exception("failed-while-answering")
                raise
            await self._problems.render(error, scope)(scope, receive, send_with_id)
        finally:
            self._record(scope, status, time.perf_counter() - started)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        observe_request(self._service, scope["method"], route, status, seconds)
        if route not in _QUIET:
            log.info("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))


def _route(scope: Scope) -> str:
    return str(scope.get(ROUTE_KEY) or getattr(scope.get("route"), "path_format", UNMATCHED))
