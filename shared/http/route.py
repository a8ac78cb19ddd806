"""The one route class: a request is one transaction, committed before the answer leaves.

Order: identity → idempotency look-up → role → payload → endpoint → idempotency row → commit → response. A
refusal that came before the look-up would answer a repeated request wrongly.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from shared.auth.principal import Guard, find_guard, principal_of
from shared.db import Database, Session, get_session, retry
from shared.errors import unauthenticated
from shared.http.body import DEFAULT_LIMIT, BodyLimit, ServiceRequest
from shared.http.dependants import calls_of
from shared.http.idempotency import Claim, IdempotencyRequired
from shared.http.paging import link_next

__all__ = ["IdempotencyRequired", "ServiceRoute", "Session", "get_session"]

ROUTE_KEY = "mengchuang.route"

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ServiceRoute(APIRoute):
    """Wraps an endpoint in its transaction; use as ``APIRouter(prefix=..., route_class=ServiceRoute)``.

    A returned response commits, an exception rolls back. On serialisation failure or deadlock everything is
    done again from the look-up on. The response is complete before the commit: endpoints do not stream from
    the session, and an upload can be read only once, so multipart requests are not tried again.
    ``request.state.no_replay = True`` keeps an answer with secrets out of the idempotency table.
    """

    def get_route_handler(self) -> Handler:
        endpoint = super().get_route_handler()
        guard = find_guard(self.dependant) or Guard()
        limit = _body_limit(self.dependant)
        template = self.path_format

        async def handler(plain: Request) -> Response:
            plain.scope[ROUTE_KEY] = template
            request = ServiceRequest(plain.scope, plain.receive, limit)
            principal = principal_of(request)
            if principal is None:
                raise unauthenticated()
            claim = await Claim.of(request, principal, template)
            db: Database = request.app.state.runtime.db

            async def attempt() -> Response:
                async with db.transaction() as session:
                    if claim is not None and (stored := await claim.take(session)) is not None:
                        return stored
                    guard.check(principal)
                    request.check_address()
                    response = await _answer(endpoint, request, session)
                    if claim is not None and not request.state.no_replay:
                        await claim.store(session, response)
                return response

            if request.headers.get("content-type", "").startswith("multipart/"):
                return await attempt()
            return await retry(attempt)

        return handler


async def _answer(endpoint: Handler, request: ServiceRequest, session: AsyncSession) -> Response:
    request.state.session = session
    request.state.no_replay = False
    response = await endpoint(request)
    link_next(request, session, response)
    return response


def _body_limit(dependant: Dependant) -> int:
    return next((call.limit for call in calls_of(dependant) if isinstance(call, BodyLimit)), DEFAULT_LIMIT)
