"""What the gateway says about the suite outside `/v1`: descriptions, documentation, health and metrics."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from importlib.resources import files
from ipaddress import ip_address
from typing import Final

import fastapi_offline
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route, Router

from gateway.description.collector import Descriptions
from gateway.feed.rules import readable
from gateway.front.callers import Caller, Callers
from gateway.front.compression import chosen
from gateway.front.exchange import Exchange
from gateway.front.restrictions import restriction
from gateway.front.routes import UPSTREAMS
from gateway.keys.admission import Admission
from gateway.settings import GatewaySettings
from gateway.signatures.answers import DIRECTORY, DIRECTORY_TYPE, AnswerSigner
from shared.asyncapi import Places, build_asyncapi
from shared.auth.roles import ADMIN, AUDITOR
from shared.errors import DomainError
from shared.events.outside import OUTSIDE
from shared.events.types import Audience
from shared.http.etag import is_current
from shared.http.health import check
from shared.metrics import render
from shared.peers import PeerRefused, PeerUnavailable
from shared.runtime import Runtime

ASSETS: Final = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon.png": "image/png",
}
PAGE: Final = """<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mengchuang API</title>
<link rel="icon" href="/docs/favicon.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
"""
START: Final = """SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#api", deepLinking: true, docExpansion: "none", filter: true,
  persistAuthorization: false, tryItOutEnabled: true, validatorUrl: null, showExtensions: true
});
"""
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FORWARDING: Final = frozenset({"forwarded", "x-forwarded-for", "x-real-ip", "via"})
_NEEDED: Final = ("database", "migrations")
EXCHANGE_KEY: Final = "mengchuang.exchange"
"""Where the handlers find the front's request in the ASGI scope."""


class Site:
    """The handlers and what they need."""

    def __init__(
        self,
        settings: GatewaySettings,
        descriptions: Descriptions,
        callers: Callers,
        admission: Admission,
        runtime: Runtime,
        answers: AnswerSigner,
        migration_head: str | None,
        states: Sequence[State],
    ) -> None:
        self._settings = settings
        self._descriptions = descriptions
        self._callers = callers
        self._admission = admission
        self._runtime = runtime
        self._answers = answers
        self._head = migration_head
        self._states = states
        self._places = Places(settings.public_nats_url, settings.public_url)
        self._asyncapi: dict[frozenset[Audience], bytes] = {}
        folder = files(fastapi_offline) / "static"
        self._assets = {name: (folder / name).read_bytes() for name in ASSETS}

    def app(self) -> Router:
        """The ASGI app. Errors are left to the front."""
        return Router(
            redirect_slashes=False,
            routes=[
                Route("/", self.root),
                Route("/docs", self.docs),
                Route("/docs/start.js", self.start),
                Route("/docs/{name}", self.asset),
                Route("/openapi.json", self.openapi),
                Route("/asyncapi.json", self.asyncapi),
                Route(DIRECTORY, self.answer_keys),
                Route("/healthz", self.alive),
                Route("/readyz", self.ready),
                Route("/metrics", self.metrics),
            ],
        )

    async def root(self, _request: Request) -> Response:
        return RedirectResponse("/docs")

    async def docs(self, _request: Request) -> Response:
        """Swagger UI from the package's own files; nothing is loaded from elsewhere."""
        return HTMLResponse(PAGE, headers={"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"})

    async def start(self, _request: Request) -> Response:
        return Response(START, media_type="text/javascript")

    async def asset(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._assets:
            raise DomainError("route-not-found", 404)
        return Response(self._assets[name], media_type=ASSETS[name], headers={"Cache-Control": "public, max-age=86400"})

    async def openapi(self, request: Request) -> Response:
        written = await self._descriptions.openapi()
        headers = {"ETag": written.tag, "Cache-Control": "public, no-cache", "Vary": "Accept-Encoding"}
        if is_current(request.headers.get("if-none-match"), written.tag):
            return Response(status_code=304, headers=headers)
        coding = chosen(request.headers.get("accept-encoding", "").encode("latin-1"))
        if coding is not None:
            headers["Content-Encoding"] = coding
        body = written.body if coding is None else written.coded[coding]
        return Response(body, media_type="application/json", headers=headers)

    async def asyncapi(self, request: Request) -> Response:
        """The events that leave the suite, for anybody; those within it too, for whoever may read them."""
        roles = (await self._caller(request)).roles
        audiences = readable(roles) | OUTSIDE
        if audiences not in self._asyncapi:
            document = build_asyncapi(audiences, places=self._places)
            self._asyncapi[audiences] = json.dumps(document, ensure_ascii=False).encode()
        headers = {"Vary": "Authorization", "Cache-Control": "private, max-age=60"}
        return Response(self._asyncapi[audiences], media_type="application/json", headers=headers)

    async def answer_keys(self, _request: Request) -> Response:
        """The public keys that answers are signed with."""
        headers = {"Cache-Control": "public, max-age=3600"}
        return JSONResponse(self._answers.directory(), media_type=DIRECTORY_TYPE, headers=headers)

    async def alive(self, _request: Request) -> Response:
        """The process answers."""
        return JSONResponse({"status": "ok"})

    async def ready(self, _request: Request) -> Response:
        """200 if this process can let callers in: it needs its own database.

        Broker and services are reported only: without one of them the rest still works, and a balancer that took every
        gateway away for it would take everything away.
        """
        checks, services = await asyncio.gather(check(self._runtime, self._head), self._services())
        checks["draining"] = "yes" if any(getattr(state, "draining", False) for state in self._states) else "ok"
        ready = all(checks.get(name, "ok") == "ok" for name in (*_NEEDED, "draining"))
        return JSONResponse({"ready": ready, "checks": checks, "services": services}, status_code=200 if ready else 503)

    async def metrics(self, request: Request) -> Response:
        """Prometheus text for a scraper in the same network, or an administrator or auditor who signed in; else 404."""
        if not self._is_inside(request):
            caller = await self._caller(request)
            required = self._settings.second_factor == "required"
            if {ADMIN, AUDITOR}.isdisjoint(caller.roles) or restriction(caller, required=required) is not None:
                raise DomainError("route-not-found", 404)
        return Response(render(), media_type=CONTENT_TYPE_LATEST)

    async def _caller(self, request: Request) -> Caller:
        """Who asks; a key is good here only from where, and signed as, it is good elsewhere."""
        exchange: Exchange = request.scope[EXCHANGE_KEY]
        caller = await self._callers.identify(exchange.first(b"authorization"))
        self._admission.check_address(exchange, caller)
        await self._admission.vouch(exchange, caller)
        return caller

    def _is_inside(self, request: Request) -> bool:
        if request.client is None or not _FORWARDING.isdisjoint(request.headers.keys()):
            return False
        try:
            address = ip_address(request.client.host)
        except ValueError:
            return False
        return any(address in network for network in self._settings.metrics_networks)

    async def _services(self) -> dict[str, str]:
        states = await asyncio.gather(*(self._service(name) for name in UPSTREAMS))
        return dict(zip(UPSTREAMS, states, strict=True))

    async def _service(self, name: str) -> str:
        try:
            await self._runtime.peers.get_json(name, "/readyz", timeout=1.0)
        except (PeerUnavailable, PeerRefused, LookupError) as error:
            return str(error)
        return "ok"
