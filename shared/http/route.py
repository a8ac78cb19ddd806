"""The one route class: a request is one transaction, committed before the answer leaves.

Order: identity → idempotency look-up → role → payload → endpoint → idempotency row → commit → response. A
refusal that came before the look-up would answer a repeated request wrongly.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.params import Body, Form
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from shared import budget
from shared.auth.principal import Guard, Principal, find_guard, principal_of
from shared.db import Database, Session, get_session, retry
from shared.errors import unauthenticated
from shared.http.asking import asking
from shared.http.body import DEFAULT_LIMIT, BodyLimit, ServiceRequest
from shared.http.dependants import calls_of, expected_of
from shared.http.exports import AskPage, as_json, export, item_model, wanted_type
from shared.http.idempotency import Claim, IdempotencyRequired
from shared.http.messages import CONTENT_LANGUAGE
from shared.http.paging import link_next
from shared.http.uploads import TakesFile, received

__all__ = ["IdempotencyRequired", "ServiceRoute", "Session", "get_session"]

ROUTE_KEY = "mengchuang.route"

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ServiceRoute(APIRoute):
    """Wraps an endpoint in its transaction; use as ``APIRouter(prefix=..., route_class=ServiceRoute)``.

    A returned response commits, an exception rolls back. On serialisation failure or deadlock everything is
    done again from the look-up on. The response is complete before the commit: endpoints do not stream from
    the session. A file (``TakesFile``) is received before the transaction and outlives its tries; any other form can
    be read only once, so it is not tried again. Lists answer as files too (``shared.http.exports``).
    What whoever asked will not wait for is given up before the commit (``shared.budget``).
    ``request.state.no_replay = True`` keeps an answer with secrets out of the idempotency table.
    """

    def get_route_handler(self) -> Handler:
        endpoint = super().get_route_handler()
        guard = find_guard(self.dependant) or Guard()
        limit, takes_file = _body_limit(self.dependant)
        listed = self.response_model if item_model(self.response_model) is not None else None
        template = self.path_format
        expected = expected_of(self.dependant)
        body = self.dependant.body_params
        expected_body = body[0].field_info.annotation if len(body) == 1 and _is_json(body[0].field_info) else None

        async def handler(plain: Request) -> Response:
            plain.scope[ROUTE_KEY] = template
            if plain.path_params:
                plain.app.state.methods.refuse_template(plain.scope["path"])
            request = ServiceRequest(plain.scope, plain.receive, limit)
            request.expected = expected_body
            principal = principal_of(request)
            if principal is None:
                raise unauthenticated()
            if not takes_file:
                return await answer(request, principal)
            guard.check(principal)
            async with received(request) as upload:
                request.state.upload = upload
                return await answer(request, principal, upload.digest)

        async def answer(request: ServiceRequest, principal: Principal, digest: bytes | None = None) -> Response:
            claim = await Claim.of(request, principal, template, digest)
            db: Database = request.app.state.runtime.db

            async def attempt() -> Response:
                async with db.transaction() as session, budget.kept():
                    if claim is not None and (stored := await claim.take(session)) is not None:
                        return stored
                    guard.check(principal)
                    request.check_address(expected)
                    ask = partial(_answer, endpoint, session=session)
                    response = await (ask(request) if listed is None else _list(request, session, listed, ask))
                    if claim is not None and not request.state.no_replay:
                        await claim.store(session, response)
                return response

            if digest is None and request.headers.get("content-type", "").startswith("multipart/"):
                return await attempt()
            return await retry(attempt)

        return handler


async def _answer(endpoint: Handler, request: Request, *, session: AsyncSession) -> Response:
    request.state.session = session
    request.state.no_replay = False
    with asking(request) as one:
        response = await endpoint(request)
    if one.in_language:
        response.headers["Content-Language"] = CONTENT_LANGUAGE[one.language]
        response.headers.append("Vary", "Accept-Language")
    link_next(request, session, response)
    return response


async def _list(request: Request, session: AsyncSession, listed: object, ask: AskPage) -> Response:
    """A list in the form that the caller asks for."""
    file_type = wanted_type(request)
    return await (export(request, session, file_type, listed, ask) if file_type else ask(as_json(request)))


def _is_json(body: object) -> bool:
    return isinstance(body, Body) and not isinstance(body, Form)


def _body_limit(dependant: Dependant) -> tuple[int, bool]:
    """How long the body may be, in bytes, and whether it is a file."""
    for call in calls_of(dependant):
        if isinstance(call, BodyLimit | TakesFile):
            return call.limit, isinstance(call, TakesFile)
    return DEFAULT_LIMIT, False
