"""The front: every request comes in here, on bare ASGI, and most are passed on without touching anything heavier."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import date
from functools import partial
from typing import Final

from starlette.datastructures import State
from starlette.types import Message, Receive, Scope, Send

from gateway.build import Parts, build
from gateway.description.site import EXCHANGE_KEY
from gateway.feed.standing import STILL_KEY
from gateway.front import clock, headers as border
from gateway.front.address import HEADER as ADDRESS, Address, client_address
from gateway.front.callers import CALLER_KEY, NOBODY, Caller
from gateway.front.exchange import CallerGone, Exchange
from gateway.front.form import check_form
from gateway.front.record import flush, record
from gateway.front.restrictions import check_restrictions, in_mode, on_day
from gateway.front.routes import OWN, owner
from gateway.front.upstream import AnswerBroken
from gateway.limits.classes import READS, UPLOADS, RouteClass, route_class
from gateway.settings import GatewaySettings
from shared import budget
from shared.errors import DomainError
from shared.logging import get_logger

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SIGN_IN: Final = b"/v1/auth/token"
_WITHOUT_IDENTITY: Final = frozenset(
    {SIGN_IN, b"/v1/auth/revoke", b"/v1/auth/password-reset", b"/v1/invitations/accept"}
)
"""What is sent in the body says who somebody is; whatever else a client sends along there is not looked at."""
_WITH_PASSWORDS: Final = _WITHOUT_IDENTITY | {
    b"/v1/accounts",
    b"/v1/accounts/me/password",
    b"/v1/accounts/me/second-factor",
}
"""An Idempotency-Key would keep a fast hash of these bodies for a month, from which a password could be guessed."""
_ABOUT_ACCOUNTS: Final = (b"/v1/accounts", b"/v1/auth", b"/v1/delegations", b"/v1/invitations")
"""What is written here changes who may do what: this process knows at once, others within a second."""
_HEALTH: Final = frozenset({b"/healthz", b"/readyz", b"/metrics"})
_CODED: Final = (b"/v1/events", b"/v1/tasks", b"/asyncapi.json")
"""What of the gateway's own answers may be compressed: where no secret can stand in them."""
_NOT_SENT: Final = border.INTERNAL | {b"content-length"}
_BUDGET: Final = budget.HEADER.lower().encode()
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
        parts.dress.begin(exchange)
        parts.load.in_flight += 1
        try:
            if parts.load.sheds(exchange):
                await parts.load.refuse(exchange)
            else:
                await self._answer(parts, exchange)
        except CallerGone:
            exchange.status = exchange.status or 499
        except AnswerBroken as error:
            log.warning("answer-broken", service=str(error), request_id=exchange.request_id)
            raise
        except Exception as error:
            if exchange.status:
                raise
            exchange.refusal = error.code if isinstance(error, DomainError) else type(error).__name__
            response = parts.problems.render(error, exchange.scope)
            await exchange.refuse(
                response.status_code,
                [(name, value) for name, value in response.raw_headers if name not in _NOT_SENT],
                bytes(response.body),
            )
        finally:
            parts.load.in_flight -= 1
            parts.watch.note(exchange)
            record(exchange)

    async def _answer(self, parts: Parts, exchange: Exchange) -> None:
        if exchange.method not in METHODS:
            raise DomainError("method-not-allowed", 405, headers={"Allow": ", ".join(sorted(METHODS))})
        settings = parts.settings
        check_form(exchange, settings)
        if parts.dress.is_preflight(exchange):
            await parts.dress.answer_preflight(exchange)
            return
        address = client_address(exchange, settings)
        if not exchange.raw_path.startswith(b"/v1/"):
            await _show_site(parts, exchange, address)
            return
        kind = route_class(exchange.method, exchange.raw_path, exchange.fields.get(b"accept"))
        await parts.limiter.by_address(exchange, address, kind)
        service = owner(exchange.raw_path)
        if service is None:
            raise DomainError("route-not-found", 404)
        exchange.route = service
        caller = await self._caller(parts, exchange)
        exchange.account_id = caller.account_id
        parts.watch.attend(exchange, caller, kind, address)
        parts.admission.check_address(exchange, caller)
        await parts.limiter.by_caller(exchange, caller, kind)
        today = clock.today_of(exchange.all(clock.HEADER), simulated=settings.business_clock == "simulated")
        caller = on_day(caller, today)
        check_restrictions(caller, exchange.raw_path, required=settings.second_factor == "required")
        exchange.expect_body(
            settings.max_upload_bytes if kind is UPLOADS else settings.max_body_bytes,
            settings.body_wait_seconds,
            rate=settings.body_rate,
            depth=settings.json_depth,
        )
        await parts.admission.admit(exchange, caller)
        if service != OWN:
            caller = in_mode(caller, exchange.method, exchange.raw_path)
        token = parts.callers.internal_token(caller, service, today)
        if service == OWN:
            await _ask_own(parts, exchange, caller, token, kind, address)
        else:
            await _forward(parts, exchange, service, token, kind, today)

    async def _caller(self, parts: Parts, exchange: Exchange) -> Caller:
        if exchange.raw_path in _WITHOUT_IDENTITY:
            return NOBODY
        return await parts.callers.identify(exchange.first(b"authorization"))


async def _show_site(parts: Parts, exchange: Exchange, address: Address | None) -> None:
    exchange.route = "site"
    exchange.expect_body(0, parts.settings.body_wait_seconds)
    if exchange.raw_path not in _HEALTH:
        await parts.limiter.by_address(exchange, address, READS)
    exchange.compressible = exchange.raw_path.startswith(_CODED)
    await parts.site({**exchange.scope, "app": parts.own, EXCHANGE_KEY: exchange}, exchange.receive, exchange.send)


async def _forward(parts: Parts, exchange: Exchange, service: str, token: str, kind: RouteClass, today: date) -> None:
    exchange.compressible = True
    key = parts.cache.key(exchange, service, kind, today)
    fetch = partial(parts.upstreams.forward, exchange, service, token, kind)
    answer = await (fetch() if key is None else parts.cache.answer(exchange, key, fetch))
    if exchange.method not in _SAFE:
        parts.cache.forget(service)
    if answer is not None:
        await exchange.answer(answer.status, answer.headers, answer.body)


async def _ask_own(
    parts: Parts, exchange: Exchange, caller: Caller, token: str, kind: RouteClass, address: Address | None
) -> None:
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
    if address is not None:
        headers.append((ADDRESS, str(address).encode()))
    if kind.told:
        headers.append((_BUDGET, str(int(kind.seconds * 1000)).encode()))
    if body:
        headers.append((b"content-length", str(len(body)).encode()))
    exchange.reached = True
    exchange.compressible = exchange.raw_path.startswith(_CODED)

    async def still() -> bool:
        simulated = parts.settings.business_clock == "simulated"
        today = clock.today_of(exchange.all(clock.HEADER), simulated=simulated)
        try:
            return on_day(await parts.callers.identify(exchange.first(b"authorization")), today) == caller
        except DomainError:
            return False

    scope = {**exchange.scope, "headers": headers, CALLER_KEY: caller, STILL_KEY: still}
    await parts.watch.listen(exchange, partial(parts.own, scope, receive, exchange.send))
    if exchange.method not in _SAFE and exchange.raw_path.startswith(_ABOUT_ACCOUNTS):
        parts.accounts.forget_all()
        parts.sessions.forget_all()
        parts.keys.forget_all()
    elif exchange.method not in _SAFE and exchange.raw_path.startswith(b"/v1/api-keys"):
        parts.keys.forget_all()
